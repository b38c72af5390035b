"""Every origin is let in with its cookies, which no browser does.

Why: `origin: "*"` with `credentials: true` contradict each other: browsers refuse such an answer.
So it does not work for who it is meant for, and the usual next step, reflecting the origin, opens
the app to every site.

How it looks: at the options of cors and of Socket.IO, and at both headers where one function sets
them.

Severity: medium, since browsers refuse it.

Silence: `// skc: allow cors-credentials-wildcard REASON` at the line.

Before:
    app.use(cors({ origin: '*', credentials: true }));
After:
    app.use(cors({ origin: ['https://app.example.com'], credentials: true }));
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
    """Where do both stand together?"""
    return over_server(facts, _judge, applies=many, what="CORS policies")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in policies(found):
        if one.lets is Lets.ALL and one.credentials is True:
            unless = f" unless {one.unless}" if one.unless else ""
            says = f"every origin is let in{unless}, and with credentials"
            yield at(one, says, Severity.MEDIUM)
        elif one.lets is Lets.ALL and one.credentials is None:
            yield untold(one, "every origin is let in; whether with credentials is not told")
        elif one.lets is Lets.UNTOLD and one.credentials is not False:
            yield untold(one, one.untold)


CHECK = Check(
    id="cors-credentials-wildcard",
    title="CORS with a wildcard and credentials",
    severity=Severity.MEDIUM,
    references=("CWE-942", "Fetch Standard: CORS protocol and credentials"),
    remedy="name the origins: cors({ origin: ['https://app.example.com'], credentials: true })",
    run=run,
)
