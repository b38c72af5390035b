"""A GitLab token.

Personal, deploy, runner, trigger, feed and agent tokens carry the prefix gl…-.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="gitlab-token",
    what="GitLab token",
    severity=Severity.CRITICAL,
    remedy="revoke it in GitLab under Access tokens; read the audit events for its use",
    keywords=(
        "glpat-",
        "gldt-",
        "glrt-",
        "glptt-",
        "glft-",
        "glagent-",
        "glcbt-",
        "glsoat-",
        "GR1348941",
    ),
    look=shaped(
        START + rb"(?:gl(?:pat|dt|rt|ptt|ft|agent|cbt|soat)-[A-Za-z0-9_=.-]{20,300}"
        rb"|GR1348941[A-Za-z0-9_-]{20})" + END
    ),
    hits=(Example("GITLAB_TOKEN: glpat-<alnum 20>"),),
    misses=(Example("glpat-<alnum 5>"),),
)
