"""The credentials that were found -> the entries of `secrets:` that describe them; pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from skillconnect_ops.commands.init.model import Entry, EnvFile, Service
from skillconnect_ops.core.settings.rules import period_s
from skillconnect_ops.envfile import Credential, Renewal

_TTL = "7d"
_TLS_PORT, _USUAL_PORT = 465, 587
_NOT_MAIL_OF_MANY = frozenset({25, 1025, 2525})
"""Ports of a server of this network, or of a catcher for tests, which knows no password."""
_LONGEST_NAME = 56
_BY_HAND = "made by hand"


def entries(
    files: Sequence[EnvFile], *, uri: str, services: Sequence[Service]
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """What to write below `secrets:`, and what not, a comment each.

    Args:
        files: the env files of one target, the one that wins first.
        uri: the variable of the target's own database.
        services: what a compose file publishes.
    """
    written: dict[str, Entry] = {}
    left_out: list[str] = []
    for one in _each(files):
        if one.renewal is Renewal.MONGODB and one.env != uri:
            left_out.append(f"{one.env}: an entry of its own, if it is another user there")
            continue
        name = _free(one, written)
        settings, check = _settings(one, files, services)
        written[name] = Entry(name=name, settings=settings, check=check)
    return tuple(written.values()), tuple(left_out)


def _each(files: Iterable[EnvFile]) -> Iterator[Credential]:
    """Each variable once, as the file that wins has it."""
    seen = set[str]()
    for file in files:
        for one in file.credentials:
            if one.env not in seen:
                seen.add(one.env)
                yield one


def _free(one: Credential, taken: dict[str, Entry]) -> str:
    """A name that is not taken, and that can be typed as one word."""
    short, whole = (name.strip("_")[:_LONGEST_NAME] for name in (one.name, one.env.lower()))
    base = short or whole or "secret"
    names = (base, whole or base, *(f"{base}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _settings(
    one: Credential, files: Sequence[EnvFile], services: Sequence[Service]
) -> tuple[dict[str, object], str]:
    said: dict[str, object] = {"kind": one.renewal.value, "env": one.env}
    match one.renewal:
        case Renewal.MONGODB | Renewal.RANDOM:
            return said, ""
        case Renewal.JWT:
            ttl = _lifetime(one.env, files)
            check = "" if ttl else "CHECK token_ttl: how long its longest-lived token is good for"
            return {**said, "token_ttl": ttl or _TTL}, check
        case Renewal.REDIS:
            here = _reached(one.where, services)
            more: dict[str, object] = {"in_place": True} if one.in_place else {}
            return {**said, **more, **({"connect_map": here} if here else {})}, ""
        case Renewal.MANUAL:
            mail = _mail(files) if one.mail else {}
            return {**said, **({"mail": mail} if mail else {})}, "" if one.mail else _BY_HAND
        case never:
            assert_never(never)


def _lifetime(env: str, files: Sequence[EnvFile]) -> str | None:
    """What the env files say of this key's tokens: `ADMIN_JWT_EXPIRE` of `ADMIN_JWT_SECRET`."""
    said = {name: text for file in reversed(files) for name, text in file.lifetimes.items()}
    first = env.upper().partition("_")[0]
    own = {name: text for name, text in said.items() if name.upper().partition("_")[0] == first}
    found = (own or said).values()  # of access and refresh tokens the longer lives decide
    return max(found, key=lambda text: period_s(text) or 0, default=None)


def _reached(where: str | None, services: Sequence[Service]) -> dict[str, str]:
    """How a host of a compose network is reached from here."""
    host, _, port = (where or "").rpartition(":")
    for service in services:
        if host in service.aliases and port.isdigit() and int(port) in service.ports:
            return {str(where): service.ports[int(port)]}
    return {}


def _mail(files: Sequence[EnvFile]) -> dict[str, object]:
    """Where the login is tried; nothing where server or user are not told."""
    said = {what: text for file in reversed(files) for what, text in file.mail.items()}
    text = said.get("port", str(_USUAL_PORT))
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if "host" not in said or "user" not in said or not 0 < port < 65536:
        return {}
    if port in _NOT_MAIL_OF_MANY:
        return {}
    mail: dict[str, object] = {"host": f"env:{said['host']}", "user": f"env:{said['user']}"}
    if port != _USUAL_PORT:
        mail["port"] = port
    return {**mail, "security": "tls"} if port == _TLS_PORT else mail
