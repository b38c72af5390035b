"""A Notion token.

It reads every page shared with the integration.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="notion-token",
    what="Notion token",
    severity=Severity.MEDIUM,
    remedy="refresh it on the integration's page",
    keywords=("ntn_", "secret_"),
    look=shaped(START + rb"(?:ntn_\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})" + END),
    hits=(Example("NOTION_TOKEN=ntn_<digits 11><alnum 35>"),),
    misses=(
        Example("secret_key_base"),
        Example("secret_<alnum 5>"),
    ),
)
