"""Keys of age: recipients from the settings, identities from a file."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.backup.sealing import Identity, Recipient
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import Precondition


class RecipientInvalid(Precondition):
    """Not an age recipient."""


class IdentityInvalid(Precondition):
    """No file of age identities."""


class IdentityMissing(Precondition):
    """An encrypted backup, and no identity to open it with."""


class IdentityWrong(Precondition):
    """An identity that is none of the recipients'."""


def recipients(texts: Sequence[str]) -> tuple[Recipient, ...]:
    """The public keys that backups are encrypted to.

    Raises:
        RecipientInvalid: one of them is neither `age1…` nor an SSH public key.
    """
    try:
        return age.recipients(texts)
    except age.NotAnAgeKey as cause:
        raise RecipientInvalid(
            f"{cause} is not an age recipient",
            why="backups.recipients takes `age1…` or SSH public keys",
            fix="age-keygen -y KEYFILE   # prints the recipient of a key",
        ) from cause


def identities(file: Path) -> tuple[Identity, ...]:
    """The private keys in an age identity file, or in an unencrypted SSH private key.

    Raises:
        IdentityInvalid: the file cannot be read, or holds no such key.
    """
    try:
        data = file.read_bytes()
    except OSError as cause:
        raise IdentityInvalid(
            f"cannot read the identity file {file}",
            why=cause.strerror or "it cannot be opened",
            fix="--identity FILE   # the file that `age-keygen -o FILE` wrote",
        ) from cause
    try:
        return age.identities(data)
    except age.NotAnAgeKey as cause:
        raise IdentityInvalid(
            f"{file} holds no age identity",
            why="neither a line `AGE-SECRET-KEY-1…` nor an SSH private key without a passphrase",
            fix="--identity FILE   # the file that `age-keygen -o FILE` wrote",
        ) from cause
