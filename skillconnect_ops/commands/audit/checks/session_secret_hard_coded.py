"""The secret that sessions are signed with stands in the code.

Why: whoever reads the code, a copy of the image or the history writes a session for any user; and a
secret in the code is the same on every machine, and changes with no rotation.

How it looks: at the `secret` of express-session, the `secret` and `keys` of cookie-session, and the
`secret_key` of Starlette's SessionMiddleware, followed through variables, imports and settings.

Severity: high where it is a text; medium where a text is what is taken if the environment says
nothing. A secret whose way is not told (and that is not seen to come from the environment, a file
or a vault) is unknown.

Silence: `// skc: allow session-secret-hard-coded REASON` (in Python `#`) at the line.

Before:
    app.add_middleware(SessionMiddleware, secret_key="my-secret")
After:
    app.add_middleware(SessionMiddleware, secret_key=os.environ["SESSION_SECRET"])
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted, PackageCall
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.commands.audit.tokens import comes_from_outside, stands_in_code
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_NAMES = {
    "express-session": ("secret",),
    "cookie-session": ("secret", "keys"),
    "starlette": ("secret_key",),
}


def run(facts: Facts) -> Verdict:
    """Where does it stand in the code?"""
    return over_server(facts, _judge, applies=_many, what="sessions")


def _sessions(found: "Server") -> Iterator[PackageCall]:
    for call in found.calls:
        of_node = call.package in {"express-session", "cookie-session"} and call.member == ""
        if of_node or call.member == "SessionMiddleware":
            yield call


def _many(found: "Server") -> int:
    return sum(1 for _ in _sessions(found))


def _judge(found: "Server") -> Iterator[Said | Open]:
    for call in _sessions(found):
        options: Any = call.given[0] if call.given else {}
        told = options if isinstance(options, Mapping) else {"...": options}
        given = [told[name] for name in _NAMES[call.package] if name in told] or [
            told[name] for name in ("...",) if name in told
        ]
        for value in given:
            for secret in value if isinstance(value, list) else [value]:
                yield from _of(call, secret)


def _of(call: PackageCall, secret: Any) -> Iterator[Said | Open]:
    at_call = _Bare(call)
    if isinstance(secret, Defaulted) and secret.default:
        says = "sessions are signed with a text of the code unless the environment has a secret"
        yield at(at_call, says, Severity.MEDIUM)
    elif stands_in_code(secret):
        says = "sessions are signed with a secret that stands in the code"
        yield at(at_call, says, Severity.HIGH)
    elif isinstance(secret, Computed) and not (
        secret.reason == OUTSIDE or comes_from_outside(secret)
    ):
        yield untold(at_call, "where the secret of sessions comes from is not told")


class _Bare:
    """A place without its text, which may hold the secret."""

    def __init__(self, call: PackageCall) -> None:
        self.path, self.line = call.path, call.line
        self.column, self.end_line = call.column, call.end_line
        self.text = f"{call.package} {call.member}".strip()


CHECK = Check(
    id="session-secret-hard-coded",
    title="secret of sessions in the code",
    severity=Severity.HIGH,
    references=("CWE-798", "CWE-321"),
    remedy="skc secrets generate, put it into the environment, and read it from there; then "
    "skc rotate, since this one is known",
    run=run,
    shows_code=False,
)
