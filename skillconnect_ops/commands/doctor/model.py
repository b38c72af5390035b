"""What `doctor` looked at, and what its checks make of it."""

import shlex
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import AdminWay
from skillconnect_ops.commands.retired import InFiles
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Fact, Known
from skillconnect_ops.core.ports.atlas import AccessFact, is_of_atlas
from skillconnect_ops.core.ports.database import Collection, Privilege, Server
from skillconnect_ops.core.ports.evidence import Signer
from skillconnect_ops.core.ports.git import RepositoryState
from skillconnect_ops.core.report import ErrorFacts
from skillconnect_ops.core.settings.model import Project, TargetSettings
from skillconnect_ops.journal.model import JournalState


class EnvFile(Struct, frozen=True, kw_only=True):
    """An env file of a target."""

    path: str
    """Relative to the project's root."""
    mode: Fact[int | None]
    """Its permission bits; None where it is not there."""
    tracked: Fact[bool]
    ignored: Fact[bool]
    stops: Fact[tuple[str, ...]] = Known(())
    """The readers that do not come to its end, each with the line."""
    inside: str | None = None
    """The folder of the repository within the project's that it lies in, as commands are typed."""

    @property
    def untrack(self) -> str:
        """The command that takes it out of git, and keeps it out."""
        command = "skc env untrack"
        return command if self.inside is None else f"cd {shlex.quote(self.inside)} && {command}"


class Place(Struct, frozen=True, kw_only=True):
    """The folder for a target's backups, or where it would be made."""

    path: Path
    there: bool
    nearest: Path
    """The folder itself, or the nearest one above it that is there."""
    writable: bool
    free_bytes: Fact[int]
    repository: Fact[Path | None]
    """The root of the repository that it lies in."""


class Connection(Struct, frozen=True, kw_only=True):
    """What one connection to a target's server showed."""

    server: Server
    cluster: str
    """Hosts, without user or password."""
    origin: str
    """Where the URI came from."""
    database: Fact[str]
    privileges: Fact[Sequence[Privilege]]
    collections: Fact[Sequence[Collection]]
    size_bytes: Fact[int]
    window_s: Fact[float]

    @property
    def is_atlas(self) -> bool:
        """Whether the server's users are managed outside of it."""
        return all(is_of_atlas(host) for host in self.cluster.split(","))


class NoConnection(ErrorFacts, frozen=True):
    """Why there is no connection, and which check has to say so."""

    check: str = "server-unreachable"


class LedgerFacts(Struct, frozen=True, kw_only=True):
    """What the evidence ledger holds."""

    count: int
    proven: int
    """How many records a listed signer stands behind."""


class TargetFacts(Struct, frozen=True, kw_only=True):
    """One target."""

    name: str
    settings: TargetSettings
    env_files: tuple[EnvFile, ...]
    uri: Fact[str] | ErrorFacts
    """Where the URI was found, or why it is nowhere."""
    connection: Fact[Connection] | ErrorFacts
    admin: Fact[AdminWay | None]
    """Where the admin user's URI leads; None where its variable is not set."""
    place: Fact[Place] | ErrorFacts
    recipients: tuple[tuple[str, str | None], ...]
    """Each age recipient, shortened, and what is wrong with it."""
    on_atlas: Fact[bool] = Known(value=False)
    """Whether its hosts are those of Atlas."""
    retired: InFiles = InFiles()
    """The values in its env files that the ledger knows."""
    atlas: Fact[tuple[AccessFact, ...]] | None = None
    """What the key to its Atlas project may do; None where it names no project."""

    @property
    def subject(self) -> str:
        """How verdicts name it."""
        return f"target {self.name}"


class Facts(Struct, frozen=True, kw_only=True):
    """Everything, gathered once."""

    folder: Path
    project: Fact[Project] | ErrorFacts
    """Missing where there is no `skc.yaml`; an error where it cannot be read."""
    git_version: Fact[str]
    repository: Fact[RepositoryState | None]
    uncommitted: Fact[tuple[str, ...]]
    """What of skc's own files is there and not tracked."""
    unfinished: Fact[tuple[JournalState, ...]]
    """Runs whose process died before their end."""
    ledger: Fact[LedgerFacts] | ErrorFacts
    """Missing where there is no project."""
    signer: Fact[Signer]
    user: str
    """Who sits here, as a name for a signer."""
    tools: dict[str, str | None]
    """Programs by name, with the path where they were found."""
    targets: tuple[TargetFacts, ...]


class Mark(Enum):
    """The outcome of one check on one subject."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Verdict(Struct, frozen=True, kw_only=True):
    """What a check says of one subject."""

    mark: Mark
    subject: str
    says: str
    remedy: str = ""
    """What to do or to type, for this subject; only with FAIL."""
    path: str | None = None
    """The file that it is about, relative to the project's root."""
    severity: Severity | None = None
    """Where it is not the check's."""


class Check(Struct, frozen=True, kw_only=True):
    """One thing that can be wrong. `run` is pure over the facts."""

    id: str
    """States the fault."""
    title: str
    """What is looked at, as a person names it."""
    severity: Severity
    references: tuple[str, ...] = ()
    run: Callable[[Facts], Sequence[Verdict]]


def passed(subject: str, says: str) -> Verdict:
    """All is well."""
    return Verdict(mark=Mark.PASS, subject=subject, says=says)


def failed(
    subject: str,
    says: str,
    *,
    remedy: str,
    path: str | None = None,
    severity: Severity | None = None,
) -> Verdict:
    """Something is to be done."""
    return Verdict(
        mark=Mark.FAIL, subject=subject, says=says, remedy=remedy, path=path, severity=severity
    )


def unknown(subject: str, reason: str) -> Verdict:
    """It could not be looked at."""
    return Verdict(mark=Mark.UNKNOWN, subject=subject, says=reason)


def not_applicable(subject: str, reason: str) -> Verdict:
    """There is nothing to look at."""
    return Verdict(mark=Mark.NOT_APPLICABLE, subject=subject, says=reason)
