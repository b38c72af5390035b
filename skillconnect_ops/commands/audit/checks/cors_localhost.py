"""Production lets in origins of a developer's machine, or without TLS.

Why: whatever runs on a visitor's own machine at that port may read the answers in their name; and
an `http://` origin is whoever sits on the line and answers in its place.

How it looks: origins named `localhost`, `127.0.0.1` or alike, and others with `http://`, in the
options of cors, Socket.IO and CORSMiddleware and in headers; also as the value that is taken if the
environment says nothing. What stands below a condition for development alone is left out. A list
that is computed, or a function that decides, is unknown; what the environment gives is no business
of code.

Severity: medium for `http://` of other machines; low for a developer's machine, and for what only
an unset variable brings.

Silence: `// skc: allow cors-localhost REASON` at the line.

Before:
    app.use(cors({ origin: ['http://localhost:3000', 'https://app.example.com'] }));
After:
    app.use(cors({ origin: process.env.ALLOWED_ORIGINS.split(',') }));
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.cors import many, policies
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.view import listed

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_LOCAL = re.compile(r"^(?:https?://)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\])(?:[:/]|$)")
_MOST = 3


def run(facts: Facts) -> Verdict:
    """Where is such an origin let in?"""
    return over_server(facts, _judge, applies=many, what="CORS policies")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in policies(found):
        plain = [name for name in one.origins if name.startswith("http://")]
        local = [name for name in one.origins if _LOCAL.search(name)]
        remote = [name for name in plain if name not in local]
        unset = [n for n in one.fallbacks if _LOCAL.search(n) or n.startswith("http://")]
        if remote:
            yield at(one, f"{listed(remote, most=_MOST)} is let in without TLS", Severity.MEDIUM)
        elif local:
            says = f"{listed(local, most=_MOST)} is let in, also in production"
            yield at(one, says, Severity.LOW)
        elif unset:
            says = f"{listed(unset, most=_MOST)} is let in unless {one.unless}"
            yield at(one, says, Severity.LOW)
        elif one.untold:
            yield untold(one, one.untold)


CHECK = Check(
    id="cors-localhost",
    title="CORS lets in localhost, or origins without TLS",
    severity=Severity.MEDIUM,
    references=("CWE-942", "CWE-319"),
    remedy="take the origins from the environment, and give production those with https:// alone",
    run=run,
)
