"""A Linear key.

It reads and writes the team's issues.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="linear-key",
    what="Linear key",
    severity=Severity.MEDIUM,
    remedy="revoke it under Settings, API",
    keywords=("lin_api_", "lin_oauth_"),
    look=shaped(START + rb"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}" + END),
    hits=(Example("LINEAR=lin_api_<alnum 40>"),),
    misses=(Example("lin_api_<alnum 3>"),),
)
