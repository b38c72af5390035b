"""The effects of `init`: a file of the project is written, and this machine's key is listed."""

import stat
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.init.signer import EnrollSigner, SignerEnroll, ledger_of
from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.core.plan import Image, Proof, Step, Subject, Walk
from skillconnect_ops.core.view import count
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.kinds import KindOf


class EditedMeanwhile(NeedsPerson):
    """Somebody changed the file after it was written; their edit is not thrown away."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no longer what was written",
            why="somebody edited it in between, and undoing would lose that edit",
            fix=f"look at {path}; delete it yourself if nothing in it is needed",
        )


class FileWrite(Step, frozen=True, kw_only=True, tag="file.write"):
    """Give a file of the project this text."""

    path: str
    """Relative to the project's root."""
    text: str
    """No secret."""
    replaces: bool

    def says(self) -> str:
        """One line for the plan."""
        lines = count(self.text.count("\n"), "line")
        return f"{'replace' if self.replaces else 'write'} {self.path} ({lines})"


class WriteFile:
    """Carries out `file.write`. The old bytes, which may hold anything, lie in the escrow."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._root = root

    def before(self, step: FileWrite, walk: Walk) -> Image:
        """Whether the file is there, and its mode; its bytes go to the escrow."""
        path = self._root / step.path
        found = self._bytes(path)
        if found is None:
            return {"there": False}
        walk.escrow.put(step.key, found)
        return {"there": True, "mode": stat.S_IMODE(path.stat().st_mode), "digest": _digest(found)}

    def apply(self, step: FileWrite, walk: Walk) -> Mapping[str, Any]:
        """Write it, whole or not at all."""
        self._disk.replace(self._root / step.path, step.text.encode(), mode=0o644)
        return {"path": step.path, "bytes": len(step.text.encode())}

    def verify(self, step: FileWrite, walk: Walk) -> Sequence[Proof]:
        """Read it back."""
        holds = self._bytes(self._root / step.path) == step.text.encode()
        return [Proof(claim="file.written", subject={"path": step.path}, holds=holds)]

    def undo(self, step: FileWrite, image: Image, walk: Walk) -> None:
        """Put the old bytes back, or remove the file; not over somebody else's edit."""
        path = self._root / step.path
        found = self._bytes(path)
        old = walk.escrow.get(step.key) if image["there"] else None
        if found == old:
            return
        if found is not None and found != step.text.encode():
            raise EditedMeanwhile(path)
        if old is None:
            self._disk.remove(path)
        else:
            self._disk.replace(path, old, mode=int(image["mode"]))

    def _bytes(self, path: Path) -> bytes | None:
        try:
            return self._disk.read(path)
        except FileNotFoundError:
            return None


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _handler(house: House, subject: Subject) -> WriteFile:
    return WriteFile(house.disk, _root(subject))


def _enroll(house: House, subject: Subject) -> EnrollSigner:
    root = _root(subject)
    return EnrollSigner(root, ledger_of(house, root), house.disk)


def _root(subject: Subject) -> Path:
    return Path(subject.repository or ".")


KINDS: tuple[KindOf[House], ...] = (
    KindOf(FileWrite, _handler),
    KindOf(SignerEnroll, _enroll),
)
"""The kinds of step that this domain brings."""
