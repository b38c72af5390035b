"""A New Relic user key.

It reads and changes what New Relic knows of the systems.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="newrelic-key",
    what="New Relic key",
    severity=Severity.MEDIUM,
    remedy="delete it on the API keys page",
    keywords=("NRAK-", "NRII-", "NRAA-"),
    look=shaped(START + rb"NR(?:AK-[A-Z0-9]{27}|II-[A-Za-z0-9_-]{32}|AA-[a-f0-9]{27})" + END),
    hits=(Example("NEW_RELIC_API_KEY=NRAK-<base32 27>"),),
    misses=(Example("NRAK-<base32 3>"),),
)
