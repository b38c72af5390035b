"""Reading an assignment around a name: `DB_PASSWORD=…`, `"apiKey": "…"`, `<Pass>…</Pass>`.

One grammar for all languages. It starts at the keyword, so that a text without one costs nothing,
and every repetition is bounded, so that no text makes it slow.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.expression import TooManyTokens
from skillconnect_ops.detection.model import Look, Span
from skillconnect_ops.detection.page import Kind, Page
from skillconnect_ops.detection.values import looks_random

NAME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-$"
LONGEST_NAME = 64

_ASSIGNED = regex(
    rb"""(?x)
    [\w.$-]{0,48}+                                    # the rest of the name
    (?:
        (?P<close> (?: \\{0,3} ["'`] | [\])] ){0,3} )
        (?: (?: [?!]? : [ ]{0,2} [\w<>\[\].,]{1,40}+ (?: [ ]? \| [ ]? [\w<>\[\].]{1,40}+ ){0,3} )?
            [ \t]{0,40}+ (?P<equals> ={1,3} (?![=~>]) )
          | [ \t]{0,20} (?P<colon> :(?![:/]) =? )
          | [ \t]{0,20} (?P<arrow> =>(?!\s*[{(]) | \?\?=? | \|\|=? )
          | (?P<far> [ \t]{0,2} ,? ) \s{1,40} ["']? [vV]alue ["']? [ \t]{0,20} [:=]
          | [ \t]{0,20} (?P<comma> , ) (?=\s{0,20}\\{0,3}["'`])
        )
        \s{0,40}?
      | (?P<tag> [^<>\n=]{0,8} (?:\s[^<>\n]{0,80})? > )
      | (?P<gap> [ \t]{1,20} )
    )
    (?: (?P<open> [(\[] \s{0,40} )? (?P<prefix> [bBuUrRfF@$]{1,2} )? (?= \\{0,3} ["'`] ) )?
    (?:
        (?P<quote> \\{0,3} ["'`] )
        (?P<quoted> (?: (?!(?P=quote)) (?: \\[^\r\n] | [^\\\r\n] ) ){1,4000}+ )
        (?P=quote)
      | (?P<bare> [^\s"'`][^\r\n]{0,399} )
    )
    """
)
_TOKEN = regex(rb"[^\s;|&<>\"'`]+")
_WORD = regex(rb"[^\s;|&<>\"'`\\]+")
"""A word of a command, or a value of an address, within a string of JSON or of code."""
_NEXT = regex(
    rb"\s{0,40},\s{0,40}(?P<quote>[\"'`])"
    rb"(?P<quoted>(?:(?!(?P=quote))[^\\\r\n]){1,4000}+)(?P=quote)"
)
MOST_LISTED = 16
"""Strings of one list that are looked at."""
CODE = "code on the right-hand side"
UNREAD = "expressions beside names of secrets, which are too many to read"
BARE_IN = frozenset({Kind.ENV, Kind.INI, Kind.YAML, Kind.SHELL, Kind.TEXT, Kind.DOC})
_BEFORE_A_WORD = frozenset({b'"', b"'", b";", b"&", b"(", b"n", b"r", b"t"})
_VARIABLE = regex(rb"-{0,2}[A-Za-z_][\w-]{0,80}(?:=| {1,20})$")
_GAP = regex(rb"(?i)(?:^|[\r\n])[ \t]*(?:ENV|ARG|machine\b.*)?[ \t]*$")
_DECLARES = regex(rb"(?:^|[\r\n])[ \t]*(?:export[ \t]+)?$")
_DEFINES = regex(rb"(?i)(?:define|put_?env|set_?env|setenv|set|add|append|default)\s*\(\s*$")
_MAPPING = regex(rb"\{[^{][^:]*: .*\}")
"""Of YAML, on one line; two braces are a template's."""


def assignments() -> Look:
    """A look at a value assigned to a name that holds the keyword."""

    def look(page: Page, start: int, end: int) -> Iterable[Span]:
        while start < end and page.content[start] not in NAME:
            start += 1
        found = _ASSIGNED.match(page.content, start)
        if found is None:
            return ()
        begin = _name_start(page.content, start)
        if found["quoted"] is not None:
            return _quoted(page, found, begin)
        return _bare(page, found, begin)

    return look


def _name_start(content: bytes, start: int) -> int:
    head = content[max(start - LONGEST_NAME, 0) : start]
    return start - (len(head) - len(head.rstrip(NAME)))


def _name(page: Page, found: re.Match[bytes], begin: int) -> str:
    ends = [found.start(part) for part in ("close", "tag", "gap") if found.start(part) >= 0]
    return page.content[begin : min(ends)].decode("latin-1").strip("$.-")


def _quoted(page: Page, found: re.Match[bytes], begin: int) -> Iterable[Span]:
    if found["gap"] is not None and not _begins_line(page, begin):
        return ()
    if found["tag"] is not None:
        return ()
    reasons: tuple[str, ...] = ()
    if found["comma"] is not None:
        if not found["close"]:
            return ()
        before = page.content[max(begin - 40, 0) : begin].rstrip(b"\"'` \t")
        if not _DEFINES.search(before):
            reasons = ("two strings side by side, not an assignment",)
    if (found["close"] or b"").endswith((b'"', b"'")) and page.content[begin - 1 : begin] == b" ":
        reasons = ("its name is the end of a sentence",)
    if (found["equals"] or b"=").startswith(b"=="):
        reasons = ("compared with, not assigned",)
    name, promised = _name(page, found, begin), _declares(page, found, begin)
    return [
        Span(
            start=start,
            end=end,
            whole=(begin, end),
            name=name,
            quoted=True,
            promised=promised,
            reasons=reasons,
        )
        for start, end in _strings(page, found)
    ]


def _strings(page: Page, found: re.Match[bytes]) -> Iterator[tuple[int, int]]:
    """The string, and those after it in a list: `secret: ['new', 'old']` while one is rotated."""
    yield found.span("quoted")
    if not (found["open"] or b"").startswith(b"["):
        return
    end = found.end()
    for _ in range(MOST_LISTED):
        following = _NEXT.match(page.content, end)
        if following is None:
            return
        yield following.span("quoted")
        end = following.end()


def _declares(page: Page, found: re.Match[bytes], begin: int) -> bool:
    """Whether this is a line of an env file: there nothing but a value can stand."""
    return (
        page.kind is Kind.ENV
        and found["equals"] == b"="
        and _DECLARES.search(page.content[max(begin - 80, 0) : begin].rjust(1, b"\n")) is not None
    )


def _begins_line(page: Page, begin: int) -> bool:
    return _GAP.search(page.content[max(begin - 80, 0) : begin].rjust(1, b"\n")) is not None


def _bare(page: Page, found: re.Match[bytes], begin: int) -> Iterable[Span]:
    start = found.start("bare")
    if found["tag"] is not None:
        return _element(page, found, begin)
    if found["comma"] or found["arrow"] or (found["gap"] and not _command_gap(page, begin)):
        return ()
    if page.kind not in BARE_IN:
        return _within_string(page, found, begin) or _code(page, found, begin)
    next_line = b"\n" in page.content[begin:start] and found["far"] is None
    value = _bare_value(page, found)
    end = start + len(value)
    mapping = _MAPPING.fullmatch(value) is not None  # its own names are looked at each
    if next_line or end <= start or mapping:
        return ()
    return (
        Span(
            start=start,
            end=end,
            whole=(begin, end),
            name=_name(page, found, begin),
            quoted=False,
            promised=_declares(page, found, begin),
        ),
    )


def _within_string(page: Page, found: re.Match[bytes], begin: int) -> Iterable[Span]:
    """`"start": "JWT_SECRET=… node server.js"` in JSON, `"https://…?api_key=…"` anywhere.

    JSON has no other way to write `NAME=value`; code has many, so there an address's parameter
    must look random as well.
    """
    content, start = page.content, found.start("bare")
    if content[begin - 1 : begin] == b"\\" and content[begin : begin + 1] in {b"n", b"r", b"t"}:
        begin += 1
    before, joint = content[begin - 1 : begin], content[start - 1 : start]
    value = _WORD.match(found["bare"])
    if value is None or not (joint == b"=" or (found["gap"] and page.kind is Kind.JSON)):
        return ()
    span = Span(
        start=start,
        end=start + value.end(),
        whole=(begin, start + value.end()),
        name=_name(page, found, begin),
        quoted=False,
    )
    if before in {b"?", b"&"} and joint == b"=":
        return (span,) if looks_random(value[0].decode("latin-1")) else ()
    of_a_command = page.kind is Kind.JSON and (before.isspace() or before in _BEFORE_A_WORD)
    return (span,) if of_a_command and _VARIABLE.match(content, begin, start) else ()


def _code(page: Page, found: re.Match[bytes], begin: int) -> Iterable[Span]:
    """A value without quotes where values have quotes: an expression, and what it falls back on."""
    reason = CODE
    try:
        spans = _in_expression(page, found, begin) if page.kind is Kind.CODE else ()
        if spans:
            return spans
    except TooManyTokens:
        reason = UNREAD
    if not page.thorough:
        page.pass_over(reason)
        return ()
    value = _TOKEN.match(found["bare"])
    start = found.start("bare")
    end = start + (value.end() if value else 1)
    name = _name(page, found, begin)
    return (Span(start=start, end=end, name=name, confidence=Confidence.LOW, reasons=(reason,)),)


def _in_expression(page: Page, found: re.Match[bytes], begin: int) -> Sequence[Span]:
    """`secret: process.env.S || '…'`: a fallback that is written down is no less a secret."""
    if (found["equals"] or b"=").startswith(b"=="):
        return ()
    read = page.expressions.texts(found.start("bare"))
    return [
        Span(
            start=one.start,
            end=one.end,
            whole=(begin, one.end),
            name=_name(page, found, begin),
            confidence=Confidence.LOW if one.partly else Confidence.HIGH,
            reasons=("partly a variable, filled in elsewhere",) if one.partly else (),
        )
        for one in read
        if one.known and one.start < one.end
    ]


def _command_gap(page: Page, begin: int) -> bool:
    """`ENV DB_PASSWORD value` and `--password value`, but not prose."""
    head = page.content[max(begin - 80, 0) : begin]
    line = head.rpartition(b"\n")[2].strip()
    if page.kind is Kind.SHELL and line in {b"ENV", b"ARG"}:
        return True
    return page.content[begin : begin + 2] == b"--" and page.kind is not Kind.DOC


def _element(page: Page, found: re.Match[bytes], begin: int) -> Iterable[Span]:
    """The text of `<Pass encoding="…">text</Pass>`."""
    if page.content[begin - 1 : begin] != b"<":
        return ()
    value = found["bare"].partition(b"<")[0].rstrip()
    start = found.start("bare")
    if not value or page.content[start + len(value) : start + len(value) + 2] != b"</":
        return ()
    name = _name(page, found, begin)
    return (
        Span(start=start, end=start + len(value), whole=(begin, start + len(value)), name=name),
    )


def _bare_value(page: Page, found: re.Match[bytes]) -> bytes:
    value = found["bare"]
    if page.kind in {Kind.SHELL, Kind.TEXT, Kind.DOC} or found["gap"] is not None:
        token = _TOKEN.match(value)
        return token[0].rstrip(b",.)]}>") if token else b""
    value = re.split(rb"\s+[#;]", value, maxsplit=1)[0].rstrip()
    if page.kind is not Kind.ENV:
        value = value.rstrip(b",;")
    return value


def named(pattern: str, *, value: str = "") -> Look:
    """A look at a value assigned to a name that matches `pattern`, and itself matches `value`."""
    names, values, look = regex(pattern), regex(value.encode()), assignments()

    def look_at_named(page: Page, start: int, end: int) -> Iterable[Span]:
        return [
            span
            for span in look(page, start, end)
            if names.search(span.name) and values.match(page.content[span.start : span.end])
        ]

    return look_at_named
