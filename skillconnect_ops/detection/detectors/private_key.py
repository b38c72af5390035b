"""A private key in PEM form.

RSA, EC, DSA, OpenSSH, PKCS#8, encrypted or not, PGP as well; also on one line with escaped line
ends, as in a Google service account's JSON or in an environment variable.

A key in a test folder is mostly a fixture; one whose body is too short to be a key is an example.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Detector, Example, Span
from skillconnect_ops.detection.page import Page

_BEGIN = rb"----[ -]?-?BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?[ -]{4,6}"
_KEY = regex(
    # No four dashes within the body: so that it ends at the next header, whichever that is.
    _BEGIN + rb"(?P<body>(?:[A-Za-z0-9+/=\s\\\"'`,.:()<>#|*_]|-(?!---)){1,20000}+)"
    rb"----[ -]?-?END (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?[ -]{4,6}"
)
_CUT_OFF = regex(
    _BEGIN + rb"(?:\s|\\[nr]){1,8}+(?:[A-Za-z0-9-]{1,40}: [^\r\n]{0,200}[\r\n]{1,4}){0,5}"
    rb"(?:[A-Za-z0-9+/=]{40,80}+(?:\s|\\[nr]){1,4}+){2,400}"
)
_BASE64 = regex(rb"[A-Za-z0-9+/]{16,}")
_LEAST = 80


def _look(page: Page, start: int, _end: int) -> Iterable[Span]:
    found = _KEY.match(page.content, start) or _CUT_OFF.match(page.content, start)
    if found is None:
        return ()
    body = found.groupdict().get("body")
    begin, end = found.span()
    if body is not None and sum(map(len, _BASE64.findall(body))) < _LEAST:
        if not _BASE64.search(body):
            return ()
        reasons = ("too short to be a key",)
        return (Span(start=begin, end=end, confidence=Confidence.LOW, reasons=reasons),)
    return (Span(start=begin, end=end),)


DETECTOR = Detector(
    wide=("-----",),
    id="private-key",
    what="private key",
    severity=Severity.CRITICAL,
    remedy="make a new key pair, and take the old public half and its certificate out of use",
    keywords=("-----BEGIN", "---- BEGIN"),
    look=_look,
    hits=(
        Example(
            "-----BEGIN RSA PRIVATE KEY-----\n<base64 64>\n<base64 64>\n<base64 64>\n"
            "-----END RSA PRIVATE KEY-----"
        ),
        Example(
            '"private_key": "-----BEGIN PRIVATE KEY-----\\n<base64 64>\\n<base64 64>'
            '\\n-----END PRIVATE KEY-----\\n"'
        ),
    ),
    misses=(
        Example("-----BEGIN PUBLIC KEY-----\n<base64 64>\n-----END PUBLIC KEY-----"),
        Example("looks for -----BEGIN RSA PRIVATE KEY----- in a text"),
    ),
)
