"""Tokens are verified with whatever algorithm they name themselves.

Why: the head of a token is written by whoever made it. A verifier that lets it choose can be
told to take a public key for an HMAC secret, or to ask for no signature at all (`none`).

How it looks: at `verify` of jsonwebtoken, jose and jws, `decode` of jwt-simple, PyJWT and
python-jose, the options of express-jwt, passport-jwt and fast-jwt; for `none` among the algorithms,
also where tokens are signed; and for the `alg` of the token's own head among them.

Severity: high where `none` is allowed; medium where the token's head is asked, and for express-jwt,
jwt-simple and python-jose, whose releases without this option were open to confusion; low for the
others, which today hold the algorithm against the kind of key. Options that are computed are
unknown.

Silence: `// skc: allow jwt-without-algorithm REASON` at the line.

Before:
    jwt.verify(token, secret);
After:
    jwt.verify(token, secret, { algorithms: ['HS256'], issuer: 'api', audience: 'web' });
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import OUTSIDE
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.commands.audit.tokens import is_named_by_the_token, many, tokens
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_SETTING = re.compile(r"\.algorithms?\b|\benv\b|\benviron\b")
_LOOSE = frozenset({"express-jwt", "jwt-simple", "python-jose"})


def run(facts: Facts) -> Verdict:
    """Where may a token choose?"""
    return over_server(facts, _judge, applies=many, what="uses of tokens")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in tokens(found):
        named = one.algorithms if isinstance(one.algorithms, list) else [one.algorithms]
        if any(isinstance(each, str) and each.lower() == "none" for each in named):
            yield at(one, "tokens without a signature are allowed", Severity.HIGH)
        elif one.signs:
            continue
        elif any(is_named_by_the_token(each) for each in named):
            yield at(one, "the token itself says which algorithm is allowed", Severity.MEDIUM)
        elif lost := next((each for each in named if _is_lost(each)), None):
            yield untold(one, f"which algorithms are allowed is not told: {lost.reason}")
        elif one.algorithms is None:
            severity = Severity.MEDIUM if one.package in _LOOSE else Severity.LOW
            yield at(one, "tokens are verified, and no algorithm is named", severity)


def _is_lost(algorithm: Any) -> bool:
    """Whether it is computed, and its name does not say that a setting names it."""
    if not isinstance(algorithm, Computed) or algorithm.reason == OUTSIDE:
        return False
    return _SETTING.search(algorithm.text) is None


CHECK = Check(
    id="jwt-without-algorithm",
    title="tokens verified without naming the algorithm",
    severity=Severity.MEDIUM,
    references=("CWE-347", "CWE-757", "RFC 8725 3.1"),
    remedy="name it: jwt.verify(token, secret, { algorithms: ['HS256'] })",
    run=run,
)
