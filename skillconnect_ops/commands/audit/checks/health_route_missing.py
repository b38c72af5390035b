"""Nothing can ask an app whether it is well.

Why: a container is restarted, a load balancer sends requests, a deployment goes on by what a health
route says; without one a process that has lost its database stays in service.

How it looks: for a GET route in each app that is called health, healthz, live, ready, ping, status
or alike, at any prefix, and for packages that answer it (terminus, express-healthcheck). Routers
that nothing mounts are not asked.

Severity: low. An app of which a path or a mount is not told is unknown.

Silence: `// skc: allow health-route-missing REASON` at the line of `express()` or `FastAPI()`.

Before:
    app.use('/api', routes);
After:
    app.get('/health/live', (req, res) => res.json({ status: 'ok' }));
    app.get('/health/ready', async (req, res) => {
      await mongoose.connection.db.admin().ping();
      res.json({ status: 'ok' });
    });
"""

import re
from collections.abc import Iterator

from skillconnect_ops.code.express_model import App, Application
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import at_app, routes_of, serving, uses_of
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Confidence, Severity

_HEALTH = re.compile(
    r"(?:^|/)_?(?:health(?:z|[-_]?(?:check|status|probe)\w*)?|heartbeat|livez?|liveness|alive|readyz?"
    r"|readiness|ping|up|status)(?:$|/)",
    re.IGNORECASE,
)
_OF_ONE = re.compile(r"[:{<][^/]*/.*(?:livez?|alive|readyz?|ping|up|status)/?$", re.IGNORECASE)
"""`/orders/:id/status` asks how an order is."""
_METHODS = frozenset({"GET", "HEAD", "ALL"})
_PACKAGES = re.compile(r"terminus|health", re.IGNORECASE)


def run(facts: Facts) -> Verdict:
    """Which apps have none?"""
    return over_app(facts, _judge, lost=False)


def _judge(found: Application) -> Iterator[Said | Open]:
    for app in serving(found):
        told = _of_app(found, app)
        if told is not None:
            yield told


def _of_app(found: Application, app: App) -> Said | Open | None:
    routes, uses = routes_of(found, app), uses_of(found, app)
    if any(
        one.method in _METHODS and _HEALTH.search(one.path) and not _OF_ONE.search(one.path)
        for one in routes
    ):
        return None
    if any(
        _HEALTH.search(one.prefix) or _PACKAGES.search(one.middleware.package or "") for one in uses
    ):
        return None
    computed = next(
        (one.path for one in routes if "<" in one.path and one.method in _METHODS), None
    )
    if computed is not None:
        why = f"no health route is seen, and the path {computed} is not told"
        return Open(path=app.file, line=app.line, why=why)
    if found.unresolved:
        why = f"no health route is seen, and not all routes are told: {found.unresolved[0].reason}"
        return Open(path=app.file, line=app.line, why=why)
    return at_app(app, "no health route is among its routes", Severity.LOW, Confidence.MEDIUM)


CHECK = Check(
    id="health-route-missing",
    title="app without a health route",
    severity=Severity.LOW,
    references=(
        "CWE-703",
        "Kubernetes: liveness and readiness probes",
    ),
    remedy="add app.get('/health/live', …) and a /health/ready that asks the database",
    run=run,
)
