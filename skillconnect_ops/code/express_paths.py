"""Paths of Express: how they are put together, and which other paths one reaches.

Both grammars are read: that of Express 4 (`*`, `(…)`, `:id?`) and that of 5 (`*rest`, `{/:id}`).
"""

import re
from enum import Enum
from functools import lru_cache

from msgspec import Struct


class Reach(Enum):
    """Of the requests to a route, how many a middleware sees."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


class Pattern(Struct, frozen=True):
    """A path as it is written, or a regular expression."""

    text: str
    is_regex: bool = False


class Place(Struct, frozen=True):
    """Where something is mounted: the patterns from the app down, one below the other."""

    parts: tuple[Pattern, ...] = ()

    def below(self, pattern: Pattern) -> "Place":
        """A place within this one."""
        return Place((*self.parts, pattern))

    @property
    def shown(self) -> str:
        """The whole path, as a person would write it."""
        whole = ""
        for part in self.parts:
            text = part.text
            if part.is_regex:
                whole = f"{whole.rstrip('/')}{text}"
            elif text not in {"", "/"}:
                whole = f"{whole.rstrip('/')}{'' if text[0] in '/*{(<' else '/'}{text}"
        if len(whole) > 1 and not self._ends_in_regex:
            whole = whole.rstrip("/") or "/"
        return whole or "/"

    @property
    def _ends_in_regex(self) -> bool:
        return bool(self.parts) and self.parts[-1].is_regex


_NAME = r"[A-Za-z_$][\w$]*"
_PIECES = re.compile(
    rf"(?P<lead>/?)(?P<dot>\.?):(?P<name>{_NAME})(?P<own>\((?:\\.|[^()]|\([^()]*\))*\))?(?P<mark>[?*+]?)"
    rf"|(?P<open>\{{)|(?P<close>\}})"
    rf"|\*(?P<rest>{_NAME})?"
    rf"|(?P<group>\((?:\\.|[^()]|\([^()]*\))*\)[?*+]?)"
    r"|(?P<computed><[^<>]*>)"
    r"|(?P<escaped>\\.)"
    r"|(?P<literal>.)",
    re.DOTALL,
)
_SAMPLE = "zq9{}"


def _regex(text: str) -> str:
    """A path as a regular expression, without its ends."""
    out: list[str] = []
    for found in _PIECES.finditer(text):
        kind = found.lastgroup
        if found["name"]:
            own = found["own"] or "([^/]+?)"
            lead, mark = re.escape(found["lead"] + found["dot"]), found["mark"]
            if mark == "?":
                out.append(f"(?:{lead}{own})?")
            elif mark in {"*", "+"}:
                out.append(f"(?:{lead}.+?){'?' if mark == '*' else ''}")
            else:
                out.append(f"{lead}{own}")
        elif found["open"]:
            out.append("(?:")
        elif found["close"]:
            out.append(")?")
        elif found["group"]:
            out.append(found["group"])
        elif found["computed"]:
            out.append("[^/]*")
        elif found["escaped"]:
            out.append(re.escape(found["escaped"][1:]))
        elif kind == "literal":
            literal = found["literal"]
            out.append(literal if literal in "?+" and out else re.escape(literal))
        else:  # `*`, `*rest`
            out.append("(.*)")
    return "".join(out)


def _samples(text: str) -> list[str]:
    """Paths that a pattern stands for, whose parameters are words of no other meaning."""
    optional = "{" in text or "?" in text
    found = [_sample(text, full=True)]
    if optional:
        found.append(_sample(text, full=False))
    return found


def _sample(text: str, *, full: bool) -> str:
    if not full:
        while "{" in text and re.search(r"\{[^{}]*\}", text):
            text = re.sub(r"\{[^{}]*\}", "", text)
        text = re.sub(rf"/?:{_NAME}(\([^()]*\))?\?", "", text)
    out: list[str] = []
    for number, found in enumerate(_PIECES.finditer(text)):
        if found["name"]:
            out.append(found["lead"] + found["dot"] + _SAMPLE.format(number))
        elif found["open"] or found["close"]:
            continue
        elif found["group"] or found["computed"]:
            out.append(_SAMPLE.format(number))
        elif found["escaped"]:
            out.append(found["escaped"][1:])
        elif found["literal"]:
            out.append(found["literal"] if found["literal"] not in "?+" else "")
        else:
            out.append(_SAMPLE.format(number))
    return "".join(out)


@lru_cache(maxsize=4096)
def _matcher(place: Place, *, exact: bool) -> re.Pattern[str] | None:
    """What a place matches; None of a regular expression that Python cannot read."""
    whole = ""
    for index, part in enumerate(place.parts):
        last = index == len(place.parts) - 1
        if part.is_regex:
            own = part.text.rpartition("/")[0].removeprefix("/")
            starts = own.startswith("^")
            own = own.removeprefix("^").replace("\\/", "/")
            if not starts:
                own = f".*{own}" if exact or last else f".*?{own}"
            ends = own.endswith("$") and not own.endswith("\\$")
            own = own.removesuffix("$")
            whole = f"{whole}(?:{own})" + ("" if ends else ".*" if exact and last else "")
            continue
        text = part.text
        if text not in {"", "/"}:
            if text[0] not in "/*{(<":
                text = f"/{text}"
            whole += _regex(text.rstrip("/"))
    try:
        end = "/?$" if exact else "(?:/.*)?$"
        return re.compile(f"^{whole}{end}", re.IGNORECASE)
    except re.error:
        return None


@lru_cache(maxsize=65536)
def reach(  # noqa: PLR0911 - one a kind of path
    of: Place, over: Place, *, exact: bool = False
) -> Reach:
    """How many of the requests to one place another sees.

    Args:
        of: where the middleware stands.
        over: where the route is.
        exact: whether it is a route itself, which sees its own path alone.
    """
    texts = [part for part in of.parts if part.text not in {"", "/"} or part.is_regex]
    if not texts and not exact:
        return Reach.ALL
    matcher = _matcher(of, exact=exact)
    if matcher is None or any(part.is_regex for part in over.parts):
        if of.parts == over.parts[: len(of.parts)] and (not exact or of == over):
            return Reach.ALL
        if matcher is not None and not any(part.is_regex for part in of.parts):
            return _of_regex(of, over, exact=exact)
        return Reach.SOME
    paths = [path or "/" for path in _samples(over.shown)]
    met = [matcher.match(path) is not None for path in paths]
    if all(met):
        return Reach.ALL
    if any(met):
        return Reach.SOME
    other = _matcher(over, exact=True)
    own = [path or "/" for path in _samples(of.shown)]
    if other is not None and any(other.match(path) for path in own):
        return Reach.SOME
    return Reach.SOME if _may_meet(of.shown, over.shown, exact=exact) else Reach.NONE


def _of_regex(of: Place, over: Place, *, exact: bool) -> Reach:
    """What a plain path sees of a route whose path is a regular expression below a mount."""
    if exact:
        return Reach.SOME
    plain = []
    for part in over.parts:
        if part.is_regex:
            break
        plain.append(part)
    above = Place(tuple(plain))
    if above.parts and reach(of, above) is Reach.ALL:
        return Reach.ALL
    return Reach.SOME


def _may_meet(one: str, other: str, *, exact: bool) -> bool:
    """Whether two paths can both match one request, part by part."""
    first, second = (text.strip("/").split("/") for text in (one, other))
    if any(mark in one + other for mark in "*{(?<"):
        literal = re.compile(r"^[\w.-]*$")
        for left, right in zip(first, second, strict=False):
            if not literal.match(left) or not literal.match(right):
                return True
            if left.lower() != right.lower():
                return False
        return len(first) <= len(second)
    if len(first) > len(second) or (exact and len(first) != len(second)):
        return False
    return all(
        left.lower() == right.lower() or ":" in left or ":" in right
        for left, right in zip(first, second, strict=False)
    )
