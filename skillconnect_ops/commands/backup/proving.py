"""`skc backup verify`: reads a backup again, and with `--drill` restores and compares it."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.backup.catalogue import identity_file, lock, of_target
from skillconnect_ops.commands.backup.drill import refuse_system
from skillconnect_ops.commands.backup.drilling import damaged, drilled
from skillconnect_ops.commands.backup.manifest import ManifestDamaged
from skillconnect_ops.commands.backup.model import Drill, Manifest, Stored, Verdict
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.restore_model import Source
from skillconnect_ops.commands.backup.restore_steps import opened
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.backup.shown import drill_view, manifest_view
from skillconnect_ops.commands.backup.verify import Checked, check, unreadable
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError, UsageError
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.finding import Finding, Severity, fingerprint
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Block, Lines, Text, Tone, count, listed, size


def verify(
    house: House,
    *,
    target: str | None,
    backup: str,
    with_drill: bool,
    scratch: str | None,
    identity: Path | None,
    hashes_only: bool,
) -> Report:
    """Check a backup's files; with a drill, restore it elsewhere and compare everything.

    Raises:
        UsageError: options that exclude each other.
        NoSuchBackup: there is none of that id.
    """
    _refuse_at_odds(hashes_only=hashes_only, with_drill=with_drill, scratch=scratch)
    chosen = house.target(target)
    repository = of_target(house, chosen)
    try:
        stored = repository.get(backup)
    except ManifestDamaged as damaged:
        finding = unreadable(backup, f"{damaged.what}: {damaged.why}")
        return _report(chosen, backup, (finding,), view=(_bad(finding),))
    with house.office().holding([lock(repository, stored.manifest.id)], command="verify"):
        return _verified(
            house,
            chosen,
            repository,
            stored,
            with_drill=with_drill,
            scratch=scratch,
            identity=identity,
            hashes_only=hashes_only,
        )


def _verified(
    house: House,
    target: Target,
    repository: Repository,
    stored: Stored,
    *,
    with_drill: bool,
    scratch: str | None,
    identity: Path | None,
    hashes_only: bool,
) -> Report:
    """The same, while nobody prunes the backup."""
    manifest = stored.manifest
    if scratch is not None and len(manifest.subject.databases) > 1:
        raise _several(manifest)
    keys = None
    if not hashes_only:
        keys = _keys(house, repository, target, manifest, identity, needed=with_drill)
    with house.person.progress("verifying", total=manifest.stored_bytes, unit="B") as ticker:
        checked = check(
            repository,
            manifest,
            identities=keys,
            advance=ticker.advance,
            hashes_only=hashes_only,
        )
    if checked.findings:
        repository.get(manifest.id)  # one that was pruned meanwhile is not damaged
    verdict = None
    if checked.damaged:
        verdict = _written_down(house, target, repository, manifest, checked.damaged)
    elif with_drill:
        verdict = drilled(house, target, repository, manifest, keys=keys, scratch=scratch)
    return _told(target, repository, stored, checked, verdict, hashes_only=hashes_only)


def _written_down(
    house: House,
    target: Target,
    repository: Repository,
    manifest: Manifest,
    faults: Sequence[str],
) -> Drill | None:
    """The verdict beside the backup, so that `list`, `latest` and `prune` know of the damage."""
    try:
        return damaged(house, target, repository, manifest, faults)
    except (OSError, SkcError) as error:
        told = error.what if isinstance(error, SkcError) else error.strerror
        house.person.note(f"that {manifest.id} is damaged could not be written down: {told}")
        return None


def _refuse_at_odds(*, hashes_only: bool, with_drill: bool, scratch: str | None) -> None:
    if hashes_only and with_drill:
        raise UsageError(
            "--hashes and --drill exclude each other",
            why="a drill reads the documents, --hashes does without",
            fix="leave one of them out",
        )
    if scratch is not None:
        refuse_system(scratch)


def _several(manifest: Manifest) -> UsageError:
    return UsageError(
        "--scratch takes the backup of one database",
        why=f"{manifest.id} holds {listed(manifest.subject.databases)}, whose collections "
        "may have the same names",
        fix=f"skc backup verify {manifest.id} --drill   # on a server of its own",
    )


def _keys(
    house: House,
    repository: Repository,
    target: Target,
    manifest: Manifest,
    identity: Path | None,
    *,
    needed: bool,
) -> Sequence[Identity] | None:
    """The keys of an encrypted backup; None where it is not, or where none was given."""
    file = identity_file(house, identity)
    if manifest.encryption is None or (file is None and not needed):
        return None
    source = Source(
        backup=manifest.id,
        location=str(repository.location),
        target=target.name,
        identity=file,
    )
    return opened(source, house.disk)[2]


def _told(
    target: Target,
    repository: Repository,
    stored: Stored,
    checked: Checked,
    verdict: Drill | None,
    *,
    hashes_only: bool,
) -> Report:
    manifest = stored.manifest
    findings = list(checked.findings)
    if verdict is not None and verdict.verdict is Verdict.FAILED and not checked.damaged:
        findings.append(_drill_failed(verdict))
    unknown: tuple[Unknown, ...] = ()
    if not checked.opened and not hashes_only:
        unknown = (
            Unknown(manifest.id, "encrypted, and no identity given: only the hashes were checked"),
        )
    newest = Stored(manifest=manifest, drill=verdict or stored.drill)
    sealed = manifest.encryption is not None
    blocks: list[Block] = [_checked_line(checked, sealed=sealed)]
    blocks += [manifest_view(newest, repository)]
    blocks += [drill_view(verdict)] if verdict is not None else []
    following = _following(manifest.id, findings, verdict)
    return _report(
        target,
        manifest.id,
        tuple(findings),
        unknown=unknown,
        facts={
            "backup": manifest,
            "verify": {
                "files": checked.files,
                "documents": checked.documents,
                "size_bytes": checked.size_bytes,
                "documents_walked": checked.opened,
            },
            "drill": verdict,
        },
        view=tuple(blocks),
        following=following,
    )


def _following(backup: str, findings: Sequence[Finding], verdict: Drill | None) -> str:
    if findings:
        return "skc backup"
    return "skc backup list" if verdict is not None else f"skc backup verify {backup} --drill"


def _report(
    target: Target,
    backup: str,
    findings: tuple[Finding, ...],
    *,
    unknown: tuple[Unknown, ...] = (),
    facts: dict[str, object] | None = None,
    view: tuple[Block, ...] = (),
    following: str = "skc backup",
) -> Report:
    status = Status.OK
    if unknown:
        status = Status.INCOMPLETE
    if findings:
        status = Status.FINDINGS
    return Report(
        command="backup verify",
        subject={"target": target.name, "backup": backup},
        status=status,
        exit_code=Exit.CRITICAL if findings and _critical(findings) else None,
        findings=findings,
        unknown=unknown,
        facts=facts or {"drill": None},
        view=view,
        next=(following,),
    )


def _critical(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.CRITICAL for finding in findings)


def _drill_failed(verdict: Drill) -> Finding:
    return Finding(
        id="drill-failed",
        severity=Severity.CRITICAL,
        subject=verdict.backup,
        message=f"the restore drill of {verdict.backup} failed: {verdict.differences[0]}",
        remedy="take a new backup (skc backup) and drill it",
        fingerprint=fingerprint("drill-failed", verdict.backup, ""),
    )


def _checked_line(checked: Checked, *, sealed: bool) -> Block:
    good = not checked.damaged
    why = ", since the documents are sealed" if sealed else ""
    what = (
        f"{count(checked.files, 'file')}, {count(checked.documents, 'document')}, "
        f"{size(checked.size_bytes)} read again: hashes, BSON and content digests"
        if checked.opened
        else f"{count(checked.files, 'file')} read again: hashes only{why};"
    )
    word, tail = ("SOUND", "as written") if good else ("DAMAGED", "NOT as written")
    return Lines((Text(f"{word}: {what} {tail}", Tone.GOOD if good else Tone.BAD),))


def _bad(finding: Finding) -> Block:
    return Lines((Text(finding.message, Tone.BAD),))
