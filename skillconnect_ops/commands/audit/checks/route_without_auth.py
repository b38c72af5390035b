"""A route lets in whoever asks.

Why: a route that forgot its guard is the commonest way in: the router beside it has one, and nobody
sees the missing line (OWASP puts broken access control first).

How it looks: at the table that `skc routes` shows, with what runs before each route. Guards count
by package (passport, express-jwt and others) and by what a function does: every way through it to
`next()` has to verify a token, or to find who asks. One that decodes without verifying, logs a
failure, forgets to return, or does not wait for its check lets everybody pass. A way around under a
condition (a path, a method, a variable of the environment) makes it conditional, and counts for the
methods and paths that the text shows. A name counts for nothing, and where a function of a package
that is not known here stands before a route, it is unknown. What only hands requests on to a later
route is none. Login, registration, password resets and health routes need none. A function of
`use` that answers is a route of every method.
Of FastAPI: dependencies of the route, of its router and of the app, and middlewares, are followed
for the route's own path. A scheme alone (`OAuth2PasswordBearer`, `HTTPBearer`) asks for a token and
verifies none, and a guard that asks only whether something was sent looks at nothing of it: both
are unknown.

Severity: medium for routes that write; low for routes that read, since much is public on purpose,
and where a guard runs under some condition, which is told. One that is there in production is fine.
Where no route of an app has a guard, the app may stand behind something that asks (or be a public
one): all of it is low then. Which routes are meant to be public, the code does not say, so the
confidence is low; for what is meant, say so once at its line. What cannot be followed is unknown.

Silence: `// skc: allow route-without-auth REASON` at the line of the route.

Before:
    router.delete('/users/:id', removeUser);
After:
    router.use(passport.authenticate('jwt', { session: false }));
    router.delete('/users/:id', removeUser);
With FastAPI:
    router = APIRouter(prefix="/users", dependencies=[Depends(current_user)])
"""

from collections.abc import Iterator

from skillconnect_ops.code.express_model import (
    Application,
    Certainty,
    Middleware,
    Role,
    Route,
    State,
)
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import (
    is_live,
    is_rest,
    is_write,
    lacking,
    name,
    only_hands_on,
    said,
    unresolved,
)
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Confidence, Severity


def run(facts: Facts) -> Verdict:
    """Which routes have no guard?"""
    return over_app(facts, _judge)


def _judge(found: Application) -> Iterator[Said | Open]:
    guarded = {route.app for route in found.routes if route.auth in {State.YES, State.CONDITIONAL}}
    for route in found.routes:
        if not is_live(route) or (not is_write(route) and not _is_asked(route)):
            continue
        if route.auth is State.UNRESOLVED:
            yield unresolved(route, "the guard", Role.AUTH)
        only = lacking(route, route.auth, Role.AUTH)
        if only is None:
            continue
        stranger = _stranger(found, route)
        if stranger is not None and not only:
            why = f": what the package {stranger.package} does is not known here"
            yield Open(
                path=route.file, line=route.line, why=why, what="the guard", subject=name(route)
            )
            continue
        says = f"its guard runs only where {only}" if only else "anybody may call it"
        grave = is_write(route) and route.app in guarded and not only
        severity = Severity.MEDIUM if grave else Severity.LOW
        yield said(route, says, severity, Confidence.LOW)


def _is_asked(route: Route) -> bool:
    """Whether it gives data, and is no page, no file and no answer to all the rest."""
    return route.method == "GET" and not is_rest(route) and not only_hands_on(route)


def _stranger(found: Application, route: Route) -> Middleware | None:
    """What of a package that is not known here stands before this route, and may be its guard."""
    shared = {
        (one.middleware.path, one.middleware.line, one.middleware.name)
        for one in found.uses
        if one.app == route.app
    }
    return next(
        (
            one
            for one in route.middlewares
            if one.package is not None
            and one.role is Role.OTHER
            and one.certainty is Certainty.LOW
            and (one.path, one.line, one.name) not in shared
        ),
        None,
    )


CHECK = Check(
    id="route-without-auth",
    title="route without authentication",
    severity=Severity.MEDIUM,
    references=("CWE-306", "OWASP A01:2021", "OWASP API5:2023"),
    remedy="put the project's guard before the route or its router, or say "
    "`// skc: allow route-without-auth it is public because …`",
    run=run,
)
