"""Keys of age: recipients from the settings, identities from a file."""

from collections.abc import Sequence
from pathlib import Path

import pyrage

from skillconnect_ops.commands.backup.sealing import Identity, Recipient
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
    return tuple(_recipient(text.strip()) for text in texts)


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
        if data.startswith(b"-----BEGIN"):
            return (pyrage.ssh.Identity.from_buffer(data),)
        lines = (line.strip() for line in data.decode().splitlines())
        keys = [line for line in lines if line and not line.startswith("#")]
        found = tuple(pyrage.x25519.Identity.from_str(key) for key in keys)
    except (pyrage.IdentityError, ValueError) as cause:
        raise _no_identity(file) from cause
    if not found:
        raise _no_identity(file)
    return found


def _recipient(text: str) -> Recipient:
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        recipient: Recipient = kind.Recipient.from_str(text)
    except (pyrage.RecipientError, ValueError) as cause:
        raise RecipientInvalid(
            f"{text[:20]}… is not an age recipient",
            why="backups.recipients takes `age1…` or SSH public keys",
            fix="age-keygen -y KEYFILE   # prints the recipient of a key",
        ) from cause
    return recipient


def _no_identity(file: Path) -> IdentityInvalid:
    return IdentityInvalid(
        f"{file} holds no age identity",
        why="neither a line `AGE-SECRET-KEY-1…` nor an SSH private key without a passphrase",
        fix="--identity FILE   # the file that `age-keygen -o FILE` wrote",
    )
