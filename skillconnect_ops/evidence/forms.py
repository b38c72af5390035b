"""The forms in which one and the same secret can be found; pure.

A URI holds its password percent-encoded, the `.env` holds the URI, and a person pastes the password
alone: a scanner finds any of them. So both sides are spelled out, what is retired and what was
found, and they meet when they have one form in common.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<rest>.*)", re.DOTALL)

_SECRET_OPTION = re.compile(
    r"pass(?:word|wd|phrase)?\Z|secret|token|api_?key|access_?key|(?:\A|[_-])(?:key|sig)\Z|signature",
    re.IGNORECASE,
)
_PORT = re.compile(r":[0-9]+\Z")


def is_plain(value: str) -> bool:
    """Whether a value has one form: itself."""
    return not ("%" in value or "://" in value or value[:1].isspace() or value[-1:].isspace())


def forms(value: str) -> tuple[str, ...]:
    """The value, a URI's password in it, and each of them percent-decoded; each form once.

    White space around a form is no part of it. `+` is decoded as it stands and as a space, since
    some programs write one for the other.
    """
    whole = value.strip()
    if "%" not in whole and "://" not in whole:  # nearly all that stands in a file
        return (whole,) if whole else ()
    found = [form for text in (whole, *_passwords(whole)) for form in _decoded(text)]
    return tuple(dict.fromkeys(form for form in map(str.strip, found) if form))


def whole(value: str) -> tuple[str, ...]:
    """The value as it stands, and percent-decoded; nothing that is a part of it."""
    return tuple(dict.fromkeys(form for form in map(str.strip, _decoded(value.strip())) if form))


def options_of(value: str) -> tuple[str, ...]:
    """Secrets in the options of a URI, told by their names; its password is none of them."""
    match = _URI.fullmatch(value.strip())
    if match is None:
        return ()
    query = match["rest"].partition("?")[2].partition("#")[0]
    given = (pair for option in parse_qsl(query) for pair in _properties(*option))
    return tuple(dict.fromkeys(text for name, text in given if _SECRET_OPTION.search(name)))


def _properties(name: str, text: str) -> Iterator[tuple[str, str]]:
    """An option, or what it is made of: `authMechanismProperties=NAME:VALUE,…`."""
    yield name, text
    for each in text.split(","):
        inner, colon, part = each.partition(":")
        if colon:
            yield inner, part


def password_of(value: str) -> str | None:
    """The password of a URI, percent-decoded; None where the value is no URI with one."""
    written = next(iter(_passwords(value.strip())), None)
    return None if written is None else unquote(written, errors="surrogateescape")


def _passwords(uri: str) -> tuple[str, ...]:
    """The password of a URI as it stands there.

    Where a `/` or an `@` in it is not encoded, the URI can be read in two ways; both are given.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        return ()
    authority = re.split(r"[/?#]", match["rest"], maxsplit=1)[0]
    if "@" not in authority and _PORT.search(authority):
        return ()  # `host:8080/a@b`: the `@` is in the path
    found = []
    for text in (authority, match["rest"]):
        user, at, _ = text.rpartition("@")
        _, colon, password = user.partition(":")
        if at and colon and password:
            found.append(password)
    return tuple(dict.fromkeys(found))


def _decoded(text: str) -> tuple[str, ...]:
    if "%" not in text:
        return (text,)
    once = unquote(text, errors="surrogateescape")
    if "+" not in text:
        return (text, once)
    return (text, once, unquote(text.replace("+", " "), errors="surrogateescape"))
