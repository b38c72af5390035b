"""A Sentry token.

It reads error reports, which hold what the users typed.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="sentry-token",
    what="Sentry token",
    severity=Severity.MEDIUM,
    remedy="revoke it under Settings, Auth tokens",
    keywords=("sntrys_", "sntryu_"),
    look=shaped(START + rb"sntry(?:s_[A-Za-z0-9+/=_-]{60,400}|u_[a-f0-9]{64})" + END),
    hits=(Example("SENTRY_AUTH_TOKEN=sntryu_<hex 64>"),),
    misses=(Example("sntryu_<hex 4>"),),
)
