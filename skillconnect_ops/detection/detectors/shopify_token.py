"""A Shopify token.

Admin, private app, partner and shared-secret tokens carry the prefix shp.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="shopify-token",
    what="Shopify token",
    severity=Severity.HIGH,
    remedy="rotate it on the app's API credentials page",
    keywords=("shpat_", "shpca_", "shppa_", "shpss_"),
    look=shaped(START + rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}" + END),
    hits=(Example("SHOPIFY_TOKEN=shpat_<hex 32>"),),
    misses=(Example("shpat_<hex 7>"),),
)
