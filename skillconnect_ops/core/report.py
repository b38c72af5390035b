"""The report: what every command returns, and the JSON contract `skc/report/1`."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from msgspec import Struct, field

from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.finding import Finding, Rank, Severity
from skillconnect_ops.core.view import Block

SCHEMA = "skc/report/1"


class StepOutcome(Enum):
    """What became of one step."""

    DONE = "done"
    SKIPPED = "skipped"
    UNDONE = "undone"
    FAILED = "failed"


class StepResult(Struct, frozen=True, kw_only=True):
    """One step of a plan, and how it ended."""

    key: str
    kind: str
    outcome: StepOutcome
    seconds: float


class Unknown(Struct, frozen=True):
    """What could not be looked at."""

    subject: str
    reason: str


class ErrorFacts(Struct, frozen=True):
    """An error as machines read it."""

    what: str
    why: str
    fix: str


class Report(Struct, frozen=True, kw_only=True):
    """The result of one command; `exit` follows from it, `view` is for people only."""

    command: str
    subject: Mapping[str, Any] = {}
    status: Status = Status.OK
    exit_code: Exit | None = None
    started_at: datetime | None = None
    seconds: float = 0.0
    error: ErrorFacts | None = None
    journal: str | None = None
    next: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    steps: tuple[StepResult, ...] = ()
    facts: Mapping[str, Any] = {}
    view: tuple[Block, ...] = field(default=())

    @property
    def exit(self) -> Exit:
        """The exit code: an explicit one, or what status and findings say."""
        if self.exit_code is not None:
            return self.exit_code
        if self.status is Status.FINDINGS:
            return worst(self.findings).exit
        return _EXITS[self.status]


_EXITS = {
    Status.OK: Exit.OK,
    Status.INCOMPLETE: Exit.INCOMPLETE,
    Status.REFUSED: Exit.REFUSED,
    Status.PRECONDITION: Exit.PRECONDITION,
    Status.ROLLED_BACK: Exit.ROLLED_BACK,
    Status.NEEDS_PERSON: Exit.NEEDS_PERSON,
    Status.BUG: Exit.BUG,
    Status.INTERRUPTED: Exit.SIGINT,
    Status.USAGE: Exit.USAGE,
}


def worst(findings: tuple[Finding, ...]) -> Severity:
    """The highest severity among findings that are not suppressed; there must be one."""
    return max(
        (finding.severity for finding in findings if finding.suppressed is None),
        key=lambda severity: Rank[severity.name],
    )
