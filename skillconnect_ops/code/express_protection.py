"""Which protections a route has, by what runs before it."""

import re
from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.code.express_model import Middleware, Role, State, Via
from skillconnect_ops.code.guesses import guesses

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_HEALTH = re.compile(
    r"(?:^|/)(?:_?health\w*(?:[-_]?check)?|healthz?|livez?|liveness|readyz?|readiness|ping|status"
    r"|heartbeat|up|favicon\.ico|robots\.txt|version|metrics)(?:/[\w-]+)?/?$",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"/(?:log-?in|sign-?in|register|registration|sign-?up|sign-?out|log-?out"
    r"|forg[oe]t-?_?password|reset-?_?password|forgotten|refresh(?:-?_?tokens?)?|verify-?_?email"
    r"|confirm-?_?email|csrf(?:-?_?token)?|callback|authenticate|session|auth|tokens?"
    r"|password-?_?reset|activate|magic-?link)(?:/:[\w-]+\??)?/?$",
    re.IGNORECASE,
)
_ASKED = "asked"
_INPUTS = frozenset({"body", "query", "params", "file"})


class Protection(Struct, frozen=True, kw_only=True):
    """The four states of a route."""

    validation: State
    rate_limit: State
    csrf: State
    auth: State


def protection(
    method: str,
    path: str,
    handlers: Sequence[Middleware],
    before: Sequence[Middleware],
    *,
    is_whole: bool = True,
) -> Protection:
    """The states of a route.

    Args:
        method: in capitals.
        path: whole.
        handlers: what answers.
        before: what runs before, in order.
        is_whole: whether that is all; not of a router that nothing here mounts.
    """
    chain = (*before, *handlers)

    def had(role: Role) -> State:
        return _had(role, before, handlers, is_whole=is_whole)

    auth = had(Role.AUTH)
    checked = had(Role.VALIDATION)
    if checked in {State.YES, State.CONDITIONAL}:
        idle = _not_covering(chain)
        if idle:
            checked = _had(
                Role.VALIDATION,
                [each for each in before if each not in idle],
                [each for each in handlers if each not in idle],
                is_whole=is_whole,
            )
    guarded = _had(Role.AUTH, before, (), is_whole=True) is State.YES
    is_health = _HEALTH.search(path) is not None and method in {*_READING, "ALL"}
    if not guarded and (is_health or _OPEN.search(path)):
        auth = State.NOT_NEEDED
    return Protection(
        validation=_validation(method, path, checked, chain),
        rate_limit=had(Role.RATE_LIMIT),
        csrf=_csrf(method, had(Role.CSRF), had(Role.AUTH), before, chain),
        auth=auth,
    )


def _had(
    role: Role, before: Sequence[Middleware], handlers: Sequence[Middleware], *, is_whole: bool
) -> State:
    chain = (*before, *handlers)
    own = [each for each in chain if role in each.roles and not each.lenient]
    if any(each.condition is None for each in own):
        return State.YES
    if own:
        return State.CONDITIONAL
    if any(_may_be(role, each, answers=each in handlers) for each in chain):
        return State.UNRESOLVED
    return State.NO if is_whole else State.UNRESOLVED


def _not_covering(chain: Sequence[Middleware]) -> list[Middleware]:
    """The validators that do not look at the body, where that is read."""
    own = [each for each in chain if Role.VALIDATION in each.roles and not each.lenient]
    run = frozenset[str]().union(
        *(each.checks for each in chain if Role.VALIDATION in each.roles and each.lenient)
    )
    reads = frozenset[str]().union(*(each.reads for each in chain[-1:]))
    idle: list[Middleware] = []
    for each in own:
        parts = each.checks
        if _ASKED in parts:
            parts = (parts - {_ASKED}) | run
            if not parts:
                idle.append(each)
                continue
        if parts and "body" in reads and "body" not in parts:
            idle.append(each)
    return idle


def _may_be(role: Role, each: Middleware, *, answers: bool) -> bool:
    """Whether what could not be told may do it."""
    if each.guess is role:
        return True
    if each.role is not Role.UNRESOLVED:
        return False
    if role in guesses(each.name):
        return True
    if answers:  # an answer may look into what was sent; a guard stands before it
        return role is Role.VALIDATION
    return each.guess is None


def _validation(method: str, path: str, had: State, chain: Sequence[Middleware]) -> State:
    if had in {State.YES, State.CONDITIONAL}:
        return had
    lost = any(each.role is Role.UNRESOLVED or each.guess is Role.VALIDATION for each in chain[-1:])
    reads = frozenset[str]().union(*(each.reads for each in chain[-1:])) & _INPUTS
    takes = bool(reads) or ":" in path
    if not takes and not lost:
        return State.NOT_NEEDED
    if method in _READING and not takes:
        return State.NOT_NEEDED
    return had


def _csrf(  # noqa: PLR0911 - one a reason
    method: str, had: State, auth: State, before: Sequence[Middleware], chain: Sequence[Middleware]
) -> State:
    """Asked for only where a browser sends by itself what says who asks."""
    if had in {State.YES, State.CONDITIONAL}:
        return had
    if method in _READING:
        return State.NOT_NEEDED
    by_itself = frozenset({Via.COOKIE, Via.SESSION})
    guards = [
        each
        for each in chain
        if Role.AUTH in each.roles and (each in before or each.via & by_itself)
    ]
    sessions = [each for each in before if Role.SESSION in each.roles]
    via = frozenset[Via]().union(*(each.via for each in guards))
    if sessions and not (guards and via and not via & by_itself):
        return had
    if via & by_itself:
        return had
    if guards and not via:
        return State.UNRESOLVED
    if auth is State.UNRESOLVED:
        return State.UNRESOLVED
    return State.NOT_NEEDED
