"""A Redis connection string, taken apart as far as we must; its password never leaves here."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from msgspec import Struct
from redis.connection import parse_url

from skillconnect_ops.core.ports.acl import DEFAULT_USER, AclLink, AclUriMalformed
from skillconnect_ops.core.secret import Secret

SCHEMES = ("redis://", "rediss://", "unix://")
TLS = "rediss://"
SHORTEST_REDACTED = 3
_SHAPE = re.compile(
    r"(?P<scheme>rediss?://|unix://(?=(?:[^@/?#\s]*@)?/))(?:(?P<login>[^@/?#\s]*)@)?(?P<rest>\S*)"
)
_HOST = re.compile(r"[^/?#]*")
_IN_QUERY = frozenset({"username", "password", "user", "pass", "auth"})
"""Where some clients look for a login too: replacing the one before the host would not reach it."""


class RedisUri(Struct, frozen=True, kw_only=True):
    """The parts that are no secret, and the whole."""

    text: Secret
    link: AclLink
    password: Secret | None

    def with_login(self, user: str | None, password: Secret) -> Secret:
        """The URI with another user and password, every other byte as it was."""
        shape = _SHAPE.fullmatch(self.text.reveal())
        if shape is None:
            raise AssertionError("it was parsed before")
        login = f"{quote(user or '', safe='')}:{quote(password.reveal(), safe='')}"
        return Secret(f"{shape['scheme']}{login}@{shape['rest']}")

    def through(self, connect_map: Mapping[str, str]) -> "RedisUri":
        """The URI with another host and port, where the map names one; all else as it was."""
        here = connect_map.get(self.link.where)
        shape = _SHAPE.fullmatch(self.text.reveal())
        if here is None or shape is None or shape["scheme"] == "unix://":
            return self
        login = "" if shape["login"] is None else f"{shape['login']}@"
        rest = _HOST.sub(lambda _: here, shape["rest"], count=1)
        return parse(Secret(f"{shape['scheme']}{login}{rest}"))

    def options(self) -> dict[str, Any]:
        """What redis-py makes of it, less the login."""
        found = _read_by_library(self.text.reveal())
        if found is None:
            raise AssertionError("it was parsed before")
        return {name: found[name] for name in found if name not in {"username", "password"}}

    def redact(self, text: str, *secrets: Secret | None) -> str:
        """A text of a library or server, without a password should it ever hold one."""
        for secret in (self.password, *secrets):
            for word in (secret.reveal(), quote(secret.reveal(), safe="")) if secret else ():
                if len(word) >= SHORTEST_REDACTED:
                    text = text.replace(word, "***")
        return text


def parse(uri: Secret) -> RedisUri:
    """Take a URI apart; nothing is contacted or resolved.

    Raises:
        AclUriMalformed: what is wrong, without any part of the text that may belong to a password.
    """
    text = uri.reveal()
    shape = _SHAPE.fullmatch(text)
    found = _read_by_library(text) if shape else None
    if shape is None or found is None or _hides_a_login(shape):
        raise _malformed(text)
    query = parse_qsl(shape["rest"].partition("?")[2], keep_blank_values=True)
    if any(name.lower() in _IN_QUERY for name, _ in query):
        raise AclUriMalformed(
            "the Redis URI has a user or password among its options",
            why="clients differ in which of two logins they take",
            fix="write it before the host: redis://USER:PASSWORD@HOST:6379/0",
        )
    user, _, password = (shape["login"] or "").partition(":")
    unix = shape["scheme"] == "unix://"
    return RedisUri(
        text=uri,
        link=AclLink(
            where=str(found["path"])
            if unix
            else _host(found.get("host", "localhost"), found.get("port", 6379)),
            user=unquote(user) or DEFAULT_USER,
            names_user=bool(user),
            has_password=bool(password),
            tls=shape["scheme"] == TLS,
        ),
        password=Secret(unquote(password)) if password else None,
    )


def _hides_a_login(shape: re.Match[str]) -> bool:
    """Whether a later `@` may end the login: `redis://app:12/34@host` has no port 12."""
    return "@" in shape["rest"] and shape["scheme"] != "unix://"


def _host(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _read_by_library(text: str) -> dict[str, Any] | None:
    """What redis-py reads. Its message may quote a password, so it is dropped whole."""
    try:
        read: Any = parse_url
        found: dict[str, Any] = dict(read(text))
    except (ValueError, TypeError):
        return None
    if text.startswith("unix://") and not found.get("path"):
        return None
    return found


def _malformed(text: str) -> AclUriMalformed:
    """Say what is wrong; only what cannot be part of a password is quoted."""
    what = "the Redis URI cannot be read"
    if not text.startswith(SCHEMES):
        return AclUriMalformed(
            what,
            why="it begins with none of redis://, rediss:// and unix://",
            fix="copy the connection string again: redis://USER:PASSWORD@HOST:6379/0",
        )
    if "@" in text:
        return AclUriMalformed(
            what,
            why="user or password hold a character that must be percent-encoded (@ : / ? # % and "
            "the like), or a host or port is not one",
            fix="percent-encode user and password: @ is %40, : is %3A, / is %2F, ? is %3F, "
            "# is %23, % is %25",
        )
    return AclUriMalformed(
        what,
        why="its host, port, path or options are not as a URI has them",
        fix="write redis://USER:PASSWORD@HOST:6379/0, or unix://USER:PASSWORD@/path/to/socket",
    )
