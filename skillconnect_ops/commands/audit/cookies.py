"""The cookies that a server sets, and what of each is not told."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import PackageCall
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.core.outcome import Missing


class SameSite(StrEnum):
    """With which requests of other sites a cookie goes along."""

    STRICT = "strict"
    LAX = "lax"
    NONE = "none"
    UNSET = "unset"
    UNTOLD = "untold"


class Flags(Struct, frozen=True, kw_only=True):
    """A cookie, and what is told of its flags; None of one that is not told."""

    path: str
    line: int
    column: int
    end_line: int
    name: str
    """As it is called, or as its name is written."""
    text: str
    http_only: bool | None
    secure: bool | None
    same_site: SameSite


def cookies(facts: Facts) -> Iterator[Flags]:
    """Those of answers, of sessions, of the package cookies; none that is taken away."""
    if isinstance(facts.server, Missing):
        return
    found = facts.server.value
    for one in found.answers.cookies:
        if _is_cleared(one.value, one.options):
            continue
        yield _flags(one, _named(one.name), one.options)
    for call in found.calls:
        first = call.given[0] if call.given else {}
        if call.package == "express-session" and call.member == "":
            inner = first.get("cookie", {}) if isinstance(first, Mapping) else first
            name = first.get("name", "connect.sid") if isinstance(first, Mapping) else "session"
            yield _flags(call, _named(name), inner, http_only=True)
        elif call.package == "cookie-session" and call.member == "":
            name = first.get("name", "session") if isinstance(first, Mapping) else "session"
            yield _flags(call, _named(name), first, http_only=True)
        elif call.member == "SessionMiddleware":
            yield _of_starlette(call, first)
        elif call.package == "cookie" and call.member == "serialize":
            value, options = (*call.given[1:], None, None)[:2]
            if not _is_cleared(value, options):
                yield _flags(call, _named(first), options)
        elif call.package == "cookies" and len(call.given) > 1:
            value, options = (*call.given[1:], None)[:2]
            if not _is_cleared(value, options):
                told = {"secure": True, **(options if isinstance(options, Mapping) else {})}
                lost = isinstance(options, Computed)  # it is secure where the request was
                yield _flags(call, _named(first), options if lost else told, http_only=True)


def _of_starlette(call: PackageCall, options: Any) -> Flags:
    """The cookie of Starlette's SessionMiddleware, which is always HttpOnly."""
    told = {
        "secure": options.get("https_only", False),
        "sameSite": options.get("same_site", "lax"),
    }
    name = options.get("session_cookie", "session")
    return _flags(call, _named(name), told, http_only=True)


def sites(facts: Facts) -> frozenset[SameSite]:
    """The values of SameSite that cookies are set with here."""
    return frozenset(one.same_site for one in cookies(facts))


_NOTHING = frozenset({"", "none", "null", "deleted", "loggedout", "logout", "removed", "undefined"})


def _is_cleared(value: Any, options: Any) -> bool:
    """Whether a cookie is taken away: it is given nothing, or a word for that, and ends."""
    told: Mapping[str, Any] = options if isinstance(options, Mapping) else {}
    if value is None or isinstance(value, str):
        ends = {"maxAge", "expires"} & told.keys()
        word = (value or "").lower()
        return word in _NOTHING and (bool(ends) or value == "")
    return False


def _named(name: Any) -> str:
    return name if isinstance(name, str) else getattr(name, "text", "a cookie")


def _flags(one: Any, name: str, options: Any, *, http_only: bool = False) -> Flags:
    told: Mapping[str, Any] = options if isinstance(options, Mapping) else {}
    lost = isinstance(options, Computed) or "..." in told
    return Flags(
        path=one.path,
        line=one.line,
        column=one.column,
        end_line=one.end_line,
        name=name,
        text=one.text,
        http_only=_flag(told.get("httpOnly"), lost=lost, default=http_only),
        secure=_flag(told.get("secure"), lost=lost, default=False),
        same_site=_same_site(told.get("sameSite"), lost=lost),
    )


def _flag(value: Any, *, lost: bool, default: bool) -> bool | None:
    if isinstance(value, Computed):
        return in_production(value.text)
    if value is None:
        return None if lost else default
    return bool(value)


def _same_site(value: Any, *, lost: bool) -> SameSite:
    if isinstance(value, Computed) or (value is None and lost):
        return SameSite.UNTOLD
    if value is None or value is False:
        return SameSite.UNSET
    if value is True:
        return SameSite.STRICT
    try:
        return SameSite(str(value).lower())
    except ValueError:
        return SameSite.UNTOLD
