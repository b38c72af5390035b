"""A Figma token.

It reads the owner's design files.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="figma-token",
    what="Figma token",
    severity=Severity.MEDIUM,
    remedy="revoke it under Settings, Security",
    keywords=("figd_",),
    look=shaped(START + rb"figd_[A-Za-z0-9_-]{38,44}" + END),
    hits=(Example("FIGMA=figd_<alnum 40>"),),
    misses=(Example("figd_<alnum 4>"),),
)
