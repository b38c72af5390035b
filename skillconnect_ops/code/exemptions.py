"""Comments that ask for silence: those of ESLint, those of Python's linters, and our own.

Ours is `skc: allow ID[, ID …] [until YYYY-MM-DD] REASON`, at the end of a line or alone on the line
before. Nothing is silenced by an id that is not named, and nothing without a reason.
"""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date

from ast_grep_py import SgNode
from msgspec import Struct

_ALLOW = re.compile(
    r"skc:\s*allow\s+([a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\s*,\s*[a-z][a-z0-9-]*)*)"
    r"(?:\s+until\s+(\S+))?(?:\s+(.*))?",
    re.DOTALL,
)
_NEARLY = re.compile(r"\bskc:\s*allow\b", re.IGNORECASE)
_NO_ID = "it is not of the form `skc: allow ID REASON`"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CLOSERS = re.compile(r"\s*(?:\*/|-->)?\s*\}?\s*\Z")
_ESLINT = re.compile(
    r"\A(eslint(?:-enable|-disable(?:(?:-next)?-line)?)?)(?:\s+|\Z)(.*)", re.DOTALL
)
_BLANKET = re.compile(r"eslint-disable(?:-next)?(?:-line)?\s*(?:\*/|--|\n|\Z)")
_DESCRIPTION = re.compile(r"\s-{2,}\s")
_OFF = r"""['"]?{rule}['"]?\s*:\s*\[?\s*(?:0|['"]?off['"]?)(?:\W|\Z)"""
_NOQA = re.compile(
    r"#\s*noqa(?![a-z])(?::\s*([A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE
)
_WHOLE_FILE = re.compile(r"#\s*(?:ruff|flake8):\s*noqa(?::\s*([A-Z0-9,\s]+))?", re.IGNORECASE)
_HASH = re.compile(r"(?:\A|\s)#.*")
_END = (1 << 60, 0)

Point = tuple[int, int]
"""Line and column, from 1."""


class Comment(Struct, frozen=True, kw_only=True):
    """One comment of a text."""

    text: str
    begin: Point
    end: Point
    alone: bool
    """Whether nothing but it stands on its lines."""


class Allowance(Struct, frozen=True, kw_only=True):
    """One `skc: allow`."""

    ids: tuple[str, ...]
    reason: str
    until: date | None
    """The last day; one that has passed where what stands behind `until` is no day."""
    line: int
    lines: tuple[int, ...]
    """The lines that it speaks for."""
    mistake: str | None = None
    """Why it cannot count, whatever it names."""


class Exemptions(Struct, frozen=True, kw_only=True):
    """Everything in one text that asks for silence."""

    allowances: tuple[Allowance, ...] = ()
    by_linters: tuple[tuple[Point, Point, str], ...] = ()
    """From where to where a rule of another linter is off, and the comment that says so."""

    def by_linter(self, at: Point) -> str | None:
        """The comment for another linter that covers a place."""
        return next((says for begin, end, says in self.by_linters if begin <= at < end), None)

    def allowing(self, identity: str, lines: Sequence[int] | None) -> Allowance | None:
        """The `skc: allow` of that check on one of these lines; None: anywhere in the text."""
        return next(
            (
                one
                for one in self.allowances
                if identity in one.ids
                and (lines is None or any(line in one.lines for line in lines))
            ),
            None,
        )


def of_javascript(root: SgNode, text: str, *, rule: str) -> Exemptions:
    """What the comments of a JavaScript text ask for.

    Args:
        root: its tree.
        text: the same as text.
        rule: the rule of ESLint whose directives count.
    """
    by_eslint = "eslint" in text and (rule in text or _BLANKET.search(text) is not None)
    if not by_eslint and not _may_allow(text):
        return Exemptions()  # most comments name other rules, and a tree is slow to walk
    comments = list(_of_tree(root, text.split("\n")))
    return Exemptions(
        allowances=tuple(_allowances(comments)), by_linters=tuple(_eslint(comments, rule))
    )


def of_python(text: str, *, rules: Sequence[str]) -> Exemptions:
    """What the comments of a Python text ask for.

    Args:
        text: the source.
        rules: the codes of ruff and flake8 that count, as `T201` and the beginnings of it.
    """
    if "noqa" not in text and not _may_allow(text):
        return Exemptions()
    comments = list(_of_tokens(text))
    return Exemptions(
        allowances=tuple(_allowances(comments)), by_linters=tuple(_noqa(comments, rules))
    )


def of_hashes(text: str) -> Exemptions:
    """What the comments of a text ask for in which `#` begins one, such as an env file."""
    if "skc:" not in text:
        return Exemptions()
    comments = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _HASH.search(line)
        if found is not None:
            begin, end = (number, found.start() + 1), (number, len(line) + 1)
            alone = not line[: found.start()].strip()
            comments.append(Comment(text=found[0].strip(), begin=begin, end=end, alone=alone))
    return Exemptions(allowances=tuple(_allowances(comments)))


def _may_allow(text: str) -> bool:
    """Whether it is worth looking for an `skc: allow`; a pattern would be slow over all texts."""
    return "skc:" in text.lower()


def _of_tree(root: SgNode, lines: Sequence[str]) -> Iterator[Comment]:
    for node in root.find_all(kind="comment"):
        span = node.range()
        begin, end = span.start, span.end
        before = lines[begin.line][: begin.column].strip() if begin.line < len(lines) else ""
        after = lines[end.line][end.column :].strip() if end.line < len(lines) else ""
        yield Comment(
            text=node.text(),
            begin=(begin.line + 1, begin.column + 1),
            end=(end.line + 1, end.column + 1),
            alone=before in {"", "{"} and after in {"", "}"},
        )


def _of_tokens(text: str) -> Iterator[Comment]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                yield Comment(
                    text=token.string,
                    begin=(line, column + 1),
                    end=(line, token.end[1] + 1),
                    alone=not token.line[:column].strip(),
                )
    except (tokenize.TokenError, SyntaxError):
        return


def _allowances(comments: Iterable[Comment]) -> Iterator[Allowance]:
    for comment in comments:
        nearly = _NEARLY.search(comment.text)
        if nearly is None or comment.text.count("`", 0, nearly.start()) % 2:
            continue  # between backticks it is talked about
        found = _ALLOW.match(comment.text, nearly.start())
        first, last = comment.begin[0], comment.end[0]
        lines = (last + 1,) if comment.alone else tuple(range(first, last + 1))
        if found is None:
            yield Allowance(ids=(), reason="", until=None, line=first, lines=lines, mistake=_NO_ID)
            continue
        until, mistake = _date(found[2])
        yield Allowance(
            ids=tuple(re.split(r"\s*,\s*", found[1])),
            until=until,
            reason=" ".join(_CLOSERS.sub("", found[3] or "").split()),
            line=first,
            lines=lines,
            mistake=mistake,
        )


def _date(text: str | None) -> tuple[date | None, str | None]:
    """The last day, and what is wrong with it."""
    if text is None:
        return None, None
    if _DAY.fullmatch(text) is not None:
        with suppress(ValueError):
            return date.fromisoformat(text), None
    return date.min, f"{text} is no day (until YYYY-MM-DD)"


def _eslint(comments: Iterable[Comment], rule: str) -> Iterator[tuple[Point, Point, str]]:
    """ESLint's directives; `eslint-disable` and `-enable` count in block comments alone."""
    off_since: tuple[Point, str] | None = None
    for comment in comments:
        block = comment.text.startswith("/*")
        body = comment.text[2:-2] if block else comment.text[2:]
        found = _ESLINT.match(body.strip())
        if found is None:
            continue
        directive, value = found[1], _DESCRIPTION.split(found[2], maxsplit=1)[0]
        line = comment.begin[0]
        match directive:
            case "eslint-disable-line" if _names(value, rule) and line == comment.end[0]:
                yield (line, 0), (line + 1, 0), directive
            case "eslint-disable-next-line" if _names(value, rule):
                after = comment.end[0] + 1
                yield (after, 0), (after + 1, 0), directive
            case "eslint" if block and re.search(_OFF.format(rule=re.escape(rule)), value):
                yield (0, 0), _END, f"eslint {rule}: off"
            case "eslint-disable" if block and _names(value, rule) and off_since is None:
                off_since = comment.begin, directive
            case "eslint-enable" if block and _names(value, rule) and off_since is not None:
                yield off_since[0], comment.begin, off_since[1]
                off_since = None
    if off_since is not None:
        yield off_since[0], _END, off_since[1]


def _names(value: str, rule: str) -> bool:
    """Whether a list of rules holds this one; an empty list stands for all."""
    return not value.strip() or rule in [name.strip() for name in value.split(",")]


def _noqa(comments: Iterable[Comment], rules: Sequence[str]) -> Iterator[tuple[Point, Point, str]]:
    for comment in comments:
        whole = _WHOLE_FILE.search(comment.text)
        if whole is not None:
            if _has_code(whole[1], rules):
                yield (0, 0), _END, " ".join(whole[0].split())
            continue
        found = _NOQA.search(comment.text)
        if found is not None and _has_code(found[1], rules):
            line = comment.begin[0]
            yield (line, 0), (line + 1, 0), " ".join(found[0].split())


def _has_code(codes: str | None, rules: Sequence[str]) -> bool:
    return codes is None or any(code.upper() in rules for code in re.split(r"[,\s]+", codes))
