"""What `secrets ledger` reports: for machines as facts, for people as a view; never a value."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from skillconnect_ops.commands.retired import FINDING, remedy, says, severity
from skillconnect_ops.commands.retired.search import Found
from skillconnect_ops.core.finding import Finding, fingerprint
from skillconnect_ops.core.view import Block, Cell, Lines, Table, Text, Tone
from skillconnect_ops.evidence.matching import Reason, Refusal, Retired, Retirement
from skillconnect_ops.evidence.retired import Shelf
from skillconnect_ops.journal.model import Outcome


def of_retirement(what: Retirement) -> Mapping[str, Any]:
    """What is recorded, without the fingerprints."""
    return {
        "name": what.name,
        "kind": what.kind,
        "reason": what.reason,
        "refusal": what.refusal,
        "by": what.by,
        "key": what.key,
        "forms": len(what.fingerprints),
        "private": what.private,
    }


def of_retired(entry: Retired) -> Mapping[str, Any]:
    """The same with when and by whom."""
    return {
        **of_retirement(entry.retirement),
        "at": entry.at,
        "writer": entry.writer,
        "signer": entry.signer,
    }


def added(what: Retirement, outcome: Outcome) -> tuple[Block, ...]:
    """One line: what is recorded now, and where."""
    if not outcome.walked:
        return ()
    where = "on this machine alone" if what.private else "in .skc/retired, to be committed"
    return (Lines((f"{what.name} is retired ({what.reason}); recorded {where}",)),)


def table(entries: Sequence[Retired]) -> Table:
    """All of them, one a row."""
    return Table(
        ("name", "kind", "retired", "reason", "refused", "recorded by", "where"),
        tuple(_row(entry) for entry in entries),
        empty="no secret is retired yet",
    )


def finding(entry: Retired, *, subject: str | None = None) -> Finding:
    """A retired value that was given."""
    return _finding(entry, subject or entry.retirement.name)


def found(one: Found) -> Finding:
    """A retired value that stands in a file, and in which form."""
    wrapped = f"; found in {' in '.join(reversed(one.form))}" if one.form else ""
    plain = _finding(one.retired, one.path)
    return replace(
        plain,
        subject=None,
        path=one.path,
        line=one.line,
        column=one.column,
        end_line=one.line,
        message=plain.message + wrapped,
    )


def _finding(entry: Retired, place: str) -> Finding:
    return Finding(
        id=FINDING,
        severity=severity(entry),
        subject=place,
        message=f"this is {says(entry)}",
        remedy=remedy(entry),
        fingerprint=fingerprint(FINDING, place, f"{entry.writer}/{entry.seq}"),
    )


def key_facts(shelf: Shelf) -> list[Mapping[str, Any]]:
    """Each key, whether it is here, and how many records were made under it."""
    used = Counter(entry.retirement.key for entry in shelf.entries)
    ids = dict.fromkeys((*shelf.ring.ids, *sorted(used)))
    first = next(iter(shelf.ring.ids), None)
    return [
        {"id": key, "here": key in shelf.ring.ids, "writes": key == first, "records": used[key]}
        for key in ids
    ]


def key_table(shelf: Shelf) -> Table:
    """The same for people."""
    rows: list[tuple[Cell, ...]] = [
        (
            str(key["id"]),
            Text("here", Tone.GOOD) if key["here"] else Text("missing", Tone.BAD),
            "new records" if key["writes"] else "",
            f"{key['records']:,}",
        )
        for key in key_facts(shelf)
    ]
    return Table(
        ("key", "is", "used for", "records"),
        tuple(rows),
        right=(3,),
        empty="no ledger key yet; the first `skc secrets ledger add` makes one",
    )


def _row(entry: Retired) -> tuple[Cell, ...]:
    what = entry.retirement
    signer = entry.signer or Text("unlisted (a claim)", Tone.WARN)
    return (
        what.name,
        what.kind,
        entry.at.date().isoformat(),
        Text(what.reason, Tone.BAD) if what.reason is Reason.LEAKED else str(what.reason),
        _refused(what),
        signer,
        "this machine" if what.private else "shared",
    )


def _refused(what: Retirement) -> Cell:
    match what.refusal:
        case Refusal.PROVEN:
            return Text("proven", Tone.GOOD)
        case Refusal.ELSEWHERE:
            return f"says {what.by}"
        case Refusal.UNPROVEN:
            return Text("unproven", Tone.WARN)
