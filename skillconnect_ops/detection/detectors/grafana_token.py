"""A Grafana token.

Service account and cloud tokens read every dashboard and its data sources.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="grafana-token",
    what="Grafana token",
    severity=Severity.HIGH,
    remedy="delete it on the service account's page",
    keywords=("glsa_", "glc_"),
    look=shaped(
        START + rb"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/]{32,400}={0,2})" + END
    ),
    hits=(Example("GRAFANA_TOKEN=glsa_<alnum 32>_<hex 8>"),),
    misses=(Example("glsa_<alnum 5>"),),
)
