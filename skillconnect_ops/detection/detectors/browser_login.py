"""Passwords saved by Firefox.

logins.json holds the user names and passwords of every site, encrypted under a key that lies
beside it in key4.db, mostly without a master password.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="browser-login",
    what="saved browser login",
    severity=Severity.HIGH,
    remedy="take the file out of the repository; change the passwords of all its sites",
    kin=Kin.NATURE,
    keywords=("encryptedUsername", "encryptedPassword"),
    look=shaped(
        rb"encrypted(?:Username|Password)\\{0,2}\"\s{0,4}:\s{0,4}\\{0,2}\"(?P<secret>[A-Za-z0-9+/]{40,400}={0,2})"
    ),
    hits=(
        Example('"encryptedPassword": "MDoE<base64 76>",'),
        Example('"encryptedUsername": "MDIE<base64 64>",'),
    ),
    misses=(Example("encryptedPassword"),),
)
