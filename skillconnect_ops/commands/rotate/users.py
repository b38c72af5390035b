"""Whose user a connection string names, and by which way that user can be managed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NoAdmin
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.core.ports.accounts import (
    Account,
    Accounts,
    AccountsAreManaged,
    Address,
)
from skillconnect_ops.core.ports.atlas import USERS_LIVE_IN, is_of_atlas
from skillconnect_ops.core.settings.model import Target

_FILE = "   # or put it into a file: --admin-uri-file FILE"
_OWN_PASSWORD = frozenset({"changeOwnPassword", "changePassword", "anyAction"})


def place_of(house: House, target: Target, named: Named) -> Address:
    """Where the user of a secret is, and where it is looked up.

    A connection string of Atlas need not say: DNS does, and it is the same for every user.

    Raises:
        MalformedUri: it cannot be read, or names no user.
    """
    address = house.logins(target).address(house.env_values(target)[named.settings.env])
    return replace(address, database=USERS_LIVE_IN) if is_managed(target) else address


def rights_of(account: Account) -> str:
    """A digest of a user's roles and restrictions."""
    roles = sorted(account.roles, key=lambda role: (role.database, role.name))
    plain = msgspec.json.encode([roles, account.restrictions, sorted(account.mechanisms)])
    return sha256(plain).hexdigest()


def must_be_manageable(
    house: House, target: Target, secrets: Sequence[Named], *, lockdown: bool
) -> None:
    """There is somebody to manage the users with: Atlas' own interface there, else an admin.

    Raises:
        AccountsAreManaged: Atlas keeps the users, and its interface is not set up.
        NoAdmin: no administrator is named.
        MalformedUri: a connection string cannot be read.
    """
    if is_managed(target):
        return
    for one in secrets:
        if one.kind is Kind.MONGODB:
            where = place_of(house, target, one).where
            if any(is_of_atlas(host) for host in where.split(",")):
                raise managed_by_atlas(target.name, one.settings.env, where)
    if has_admin(house, target):
        return
    for one in secrets:
        if one.kind is Kind.MONGODB:
            if lockdown or not one.settings.in_place:
                raise NoAdmin(admin_variable(target), or_else=_FILE)
            _must_change_own_password(house, target, one)


def admin_variable(target: Target) -> str:
    """The variable that an administrator's URI is looked for in."""
    settings = target.settings.database
    return settings.admin_uri if settings is not None else "SKC_MONGO_ADMIN_URI"


def has_admin(house: House, target: Target) -> bool:
    """Whether an administrator is named."""
    return house.admin_uri(target) is not None


def stale_admin(house: House, target: Target, secrets: Sequence[Named]) -> str | None:
    """A line on the administrator's variable, where that very user's password is changed."""
    variable = admin_variable(target)
    uri = house.admin_uri(target)
    if uri is None or is_managed(target):
        return None
    own = house.logins(target).address(uri)
    for one in secrets:
        if one.kind is Kind.MONGODB and one.settings.in_place:
            place = place_of(house, target, one)
            if (place.user, place.database) == (own.user, own.database):
                env = one.settings.env
                return f"{variable} holds the old password from then on: export what {env} has"
    return None


def managing(house: House, target: Target, named: Named) -> AbstractContextManager[Accounts]:
    """Whoever manages the user of a secret: Atlas, an administrator, else the user itself."""
    if is_managed(target) or has_admin(house, target):
        return house.accounts(target)
    return house.accounts(target, uri=house.env_values(target)[named.settings.env])


def _must_change_own_password(house: House, target: Target, named: Named) -> None:
    """Without an administrator the user changes its own; that is a right of its own.

    Raises:
        NoAdmin: it has not that right.
    """
    uri, settings = house.env_values(target)[named.settings.env], target.settings.database
    with house.connect(uri, settings=settings) as database:
        allowed = {action for one in database.privileges() for action in one.actions}
    if not allowed & _OWN_PASSWORD:
        user = place_of(house, target, named).user
        raise NoAdmin(admin_variable(target), but=f"{user} lacks changeOwnPassword", or_else=_FILE)


def managed_by_atlas(target: str, env: str, where: str) -> AccountsAreManaged:
    """The server's own commands are of no use there."""
    return AccountsAreManaged(
        f"the user of {env} is not renewed by the server's own commands",
        why=f"{where} belongs to Atlas, which rolls back every change of users that was not made "
        "through its own interface",
        fix=f"add below targets.{target}.database in skc.yaml: atlas: {{group_id: PROJECT_ID, "
        "credentials: SKC_ATLAS}; then export SKC_ATLAS=CLIENT_ID:CLIENT_SECRET of a service "
        "account that is Project Database Access Admin, and see: skc doctor",
    )
