"""A MongoDB URI with a password.

The one line that opens a database: host, user and password together. Scanners made for tokens
often miss it.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="mongodb-uri",
    what="MongoDB URI with a password",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=("mongodb://", "mongodb+srv://"),
    look=uri(rb"(?i:mongodb(?:\+srv)?)"),
    hits=(
        Example(
            "MONGO_URI=mongodb+srv://app:<alnum 24>@cluster0.ab1cd.mongodb.net/app?retryWrites=true"
        ),
        Example("uri: 'mongodb://u1:<alnum 12>@db1.corp.io,db2.corp.io:27017/app?replicaSet=rs0'"),
    ),
    misses=(
        Example("mongodb://localhost:27017/app"),
        Example("mongodb://host1,host2/app?w=majority"),
    ),
)
