"""A SendGrid API key.

It sends mail in the owner's name, past every spam filter that trusts the domain.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="sendgrid-key",
    what="SendGrid API key",
    severity=Severity.HIGH,
    remedy="delete the key under Settings, API Keys",
    keywords=("SG.",),
    look=shaped(START + rb"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}" + END),
    hits=(Example("SENDGRID_API_KEY=SG.<alnum 22>.<alnum 43>"),),
    misses=(
        Example("SG.<alnum 5>"),
        Example("MSG.<alnum 22>.<alnum 43>"),
    ),
)
