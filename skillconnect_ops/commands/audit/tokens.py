"""Where JSON web tokens are signed and verified, whichever package does it."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import PackageCall

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_FUNCTION = "it is a function"
_UNGIVEN = Computed("", "not given")


class Token(Struct, frozen=True, kw_only=True):
    """One call that signs or verifies, in the same words for every package."""

    path: str
    line: int
    column: int
    end_line: int
    text: str
    """Which function it is; not as it is written."""
    package: str
    signs: bool
    secret: Any
    """As plain data; see `Computed` and `Defaulted`."""
    algorithms: Any
    """None where none is named."""
    expires: bool | None
    """Of one that signs: whether the token ends; None of what is not told."""
    function: int = 0
    """Where the function begins that calls it; 0 where that is not told."""
    verifies: bool | None = True
    """Of one that does not sign: whether it looks at the signature; None of what is not told."""
    heeds_end: bool | None = True
    """Of one that verifies: whether a token that has ended is refused; None of what is not told."""


def tokens(found: "Server") -> Iterator[Token]:
    """Every call, in the order of files and lines."""
    for call in found.calls:
        token = _of(call)
        if token is not None:
            yield token


def many(found: "Server") -> int:
    """How many there are."""
    return sum(1 for _ in tokens(found))


def _of(  # noqa: PLR0911 - one a package
    call: PackageCall,
) -> Token | None:
    last = call.member.rpartition(".")[2]
    match call.package, last:
        case "jsonwebtoken", "sign":
            return _signed(call)
        case "jsonwebtoken", "verify":
            return _verified(call, _options(call, 2), secret=_at(call, 1))
        case "jwt-simple", "encode":
            return _token(
                call,
                signs=True,
                secret=_at(call, 1),
                algorithms=_at(call, 2) if len(call.given) > 2 else "HS256",
                expires=_has(_at(call, 0), "exp"),
            )
        case "jwt-simple", "decode":
            given = _at(call, 3) if len(call.given) > 3 else None
            return _token(call, secret=_at(call, 1), algorithms=given)
        case "express-jwt", "" | "expressjwt":
            options = _options(call, 0)
            return _verified(call, options, secret=_named(options, "secret"))
        case "passport-jwt", "Strategy":
            options = _options(call, 0)
            finder = _named(options, "secretOrKeyProvider")
            secret = _named(options, "secretOrKey") if finder is None else finder
            return _verified(call, options, secret=secret)
        case "jose", "sign" if call.member.startswith("SignJWT"):
            expires = "setExpirationTime" in call.member
            return _token(call, signs=True, secret=_at(call, 0), algorithms="set", expires=expires)
        case "jose", "jwtVerify":
            algorithms = _named(_options(call, 2), "algorithms")
            return _token(call, secret=_at(call, 1), algorithms=algorithms)
        case "PyJWT" | "python-jose", "encode":
            return _encoded(call)
        case "PyJWT" | "python-jose", "decode":
            return _decoded(call)
    return _of_others(call, last)


def _encoded(call: PackageCall) -> Token:
    """`jwt.encode(payload, key, algorithm=…)`."""
    *given, options = call.given
    payload = given[0] if given else options.get("payload", options.get("claims", _UNGIVEN))
    key = given[1] if len(given) > 1 else options.get("key", _UNGIVEN)
    algorithm = given[2] if len(given) > 2 else options.get("algorithm", "HS256")
    return _token(call, signs=True, secret=key, algorithms=algorithm, expires=_has(payload, "exp"))


def _decoded(call: PackageCall) -> Token:
    """`jwt.decode(token, key, algorithms=…, options=…)`."""
    *given, options = call.given
    key = given[1] if len(given) > 1 else options.get("key")
    algorithms = given[2] if len(given) > 2 else options.get("algorithms", options.get("..."))
    wanted = options.get("options", {})
    verifies: bool | None = None if isinstance(wanted, Computed) else True
    if isinstance(wanted, Mapping):
        said = wanted.get("verify_signature", True)
        verifies = None if isinstance(said, Computed) else bool(said)
    if options.get("verify", True) is False:
        verifies = False
    return structs.replace(_token(call, secret=key, algorithms=algorithms), verifies=verifies)


def _of_others(  # noqa: PLR0911 - as above
    call: PackageCall, last: str
) -> Token | None:
    """The packages that are met less often."""
    options = _options(call, 0)
    match call.package, last:
        case "fast-jwt", "createSigner":
            # what is signed comes later, and may say itself when it ends
            ends = True if _has(options, "expiresIn") else None
            algorithm = _named(options, "algorithm") or "HS256"
            secret = _named(options, "key")
            return _token(call, signs=True, secret=secret, algorithms=algorithm, expires=ends)
        case "fast-jwt", "createVerifier":
            return _verified(call, options, secret=_named(options, "key"))
        case "jws", "sign":
            payload, header = _named(options, "payload"), _named(options, "header")
            ends = True if isinstance(payload, str) else _has(payload, "exp")
            secret = _named(options, "secret") or _named(options, "privateKey")
            algorithm = _named(header, "alg")
            return _token(call, signs=True, secret=secret, algorithms=algorithm, expires=ends)
        case "jws", "verify" if len(call.given) < 3:  # as it was before 3.0
            return _token(call, secret=_at(call, 1), algorithms=None)
        case "jws", "verify":
            return _token(call, secret=_at(call, 2), algorithms=_at(call, 1))
        case "njwt", "create":  # ends after an hour unless told otherwise
            return _token(call, signs=True, secret=_at(call, 1), algorithms="HS256")
        case "njwt", "verify":
            return _token(call, secret=_at(call, 1), algorithms="HS256")
    return None


def _verified(call: PackageCall, options: Any, *, secret: Any) -> Token:
    """One that verifies, with its options."""
    ignores = _named(options, "ignoreExpiration")
    return structs.replace(
        _token(call, secret=secret, algorithms=_named(options, "algorithms")),
        heeds_end=None if isinstance(ignores, Computed) else not ignores,
    )


def _signed(call: PackageCall) -> Token:
    options, payload = _options(call, 2), _at(call, 0)
    ends = _has(options, "expiresIn")
    if ends is not True:
        own = _has(payload, "exp")
        ends = True if own else None if None in {ends, own} else False
    return _token(
        call,
        signs=True,
        secret=_at(call, 1),
        algorithms=_named(options, "algorithm") or "HS256",
        expires=ends,
    )


def _token(
    call: PackageCall,
    *,
    secret: Any,
    algorithms: Any,
    signs: bool = False,
    expires: bool | None = True,
) -> Token:
    return Token(
        path=call.path,
        line=call.line,
        column=call.column,
        end_line=call.end_line,
        text=f"{call.package} {call.member}",  # the code may hold the secret
        package=call.package,
        signs=signs,
        secret=_key_of(secret),
        algorithms=algorithms,
        expires=expires,
        function=call.function,
    )


def _key_of(secret: Any) -> Any:
    """A secret; of `{ key, passphrase }` and of a JWK the part that is one."""
    if not isinstance(secret, Mapping):
        return secret
    return next((secret[name] for name in ("key", "k", "d", "...") if name in secret), secret)


def _at(call: PackageCall, place: int) -> Any:
    return call.given[place] if len(call.given) > place else _UNGIVEN


def _options(call: PackageCall, place: int) -> Any:
    """Options; none where a callback stands in their place."""
    given = call.given[place] if len(call.given) > place else {}
    if isinstance(given, Computed) and given.reason == _FUNCTION:
        return {}
    return {} if given is None else given


def _named(options: Any, name: str) -> Any:
    if isinstance(options, Mapping):
        if name in options:
            return options[name]
        return options.get("...")
    return options if isinstance(options, Computed) else None


def _has(options: Any, name: str) -> bool | None:
    if isinstance(options, Mapping):
        if name in options:
            return options[name] is not None
        return None if "..." in options else False
    if isinstance(options, str):
        return False
    return None


_OUTSIDE = re.compile(
    r"\benv|env\b|readFile|random|generate|[kK]ms|[vV]ault|[sS]ecretManager|getSecret|JWKS|jwks"
)
_WRITTEN = re.compile(r"(?:Buffer\.from|\.encode)\(\s*(['\"`])([^'\"`$]+)\1")


_BY_THE_TOKEN = re.compile(r"\bdecode\w*\(|header\??\.alg\b|\bheader\[['\"`]alg")


def is_named_by_the_token(algorithm: Any) -> bool:
    """Whether an algorithm is what the head of a token says."""
    return (
        isinstance(algorithm, Computed)
        and _BY_THE_TOKEN.search(f"{algorithm.text} {algorithm.reason}") is not None
    )


def comes_from_outside(value: Computed) -> bool:
    """Whether a secret is seen to come from the environment, a file or a vault."""
    return _OUTSIDE.search(f"{value.text} {value.reason}") is not None


def stands_in_code(value: Any) -> bool:
    """Whether a secret is a text of the code; a public key is none."""
    if isinstance(value, Computed):
        return _WRITTEN.search(value.text) is not None
    return (
        isinstance(value, str)
        and value != ""
        and "PUBLIC KEY" not in value
        and ("CERTIFICATE-----" not in value)
    )
