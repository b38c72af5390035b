"""A Doppler token.

It reads the secrets of a project or of a whole workplace.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="doppler-token",
    what="Doppler token",
    severity=Severity.CRITICAL,
    remedy="revoke it in the Doppler dashboard; rotate what it could read",
    keywords=("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."),
    look=shaped(
        START + rb"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}" + END
    ),
    hits=(Example("DOPPLER_TOKEN=dp.pt.<alnum 43>"),),
    misses=(Example("dp.pt.<alnum 4>"),),
)
