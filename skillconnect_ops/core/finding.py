"""A finding: one fault at one place, graded."""

import hashlib
from collections import Counter
from enum import IntEnum, StrEnum

from msgspec import Struct

from skillconnect_ops.core.exits import Exit


class Severity(StrEnum):
    """How bad, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def exit(self) -> Exit:
        """The exit code of a report whose worst finding this is."""
        return Exit[self.name]

    def at_least(self, other: "Severity") -> bool:
        """Whether this is as bad as `other`, or worse."""
        return Rank[self.name] >= Rank[other.name]


class Rank(IntEnum):
    """The order of severities, for comparing."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Confidence(StrEnum):
    """How sure we are that a finding is one."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Finding(Struct, frozen=True, kw_only=True):
    """One finding of the report contract; `path` is relative to the project root, or null."""

    id: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    subject: str | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    message: str
    remedy: str
    fingerprint: str
    suppressed: str | None = None


def fingerprint(identity: str, place: str | None, context: str, *, occurrence: int = 0) -> str:
    """The name of a finding, equal on every machine and free of line numbers.

    Args:
        identity: the check's id.
        place: the path or subject, relative to the project.
        context: what was found there, with secrets masked.
        occurrence: how many equal ones came before it in the same place.
    """
    text = "\0".join((identity, place or "", context, str(occurrence)))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def readable(path: str) -> str:
    """A path as it can be written down: bytes in it that are no UTF-8 are spelled out in hex."""
    if path.isascii():
        return path
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


class Marks:
    """Gives fingerprints to findings in their order; equal ones in one place are counted."""

    def __init__(self) -> None:
        self._before: Counter[tuple[str, str | None, str]] = Counter()

    def next(self, identity: str, place: str | None, context: str) -> str:
        """The fingerprint of the next finding; what the arguments are says `fingerprint`."""
        key = (identity, place, context)
        mark = fingerprint(identity, place, context, occurrence=self._before[key])
        self._before[key] += 1
        return mark
