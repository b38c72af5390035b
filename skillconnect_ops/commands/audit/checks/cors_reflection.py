"""The app lets in whatever origin asks.

Why: `origin: true` writes the asker's own origin into the answer, for every asker. That does what
`*` does, and also what `*` cannot: with `credentials: true` any page reads, and changes, what the
visitor may when their cookies say who they are.

How it looks: `cors({ origin: true })`, a function that calls back with `true` whatever it is given,
and `Access-Control-Allow-Origin` set from the request's own header, also with `|| '*'` behind it.
Patterns that fit whatever asks (`/.*/`), or do not say where an origin begins and ends
(`/example.com/` fits `https://example.com.of-another.net`), and the origin `null` do the same. In
Python `allow_origin_regex=".*"`, and `allow_origins=["*"]` with `allow_credentials=True`: Starlette
then answers whoever sends cookies with their own origin. A function that decides is unknown, and so
is a header that is set where a condition asks for the origin.

Severity: high with `credentials` in an app that knows people by cookies or sessions; else medium,
and where it is so only unless the environment says otherwise.

Silence: `// skc: allow cors-reflection REASON` at the line.

Before:
    app.use(cors({ origin: true, credentials: true }));
After:
    app.use(cors({ origin: ['https://app.example.com'], credentials: true }));
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.code.express_model import Role, Via
from skillconnect_ops.commands.audit.cors import Lets, many, policies
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import functions
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Where is the asker's own origin let in?"""

    def judge(found: "Server") -> Iterator[Said | Open]:
        return _judge(found, facts)

    return over_server(facts, judge, applies=many, what="CORS policies")


def _judge(found: "Server", facts: Facts) -> Iterator[Said | Open]:
    for one in policies(found):
        unless = f" unless {one.unless}" if one.unless else ""
        says = f"{one.how or 'whatever origin asks is let in'}{unless}"
        if one.lets is Lets.WHOEVER_ASKS and one.credentials and _knows_by_cookie(facts):
            severity = Severity.MEDIUM if unless else Severity.HIGH
            yield at(one, f"{says}, with the cookies that say who asks", severity)
        elif one.lets is Lets.WHOEVER_ASKS:
            yield at(one, says, Severity.MEDIUM)
            if one.credentials is None:
                yield untold(one, f"{says}; whether with credentials is not told")
        elif one.lets is Lets.UNTOLD:
            yield untold(one, one.untold)


def _knows_by_cookie(facts: Facts) -> bool:
    if not isinstance(facts.apps, Known):
        return False
    by_itself = {Via.COOKIE, Via.SESSION}
    return any(
        one.role is Role.SESSION or (Role.AUTH in one.roles and one.via & by_itself)
        for one in functions(facts.apps.value)
    )


CHECK = Check(
    id="cors-reflection",
    title="CORS lets in whatever origin asks",
    severity=Severity.HIGH,
    references=("CWE-942", "CWE-346", "PortSwigger: CORS"),
    remedy="name the origins: cors({ origin: ['https://app.example.com'], credentials: true }), or "
    "allow_origins=['https://app.example.com']",
    run=run,
)
