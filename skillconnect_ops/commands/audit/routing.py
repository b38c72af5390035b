"""The routes and apps of Express and FastAPI as the checks look at them."""

import re
from enum import Enum

from skillconnect_ops.code.conditions import in_production, is_served
from skillconnect_ops.code.express_model import (
    App,
    Application,
    Middleware,
    Role,
    Route,
    State,
    Use,
)
from skillconnect_ops.commands.audit.telling import Open, Said
from skillconnect_ops.core.finding import Confidence, Severity

_BODIES = frozenset({"body", "file"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REST = re.compile(r"^/?$|(?:\*\w*|\(\.\*\)|\{/?\*\w*\}|\{\w+:path\})$")
_PARAM = re.compile(r"\{(\w+)(?::\w+)?\}")


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
    """Whether a route may be there where others use the app."""
    return is_served(route.condition)


def only_hands_on(route: Route) -> bool:
    """Whether its last function looks at a request in passing, and another route answers it."""
    return bool(route.handlers) and all(one.continues and not one.answers for one in route.handlers)


def is_rest(route: Route) -> bool:
    """Whether it is the root, or catches all requests that nothing else answers."""
    return _REST.search(route.path) is not None


def is_write(route: Route) -> bool:
    """Whether a route may change something; what catches all the rest of requests does not.

    What `use` adds answers every method, and may be meant for reading alone: it counts where it
    takes a body, or where that is not told. What only hands requests on changes nothing itself.
    """
    if only_hands_on(route):
        return False
    if not is_live(route) or route.method in WRITES:
        return is_live(route)
    if route.method != "ALL" or is_rest(route):
        return False
    takes = any(one.reads & _BODIES or one.guess is Role.VALIDATION for one in route.handlers)
    return takes or not route.by_use


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
    r"(?:otp|code|token|pin|2fa|mfa|totp|sms|phone)|otp|2fa|mfa|totp|(?:two|second)-?factor"
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
    path = _PARAM.sub(r":\1", route.path)
    if _GUESSED.search(path):
        return Secrets.GUESSED
    return Secrets.MADE if _MADE.search(path) else None


def lacking(route: Route, state: State, role: Role) -> str | None:
    """Under which condition alone a route is protected, where that is not simply production.

    None where it is protected, or not told; empty where it never is in production.
    """
    match state:
        case State.NO:
            return ""
        case State.CONDITIONAL:
            conditions = [one.condition for one in own(route, role)]
            if any(in_production(one) for one in conditions):
                return None
            possible = [one for one in conditions if in_production(one) is not False]
            return next((one for one in possible if one is not None), "")
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
        context="express()" if app.framework == "express" else app.framework,
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


def serving(found: Application, *, express: bool | None = None) -> tuple[App, ...]:
    """The apps that answer something, routers that nothing mounts left out.

    Args:
        found: all of them.
        express: those of Express alone, or all but those.
    """
    with_routes = {route.app for route in found.routes}
    return tuple(
        app
        for app in found.apps
        if not app.is_router
        and app.place in with_routes
        and (express is None or (app.framework == "express") is express)
    )


def routes_of(found: Application, app: App) -> tuple[Route, ...]:
    """The routes of an app."""
    return tuple(route for route in found.routes if route.app == app.place)


def uses_of(found: Application, app: App) -> tuple[Use, ...]:
    """What an app's requests meet besides its routes."""
    return tuple(use for use in found.uses if use.app == app.place)


def is_below(path: str, prefix: str) -> bool:
    """Whether what is used below a prefix is met on the way to a path."""
    return prefix == "/" or f"{path}/".startswith(f"{prefix.rstrip('/')}/") or "<" in prefix


def functions(found: Application) -> tuple[Middleware, ...]:
    """Every function that an app, a router or a route is given, each place once."""
    every = (
        *(use.middleware for use in found.uses),
        *(one for route in found.routes for one in (*route.middlewares, *route.handlers)),
    )
    by_place = {(one.path, one.line, one.name, one.package, one.member): one for one in every}
    return tuple(by_place.values())
