"""Users and connections that nobody here knows; pure, but for asking what is known.

Known is who stands in an env file, is the administrator, or was made by a rotation that a listed
signer recorded. Who is not known may still be the reporting job: a person decides.
"""

from collections.abc import Iterable

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.census import Census, ConnectionSeen, UserSeen
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.database import APP_NAME
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target

_MADE = frozenset({"credential.accepted", "user.same_rights"})
_SCHEMES = ("mongodb://", "mongodb+srv://")


class Acquaintance(Struct, frozen=True, kw_only=True):
    """Whom this project knows."""

    users: frozenset[str]
    """Names, wherever they are looked up."""
    apps: frozenset[str]
    """What known programs call themselves; none where `consumers` names no `app_name`."""


class Strangers(Struct, frozen=True, kw_only=True):
    """Whom it does not know."""

    users: tuple[UserSeen, ...] = ()
    connections: tuple[ConnectionSeen, ...] = ()


def known_to(house: House, target: Target) -> Acquaintance:
    """Whom the project knows; what cannot be read makes nobody known."""
    users: set[str] = set()
    project = house.project()
    for name in project.settings.targets:
        other = house.target(name)
        users |= set(_named(house, other, _values(house, other)))
        admin = house.admin_uri(other)
        users |= set(_named(house, other, [admin] if admin is not None else []))
    try:
        for record in house.ledger().read():
            made = record.proven and record.holds and record.claim in _MADE
            if made and isinstance(record.subject.get("user"), str):
                users.add(record.subject["user"])
    except SkcError:
        pass  # an unreadable ledger vouches for nobody
    apps = {one.app_name for one in target.settings.consumers.values() if one.app_name}
    return Acquaintance(users=frozenset(users), apps=frozenset(apps))


def strangers(census: Census, known: Acquaintance) -> Strangers:
    """Whom of a census nobody knows; connections of ours are none."""
    users = census.users.value if isinstance(census.users, Known) else ()
    connections = census.connections.value if isinstance(census.connections, Known) else ()
    return Strangers(
        users=tuple(one for one in users if one.name not in known.users),
        connections=tuple(one for one in connections if _is_strange(one, known)),
    )


def _is_strange(one: ConnectionSeen, known: Acquaintance) -> bool:
    if one.app_name == APP_NAME or one.user is None:
        return False  # ours, or one that has shown no password and so may do nothing
    name = one.user.rpartition("@")[0]
    if name.startswith("__"):
        return False  # the members of the set among themselves
    return name not in known.users or (bool(known.apps) and one.app_name not in known.apps)


def _values(house: House, target: Target) -> list[Secret]:
    try:
        return list(house.env_values(target).values())
    except SkcError:
        return []


def _named(house: House, target: Target, values: Iterable[Secret]) -> Iterable[str]:
    for value in values:
        if value.reveal().strip().startswith(_SCHEMES):
            try:
                yield house.logins(target).address(value).user
            except SkcError:
                continue
