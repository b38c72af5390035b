"""A JSON Web Token.

Three parts in base64url. Anybody who holds it is its subject until it expires; a service token
often never does. One without a signature, or the one from jwt.io, is an example.
"""

import base64
import binascii
from collections.abc import Iterable

from msgspec.structs import replace

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.detection.model import Detector, Example, Span
from skillconnect_ops.detection.page import Page
from skillconnect_ops.detection.shapes import shaped

_SHAPE = shaped(
    rb"(?<![A-Za-z0-9_.+/-])eyJ[A-Za-z0-9_-]{10,400}\.(?:eyJ|ewo)[A-Za-z0-9_-]{8,4000}"
    rb"\.[A-Za-z0-9_-]{20,700}(?![A-Za-z0-9_-])"
)


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    return [_weighed(page, span) for span in _SHAPE(page, start, end)]


def _weighed(page: Page, span: Span) -> Span:
    payload = page.content[span.start : span.end].split(b".")[1]
    try:
        claims = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
    except binascii.Error:
        return span
    if b"John Doe" in claims or b"1234567890" in claims:
        return replace(span, confidence=Confidence.LOW, reasons=("the example of jwt.io",))
    if b'"exp"' in claims:
        return replace(span, confidence=Confidence.MEDIUM, reasons=("it names its own end",))
    return span


DETECTOR = Detector(
    id="jwt",
    what="JSON Web Token",
    severity=Severity.MEDIUM,
    remedy="end the session, or change the signing secret if the token has no end",
    keywords=("eyJ",),
    look=_look,
    hits=(Example("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJ<alnum 60>.<alnum 43>"),),
    misses=(
        Example("eyJhbGciOiJIUzI1NiJ9"),
        Example("eyJ<alnum 20>.eyJ"),
    ),
)
