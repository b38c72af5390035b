"""Tokens are signed that never end.

Why: a token cannot be taken back. One that leaks from a log, a phone or a browser opens the account
for ever, and only a change of the secret, which logs everybody out, stops it.

How it looks: at `sign` of jsonwebtoken (`expiresIn`, or `exp` in what is signed), `SignJWT` of jose
(`setExpirationTime`), `encode` of jwt-simple, PyJWT and python-jose (`exp`), `createSigner` of
fast-jwt and `sign` of jws; and for `ignoreExpiration: true` where tokens are verified, which makes
their end worth nothing.

Severity: medium. What is signed, or options, that are computed are unknown.

Silence: `// skc: allow jwt-without-expiry REASON` at the line.

Before:
    jwt.sign({ sub: user.id }, secret);
After:
    jwt.sign({ sub: user.id }, secret, { expiresIn: '15m', algorithm: 'HS256' });
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.commands.audit.tokens import many, tokens
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Which tokens never end?"""
    return over_server(facts, _judge, applies=many, what="uses of tokens")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in tokens(found):
        if one.signs and one.expires is False:
            yield at(one, "a token is signed that never ends", Severity.MEDIUM)
        elif one.signs and one.expires is None:
            yield untold(one, "whether the token that is signed here ends is not told")
        elif not one.signs and one.heeds_end is False:
            yield at(one, "a token that has ended is taken all the same", Severity.MEDIUM)
        elif not one.signs and one.heeds_end is None:
            yield untold(one, "whether a token that has ended is refused is not told")


CHECK = Check(
    id="jwt-without-expiry",
    title="tokens that never end",
    severity=Severity.MEDIUM,
    references=("CWE-613", "RFC 8725 3.10"),
    remedy="sign with { expiresIn: '15m' }, and hand out refresh tokens that can be taken back",
    run=run,
)
