""".htpasswd and other lists of users with their passwords.

Apache, nginx, ProFTPD and Dovecot keep `user:hash` lines; weak hashes (crypt, md5, plain) are
guessed in seconds.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="htpasswd-file",
    what="password file of a server",
    severity=Severity.HIGH,
    remedy="take the file out of the repository; set new passwords",
    kin=Kin.NATURE,
    files=r"/\.?(?:ht)?(?:passwd|digest)$|/\.?ht(?:passwd|digest|users)[^/]*$|/\w*ftpd?[._-]?passwd[^/]*$|/(?:dovecot|pure-?ftpd?|vsftpd?)\.?[\w-]*(?:passwd|users|pdb)$",
    read=lines(
        rb"^[\w.@+-]{1,80}:(?:[\w .-]{1,80}:(?=[0-9a-f]{32}$))?"
        rb"(?P<secret>(?![x*!]:)(?:\$|\{)?[^\s:]{6,200})(?=:|\s*$)"
    ),
    hits=(
        Example("admin:$apr1$<alnum 8>$<alnum 22>", "a/.htpasswd"),
        Example("ftp:{SHA}<base64 28>", "htpasswd"),
        Example("root:<alnum 13>:0:0::/:/bin/sh", "etc/proftpd.passwd"),
    ),
    misses=(
        Example("# none yet", "a/.htpasswd"),
        Example("root:x:0:0:root:/root:/bin/bash", "etc/passwd"),
    ),
)
