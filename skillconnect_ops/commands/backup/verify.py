"""Reads every byte of a backup again and says what is not as it was written."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.backup.manifest import ManifestDamaged, ManifestIsNewer
from skillconnect_ops.commands.backup.model import CollectionEntry, Manifest
from skillconnect_ops.commands.backup.repository import DRILLS, MANIFEST, Repository
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.backup.stored import (
    PIECE,
    FileDamaged,
    StoredReader,
    entry_runs,
)
from skillconnect_ops.core.finding import Finding, Severity, fingerprint

WORKERS = 2
LARGE_BYTES = 1 << 20
"""Collections of documents of this size are read one after the other, to save memory."""


class Checked(Struct, frozen=True, kw_only=True):
    """What a verification saw."""

    files: int
    documents: int
    size_bytes: int
    damaged: tuple[str, ...]
    """What is wrong with files that a restore reads."""
    opened: bool
    """Whether the documents were walked, not only the stored bytes hashed."""
    findings: tuple[Finding, ...]


class CheckStopped(Exception):
    """The check was given up; whoever gave it up says why."""


class _File(Struct, frozen=True, kw_only=True):
    name: str
    fault: str | None
    documents: int = 0
    size_bytes: int = 0


def check(
    repository: Repository,
    manifest: Manifest,
    *,
    identities: Sequence[Identity] | None,
    advance: Callable[[int], None],
    hashes_only: bool = False,
) -> Checked:
    """Check every file of a backup, its verdicts included.

    Args:
        repository: where it lies.
        manifest: its manifest, found sound.
        identities: the keys for an encrypted one; None: then only the stored bytes are hashed.
        advance: told stored bytes as they are done.
        hashes_only: leave the documents alone.

    Raises:
        IdentityWrong: the keys are those of somebody else.
    """
    folder = repository.folder(manifest.id)
    sealed = manifest.encryption is not None
    opened = not hashes_only and (not sealed or identities is not None)
    reader = _Reader(folder, identities if sealed else None, opened=opened, advance=advance)
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            files = [
                file for found in pool.map(reader.entry, manifest.collections) for file in found
            ]
        except BaseException:
            reader.stop()
            raise
    damaged = tuple(f"{file.name}: {file.fault}" for file in files if file.fault is not None)
    files += _verdicts(repository, manifest)
    findings = [_damaged(manifest.id, file) for file in files if file.fault is not None]
    findings += _foreign(folder, manifest.id, {file.name for file in files} | {MANIFEST})
    return Checked(
        files=len(files) + 1,
        documents=sum(file.documents for file in files),
        size_bytes=sum(file.size_bytes for file in files),
        damaged=damaged,
        opened=opened,
        findings=tuple(findings),
    )


def unreadable(identity: str, why: str) -> Finding:
    """The finding for a backup whose manifest cannot be trusted."""
    return _damaged(identity, _File(name=MANIFEST, fault=why))


class _Reader:
    """Reads the files of one backup; ends soon once it is stopped."""

    def __init__(
        self,
        folder: Path,
        keys: Sequence[Identity] | None,
        *,
        opened: bool,
        advance: Callable[[int], None],
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._opened = opened
        self._advance = advance
        self._stopped = threading.Event()
        self._large = threading.Lock()

    def stop(self) -> None:
        """What is being read is not read to its end."""
        self._stopped.set()

    def entry(self, entry: CollectionEntry) -> list[_File]:
        """The files of one collection."""
        large = entry.size_bytes > LARGE_BYTES * max(1, entry.documents)
        with self._large if large else nullcontext():
            data = [] if entry.file is None else [self._data(entry)]
        self._advance(entry.stored_bytes)
        name = str(entry.metadata_file)
        return [*data, _File(name=name, fault=self._fault(name, entry.metadata_sha256))]

    def _data(self, entry: CollectionEntry) -> _File:
        name = str(entry.file)
        if not self._opened:
            return _File(name=name, fault=self._fault(name, entry.sha256))
        size_bytes = 0
        try:
            for run in entry_runs(self._folder, entry, identities=self._keys):
                size_bytes += run.content.size_bytes
                del run
                self._go_on()
        except (FileDamaged, OSError) as error:
            return _File(name=name, fault=_told(error))
        return _File(name=name, fault=None, documents=entry.documents, size_bytes=size_bytes)

    def _fault(self, name: str, expected: str | None) -> str | None:
        try:
            with StoredReader(self._folder / name, identities=None) as reader:
                while reader.read(PIECE):
                    self._go_on()
        except OSError as error:
            return _told(error)
        return None if reader.sha256 == expected else "its SHA-256 is not the one in the manifest"

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise CheckStopped


def _verdicts(repository: Repository, manifest: Manifest) -> Iterator[_File]:
    for name in repository.drills(manifest.id):
        fault = None
        try:
            drill = repository.read_drill(manifest.id, name)
            if (drill.backup, drill.manifest) != (manifest.id, manifest.digest):
                fault = f"it is a verdict about another backup, {drill.backup}"
        except (ManifestDamaged, ManifestIsNewer) as error:
            fault = error.why
        except OSError as error:
            fault = _told(error)
        yield _File(name=f"{DRILLS}/{name}", fault=fault)


def _damaged(identity: str, file: _File) -> Finding:
    place = f"{identity}/{file.name}"
    return Finding(
        id="backup-damaged",
        severity=Severity.CRITICAL,
        subject=place,
        message=f"{place}: {file.fault}",
        remedy="take a new backup now (skc backup), and restore from another one",
        fingerprint=fingerprint("backup-damaged", place, ""),
    )


def _foreign(folder: Path, identity: str, known: set[str]) -> Iterator[Finding]:
    """Files that the manifest does not know: someone else's, and none of the backup."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in known:
            continue
        place = f"{identity}/{name}"
        yield Finding(
            id="backup-foreign-file",
            severity=Severity.LOW,
            subject=place,
            message=f"{place}: the manifest does not know this file",
            remedy="look at it, and move it away",
            fingerprint=fingerprint("backup-foreign-file", place, ""),
        )


def _told(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file is missing"
    return str(error.strerror if isinstance(error, OSError) else error)
