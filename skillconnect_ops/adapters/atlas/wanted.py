"""What a user of Atlas cannot have, said before Atlas is asked; pure."""

from datetime import datetime, timedelta

from skillconnect_ops.adapters.atlas.shapes import written
from skillconnect_ops.core.ports.accounts import Account, AccountError
from skillconnect_ops.core.ports.atlas import USERS_LIVE_IN

CERTIFICATES_LIVE_IN = "$external"
LONGEST_EXPIRY = timedelta(days=7)


class ExpiryOutOfRange(AccountError):
    """A user can be told to delete itself within a week, and not later."""


class NotForAtlas(AccountError):
    """The account has what a user of Atlas cannot have."""


def check_account(account: Account) -> None:
    """Whether Atlas can hold the account as it is.

    Raises:
        NotForAtlas: it lives elsewhere, or has what would be lost without a word.
    """
    if account.database != USERS_LIVE_IN:
        raise NotForAtlas(
            f"a user of Atlas with a password cannot live in the database '{account.database}'",
            why=f"Atlas looks all of them up in '{USERS_LIVE_IN}'",
            fix="write authSource=admin into the URI",
        )
    parts = {
        "authentication restrictions": account.restrictions,
        "custom data": account.custom_data,
    }
    lost = [name for name, there in parts.items() if there]
    if lost:
        raise NotForAtlas(
            f"the user '{account.name}' cannot be made on Atlas as it is",
            why=f"it has {' and '.join(lost)}, which users of Atlas have not",
            fix="limit addresses by the project's Network Access instead",
        )


def check_expiry(at: datetime | None, *, now: datetime) -> None:
    """Whether a user can be told to delete itself then.

    Raises:
        ExpiryOutOfRange: it is past, or more than a week ahead.
    """
    if at is not None and not timedelta() < at - now <= LONGEST_EXPIRY:
        raise ExpiryOutOfRange(
            f"a user cannot be told to delete itself at {written(at)}",
            why="Atlas takes a time in the next 7 days",
            fix="name an earlier time; see whether this machine's clock is right",
        )
