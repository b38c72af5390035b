"""A RubyGems token.

It pushes gems in the owner's name.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="rubygems-token",
    what="RubyGems token",
    severity=Severity.CRITICAL,
    remedy="delete it on the RubyGems API keys page",
    keywords=("rubygems_",),
    look=shaped(START + rb"rubygems_[a-f0-9]{48}" + END),
    hits=(Example("rubygems_<hex 48>"),),
    misses=(Example("rubygems_version"),),
)
