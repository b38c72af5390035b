"""The step that writes a backup as a plain mongodump folder, for `mongorestore`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.backup.load import BackupDamaged
from skillconnect_ops.commands.backup.model import CollectionEntry, Manifest
from skillconnect_ops.commands.backup.mongodump_format import (
    data_stem,
    file_stem,
    folder_name,
    metadata,
)
from skillconnect_ops.commands.backup.restore_model import Source
from skillconnect_ops.commands.backup.restore_steps import opened
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.backup.stored import FileDamaged, entry_runs
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.database import CollectionKind
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk


class BackupExport(Step, frozen=True, kw_only=True, tag="backup.export"):
    """Write a backup as a mongodump folder."""

    source: Source
    to: str

    def says(self) -> str:
        """One line of the plan."""
        return f"write {self.source.backup} as a plain mongodump folder to {self.to}"


class ExportHandler:
    """Carries out `backup.export`; the folder gets its name when it is whole."""

    def __init__(self, *, disk: Disk) -> None:
        self._disk = disk

    def before(self, step: BackupExport, walk: Walk) -> Image:
        """Nothing is there; the plan saw to that."""
        return {}

    def apply(self, step: BackupExport, walk: Walk) -> Mapping[str, Any]:
        """Write everything into a folder beside, then rename it."""
        manifest, folder, keys = opened(step.source, self._disk)
        growing, to = _growing(step), Path(step.to)
        try:
            if _is_ours(to, manifest):
                return {"collections": len(manifest.collections)}  # the run that died got so far
            self._disk.remove_tree(growing)
            self._disk.make_private(growing)
            with walk.person.progress("exporting", total=manifest.size_bytes, unit="B") as ticker:
                for entry in manifest.collections:
                    self._entry(entry, folder, growing, keys)
                    ticker.advance(entry.size_bytes)
            self._prelude(manifest, growing)
            if to.exists():
                to.rmdir()
            self._disk.rename(growing, to)
        except OSError as cause:
            cause.filename = cause.filename or step.to
            raise explain(cause, f"write to {step.to}") from cause
        return {"collections": len(manifest.collections)}

    def verify(self, step: BackupExport, walk: Walk) -> Sequence[Proof]:
        """The folder's name is its proof: it gets it when it is whole."""
        return ()

    def undo(self, step: BackupExport, image: Image, walk: Walk) -> None:
        """Remove what was written; a folder that holds anything else is left alone."""
        self._disk.remove_tree(_growing(step))
        manifest, _, _ = opened(step.source, self._disk, keys=False)
        if _is_ours(Path(step.to), manifest):
            self._disk.remove_tree(Path(step.to))

    def _entry(
        self,
        entry: CollectionEntry,
        folder: Path,
        to: Path,
        keys: Sequence[Identity] | None,
    ) -> None:
        place = to / folder_name(entry.database)
        self._disk.make_private(place)
        with self._disk.writer(place / f"{file_stem(entry.name)}.metadata.json") as writer:
            writer.write(metadata(entry))
        if entry.kind is CollectionKind.VIEW:
            return
        name = f"{data_stem(entry.name, entry.kind)}.bson"
        try:
            with self._disk.writer(place / name) as writer:
                for run in entry_runs(folder, entry, identities=keys):
                    writer.write(run.documents)
        except FileDamaged as cause:
            raise BackupDamaged(
                f"{entry.file} of the backup is damaged",
                why=str(cause),
                fix="skc backup list   # choose another backup",
            ) from cause

    def _prelude(self, manifest: Manifest, to: Path) -> None:
        """What mongodump itself writes beside each database, so that tools know the server."""
        text = json.dumps({"ServerVersion": manifest.server.version, "ToolVersion": "skc"})
        for database in manifest.subject.databases:
            with self._disk.writer(to / folder_name(database) / "prelude.json") as writer:
                writer.write(text.encode())


def _is_ours(to: Path, manifest: Manifest) -> bool:
    """Whether a folder holds exactly the files of an export; it got its name when it was whole."""
    found = {path.relative_to(to).as_posix() for path in to.rglob("*") if not path.is_dir()}
    return found == set(_files(manifest))


def _files(manifest: Manifest) -> Iterator[str]:
    for database in manifest.subject.databases:
        yield f"{folder_name(database)}/prelude.json"
    for entry in manifest.collections:
        folder = folder_name(entry.database)
        yield f"{folder}/{file_stem(entry.name)}.metadata.json"
        if entry.kind is not CollectionKind.VIEW:
            yield f"{folder}/{data_stem(entry.name, entry.kind)}.bson"


def _growing(step: BackupExport) -> Path:
    to = Path(step.to)
    return to.with_name(f".{to.name}.skc-part")
