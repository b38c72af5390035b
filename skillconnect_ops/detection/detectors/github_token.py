"""A GitHub token.

Personal, OAuth, app, server and refresh tokens carry a prefix and a checksum, so a text of this
shape is hardly ever anything else. Fine-grained ones begin with github_pat_.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="github-token",
    what="GitHub token",
    severity=Severity.CRITICAL,
    remedy="revoke it under Settings, Developer settings; read the security log for its use",
    keywords=("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    look=shaped(
        START
        + rb"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"
        + END
    ),
    hits=(
        Example("token = ghp_<alnum 36>"),
        Example("github_pat_<alnum 22>_<alnum 59>"),
    ),
    misses=(
        Example("ghp_<alnum 12>"),
        Example("the prefix ghp_ is for personal tokens"),
    ),
)
