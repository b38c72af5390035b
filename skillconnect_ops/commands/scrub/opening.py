"""What opens a bundle."""

from collections.abc import Sequence

from skillconnect_ops.commands.scrub.bundle import Folder
from skillconnect_ops.commands.scrub.errors import BundleGone
from skillconnect_ops.core.secret import Secret


def identities(folder: Folder, secret: Secret) -> Sequence[object]:
    """The private keys that a passphrase or an identity file comes to.

    Raises:
        BundleGone: it opens nothing.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    text = secret.reveal()
    if not text:
        return ()
    try:
        wrapped = folder.wrapped
        if wrapped is not None and "AGE-SECRET-KEY-" not in text:
            text = pyrage.passphrase.decrypt(wrapped, text).decode()
        if text.lstrip().startswith("-----BEGIN"):
            return (pyrage.ssh.Identity.from_buffer(text.encode()),)
        lines = (line.strip() for line in text.splitlines())
        return [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line.startswith("AGE-SECRET-KEY-")
        ]
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError) as error:
        raise BundleGone(folder.path, why=f"what was given does not open it ({error})") from error
