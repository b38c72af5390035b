"""An Atlassian API token.

It acts as its owner in Jira, Confluence and Bitbucket.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import START, shaped

DETECTOR = Detector(
    id="atlassian-token",
    what="Atlassian token",
    severity=Severity.HIGH,
    remedy="revoke it on the account's API tokens page",
    keywords=("ATATT3", "ATCTT3", "ATBB"),
    look=shaped(START + rb"(?:AT[AC]TT3[A-Za-z0-9_=-]{60,250}|ATBB[A-Za-z0-9]{32})(?![A-Za-z0-9])"),
    hits=(Example("JIRA_TOKEN=ATATT3<alnum 180>"),),
    misses=(Example("ATBB<alnum 3>"),),
)
