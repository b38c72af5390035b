"""What `latest` may stand for in a restore; where that is a guess, a person names the backup."""

from skillconnect_ops.commands.backup.model import BackupSubject, Stored, Verdict
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.view import listed


class LatestIsAGuess(Refused):
    """`latest` is of another deployment, holds a part only, or was found damaged."""


def refuse_guess(repository: Repository, latest: Stored, *, cluster: str, database: str) -> None:
    """Refuse where the newest backup is hardly the one that is meant, and a better one is there.

    Args:
        repository: where the backups lie.
        latest: the newest one of the target that is no safety backup.
        cluster: that the restore goes to.
        database: of the target.

    Raises:
        LatestIsAGuess: both are named.
    """
    manifest = latest.manifest
    doubt = _doubt(latest, cluster=cluster, database=database)
    if doubt is None:
        return
    for one in repository.look()[0]:
        subject = one.manifest.subject
        same = subject.target == manifest.subject.target and not subject.safety
        if same and _doubt(one, cluster=cluster, database=database) is None:
            raise LatestIsAGuess(
                f"the newest backup {doubt}",
                why=f"the newest one without that is {one.manifest.id}",
                fix=f"skc restore {one.manifest.id}   # or {manifest.id}, if that one is meant",
            )


def failed(stored: Stored) -> bool:
    """Whether the newest look at it found it damaged, or its drill failed."""
    return stored.drill is not None and stored.drill.verdict is Verdict.FAILED


def holds(subject: BackupSubject) -> str:
    """What a backup holds, in a few words."""
    if subject.safety:
        return "safety"
    if subject.only:
        return f"only {listed(subject.only, most=1)}"
    if subject.without:
        return f"no {listed(subject.without, most=1)}"
    return listed(subject.databases, most=1)


def _doubt(stored: Stored, *, cluster: str, database: str) -> str | None:
    subject = stored.manifest.subject
    if failed(stored):
        return "was found damaged"
    if subject.cluster != cluster:
        return f"was taken from {subject.cluster}, and this is {cluster}"
    if subject.only:
        return f"holds only {listed(subject.only)}"
    if database not in subject.databases:
        return f"holds {listed(subject.databases)}, and not {database}"
    return None
