"""What to do about a difference: pure.

The order of a plan: everything new is built, one command a collection; options that can change in
place do; what must be rebuilt under its own name is, behind a bridge; what was replaced is hidden.
Past the turn, what was replaced is dropped and what is prepared becomes unique.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from skillconnect_ops.commands.indexes.bridge import needed_by
from skillconnect_ops.commands.indexes.changing import TTL_ADDS, impossible, in_place
from skillconnect_ops.commands.indexes.declared import MOST_INDEXES
from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.expiry import deleted
from skillconnect_ops.commands.indexes.model import (
    Facts,
    IndexConvert,
    IndexCreate,
    IndexDrop,
    IndexHide,
    IndexModify,
    IndexPrepare,
    Wishes,
    is_stand_in,
)
from skillconnect_ops.commands.indexes.planned import Planned, plainly
from skillconnect_ops.commands.indexes.pruning import pruned, spoken
from skillconnect_ops.commands.indexes.sameness import as_found, keys_of, shape
from skillconnect_ops.commands.indexes.stand_ins import Rebuild, StandIns
from skillconnect_ops.core.indexes import Index, shown_keys
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.ports.indexes import (
    Build,
    FoundCollection,
    FoundIndex,
    Listing,
    StandIn,
    Touched,
)
from skillconnect_ops.core.view import count

CAPPED_EXPIRE = (7, 1)
"""The first version that takes a TTL in a capped collection."""
Exact = Mapping[tuple[str, str], str]
"""By collection and name: what is to be built exactly so."""


class Where(Struct, frozen=True, kw_only=True):
    """Where the steps act."""

    target: str
    database: str


class Decided(Struct, frozen=True, kw_only=True):
    """What a difference comes to."""

    steps: tuple[Step, ...]
    final: tuple[Step, ...]
    notes: tuple[str, ...]
    gaps: tuple[str, ...]
    """Where keys would be without any index for a while, in sentences."""
    blocked: tuple[str, ...]
    """What cannot be done at all, in sentences."""
    touched: tuple[Touched, ...]
    """What changes, as it was."""
    stand_ins: tuple[StandIn, ...]
    """What is built for a while only."""


def decide(
    rows: Sequence[Row],
    found: Listing,
    facts: Facts,
    wishes: Wishes,
    *,
    where: Where,
    exact: Exact | None = None,
    remove: frozenset[tuple[str, str]] = frozenset(),
) -> Decided:
    """Decide on everything.

    Args:
        rows: the difference.
        found: all that is there.
        facts: see there.
        wishes: see there.
        where: target and database.
        exact: what is to be built to the letter (an undo).
        remove: what goes without being watched first, by collection and name (an undo).
    """
    parts = []
    names = sorted({row.collection for row in rows})
    for name in names:
        collection = found.find(name) or FoundCollection(name=name, uuid=None)
        part = _Collection(collection, facts, wishes, where=where, exact=exact or {}, remove=remove)
        if name in found.views:
            declared = [row for row in rows if row.collection == name and row.declared]
            if declared:
                part.blocked.append(f"{name} is a view, and a view has no indexes of its own")
            parts.append(part)
            continue
        part.decide([row for row in rows if row.collection == name])
        parts.append(part)
    return Decided(
        steps=tuple(step for steps in _phases(parts) for step in steps),
        final=tuple(step for part in parts for step in part.final),
        notes=tuple(text for part in parts for text in part.notes),
        gaps=tuple(text for part in parts for text in part.gaps),
        blocked=tuple(text for part in parts for text in part.blocked),
        touched=tuple(one for part in parts for one in part.touched()),
        stand_ins=tuple(one for part in parts for one in part.stand_ins()),
    )


def _phases(parts: "Sequence[_Collection]") -> Iterator[Iterable[Step]]:
    """New ones first, for all collections; what is risky comes when the rest is safe."""
    for part in parts:
        yield part.created
    for part in parts:
        yield part.modified
    for part in parts:
        yield part.rebuilt
    for part in parts:
        yield part.hidden


class _Collection:
    """Decides for one collection."""

    def __init__(
        self,
        collection: FoundCollection,
        facts: Facts,
        wishes: Wishes,
        *,
        where: Where,
        exact: Exact,
        remove: frozenset[tuple[str, str]],
    ) -> None:
        self._there = collection
        self._facts = facts
        self._wishes = wishes
        self._where: dict[str, Any] = structs.asdict(where)
        self._exact = exact
        self._remove = remove
        self._names = {one.index.called: one for one in collection.indexes}
        self.created: list[Step] = []
        self.modified: list[Step] = []
        self.rebuilt: list[Step] = []
        self.hidden: list[Step] = []
        self.final: list[Step] = []
        self.notes: list[str] = []
        self.gaps: list[str] = []
        self.blocked: list[str] = []
        self._surplus: list[str] = []
        self._stale: list[str] = []
        """Stand-ins of a run that died elsewhere."""
        self._changing: dict[str, tuple[str, ...]] = {}
        """By name, the options that change in place."""
        self._strange = 0
        """Indexes of a collection that is nobody's business here."""
        self._deletes: dict[str, str] = {}
        """By the name that is declared, which documents go at once."""

    def decide(self, rows: Sequence[Row]) -> None:
        """All rows of the collection."""
        missing: list[Build] = []
        rebuilds: list[Rebuild] = []
        self._note_deletions(rows)
        for row in rows:
            if self._is_refused(row):
                continue
            match row.standing:
                case Standing.IN_PLACE:
                    continue
                case Standing.MISSING:
                    missing.append(self._build(row.index))
                case Standing.BUILDING:
                    self._follow(row)
                case Standing.DIFFERENT | Standing.INVALID:
                    rebuilds += self._change(row)
                case Standing.EXTRA | Standing.HIDDEN:
                    self._extra(row)
                case Standing.UNKNOWN:
                    self.notes.append(f"{self._where_of(row)} is left alone: {_why(row)}")
        self._arrange(missing, rebuilds)
        if self._strange:
            name = self._there.name
            self.notes.append(
                f"{name} is not named in the file, and keeps its "
                f"{count(self._strange, 'index', 'indexes')} (`{name}: []` says it has none)"
            )
        if self._surplus:
            them = "them" if self._surplus[1:] else "it"
            why = f"the run that is taken back built {them}"
            self.final.append(self._drop(*self._surplus, why=why))
        if self._stale:  # once what they stood for is there
            why = "left by a run that died, for which others stand by now"
            self.final.append(self._drop(*self._stale, why=why))

    def _note_deletions(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if said := deleted(row, self._facts):
                self._deletes[row.index.called] = said
                self.notes.append(
                    f"MongoDB will delete {said}: within a minute, and no undo brings them back"
                )

    def _is_refused(self, row: Row) -> bool:
        """What a server does not build in a collection of this kind, by its declaration."""
        if row.declared is not None and row.index.unique and self._there.timeseries:
            self.blocked.append(f"{self._where_of(row)}: a time series takes no unique index")
            return True
        expires = row.declared is not None and row.index.expire_after_s is not None
        if not (expires and row.drifts and self._there.capped):
            return False
        if self._facts.version >= CAPPED_EXPIRE:
            return False
        self.blocked.append(
            f"{self._where_of(row)} cannot expire documents: {self._there.name} is capped, and a "
            "capped collection drops its oldest by itself"
        )
        return True

    def touched(self) -> Iterator[Touched]:
        """Every index that some step changes, as it is now."""
        names: dict[str, None] = {}
        steps = (*self.created, *self.modified, *self.rebuilt, *self.hidden, *self.final)
        for step in steps:
            for name in _names_of(step):
                names[name] = None
        for name in names:
            old = self._names.get(name)
            if old is not None and old.building:
                continue  # somebody else's, which we only follow
            if is_stand_in(name):
                continue  # whoever plans next sees to it, also when taking back
            yield Touched(
                collection=self._there.name,
                name=name,
                index=old.index if old else None,
                exact=old.exact if old else None,
                uuid=self._there.uuid,
            )

    def stand_ins(self) -> Iterator[StandIn]:
        """What is built for a while only, so that any later run knows it for ours."""
        for step in self.rebuilt:
            if isinstance(step, IndexCreate) and step.until:
                for one in step.builds:
                    yield StandIn(collection=self._there.name, index=one.index)

    def _is_stand_in(self, name: str) -> bool:
        """Whether it is one that a run has built for a while; a name alone says little."""
        found = self._names.get(name)
        return (
            is_stand_in(name)
            and found is not None
            and any(
                one.collection == self._there.name
                and one.index.called == name
                and keys_of(one.index) == keys_of(found.index)
                for one in self._facts.stand_ins
            )
        )

    def _planned(self, name: str) -> Planned | None:
        found = self._names.get(name)
        if found is None:
            return None
        return Planned(exact=found.exact, changes=self._changing.get(name, ()))

    def _build(self, index: Index) -> Build:
        exact = self._exact.get((self._there.name, index.called))
        return Build(index=index, exact=exact)

    def _follow(self, row: Row) -> None:
        """One that is being built is waited for, whoever began it."""
        if row.declared is None:
            if self._is_stand_in(row.name):
                self._stale.append(row.name)
                return
            self.notes.append(f"{self._where_of(row)} is being built, and is not declared")
            return
        build = structs.replace(row.index, name=row.name)
        self.created.append(
            IndexCreate(
                key=f"follow:{self._there.name}.{row.name}",
                **self._where,
                collection=self._there.name,
                builds=(Build(index=build),),
                purpose="it is being built already, and is followed",
            )
        )

    def _change(self, row: Row) -> Iterator[Rebuild]:
        """In place where the server can; else it is rebuilt."""
        old = row.found
        if (why := impossible(row)) or old is None:
            self.blocked.append(why)
            return
        if old.index.unique and not row.index.unique:
            self.notes.append(
                f"{self._where_of(row)} is unique no more then, and nothing keeps duplicates of "
                f"{shown_keys(row.index.keys)} out"
            )
        becomes = in_place(row, self._facts.version)
        if becomes is None:
            yield Rebuild(old=old, new=self._build(row.index))
            return
        self._changing[row.name] = tuple(one.option for one in row.how)
        named: dict[str, Any] = {
            **self._where,
            "collection": self._there.name,
            "name": row.name,
            "planned": self._planned(row.name),
        }
        at = self._where_of(row)
        if becomes.now:
            self.modified.append(IndexModify(key=f"modify:{at}", **named, changes=becomes.now))
        if becomes.last:
            self.final.append(
                IndexModify(
                    key=f"expire:{at}",
                    **named,
                    changes=becomes.last,
                    leaves=True,
                    deletes=self._deletes.get(row.index.called, ""),
                )
            )
        if becomes.unique:
            self.modified.append(IndexPrepare(key=f"prepare:{at}", **named))
            self.final.append(IndexConvert(key=f"convert:{at}", **named))

    def _arrange(self, missing: Sequence[Build], rebuilds: Sequence[Rebuild]) -> None:
        """Which new ones can stand beside all that is there, and which must wait for room."""
        behind = [one for one in rebuilds if not self._fits(one.new, free=())]
        beside = [one for one in rebuilds if self._fits(one.new, free=())]
        while True:  # a name that is waited for may be that of one that was to stay to the end
            wanted = {one.new.index.called for one in behind}
            wanted |= {one.index.called for one in missing}
            more = [one for one in beside if one.old.index.called in wanted]
            if not more:
                break
            behind += more
            beside = [one for one in beside if one not in more]
        going = {one.old.index.called for one in behind}
        now = [one for one in missing if one.index.called not in self._names]
        late = [one for one in missing if one.index.called in going]
        now += [
            self._renamed(one)
            for one in missing
            if one.index.called in self._names and one.index.called not in going
        ]
        self._create([*now, *(one.new for one in beside)])
        for each in beside:
            self._tell_of_two(each)
            self._retire(each)
        if behind:
            self._rebuild(behind, late)

    def _tell_of_two(self, one: Rebuild) -> None:
        """Old and new stand side by side for a while, and `$geoNear` then wants to know which."""
        if needed_by(one.old.index) is None or needed_by(one.new.index) is None:
            return
        self.gaps.append(
            f"{self._there.name} has {one.old.index.called} {one.old.index.says()} beside "
            f"{one.new.index.called} from the moment that is built until the old one is dropped: "
            "queries of $geoNear that name no `key` fail meanwhile"
        )

    def _fits(self, build: Build, *, free: Iterable[str]) -> bool:
        """Whether it can stand beside all that is there but what is about to go."""
        index = build.index
        others = [one.index for name, one in self._names.items() if name not in set(free)]
        if index.called in {one.called for one in others}:
            return False
        if index.is_text and any(one.is_text for one in others):
            return False
        mine = shape(index, inherited=self._there.collation)
        return mine not in {shape(as_found(one)) for one in others}

    def _renamed(self, build: Build) -> Build:
        """Its derived name is another's; where none was chosen any other is as good."""
        index = build.index
        if index.name is not None:
            self.blocked.append(
                f"{self._there.name} has another index called {index.name}, which is not declared "
                "so: choose another name, or drop that one"
            )
            return build
        number = 2
        while f"{index.called}_{number}" in self._names:
            number += 1
        return Build(index=structs.replace(index, name=f"{index.called}_{number}"))

    def _without_ttl(self, build: Build) -> Build:
        """Documents go when all else is done, since that has no way back."""
        after_s = build.index.expire_after_s
        if after_s is None or self._facts.version < TTL_ADDS:
            return build
        name = build.index.called
        self.final.append(
            IndexModify(
                key=f"expire:{self._there.name}.{name}",
                **self._where,
                collection=self._there.name,
                name=name,
                changes={"expireAfterSeconds": after_s},
                leaves=True,
                deletes=self._deletes.get(name, ""),
            )
        )
        return plainly(build)

    def _create(self, builds: Sequence[Build]) -> None:
        if not builds:
            return
        builds = tuple(map(self._without_ttl, builds))
        self._must_fit(len(self._names) + len(builds))
        self.created.append(
            IndexCreate(
                key=f"create:{self._there.name}",
                **self._where,
                collection=self._there.name,
                builds=tuple(builds),
                commit_quorum=self._wishes.commit_quorum,
            )
        )

    def _retire(self, one: Rebuild) -> None:
        """Hidden when its successor stands, and dropped at the end."""
        name = one.old.index.called
        at = f"{self._there.name}.{name}"
        named: dict[str, Any] = {**self._where, "collection": self._there.name}
        why = f"{one.new.index.called} has taken its place"
        if not one.old.index.hidden:
            self.hidden.append(
                IndexHide(
                    key=f"hide:{at}",
                    **named,
                    name=name,
                    purpose=why,
                    planned=self._planned(name),
                )
            )
        self.final.append(self._drop(name, why=why, hidden=True))

    def _rebuild(self, rebuilds: Sequence[Rebuild], late: Sequence[Build]) -> None:
        """Behind bridges, all of a collection at once: names may go round in a circle."""
        name = self._there.name
        named: dict[str, Any] = {**self._where, "collection": name}
        olds = {one.old.index.called: one.old for one in rebuilds}
        news = [*(self._free(one.new, olds) for one in rebuilds), *late]
        news = [self._without_ttl(one) for one in news]
        for one in news:  # what has the same shape is in the way as well
            olds.update(self._in_the_way(one.index, olds))
        meanwhile = StandIns(self._there, version=self._facts.version)
        stand_ins = meanwhile.of(rebuilds)
        self.gaps += meanwhile.gaps
        self._must_fit(len(self._names) + len(stand_ins))
        if stand_ins:
            self.rebuilt.append(
                IndexCreate(
                    key=f"bridge:{name}",
                    **named,
                    builds=tuple(stand_ins),
                    commit_quorum=self._wishes.commit_quorum,
                    purpose="they stand for those that are rebuilt, meanwhile",
                    until=tuple(news),
                    stand_for=tuple(olds),
                )
            )
        self.rebuilt += [
            IndexDrop(
                key=f"make-room:{name}",
                **named,
                names=tuple(olds),
                planned=self._all_planned(olds),
                successors=tuple(news),
                purpose="their successors have the same names or keys",
            ),
            IndexCreate(
                key=f"rebuild:{name}",
                **named,
                builds=tuple(news),
                commit_quorum=self._wishes.commit_quorum,
            ),
        ]
        if stand_ins:
            names = tuple(one.index.called for one in stand_ins)
            self.rebuilt.append(IndexDrop(key=f"unbridge:{name}", **named, names=names))
            self._stale = [one for one in self._stale if one not in names]

    def _free(self, build: Build, going: Mapping[str, FoundIndex]) -> Build:
        called = build.index.called
        return self._renamed(build) if called in self._names and called not in going else build

    def _in_the_way(
        self, index: Index, going: Mapping[str, FoundIndex]
    ) -> Mapping[str, FoundIndex]:
        # a server tells {b: 1} and {b: 2} apart, which come to the same for us
        mine = shape(index, inherited=self._there.collation)
        return {
            name: one
            for name, one in self._names.items()
            if name not in going
            and one.index.keys == index.keys
            and shape(as_found(one.index)) == mine
        }

    def _extra(self, row: Row) -> None:
        """What is there, and is not declared."""
        name, at = row.name, self._where_of(row)
        if self._is_stand_in(name):
            self._stale.append(name)
            return
        if (self._there.name, name) in self._remove:
            self._surplus.append(name)
            return
        if not self._wishes.prune:
            return
        if self._facts.named is not None and self._there.name not in self._facts.named:
            self._strange += 1
            return
        verdict = pruned(row, self._facts, self._wishes)
        self.notes += verdict.notes
        if verdict.drops:
            self.final.append(self._drop(name, why=verdict.drops, hidden=True))
        elif verdict.hides_s is not None:
            self.hidden.append(
                IndexHide(
                    key=f"hide:{at}",
                    **self._where,
                    collection=self._there.name,
                    name=name,
                    watched=True,
                    observe_s=verdict.hides_s,
                    planned=self._planned(name),
                    purpose=f"dropped by `skc indexes --prune` after {spoken(verdict.hides_s)} if "
                    "nobody misses it",
                )
            )

    def _drop(self, *names: str, why: str, hidden: bool = False) -> IndexDrop:
        return IndexDrop(
            key=f"drop:{self._there.name}.{names[0]}",
            **self._where,
            collection=self._there.name,
            names=names,
            planned=self._all_planned(names),
            hidden=hidden,
            leaves=True,
            purpose=why,
        )

    def _all_planned(self, names: Iterable[str]) -> Mapping[str, Planned]:
        every = {name: self._planned(name) for name in names}
        return {name: one for name, one in every.items() if one is not None}

    def _must_fit(self, number: int) -> None:
        if number > MOST_INDEXES:
            self.blocked.append(
                f"{self._there.name} would have {number} indexes at once, and a server keeps "
                f"{MOST_INDEXES}: drop some first (skc indexes --prune)"
            )

    def _where_of(self, row: Row) -> str:
        return f"{self._there.name}.{row.name}"


def _why(row: Row) -> str:
    return row.found.unknown if row.found is not None else ""


def _names_of(step: Step) -> tuple[str, ...]:
    match step:
        case IndexCreate():
            return tuple(one.index.called for one in step.builds)
        case IndexDrop():
            return step.names
        case IndexModify() | IndexPrepare() | IndexConvert() | IndexHide():
            return (step.name,)
        case _:
            return ()
