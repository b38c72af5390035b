"""A Mailgun API key.

It sends mail in the owner's name and reads the log of what was sent.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="mailgun-key",
    what="Mailgun API key",
    severity=Severity.HIGH,
    remedy="roll the key on Mailgun's API security page",
    keywords=("key-",),
    look=shaped(START + rb"key-[0-9a-f]{32}" + END),
    hits=(Example("MAILGUN_KEY=key-<hex 32>"),),
    misses=(
        Example("key-<hex 12>"),
        Example("a key-value store"),
    ),
)
