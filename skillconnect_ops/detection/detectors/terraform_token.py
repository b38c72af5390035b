"""A Terraform Cloud token.

It reads state files, which hold every password in clear, and applies plans.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, shaped

DETECTOR = Detector(
    id="terraform-token",
    what="Terraform Cloud token",
    severity=Severity.CRITICAL,
    remedy="delete it under User settings, Tokens",
    keywords=(".atlasv1.",),
    look=shaped(rb"(?<=[A-Za-z0-9]{14})\.atlasv1\.(?P<secret>[A-Za-z0-9_-]{60,70})" + END),
    hits=(Example('token = "<alnum 14>.atlasv1.<alnum 67>"'),),
    misses=(Example(".atlasv1."),),
)
