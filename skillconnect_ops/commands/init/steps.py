"""The effects of `init`: files of the project are written, and this machine's key is listed."""

import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.init.insertion import Insertion
from skillconnect_ops.commands.init.signer import EnrollSigner, SignerEnroll, ledger_of
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Subject, Walk
from skillconnect_ops.core.view import count
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.kinds import KindOf
from skillconnect_ops.journal.writing import EditedMeanwhile, WriteFile


class FileWrite(Step, frozen=True, kw_only=True, tag="file.write"):
    """Give a file of the project this text."""

    path: str
    """Relative to the project's root."""
    text: str
    """No secret."""
    replaces: bool
    diff: str = ""
    """What is shown of it, where the file is none that a command is about."""

    def says(self) -> str:
        """One line for the plan."""
        lines = count(self.text.count("\n"), "line")
        return f"{'replace' if self.replaces else 'write'} {self.path} ({lines})"

    def below(self) -> str:
        """The diff."""
        return self.diff


class LinesInsert(Step, frozen=True, kw_only=True, tag="lines.insert"):
    """Put lines into a file of the project. What it holds else, which may be secret, stays out."""

    path: str
    """Relative to the project's root."""
    insertion: Insertion
    was: str
    """The SHA-256 of all its bytes before, and afterwards."""
    becomes: str

    def says(self) -> str:
        """One line for the plan."""
        lines = count(len(self.insertion.text.strip().splitlines()), "line")
        return f"add {lines} to {self.path}, after line {self.insertion.line}"

    def below(self) -> str:
        """The lines."""
        return "".join(f"+{line}\n" for line in self.insertion.text.splitlines())


class FileIsAnother(Precondition):
    """A file is no longer the one that the plan was made from."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} has changed since the plan was made",
            why="the lines belong to the text that they were made for",
            fix="skc init with the same options, and look at the new plan",
        )


class WriteInFolder:
    """As `WriteFile`, in a folder that need not be there; undo takes those away that it made."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self._file = WriteFile(disk, root)
        self._root = root

    def before(self, step: FileWrite, walk: Walk) -> Image:
        """Of the file, and which folders are missing; the outermost first."""
        missing = [
            folder.as_posix()
            for folder in reversed(Path(step.path).parents)
            if not (self._root / folder).exists()
        ]
        return {**self._file.before(step, walk), "missing": missing}

    def apply(self, step: FileWrite, walk: Walk) -> Mapping[str, Any]:
        """Make the folders, then write the file."""
        (self._root / step.path).parent.mkdir(parents=True, exist_ok=True)
        return self._file.apply(step, walk)

    def verify(self, step: FileWrite, walk: Walk) -> Sequence[Proof]:
        """Read it back."""
        return self._file.verify(step, walk)

    def undo(self, step: FileWrite, image: Image, walk: Walk) -> None:
        """Put the file back, and remove the folders again in which nobody put anything since."""
        if (self._root / step.path).parent.is_dir():
            self._file.undo(step, image, walk)
        for folder in reversed(image.get("missing", ())):
            with suppress(OSError):  # gone, or not empty
                (self._root / folder).rmdir()


class InsertLines:
    """Carries out a `LinesInsert`. The old bytes, which may hold anything, lie in the escrow."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._root = root

    def before(self, step: LinesInsert, walk: Walk) -> Image:
        """The mode; the bytes go to the escrow."""
        path = self._root / step.path
        data = self._disk.read(path)
        if _digest(data) not in {step.was, step.becomes}:
            raise FileIsAnother(step.path)
        walk.escrow.put(step.key, data)
        return {"mode": stat.S_IMODE(path.stat().st_mode)}

    def apply(self, step: LinesInsert, walk: Walk) -> Mapping[str, Any]:
        """Write the file, whole or not at all; a run that died may have done so already."""
        path = self._root / step.path
        data = self._disk.read(path)
        if _digest(data) != step.becomes:
            if _digest(data) != step.was:
                raise FileIsAnother(step.path)
            after = step.insertion.into(data)
            self._disk.replace(path, after, mode=stat.S_IMODE(path.stat().st_mode))
        return {"path": step.path}

    def verify(self, step: LinesInsert, walk: Walk) -> Sequence[Proof]:
        """Read it back."""
        holds = _digest(self._disk.read(self._root / step.path)) == step.becomes
        return [Proof(claim="file.written", subject={"path": step.path}, holds=holds)]

    def undo(self, step: LinesInsert, image: Image, walk: Walk) -> None:
        """Put the old bytes back; not over somebody else's edit."""
        path = self._root / step.path
        try:
            found = self._disk.read(path)
        except FileNotFoundError as error:
            raise EditedMeanwhile(path) from error
        if _digest(found) == step.was:
            return
        old = walk.escrow.get(step.key)
        if _digest(found) != step.becomes or old is None:
            raise EditedMeanwhile(path)
        self._disk.replace(path, old, mode=int(image["mode"]))


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _handler(house: House, subject: Subject) -> WriteInFolder:
    return WriteInFolder(house.disk, _root(subject))


def _insert(house: House, subject: Subject) -> InsertLines:
    return InsertLines(house.disk, _root(subject))


def _enroll(house: House, subject: Subject) -> EnrollSigner:
    root = _root(subject)
    return EnrollSigner(root, ledger_of(house, root), house.disk)


def _root(subject: Subject) -> Path:
    return Path(subject.repository or ".")


KINDS: tuple[KindOf[House], ...] = (
    KindOf(FileWrite, _handler),
    KindOf(LinesInsert, _insert),
    KindOf(SignerEnroll, _enroll),
)
"""The kinds of step that this domain brings."""
