"""What an audit is asked for, what a check is, and what it says."""

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.secret import Secret

if TYPE_CHECKING:
    from skillconnect_ops.commands.audit.facts import Facts


class Wish(Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    paths: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Severity | None = None
    """None: what skc.yaml says, else high."""
    changed: str | None = None
    """Only lines that differ from where this revision was left; empty: the default branch."""
    staged: bool = False
    baseline: Path | None = None
    baseline_from: str | None = None
    """The revision at which the baseline is read; None: as it is on disk, or staged."""
    strict: bool = False
    show_ignored: bool = False


class Outcome(Enum):
    """What a check says as a whole."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Hit(Struct, frozen=True, kw_only=True):
    """One fault at one place."""

    path: str
    line: int
    column: int
    end_line: int
    says: str
    context: str
    """The code there, as one line; it becomes part of the fingerprint, with values masked."""
    severity: Severity | None = None
    """Where it is not the check's."""
    confidence: Confidence = Confidence.HIGH
    bound_at: int | None = None
    """Another line whose comments speak for this place as well: that of an alias."""
    of_file: bool = False
    """Whether it is about the file as a whole, and its line only where comments speak for it."""
    remedy: str | None = None
    """Where it is not the check's."""
    mark: str | None = None
    """The fingerprint, where another command finds the same and gives it one."""
    silenced: str | None = None
    """Why it does not count, where that is known before any comment or baseline is asked."""
    secrets: tuple[Secret, ...] = ()
    """What stands there, for a baseline that knows values by their hashes; shown nowhere."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What a check makes of the facts."""

    outcome: Outcome
    says: str
    hits: tuple[Hit, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    partly: bool = False
    """Of an unknown one: whether it was looked at, and only a part of it is not told; that fails
    a strict run alone."""


class Check(Struct, frozen=True, kw_only=True):
    """One fault that code can have. `run` is pure over the facts; its module is its page."""

    id: str
    """States the fault."""
    title: str
    severity: Severity
    """The highest that its hits have as a rule."""
    references: tuple[str, ...] = ()
    remedy: str
    run: "Callable[[Facts], Verdict]"
    of_lines: bool = False
    """Whether a hit stands where the fault was written. Of a change only its own lines are told of
    then; of others also what was not so before: what protected a route may be gone."""
    shows_code: bool = True
    """Whether the lines of its hits may be shown; not where a secret stands in them."""
    heeds_comments: bool = True
    """Whether `skc: allow ID REASON` silences it; not where nobody may decide that in passing."""
    heeds_linters: bool = False
    """Whether a comment that silences another linter's rule for the same silences this, too."""


def judged(hits: Sequence[Hit], *, files: int, what: str, unknown: Sequence[Unknown]) -> Verdict:
    """The verdict over files that were looked at.

    Args:
        hits: the faults in them.
        files: how many there were.
        what: what they are files of.
        unknown: those that could not be read, or not wholly.
    """
    if hits:
        outcome, says = Outcome.FAIL, f"in {len({hit.path for hit in hits}):,} of {files:,} files"
    elif unknown and not files:
        outcome, says = Outcome.UNKNOWN, f"no {what} could be read"
    elif not files:
        outcome, says = Outcome.NOT_APPLICABLE, f"no {what} here"
    else:
        outcome, says = Outcome.PASS, f"in none of {files:,} files"
    return Verdict(outcome=outcome, says=says, hits=tuple(hits), unknown=tuple(unknown))


def joined(*verdicts: Verdict) -> Verdict:
    """What a check says that looks at several things: the gravest of it."""
    order = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)
    gravest = min(verdicts, key=lambda one: order.index(one.outcome))
    unknown = [one for one in verdicts if one.outcome is Outcome.UNKNOWN]
    return Verdict(
        outcome=gravest.outcome,
        says=gravest.says,
        hits=tuple(hit for one in verdicts for hit in one.hits),
        unknown=tuple(dict.fromkeys(each for one in verdicts for each in one.unknown)),
        partly=bool(unknown) and all(one.partly for one in unknown),
    )


def missing(reason: str) -> Verdict:
    """The verdict where the facts themselves are missing."""
    return Verdict(outcome=Outcome.UNKNOWN, says=reason)
