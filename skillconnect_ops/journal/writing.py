"""Carries out the step that every command has which writes a file of the project for a person."""

import stat
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.core.plan import Image, Proof, Walk
from skillconnect_ops.disk.files import Disk


class Writing(Protocol):
    """A step that gives a file of the project a text; the text holds no secret."""

    @property
    def key(self) -> str:
        """The step's key."""

    @property
    def path(self) -> str:
        """The file, relative to the project's root."""

    @property
    def text(self) -> str:
        """All of it."""


class EditedMeanwhile(NeedsPerson):
    """Somebody changed the file after it was written; their edit is not thrown away."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no longer what was written",
            why="somebody edited it in between, and undoing would lose that edit",
            fix=f"look at {path}; delete it yourself if nothing in it is needed",
        )


class WriteFile:
    """Carries out a `Writing`. The old bytes, which may hold anything, lie in the escrow."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._root = root

    def before(self, step: Writing, walk: Walk) -> Image:
        """Whether the file is there, and its mode; its bytes go to the escrow."""
        path = self._root / step.path
        found = self._bytes(path)
        if found is None:
            return {"there": False}
        walk.escrow.put(step.key, found)
        return {"there": True, "mode": stat.S_IMODE(path.stat().st_mode), "digest": _digest(found)}

    def apply(self, step: Writing, walk: Walk) -> Mapping[str, Any]:
        """Write it, whole or not at all."""
        self._disk.replace(self._root / step.path, step.text.encode(), mode=0o644)
        return {"path": step.path, "bytes": len(step.text.encode())}

    def verify(self, step: Writing, walk: Walk) -> Sequence[Proof]:
        """Read it back."""
        holds = self._bytes(self._root / step.path) == step.text.encode()
        return [Proof(claim="file.written", subject={"path": step.path}, holds=holds)]

    def undo(self, step: Writing, image: Image, walk: Walk) -> None:
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
