"""Ways of looking that several detectors share."""

import re

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Look, Read, Span
from skillconnect_ops.detection.page import Kind, Page

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


def uri(schemes: bytes, *, of_a_database: bool = True) -> Look:
    """A look at a URI that holds a user and a password; the password is the secret.

    A password may hold a raw `@` (people forget to encode it), so the last one before the path
    ends it. It may hold a raw `/`, quotes and brackets too, where the text can mean nothing else:
    what stands after the user is no port, and the `@` comes before any query.

    Args:
        schemes: a pattern of them, as far as `://`.
        of_a_database: whether an `@` in the path would be strange; web addresses are full of them.
    """
    strict = regex(
        rb"(?:" + schemes + rb")://"
        rb"(?P<user>[^\s\"'`<>\\/:]{0,256}):(?P<secret>[^\s\"'`<>\\/]{1,512})@"
        rb"(?P<host>[\w.,:%\[\]{}$-]{1,512})(?P<path>[/?][^\s\"'`<>\\)\]]{0,1024})?"
    )
    raw = {quote: _raw(schemes, excluded) for quote, excluded in _EXCLUDED.items()}

    def look(page: Page, start: int, _end: int) -> tuple[Span, ...]:
        found = strict.match(page.content, start)
        if found is None or (of_a_database and _is_cut(found)):
            loose = raw[_quote(page, start)].match(page.content, start)
            if loose is not None and _is_sure(loose, of_a_database=of_a_database):
                found = loose
        return () if found is None else (_of_uri(found),)

    return look


def _of_uri(found: re.Match[bytes]) -> Span:
    confidence, reasons = _judged(found)
    start, end = found.span("secret")
    return Span(
        start=start,
        end=end,
        whole=found.span(),
        name=found["user"].decode("utf-8", "replace"),
        confidence=confidence,
        reasons=reasons,
    )


_EXCLUDED = {
    b'"': rb"\"\\",
    b"'": rb"'\\",
    b"`": rb"`\\",
    b"=": b"",
    b"": rb"\"'`<>\\",
}
"""By what stands before a URI, what cannot be within it besides white space."""


def _quote(page: Page, start: int) -> bytes:
    before = page.content[start - 1 : start] if start else b""
    if before == b"=":
        return b"=" if page.kind is Kind.ENV else b""
    return before if before in _EXCLUDED else b""


def _raw(schemes: bytes, excluded: bytes) -> re.Pattern[bytes]:
    return regex(
        rb"(?:" + schemes + rb")://(?P<user>[^\s\"'`<>\\/:@]{0,256}):"
        rb"(?P<secret>(?:(?!://|[?&]\w{1,40}=)[^\s" + excluded + rb"]){1,256})@"
        rb"(?P<host>[\w.,:%\[\]-]{1,512}+)(?P<path>[/?][^\s\"'`<>\\)\]]{0,1024}+)?+"
        rb"(?![^\s\"'`<>\\)\]},;#/?])"
    )


_DOTTED = regex(rb"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:,|$)|localhost|\[")
_PORT = regex(rb"(?:\d{1,5}|:?(?i:port)\w*|:\w+|(?:\$[{(A-Z_]|%[sd]|[{<\[])[^/]*)(?:,.*)?$")


def _is_cut(found: re.Match[bytes]) -> bool:
    """`u:p@ss/word@db.corp.io`: what looks like the host is a part of the password."""
    path = (found["path"] or b"").partition(b"?")[0]
    return b"@" in path and _DOTTED.match(found["host"]) is None


def _is_sure(found: re.Match[bytes], *, of_a_database: bool) -> bool:
    """Whether nothing but a password stands before the `@`, and a host after it."""
    user, host = found["user"], found["host"]
    port = found["secret"].partition(b"/")[0]
    if _PORT.match(port) is not None:
        a_host = not user or b"," in port or not port.isdigit() or _DOTTED.match(user)
        return bool(of_a_database and not a_host and _DOTTED.match(host))
    return of_a_database or bool(_DOTTED.match(host) and b"." not in user and b"," not in user)


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
