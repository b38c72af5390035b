"""The secret that tokens are signed with stands in the code.

Why: whoever reads the code, a copy of the image or the history signs tokens for any user, with any
role; and a secret in the code is the same on every machine, and changes with no rotation.

How it looks: at `sign` and `verify` of jsonwebtoken, jose, jws and njwt, `encode` and `decode` of
jwt-simple, PyJWT and python-jose, the options of express-jwt, passport-jwt and fast-jwt. The secret
is followed through variables, imports and configuration files. Public keys are no secrets.

Severity: high where it is a text, or a private key; medium where a text is what is taken if the
environment says nothing: then a variable that was forgotten makes the tokens of production
forgeable, and nobody notices. Low in scripts that are run by hand. A secret whose way is not told
(and that is not seen to come from the environment, a file or a vault) is unknown.

Silence: `// skc: allow jwt-secret-hard-coded REASON` at the line.

Before:
    jwt.sign({ sub: user.id }, 'my-secret', { expiresIn: '15m' });
After:
    jwt.sign({ sub: user.id }, process.env.JWT_SECRET, { expiresIn: '15m' });
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import Defaulted, Either
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.commands.audit.tokens import (
    comes_from_outside,
    many,
    stands_in_code,
    tokens,
)
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Where does it stand in the code?"""
    return over_server(facts, _judge, applies=many, what="uses of tokens")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in tokens(found):
        does = "signed" if one.signs else "verified"
        if isinstance(one.secret, Defaulted) and stands_in_code(one.secret.default):
            says = f"tokens are {does} with a text of the code unless the environment has a secret"
            yield at(one, says, Severity.MEDIUM)
        elif stands_in_code(one.secret) or _is_one_of_texts(one.secret):
            yield at(one, f"tokens are {does} with a secret that stands in the code", Severity.HIGH)
        elif isinstance(one.secret, Computed) and not comes_from_outside(one.secret):
            yield untold(one, "where the secret of a token comes from is not told")  # no more: a
            # reason quotes code, and that may hold the secret


def _is_one_of_texts(secret: Any) -> bool:
    return isinstance(secret, Either) and all(stands_in_code(each) for each in secret.values)


CHECK = Check(
    id="jwt-secret-hard-coded",
    title="secret of tokens in the code",
    severity=Severity.HIGH,
    references=("CWE-798", "CWE-321", "RFC 8725 3.5"),
    remedy="skc secrets generate, put it into the environment, and read process.env.JWT_SECRET; "
    "then skc rotate, since this one is known",
    run=run,
    shows_code=False,
)
