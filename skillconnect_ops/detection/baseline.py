"""The baseline: findings that somebody looked at and accepted, so that the next scan is quiet.

It holds fingerprints, masked context and reasons, never a value nor a hash of one, and is written
the same way every time, so that it can be committed and reviewed. Pure: bytes in, bytes out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.finding import fingerprint
from skillconnect_ops.detection.model import Match

SCHEMA = "skc/baseline/1"


class BaselineUnreadable(Precondition):
    """The file is no baseline that this version can read."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            "the baseline cannot be read",
            why=cause,
            fix="write it anew with `skc secrets scan`, or restore it from git",
        )


class Accepted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One accepted finding; `path`, `context` and `reason` are for the reviewer."""

    fingerprint: str
    detector: str
    path: str | None
    context: str
    reason: str


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str
    accepted: tuple[Accepted, ...]


class Baseline(Struct, frozen=True):
    """A set of accepted findings."""

    accepted: tuple[Accepted, ...] = ()

    def reason(self, name: str) -> str | None:
        """Why the finding of this fingerprint was accepted; None if it was not."""
        return next((one.reason for one in self.accepted if one.fingerprint == name), None)

    def with_matches(self, path: str | None, matches: Sequence[Match], reason: str) -> "Baseline":
        """The baseline with all matches of one path added."""
        known = {one.fingerprint for one in self.accepted}
        added = (
            Accepted(
                fingerprint=name,
                detector=match.detector,
                path=path,
                context=match.context,
                reason=reason,
            )
            for name, match in zip(fingerprints(path, matches), matches, strict=True)
            if name not in known
        )
        return Baseline((*self.accepted, *added))


def fingerprints(path: str | None, matches: Iterable[Match]) -> list[str]:
    """The fingerprint of each match of one path, equal ones being counted through.

    Equal on every machine and free of line numbers, so that a finding that moves stays accepted.
    """
    seen: Counter[tuple[str, str]] = Counter()
    names = []
    for match in matches:
        key = (match.detector, match.context)
        names.append(fingerprint(match.detector, path, match.context, occurrence=seen[key]))
        seen[key] += 1
    return names


def read(data: bytes) -> Baseline:
    """The baseline that a file's bytes hold.

    Raises:
        BaselineUnreadable: these bytes are none.
    """
    try:
        file = msgspec.json.decode(data, type=_File)
    except msgspec.DecodeError as cause:
        raise BaselineUnreadable(str(cause)) from cause
    if file.schema != SCHEMA:
        raise BaselineUnreadable(f"its schema is {file.schema}, and {SCHEMA} is expected")
    return Baseline(file.accepted)


def write(baseline: Baseline) -> bytes:
    """The baseline as a file's bytes: sorted, one field a line, a final newline."""
    rows = sorted(
        baseline.accepted, key=lambda one: (one.path or "", one.detector, one.fingerprint)
    )
    raw = msgspec.json.encode(_File(schema=SCHEMA, accepted=tuple(rows)))
    return msgspec.json.format(raw, indent=2) + b"\n"
