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
        Example("MONGO_URI=mongodb://app:ab/<alnum 12>'\"/@db1.corp.io/app", ".env"),
        Example("uri: 'mongodb+srv://app:p@ss/<alnum 12>?x#@c0.ab1cd.mongodb.net/app?w=1'"),
    ),
    misses=(
        Example("mongodb://localhost:27017/app"),
        Example("mongodb://host1,host2/app?w=majority"),
        Example("mongodb://host1:27017,host2:27017/app?appName=me@corp.io"),
        Example("mongodb://localhost:27017/app, mail to me@corp.io"),
        Example("{u:'mongodb://localhost:27017/a',m:'me@corp.io'}", "a.js"),
    ),
)
