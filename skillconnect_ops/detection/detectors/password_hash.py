"""A password's hash.

bcrypt, crypt, Apache's md5, argon2 and yescrypt. Not the password itself, but a dump or a passwd
file of them is guessed offline at leisure.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="password-hash",
    what="password hash",
    severity=Severity.MEDIUM,
    remedy="treat the passwords as leaked: reset them",
    keywords=("$2a$", "$2b$", "$2y$", "$2x$", "$6$", "$5$", "$1$", "$y$", "$apr1$", "$argon2"),
    look=shaped(
        rb"\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{53}(?![./A-Za-z0-9])"
        rb"|[156]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}(?![./A-Za-z0-9])"
        rb"|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}(?![./A-Za-z0-9])"
        rb"|y\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}(?![./A-Za-z0-9])"
        rb"|argon2(?:id|i|d)\$v=\d{1,3}\$[mtp=,\d]{5,40}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,172})"
    ),
    hits=(
        Example("(1, 'ann', '$2y$12$<bcrypt 53>', 1)"),
        Example("ann:$apr1$<alnum 8>$<alnum 22>"),
        Example("ann:$6$<alnum 16>$<alnum 86>:19000:0:99999:7:::"),
    ),
    misses=(
        Example("$1$2"),
        Example("costs $2b$ or so"),
    ),
)
