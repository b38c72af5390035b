"""Keys of age as people write them down: recipients (https://age-encryption.org), identities."""

from collections.abc import Sequence
from typing import Any


class NotAnAgeKey(ValueError):
    """A text is no key of age; the text is left out, since it may be a private one."""


def recipients(texts: Sequence[str]) -> tuple[Any, ...]:
    """Public keys, as pyrage holds them.

    Args:
        texts: each `age1…`, or an SSH public key.

    Raises:
        NotAnAgeKey: one is neither.
    """
    if not texts:
        return ()
    import pyrage  # noqa: PLC0415 - slow to load

    found = []
    for number, text in enumerate(map(str.strip, texts), 1):
        kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(text))
        except (pyrage.RecipientError, ValueError) as error:
            what = f"{text[:20]}…" if text.startswith(("age1", "ssh-")) else f"number {number}"
            raise NotAnAgeKey(what) from error
    return tuple(found)


def identities(text: bytes) -> tuple[Any, ...]:
    """Private keys, as pyrage holds them; at least one.

    Args:
        text: an age identity file (a key a line, comments with `#`), or an SSH private key
            without a passphrase.

    Raises:
        NotAnAgeKey: neither, or no key is in it.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    try:
        if text.lstrip().startswith(b"-----BEGIN"):
            return (pyrage.ssh.Identity.from_buffer(text),)
        lines = (line.strip() for line in text.decode().splitlines())
        keys = [line for line in lines if line and not line.startswith("#")]
        found = tuple(pyrage.x25519.Identity.from_str(key) for key in keys)
    except (pyrage.IdentityError, ValueError) as error:
        raise NotAnAgeKey("the text") from error
    if not found:
        raise NotAnAgeKey("the text")
    return found
