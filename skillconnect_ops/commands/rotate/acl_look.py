"""Looks at the user of a key-value server that a secret is of, and says how it is renewed."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.acl_plan import AclStanding, Way
from skillconnect_ops.commands.rotate.acl_server import managed, removing
from skillconnect_ops.commands.rotate.errors import (
    AdminIsTheUser,
    DefaultUser,
    NoAdmin,
    NoPassword,
    NoUser,
    OneAclUser,
    SlotTaken,
)
from skillconnect_ops.commands.rotate.model import Named, slots
from skillconnect_ops.core.ports.acl import (
    DEFAULT_USER,
    AcceptsAnyPassword,
    Acl,
    AclIsManaged,
    AclLink,
    AclTooOld,
    AclUser,
)
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target


def standing(house: House, target: Target, named: Named) -> AclStanding:
    """The user as the server has it now; nothing is changed.

    Raises:
        AclError: the URI cannot be read; no answer; the administrator is refused or may not look;
            the server would forget its users at a restart.
        Precondition: no user, no password, no administrator.
        SlotTaken: the successor's name is a user already.
    """
    with _opened(house, target, named) as (acl, link):
        acl.persistence()
        try:
            found = acl.find(link.user)
        except (AclTooOld, AclIsManaged):
            if not named.settings.in_place:
                raise
            acl.default_password()
            return _standing(link, Way.INSTEAD)
        if found is None:
            raise NoUser(
                f"{link.where} knows no user '{link.user}'",
                why=f"{named.settings.env} names it; perhaps it was never saved, or lives on "
                "another node",
                fix=f"see ACL LIST, or correct {named.settings.env}",
            )
        if not named.settings.in_place:
            _must_be_free(acl, link.user)
            return _standing(link, Way.SUCCESSOR, found)
        if found.any_password:
            raise AcceptsAnyPassword(
                f"the user '{link.user}' on {link.where} is let in with any password (nopass)",
                why="a first password would lock out every client that gives none or another",
                fix="give the app a user of its own, and take `in_place` out of skc.yaml",
            )
        return _standing(link, Way.BESIDE, found)


def try_to_save(house: House, target: Target, named: Named) -> None:
    """See that the server can keep what is changed, before anything is.

    Raises:
        NotPersistent: it cannot.
    """
    with _opened(house, target, named) as (acl, _):
        acl.can_persist()


def must_be_apart(found: Sequence[tuple[str, AclStanding]]) -> None:
    """No two secrets are of one user.

    Args:
        found: the secrets by name, and whose they are.

    Raises:
        OneAclUser: two are.
    """
    owners = dict[tuple[str, str], str]()
    for name, one in found:
        first = owners.setdefault((one.where, one.user), name)
        if first != name:
            raise OneAclUser(one.user, secrets=(first, name))


@contextmanager
def _opened(house: House, target: Target, named: Named) -> Iterator[tuple[Acl, AclLink]]:
    """An administrator's connection, and whom the app's own URI names."""
    settings = named.settings
    own = house.env_values(target).get(settings.env, Secret(""))
    link = house.acl.link(own)
    if not link.has_password:
        raise NoPassword(settings.env)
    if not settings.in_place:
        _need_another(house, named, link.user)
    ways = (own,) if settings.in_place else ()
    with ExitStack() as opened:
        yield (
            opened.enter_context(managed(house, settings, user=link.user, own=ways)),
            link,
        )


def _need_another(house: House, named: Named, user: str) -> None:
    """A successor is made by somebody else than the user itself."""
    variable = named.settings.admin_uri
    if user == DEFAULT_USER:
        raise DefaultUser(named.name, named.settings.env)
    given = house.environment.get(variable)
    if not given:
        raise NoAdmin(variable, like="redis://ADMIN:PASSWORD@HOST:6379")
    if house.acl.link(Secret(given)).user == user:
        raise AdminIsTheUser(variable, user=user, secret=named.name)


def _must_be_free(acl: Acl, user: str) -> None:
    successor = slots(user).next
    if acl.find(successor) is not None:
        raise SlotTaken(successor, current=user, remove=removing(successor))


def _standing(link: AclLink, way: Way, user: AclUser | None = None) -> AclStanding:
    if user is None:
        return AclStanding(where=link.where, user=link.user, way=way)
    return AclStanding(
        where=link.where,
        user=user.name,
        way=way,
        rights=_digest(user),
        enabled=user.enabled,
        passwords=user.passwords,
    )


def _digest(user: AclUser) -> str:
    """Of its rights alone: a digest of what holds its passwords would let anybody try guesses."""
    rights = user.rights
    parts = [sorted(rights.flags), rights.keys, rights.channels, rights.commands, rights.selectors]
    plain = msgspec.json.encode([[ascii(word) for word in part] for part in parts])
    return sha256(plain).hexdigest()
