"""Reads every byte of a backup again and says what is not as it was written."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.backup.manifest import ManifestDamaged, ManifestIsNewer
from skillconnect_ops.commands.backup.model import CollectionEntry, Manifest
from skillconnect_ops.commands.backup.repository import DRILLS, MANIFEST, Repository
from skillconnect_ops.commands.backup.stored import (
    FileDamaged,
    Identity,
    StoredReader,
    entry_runs,
)
from skillconnect_ops.core.finding import Finding, Severity, fingerprint

WORKERS = 2


class Checked(Struct, frozen=True, kw_only=True):
    """What a verification saw."""

    files: int
    documents: int
    size_bytes: int
    opened: bool
    """Whether the documents were walked, not only the stored bytes hashed."""
    findings: tuple[Finding, ...]


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
) -> Checked:
    """Check every file of a backup, its verdicts included.

    Args:
        repository: where it lies.
        manifest: its manifest, found sound.
        identities: the keys for an encrypted one; None: then only the stored bytes are hashed.
        advance: told stored bytes as they are done.
    """
    folder = repository.folder(manifest.id)
    opened = manifest.encryption is None or identities is not None
    keys = identities if manifest.encryption is not None else None

    def one(entry: CollectionEntry) -> list[_File]:
        data = [] if entry.file is None else [_data(folder, entry, keys, opened=opened)]
        advance(entry.stored_bytes)
        return [*data, _metadata(folder, entry)]

    with ThreadPoolExecutor(WORKERS) as pool:
        files = [file for found in pool.map(one, manifest.collections) for file in found]
    files += _verdicts(repository, manifest.id)
    findings = [_damaged(manifest.id, file) for file in files if file.fault is not None]
    findings += _foreign(folder, manifest.id, {file.name for file in files} | {MANIFEST})
    return Checked(
        files=len(files) + 1,
        documents=sum(file.documents for file in files),
        size_bytes=sum(file.size_bytes for file in files),
        opened=opened,
        findings=tuple(findings),
    )


def unreadable(identity: str, why: str) -> Finding:
    """The finding for a backup whose manifest cannot be trusted."""
    return _damaged(identity, _File(name=MANIFEST, fault=why))


def _data(
    folder: Path, entry: CollectionEntry, keys: Sequence[Identity] | None, *, opened: bool
) -> _File:
    name = str(entry.file)
    try:
        if not opened:
            return _File(name=name, fault=_hash_fault(folder / name, entry.sha256))
        size_bytes = sum(
            run.content.size_bytes for run in entry_runs(folder, entry, identities=keys)
        )
    except (FileDamaged, OSError) as error:
        return _File(name=name, fault=_told(error))
    return _File(name=name, fault=None, documents=entry.documents, size_bytes=size_bytes)


def _metadata(folder: Path, entry: CollectionEntry) -> _File:
    name = str(entry.metadata_file)
    try:
        return _File(name=name, fault=_hash_fault(folder / name, entry.metadata_sha256))
    except OSError as error:
        return _File(name=name, fault=_told(error))


def _hash_fault(path: Path, expected: str | None) -> str | None:
    with StoredReader(path, identities=None) as reader:
        reader.drain()
    return None if reader.sha256 == expected else "its SHA-256 is not the one in the manifest"


def _verdicts(repository: Repository, identity: str) -> Iterator[_File]:
    for name in repository.drills(identity):
        fault = None
        try:
            repository.read_drill(identity, name)
        except (ManifestDamaged, ManifestIsNewer) as error:
            fault = error.why
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
    return str(error)
