"""An age secret key.

It decrypts every file that was encrypted to it, backups included, for ever.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="age-key",
    what="age secret key",
    severity=Severity.CRITICAL,
    remedy="make a new key, encrypt anew what the old one opened, and delete the old copies",
    keywords=("AGE-SECRET-KEY-1", "AGE-PLUGIN-"),
    look=shaped(
        rb"AGE-(?:SECRET-KEY-|PLUGIN-[A-Z0-9]+-)1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{50,120}"
    ),
    hits=(Example("AGE-SECRET-KEY-1<bech32 58>"),),
    misses=(Example("AGE-SECRET-KEY-1..."),),
)
