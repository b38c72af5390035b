"""Tokens are believed whose signature nobody looks at.

Why: without its signature a token is a text that anybody writes: a user's id, a role, whatever the
code then goes by.

How it looks: at `jwt.decode` of PyJWT and python-jose with `options={"verify_signature": False}`,
or `verify=False`. Where the same function verifies the token as well, the first look was only to
find the key, and it is left alone.

Severity: high. Options that are computed are unknown.

Silence: `# skc: allow jwt-unverified REASON` at the line.

Before:
    claims = jwt.decode(token, options={"verify_signature": False})
After:
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience="web", issuer="api")
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.commands.audit.tokens import Token, tokens
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Which are?"""
    return over_server(facts, _judge, applies=_many, what="readers of tokens")


def _readers(found: "Server") -> Iterator[Token]:
    for one in tokens(found):
        if not one.signs and one.package in {"PyJWT", "python-jose"}:
            yield one


def _many(found: "Server") -> int:
    return sum(1 for _ in _readers(found))


def _judge(found: "Server") -> Iterator[Said | Open]:
    proven = {(one.path, one.function) for one in _readers(found) if one.verifies}
    for one in _readers(found):
        if one.verifies is False and (one.path, one.function) not in proven:
            yield at(one, "a token is read, and its signature is not verified", Severity.HIGH)
        elif one.verifies is None:
            yield untold(one, "whether the signature of a token is verified is not told")


CHECK = Check(
    id="jwt-unverified",
    title="tokens read without their signature",
    severity=Severity.HIGH,
    references=("CWE-347", "RFC 8725 2.1"),
    remedy='jwt.decode(token, secret, algorithms=["HS256"])',
    run=run,
)
