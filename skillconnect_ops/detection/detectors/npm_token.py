"""An npm token.

It publishes the owner's packages: a leak here becomes everybody's leak.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="npm-token",
    what="npm token",
    severity=Severity.CRITICAL,
    remedy="revoke it with `npm token revoke`; look at what was published since",
    keywords=("npm_",),
    look=shaped(START + rb"npm_[A-Za-z0-9]{36}" + END),
    hits=(Example("//registry.example.org/:_authToken=npm_<alnum 36>"),),
    misses=(
        Example("npm_config_registry"),
        Example("npm_<alnum 9>"),
    ),
)
