"""A PyPI token.

It uploads releases of the owner's projects: a leak here becomes everybody's leak.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="pypi-token",
    what="PyPI token",
    severity=Severity.CRITICAL,
    remedy="remove it under Account settings, API tokens; look at the release history",
    keywords=("pypi-",),
    look=shaped(START + rb"pypi-AgE[A-Za-z0-9_-]{50,500}" + END),
    hits=(Example("password = pypi-AgE<alnum 120>"),),
    misses=(
        Example("pypi-server"),
        Example("pypi-<alnum 60>"),
    ),
)
