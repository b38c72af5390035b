"""A Twilio API key or account id with its token.

An API key (SK and 32 hexadecimal digits) sends messages and places calls at the owner's cost. The
account id alone is no secret; the auth token beside it is found by its name.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="twilio-key",
    what="Twilio API key",
    severity=Severity.HIGH,
    remedy="delete the key in the Twilio console; rotate the auth token as well",
    keywords=("SK",),
    look=shaped(START + rb"SK[0-9a-f]{32}" + END),
    hits=(Example("TWILIO_API_KEY=SK<hex 32>"),),
    misses=(
        Example("SK<hex 31>"),
        Example("ASK<hex 32>"),
    ),
)
