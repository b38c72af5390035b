"""What is in a handover, who can open it, and how it is opened."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.scene import Scene
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import Precondition, Refused
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explained

SCHEMA = "skc/incident-handover/1"
VARIABLE = "SKC_HANDOVER_PASSPHRASE"
LEDGERS = ("evidence", "retired")


class NotAHandover(Precondition):
    """The file is none, or of another project or version."""


class WrongKey(Precondition):
    """What was given does not open it."""


class Inside(Struct, frozen=True, kw_only=True):
    """What is sealed."""

    chains: Mapping[str, bytes]
    """`evidence/<writer>.jsonl` -> its bytes."""
    files: Mapping[str, bytes]
    """What was kept in private, by name."""


class Outside(Struct, frozen=True, kw_only=True):
    """What anybody can read of it."""

    schema: str
    project: str
    incident: str
    person: str
    machine: str
    at: datetime
    key: str | None
    """The key of its own, under a passphrase; None where recipients open it."""
    sealed: str


def seal(scene: Scene) -> tuple[tuple[Any, ...], bytes | None]:
    """Who can open it: recipients, and the key of its own where a passphrase opens that."""
    backups = scene.target.settings.backups
    if backups is not None and backups.recipients:
        return age.recipients(backups.recipients), None
    import pyrage  # noqa: PLC0415 - slow to load

    own = pyrage.x25519.Identity.generate()
    typed = _passphrase(scene.house, twice=True)
    return (own.to_public(),), bytes(pyrage.passphrase.encrypt(str(own).encode(), typed.reveal()))


def _passphrase(house: House, *, twice: bool) -> Secret:
    given = house.environment.get(VARIABLE)
    if given:
        return Secret(given)
    try:
        typed = house.person.ask_secret("passphrase for the handover")
        again = house.person.ask_secret("the same once more") if twice else typed
    except Refused as error:
        error.fix = f"export {VARIABLE}, or name recipients below backups in skc.yaml"
        raise
    if typed.reveal() != again.reveal():
        raise WrongKey(
            "the two passphrases are not the same",
            why="with a mistyped one nobody could take it",
            fix="type it again",
        )
    return typed


def encrypted(data: bytes, recipients: tuple[Any, ...]) -> bytes:
    """Data as only these recipients can open it (age)."""
    import pyrage  # noqa: PLC0415 - slow to load

    return bytes(pyrage.encrypt(data, list(recipients)))


def opened(house: House, outside: Outside, identity: Path | None) -> Inside:
    """What is in a handover, by a passphrase, an identity file, or a key that is typed.

    Raises:
        WrongKey: what was given does not open it.
        NotAHandover: what is in it is none, or would come to lie elsewhere.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    try:
        keys = _keys(house, outside, identity)
        clear = bytes(pyrage.decrypt(base64.b64decode(outside.sealed), list(keys)))
        inside = msgspec.msgpack.decode(clear, type=Inside)
    except (pyrage.DecryptError, age.WrongPassphrase, age.NotAnAgeKey, ValueError) as error:
        raise WrongKey(
            "what was given does not open the handover",
            why="it is another key, or the file was damaged on the way",
            fix="ask who sent it which key it was sealed to",
        ) from error
    except msgspec.DecodeError as error:
        raise NotAHandover(
            "what is in the handover cannot be read",
            why=str(error),
            fix="pip install --upgrade skillconnect-ops",
        ) from error
    _must_be_names(inside)
    return inside


def _keys(house: House, outside: Outside, identity: Path | None) -> tuple[Any, ...]:
    if outside.key is not None:
        typed = _passphrase(house, twice=False)
        return age.identities(age.with_passphrase(base64.b64decode(outside.key), typed))
    if identity is None:
        text = house.person.ask_secret("age identity (AGE-SECRET-KEY-1…)").reveal().encode()
    else:
        with explained(f"read the identity file {identity}"):
            text = (house.environment.folder / identity).read_bytes()
    return age.identities(text)


def _must_be_names(inside: Inside) -> None:
    """Nothing in it may come to lie elsewhere: whoever can seal is not whoever may write there."""

    def plain(name: str) -> bool:
        return bool(name) and "/" not in name and not name.startswith(".") and name.isprintable()

    def of_ledger(name: str) -> bool:
        folder, _, file = name.partition("/")
        return folder in LEDGERS and plain(file) and file.endswith(".jsonl")

    tests: tuple[tuple[Mapping[str, bytes], Callable[[str], bool]], ...] = (
        (inside.chains, of_ledger),
        (inside.files, plain),
    )
    for names, fits in tests:
        for name in names:
            if not fits(name):
                raise NotAHandover(
                    "the handover has a file that does not belong in one",
                    why=f"its name is {name[:60]!r}",
                    fix="ask who sent it",
                )
