"""The bundle: all that the repository was, outside of it, sealed.

A folder of its own. It holds `history` (a git bundle of all refs, and of what reflogs reach),
`unreached` (a pack of what these do not reach, as a stash that was dropped, where there is any),
`state` (the refs as they stood, and the git folder's own files), `values` (what was to go, so that
it can be proven later that it is gone), `commit-map` and `object-map` (old and new ids; no secret
in them), and `scrub.json`. What is sealed ends in `.age`.
"""

import contextlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.bundles import ABOUT, About
from skillconnect_ops.commands.scrub.errors import FolderTaken
from skillconnect_ops.core import age
from skillconnect_ops.core.ports.rewriting import Ref
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk

KEPT_DAYS = 30
PASSPHRASE = "SKC_SCRUB_PASSPHRASE"  # noqa: S105 - a variable's name
HISTORY, UNREACHED, STATE, VALUES = "history", "unreached", "state", "values"
COMMITS, OBJECTS = "commit-map", "object-map"
FIRST = "first-changed"
"""Commits that were made anew, and none of whose parents were; an id a line."""
_KEY = "key.age"
_SEALED = ".age"
FILES = "files.json"
"""As what the git folder's files were left."""
PERHAPS, NAMES, STORES = "perhaps-gone", "names", "stores"
"""Until the old objects are gone: what goes if nothing else leads to it; names, to pack well; what
objects lay in before they were looked at, and what was made and is of no use."""
_PARTS = (
    *(name for part in (HISTORY, UNREACHED, STATE, VALUES) for name in (part, f"{part}{_SEALED}")),
    *(COMMITS, OBJECTS, ABOUT, _KEY, FIRST, FILES, PERHAPS, NAMES, STORES),
)


class Kept(Struct, frozen=True, kw_only=True):
    """What the git folder said besides its objects."""

    refs: tuple[Ref, ...]
    head: str | None
    files: Mapping[str, bytes]
    """By their names relative to the git folder."""
    modes: Mapping[str, int]


class Seal(Struct, frozen=True, kw_only=True):
    """Who can open what is written."""

    recipients: tuple[str, ...] = ()
    """Age public keys."""
    wrapped: bytes | None = None
    """The text of a private key, under a passphrase."""

    @property
    def is_open(self) -> bool:
        """Whether anybody can."""
        return not self.recipients


def under_passphrase(passphrase: Secret) -> Seal:
    """A key of its own, which the passphrase opens."""
    import pyrage  # noqa: PLC0415 - slow to load

    identity = pyrage.x25519.Identity.generate()
    wrapped = pyrage.passphrase.encrypt(str(identity).encode(), passphrase.reveal())
    return Seal(recipients=(str(identity.to_public()),), wrapped=bytes(wrapped))


class Folder:
    """One bundle's folder.

    Args:
        path: where it is.
        disk: durable files.
    """

    def __init__(self, path: Path, *, disk: Disk) -> None:
        self.path = path
        self._disk = disk

    def make(self, about: About, seal: Seal) -> None:
        """Begin it.

        Raises:
            FolderTaken: something else lies there.
        """
        self.must_be_free(about.repository)
        self._disk.make_private(self.path)
        if seal.wrapped is not None:
            self._disk.replace(self.path / _KEY, seal.wrapped)
        self.note(about)

    def note(self, about: About) -> None:
        """Write what it is."""
        self._disk.replace(self.path / ABOUT, msgspec.json.format(msgspec.json.encode(about)))

    def about(self) -> About:
        """What it is."""
        return msgspec.json.decode(self._disk.read(self.path / ABOUT), type=About)

    def write(self, name: str, source: IO[bytes], seal: Seal) -> int:
        """Write one part, sealed; gives its size in bytes."""
        target = self.path / f"{name}{'' if seal.is_open else _SEALED}"
        target.unlink(missing_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if seal.is_open:
                while part := source.read(1 << 20):
                    file.write(part)
            else:
                _encrypt(source, file, seal.recipients)
            file.flush()
            os.fsync(file.fileno())
        return target.stat().st_size

    def write_map(self, name: str, ids: Mapping[str, str]) -> None:
        """Write old and new ids, a pair a line."""
        lines = "".join(f"{old} {new}\n" for old, new in sorted(ids.items()))
        self._disk.replace(self.path / name, lines.encode())

    def read_map(self, name: str) -> dict[str, str]:
        """Old and new ids; none where it is done with already."""
        try:
            lines = self._disk.read(self.path / name).decode().splitlines()
        except FileNotFoundError:
            return {}
        return {old: new for old, _, new in (line.partition(" ") for line in lines)}

    @property
    def wrapped(self) -> bytes | None:
        """The private key under a passphrase, where it is sealed so."""
        try:
            return self._disk.read(self.path / _KEY)
        except FileNotFoundError:
            return None

    def holds(self, name: str) -> bool:
        """Whether that part was written."""
        return any((self.path / each).exists() for each in (name, f"{name}{_SEALED}"))

    @contextmanager
    def opened(self, name: str, identities: Sequence[object]) -> Iterator[IO[bytes]]:
        """One part in clear, in a file that has no name."""
        plain, sealed = self.path / name, self.path / f"{name}{_SEALED}"
        if plain.exists():
            with plain.open("rb") as file:
                yield file
            return
        import pyrage  # noqa: PLC0415 - slow to load

        with tempfile.TemporaryFile() as clear:
            with sealed.open("rb") as file:
                pyrage.decrypt_io(file, clear, list(identities))
            clear.seek(0)
            yield clear

    def must_be_ours(self) -> None:
        """Nothing but a bundle may lie there.

        Raises:
            FolderTaken: something does.
        """
        names = self._disk.names(self.path)
        others = [name for name in names if name != _KEY and not _is_stray(name)]
        if others and ABOUT not in names:
            raise FolderTaken(self.path, why="the bundle goes into a folder of its own")

    def must_be_free(self, repository: str) -> None:
        """Nor may a bundle that somebody may need; what a death left can be written over.

        Raises:
            FolderTaken: something lies there.
        """
        self.must_be_ours()
        with contextlib.suppress(FileNotFoundError):
            about = self.about()
            if about.done:
                raise FolderTaken(self.path, why=f"it holds the bundle of {about.made:%Y-%m-%d}")
            if about.repository != repository:
                raise FolderTaken(self.path, why=f"it holds a bundle of {about.repository}")

    def remove(self) -> None:
        """What was written here, and the folder where nothing else is in it."""
        for name in _PARTS:
            self._disk.remove(self.path / name)
            self._disk.sweep(self.path / name)
        with contextlib.suppress(OSError):
            self.path.rmdir()


def _is_stray(name: str) -> bool:
    """Whether a death left it: a part that was being written."""
    return any(name.startswith(f".{part}.") and name.endswith(".skc") for part in _PARTS)


def packed(kept: Kept) -> IO[bytes]:
    """As one tar: `refs.json`, and the files below `git/`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        head = msgspec.json.encode(
            {"refs": [[ref.name, ref.oid, ref.leads_to] for ref in kept.refs], "head": kept.head}
        )
        _add(tar, "refs.json", head, 0o600)
        for name, content in kept.files.items():
            _add(tar, f"git/{name}", content, kept.modes[name])
    out.seek(0)
    return out


def unpacked(file: IO[bytes]) -> Kept:
    """What `packed` made."""
    files: dict[str, bytes] = {}
    modes: dict[str, int] = {}
    head: dict[str, object] = {}
    with tarfile.open(fileobj=file, mode="r:") as tar:
        for member in tar:
            held = tar.extractfile(member)
            content = held.read() if held is not None else b""
            if member.name == "refs.json":
                head = msgspec.json.decode(content)
            else:
                name = member.name.removeprefix("git/")
                files[name], modes[name] = content, member.mode
    refs = msgspec.convert(head["refs"], type=list[tuple[str, str, str | None]])
    return Kept(
        refs=tuple(Ref(name=name, oid=oid, leads_to=to) for name, oid, to in refs),
        head=msgspec.convert(head["head"], type=str | None),
        files=files,
        modes=modes,
    )


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))


def _encrypt(source: IO[bytes], sink: IO[bytes], recipients: Sequence[str]) -> None:
    import pyrage  # noqa: PLC0415 - slow to load

    pyrage.encrypt_io(source, sink, list(age.recipients(recipients)))
