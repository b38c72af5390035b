"""A MongoDB connection string, taken apart as far as we must; its password never leaves here."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

from msgspec import Struct
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from skillconnect_ops.core.ports.database import MalformedUri
from skillconnect_ops.core.secret import Secret

PLAIN, SRV = "mongodb://", "mongodb+srv://"
_SHAPE = re.compile(
    r"(?P<scheme>mongodb(?:\+srv)?://)(?:(?P<login>[^@/?#]*)@)?(?P<hosts>[^@/?#]+)"
    r"(?:/(?P<database>[^/?#@]*))?(?:\?(?P<query>[^#@]*))?"
)
_LOGS_IN = re.compile(r"([?&])authMechanism(?:Properties)?=[^&]*&?", re.IGNORECASE)
"""Options that PyMongo refuses where there is no user."""
SHORTEST_REDACTED = 3
_LOOPBACK = re.compile(r"127\.0\.0\.1(?=:|$)|\[::1\](?=:|$)")


class MongoUri(Struct, frozen=True, kw_only=True):
    """The parts that are no secret, and the whole."""

    text: Secret
    srv: bool
    hosts: tuple[str, ...]
    """`host:port`; for SRV the one name."""
    user: str | None
    password: Secret | None
    database: str | None
    auth_source: str
    """Where the user is looked up."""
    says_auth_source: bool
    tls: bool
    set_name: str | None

    @property
    def where(self) -> str:
        """The hosts, for people."""
        return ",".join(self.hosts)

    def at(self, host: str, *, login: bool = True) -> Secret:
        """The same URI with one other host; on request without user and password."""
        shape = _SHAPE.fullmatch(self.text.reveal())
        if shape is None:
            raise AssertionError("it was parsed before")
        start, end = shape.span("hosts")
        if login:
            return Secret(shape.string[:start] + host + shape.string[end:])
        return Secret(shape["scheme"] + host + _LOGS_IN.sub(r"\1", shape.string[end:]))

    def redact(self, text: str) -> str:
        """A text of a library or server, without the password should it ever hold it."""
        secret = self.password.reveal() if self.password else ""
        shape = _SHAPE.fullmatch(self.text.reveal())
        quoted = (shape["login"] or "").partition(":")[2] if shape else ""
        for word in {secret, quoted}:
            if len(word) >= SHORTEST_REDACTED:
                text = text.replace(word, "***")
        return text


def parse(uri: Secret) -> MongoUri:
    """Take a URI apart; nothing is contacted or resolved.

    Raises:
        MalformedUri: what is wrong, without any part of the text that may belong to a password.
    """
    text = uri.reveal().strip()
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise _malformed(text)
    if not _is_read_by_driver(shape):
        raise _malformed(text)
    user, _, password = (shape["login"] or "").partition(":")
    options = {name.lower(): value for name, value in parse_qsl(shape["query"] or "")}
    database = unquote(shape["database"] or "") or None
    srv = shape["scheme"] == SRV
    tls = options.get("tls", options.get("ssl", "true" if srv else "false"))
    return MongoUri(
        text=Secret(text),
        srv=srv,
        hosts=tuple(_with_port(host, srv=srv) for host in shape["hosts"].split(",")),
        user=unquote_plus(user) or None,
        password=Secret(unquote_plus(password)) if password else None,
        database=database,
        auth_source=options.get("authsource") or database or "admin",
        says_auth_source="authsource" in options,
        tls=tls == "true",
        set_name=options.get("replicaset"),
    )


def with_login(uri: Secret, user: str, password: Secret) -> Secret:
    """The same URI for another user; every byte that is no part of the login stays as it is.

    Both are percent-encoded down to letters, digits and `_.-~`, which all drivers read alike:
    PyMongo takes `+` for a space where others take it for itself.

    Raises:
        MalformedUri: the URI cannot be read, or user or password are no Unicode text.
    """
    return _with_login(uri, f"{_quoted(user)}:{_quoted(password.reveal())}")


def with_password(uri: Secret, password: Secret) -> Secret:
    """The same URI with another password; the user's name stays byte for byte.

    Raises:
        MalformedUri: the URI cannot be read or names no user, or the password is no Unicode text.
    """
    shape = _read(uri)
    user = (shape["login"] or "").partition(":")[0]
    if not user:
        raise no_login(parse(uri))
    return _with_login(uri, f"{user}:{_quoted(password.reveal())}")


def no_login(uri: MongoUri) -> MalformedUri:
    """There is no user to speak of."""
    return MalformedUri(
        f"the MongoDB URI for {uri.where} names no user",
        why="whose login is meant is not known",
        fix="write user and password into it: mongodb://USER:PASSWORD@HOST:27017/DATABASE",
    )


def _with_login(uri: Secret, login: str) -> Secret:
    text = uri.reveal()
    rest = _read(uri).start("hosts") + len(text) - len(text.lstrip())
    scheme = text[: text.index("://") + 3]
    return Secret(f"{scheme}{login}@{text[rest:]}")


def _read(uri: Secret) -> re.Match[str]:
    parse(uri)  # says what is wrong, if anything is
    shape = _SHAPE.fullmatch(uri.reveal().strip())
    if shape is None:
        raise AssertionError("it was parsed before")
    return shape


def _quoted(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        # said here, since Python's own error holds the text
        raise MalformedUri(
            "the user or password is no Unicode text",
            why="it holds half of a surrogate pair, as bytes that are no UTF-8 are read",
            fix="choose another one: `skc secrets generate`",
        )
    return quote(text, safe="")


def same_place(one: MongoUri, other: MongoUri, connect_map: Mapping[str, str]) -> bool | None:
    """Whether two URIs lead to one deployment, as far as they say; nothing is contacted.

    Two that share a host do, unless they name different replica sets. Both are compared as they
    are reached from here.

    Returns:
        None where it cannot be told: an SRV name says nothing of its hosts without DNS.
    """
    if one.set_name and other.set_name and one.set_name != other.set_name:
        return False
    if one.srv != other.srv:
        return None
    return not _reached(one, connect_map).isdisjoint(_reached(other, connect_map))


def _reached(uri: MongoUri, connect_map: Mapping[str, str]) -> set[str]:
    hosts = (connect_map.get(host, host).lower() for host in uri.hosts)
    return {_LOOPBACK.sub("localhost", host) for host in hosts}


def _is_read_by_driver(shape: re.Match[str]) -> bool:
    """Whether PyMongo accepts it. Its message may quote half a password, so it is dropped whole."""
    plain = shape.string.replace(SRV, PLAIN, 1)  # an SRV name would be looked up
    try:
        parse_uri(plain, warn=False, validate=False)
    except (PyMongoError, ValueError, TypeError):
        return False
    return not (shape["scheme"] == SRV and ("," in shape["hosts"] or ":" in shape["hosts"]))


def _with_port(host: str, *, srv: bool) -> str:
    host = unquote(host)
    if srv or host.endswith(".sock") or re.search(r":\d+$", host):
        return host
    return f"{host}:27017"


def _malformed(text: str) -> MalformedUri:
    """Say what is wrong; only what cannot be part of a password is quoted."""
    what = "the MongoDB URI cannot be read"
    if not text.startswith((PLAIN, SRV)):
        return MalformedUri(
            what,
            why="it begins neither with mongodb:// nor with mongodb+srv://",
            fix="copy the connection string again: mongodb://USER:PASSWORD@HOST:27017/DATABASE",
        )
    rest = text.partition("://")[2]
    if "@" in rest:
        return MalformedUri(
            what,
            why="user or password hold a character that must be percent-encoded (@ : / ? # % and "
            "the like), or a host or port is not one",
            fix="percent-encode user and password: @ is %40, : is %3A, / is %2F, ? is %3F, "
            "# is %23, % is %25",
        )
    return MalformedUri(
        what,
        why="its hosts, ports or options are not as a URI has them"
        + ("; an SRV name stands alone and has no port" if text.startswith(SRV) else ""),
        fix="write mongodb://USER:PASSWORD@HOST:27017/DATABASE?authSource=admin",
    )
