"""The step that removes a backup; there is no way back, so prunes have only such steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.backup.repository import MANIFEST
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.view import size
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk


class BackupPrune(Step, frozen=True, kw_only=True, tag="backup.prune"):
    """Remove one backup, or what a dead run left of one."""

    location: str
    id: str
    stored_bytes: int | None
    """None for a leftover."""

    def says(self) -> str:
        """One line of the plan."""
        what = "unfinished" if self.stored_bytes is None else size(self.stored_bytes)
        return f"remove {self.id} ({what})"


class PruneHandler:
    """Carries out `backup.prune`."""

    def __init__(self, *, disk: Disk) -> None:
        self._disk = disk

    def before(self, step: BackupPrune, walk: Walk) -> Image:
        """There is no way back."""
        return {}

    def apply(self, step: BackupPrune, walk: Walk) -> Mapping[str, Any]:
        """The manifest first: from then on it is no backup, whatever happens."""
        folder = Path(step.location) / step.id
        try:
            self._disk.remove(folder / MANIFEST)
            self._disk.remove_tree(folder)
        except OSError as cause:
            raise explain(cause, f"remove {folder}") from cause
        return {"freed_bytes": step.stored_bytes or 0}

    def verify(self, step: BackupPrune, walk: Walk) -> Sequence[Proof]:
        """It must be gone; the evidence says which."""
        gone = not (Path(step.location) / step.id).exists()
        subject = {"location": step.location, "backup": step.id}
        return (Proof(claim="backup.removed", subject=subject, holds=gone),)

    def undo(self, step: BackupPrune, image: Image, walk: Walk) -> None:
        """Never called: final steps only go forward."""
