"""What a function's name sounds like; nothing is credited for that."""

import re

from skillconnect_ops.code.express_model import Role

_LIKE_AUTH = (
    r"auth|protect|logged|login|jwt|passport|token|admin|permission|role|guard|session"
    r"|user|access|acl|rbac|secur|privilege"
)
_GUESSES: tuple[tuple[Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(words, re.IGNORECASE))
    for role, words in (
        (Role.RATE_LIMIT, r"limit(?!ed)|throttl|slow_?down|brute"),
        (Role.CSRF, r"csrf|xsrf"),
        (Role.AUTH, _LIKE_AUTH),
        (Role.VALIDATION, r"valid|schema|\bjoi|\bzod|dto|\bcheck"),
        (Role.LOGGING, r"log(?:ger|ging)\b|morgan|trace|metric"),
    )
)


def guessed(name: str) -> Role | None:
    """What a name sounds like; nothing is credited for that."""
    return next(iter(guesses(name)), None)


def guesses(name: str) -> tuple[Role, ...]:
    """All that a name sounds like: `validateUser` may check who asks, or what was sent."""
    return tuple(role for role, words in _GUESSES if words.search(name))
