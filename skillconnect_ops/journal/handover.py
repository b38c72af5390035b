"""What another machine needs to go on with a run whose machine died, at a place both can reach.

At `LOCATION/<project>/<chain>/` lie, for one chain of plans:

- `key.age`: the chain's own key, wrapped (age) to recipients or under a passphrase;
- `<run>.<number>.sealed`: journal and escrow of one run, under a key derived from that one
  (ChaCha20-Poly1305, RFC 8439), as they were before its last effect;
- `fence-<number>.json`: who may act. The number only grows, each is made by exclusive creation,
  and whoever holds a lower one than the highest stops. The file of a machine that does not act
  any more is never taken away, so that a process which slept meanwhile finds it.

Between a look at the fence and the effect right after it lies a moment that no file can close: the
names at the server (a taken slot) and idempotent steps are what makes that one effect harmless.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from skillconnect_ops.core import age
from skillconnect_ops.core.errors import NeedsPerson, Precondition
from skillconnect_ops.core.plan import Clock, Person
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk

_NONCE_BYTES = 12
_KEY = "key.age"
_ENDED = "ended"
_FENCE, _SEALED = "fence-", ".sealed"
_MODE = 0o660
"""The mount says who may read; what lies there is sealed."""


class HandoverNotReady(Precondition):
    """The handover's place, or the key to lock it with, is not there; nothing was touched."""


class HandoverStops(NeedsPerson):
    """A run may not act any more on this machine, not even to put back what it did."""


class Fenced(HandoverStops):
    """Another machine has taken the run over."""


class HandoverGone(HandoverStops):
    """Whether another machine has taken the run over cannot be seen."""


class Handover(Struct, frozen=True, kw_only=True):
    """`handover:` of the settings."""

    location: Path
    root: Path
    """The project's folder on this machine."""
    project: str
    recipients: tuple[str, ...]
    """age recipients; none: a passphrase."""
    passphrase: Callable[[Person], Secret]
    """Gives the passphrase; asks, where no variable holds it."""


class Fence(Struct, frozen=True, kw_only=True):
    """Who may act since when; no secret."""

    number: int
    host: str
    root: str
    at: datetime


class Bundle(Struct, frozen=True, kw_only=True):
    """One run as it is handed over."""

    run: str
    chain: str
    number: int
    """The fence of whoever wrote it."""
    log: bytes
    """The journal's text."""
    escrow: Mapping[str, bytes]
    """The files of the chain's escrow, by name; each is encrypted as it lies there."""


class Relay(Protocol):
    """What the engine asks before it acts."""

    def share(self) -> None:
        """Bring journal and escrow to where another machine finds them; then `check`."""

    def check(self) -> None:
        """Whether this machine may still act.

        Raises:
            HandoverStops: it may not, or that cannot be seen.
        """


class Alone:
    """For a run that no other machine can take over."""

    def share(self) -> None:
        """Nothing."""

    def check(self) -> None:
        """Nobody else acts."""


class Mirror:
    """The place of one chain."""

    def __init__(self, handover: Handover, chain: str, *, disk: Disk, clock: Clock) -> None:
        self.chain = chain
        self.handover = handover
        self.folder = handover.location / handover.project / chain
        self._disk = disk
        self._clock = clock

    def make(self, wrapped: bytes) -> None:
        """Make the place, and put the wrapped key there; one that is there stays.

        Raises:
            OSError: it cannot be written.
        """
        for folder in (self.folder.parent, self.folder):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o770)
        if not (self.folder / _KEY).exists():
            self._disk.replace(self.folder / _KEY, wrapped, mode=_MODE)

    def wrapped_key(self) -> bytes:
        """The chain's key as it lies there.

        Raises:
            OSError: it is not there.
        """
        return self._disk.read(self.folder / _KEY)

    def raise_fence(self, number: int) -> None:
        """Take the number, or find that somebody else did.

        Raises:
            FileExistsError: somebody else did.
            OSError: it cannot be written.
        """
        fence = Fence(
            number=number,
            host=socket.gethostname(),
            root=str(self.handover.root),
            at=self._clock.now(),
        )
        with self._disk.writer(self._fence(number), mode=_MODE) as file:
            file.write(msgspec.json.encode(fence) + b"\n")

    def numbers(self) -> Sequence[int]:
        """All fences, lowest first.

        Raises:
            OSError: the place cannot be looked at.
        """
        names = [entry.name for entry in self.folder.iterdir()]
        found = (name for name in names if name.startswith(_FENCE))
        digits = (name.removeprefix(_FENCE).partition(".")[0] for name in found)
        return sorted(int(text) for text in digits if text.isascii() and text.isdigit())

    def whose(self, number: int) -> str:
        """Who holds a fence, for people."""
        try:
            fence = msgspec.json.decode(self._disk.read(self._fence(number)), type=Fence)
        except (OSError, msgspec.DecodeError):
            return "another machine"
        return f"{fence.host} ({fence.root}) at {fence.at:%FT%TZ}"

    @property
    def ended(self) -> bool:
        """Whether the chain came to its end on some machine."""
        return (self.folder / _ENDED).exists()

    def write(self, bundle: Bundle, key: bytes) -> None:
        """Put a run there, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - slow to load
            ChaCha20Poly1305,
        )

        nonce = os.urandom(_NONCE_BYTES)
        text = msgspec.json.encode(bundle)
        sealed = ChaCha20Poly1305(_derived(key)).encrypt(nonce, text, self._context(bundle.run))
        path = self.folder / f"{bundle.run}.{bundle.number:06}{_SEALED}"
        self._disk.replace(path, nonce + sealed, mode=_MODE)

    def runs(self) -> Mapping[str, Path]:
        """The newest sealed file of each run.

        Raises:
            OSError: the place cannot be looked at.
        """
        newest: dict[str, Path] = {}
        for name in sorted(entry.name for entry in self.folder.iterdir()):
            run, dot, number = name.removesuffix(_SEALED).rpartition(".")
            if name.endswith(_SEALED) and dot and number.isdigit():
                newest[run] = self.folder / name
        return newest

    def read(self, run: str, path: Path, key: bytes) -> Bundle | None:
        """Open a sealed file; None where the key does not fit or a byte of it was altered.

        Raises:
            OSError: it cannot be read.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to load
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            ChaCha20Poly1305,
        )

        sealed = self._disk.read(path)
        try:
            text = ChaCha20Poly1305(_derived(key)).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._context(run)
            )
            return msgspec.json.decode(text, type=Bundle)
        except (InvalidTag, ValueError, msgspec.DecodeError):
            return None

    def end(self, number: int) -> None:
        """Take away what is not needed any more; what tells a sleeping machine to stop stays.

        Raises:
            OSError: something could not be removed.
        """
        if self.numbers() == [number] and number == 1:
            self._disk.remove_tree(self.folder)
            return
        self._disk.replace(self.folder / _ENDED, b"", mode=_MODE)
        for name in self._disk.names(self.folder):
            if name == _KEY or name.endswith(_SEALED):
                self._disk.remove(self.folder / name)

    def _fence(self, number: int) -> Path:
        return self.folder / f"{_FENCE}{number:06}.json"

    def _context(self, run: str) -> bytes:
        return f"{self.handover.project}\0{self.chain}\0{run}".encode()


class Mirrored:
    """The relay of a run that another machine can take over."""

    def __init__(
        self, mirror: Mirror, *, number: int, bundle: Callable[[], tuple[Bundle, bytes]]
    ) -> None:
        self._mirror = mirror
        self._number = number
        self._bundle = bundle

    def share(self) -> None:
        """Seal journal and escrow as they are now; then `check`."""
        try:
            bundle, key = self._bundle()
            self._mirror.write(bundle, key)
        except OSError as error:
            self.check()  # a fence tells more than a write that failed
            raise self._gone(error) from error
        self.check()

    def check(self) -> None:
        """Look at the fence.

        Raises:
            Fenced: another machine has a higher number.
            HandoverGone: the place cannot be looked at.
        """
        try:
            numbers = self._mirror.numbers()
        except OSError as error:
            raise self._gone(error) from error
        if not numbers or numbers[-1] > self._number:
            who = self._mirror.whose(numbers[-1]) if numbers else "another machine"
            raise Fenced(
                "another machine has taken this run over",
                why=f"{who} goes on with it; nothing was undone here, and nothing more is done",
                fix=f"ask there how it ended; here: skc journal take {self._mirror.chain}"
                "   # takes it back",
            )

    def _gone(self, error: OSError) -> HandoverGone:
        why = explain(error, "reach the handover").why
        return HandoverGone(
            "the handover cannot be reached",
            why=f"{why}; another machine may have taken this run over, so that nothing more is "
            "done here, and nothing was put back",
            fix=f"bring {self._mirror.handover.location} back (or take `handover` out of skc.yaml, "
            "if no other machine has it), then do what `skc journal list --open` says",
        )


def wrap(key: bytes, handover: Handover, passphrase: Secret | None) -> bytes:
    """The chain's key, for whoever may take over.

    Args:
        key: the key.
        handover: to whose recipients.
        passphrase: under which, where there are no recipients.

    Raises:
        HandoverNotReady: a recipient is none, or the passphrase is empty.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    if not handover.recipients:
        if passphrase is None or not passphrase.reveal():
            raise HandoverNotReady(
                "the handover's passphrase is empty",
                why="what lies there would be open to everybody who may read the folder",
                fix="type one, or name recipients below backups in skc.yaml",
            )
        return bytes(pyrage.passphrase.encrypt(key, passphrase.reveal()))
    try:
        keys = age.recipients(handover.recipients)
    except age.NotAnAgeKey as error:
        raise HandoverNotReady(
            "the handover cannot be locked",
            why="one of the recipients below backups in skc.yaml is no age recipient",
            fix="age-keygen -y KEYFILE   # prints the recipient of a key",
        ) from error
    return bytes(pyrage.encrypt(key, list(keys)))


def needs_passphrase(wrapped: bytes) -> bool:
    """Whether a passphrase opens a wrapped key, not an identity (age's `scrypt` stanza)."""
    return b"\n-> scrypt " in wrapped[:200]


def unwrap(wrapped: bytes, secret: Secret) -> bytes | None:
    """The chain's key; None where the passphrase or the identities do not open it.

    Args:
        wrapped: `key.age`.
        secret: the passphrase, or the text of an age identity file or SSH private key.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    text = secret.reveal()
    try:
        if needs_passphrase(wrapped):
            return age.with_passphrase(wrapped, secret)
        return bytes(pyrage.decrypt(wrapped, list(age.identities(text.encode()))))
    except (pyrage.DecryptError, ValueError):
        return None


def must_be_ready(handover: Handover) -> None:
    """Look whether a run can be mirrored at all.

    Raises:
        HandoverNotReady: the place is no folder, lies in the repository, or takes no file.
    """
    place = handover.location
    fix = f"mount it, or choose another place for `handover` in skc.yaml than {place}"
    if place.resolve().is_relative_to(handover.root.resolve()):
        why = "it lies in the repository, which is committed, copied and cleaned"
        raise HandoverNotReady(f"the handover {place} cannot be used", why=why, fix=fix)
    probe = place / f".skc-{os.urandom(6).hex()}"
    try:
        # not made where it is missing: it would be the folder below a share that is not mounted
        with probe.open("xb") as file:
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as error:
        why = explain(error, "write there").why
        raise HandoverNotReady(
            f"the handover {place} cannot be written", why=why, fix=fix
        ) from error


def _derived(key: bytes) -> bytes:
    """A key for what lies there, apart from that of the escrow's values."""
    return blake2b(b"mirror", key=key, person=b"skc handover", digest_size=32).digest()
