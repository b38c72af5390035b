"""`skc indexes status` and `check`: declared against found; nothing is changed."""

from collections.abc import Iterator, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.indexes import code_drift, difference
from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.following import READS, part_of
from skillconnect_ops.commands.indexes.look import (
    declarations,
    look,
    named_collections,
    subject,
)
from skillconnect_ops.commands.indexes.model import is_stand_in
from skillconnect_ops.commands.indexes.planned import is_one
from skillconnect_ops.commands.indexes.run import record
from skillconnect_ops.commands.indexes.shown import table
from skillconnect_ops.commands.indexes.sources import Sources, from_code
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Marks, Severity
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.indexes import BuildProgress, Figures, HiddenIndex
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import Block, FindingsHere, Lines, Text, Tone, count

IDS = {
    Standing.MISSING: "index-missing",
    Standing.DIFFERENT: "index-different",
    Standing.INVALID: "index-different",
    Standing.BUILDING: "index-building",
    Standing.EXTRA: "index-extra",
    Standing.HIDDEN: "index-extra",
}


def status(house: House, *, target: str | None) -> Report:
    """Show how every index stands, what it takes, and how it is used.

    Raises:
        SkcError: the file or the database cannot be read.
    """
    chosen = house.target(target)
    with house.database(chosen) as connected:
        seen = look(connected, declarations(house, chosen))
        names = [one.name for one in seen.found.collections if not one.timeseries]
        figures = connected.indexes.figures(connected.name, names)
        holder = connected.indexes.lock_holder(connected.name)
        builds = connected.indexes.progress(connected.name)
        about = subject(connected, chosen)
    lines: list[Block] = [table(seen.rows, figures.collections)]
    said = [text for text in (_builds(builds), _holder(holder)) if text]
    if said:
        lines.append(Lines(tuple(said)))
    numbers = difference.count(seen.rows)
    return Report(
        command="indexes status",
        subject=about.facts(),
        unknown=(*unread(seen.rows), *_unknown(figures)),
        facts={
            "counts": dict(numbers),
            "indexes": [_facts(row, figures) for row in seen.rows],
            "lock": holder,
        },
        view=tuple(lines),
        next=_next(seen.rows),
    )


def check(house: House, *, target: str | None, code: bool = False) -> Report:
    """Say whether database and declaration part; for CI.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        code: whether the app's code is held against the declaration, too.

    Raises:
        SkcError: the file or the database cannot be read.
    """
    chosen = house.target(target)
    with house.database(chosen) as connected:
        seen = look(connected, declarations(house, chosen))
        named_collections(house, chosen)
        watched = connected.indexes.watched(connected.name)
        about = subject(connected, chosen)
        cluster, name = connected.cluster, connected.name
    sources = from_code(house, house.project().root) if code else Sources()
    in_code = tuple(code_drift.findings(seen.declared, sources.declared))
    here = tuple(_findings(seen.rows, watched))
    drift = [one for one in here if one.suppressed is None]
    record(
        house,
        chosen,
        cluster=cluster,
        database=name,
        rows=seen.rows,
        command="indexes check",
    )
    text = (
        f"{count(len(drift), 'index', 'indexes')} of {len(seen.rows)} part"
        if drift
        else _all_in_place(len(seen.declared))
    )
    lines = [Text(text, Tone.BAD if drift else Tone.GOOD)]
    if code:
        said = f"{count(len(in_code), 'index', 'indexes')} of the code part from the file"
        lines.append(Text(said, Tone.BAD if in_code else Tone.GOOD))
    return Report(
        command="indexes check",
        subject=about.facts(),
        status=Status.FINDINGS if drift or in_code else Status.OK,
        findings=(*here, *in_code),
        unknown=(*unread(seen.rows), *sources.unknown),
        facts={"counts": dict(difference.count(seen.rows))},
        view=(FindingsHere(), Lines(tuple(lines))),
        next=("skc indexes import",) if in_code else _next(seen.rows) if drift else (),
    )


def _findings(rows: Sequence[Row], watched: Sequence[HiddenIndex]) -> Iterator[Finding]:
    marks = Marks()
    put_away = {(one.collection, one.name): one.exact for one in watched}
    for row in rows:
        if row.standing in {Standing.IN_PLACE, Standing.UNKNOWN} or (
            row.standing is Standing.BUILDING and row.declared is None
        ):
            continue
        identity = IDS[row.standing]
        place = f"{row.collection}.{row.name}"
        exact = put_away.get((row.collection, row.name), "")
        hidden = (
            row.standing is Standing.HIDDEN and row.found is not None and is_one(exact, row.found)
        )
        yield Finding(
            id=identity,
            severity=Severity.MEDIUM,
            subject=place,
            path=row.declared.path if row.declared else None,
            line=row.declared.line if row.declared else None,
            message=_message(row, place),
            remedy=_remedy(row),
            fingerprint=marks.next(identity, place, ""),
            suppressed="hidden by skc, to be dropped" if hidden else None,
        )


def _message(row: Row, place: str) -> str:
    match row.standing:
        case Standing.MISSING:
            return f"{place} {row.index.says()} is declared, and is not there"
        case Standing.DIFFERENT | Standing.INVALID:
            how = "; ".join(one.says() for one in row.how)
            return f"{place} is not as declared: {how}"
        case Standing.BUILDING:
            return f"{place} is still being built"
        case _ if is_stand_in(row.name):
            return (
                f"{place} {row.index.says()} stands in for another one: a run is at work, or died"
            )
        case _:
            return f"{place} {row.index.says()} is there, and is not declared"


def _remedy(row: Row) -> str:
    if row.standing is Standing.BUILDING:
        return "wait for it: skc indexes status"
    if row.declared is not None:
        return "skc indexes   # or correct its line"
    if is_stand_in(row.name):
        return "skc indexes   # goes on with the run, or puts it back"
    return "declare it, or let it go: skc indexes --prune"


def unread(rows: Sequence[Row]) -> Iterator[Unknown]:
    """Indexes that are there, and that nobody can judge."""
    for row in rows:
        if row.found is not None and row.found.unknown:
            yield Unknown(f"{row.collection}.{row.name}", row.found.unknown)


def _unknown(figures: Figures) -> Iterator[Unknown]:
    if figures.sizes_unknown:
        yield Unknown("sizes", figures.sizes_unknown)
    for node, reason in figures.uses_unknown.items():
        yield Unknown(f"use at {node}", reason)


def _facts(row: Row, figures: Figures) -> dict[str, Any]:
    known = figures.collections.get(row.collection)
    return {
        "collection": row.collection,
        "name": row.name,
        "stands": row.standing.value,
        "declared": row.declared.index.declared() if row.declared else None,
        "line": row.declared.line if row.declared else None,
        "found": row.found.index.declared() if row.found else None,
        "how": [
            {"option": one.option, "wanted": one.wanted, "found": one.found} for one in row.how
        ],
        "size_bytes": known.index_bytes.get(row.name) if known else None,
        "uses": list(known.uses.get(row.name, ())) if known else [],
    }


def _builds(told: Any) -> str:
    if not isinstance(told, Known) or not told.value:
        return ""
    parts = [_built(one) for one in told.value if one.total]
    return f"being built: {', '.join(parts)}" if parts else ""


def _built(one: BuildProgress) -> str:
    """What comes after the reading counts keys, of which a document may have many."""
    if READS in one.message:
        return f"{one.collection} {one.done:,} of {count(one.total, 'document')}"
    return f"{one.collection} {part_of(one.message)} {one.done / one.total:.0%}"


def _all_in_place(number: int) -> str:
    return "the one index is in place" if number == 1 else f"all {number:,} indexes are in place"


def _holder(holder: Any) -> str:
    if holder is None:
        return ""
    state = "at work" if holder.lives else "gave no sign for a while; its lock is taken over"
    return f"locked by {holder.line()}: {state}"


def _next(rows: Sequence[Row]) -> tuple[str, ...]:
    if any(row.drifts and row.declared is not None for row in rows):
        return ("skc indexes --dry-run",)
    if any(row.drifts for row in rows):
        return ("skc indexes --prune --dry-run",)
    return ()
