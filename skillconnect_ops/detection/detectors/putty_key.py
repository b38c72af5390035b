"""A private key in PuTTY's form.

A .ppk file holds both halves; the private lines are the secret.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Detector, Example, Span
from skillconnect_ops.detection.page import Page

_FAR = 8000
"""Bytes that the public half may take."""
_PRIVATE = regex(
    rb"Private-Lines: \d{1,3}[\r\n]{1,4}"
    rb"(?P<secret>(?:[A-Za-z0-9+/=]{1,80}+[\r\n]{1,4}+){0,200}[A-Za-z0-9+/=]{1,80}+)"
)


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    begin = page.content.find(b"Private-Lines: ", end, end + _FAR)
    if begin < 0 or b"PuTTY-User-Key-File-" in page.content[end:begin]:
        return ()
    found = _PRIVATE.match(page.content, begin)
    if found is None:
        return ()
    return (Span(start=found.start("secret"), end=found.end("secret"), whole=(start, found.end())),)


DETECTOR = Detector(
    wide=("Private-",),
    id="putty-key",
    what="PuTTY private key",
    severity=Severity.CRITICAL,
    remedy="make a new key pair and take the old public half out of every authorized_keys",
    keywords=("PuTTY-User-Key-File-",),
    look=_look,
    hits=(
        Example(
            "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: x\n"
            "Public-Lines: 1\n<base64 64>\n"
            "Private-Lines: 2\n<base64 64>\n<base64 64>\nPrivate-MAC: <hex 40>"
        ),
    ),
    misses=(Example("PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none"),),
)
