"""Several apps on one user: when it goes, an app that nobody thought of goes with it.

Two things tell: who is connected as the user at this moment, by the names that the apps give
themselves; and the variables of the project's env files, of which two may name one user. Each app
must have its entry below `consumers`, so that it is reloaded and waited for; a variable that would
go on naming the old user has none.
"""

from collections.abc import Iterator, Sequence

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import SharedUser
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Fact, Known
from skillconnect_ops.core.ports.accounts import AccountSession, Address
from skillconnect_ops.core.ports.database import APP_NAME
from skillconnect_ops.core.settings.model import Target

UNNAMED = "one without appName"


def must_be_known(
    named: Named, user: str, sessions: Fact[tuple[AccountSession, ...]], *, target: str
) -> None:
    """Where more than one app is connected as the user, each has its entry.

    Raises:
        SharedUser: one has none.
    """
    if not isinstance(sessions, Known):
        return
    apps = {one.app_name or UNNAMED for one in sessions.value} - {APP_NAME}
    strangers = apps - {consumer.app_name for _, consumer in named.consumers}
    if len(apps) > 1 and strangers:
        raise SharedUser(
            user,
            why=f"connected as it are {', '.join(sorted(apps))}; without an entry in skc.yaml: "
            f"{', '.join(sorted(strangers))}",
            fix=f"add below targets.{target}.consumers in skc.yaml: NAME: {{app_name: …, reload: "
            "[…]}; better still, give each app a user of its own",
        )


def must_be_named_once(house: House, target: Target, named: Named, address: Address) -> None:
    """No other variable of the project's env files names the same user.

    Raises:
        SharedUser: one does, and would go on naming the old user.
    """
    others = sorted(set(_others(house, target, named, address)))
    if others:
        raise SharedUser(
            address.user,
            why=f"{named.settings.env} names it, and so does {', '.join(others)}, which would go "
            "on with the old password",
            fix="give each a user of its own, or remove the variable that nobody reads",
        )


def _others(house: House, target: Target, named: Named, address: Address) -> Iterator[str]:
    env = named.settings.env
    for name in sorted({*house.project().settings.targets, target.name}):
        other = target if name == target.name else house.target(name)
        same_file = bool(set(other.settings.env_files) & set(named.files))
        for variable in _same_user(house, other, address):
            if variable != env or not same_file:
                yield variable if other.name == target.name else f"{variable} of target {name}"


def _same_user(house: House, target: Target, address: Address) -> Sequence[str]:
    """The variables of a target that hold a connection string of that user at those hosts."""
    found = []
    try:
        values = house.env_values(target)
    except SkcError:  # another target's file, which is not this command's to judge
        return ()
    hosts = set(address.where.split(","))
    for variable, value in values.items():
        if not value.reveal().strip().startswith(("mongodb://", "mongodb+srv://")):
            continue
        try:
            one = house.logins(target).address(value)
        except SkcError:  # no user in it, or not to be read
            continue
        if one.user == address.user and hosts & set(one.where.split(",")):
            found.append(variable)
    return found
