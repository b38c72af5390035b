"""Routes stand after the error handler, which never hears of their errors.

Why: Express asks its layers in order, and an error goes on from where it happened: a handler that
was added before a route is passed by, and Express's own page is what clients get.

How it looks: at the order in which apps and routers are given their layers, through all files. Of
several error handlers the last one counts.

Severity: medium, once for each app, at the first route that comes too late; low where these only
send the page of a front end (`/`, `*`). Where a handler runs only under a condition that is not
simply production, error-handler-missing speaks of it.

Silence: `// skc: allow error-handler-not-last REASON` at the line of that route.

Before:
    app.use(errorHandler);
    app.use('/api', routes);
After:
    app.use('/api', routes);
    app.use(errorHandler);
"""

from collections.abc import Iterator

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import Application, Role, Route
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import is_live, routes_of, said, serving, uses_of
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.view import count

_READS = frozenset({"GET", "HEAD", "ALL"})
_PAGES = ("/", "*")


def run(facts: Facts) -> Verdict:
    """Which apps have routes after it?"""
    return over_app(facts, _judge)


def _judge(found: Application) -> Iterator[Said | Open]:
    for app in serving(found, express=True):
        uses = uses_of(found, app)
        handlers = [use for use in uses if Role.ERROR in use.middleware.roles]
        last = max(
            (use.order for use in handlers if in_production(use.middleware.condition)), default=None
        )
        if last is None:
            continue
        late = [one for one in routes_of(found, app) if one.order > last and is_live(one)]
        hides = next(
            (
                use.middleware
                for use in uses
                if use.order > last and use.middleware.role is Role.UNRESOLVED
            ),
            None,
        )
        if late and hides is not None:
            why = f"whether {hides.name} handles errors is not told: {hides.reason}"
            yield Open(path=late[0].file, line=late[0].line, why=why)
        elif late:
            yield _said(late)


def _said(late: list[Route]) -> Said:
    more = f" (and {count(len(late) - 1, 'route')} more)" if len(late) > 1 else ""
    says = f"it is added after the error handler, which never hears of its errors{more}"
    pages = all(one.method in _READS and one.path.endswith(_PAGES) for one in late)
    return said(late[0], says, Severity.LOW if pages else Severity.MEDIUM, Confidence.HIGH)


CHECK = Check(
    id="error-handler-not-last",
    title="error handler before the routes",
    severity=Severity.MEDIUM,
    references=("CWE-755",),
    remedy="move app.use(errorHandler) below the last route",
    run=run,
)
