"""Every site may read what the app answers.

Why: `Access-Control-Allow-Origin: *` lets any page in any browser read the answers, also those of
an app that is reached only within a company's network, or that gives more to whoever is logged in
by a header. An API for its own front end knows the origins that it needs.

How it looks: `cors()` without options or with `origin: "*"`, the same of Socket.IO, `allow_origins`
of Starlette's CORSMiddleware, and the header set by hand. What stands below a condition for
development alone is left out. A list that is computed is unknown.

Severity: medium. A browser sends no cookies along with it, so that it is no open door by itself; a
public, read-only API means it. With `credentials` see cors-credentials-wildcard.

Silence: `// skc: allow cors-wildcard REASON` at the line.

Before:
    app.use(cors());
After:
    app.use(cors({ origin: process.env.ALLOWED_ORIGINS.split(','), credentials: true }));
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.cors import Lets, many, policies
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Where is every origin let in?"""
    return over_server(facts, _judge, applies=many, what="CORS policies")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in policies(found):
        if one.lets is Lets.ALL and one.credentials is not True:
            unless = f" unless {one.unless}" if one.unless else ""
            yield at(one, f"every origin may read the answers{unless}", Severity.MEDIUM)
        elif one.untold:
            yield untold(one, one.untold)


CHECK = Check(
    id="cors-wildcard",
    title="CORS lets in every origin",
    severity=Severity.MEDIUM,
    references=("CWE-942", "OWASP REST Security Cheat Sheet"),
    remedy="name the origins: cors({ origin: process.env.ALLOWED_ORIGINS.split(',') })",
    run=run,
)
