""".pgpass: PostgreSQL's passwords in clear.

`host:port:database:user:password`, one a line.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="pgpass-file",
    what="password in a pgpass file",
    severity=Severity.HIGH,
    remedy="rotate the password, and keep it in the .env alone",
    kin=Kin.NATURE,
    files=r"/\.?pgpass(?:\.conf)?$",
    read=lines(
        rb"^(?!#)(?:[^:\\\r\n]|\\.){1,200}:[\d*]{1,5}:(?:[^:\\\r\n]|\\.){1,100}:(?:[^:\\\r\n]|\\.){1,100}"
        rb":(?P<secret>[^\r\n]{1,200})$"
    ),
    hits=(Example("localhost:5432:app:root:<alnum 10>", "db/.pgpass"),),
    misses=(Example("#hostname:port:database:username:password", ".pgpass"),),
)
