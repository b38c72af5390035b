"""A route that writes may be called as often as somebody likes.

Why: each call costs a query, a mail, a file or money. Without a limit one client fills the database
and holds up everybody else; `POST /messages` becomes a spam gun.

How it looks: at each POST, PUT, PATCH and DELETE route of the table that `skc routes` shows:
express-rate-limit, rate-limiter-flexible and others, before the route, its router or the whole app,
and functions of the project that ask such a limiter and answer 429. A limiter that is mounted after
a route, or below another path, does not cover it; nor does one whose `skip` leaves the route out,
whose limit is out of reach, or whose `handler` goes on, and none of what goes out (Bottleneck).
With FastAPI slowapi, fastapi-limiter, and dependencies and middlewares that refuse with 429 count.

Severity: medium; low where the limiter runs only under a condition. One that runs in production and
not in development is fine: that is where it is needed. A proxy or gateway in front may limit as
well; of that the code says nothing, so the confidence is medium. Nothing of it fails a run by
default. Of logins, codes and resets auth-route-without-strict-limiter alone speaks.

Silence: `// skc: allow route-without-limiter REASON` at the line of the route.

Before:
    app.use('/api', routes);
After:
    import { rateLimit } from 'express-rate-limit';
    app.use('/api', rateLimit({ windowMs: 60_000, limit: 100 }), routes);
With FastAPI:
    app = FastAPI(dependencies=[Depends(RateLimiter(times=100, seconds=60))])   # fastapi-limiter
"""

from collections.abc import Iterator

from skillconnect_ops.code.express_model import Application, Role, State
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import is_write, lacking, said, secrets, unresolved
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Verdict:
    """Which routes that write have no limiter?"""
    return over_app(facts, _judge)


def _judge(found: Application) -> Iterator[Said | Open]:
    for route in found.routes:
        if not is_write(route) or secrets(route) is not None:
            continue
        if route.rate_limit is State.UNRESOLVED:
            yield unresolved(route, "the limiter", Role.RATE_LIMIT)
        only = lacking(route, route.rate_limit, Role.RATE_LIMIT)
        if only:
            yield said(route, f"its limiter runs only where {only}", Severity.LOW)
        elif only is not None:
            yield said(route, "no limiter stands before it", Severity.MEDIUM)


CHECK = Check(
    id="route-without-limiter",
    title="write route without rate limit",
    severity=Severity.MEDIUM,
    references=("CWE-770", "OWASP API4:2023"),
    remedy="before the routes, with express-rate-limit: app.use(rateLimit({ windowMs: 60_000, "
    "limit: 100 })); with fastapi-limiter: dependencies=[Depends(RateLimiter(times=100, "
    "seconds=60))]",
    run=run,
)
