"""Names that sound secret or personal, word by word; no value is looked at."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SECRET = frozenset(
    {
        *("password", "passwd", "passwords", "pwd", "passphrase", "passcode"),
        *("secret", "secrets", "token", "jwt", "apikey", "authorization", "cookie", "cookies"),
        *("credential", "credentials", "otp", "totp", "cvv", "cvc", "bearer"),
        *("email", "emails", "ssn", "iban", "phone", "telephone", "birthdate"),
        *("dsn", "dob", "creditcard", "accesstoken", "refreshtoken", "idtoken", "privatekey"),
    }
)
_STORES = frozenset(
    {
        *("mongo", "mongodb", "db", "database", "connection", "redis", "amqp", "rabbitmq"),
        *("postgres", "postgresql", "pg", "mysql", "sql", "broker", "smtp"),
    }
)
"""Servers whose address holds a password."""
_ONLY_WITH = {
    "key": frozenset({"api", "private", "access", "encryption", "signing", "secret", "master"}),
    "tokens": frozenset({"access", "refresh", "auth", "id", "api", "session", "user", "reset"}),
    "card": frozenset({"credit", "debit", "payment", "bank"}),
    "number": frozenset({"card", "phone", "account", "ssn", "passport"}),
    "address": frozenset({"email", "mail", "home", "street", "postal"}),
    "header": frozenset({"auth", "authorization", "cookie"}),
    "headers": frozenset({"auth", "request", "req"}),
    "uri": _STORES,
    "url": _STORES,
    "string": frozenset({"connection", "conn"}),
    "value": frozenset({"token", "secret", "password", "cookie"}),
    "hash": frozenset({"password", "pwd"}),
    "code": frozenset({"otp", "verification", "backup", "recovery", "mfa"}),
    "birth": frozenset({"of"}),
    "id": frozenset({"session"}),
    "pass": frozenset({"user", "db", "smtp", "admin", "mail", "redis", "mongo", "root"}),
    "pin": frozenset({"user", "card", "new", "old", "login"}),
    "mail": frozenset({"user", "customer", "from", "to"}),
    "mobile": frozenset({"user", "customer"}),
}
"""Last words that are telling after some others alone."""
_ASKS = frozenset(
    {"is", "has", "had", "should", "can", "no", "needs", "use", "with", "num", "valid"}
)
_VERBS = frozenset(
    {
        *("validate", "verify", "check", "hash", "compare", "update", "change", "set", "get"),
        *("send", "create", "generate", "handle", "mask", "redact", "delete", "remove", "encrypt"),
        *("show", "toggle", "forgot", "on", "find", "fetch", "load", "save", "require", "revoke"),
        *(
            "deleted",
            "removed",
            "expired",
            "total",
            "max",
            "sign",
            "decode",
            "parse",
            "extract",
            "build",
            "make",
            "render",
            "rotate",
        ),
    }
)
"""First words of functions, which are printed as functions, if at all, and of counts."""
_NO_TOKENS = frozenset(
    {*("next", "prev", "current", "total", "max", "last", "first", "peek", "start", "end", "page")}
)
_WHOLE = frozenset({"body", "headers", "cookies", "rawHeaders", "signedCookies"})
_REQUESTS = frozenset({"req", "request"})
_SESSIONS = frozenset((request, "session") for request in _REQUESTS)


def sensitive(name: str) -> bool:
    """Whether a variable or property of that name holds something secret or personal."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[0] in _ASKS:
        return False
    last, before = words[-1], words[:-1]
    if before and (before[0] in _VERBS or (before[0], last) == ("reset", "password")):
        return False
    if last in _ONLY_WITH:
        return bool(before) and before[-1] in _ONLY_WITH[last]
    if last == "token" and before and before[-1] in _NO_TOKENS:
        return False
    return last in _SECRET or "".join(words[-2:]) in _SECRET


def sensitive_chain(chain: Sequence[str]) -> bool:
    """Whether `req.headers.authorization` and its like, as names, are secret or personal.

    Args:
        chain: from the outermost name on.
    """
    last, before = chain[-1], chain[:-1]
    if last in _WHOLE:
        return bool(before) and (before[-1] in _REQUESTS or last.endswith("ookies"))
    if "cookies" in before or "signedCookies" in before:
        return last != "length"
    if tuple(chain) == ("process", "env") or tuple(chain[-2:]) in _SESSIONS:
        return True
    if before and before[-1] in {"ctx", "context"} and last in _REQUESTS:
        return True
    if last == "[]":
        return len(before) > 1 and before[-1] in {"headers", "body"} and before[-2] in _REQUESTS
    return sensitive(last)
