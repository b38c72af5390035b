"""A private key in PuTTY's form.

A .ppk file holds both halves; the private lines are the secret.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="putty-key",
    what="PuTTY private key",
    severity=Severity.CRITICAL,
    remedy="make a new key pair and take the old public half out of every authorized_keys",
    keywords=("PuTTY-User-Key-File-",),
    look=shaped(
        rb"PuTTY-User-Key-File-\d: [^\r\n]{1,40}\s{1,4}(?:[A-Z][\w-]{1,20}: [^\r\n]{0,200}\s{1,4}"
        rb"|[A-Za-z0-9+/=]{1,80}\s{1,4}){1,80}?Private-Lines: \d{1,3}\s{1,4}"
        rb"(?P<secret>(?:[A-Za-z0-9+/=]{1,80}\s{1,4}){0,200}[A-Za-z0-9+/=]{1,80})"
    ),
    hits=(
        Example(
            "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 1\n<base64 64>\nPrivate-Lines: 2\n<base64 64>\n<base64 64>\nPrivate-MAC: <hex 40>"
        ),
    ),
    misses=(Example("PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none"),),
)
