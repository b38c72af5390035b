"""Whether a value still opens our own database: by a login there, and nowhere else.

A URI is tried only where every host that it names is one that the settings lead to; a password
alone only in such URIs, as the history has them. So no other server is ever contacted.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.model import LEAST_BYTES, Standing, Value
from skillconnect_ops.commands.scrub.sources import judged
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.core.ports.accounts import Address, LoginAnswer
from skillconnect_ops.core.ports.acl import AclAnswer
from skillconnect_ops.core.ports.objects import Piece, Repository
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.settings.model import SecretSettings, Target
from skillconnect_ops.evidence.forms import forms, options_of, whole

_URI = regex(rb"(?:mongodb(?:\+srv)?|rediss?)://[^\s\"'`<>\\\0]+")
_ENV = "env:"
_ALIVE = frozenset({AclAnswer.ACCEPTED, AclAnswer.NOT_PERMITTED})
_IN_A_ROW = 2
"""Refusals; one could be a moment's."""
_OTHER_WAYS = ("authmechanism=", "authmechanism=scram")
"""Another mechanism than SCRAM may ask a third party."""


class Attempt(Struct, frozen=True, kw_only=True):
    """What came of trying one login."""

    user: str
    where: str
    standing: Standing
    """UNKNOWN where nobody answered, or the answer says nothing of the login."""
    reason: str = ""

    @property
    def proof(self) -> Proof:
        """For the evidence ledger; it names no value."""
        return Proof(
            claim="credential.refused",
            subject={"user": self.user, "server": self.where},
            holds=True,
            facts={"attempts": _IN_A_ROW},
        )


class Door(Protocol):
    """One server or deployment of ours."""

    def attempt(self, uri: Secret) -> Attempt | None:
        """Try a login; None where the URI leads elsewhere, or nobody could log in with it."""


class MongoDoor:
    """The database of a target, and those of its secrets."""

    def __init__(self, house: House, target: Target) -> None:
        self._logins = house.logins(target)
        addresses = (self._address(uri) for uri in _mongo_uris(house, target))
        self._hosts = {host for one in addresses if one is not None for host in _hosts(one)}
        self._tried: dict[tuple[str, str, Secret, str], Attempt] = {}

    def attempt(self, uri: Secret) -> Attempt | None:
        """On every node; each login once."""
        address = self._address(uri)
        if address is None or not _hosts(address) <= self._hosts:
            return None
        every, scram = (uri.reveal().lower().count(way) for way in _OTHER_WAYS)
        if every != scram:
            return None
        try:
            password = self._logins.password_of(uri)
        except Precondition:
            return None
        key = (address.user, address.database, password, address.where)
        if key not in self._tried:
            self._tried[key] = self._attempt(uri, address)
        return self._tried[key]

    def _attempt(self, uri: Secret, address: Address) -> Attempt:
        for _ in range(_IN_A_ROW):
            logins = self._logins.try_everywhere(uri)
            answers = {one.answer for one in logins}
            reason = next((one.reason for one in logins if one.reason), "")
            if LoginAnswer.ACCEPTED in answers and not reason:
                standing = Standing.WORKING
            elif answers == {LoginAnswer.REFUSED}:
                standing = Standing.REFUSED
                continue
            else:
                standing = Standing.UNKNOWN
            break
        return Attempt(user=address.user, where=address.where, standing=standing, reason=reason)

    def _address(self, uri: Secret) -> Address | None:
        if not uri.reveal().startswith("mongodb"):
            return None
        try:
            return self._logins.address(uri)
        except Precondition:
            return None


class RedisDoor:
    """The server of one of a target's secrets."""

    def __init__(self, house: House, settings: SecretSettings, own: Secret) -> None:
        self._servers = house.acl.through(settings.connect_map)
        try:
            self._where: str | None = self._servers.link(own).where
        except Precondition:
            self._where = None
        self._tried: dict[Secret, Attempt] = {}

    def attempt(self, uri: Secret) -> Attempt | None:
        """On one connection of its own; each URI once."""
        try:
            link = self._servers.link(uri)
        except Precondition:
            return None
        if link.where != self._where or not link.has_password:
            return None
        if uri not in self._tried:
            self._tried[uri] = self._attempt(uri, link.user, link.where)
        return self._tried[uri]

    def _attempt(self, uri: Secret, user: str, where: str) -> Attempt:
        for _ in range(_IN_A_ROW):
            login = self._servers.try_login(uri)
            if login.answer.refused:
                standing = Standing.REFUSED
                continue
            standing = Standing.WORKING if login.answer in _ALIVE else Standing.UNKNOWN
            break
        return Attempt(user=user, where=where, standing=standing, reason=login.reason)


def tried(
    house: House,
    repository: Repository,
    values: Sequence[Value],
    *,
    blobs: Collection[str],
    record: bool,
) -> tuple[Value, ...]:
    """The values, those judged anew that a login at our own database tells something of.

    Args:
        house: knows where our own database is.
        repository: has the URIs that passwords stand in.
        values: judged by what is known without asking.
        blobs: where they stand.
        record: whether a refusal goes to the evidence ledger.
    """
    open_ = [value for value in values if _is_open(value)]
    doors = tuple(_doors(house)) if open_ else ()
    if not doors:
        return tuple(values)
    stand_in = _uris(repository, blobs)
    found = {value.secret: _tried(house, value, stand_in, doors) for value in open_}
    proofs = [proof for _, proven in found.values() for proof in proven]
    if record and proofs:
        house.ledger().record(proofs, command="scrub")
    return tuple(found[value.secret][0] if value.secret in found else value for value in values)


def _is_open(value: Value) -> bool:
    """Whether a login could tell more than the ledger does."""
    if value.standing is Standing.REFUSED:
        return not value.entire and "://" in value.secret.reveal()
    return value.standing is not Standing.WORKING


def _tried(
    house: House, value: Value, stand_in: Collection[Secret], doors: Sequence[Door]
) -> tuple[Value, list[Proof]]:
    text = value.secret.reveal().strip()
    uris = [value.secret] if "://" in text else [uri for uri in stand_in if text in _parts(uri)]
    given = (door.attempt(uri) for uri in uris for door in doors)
    attempts = [one for one in given if one is not None]
    for one in attempts:
        if one.standing is Standing.WORKING:
            label = f"{value.label} (logs in as {one.user} at {one.where})"
            return replace(value, standing=Standing.WORKING, label=label), []
    silent = [one for one in attempts if one.standing is Standing.UNKNOWN]
    for one in silent[:1]:
        house.person.note(
            f"{value.label}: a login at {one.where} told nothing, so nobody knows whether it is "
            f"refused: {one.reason}"
        )
    if silent or not attempts:
        return value, []
    standing = Standing.REFUSED
    if "://" in text:  # the login is refused; other secrets in the URI are another matter
        options = [Value(secret=Secret(one), label=value.label) for one in options_of(text)]
        others = {one.standing for one in judged(house, options)}
        if not others <= {Standing.REFUSED, Standing.RETIRED}:
            return value, [one.proof for one in attempts]
        standing = Standing.RETIRED if Standing.RETIRED in others else Standing.REFUSED
    where = sorted({one.where for one in attempts})
    label = f"{value.label} (refused at {', '.join(where)})"
    proofs = {(one.user, one.where): one.proof for one in attempts}
    return replace(value, standing=standing, label=label), list(proofs.values())


def _parts(uri: Secret) -> frozenset[str]:
    """The password, as it stands and decoded."""
    return frozenset(forms(uri.reveal())).difference(whole(uri.reveal()))


def _uris(repository: Repository, blobs: Iterable[str]) -> tuple[Secret, ...]:
    """URIs of databases in these, each once."""
    found: dict[Secret, None] = {}
    for piece in repository.contents(sorted(blobs)):
        if isinstance(piece, Piece):
            for match in _URI.finditer(piece.content):
                found[Secret(match[0].decode("utf-8", "surrogateescape").rstrip(",;)"))] = None
    return tuple(found)


def _doors(house: House) -> Iterator[Door]:
    try:
        names = house.project().settings.targets
    except SettingsNotFound:
        return
    for name in names:
        target = house.target(name)
        values = house.env_values(target)
        yield MongoDoor(house, target)
        for settings in target.settings.secrets.values():
            own = values.get(settings.env)
            if settings.kind == "redis" and own is not None:
                yield RedisDoor(house, settings, own)


def _mongo_uris(house: House, target: Target) -> Iterator[Secret]:
    """Those that lead to our own database."""
    values = house.env_values(target)
    database = target.settings.database
    names = [database.uri.removeprefix(_ENV)] if database is not None else []
    names += [one.env for one in target.settings.secrets.values() if one.kind == "mongodb"]
    for name in names:
        told = values.get(name) or Secret(house.environment.get(name) or "")
        if len(told.reveal()) >= LEAST_BYTES:
            yield told
    admin = house.admin_uri(target)
    if admin is not None:
        yield admin


def _hosts(address: Address) -> frozenset[str]:
    return frozenset(address.where.lower().split(","))
