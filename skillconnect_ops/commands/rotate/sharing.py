"""Several apps on one user: when it goes, an app that nobody thought of goes with it.

Two things tell: who is connected as the user at this moment, by the names that the apps give
themselves; and the variables of the project's env files, of which two may name one user. Each app
must have its entry below `consumers`, so that it is reloaded and waited for; a variable that would
go on naming the old user has none. Where the user's credential leaked, neither stops anything:
a stranger among them may be the very reason. It is said then, before anybody agrees.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import SharedUser
from skillconnect_ops.commands.rotate.loaded import consumers_of
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.commands.rotate.users import has_admin
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.accounts import Accounts, AccountSession, Address, NotShown
from skillconnect_ops.core.ports.database import APP_NAME
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import listed
from skillconnect_ops.journal.model import Ask, Consent, TypeName

UNNAMED = "one without appName"


def connected(
    house: House, target: Target, accounts: Accounts, *, uri: Secret, user: str, database: str
) -> Fact[tuple[AccountSession, ...]]:
    """Who is connected as a user.

    Args:
        house: the house.
        target: whose user it is.
        accounts: whoever manages it; where that one may not look, the user itself may.
        uri: its own credential.
        user: its name.
        database: where it is looked up.
    """
    seen = accounts.sessions(user, database)
    itself = not is_managed(target) and not has_admin(house, target)
    if isinstance(seen, NotShown) and not is_managed(target):
        try:
            with house.accounts(target, uri=uri) as own:
                mine = own.sessions(user, database)
        except SkcError:  # its credential opens nothing any more
            return seen
        itself, seen = True, mine if isinstance(mine, Known) else seen
    if isinstance(seen, Known) and itself:  # then we are among them; else nobody hides so
        return Known(tuple(one for one in seen.value if one.app_name != APP_NAME))
    return seen


def crowd(
    named: Named,
    user: str,
    seen: Fact[tuple[AccountSession, ...]],
    *,
    target: str,
    leaked: bool,
) -> tuple[str, ...]:
    """What a plan says of who is connected as the user; where it leaked, nobody stops it.

    Raises:
        SharedUser: several apps are, and one of them has no entry.
    """
    if isinstance(seen, Missing):
        return (unobservable(user, seen),)
    known = {consumer.app_name for _, consumer in named.consumers}
    apps = {one.app_name or UNNAMED for one in seen.value}
    strangers = apps - known
    if leaked:
        who = sorted({said(one) for one in seen.value if (one.app_name or UNNAMED) in strangers})
        if not who:
            return ()
        strange = f"connected as {user}, and known to skc.yaml by no app_name: {listed(who)}"
        return (f"{strange}; whoever it is, is cut off when {user} goes",)
    if len(apps) > 1 and strangers:
        raise SharedUser(
            user,
            why=f"connected as it are {', '.join(sorted(apps))}; without an entry in skc.yaml: "
            f"{', '.join(sorted(strangers))}",
            fix=f"add below targets.{target}.consumers in skc.yaml: NAME: {{app_name: …, reload: "
            "[…]}; better still, give each app a user of its own",
        )
    return ()


def said(one: AccountSession) -> str:
    """A connection in a word."""
    return f"{one.app_name or 'unnamed'} from {one.client}"


def unobservable(user: str, seen: Missing) -> str:
    """What a plan says where nobody can look."""
    return (
        f"who is connected as {user} is not observable: {seen.reason}; an app that nobody thought "
        "of is cut off with it"
    )


class Going(Struct, frozen=True, kw_only=True):
    """A user that goes, or whose password does."""

    secret: str
    user: str
    seen: Fact[tuple[AccountSession, ...]]
    """Who is connected as it."""


def consent(target: Target, going: Sequence[Going]) -> Consent:
    """A yes; the target's name where users go whose connections nobody can see.

    The settings may make up for it: they name the apps of each, and how each of those is reached.
    It is reloaded by its command, or its health answer is asked.

    Args:
        target: whose users they are.
        going: those users.
    """
    blind = [
        one.user
        for one in going
        if isinstance(one.seen, Missing) and not _reached(target, one.secret)
    ]
    if not blind:
        return Ask()
    return TypeName(target.name, does=f"cuts off whoever still uses {listed(blind)} in")


def last_words(going: Sequence[Going], *, cut_off: bool) -> tuple[str, ...]:
    """What the plan says that ends old users: who is connected as one of them at this moment."""
    end = "cut off once the wait is over" if cut_off else "waited for"
    return tuple(
        f"connected as {one.user} now, and {end}: "
        + listed(sorted({said(each) for each in one.seen.value}))
        for one in going
        if isinstance(one.seen, Known) and one.seen.value
    )


def _reached(target: Target, secret: str) -> bool:
    readers = consumers_of(target, secret).values()
    return bool(readers) and all(one.reload or one.health for one in readers)


def also_named(
    house: House, target: Target, named: Named, address: Address, *, leaked: bool
) -> tuple[str, ...]:
    """What a plan says of other variables of the project's env files that name the same user.

    Raises:
        SharedUser: one does, and would go on naming the old user; where that one leaked it goes
            nevertheless.
    """
    others = sorted(set(_others(house, target, named, address)))
    if not others:
        return ()
    if leaked:
        left = f"{', '.join(others)}: names {address.user} as well, and is not renewed with "
        return (f"{left}{named.settings.env}; what reads it is cut off when {address.user} goes",)
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
        # Atlas looks all of them up in one database, whatever a connection string says
        same = one.user == address.user and (is_managed(target) or one.database == address.database)
        if same and hosts & set(one.where.split(",")):
            found.append(variable)
    return found
