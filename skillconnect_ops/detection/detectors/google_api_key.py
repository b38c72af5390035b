"""A Google API key.

AIza and 35 characters. What it opens depends on its restrictions; unrestricted ones pay for
anybody's maps and models. A key of a Firebase web app is public by design, which only its
restrictions can tell.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="google-api-key",
    what="Google API key",
    severity=Severity.HIGH,
    remedy="restrict or delete the key under APIs and Services, Credentials",
    keywords=("AIza",),
    look=shaped(START + rb"AIza[A-Za-z0-9_-]{35}" + END),
    hits=(Example("key: AIza<alnum 35>"),),
    misses=(Example("AIza<alnum 12>"),),
)
