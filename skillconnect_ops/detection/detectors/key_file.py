"""A file that is one key and nothing else.

Rails' master.key, Django's and Ansible's key files, encryption keys by themselves on a line: no
name stands beside the value, the file's own name is the name.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="key-file",
    what="key file",
    severity=Severity.CRITICAL,
    remedy="make a new key, encrypt anew what the old one opened",
    kin=Kin.NATURE,
    files=r"/(?:master|credentials|production|staging|development|secret|secrets?[-_]?key|encryption|app|session|jwt|hmac)[\w-]*\.key$|/\.?(?:vault[-_]?pass(?:word)?|secret[-_]?key|secret_token|erlang\.cookie|htsecret|api[-_]?key|token)(?:\.txt)?$|/config/credentials/[\w-]+\.key$",
    read=lines(rb"\A\s{0,8}(?P<secret>[A-Za-z0-9+/=_.!@#$%^&*-]{16,512})\s{0,8}\Z"),
    hits=(
        Example("<hex 32>\n", "config/master.key"),
        Example("<base64 44>", "secrets/encryption.key"),
        Example("<alnum 40>\n", ".vault_pass"),
    ),
    misses=(
        Example("hello\n", "config/master.key"),
        Example("<hex 32>\n", "a.txt"),
    ),
)
