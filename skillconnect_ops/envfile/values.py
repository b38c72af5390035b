"""What a value looks like: a placeholder, a secret, a weak one. Pure; no value is shown."""

import math
import re
from collections import Counter
from urllib.parse import urlsplit

_SECRET_NAME = re.compile(
    r"SECRET|PASSWORD|PASSWD|PASSPHRASE|(^|_)PASS($|_)|(^|_)PWD($|_)|TOKEN|CREDENTIAL|(^|_)SALT$"
    r"|API_?KEY|APIKEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY|_KEY$|^KEY$|WEBHOOK"
)
_NO_SECRET_NAME = re.compile(
    r"PUBLIC|PUBLISHABLE|SITE_?KEY|_KEY_ID$|_(EXPIR|TTL|LIFETIME|MAX|MIN|LENGTH|ROUNDS|NAME|URL|ALGO)"
    r"|EXPIR|(^|_)(TTL|LIFETIME|MINUTES|HOURS|DAYS|SECONDS|MS)$|^(VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC)_"
)
_SIGNS = re.compile(
    r"(JWT|SESSION|COOKIE|CSRF|ENCRYPTION|SIGNING|AUTH|TOKEN).*(SECRET|KEY)|SECRET(_KEY)?$"
)
_VERBS = "your|my|insert|enter|put|replace|change"
_OBJECTS = (
    "me|this|it|here|with|your|the|own|a|in|secret|password|key|token|api|email|app|username|client"
    "|jwt|mongo|database|db"
)
_PLACEHOLDER = re.compile(
    r"\[.*\]|<.*>|\{\{.*\}\}|\$\{.*\}|x{3,}|\*{3,}|\.{3,}|…|\?{3,}"
    rf"|(.*[^a-z])?({_VERBS})[-_ ]({_OBJECTS})([^a-z].*|here|key|secret|token|password)?"
    r"|(.*[^a-z])?(change(me|this|it)|replaceme|your(jwt|api|app)?(secret|password|key|token))(\W.*)?"
    r"|(.*[-_ ])?(placeholder|todo|tbd|fixme|changeit|dummy)([-_ ].*)?"
    r"|(.*[-_ ])?(goes|comes)[-_ ]here",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\[[a-z][\w .@'()-]*\]|<[a-z][\w .@-]*>", re.IGNORECASE)
_SHAPES = re.compile(
    r"-----BEGIN|AKIA[0-9A-Z]{16}|(sk|rk)_(live|test)_|gh[opsu]_\w{20}|github_pat_|glpat-|xox[abprs]-"
    r"|SG\.[\w-]{16}|eyJ[\w-]{10,}\.|rzp_(live|test)_|npm_\w{30}|AIza[\w-]{30}"
)
_TOKEN = re.compile(r"[A-Za-z0-9+=_-]{20,}")
_WORD = r"(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|\d{1,4})"
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_WORDS = re.compile(rf"{_WORD}(?:[-_/]{_WORD})*")
_COMMON = frozenset(
    {
        *(
            "secret",
            "password",
            "changeme",
            "admin",
            "root",
            "test",
            "qwerty",
            "letmein",
            "default",
        ),
        *("supersecret", "mysecret", "jwtsecret", "secretkey", "mysecretkey", "123456", "12345678"),
    }
)
_SECRET_BITS = 3.3
_HEX_BITS = 2.5
"""Sixteen letters come to 4 bits each at the most, and in a short key by chance to fewer."""
SIGNING_LENGTH = 32
"""Bytes: RFC 7518, 3.2: an HMAC key is at least as long as the hash."""
_SIGNING_BITS = 100.0
_PASSWORD_BITS = 35.0
_PASSWORD_LENGTH = 10


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    upper = name.upper()
    return bool(_SECRET_NAME.search(upper)) and not _NO_SECRET_NAME.search(upper)


def signs(name: str) -> bool:
    """Whether the name is that of a key that something is signed or encrypted with."""
    return is_secret_name(name) and _SIGNS.search(name.upper()) is not None


def is_placeholder(value: str) -> bool:
    """Whether a value only says that one is to be filled in. An empty one is none."""
    value = value.strip()
    return bool(value) and (
        _PLACEHOLDER.fullmatch(value) is not None or _BRACKETS.search(value) is not None
    )


def looks_secret(value: str) -> bool:
    """Whether a value would be a leak if it were copied."""
    if is_placeholder(value):
        return False
    if _SHAPES.search(value) or _password_of(value):
        return True
    return any(_is_random(token) for token in _TOKEN.findall(value))


def weakness(name: str, value: str, *, signing: bool) -> str | None:
    """Why a secret would not hold; None where it may.

    Args:
        name: its variable.
        value: the secret.
        signing: whether something is signed or encrypted with it.
    """
    bare = re.sub(r"[^a-z0-9]", "", value.lower())
    if bare in _COMMON or bare == re.sub(r"[^a-z0-9]", "", name.lower()):
        return "it is among the first that anybody would try"
    if signing:
        if len(value.encode()) < SIGNING_LENGTH:
            return f"it is shorter than {SIGNING_LENGTH} bytes"
        return "it repeats itself or is made of words" if bits(value) < _SIGNING_BITS else None
    if len(value) < _PASSWORD_LENGTH or bits(value) < _PASSWORD_BITS:
        return "it is short, or repeats itself"
    return None


def bits(value: str) -> float:
    """An upper bound of a value's entropy, from how often its letters come."""
    total = len(value)
    return -sum(n * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def _password_of(value: str) -> str | None:
    """The password within a URI, unless it is a placeholder."""
    if "://" not in value:
        return None
    try:
        password = urlsplit(value).password
    except ValueError:
        return None
    return password if password and not is_placeholder(password) else None


def _is_random(token: str) -> bool:
    """Whether a long word is made of letters and digits as chance would have it."""
    mixed = re.search(r"\d", token) and re.search(r"[A-Za-z]", token)
    words = _WORDS.fullmatch(token)
    least = _HEX_BITS if _HEX.fullmatch(token) else _SECRET_BITS
    return bool(mixed) and not words and bits(token) / len(token) > least
