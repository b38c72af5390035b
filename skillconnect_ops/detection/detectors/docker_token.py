"""A Docker Hub access token.

It pulls private images and, with write scope, pushes poisoned ones.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="docker-token",
    what="Docker Hub token",
    severity=Severity.HIGH,
    remedy="delete it under Account settings, Personal access tokens",
    keywords=("dckr_pat_", "dckr_oat_"),
    look=shaped(START + rb"dckr_[po]at_[A-Za-z0-9_-]{27,40}" + END),
    hits=(Example("docker login -p dckr_pat_<alnum 27>"),),
    misses=(Example("dckr_pat_"),),
)
