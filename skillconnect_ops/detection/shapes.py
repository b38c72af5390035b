"""Ways of looking that several detectors share."""

import re

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Look, Read, Span
from skillconnect_ops.detection.page import Page

START = rb"(?<![A-Za-z0-9_+/-])"
"""No part of a longer word begins here."""
END = rb"(?![A-Za-z0-9_+/-])"


def shaped(pattern: bytes, *, confidence: Confidence = Confidence.HIGH) -> Look:
    """A look at a text of known shape that begins with the keyword.

    Args:
        pattern: matched where the keyword begins; its group `secret`, or all of it, is the secret.
        confidence: the most that a hit is worth.
    """
    compiled = regex(pattern)
    group = _group(pattern)

    def look(page: Page, start: int, _end: int) -> tuple[Span, ...]:
        found = compiled.match(page.content, start)
        if found is None:
            return ()
        return (_span(found, group, confidence),)

    return look


def around(pattern: bytes, *, before: int, confidence: Confidence = Confidence.HIGH) -> Look:
    """A look at a text in which the keyword stands somewhere in the first `before` bytes."""
    compiled = regex(pattern)
    group = _group(pattern)

    def look(page: Page, start: int, end: int) -> tuple[Span, ...]:
        low = max(start - before, 0)
        return tuple(
            _span(found, group, confidence)
            for found in compiled.finditer(page.content, low, end + 512)
            if found.start() <= start and found.end() >= end
        )

    return look


def lines(pattern: bytes, *, confidence: Confidence = Confidence.HIGH) -> Read:
    """A reading of a whole file: every place where the pattern matches."""
    compiled = regex(pattern, re.MULTILINE)
    group = _group(pattern)

    def read(page: Page) -> tuple[Span, ...]:
        return tuple(_span(found, group, confidence) for found in compiled.finditer(page.content))

    return read


def uri(schemes: bytes) -> Look:
    """A look at a URI that holds a user and a password; the password is the secret.

    A password may hold a raw `@` (people forget to encode it), so the last one before the path
    ends it; a raw `/` ends the search, since then nobody can tell the parts.
    """
    compiled = regex(
        rb"(?:" + schemes + rb")://"
        rb"(?P<user>[^\s\"'`<>\\/:]{0,256}):(?P<secret>[^\s\"'`<>\\/]{1,512})@"
        rb"(?P<host>[\w.,:%\[\]{}$-]{1,512})(?:[/?][^\s\"'`<>\\)\]]{0,1024})?"
    )

    def look(page: Page, start: int, _end: int) -> tuple[Span, ...]:
        found = compiled.match(page.content, start)
        if found is None:
            return ()
        confidence, reasons = _judged(found)
        name = found["user"].decode("utf-8", "replace")
        begin, end = found.span("secret")
        span = Span(start=begin, end=end, whole=found.span(), name=name)
        if reasons:
            span = Span(
                start=begin,
                end=end,
                whole=found.span(),
                name=name,
                confidence=confidence,
                reasons=reasons,
            )
        return (span,)

    return look


_NO_HOST = regex(
    rb"(?i)(?:[\w-]+\.)*(?:example\.(?:com|org|net)|host(?:name)?\d?|server\d?|domain(?:\.com)?|"
    rb"your[\w.-]*|my[\w-]*host[\w.]*|\w*\.(?:test|invalid|example))(?::\d+|:port|,|$)"
)
_LOCAL = regex(rb"(?i)(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)(?::|,|$)")


def _judged(found: re.Match[bytes]) -> tuple[Confidence, tuple[str, ...]]:
    host, user, secret = found["host"], found["user"], found["secret"]
    if _NO_HOST.match(host):
        return Confidence.LOW, ("the host is a placeholder",)
    if secret.lower() in _WORDS and (user.lower() in _USERS or user.lower() == secret.lower()):
        return Confidence.LOW, ("user and password are placeholders",)
    if _LOCAL.match(host):
        return Confidence.MEDIUM, ("the host is this machine",)
    return Confidence.HIGH, ()


_WORDS = frozenset(b"pass password pwd passwd passw0rd pw secret p pass1 mypassword".split())
_USERS = frozenset(b"user username usr u name me myuser root admin dbuser foo login".split())


def _group(pattern: bytes) -> str | int:
    """Which group of a match is the secret; told without compiling the pattern."""
    return "secret" if b"(?P<secret>" in pattern else 0


def _span(found: re.Match[bytes], group: str | int, confidence: Confidence) -> Span:
    start, end = found.span(group)
    return Span(start=start, end=end, whole=found.span(), confidence=confidence)
