"""Answers of a FastAPI app come without the headers that make browsers careful.

Why: without `Strict-Transport-Security`, `X-Content-Type-Options`, `Content-Security-Policy` and
`frame-ancestors` a browser may be led to plain HTTP, to guess types, to run scripts of others, and
to show the app in a frame. FastAPI sets none of them. (Of Express helmet-missing speaks.)

How it looks: for the packages secure and Secweb among the middlewares of an app, and for those of
the project's own, also those that stand before the whole app, whose functions are followed: the
names of headers that they put into answers.

Severity: medium; low where one sets some of them and not `X-Content-Type-Options`, or no
`Strict-Transport-Security`, and where it is there under a condition that is not simply production.
An app that is given something the text does not tell is unknown. A proxy may add these headers as
well; of that the code says nothing, so the confidence is medium.

Silence: `# skc: allow security-headers-missing REASON` at the line of `FastAPI()`.

Before:
    app = FastAPI()
After:
    @app.middleware("http")
    async def careful(request: Request, call_next):
        response = await call_next(request)
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return response
"""

from collections.abc import Iterator
from typing import Any

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import App, Application, Role
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import at_app, at_use, serving, uses_of
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.view import listed

_NEEDED = {
    "strict-transport-security": "Strict-Transport-Security",
    "x-content-type-options": "X-Content-Type-Options",
}


def run(facts: Facts) -> Verdict:
    """Which apps send none?"""
    return over_app(facts, _judge, lost=False)


def _judge(found: Application) -> Iterator[Said | Open]:
    for app in serving(found, express=False):
        yield from _of_app(found, app)


def _of_app(found: Application, app: App) -> Iterator[Said | Open]:
    uses = [one.middleware for one in uses_of(found, app)]
    own = [one for one in uses if Role.HELMET in one.roles]
    live = [one for one in own if in_production(one.condition)]
    if live:
        told = [_names(one.options) for one in live]
        names = {name for several in told for name in several or ()}
        lacks = [shown for name, shown in _NEEDED.items() if name not in names]
        if lacks and None not in told:
            yield at_use(live[0], f"{listed(lacks)} is not among its headers", Severity.LOW)
        return
    if own:
        says = f"security headers are set only where {own[0].condition}"
        yield at_app(app, says, Severity.LOW)
        return
    lost = next((one for one in uses if one.role is Role.UNRESOLVED), None)
    if lost is not None:
        why = f"whether {lost.name} sets security headers is not told: {lost.reason}"
        yield Open(path=app.file, line=app.line, why=why)
    else:
        says = "nothing sets security headers for this app"
        yield at_app(app, says, Severity.MEDIUM, Confidence.MEDIUM)


def _names(options: tuple[Any, ...]) -> list[str] | None:
    """The headers that a function of the project sets; None of a package, which sets its own."""
    first = options[0] if options else None
    return list(first.get("headers", ())) if isinstance(first, dict) else None


CHECK = Check(
    id="security-headers-missing",
    title="FastAPI app without security headers",
    severity=Severity.MEDIUM,
    references=("CWE-693", "OWASP A05:2021", "OWASP HTTP Headers Cheat Sheet"),
    remedy="pip install secure, or a middleware that sets Strict-Transport-Security, "
    "X-Content-Type-Options and Content-Security-Policy on every answer",
    run=run,
)
