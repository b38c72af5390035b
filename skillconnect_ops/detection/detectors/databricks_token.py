"""A Databricks token.

It runs jobs on the workspace's data.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="databricks-token",
    what="Databricks token",
    severity=Severity.HIGH,
    remedy="revoke it under User settings, Developer",
    keywords=("dapi",),
    look=shaped(START + rb"dapi[a-f0-9]{32}(?:-\d)?" + END),
    hits=(Example("DATABRICKS_TOKEN=dapi<hex 32>"),),
    misses=(Example("dapi<hex 9>"),),
)
