"""An Azure (Entra) client secret.

Three characters, a digit, Q~ and 31 to 34 more: the password of an application.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="azure-client-secret",
    what="Azure client secret",
    severity=Severity.CRITICAL,
    remedy="delete the secret under App registrations, Certificates and secrets",
    keywords=("Q~",),
    look=shaped(
        rb"(?<=[A-Za-z0-9_.~-]{3}\d)Q~(?P<secret>[A-Za-z0-9_.~-]{31,34})(?![A-Za-z0-9_.~-])"
    ),
    hits=(Example("AZURE_CLIENT_SECRET=<alnum 3>8Q~<alnum 34>"),),
    misses=(Example("FAQ~<alnum 8>"),),
)
