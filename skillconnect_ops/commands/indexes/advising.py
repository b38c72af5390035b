"""`skc indexes advise`: gather the facts, let the rules judge them, report; nothing is changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import structs

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes import queries
from skillconnect_ops.commands.indexes.advice import (
    Advice,
    Facts,
    Sampled,
    advise,
    shown_evidence,
    unknown,
    written,
)
from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.estimate import estimate
from skillconnect_ops.commands.indexes.look import NotDeclared, declarations, look, subject
from skillconnect_ops.commands.indexes.model import IndexCreate
from skillconnect_ops.commands.indexes.status import unread
from skillconnect_ops.commands.indexes.wording import entry_lines
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Confidence, Finding, Marks, Severity
from skillconnect_ops.core.indexes import shown_keys
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.database import DatabaseError
from skillconnect_ops.core.ports.indexes import Build, Figures, Listing
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Block, FindingsHere, Lines, Table, Text, Tone, count, size

COMMAND = "indexes advise"
WRITE = "skc indexes import --from database"
"""What makes the file out of what was judged, where there is none yet."""
SAMPLE = 1000
"""Documents of a collection that are looked at; a sample this small reads no whole collection."""
PATIENCE_MS = 5000
_TONES = {"+": Tone.GOOD, "-": Tone.BAD}
PROFILE = "system.profile"
MOST_ENTRIES = 5000


def give(
    house: House,
    *,
    target: str | None,
    unused_for_s: float,
    sample: int,
    fail_on: Severity,
    strict: bool,
) -> Report:
    """Say what could be better about a database's indexes.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        unused_for_s: since when no query may have used an index that is called unused.
        sample: how many documents of each collection are looked at; 0 looks at none.
        fail_on: the lowest severity that is a failure.
        strict: whether what could not be looked at is one, too.

    Raises:
        SkcError: the file or the database cannot be read.
    """
    chosen = house.target(target)
    with house.database(chosen) as connected:
        try:
            declared, there = declarations(house, chosen), True
        except NotDeclared:
            declared, there = (), False
        seen = look(connected, declared)
        plain = [one.name for one in seen.found.collections if not one.timeseries]
        judged = (row for row in seen.rows if row.standing is not Standing.UNKNOWN)
        rows = tuple(row for row in judged if row.collection in plain or row.found is None)
        figures = connected.indexes.figures(connected.name, plain)
        facts = Facts(
            rows=rows,
            figures=figures,
            now=house.clock.now(),
            unused_for_s=unused_for_s,
            samples=_samples(house, connected, rows, number=sample),
            queries=_queries(connected),
        )
        about = subject(connected, chosen)
    told = tuple(
        structs.replace(one, unwritten=there and one.row.declared is None) for one in advise(facts)
    )
    findings = tuple(_findings(told, there=there))
    lost = (*unread(seen.rows), *unknown(facts))
    status = Status.OK
    if any(one.severity.at_least(fail_on) for one in findings):
        status = Status.FINDINGS
    elif strict and lost:
        status = Status.INCOMPLETE
    return Report(
        command=COMMAND,
        subject=about.facts(),
        status=status,
        findings=findings,
        unknown=lost,
        facts={
            "advice": [_facts(one) for one in told],
            "estimates": _estimates(rows, seen.found, figures),
        },
        view=_view(told, rows, seen.found, figures, there=there),
        next=_next(told, there=there),
    )


def _next(told: Sequence[Advice], *, there: bool) -> tuple[str, ...]:
    if not there:
        return (WRITE,)
    return ("skc indexes --dry-run",) if told else ()


# facts


def _samples(
    house: House, connected: Connected, rows: Sequence[Row], *, number: int
) -> Mapping[str, Fact[Mapping[str, Sampled]]]:
    """The kinds of the values in fields that have an index of their own, by collection."""
    wanted: dict[str, dict[str, None]] = {}
    for row in rows:
        single = len(row.index.keys) == 1 and not row.index.is_id and not row.index.is_wildcard
        if single and not isinstance(row.index.keys[0][1], str):
            wanted.setdefault(row.collection, {})[row.index.fields[0]] = None
    found: dict[str, Fact[Mapping[str, Sampled]]] = {}
    if not number:
        return found
    with house.person.progress("sampling", total=len(wanted), unit="collection") as ticker:
        for collection, fields in wanted.items():
            ticker.describe(collection)
            found[collection] = _sample(connected, collection, list(fields), number=number)
            ticker.advance(1)
    return found


def _sample(
    connected: Connected, collection: str, fields: Sequence[str], *, number: int
) -> Fact[Mapping[str, Sampled]]:
    """Only kinds and booleans leave the server; what else stands in the fields does not."""
    shown = {
        f"f{place}": {
            "$cond": [{"$eq": [{"$type": f"${field}"}, "bool"]}, f"${field}", _kind(field)]
        }
        for place, field in enumerate(fields)
    }
    pipeline = [{"$sample": {"size": number}}, {"$project": {"_id": 0, **shown}}]
    command = {
        "aggregate": collection,
        "pipeline": pipeline,
        "cursor": {"batchSize": number},
        "maxTimeMS": PATIENCE_MS,
    }
    try:
        answer = connected.database.command(connected.name, command)
    except DatabaseError as error:
        return Missing(f"{error.what}: {error.why}")
    documents = answer["cursor"]["firstBatch"]
    return Known(
        {
            field: _summed([one.get(f"f{place}") for one in documents])
            for place, field in enumerate(fields)
        }
    )


def _kind(field: str) -> dict[str, Any]:
    return {"$type": f"${field}"}


def _summed(values: Sequence[object]) -> Sampled:
    kinds: dict[str, int] = {}
    for value in values:
        kind = "bool" if isinstance(value, bool) else _KINDS.get(str(value), "other")
        kinds[kind] = kinds.get(kind, 0) + 1
    true = sum(1 for value in values if value is True)
    return Sampled(documents=len(values), kinds=kinds, true=true)


_KINDS = {
    **dict.fromkeys(("missing", "null", "undefined"), "none"),
    **dict.fromkeys(("int", "long", "double", "decimal"), "number"),
    "date": "date",
    "string": "text",
    "array": "array",
}
"""What `$type` says, in our words."""


def _queries(connected: Connected) -> Fact[tuple[queries.Query, ...]]:
    """What the profiler kept; it is off by default, and then nothing is known of queries."""
    prefix = f"{connected.name}."
    command = {
        "find": PROFILE,
        "filter": {
            "hasSortStage": True,
            "ns": {"$gte": prefix, "$lt": f"{connected.name}/"},
            "op": {"$in": ["query", "command"]},
        },
        "sort": {"$natural": -1},
        "limit": MOST_ENTRIES,
        "batchSize": MOST_ENTRIES,
        "maxTimeMS": PATIENCE_MS,
    }
    try:
        kept = connected.database.command(
            connected.name,
            {"listCollections": 1, "nameOnly": True, "filter": {"name": PROFILE}},
        )["cursor"]["firstBatch"]
        if not kept:
            return Missing("the profiler keeps no queries; db.setProfilingLevel(1) makes it")
        answer = connected.database.command(connected.name, command)
    except DatabaseError as error:
        return Missing(f"{error.what}: {error.why}")
    return Known(queries.read(answer["cursor"]["firstBatch"]))


# the report


def _findings(told: Iterable[Advice], *, there: bool) -> Iterable[Finding]:
    marks = Marks()
    for one in told:
        declared = one.row.declared
        yield Finding(
            id=one.rule.value,
            severity=Severity.LOW,
            confidence=one.confidence,
            subject=one.place,
            path=declared.path if declared is not None else None,
            line=declared.line if declared is not None else None,
            message=_message(one),
            remedy=_remedy(one, there=there),
            fingerprint=marks.next(one.rule.value, one.place, one.change),
        )


def _message(one: Advice) -> str:
    evidence = shown_evidence(one)
    return f"{one.place}: {one.reason}{f' ({evidence})' if evidence else ''}"


def _remedy(one: Advice, *, there: bool) -> str:
    keys, place = shown_keys(one.row.index.keys), f"{one.row.collection} in indexes.yaml"
    if not there:
        place = f"{place}, once {WRITE} has written it"
    if one.wanted is not None:
        said = ", ".join(entry_lines(written(one.wanted)))
        sure = one.confidence is not Confidence.LOW
        head = "" if sure else "only if whole documents are to go then: "
        return f"{head}{'add to' if one.keeps else 'write under'} {place}: {said}"
    if not there:
        return f"take {keys} out of {place}; skc indexes --prune then hides it before it drops it"
    if one.row.declared is not None:
        return f"take {keys} out of {place}; skc indexes --prune then hides it before it drops it"
    return "skc indexes --prune   # hides it before it drops it"


def _facts(one: Advice) -> dict[str, Any]:
    return {
        "id": one.rule.value,
        "collection": one.row.collection,
        "index": one.row.name,
        "reason": one.reason,
        "evidence": {
            name: _plain(value) for name, value in one.evidence.items() if value is not None
        },
        "change": one.change,
        "entry": one.entry,
        "confidence": one.confidence.value,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def _estimates(rows: Sequence[Row], found: Listing, figures: Figures) -> list[dict[str, Any]]:
    """How large what is declared and not there yet would be."""
    return [
        {"collection": row.collection, "index": row.name, "size_bytes": size_bytes}
        for row in rows
        if (size_bytes := _estimated(row, found, figures)) is not None
    ]


def _estimated(row: Row, found: Listing, figures: Figures) -> int | None:
    there = found.find(row.collection)
    numbers = figures.collections.get(row.collection)
    if row.found is not None or there is None or numbers is None:
        return None
    step = IndexCreate(
        key="", target="", database="", collection=row.collection, builds=(Build(index=row.index),)
    )
    return estimate(step, numbers, there).size_bytes


def _view(
    told: Sequence[Advice], rows: Sequence[Row], found: Listing, figures: Figures, *, there: bool
) -> tuple[Block, ...]:
    blocks: list[Block] = []
    missing = _estimates(rows, found, figures)
    if missing:
        blocks.append(
            Table(
                ("collection", "index", "about"),
                tuple(
                    (one["collection"], one["index"], size(one["size_bytes"])) for one in missing
                ),
                right=(2,),
                title=f"{count(len(missing), 'index', 'indexes')} declared and not there yet",
            )
        )
    if not told:
        said = f"no advice on {count(len(rows), 'index', 'indexes')}"
        return (*blocks, FindingsHere(), Lines((Text(said, Tone.GOOD),)))
    blocks.append(FindingsHere())
    # what is a question is no change to be made; data has it all the same
    better = [
        one for one in told if one.wanted is not None and one.confidence is not Confidence.LOW
    ]
    if better:
        head = "in indexes.yaml:" if there else f"in indexes.yaml, once {WRITE} has written it:"
        lines = [Text(head, Tone.STRONG)]
        for one in better:
            lines += [
                Text(f"  {line}", _TONES.get(line[0], Tone.PLAIN))
                for line in one.change.splitlines()
            ]
        blocks.append(Lines(tuple(lines)))
    return tuple(blocks)
