"""A DigitalOcean token.

It creates, opens and destroys every machine of the account.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="digitalocean-token",
    what="DigitalOcean token",
    severity=Severity.CRITICAL,
    remedy="delete it on the API page",
    keywords=("dop_v1_", "doo_v1_", "dor_v1_"),
    look=shaped(START + rb"do[opr]_v1_[a-f0-9]{64}" + END),
    hits=(Example("DO_TOKEN=dop_v1_<hex 64>"),),
    misses=(Example("dop_v1_<hex 10>"),),
)
