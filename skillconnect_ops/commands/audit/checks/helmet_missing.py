"""Answers come without the headers that make browsers careful.

Why: without `Strict-Transport-Security`, `Content-Security-Policy`, `X-Content-Type-Options` and
`frame-ancestors` a browser may be led to plain HTTP, to scripts of others, to guess types, and to
show the app in a frame. Express also says which software it is (`X-Powered-By`).

How it looks: for helmet (or lusca with its headers turned on) among what each app is given, before
its routes. Parts of it alone (`helmet.hidePoweredBy()`) do, where `hsts` and `noSniff` are among
them.

Severity: medium; low where it comes after some of the routes, where it is there under a condition
that is not simply production, and where options of it turn `hsts` or `noSniff` off. One that is
never there in production is none. An app that is given something the text does not tell is unknown.
A proxy may add these headers as well; of that the code says nothing, so the confidence is medium.

Silence: `// skc: allow helmet-missing REASON` at the line of `express()`.

Before:
    const app = express();
After:
    const app = express();
    app.use(helmet());
"""

from collections.abc import Iterator
from typing import Any

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import App, Application, Middleware, Role
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import at_app, at_use, routes_of, serving, uses_of
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.view import count, listed

_NONE = "no helmet is added to this app"
_HSTS = frozenset({"hsts", "strictTransportSecurity"})
_SNIFFING = frozenset({"noSniff", "xContentTypeOptions", "nosniff"})
_OF_LUSCA = ("csp", "xframe", "hsts", "nosniff", "xssProtection", "referrerPolicy")
_PARTS = ("hsts", "strictTransportSecurity", "noSniff", "xContentTypeOptions")


def run(facts: Facts) -> Verdict:
    """Which apps have it not?"""
    return over_app(facts, _judge, lost=False)


def _judge(found: Application) -> Iterator[Said | Open]:
    for app in serving(found, express=True):
        yield from _of_app(found, app)


def _of_app(found: Application, app: App) -> Iterator[Said | Open]:
    uses = uses_of(found, app)
    every = [use for use in uses if Role.HELMET in use.middleware.roles]
    own = [use for use in every if _parts(use.middleware) is None]
    whole = [use for use in own if in_production(use.middleware.condition) and use.prefix == "/"]
    parts = [name for use in every if use not in own for name in _parts(use.middleware) or ()]
    if not whole and set(parts) & _HSTS and set(parts) & _SNIFFING:
        return  # put together by hand
    if whole:
        first = min(whole, key=lambda use: use.order)
        early = [one for one in routes_of(found, app) if one.order < first.order]
        if early:
            says = f"{count(len(early), 'route')} of this app come before it"
            yield at_use(first.middleware, says, Severity.LOW)
        options: Any = first.middleware.options[0] if first.middleware.options else {}
        off = [name for name in _PARTS if isinstance(options, dict) and options.get(name) is False]
        if off:
            yield at_use(first.middleware, f"{listed(off)} is turned off", Severity.LOW)
        return
    some = [use for use in own if in_production(use.middleware.condition) is not False]
    if some:
        where = some[0].middleware.condition or f"the path is {some[0].prefix}"
        yield at_app(app, f"helmet is there only where {where}", Severity.LOW)
        return
    if parts:
        says = f"of all security headers only {listed(parts)} is set"
        yield at_app(app, says, Severity.MEDIUM, Confidence.MEDIUM)
        return
    lost = next((use.middleware for use in uses if use.middleware.role is Role.UNRESOLVED), None)
    if lost is not None:
        why = f"whether {lost.name} sets security headers is not told: {lost.reason}"
        yield Open(path=app.file, line=app.line, why=why)
    else:
        says = f"helmet is there only where {own[0].middleware.condition}" if own else _NONE
        yield at_app(app, says, Severity.MEDIUM, Confidence.MEDIUM)


def _parts(one: Middleware) -> list[str] | None:
    """Which headers alone it sets; None of one that sets all that helmet does."""
    if one.package == "helmet":
        return [one.member] if one.member else None
    if one.package == "helmet-csp":
        return ["contentSecurityPolicy"]
    if one.package != "lusca":
        return None
    options: Any = one.options[0] if one.options else {}
    if not isinstance(options, dict) or "..." in options:
        return None
    return [name for name in _OF_LUSCA if options.get(name)]


CHECK = Check(
    id="helmet-missing",
    title="Express app without security headers",
    severity=Severity.MEDIUM,
    references=("CWE-693", "OWASP A05:2021", "OWASP HTTP Headers Cheat Sheet"),
    remedy="npm install helmet, and app.use(helmet()) before everything else",
    run=run,
)
