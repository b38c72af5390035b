"""CSRF protection comes from csurf, which nobody maintains any more.

Why: its repository was archived in September 2022 after weaknesses in its double-submit mode were
told; npm calls it deprecated. What is found in it stays unmended.

How it looks: for `csurf` where it is called.

Severity: medium: it still protects against plain forgery.

Silence: `// skc: allow csurf-archived REASON` at the line.

Before:
    app.use(csurf({ cookie: true }));
After:
    const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({ getSecret: () => secret,
      getSessionIdentifier: (req) => req.session.id });
    app.use(doubleCsrfProtection);
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Where is it called?"""
    return over_server(facts, _judge, applies=_many, what="csurf")


def _many(found: "Server") -> int:
    return sum(call.package == "csurf" for call in found.calls)


def _judge(found: "Server") -> Iterator[Said | Open]:
    for call in found.calls:
        if call.package == "csurf":
            yield at(call, "csurf is archived and deprecated", Severity.MEDIUM)


CHECK = Check(
    id="csurf-archived",
    title="CSRF protection by an archived package",
    severity=Severity.MEDIUM,
    references=("CWE-1104", "npm: csurf"),
    remedy="npm uninstall csurf && npm install csrf-csrf (with cookies) or csrf-sync (sessions)",
    run=run,
    of_lines=True,
)
