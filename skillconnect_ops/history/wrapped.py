"""Archives that stand in a text as base64: decoded, and encoded again when something changed."""

import base64
import re
from collections.abc import Callable, Iterator

from skillconnect_ops.core.regex import regex

Change = Callable[[bytes], bytes]

SIGNS = (b"H4sI", b"UEsDB", b"QlpoM", b"QlpoN", b"QlpoO", b"/Td6WFoA", b"_Td6WFoA", b"SDRzSUF")
"""How gzip, zip, bzip2 and xz begin in base64, and gzip in base64 of base64."""
_LEAST = 28
"""Digits; no archive that holds anything has fewer."""
_DIGITS = rb"[A-Za-z0-9+/_-]"
_LINE_END = rb"(?:(?:\\{1,2}r)?\\{1,2}n|\\?(?:\r\n?|\n))[ \t]{0,64}"
_RUN = regex(
    rb"(?<![A-Za-z0-9+/_-])%b{%d,}+(?:%b%b++)*+(={0,2})" % (_DIGITS, _LEAST, _LINE_END, _DIGITS)
)
_ENDS = regex(_LINE_END)
_FILLING = base64.b64encode(b"***")


def may_wrap(content: bytes) -> bool:
    """Whether something in a content looks like an archive in base64."""
    return next(_runs(content), None) is not None


def _runs(content: bytes) -> Iterator[re.Match[bytes]]:
    starts: list[int] = []
    for sign in SIGNS:
        at = content.find(sign)
        while at >= 0:
            starts.append(at)
            at = content.find(sign, at + 1)
    end = 0
    for start in sorted(starts):
        if start >= end and (run := _RUN.match(content, start)):
            end = run.end()
            yield run


def rewrapped(content: bytes, change: Change, *, fixed: bool = False) -> bytes:
    """The content with changed archives: the same object if none changed.

    Args:
        content: anything.
        change: is given what was encoded; the same object says that nothing changes.
        fixed: whether nothing may get longer or shorter. What would is filled as a whole.
    """
    out: list[bytes] = []
    at = 0
    for run in _runs(content):
        after = _after(run[0], len(run[1]), change)
        if after is not None:
            if fixed and len(after) != len(run[0]):
                after = (_FILLING * len(run[0]))[: len(run[0])]
            out += (content[at : run.start()], after)
            at = run.end()
    return b"".join((*out, content[at:])) if out else content


def _after(run: bytes, padding: int, change: Change) -> bytes | None:
    digits = _ENDS.sub(b"", run)[: -padding or None]
    if len(digits) % 4 == 1:  # of something that was cut; the rest is whole
        digits = digits[:-1]
    standard = digits.translate(bytes.maketrans(b"-_", b"+/"))
    plain = base64.b64decode(standard + b"=" * (-len(standard) % 4))
    after = change(plain)
    if after is plain:
        return None
    fresh = base64.b64encode(after)
    if b"-" in digits or b"_" in digits:
        fresh = fresh.translate(bytes.maketrans(b"+/", b"-_"))
    if not padding and len(digits) % 4:
        fresh = fresh.rstrip(b"=")
    end = _ENDS.search(run)
    if end is None:
        return fresh
    width = end.start()
    return end[0].join(fresh[begin : begin + width] for begin in range(0, len(fresh), width))
