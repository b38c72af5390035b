"""An app leaves its errors to Express.

Why: Express's own handler answers with an HTML page, and with the whole stack trace unless
`NODE_ENV` is `production`; it logs to stderr alone, with no request to it. Clients of an API get a
page that they cannot read.

How it looks: for a function of four parameters, or an error handler of a known package, that the
app is given by `use`, in this file or another one, and that answers: what only logs an error and
calls `next(err)`, and `errors()` of celebrate, hand on to the next one, and that has to be there.
One below a path stands for the routes below it.

Severity: medium; low where it is there only under a condition that is not simply production. An app
that is given something the text does not tell, after its routes, is unknown.

Silence: `// skc: allow error-handler-missing REASON` at the line of `express()`.

Before:
    app.use('/api', routes);
    app.listen(3000);
After:
    app.use('/api', routes);
    app.use((err, req, res, next) => {
      logger.error('request failed', { err, requestId: req.id });
      res.status(err.status ?? 500).json({ error: 'internal error', requestId: req.id });
    });
"""

from collections.abc import Iterator

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import App, Application, Role
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import at_app, is_below, routes_of, serving, uses_of
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Verdict:
    """Which apps have none?"""
    return over_app(facts, _judge, lost=False)


def _judge(found: Application) -> Iterator[Said | Open]:
    for app in serving(found, express=True):
        yield from _of_app(found, app)


def _of_app(found: Application, app: App) -> Iterator[Said | Open]:
    uses = uses_of(found, app)
    handlers = [one for one in uses if Role.ERROR in one.middleware.roles]
    own = [one for one in handlers if one.middleware.answers]
    live = [one for one in own if in_production(one.middleware.condition)]
    paths = [route.path for route in routes_of(found, app)]
    if live and all(any(is_below(path, one.prefix) for one in live) for path in paths):
        return
    lost = next((one.middleware for one in uses if one.middleware.role is Role.UNRESOLVED), None)
    if lost is not None:
        why = f"whether {lost.name} handles errors is not told: {lost.reason}"
        yield Open(path=app.file, line=app.line, why=why)
    elif live:
        says = f"an error handler is added below {live[0].prefix} alone"
        yield at_app(app, says, Severity.MEDIUM)
    elif own:
        says = f"its error handler is there only where {own[0].middleware.condition}"
        yield at_app(app, says, Severity.LOW)
    elif handlers:
        says = f"{handlers[0].middleware.name} takes its errors, and hands them on to nobody"
        yield at_app(app, says, Severity.MEDIUM)
    else:
        yield at_app(app, "no error handler is added to this app", Severity.MEDIUM)


CHECK = Check(
    id="error-handler-missing",
    title="Express app without an error handler",
    severity=Severity.MEDIUM,
    references=("CWE-209", "CWE-755"),
    remedy="after the routes: app.use((err, req, res, next) => { logger.error('request failed', "
    "{ err }); res.status(err.status ?? 500).json({ error: 'internal error' }); })",
    run=run,
)
