"""Detection: bytes in, graded secrets out. Pure; knows no file, no repository, no network."""

from skillconnect_ops.detection.detectors import DETECTORS
from skillconnect_ops.detection.masking import masked
from skillconnect_ops.detection.model import Blob, Match
from skillconnect_ops.detection.paths import path_class
from skillconnect_ops.detection.scanner import Scanner

__all__ = ["DETECTORS", "Blob", "Match", "Scanner", "masked", "path_class"]
