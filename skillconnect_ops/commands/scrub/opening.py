"""What opens a bundle."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.bundle import Folder
from skillconnect_ops.commands.scrub.errors import BundleGone
from skillconnect_ops.commands.scrub.model import Value
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.secret import Secret


def identities(folder: Folder, secret: Secret) -> Sequence[object]:
    """The private keys that a passphrase or an identity file comes to.

    Raises:
        BundleGone: it opens nothing.
    """
    text = secret.reveal()
    if not text:
        return ()
    try:
        wrapped = folder.wrapped
        if wrapped is not None and "AGE-SECRET-KEY-" not in text:
            text = age.with_passphrase(wrapped, secret).decode()
        return age.identities(text.encode())
    except age.NotAnAgeKey as error:
        why = "what was given is neither an age identity nor an SSH private key"
        raise BundleGone(folder.path, why=why) from error
    except ValueError as error:
        raise BundleGone(folder.path, why=f"what was given does not open it ({error})") from error


def key_of(house: House, kept: Folder, identity: Path | None) -> Secret:
    """What opens a bundle, as a text; empty where nothing is needed.

    Raises:
        BundleGone: there is none, or nobody said what opens it.
    """
    try:
        if not kept.about().sealed:
            return Secret("")
        if identity is not None:
            return Secret(house.disk.read(house.environment.folder / identity).decode())
    except (OSError, ValueError) as error:
        raise BundleGone(kept.path, why=str(error)) from error
    if kept.wrapped is None:
        raise BundleGone(
            kept.path,
            why="it is sealed to recipients",
            fix=house.person.again("--identity", "FILE"),
        )
    given = house.environment.get(bundle.PASSPHRASE)
    if given:
        return Secret(given)
    try:
        return house.person.ask_secret("passphrase of the bundle")
    except Refused as error:
        raise BundleGone(
            kept.path,
            why="it is sealed under a passphrase, and nobody can be asked",
            fix=f"export {bundle.PASSPHRASE}=…, and run it again",
        ) from error


def values_in(house: House, folder: Path, identity: Path | None) -> tuple[Value, ...]:
    """The values that a scrub took out, as its bundle keeps them.

    Raises:
        BundleGone: there is none, it cannot be opened, or it keeps no values.
    """
    held = Folder(folder, disk=house.disk)
    keys = identities(held, key_of(house, held, identity))
    try:
        with held.opened(bundle.VALUES, keys) as file:
            given = msgspec.msgpack.decode(file.read(), type=list[bytes])
    except (OSError, msgspec.DecodeError) as error:
        raise BundleGone(folder, why=f"it does not tell what was taken out ({error})") from error
    return tuple(
        Value(
            secret=Secret(data.decode("utf-8", "surrogateescape")),
            label=f"value {number} of the bundle",
        )
        for number, data in enumerate(given, 1)
    )
