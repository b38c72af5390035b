"""An AWS access key id.

Twenty characters that begin with AKIA (a user) or ASIA (a session). Alone it opens nothing, but
it names the account, and its secret key is seldom far away.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="aws-access-key",
    what="AWS access key id",
    severity=Severity.MEDIUM,
    remedy="deactivate the key in IAM, look through CloudTrail for its use, then delete it",
    keywords=("AKIA", "ASIA", "ABIA", "ACCA"),
    look=shaped(START + rb"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}" + END),
    hits=(
        Example("AWS_ACCESS_KEY_ID=AKIA<base32 16>"),
        Example('{"accessKeyId": "ASIA<base32 16>"}'),
    ),
    misses=(
        Example("AKIA<base32 9>"),
        Example("xAKIA<base32 16>"),
        Example("AKIA<base32 30>"),
    ),
)
