"""A write that a cookie authenticates is open to forgery from other sites.

Why: a browser sends cookies along with every request to their site, whoever caused it: a form on
another page changes a password in the name of whoever opens that page.

How it looks: at POST, PUT, PATCH and DELETE routes whose guard, or handler, reads a cookie or a
session (table of `skc routes`). Bearer tokens in a header are sent by no browser by itself, and
need nothing. csrf-csrf, csrf-sync, csurf, lusca, starlette-csrf and checks of one's own that
compare a header count, for the methods that they do not ignore. (None of the packages for Starlette
binds its token to a session; ASVS asks for that.)

Severity: medium. High where a cookie of the app is set with `SameSite: none`, since then nothing at
all stands in the way. Low where all its cookies that are set here are strict or lax: browsers of
today then withhold them from foreign forms, but not from subdomains, nor within two minutes of
Chrome's exception for new cookies. A protection under a condition that is not simply production is
low. A route whose way of authentication is not told is unknown.

Silence: `// skc: allow csrf-missing REASON` at the line of the route.

Before:
    app.use(session({ secret })); app.post('/password', change);
After:
    const { doubleCsrfProtection } = doubleCsrf({ getSecret: () => secret,
      getSessionIdentifier: (req) => req.session.id });
    app.use(doubleCsrfProtection); app.post('/password', change);
"""

from collections.abc import Iterator

from skillconnect_ops.code.express_model import Application, Role, State
from skillconnect_ops.commands.audit.cookies import SameSite, sites
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import is_write, lacking, said, unresolved
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Confidence, Severity


def run(facts: Facts) -> Verdict:
    """Which writes may another site cause?"""
    return over_app(facts, lambda found: _judge(found, sites(facts)))


def _judge(found: Application, sent: frozenset[SameSite]) -> Iterator[Said | Open]:
    if SameSite.NONE in sent:
        severity, more = Severity.HIGH, ", and a cookie here is sent from any site"
    elif sent and sent <= {SameSite.STRICT, SameSite.LAX}:
        severity, more = Severity.LOW, "; SameSite alone stands in the way"
    else:
        severity, more = Severity.MEDIUM, ""
    for route in found.routes:
        if not is_write(route):
            continue
        if route.csrf is State.UNRESOLVED:
            yield unresolved(route, "the CSRF protection", Role.CSRF)
        only = lacking(route, route.csrf, Role.CSRF)
        if only:
            yield said(route, f"it is protected only where {only}", Severity.LOW)
        elif only is not None:
            says = f"a cookie says who asks, and nothing proves that its own page does{more}"
            yield said(route, says, severity, Confidence.MEDIUM)


CHECK = Check(
    id="csrf-missing",
    title="cookie-authenticated write without CSRF protection",
    severity=Severity.MEDIUM,
    references=("CWE-352", "OWASP CSRF Prevention Cheat Sheet"),
    remedy="npm install csrf-csrf, and app.use(doubleCsrfProtection) after the cookies are read; "
    "with FastAPI a dependency that compares a header with a cookie; or authenticate by a header",
    run=run,
)
