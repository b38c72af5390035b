"""A Postman key.

It reads collections, and with them whatever was pasted into requests.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="postman-key",
    what="Postman key",
    severity=Severity.MEDIUM,
    remedy="delete it under Settings, API keys",
    keywords=("PMAK-",),
    look=shaped(START + rb"PMAK-[a-f0-9]{24}-[a-f0-9]{34}" + END),
    hits=(Example("PMAK-<hex 24>-<hex 34>"),),
    misses=(Example("PMAK-<hex 24>"),),
)
