"""A Hugging Face token.

It reads private models and data, and with write scope replaces public ones.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="huggingface-token",
    what="Hugging Face token",
    severity=Severity.HIGH,
    remedy="invalidate it under Settings, Access tokens",
    keywords=("hf_",),
    look=shaped(START + rb"hf_[A-Za-z]{34}" + END),
    hits=(Example("HF_TOKEN=hf_<alpha 34>"),),
    misses=(Example("hf_model_id"),),
)
