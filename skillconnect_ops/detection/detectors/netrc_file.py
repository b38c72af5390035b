""".netrc: logins that curl, git and ftp use by themselves.

`machine … login … password …` in clear.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="netrc-file",
    what="login in a netrc file",
    severity=Severity.HIGH,
    remedy="change the password; keep the file out of the repository",
    kin=Kin.NATURE,
    files=r"/[._]netrc(?:[-.][^/]*)?$",
    read=lines(rb"\bpassw(?:or)?d[ \t]+\"?(?P<secret>[^\s\"]{1,200})"),
    hits=(
        Example("machine imap.corp.io login me password <alnum 10>", ".netrc"),
        Example("machine a.io\n  login me\n  password <alnum 10>\n", "home/_netrc"),
    ),
    misses=(Example("machine a.io login me", ".netrc"),),
)
