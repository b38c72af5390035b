"""Whose user a connection string names, and by which way that user can be managed."""

from collections.abc import Sequence

from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NoAdmin
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.core.ports.accounts import AccountsAreManaged, Address
from skillconnect_ops.core.ports.atlas import PASSWORDS_LIVE_IN, is_of_atlas
from skillconnect_ops.core.settings.model import Target


def place_of(house: House, target: Target, named: Named) -> Address:
    """Where the user of a secret is, and where it is looked up.

    A connection string of Atlas need not say: DNS does, and it is the same for every user.

    Raises:
        MalformedUri: it cannot be read, or names no user.
    """
    address = house.logins(target).address(house.env_values(target)[named.settings.env])
    return replace(address, database=PASSWORDS_LIVE_IN) if is_managed(target) else address


def must_be_manageable(house: House, target: Target, secrets: Sequence[Named]) -> None:
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
    settings = target.settings.database
    variable = settings.admin_uri if settings is not None else "SKC_MONGO_ADMIN_URI"
    if not house.environment.get(variable):
        raise NoAdmin(variable)


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
