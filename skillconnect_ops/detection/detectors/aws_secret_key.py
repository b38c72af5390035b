"""An AWS secret access key.

Forty characters that sign requests in the name of the key's user.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import named
from skillconnect_ops.detection.model import Detector, Example, Kin

DETECTOR = Detector(
    id="aws-secret-key",
    what="AWS secret access key",
    severity=Severity.CRITICAL,
    remedy="deactivate the key in IAM, look through CloudTrail for its use, then delete it",
    kin=Kin.NAMED,
    keywords=("aws_secret", "secret_access_key", "secretaccesskey", "secretAccessKey"),
    any_case=True,
    look=named(r"(?i)secret", value=r"[A-Za-z0-9/+=]{36,44}$"),
    hits=(
        Example("AWS_SECRET_ACCESS_KEY=<base64 40>"),
        Example("aws_secret_access_key = <base64 40>"),
        Example("secretAccessKey: '<base64 40>'"),
    ),
    misses=(
        Example("AWS_SECRET_ACCESS_KEY=${SECRET}x"),
        Example("secretAccessKey: process.env.AWS_SECRET"),
    ),
)
