"""Which sites a server lets read its answers: options of cors, Socket.IO, Starlette; headers."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from skillconnect_ops.code.conditions import is_served
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted, Either, Matcher, PackageCall

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_LETS_ALL = re.compile(
    r"^(?:async )?(?:function\s*\w*)?\s*\(?[\w\s,:?|<>.()]*\)?\s*(?:=>)?\s*\{?\s*(?:return\s+)?"
    r"\w+\(\s*null\s*,\s*(?:true|\w*[oO]rigin)\s*\)\s*;?\s*\}?$"
)
_OF_ENVIRONMENT = re.compile(r"^\(?(?:process|import\.meta)\.env\b")
_FITS_ALL = re.compile(r"\^?(?:https\?://|https?://)?(?:\.[*+]|\(\.[*+]\))\$?")
_ASKER = True
"""The origin of cors that stands for whatever asks."""
_REQUEST = r"(?:req(?:uest)?|rq|ctx|ctx\.req(?:uest)?|this\.req(?:uest)?|_req)"
_OF_REQUEST = re.compile(
    rf"^\(?\s*{_REQUEST}\??\.(?:headers?\??(?:\.origin|\[\s*['\"`]origin['\"`]\s*\])"
    rf"|(?:get|header|headers\.get)\(\s*['\"`]origin['\"`]\s*\))"
    rf"(?:\s+is decided at run time|\s*(?:\|\||\?\?)\s*[\s\S]*)?\s*\)?$",
    re.IGNORECASE,
)
"""The asker's own origin, perhaps with what is taken where none comes along."""
_ANYBODY = ("https://q.qq", "http://q.qq")
_MOST_PATTERN = 200
_ENDS = re.compile(r"(?<!\\)\$\)*$")
_BEGINS = re.compile(r"^\(*(?:\?[:=])?(?:\^|\\\.|\[\.\]|:?(?:\\?/){2}|https?\??:|\(\^\|)")
_ANY_BEFORE = re.compile(r"(?<!\\)\.[*+]\??\)?\??(?=\w)")
NULL = "null"
"""What frames in a sandbox and pages of the disk call their origin: anybody can."""


class Lets(Enum):
    """Who is let in."""

    ALL = "all"
    WHOEVER_ASKS = "whoever asks"
    LISTED = "listed"
    NOBODY = "nobody"
    UNTOLD = "untold"


class _Judged(Struct, frozen=True, kw_only=True):
    """What one value of an option lets in."""

    lets: Lets
    origins: tuple[str, ...] = ()
    """Those that are listed, as far as they are told."""
    fallbacks: tuple[str, ...] = ()
    """Those that are listed unless the environment says otherwise."""
    untold: str = ""
    """What of it is not told."""
    how: str = ""
    """Where whoever asks is let in by what seems to list some: by what."""
    unless: str = ""
    """What must not be, where this is so only then."""


class Policy(_Judged, frozen=True, kw_only=True):
    """One place that says who is let in."""

    path: str
    line: int
    column: int
    end_line: int
    text: str
    credentials: bool | None = False
    """Whether cookies may come along; None of what is not told."""


def policies(found: "Server") -> Iterator[Policy]:
    """Those that may be there where others use the app."""
    for call in found.calls:
        if call.package == "cors" and call.member == "" and is_served(call.guard):
            yield _policy(call, call.given[0] if call.given else {})
        elif call.member == "CORSMiddleware" and is_served(call.guard):
            yield _of_starlette(call)
    for server in found.sockets.servers:
        options = server.options if isinstance(server.options, Mapping) else {}
        if "cors" in options:
            yield _policy(server, options["cors"])
    yield from _by_headers(found)


def many(found: "Server") -> int:
    """How many there are."""
    return sum(1 for _ in policies(found))


def _policy(one: Any, options: Any) -> Policy:
    if isinstance(options, Computed):
        return _made(one, options, credentials=None)
    if not isinstance(options, Mapping):
        return _made(one, "*", credentials=False)
    lost = "..." in options
    origin = options.get(
        "origin", Computed("its origin", "not all options are told") if lost else "*"
    )
    credentials = options.get("credentials", None if lost else False)
    sure = None if isinstance(credentials, Computed) or credentials is None else bool(credentials)
    return _made(one, origin, credentials=sure)


def _of_starlette(call: PackageCall) -> Policy:
    """The options of Starlette's CORSMiddleware, which lets in nobody unless it is told to.

    With `*` and credentials it answers whoever sends cookies with their own origin.
    """
    options = call.given[0]
    lost: Any = Computed("its origins", "not all options are told") if "..." in options else []
    credentials = options.get("allow_credentials", None if "..." in options else False)
    sure = None if isinstance(credentials, Computed) or credentials is None else bool(credentials)
    pattern, origins = options.get("allow_origin_regex"), options.get("allow_origins", lost)
    if isinstance(pattern, str) and _FITS_ALL.fullmatch(pattern):
        return _made(call, _ASKER, credentials=sure)
    if isinstance(origins, str):
        origins = [origins]
    every = (
        [one for one in origins if "*" in {one, getattr(one, "default", None)}]
        if isinstance(origins, list)
        else []
    )
    if every:
        return _made(call, _ASKER if sure else every[0], credentials=sure)
    if isinstance(pattern, str) and isinstance(origins, list):
        origins = [*origins, re.sub(r"^\^|\\|\$$", "", pattern)]
    return _made(call, origins, credentials=sure)


def _made(one: Any, origin: Any, *, credentials: bool | None) -> Policy:
    return Policy(
        path=one.path,
        line=one.line,
        column=one.column,
        end_line=one.end_line,
        text=one.text,
        credentials=credentials,
        **structs.asdict(_judged(origin)),
    )


def _judged(origin: Any) -> _Judged:  # noqa: PLR0911 - one a kind of option
    if origin is None or origin == "*":
        return _Judged(lets=Lets.ALL)
    if origin is True:
        return _Judged(lets=Lets.WHOEVER_ASKS)
    if origin is False:
        return _Judged(lets=Lets.NOBODY)
    if origin == NULL:
        how = "the origin “null” is let in, which a frame in a sandbox has on any page"
        return _Judged(lets=Lets.WHOEVER_ASKS, how=how)
    if isinstance(origin, list):
        return _several([_judged(one) for one in origin if one != "*"])
    if isinstance(origin, Either):
        return _several([_judged(one) for one in origin.values], one_alone=True)
    if isinstance(origin, Defaulted):
        return _unless(origin)
    if isinstance(origin, Matcher):
        return _fitting(origin)
    if isinstance(origin, Computed):
        return _computed(origin)
    return _Judged(lets=Lets.LISTED, origins=(str(origin),))


def _several(inner: list[_Judged], *, one_alone: bool = False) -> _Judged:
    """What a list lets in, or one of several values."""
    open_ones = {Lets.WHOEVER_ASKS, Lets.ALL} if one_alone else {Lets.WHOEVER_ASKS}
    worst = next((one for one in inner if one.lets in open_ones), None)
    if worst is not None:
        unless = worst.unless or ("the other value is taken" if one_alone else "")
        return structs.replace(worst, unless=unless)
    return _Judged(
        lets=Lets.LISTED,
        origins=tuple(name for one in inner for name in one.origins),
        fallbacks=tuple(name for one in inner for name in one.fallbacks),
        untold=next((one.untold for one in inner if one.untold), ""),
    )


def _unless(origin: Defaulted) -> _Judged:
    """What is let in as long as nothing else is said."""
    if _of_request(origin):
        return _Judged(lets=Lets.WHOEVER_ASKS)
    told = _judged(origin.default)
    by_environment = _of_environment(origin)
    unless = "the environment says otherwise" if by_environment else "another one is set"
    if told.lets in {Lets.ALL, Lets.WHOEVER_ASKS}:
        return structs.replace(told, unless=unless)
    untold = "" if by_environment else _computed(Computed(origin.text, origin.reason)).untold
    return _Judged(lets=Lets.LISTED, fallbacks=told.origins, untold=untold, unless=unless)


def _of_request(origin: Computed) -> bool:
    return bool(_OF_REQUEST.search(origin.text) or _OF_REQUEST.search(origin.reason))


def _of_environment(origin: Computed) -> bool:
    by_name = _OF_ENVIRONMENT.search(origin.text) or _OF_ENVIRONMENT.search(origin.reason)
    return by_name is not None or origin.reason == OUTSIDE or "environ" in origin.text


def _computed(origin: Computed) -> _Judged:
    if _LETS_ALL.search(origin.text) or _of_request(origin):
        return _Judged(lets=Lets.WHOEVER_ASKS)
    if _of_environment(origin):
        return _Judged(lets=Lets.LISTED)
    what = "its function" if origin.reason == "it is a function" else origin.text
    if what.startswith("{"):  # a part of options: the reason names it
        untold = f"which origins are let in is not told: {origin.reason}"
        return _Judged(lets=Lets.UNTOLD, untold=untold)
    return _Judged(lets=Lets.UNTOLD, untold=f"which origins {what} lets in is not told")


def _fitting(origin: Matcher) -> _Judged:
    """What a regular expression lets in: it fits anywhere in an origin unless it says so."""
    pattern = origin.pattern
    untold = _Judged(
        lets=Lets.UNTOLD, untold=f"which origins the pattern {origin.text} fits is not told"
    )
    if len(pattern) > _MOST_PATTERN:
        return untold
    try:
        compiled = re.compile(pattern, re.IGNORECASE if "i" in origin.flags else 0)
    except re.error:
        return untold
    if any(compiled.search(one) for one in _ANYBODY):
        how = f"the pattern {origin.text} fits whatever origin asks"
        return _Judged(lets=Lets.WHOEVER_ASKS, how=how)
    for part in _alternatives(pattern):
        if not _ENDS.search(part):
            how = f"the pattern {origin.text} does not say where an origin ends (`$`)"
            return _Judged(lets=Lets.WHOEVER_ASKS, how=f"{how}, so that others fit as well")
        if not _BEGINS.search(part) or _ANY_BEFORE.search(part):
            how = f"the pattern {origin.text} does not say where the name begins (`^`, `\\.`)"
            return _Judged(lets=Lets.WHOEVER_ASKS, how=f"{how}, so that others fit as well")
    return _Judged(lets=Lets.LISTED)


def _alternatives(pattern: str) -> Iterator[str]:
    """The parts of a pattern between the `|` that stand in no group."""
    depth, begin, place = 0, 0, 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            place += 1
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign == "|" and depth == 0:
            yield pattern[begin:place]
            begin = place + 1
        place += 1
    yield pattern[begin:]


def _by_headers(found: "Server") -> Iterator[Policy]:
    for header in found.answers.headers:
        live = is_served(header.guard)
        if header.name != "access-control-allow-origin" or not live:
            continue
        with_cookies = any(
            other.name == "access-control-allow-credentials"
            and other.path == header.path
            and other.function == header.function
            and str(other.value).lower() == "true"
            for other in found.answers.headers
        )
        value = header.value
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if header.asked and isinstance(value, Computed) and not isinstance(value, Matcher):
            # only some origins come so far; which, the condition knows
            yield _made(header, Computed(header.asked, "it is asked before"), credentials=False)
            continue
        yield _made(header, value, credentials=with_cookies)
