"""What opens a bundle."""

from collections.abc import Sequence

from skillconnect_ops.commands.scrub.bundle import Folder
from skillconnect_ops.commands.scrub.errors import BundleGone
from skillconnect_ops.core import age
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
        return age.identities(text.encode())
    except age.NotAnAgeKey as error:
        why = "what was given is neither an age identity nor an SSH private key"
        raise BundleGone(folder.path, why=why) from error
    except (pyrage.DecryptError, ValueError) as error:
        raise BundleGone(folder.path, why=f"what was given does not open it ({error})") from error
