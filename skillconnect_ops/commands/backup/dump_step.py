"""The step that takes a backup: one reversible step whose commit is the manifest's rename."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

import skillconnect_ops
from skillconnect_ops.commands.backup.age_keys import recipients
from skillconnect_ops.commands.backup.compare import content_of
from skillconnect_ops.commands.backup.dump import Dumper, Listed
from skillconnect_ops.commands.backup.listing import Wanted, identity, list_wanted
from skillconnect_ops.commands.backup.manifest import ZEROS
from skillconnect_ops.commands.backup.model import (
    BackupSubject,
    CollectionEntry,
    Consistency,
    ConsistencyKind,
    Encryption,
    Manifest,
    ServerFacts,
    Tool,
)
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.house import Connected
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.database import (
    ClusterTime,
    CollectionGone,
    Database,
    DatabaseError,
    ServerLost,
    SnapshotTooOld,
    SnapshotUnavailable,
    Topology,
)
from skillconnect_ops.core.view import count, duration, size
from skillconnect_ops.core.view import listed as shown
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk

ATTEMPTS = 3
_SETTLE_S = 2.0
_LISTINGS = 5


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

    def says(self) -> str:
        """One line of the plan."""
        return self.sentence


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
        """The folder must not be there."""
        return {"present": (Path(step.location) / step.id).exists()}

    def apply(self, step: BackupDump, walk: Walk) -> Mapping[str, Any]:
        """Dump, and write the manifest last; a resumed dump begins anew."""
        repository = Repository(Path(step.location), disk=self._disk)
        started_at, started = walk.clock.now(), walk.clock.monotonic()
        try:
            with self._connect(step.target) as connected:
                server = connected.database.server()
                readout = self._readout(step, connected.database, walk, repository)
            manifest = repository.write_manifest(
                Manifest(
                    id=step.id,
                    subject=BackupSubject(
                        target=step.target,
                        cluster=step.cluster,
                        databases=tuple(sorted({one.database for one in readout.entries})),
                        complete=step.wanted.complete,
                    ),
                    started_at=started_at,
                    finished_at=walk.clock.now(),
                    seconds=round(walk.clock.monotonic() - started, 3),
                    tool=Tool(name="skc", version=skillconnect_ops.__version__),
                    server=ServerFacts(
                        version=server.version,
                        topology=server.topology,
                        set_name=server.set_name,
                    ),
                    consistency=readout.consistency,
                    compression=f"zstd:{step.level}",
                    encryption=_encryption(step.recipients),
                    documents=sum(entry.documents for entry in readout.entries),
                    size_bytes=sum(entry.size_bytes for entry in readout.entries),
                    stored_bytes=sum(entry.stored_bytes for entry in readout.entries),
                    collections=tuple(readout.entries),
                    journal=walk.id,
                    digest=ZEROS,
                )
            )
        except OSError as cause:
            raise explain(cause, f"write the backup to {step.location}") from cause
        return {"backup": manifest.id, "digest": manifest.digest}

    def verify(self, step: BackupDump, walk: Walk) -> Sequence[Proof]:
        """Read the manifest back, and see that every file is there and whole in size."""
        repository = Repository(Path(step.location), disk=self._disk)
        manifest = repository.get(step.id).manifest
        folder = repository.folder(step.id)
        holds = all(
            entry.file is None or (folder / entry.file).stat().st_size == entry.stored_bytes
            for entry in manifest.collections
        )
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
        return (Proof(claim="backup.taken", subject=subject, holds=holds, facts=facts),)

    def undo(self, step: BackupDump, image: Image, walk: Walk) -> None:
        """Remove the part that was written; a folder that was there before is not ours."""
        if not image["present"]:
            self._disk.remove_tree(Path(step.location) / step.id)

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
