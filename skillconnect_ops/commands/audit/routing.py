"""What the checks of Express's apps and routes have in common.

One finding a place: a route that is mounted twice, or answers several paths, is told once. What the
route table does not tell goes to `unknown`, and is never taken for fine.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import (
    App,
    Application,
    Middleware,
    Role,
    Route,
    State,
    Use,
)
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Hit, Outcome, Verdict, missing
from skillconnect_ops.commands.audit.placing import placed
from skillconnect_ops.core.finding import Confidence, Rank, Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MOST_NAMES = 3
_CATCH_ALL = ("*", "/*", "<", "(.*)", "/{*", "/**")


class Said(Struct, frozen=True, kw_only=True):
    """What is wrong at one place."""

    path: str
    line: int
    context: str
    """What tells it from other places of the file, whatever line it stands in."""
    says: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    subject: str = ""
    """The route, where several may stand at one place."""
    column: int = 1
    end_line: int | None = None


class Open(Struct, frozen=True, kw_only=True):
    """What is not told of one place."""

    path: str
    line: int
    why: str
    what: str = ""
    """Of a route: what of it is not told. Routes of a file of which the same is not told, for the
    same reason, are told together."""
    subject: str = ""


def over_app(
    facts: Facts, judge: Callable[[Application], Iterable[Said | Open]], *, lost: bool = True
) -> Verdict:
    """The verdict of a check over a project's Express apps.

    Args:
        facts: what was gathered.
        judge: says what is wrong, and what is not told.
        lost: whether a route or mount that could not be followed bears on the check.
    """
    if isinstance(facts.express, Missing):
        return missing(facts.express.reason)
    found = facts.express.value
    if not found.apps and not found.unresolved:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says="no Express app here")
    told = list(judge(found))
    gone = [Open(path=one.path, line=one.line, why=one.reason) for one in found.unresolved if lost]
    unread = [
        Unknown(one.path, one.reason) for one in found.unparsed if facts.selection.has(one.path)
    ]
    return verdict(facts, told, gone, unread, says=f"{len(found.routes):,} routes")


def over_server(
    facts: Facts,
    judge: "Callable[[Server], Iterable[Said | Open]]",
    *,
    applies: "Callable[[Server], int]",
    what: str,
) -> Verdict:
    """The verdict of a check over the rest of a server's code.

    Args:
        facts: what was gathered.
        judge: says what is wrong, and what is not told.
        applies: how many places there are that the check looks at.
        what: what these are.
    """
    if isinstance(facts.server, Missing):
        return missing(facts.server.reason)
    found = facts.server.value
    many = applies(found)
    unread = [
        Unknown(one.path, one.reason) for one in found.unparsed if facts.selection.has(one.path)
    ]
    if not many and not unread:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says=f"no {what} here")
    return verdict(facts, list(judge(found)), unread=unread, says=f"{many:,} {what}")


class Placed(Protocol):
    """Something of the code that has a place."""

    @property
    def path(self) -> str:
        """From the root on."""
        ...

    @property
    def line(self) -> int:
        """From 1."""
        ...

    @property
    def column(self) -> int:
        """From 1."""
        ...

    @property
    def end_line(self) -> int:
        """The last line of it."""
        ...

    @property
    def text(self) -> str:
        """As it is written, on one line, cut."""
        ...


def at(
    one: Placed,
    says: str,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
) -> Said:
    """What is wrong at a place of the code."""
    return Said(
        path=one.path,
        line=one.line,
        column=one.column,
        end_line=one.end_line,
        context=one.text,
        says=says,
        severity=severity,
        confidence=confidence,
    )


def untold(one: Placed, why: str) -> Open:
    """What is not told at a place of the code."""
    return Open(path=one.path, line=one.line, why=why)


def verdict(
    facts: Facts,
    told: Sequence[Said | Open],
    gone: Sequence[Open] = (),
    unread: Sequence[Unknown] = (),
    *,
    says: str,
) -> Verdict:
    """What was said as findings, each place once, and what is not told."""
    hits = _hits([one for one in told if isinstance(one, Said) and facts.selection.has(one.path)])
    opens = [*(each for each in told if isinstance(each, Open)), *gone]
    unknown = (*_unknown(one for one in opens if facts.selection.has(one.path)), *unread)
    if hits:
        outcome, words = Outcome.FAIL, f"in {len({hit.path for hit in hits}):,} files, of {says}"
    elif unknown:
        outcome, words = Outcome.UNKNOWN, f"not told in {len(unknown):,} places, of {says}"
    else:
        outcome, words = Outcome.PASS, f"in none of {says}"
    return Verdict(
        outcome=outcome,
        says=words,
        hits=hits,
        unknown=tuple(dict.fromkeys(unknown)),
        partly=outcome is Outcome.UNKNOWN,
    )


def _unknown(opens: Iterable[Open]) -> Iterator[Unknown]:
    together: dict[tuple[str, str, str, int], list[Open]] = {}
    for one in opens:
        line = 0 if one.what else one.line
        together.setdefault((one.path, one.what, one.why, line), []).append(one)
    for each in together.values():
        first = each[0]
        names = listed(list(dict.fromkeys(one.subject for one in each)), most=_MOST_NAMES)
        said = f"{first.what} of {names} is not told{first.why}" if first.what else first.why
        yield Unknown(first.path, f"line {first.line}: {said}")


def _hits(told: Iterable[Said]) -> tuple[Hit, ...]:
    by_place: dict[tuple[str, int, int, str], list[Said]] = {}
    for one in told:
        by_place.setdefault((one.path, one.line, one.column, one.says), []).append(one)
    return tuple(_hit(together) for together in by_place.values())


def _hit(together: Sequence[Said]) -> Hit:
    """The worst of what is said of one place; the routes that it is said of are named."""
    first = max(together, key=lambda one: Rank[one.severity.name])
    names = list(dict.fromkeys(one.subject for one in together if one.subject))
    says = f"{listed(names, most=_MOST_NAMES)}: {first.says}" if names else first.says
    place = placed(first.path)
    return Hit(
        path=first.path,
        line=first.line,
        column=first.column,
        end_line=first.end_line or first.line,
        says=f"{says}; {place}" if place else says,
        context=first.context,
        severity=Severity.LOW if place else first.severity,
        confidence=first.confidence,
    )


# routes


def name(route: Route) -> str:
    """`POST /users`."""
    return f"{route.method} {route.path}"


def said(
    route: Route,
    says: str,
    severity: Severity,
    confidence: Confidence = Confidence.MEDIUM,
) -> Said:
    """What is wrong with a route."""
    return Said(
        path=route.file,
        line=route.line,
        context=name(route),
        says=says,
        severity=severity,
        confidence=confidence,
        subject=name(route),
    )


def unresolved(route: Route, what: str, role: Role) -> Open:
    """That it is not told whether a route has something, and which of its functions is why."""
    chain = (*route.middlewares, *route.handlers)
    why = next(
        (f": {one.name}: {one.reason}" for one in chain if one.reason and one.guess is role),
        next((f": {one.name}: {one.reason}" for one in chain if one.reason), ""),
    )
    return Open(path=route.file, line=route.line, why=why, what=what, subject=name(route))


def is_live(route: Route) -> bool:
    """Whether a route may be there in production."""
    return in_production(route.condition) is not False


def is_write(route: Route) -> bool:
    """Whether a route may change something; what catches all the rest of requests does not."""
    is_rest = route.path in {"/", ""} or route.path.endswith(_CATCH_ALL)
    return is_live(route) and (route.method in WRITES or (route.method == "ALL" and not is_rest))


def own(route: Route, role: Role) -> tuple[Middleware, ...]:
    """What of a route's chain has a role."""
    chain = (*route.middlewares, *route.handlers)
    return tuple(one for one in chain if role in one.roles and not one.lenient)


class Secrets(Enum):
    """What a route has to do with secrets of people."""

    GUESSED = "guessed"
    """It takes one that may be guessed: login, one-time codes, resets."""
    MADE = "made"
    """It makes accounts, hands out secrets, or sends them: registration, forgotten passwords."""


_GUESSED = re.compile(
    r"/(?:log-?_?in|sign-?_?in|authenticate|sessions?|auth|tokens?|(?:verify|check|validate)-?_?"
    r"(?:otp|code|token|pin|2fa|mfa|totp|sms|phone)|otp|2fa|mfa|totp|two-?factor"
    r"|reset-?_?password|password-?_?reset|password/reset|change-?_?password)"
    r"(?:/(?:verify|validate|confirm|check|local|:[\w-]+\??))*/?$",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"/(?:register|registration|sign-?_?up|forg[oe]t(?:ten)?-?_?password|password/forg[oe]t"
    r"|refresh(?:-?_?tokens?)?|(?:send|resend|request)-?_?(?:otp|code|email|verification|token"
    r"|verification-?_?email|magic-?link|reset)|magic-?_?link|verify-?_?email"
    r"|(?:verification|confirmation|confirm)-?_?email)(?:/:[\w-]+\??)?/?$",
    re.IGNORECASE,
)
_TAKING = frozenset({"POST", "PUT", "PATCH", "ALL"})


def secrets(route: Route) -> Secrets | None:
    """What a route has to do with them, by its path."""
    if route.method not in _TAKING:
        return None
    if _GUESSED.search(route.path):
        return Secrets.GUESSED
    return Secrets.MADE if _MADE.search(route.path) else None


def lacking(route: Route, state: State, role: Role) -> str | None:
    """Under which condition alone a route is protected, where that is not simply production.

    None where it is protected, or not told; empty where it never is.
    """
    match state:
        case State.NO:
            return ""
        case State.CONDITIONAL:
            conditions = [one.condition for one in own(route, role)]
            if any(in_production(one) for one in conditions):
                return None
            return next((one for one in conditions if one is not None), "")
        case State.YES | State.UNRESOLVED | State.NOT_NEEDED:
            return None


# apps


def at_app(
    app: App,
    says: str,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
) -> Said:
    """What is wrong with an app as a whole."""
    return Said(
        path=app.file,
        line=app.line,
        context="express()",
        says=says,
        severity=severity,
        confidence=confidence,
    )


def at_use(
    middleware: Middleware,
    says: str,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
) -> Said:
    """What is wrong with a middleware, where it is given to an app or a route."""
    return Said(
        path=middleware.path,
        line=middleware.line,
        context=middleware.name,
        says=says,
        severity=severity,
        confidence=confidence,
    )


def serving(found: Application) -> tuple[App, ...]:
    """The apps that answer something, routers that nothing mounts left out."""
    with_routes = {route.app for route in found.routes}
    return tuple(app for app in found.apps if not app.is_router and app.place in with_routes)


def routes_of(found: Application, app: App) -> tuple[Route, ...]:
    """The routes of an app."""
    return tuple(route for route in found.routes if route.app == app.place)


def uses_of(found: Application, app: App) -> tuple[Use, ...]:
    """What an app's requests meet besides its routes."""
    return tuple(use for use in found.uses if use.app == app.place)


def functions(found: Application) -> tuple[Middleware, ...]:
    """Every function that an app, a router or a route is given, each place once."""
    every = (
        *(use.middleware for use in found.uses),
        *(one for route in found.routes for one in (*route.middlewares, *route.handlers)),
    )
    by_place = {(one.path, one.line, one.name, one.package, one.member): one for one in every}
    return tuple(by_place.values())
