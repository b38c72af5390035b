"""/etc/shadow, or a copy of it.

The password hashes of a machine's users.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="shadow-file",
    what="shadow password file",
    severity=Severity.HIGH,
    remedy="take it out of the repository; set new passwords on that machine",
    kin=Kin.NATURE,
    files=r"/(?:g?shadow|master\.passwd)(?:[-.~][^/]*)?$",
    read=lines(rb"^[\w.@-]{1,40}:(?P<secret>[^:*!x\s][^:\s]{8,300}):"),
    hits=(Example("root:$6$<alnum 16>$<alnum 86>:19000:0:99999:7:::", "etc/shadow"),),
    misses=(Example("daemon:*:17431:0:99999:7:::", "etc/shadow"),),
)
