"""A HashiCorp Vault token.

It opens what its policies allow, which is other secrets.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="vault-token",
    what="Vault token",
    severity=Severity.CRITICAL,
    remedy="`vault token revoke`; read the audit device's log",
    keywords=("hvs.", "hvb.", "hvr."),
    look=shaped(START + rb"hv[sbr]\.[A-Za-z0-9_-]{24,300}" + END),
    hits=(Example("VAULT_TOKEN=hvs.<alnum 90>"),),
    misses=(Example("hvs.<alnum 4>"),),
)
