"""A Square token.

It takes payments and reads customers.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="square-token",
    what="Square token",
    severity=Severity.HIGH,
    remedy="replace it in the developer dashboard",
    keywords=("sq0atp-", "sq0csp-", "EAAA"),
    look=shaped(
        START
        + rb"(?:sq0atp-[A-Za-z0-9_-]{22}|sq0csp-[A-Za-z0-9_-]{43}|EAAA[A-Za-z0-9_-]{60})"
        + END
    ),
    hits=(Example("SQUARE=sq0csp-<alnum 43>"),),
    misses=(Example("sq0csp-<alnum 3>"),),
)
