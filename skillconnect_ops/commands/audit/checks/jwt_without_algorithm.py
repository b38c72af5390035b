"""Tokens are verified with whatever algorithm they name themselves.

Why: the head of a token is written by whoever made it. A verifier that lets it choose can be
told to take a public key for an HMAC secret, or to ask for no signature at all (`none`).

How it looks: at `verify` of jsonwebtoken and jose, `decode` of jwt-simple, PyJWT and python-jose,
the options of express-jwt and passport-jwt; and for `none` among the algorithms, also where tokens
are signed.

Severity: high where `none` is allowed; medium for express-jwt, jwt-simple and python-jose, whose
releases
without this option were open to confusion; low for the others, which today hold the algorithm
against the kind of key. Options that are computed are unknown.

Silence: `// skc: allow jwt-without-algorithm REASON` at the line.

Before:
    jwt.verify(token, secret);
After:
    jwt.verify(token, secret, { algorithms: ['HS256'], issuer: 'api', audience: 'web' });
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.commands.audit.tokens import many, tokens
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_LOOSE = frozenset({"express-jwt", "jwt-simple", "python-jose"})


def run(facts: Facts) -> Verdict:
    """Where may a token choose?"""
    return over_server(facts, _judge, applies=many, what="uses of tokens")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in tokens(found):
        named = one.algorithms if isinstance(one.algorithms, list) else [one.algorithms]
        if any(isinstance(each, str) and each.lower() == "none" for each in named):
            yield at(one, "tokens without a signature are allowed", Severity.HIGH)
        elif isinstance(one.algorithms, Computed):
            if not one.signs and ".algorithm" not in one.algorithms.text:
                yield untold(
                    one, f"which algorithms are allowed is not told: {one.algorithms.reason}"
                )
        elif one.algorithms is None and not one.signs:
            severity = Severity.MEDIUM if one.package in _LOOSE else Severity.LOW
            yield at(one, "tokens are verified, and no algorithm is named", severity)


CHECK = Check(
    id="jwt-without-algorithm",
    title="tokens verified without naming the algorithm",
    severity=Severity.MEDIUM,
    references=("CWE-347", "CWE-757", "RFC 8725 3.1"),
    remedy="name it: jwt.verify(token, secret, { algorithms: ['HS256'] })",
    run=run,
)
