"""A Google OAuth client secret or refresh token.

GOCSPX- begins the client's secret, 1//0 a refresh token, ya29. an access token of an hour.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="google-oauth-secret",
    what="Google OAuth secret",
    severity=Severity.HIGH,
    remedy="reset the client's secret under Credentials; revoke the account's tokens",
    keywords=("GOCSPX-", "1//0", "ya29."),
    look=shaped(
        START + rb"(?:GOCSPX-[A-Za-z0-9_-]{28}|1//0[A-Za-z0-9_-]{40,120}"
        rb"|ya29\.[A-Za-z0-9_-]{60,400})" + END
    ),
    hits=(Example('"client_secret": "GOCSPX-<alnum 28>"'),),
    misses=(Example("GOCSPX-<alnum 3>"),),
)
