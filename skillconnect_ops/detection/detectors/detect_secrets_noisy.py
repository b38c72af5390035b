"""What detect-secrets finds by entropy or by a keyword alone.

Its two entropy plugins and its keyword plugin see every random string and every `password =` of a
tree. On two well-kept repositories every one of twelve sampled hits was false, so they run only
when noise is welcome (`--thorough`), and what they find is of low confidence.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.detection.model import Detector, Example, Span
from skillconnect_ops.detection.page import Page
from skillconnect_ops.detection.peer import peer_lines

_READ = peer_lines(
    (
        ("high_entropy_strings", "Base64HighEntropyString"),
        ("high_entropy_strings", "HexHighEntropyString"),
        ("keyword", "KeywordDetector"),
    )
)


def _read(page: Page) -> Iterable[Span]:
    reasons = ("found by entropy or keyword alone",)
    return [replace(span, confidence=Confidence.LOW, reasons=reasons) for span in _READ(page)]


DETECTOR = Detector(
    id="detect-secrets-noisy",
    what="random or suspiciously named value",
    severity=Severity.LOW,
    remedy="if it is a secret, change it and read it from the environment",
    read=_read,
    thorough=True,
    hits=(Example("x = '<base64 64>'", "a.py"),),
    misses=(Example("x = 'hello there'", "a.py"),),
)
