"""An Azure storage or service bus key.

The key of a connection string opens the whole account: 64 (or 32) bytes in base64.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="azure-storage-key",
    what="Azure account key",
    severity=Severity.CRITICAL,
    remedy="rotate both account keys in the Azure portal, one after the other",
    keywords=("AccountKey=", "SharedAccessKey=", "accountkey="),
    look=shaped(
        rb"(?:[Aa]ccount[Kk]ey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{42,86}={0,2})(?![A-Za-z0-9+/])"
    ),
    hits=(Example("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=<base64 86>=="),),
    misses=(Example("AccountKey=<base64 12>"),),
)
