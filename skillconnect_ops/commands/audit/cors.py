"""Which sites a server lets read its answers: options of cors, Socket.IO, Starlette; headers."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from skillconnect_ops.code.conditions import is_served
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted, PackageCall

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
_OF_REQUEST = re.compile(r"\breq(?:uest)?\.(?:headers?|get)\b.*\borigin\b", re.IGNORECASE)


class Lets(Enum):
    """Who is let in."""

    ALL = "all"
    WHOEVER_ASKS = "whoever asks"
    LISTED = "listed"
    NOBODY = "nobody"
    UNTOLD = "untold"


class Policy(Struct, frozen=True, kw_only=True):
    """One place that says who is let in."""

    path: str
    line: int
    column: int
    end_line: int
    text: str
    lets: Lets
    origins: tuple[str, ...] = ()
    """Those that are listed, as far as they are told."""
    fallbacks: tuple[str, ...] = ()
    """Those that are listed unless the environment says otherwise."""
    untold: str = ""
    """What of it is not told."""
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
    lets, origins, fallbacks, untold = _judged(origin)
    return Policy(
        path=one.path,
        line=one.line,
        column=one.column,
        end_line=one.end_line,
        text=one.text,
        lets=lets,
        origins=origins,
        fallbacks=fallbacks,
        untold=untold,
        credentials=credentials,
    )


def _judged(  # noqa: PLR0911 - one a kind of option
    origin: Any,
) -> tuple[Lets, tuple[str, ...], tuple[str, ...], str]:
    if origin is None or origin == "*":
        return Lets.ALL, (), (), ""
    if origin is True:
        return Lets.WHOEVER_ASKS, (), (), ""
    if origin is False:
        return Lets.NOBODY, (), (), ""
    if isinstance(origin, list):
        inner = [_judged(one) for one in origin if one != "*"]
        return (
            Lets.LISTED,
            tuple(name for one in inner for name in one[1]),
            tuple(name for one in inner for name in one[2]),
            next((one[3] for one in inner if one[3]), ""),
        )
    if isinstance(origin, Defaulted):
        lets = Lets.ALL if origin.default == "*" else Lets.LISTED
        return lets, (), (origin.default,), ""
    if isinstance(origin, Computed):
        if _LETS_ALL.search(origin.text) or _OF_REQUEST.search(origin.text):
            return Lets.WHOEVER_ASKS, (), (), ""
        by_environment = (
            _OF_ENVIRONMENT.search(origin.text)
            or _OF_ENVIRONMENT.search(origin.reason)
            or origin.reason == OUTSIDE
        )
        if by_environment or origin.text.startswith("/"):  # a regular expression lists, too
            return Lets.LISTED, (), (), ""
        what = "its function" if origin.reason == "it is a function" else origin.text
        return Lets.UNTOLD, (), (), f"which origins {what} lets in is not told"
    return Lets.LISTED, (str(origin),), (), ""


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
        yield _made(header, header.value, credentials=with_cookies)
