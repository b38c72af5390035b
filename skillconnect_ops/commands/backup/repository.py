"""The folder that backups lie in: one folder each, complete once its manifest is there."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.backup.ids import is_backup_id
from skillconnect_ops.commands.backup.manifest import (
    ManifestDamaged,
    ManifestIsNewer,
    decode_drill,
    decode_manifest,
    encode,
)
from skillconnect_ops.commands.backup.model import Drill, Leftover, Manifest, Stored
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.disk.errors import explain, explained
from skillconnect_ops.disk.files import Disk

MANIFEST = "manifest.json"
DRILLS = "drills"
LATEST = "latest"


class NoSuchBackup(Precondition):
    """No backup has that id."""


class Repository:
    """The backups of one location."""

    def __init__(self, location: Path, *, disk: Disk, target: str | None = None) -> None:
        """Look at a location.

        Args:
            location: the folder; it need not be there.
            disk: reads and writes.
            target: whose newest backup `latest` means; None for that of any.
        """
        self.location = location
        self._target = target
        self._disk = disk

    def folder(self, identity: str) -> Path:
        """Where a backup of that id lies, or would."""
        return self.location / identity

    def ids(self) -> Sequence[str]:
        """The ids of all folders that look like backups, oldest first."""
        with explained(f"read the backups in {self.location}"):
            return [name for name in self._disk.names(self.location) if is_backup_id(name)]

    def look(self) -> tuple[list[Stored], list[Leftover]]:
        """Every backup, and every folder that looks like one and is none; newest first."""
        stored: list[Stored] = []
        leftovers: list[Leftover] = []
        for identity in reversed(self.ids()):
            try:
                stored.append(self._read(identity))
            except FileNotFoundError:
                reason = "unfinished: it has no manifest"
                leftovers.append(Leftover(id=identity, reason=reason, damaged=False))
            except (ManifestDamaged, ManifestIsNewer) as error:
                reason = f"{error.what}: {error.why}"
                leftovers.append(Leftover(id=identity, reason=reason, damaged=True))
            except OSError as error:
                reason = f"it cannot be read: {error.strerror}"
                leftovers.append(Leftover(id=identity, reason=reason, damaged=True))
        return stored, leftovers

    def get(self, identity: str) -> Stored:
        """One backup, by its id or as `latest`.

        Raises:
            NoSuchBackup: there is none of that id; the nearest ids are named.
            ManifestDamaged: its manifest is not what was written.
            ManifestIsNewer: a later version of skc wrote it.
        """
        if identity == LATEST:
            return self._latest()
        if is_backup_id(identity):
            try:
                return self._read(identity)
            except FileNotFoundError as cause:
                if self.folder(identity).is_dir():
                    raise self._unfinished(identity) from cause
            except OSError as cause:
                raise explain(cause, f"read {self.folder(identity)}") from cause
        raise self._unknown(identity)

    def write_manifest(self, manifest: Manifest) -> Manifest:
        """Put the manifest in place, which makes the folder a backup; gives it with its digest."""
        data = encode(manifest)
        self._disk.replace(self.folder(manifest.id) / MANIFEST, data)
        return decode_manifest(data, name=MANIFEST)

    def write_drill(self, drill: Drill) -> Drill:
        """Put a verdict beside its backup; gives it with its digest."""
        data = encode(drill)
        folder = self.folder(drill.backup) / DRILLS
        self._disk.make_private(folder)
        name = f"{drill.at:%Y-%m-%dT%H-%M-%S-%fZ}.json"
        self._disk.replace(folder / name, data)
        return decode_drill(data, name=name)

    def drills(self, identity: str) -> Sequence[str]:
        """The file names of a backup's verdicts, oldest first."""
        names = self._disk.names(self.folder(identity) / DRILLS)
        return [name for name in names if name.endswith(".json")]

    def read_drill(self, identity: str, name: str) -> Drill:
        """One verdict.

        Raises:
            ManifestDamaged: it is not what was written.
        """
        data = self._disk.read(self.folder(identity) / DRILLS / name)
        return decode_drill(data, name=f"{identity}/{DRILLS}/{name}")

    def _latest(self) -> Stored:
        stored, leftovers = self.look()
        for one in stored:
            subject = one.manifest.subject
            if self._target in {None, subject.target} and not subject.safety:
                self._refuse_damaged_newer(one, leftovers)
                return one
        found = f"{len(stored)} backups of other targets, {len(leftovers)} unfinished or damaged"
        raise NoSuchBackup(
            "there is no backup yet" + (f" of {self._target}" if self._target else ""),
            why=f"{self.location} holds {found}",
            fix="skc backup",
        )

    def _refuse_damaged_newer(self, latest: Stored, leftovers: Sequence[Leftover]) -> None:
        """`latest` must not step over a newer one in silence because that one is damaged."""
        newer = [one for one in leftovers if one.damaged and one.id > latest.manifest.id]
        if newer:
            raise ManifestDamaged(
                f"the newest backup, {newer[0].id}, is damaged",
                why=f"{newer[0].reason}; the newest sound one is {latest.manifest.id}",
                fix=f"name the one you mean, for example {latest.manifest.id}",
            )

    def _read(self, identity: str) -> Stored:
        data = self._disk.read(self.folder(identity) / MANIFEST)
        manifest = decode_manifest(data, name=f"{identity}/{MANIFEST}")
        if manifest.id != identity:
            raise ManifestDamaged(
                f"{identity} holds the manifest of {manifest.id}",
                why="the folder was renamed or files were mixed",
                fix=f"mv {identity} {manifest.id}",
            )
        return Stored(manifest=manifest, drill=self._newest_drill(manifest))

    def _newest_drill(self, manifest: Manifest) -> Drill | None:
        """The newest verdict about exactly this manifest; a damaged one counts for nothing."""
        for name in reversed(self.drills(manifest.id)):
            try:
                drill = self.read_drill(manifest.id, name)
            except (ManifestDamaged, ManifestIsNewer, OSError):
                continue
            if (drill.backup, drill.manifest) == (manifest.id, manifest.digest):
                return drill
        return None

    def _unfinished(self, identity: str) -> NoSuchBackup:
        return NoSuchBackup(
            f"{identity} is no backup",
            why="it has no manifest: the run that began it did not finish",
            fix="skc backup list   # choose another one",
        )

    def _unknown(self, identity: str) -> NoSuchBackup:
        known = self.ids()
        near = difflib.get_close_matches(identity, known, n=1, cutoff=0.5)
        why = f"{self.location} holds {len(known)} backups"
        if near:
            why += f"; the nearest is {near[0]}"
        return NoSuchBackup(
            f"there is no backup {identity}", why=why, fix="skc backup list   # shows the ids"
        )
