"""A PlanetScale token or password.

It opens a database branch.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="planetscale-token",
    what="PlanetScale credential",
    severity=Severity.CRITICAL,
    remedy="delete it on the database's settings page",
    keywords=("pscale_",),
    look=shaped(START + rb"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}" + END),
    hits=(Example("DB=pscale_pw_<alnum 43>"),),
    misses=(Example("pscale_pw_<alnum 4>"),),
)
