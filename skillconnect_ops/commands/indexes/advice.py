"""What could be better about a database's indexes. Pure: rules over facts that were gathered once.

Each piece of advice has its reason, what it was concluded from, and the change as YAML. What a rule
needs and could not be asked is told as unknown; it is never taken for fine.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.queries import Query, better_order
from skillconnect_ops.commands.indexes.sameness import changes, keys_of
from skillconnect_ops.commands.indexes.wording import entry_lines, scalar
from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.indexes import Index, Keys, derived_name, shown_keys
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.indexes import CollectionFigures, Figures, IndexUse
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import count, size

FEWEST = 100
"""Fewer sampled documents show nothing of how values are spread."""
RARE = 0.1
"""A value that fewer have is worth an index of its own."""
_WHEN = r"(_?(at|on|date|time|after|timestamp))?$"
_EXPIRY = re.compile(
    r"(^|\.|_)(expires?|expired?|expiry|expiration|expire|ttl|valid_?until|valid_?to|purge|delete)"
    + _WHEN,
    re.IGNORECASE,
)
_OWN_END = re.compile(r"^_*(expires?|expired|expiry|expiration|ttl)" + _WHEN, re.IGNORECASE)
"""Nothing but an end: with a word before it, it may be that of a password or a subscription."""
_RULES = frozenset(
    {
        "keys",
        "name",
        "unique",
        "sparse",
        "hidden",
        "prepareUnique",
        "expireAfterSeconds",
        "partialFilterExpression",
        "v",
    }
)
"""Options in which one index may do more than another; in all others they must be the same."""
_WHOLE_KINDS = frozenset({"hashed"})
"""Kinds whose indexes hold every document; the others leave out those without the field."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_SAMPLE = "no documents were looked at"


class Rule(StrEnum):
    """What can be wrong."""

    REDUNDANT = "index-redundant"
    DUPLICATE = "index-duplicate"
    UNUSED = "index-unused"
    UNSELECTIVE = "index-unselective"
    NO_EXPIRY = "index-without-expiry"
    ORDER = "index-order"


class Sampled(Struct, frozen=True, kw_only=True):
    """What the values of one field are, among some documents; the values are not kept."""

    documents: int
    kinds: Mapping[str, int] = {}
    """By kind: `bool`, `date`, `text`, `number`, `array`, `none` (absent or null), `other`."""
    true: int = 0
    """How many of the booleans are true."""


class Facts(Struct, frozen=True, kw_only=True):
    """All that advice is given from."""

    rows: tuple[Row, ...]
    figures: Figures
    now: datetime
    unused_for_s: float
    samples: Mapping[str, Fact[Mapping[str, Sampled]]] = {}
    """By collection, then by field."""
    queries: Fact[tuple[Query, ...]] = Missing("no query was looked at")


class Advice(Struct, frozen=True, kw_only=True):
    """One piece of advice."""

    rule: Rule
    row: Row
    reason: str
    evidence: Mapping[str, Any]
    wanted: Index | None = None
    """What there should be; None where it should go."""
    keeps: bool = False
    """Whether the index itself stays beside it."""
    unwritten: bool = False
    """Whether the file is there, and does not hold the index."""
    confidence: Confidence = Confidence.HIGH

    @property
    def place(self) -> str:
        """`users.role_1`."""
        return f"{self.row.collection}.{self.row.name}"

    @property
    def change(self) -> str:
        """The change to `indexes.yaml`, as the lines of a diff: nothing goes that is not there."""
        before = [] if self.keeps or self.unwritten else _lines(self.row.index)
        after = [] if self.wanted is None else _lines(self.wanted)
        lines = (*(f"-  {line}" for line in before), *(f"+  {line}" for line in after))
        return "\n".join((f" {scalar(self.row.collection)}:", *lines))

    @property
    def entry(self) -> dict[str, Any] | None:
        """What the file should hold, as data; None where the entry should go."""
        return None if self.wanted is None else written(self.wanted).declared()


def advise(facts: Facts) -> tuple[Advice, ...]:
    """All advice, by collection and index; of an index that goes there is no other."""
    told: list[Advice] = []
    goes: set[tuple[str, str]] = set()
    ends: set[tuple[str, str]] = set()
    for rule in (_duplicates, _redundant, _without_expiry, _unused, _unselective, _order):
        for one in rule(facts):
            place = (one.row.collection, one.row.name)
            # what should end documents is of use, whether queries read it or not
            if place in goes or (one.rule is Rule.UNUSED and place in ends):
                continue
            told.append(one)
            if one.rule in {Rule.DUPLICATE, Rule.REDUNDANT, Rule.UNUSED}:
                goes.add(place)
            elif one.rule is Rule.NO_EXPIRY:
                ends.add(place)
    return tuple(sorted(told, key=lambda one: (one.row.collection, one.row.name, one.rule)))


def unknown(facts: Facts) -> tuple[Unknown, ...]:
    """What could not be looked at."""
    found = [Unknown("use of indexes", why) for why in dict.fromkeys(_unheard(facts))]
    if facts.figures.sizes_unknown:
        found.append(Unknown("sizes", facts.figures.sizes_unknown))
    found += [
        Unknown(f"values of {name}", sample.reason)
        for name, sample in facts.samples.items()
        if isinstance(sample, Missing)
    ]
    if isinstance(facts.queries, Missing):
        found.append(Unknown("order of keys", facts.queries.reason))
    return tuple(found)


# rules


def _duplicates(facts: Facts) -> Iterator[Advice]:
    """The same keys twice; a single field is read both ways."""
    for ones in _collections(facts):
        for place, row in enumerate(ones):
            for other in ones[:place]:
                if not _same_keys(row.index, other.index) or _apart(row.index, other.index):
                    continue
                loser, keeper = sorted((row, other), key=lambda one: _worth(facts, one))
                if not _stays(facts, keeper):
                    continue
                yield Advice(
                    rule=Rule.DUPLICATE,
                    row=loser,
                    reason=f"{_named(keeper)} is on the same keys and does all that "
                    f"{_named(loser)} does",
                    evidence={"same_as": keeper.name, **_told(facts, loser)},
                    confidence=Confidence.HIGH,
                )
                break


def _redundant(facts: Facts) -> Iterator[Advice]:
    """A longer index begins with the same keys."""
    for ones in _collections(facts):
        for row in ones:
            if not _is_plain(row.index):
                continue
            longer = [
                one
                for one in ones
                if one is not row and _stays(facts, one) and _begins(one.index, row.index)
            ]
            if not longer:
                continue
            other = min(longer, key=lambda one: len(one.index.keys))
            yield Advice(
                rule=Rule.REDUNDANT,
                row=row,
                reason=f"{shown_keys(other.index.keys)} begins with the same "
                f"{'key' if len(row.index.keys) == 1 else 'keys'}, and serves the same queries",
                evidence={"prefix_of": other.name, **_told(facts, row)},
            )


def _unused(facts: Facts) -> Iterator[Advice]:
    """No query used it since the servers count; asked of every node."""
    if facts.figures.uses_unknown:
        return
    for ones in _collections(facts):
        for row in ones:
            uses = _uses(facts, row)
            if row.found is None or not uses or row.index.hidden or row.found.building:
                continue
            if row.index.unique or row.index.expire_after_s is not None:
                continue  # it keeps a rule, whether it is read or not
            youngest = max(one.since for one in uses)
            idle_s = (facts.now - youngest).total_seconds()
            if any(one.operations for one in uses) or idle_s < facts.unused_for_s:
                continue
            nodes = "the server" if len(uses) == 1 else f"all {len(uses)} nodes"
            yield Advice(
                rule=Rule.UNUSED,
                row=row,
                reason=f"no query has used it since {youngest:%Y-%m-%d %H:%M} UTC on {nodes}",
                evidence=_told(facts, row),
                confidence=Confidence.MEDIUM,
            )


def _without_expiry(facts: Facts) -> Iterator[Advice]:
    """A field that is named for an end, in an index that ends nothing."""
    for ones in _collections(facts):
        for row in ones:
            index = row.index
            if len(index.keys) != 1 or index.expire_after_s is not None or index.hidden:
                continue
            field, direction = index.keys[0]
            if isinstance(direction, str) or not _means_an_end(field):
                continue
            if any(one.index.fields == (field,) and _expires(one.index) for one in ones):
                continue
            seen = _sampled(facts, row.collection, field)
            if isinstance(seen, Known) and not _holds_dates(seen.value):
                continue  # only dates end anything
            sure = _is_own_end(field) and isinstance(seen, Known) and _all_dates(seen.value)
            yield Advice(
                rule=Rule.NO_EXPIRY,
                row=row,
                reason=_ends(field, sure=sure),
                evidence={
                    "sampled": seen.value.documents if isinstance(seen, Known) else 0,
                    "dates": seen.value.kinds.get("date", 0) if isinstance(seen, Known) else None,
                    **_told(facts, row),
                },
                wanted=replace(index, expire_after_s=0),
                confidence=Confidence.HIGH if sure else Confidence.LOW,
            )


def _ends(field: str, *, sure: bool) -> str:
    does = "expireAfterSeconds: 0 the server does, within a minute, also those of the past"
    if sure:
        return f"{field} says when a document ends, and nothing deletes it then; with {does}"
    return (
        f"does the whole document end by {field}, or only something in it? Nothing deletes it "
        f"then; with {does}"
    )


def _unselective(facts: Facts) -> Iterator[Advice]:
    """An index on a yes or no: half of the documents is no narrowing."""
    for ones in _collections(facts):
        for row in ones:
            index = row.index
            if len(index.keys) != 1 or not _is_plain(index):
                continue
            field = index.fields[0]
            seen = _sampled(facts, row.collection, field)
            if not isinstance(seen, Known) or not _is_boolean(seen.value):
                continue
            yield _of_boolean(facts, row, field, seen.value)


def _of_boolean(facts: Facts, row: Row, field: str, seen: Sampled) -> Advice:
    booleans = seen.kinds["bool"]
    share = seen.true / booleans
    rarer = share <= 0.5
    least = share if rarer else 1 - share
    told = f"of {count(seen.documents, 'sampled document')} {share:.0%} of the values are true"
    wanted = None
    if least <= RARE:
        wanted = replace(row.index, partial_filter={field: rarer})
        reason = (
            f"{told}: only {str(rarer).lower()} narrows a search, and a partial index holds just "
            "those; or put the field behind others in a longer one"
        )
    else:
        reason = f"{told}: it narrows no search much; put the field behind others in a longer one"
    return Advice(
        rule=Rule.UNSELECTIVE,
        row=row,
        reason=reason,
        evidence={"sampled": seen.documents, "true": seen.true, **_told(facts, row)},
        wanted=wanted,
        confidence=Confidence.MEDIUM,
    )


def _order(facts: Facts) -> Iterator[Advice]:
    """Keys by which a query is sorted stand behind those that it takes a range of."""
    if not isinstance(facts.queries, Known):
        return
    there = {(row.collection, row.name): row for row in facts.rows}
    seen: set[tuple[str, str, Keys]] = set()
    for query in facts.queries.value:
        row = there.get((query.collection, query.index))
        if row is None:
            continue
        better = better_order(query, row.index)
        mark = (query.collection, query.index, better or ())
        if better is None or mark in seen or _is_there(facts, query.collection, better):
            continue
        seen.add(mark)
        yield Advice(
            rule=Rule.ORDER,
            row=row,
            reason=f"{count(query.times, 'query', 'queries')} of {query.says()} sorted in memory: "
            "keys that are compared for equality come first, then those of the order, then ranges",
            evidence={
                "query": query.says(),
                "times": query.times,
                "examined": query.examined,
                "returned": query.returned,
            },
            wanted=Index(keys=better),
            keeps=True,
            confidence=Confidence.MEDIUM,
        )


# words


def _lines(index: Index) -> list[str]:
    first, *rest = entry_lines(written(index))
    return [f"- {first}", *(f"  {line}" for line in rest)]


def written(index: Index) -> Index:
    """Without what a server fills in by itself."""
    name = None if index.name == derived_name(index.keys) else index.name
    return replace(index, version=None, name=name)


def _named(row: Row) -> str:
    return f"{row.name} {written(row.index).says()}"


def _told(facts: Facts, row: Row) -> dict[str, Any]:
    """Size and use, as far as they are known."""
    figures = facts.figures.collections.get(row.collection, CollectionFigures())
    uses = _uses(facts, row)
    return {
        "size_bytes": figures.index_bytes.get(row.name) if row.found is not None else None,
        "documents": figures.documents,
        "uses": [
            {"node": one.node, "operations": one.operations, "since": one.since} for one in uses
        ],
    }


def shown_evidence(one: Advice) -> str:
    """Size and use for people, in a few words."""
    words: list[str] = []
    size_bytes = one.evidence.get("size_bytes")
    if size_bytes:
        words.append(size(size_bytes))
    uses = one.evidence.get("uses")
    if uses:
        words.append(count(sum(each["operations"] for each in uses), "use"))
    return ", ".join(words)


# what the rules ask


def _collections(facts: Facts) -> Iterator[list[Row]]:
    """The rows of each collection, without what the server itself keeps."""
    found: dict[str, list[Row]] = {}
    for row in facts.rows:
        if not row.index.is_id:
            found.setdefault(row.collection, []).append(row)
    yield from found.values()


def _stays(facts: Facts, row: Row) -> bool:
    """Whether it is there, ready, and here to stay: what is not built, or goes, serves nobody.

    Where nothing is declared at all, whatever is there stays.
    """
    if row.found is None or row.found.building or row.found.index.hidden:
        return False
    nothing = all(one.declared is None for one in facts.rows)
    return row.standing is Standing.IN_PLACE or (nothing and row.standing is Standing.EXTRA)


def _uses(facts: Facts, row: Row) -> Sequence[IndexUse]:
    figures = facts.figures.collections.get(row.collection)
    return () if figures is None or row.found is None else figures.uses.get(row.name, ())


def _unheard(facts: Facts) -> Iterator[str]:
    for node, reason in facts.figures.uses_unknown.items():
        yield f"{node}: {reason}"


def _sampled(facts: Facts, collection: str, field: str) -> Fact[Sampled]:
    sample = facts.samples.get(collection, Missing(_NO_SAMPLE))
    if isinstance(sample, Missing):
        return sample
    seen = sample.value.get(field)
    return Missing(_NO_SAMPLE) if seen is None or not seen.documents else Known(seen)


def _is_boolean(seen: Sampled) -> bool:
    booleans = seen.kinds.get("bool", 0)
    others = seen.documents - booleans - seen.kinds.get("none", 0)
    return booleans >= FEWEST and others == 0


def _holds_dates(seen: Sampled) -> bool:
    others = seen.documents - seen.kinds.get("none", 0)
    return others == 0 or seen.kinds.get("date", 0) > 0


def _all_dates(seen: Sampled) -> bool:
    """Where documents lack it, it is none that every document ends by."""
    return seen.kinds.get("date", 0) == seen.documents


def _means_an_end(field: str) -> bool:
    return _EXPIRY.search(_CAMEL.sub("_", field)) is not None


def _is_own_end(field: str) -> bool:
    """Whether the name says the document's own end, and nothing else."""
    return _OWN_END.search(_CAMEL.sub("_", field)) is not None


def _expires(index: Index) -> bool:
    return index.expire_after_s is not None


def _is_plain(index: Index) -> bool:
    """Whether it does nothing but find: it keeps no rule, and holds every document."""
    special = (
        index.unique,
        index.sparse,
        index.prepare_unique,
        index.hidden,
        index.clustered,
        index.expire_after_s is not None,
        index.partial_filter is not None,
        index.is_wildcard,
    )
    return not any(special) and all(not isinstance(one, str) for _, one in index.keys)


def _begins(longer: Index, shorter: Index) -> bool:
    """Whether an index can take the place of a shorter one, read forwards or backwards."""
    if len(longer.keys) <= len(shorter.keys):
        return False
    kinds = {direction for _, direction in longer.keys if isinstance(direction, str)}
    whole = not (longer.sparse or longer.partial_filter is not None or longer.hidden)
    if not whole or longer.is_wildcard or kinds - _WHOLE_KINDS:
        return False
    if any(one.option == "collation" for one in changes(longer, shorter)):
        return False
    head = longer.keys[: len(shorter.keys)]
    return _reads_as(head, shorter.keys)


def _reads_as(one: Keys, other: Keys) -> bool:
    if any(isinstance(direction, str) for _, direction in (*one, *other)):
        return one == other
    if [name for name, _ in one] != [name for name, _ in other]:
        return False
    signs = {mine == yours for mine, yours in zip(_signs(one), _signs(other), strict=True)}
    return len(signs) == 1


def _signs(keys: Keys) -> list[bool]:
    return [direction > 0 for _, direction in keys if not isinstance(direction, str)]


def _same_keys(one: Index, other: Index) -> bool:
    return keys_of(one) == keys_of(other) or _reads_as(one.keys, other.keys)


def _apart(one: Index, other: Index) -> bool:
    """Whether each does what the other does not."""
    return not (_covers(one, other) or _covers(other, one))


def _covers(one: Index, other: Index) -> bool:
    """Whether the first does all that the second does."""
    if one.hidden or any(each.option not in _RULES for each in changes(one, other)):
        return False
    if one.sparse and not other.sparse:
        return False
    if one.partial_filter is not None and one.partial_filter != other.partial_filter:
        return False
    if other.unique and not (one.unique and one.sparse == other.sparse):
        return False
    return other.expire_after_s is None or one.expire_after_s == other.expire_after_s


def _worth(facts: Facts, row: Row) -> tuple[int, int, int, int, str]:
    """What would be missed most comes last."""
    index = row.index
    rules = index.unique + (index.expire_after_s is not None)
    whole = -(index.sparse + (index.partial_filter is not None) + index.hidden)
    uses = sum(one.operations for one in _uses(facts, row))
    return rules, whole, uses, int(row.declared is not None), row.name


def _is_there(facts: Facts, collection: str, keys: Keys) -> bool:
    return any(
        row.collection == collection
        and _reads_as(row.index.keys[: len(keys)], keys)
        and _is_plain(replace(row.index, unique=False))
        for row in facts.rows
        if len(row.index.keys) >= len(keys)
    )
