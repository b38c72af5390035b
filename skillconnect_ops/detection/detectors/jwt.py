"""A JSON Web Token.

Three parts in base64url. Anybody who holds it is its subject until it expires; a service token
often never does. One without a signature, or the one from jwt.io, is an example.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="jwt",
    what="JSON Web Token",
    severity=Severity.MEDIUM,
    remedy="end the session, or change the signing secret if the token has no end",
    keywords=("eyJ",),
    look=shaped(
        rb"(?<![A-Za-z0-9_.+/-])eyJ[A-Za-z0-9_-]{10,400}\.(?:eyJ|ewo)[A-Za-z0-9_-]{8,4000}"
        rb"\.[A-Za-z0-9_-]{20,700}(?![A-Za-z0-9_-])"
    ),
    hits=(Example("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJ<alnum 60>.<alnum 43>"),),
    misses=(
        Example("eyJhbGciOiJIUzI1NiJ9"),
        Example("eyJ<alnum 20>.eyJ"),
    ),
)
