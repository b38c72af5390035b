"""An Anthropic key.

Whoever holds it spends the owner's money; an admin key manages the whole organisation.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="anthropic-key",
    what="Anthropic key",
    severity=Severity.HIGH,
    remedy="disable it in the console; read the usage",
    keywords=("sk-ant-",),
    look=shaped(START + rb"sk-ant-(?:api|admin|oat|sid)\d\d-[A-Za-z0-9_-]{80,120}" + END),
    hits=(Example("ANTHROPIC_API_KEY=sk-ant-api03-<alnum 95>"),),
    misses=(Example("sk-ant-<alnum 5>"),),
)
