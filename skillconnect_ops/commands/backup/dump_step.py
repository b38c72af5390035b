"""The step that takes a backup: one reversible step whose commit is the manifest's rename."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import skillconnect_ops
from skillconnect_ops.commands.backup.dump import Listed
from skillconnect_ops.commands.backup.listing import Wanted
from skillconnect_ops.commands.backup.manifest import ZEROS
from skillconnect_ops.commands.backup.model import (
    BackupSubject,
    Encryption,
    Manifest,
    ServerFacts,
    Tool,
)
from skillconnect_ops.commands.backup.readout import Reading, Readout
from skillconnect_ops.commands.backup.repository import MANIFEST, Repository
from skillconnect_ops.commands.house import Connected
from skillconnect_ops.core.errors import Precondition, SkcError
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.database import Server
from skillconnect_ops.core.view import count, duration, size
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk


class BackupDump(Step, frozen=True, kw_only=True, tag="backup.dump"):
    """Dump what is wanted into the location's folder of that id."""

    id: str
    location: str
    target: str
    cluster: str
    wanted: Wanted
    level: int
    recipients: tuple[str, ...]
    allow_fuzzy: bool
    sentence: str
    safety: bool = False

    def says(self) -> str:
        """One line of the plan."""
        return self.sentence


class IdTaken(Precondition):
    """Two runs chose the same id."""


class DumpHandler:
    """Carries out `backup.dump`."""

    def __init__(
        self,
        *,
        connect: Callable[[str], AbstractContextManager[Connected]],
        disk: Disk,
    ) -> None:
        self._connect = connect
        self._disk = disk

    def before(self, step: BackupDump, walk: Walk) -> Image:
        """The folder must not be there; one that is there is another run's.

        Raises:
            IdTaken: it is there.
        """
        folder = Path(step.location) / step.id
        if folder.exists():
            raise IdTaken(
                f"there is a backup {step.id} already",
                why="another run began in the same second",
                fix="skc backup   # again, a second later",
            )
        return {}

    def apply(self, step: BackupDump, walk: Walk) -> Mapping[str, Any]:
        """Dump, and write the manifest last; a resumed dump begins anew."""
        repository = Repository(Path(step.location), disk=self._disk)
        reading = Reading(
            folder=repository.folder(step.id),
            wanted=step.wanted,
            keys=step.recipients,
            level=step.level,
            allow_fuzzy=step.allow_fuzzy,
            disk=self._disk,
        )
        started_at, started = walk.clock.now(), walk.clock.monotonic()
        try:
            with self._connect(step.target) as connected:
                server = connected.database.server()
                readout = reading.read(connected.database, walk)
            ended_at, seconds = walk.clock.now(), round(walk.clock.monotonic() - started, 3)
            manifest = repository.write_manifest(
                _manifest(
                    step,
                    readout,
                    server=server,
                    between=(started_at, ended_at),
                    seconds=seconds,
                    journal=walk.id,
                )
            )
        except OSError as cause:
            cause.filename = cause.filename or step.location
            raise explain(cause, f"write the backup to {step.location}") from cause
        return {"backup": manifest.id, "digest": manifest.digest}

    def verify(self, step: BackupDump, walk: Walk) -> Sequence[Proof]:
        """Read the manifest back, and see that every file is there and whole in size."""
        repository = Repository(Path(step.location), disk=self._disk)
        manifest = repository.get(step.id).manifest
        facts = {
            "backup": manifest.id,
            "digest": manifest.digest,
            "documents": manifest.documents,
            "size_bytes": manifest.size_bytes,
            "consistency": manifest.consistency.kind.value,
            "encrypted": manifest.encryption is not None,
        }
        subject = {
            "target": step.target,
            "cluster": step.cluster,
            "databases": list(manifest.subject.databases),
            "complete": manifest.subject.complete,
        }
        return (
            Proof(claim="backup.taken", subject=subject, holds=self._is_whole(step), facts=facts),
        )

    def undo(self, step: BackupDump, image: Image, walk: Walk) -> None:
        """Remove the part that was written, the manifest first: from then on it is no backup.

        The manifest's rename is the commit. A run that died right after it left a whole backup,
        which others may have seen, drilled and trusted since: that one stays.
        """
        folder = Path(step.location) / step.id
        if self._is_whole(step):
            walk.person.note(f"{step.id} is whole: it stays")
            return
        self._disk.remove(folder / MANIFEST)
        self._disk.remove_tree(folder)

    def _is_whole(self, step: BackupDump) -> bool:
        """Whether the manifest is sound and every file is there, of the size it should have."""
        repository = Repository(Path(step.location), disk=self._disk)
        folder = repository.folder(step.id)
        try:
            manifest = repository.get(step.id).manifest
            return all(
                entry.file is None or (folder / entry.file).stat().st_size == entry.stored_bytes
                for entry in manifest.collections
            )
        except (SkcError, OSError):
            return False


def _manifest(
    step: BackupDump,
    readout: Readout,
    *,
    server: Server,
    between: tuple[datetime, datetime],
    seconds: float,
    journal: str,
) -> Manifest:
    entries = readout.entries
    return Manifest(
        id=step.id,
        subject=BackupSubject(
            target=step.target,
            cluster=step.cluster,
            databases=tuple(sorted({one.database for one in entries})),
            complete=step.wanted.complete,
            safety=step.safety,
            only=step.wanted.collections,
            without=step.wanted.exclude,
        ),
        started_at=between[0],
        finished_at=between[1],
        seconds=seconds,
        tool=Tool(name="skc", version=skillconnect_ops.__version__),
        server=ServerFacts(
            version=server.version, topology=server.topology, set_name=server.set_name
        ),
        consistency=readout.consistency,
        compression=f"zstd:{step.level}",
        encryption=_encryption(step.recipients),
        documents=sum(entry.documents for entry in entries),
        size_bytes=sum(entry.size_bytes for entry in entries),
        stored_bytes=sum(entry.stored_bytes for entry in entries),
        collections=tuple(entries),
        journal=journal,
        digest=ZEROS,
    )


def _encryption(keys: Sequence[str]) -> Encryption | None:
    return Encryption(kind="age", recipients=tuple(keys)) if keys else None


def sentence(listed: Sequence[Listed], expected_s: float, *, fuzzy: bool, folder: str) -> str:
    """What the plan says of the step."""
    how = "one after the other" if fuzzy else "at one cluster time"
    total = sum(one.size.size_bytes for one in listed)
    return (
        f"dump {count(len(listed), 'collection')} ({size(total)}, about {duration(expected_s)}) "
        f"{how} to {folder}"
    )
