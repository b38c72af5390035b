"""A MongoDB URI without its user and password; pure."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from skillconnect_ops.commands.init.model import Address, UriVariable
from skillconnect_ops.core.secret import Secret

_LIKELY = (
    *("MONGO_URI", "MONGODB_URI", "MONGO_URL", "MONGODB_URL", "DATABASE_URI", "DATABASE_URL"),
    *("DB_URI", "DB_URL", "MONGO_CONNECTION_STRING", "DB_CONNECTION_STRING", "DB", "DATABASE"),
)
_SCHEME = re.compile(r"mongodb(\+srv)?://")
_IPV6 = re.compile(r"\[[^\]]*\]")
_NO_PORT = re.compile(r":(?!\d+(?:[,/?#]|$))")
_ASIDE = re.compile(r"test|admin|root|read|backup|archive|old|legacy|log", re.IGNORECASE)


def uris(values: Mapping[str, Secret]) -> tuple[UriVariable, ...]:
    """The variables whose value is a MongoDB URI, the one that an app most likely uses first."""
    found = [
        UriVariable(name=name, address=address)
        for name, value in values.items()
        if (address := read(value)) is not None
    ]
    return tuple(sorted(found, key=lambda variable: _likelihood(variable.name)))


def read(value: Secret) -> Address | None:
    """What a value says of hosts and database, if it is a MongoDB URI."""
    text = value.reveal().strip()
    scheme = _SCHEME.match(text)
    if scheme is None:
        return None
    # what stands before the last @ is user and password, however badly they are quoted
    rest = text[scheme.end() :].rpartition("@")[2]
    if "@" not in text and _NO_PORT.search(_IPV6.sub("", rest)):
        rest = ""  # cut off before its host: what stands there is a user and a password
    authority, _, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    srv = scheme[1] is not None
    return Address(
        hosts=tuple(_with_port(host, srv=srv) for host in authority.split(",") if host),
        database=unquote(path).partition(".")[0] or None,
        srv=srv,
    )


def _with_port(host: str, *, srv: bool) -> str:
    host = unquote(host)
    if srv or re.search(r":\d+$", host) or host.endswith(".sock"):
        return host
    return f"{host}:27017"


def _likelihood(name: str) -> tuple[int, int, str]:
    upper = name.upper()
    aside = 1 if _ASIDE.search(name) else 0
    if upper in _LIKELY:
        return aside, _LIKELY.index(upper), name
    return aside, len(_LIKELY) + (0 if "MONGO" in upper else 1), name
