"""Declared against found: pure, for plan, status and check."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from msgspec import Struct, structs

from skillconnect_ops.commands.indexes.model import is_stand_in
from skillconnect_ops.commands.indexes.sameness import Change, as_found, changes, keys_of, shape
from skillconnect_ops.core.indexes import ID_INDEX, Declaration, Index
from skillconnect_ops.core.ports.indexes import FoundCollection, FoundIndex, Listing


class Standing(Enum):
    """How an index stands."""

    IN_PLACE = "in place"
    MISSING = "missing"
    DIFFERENT = "different"
    EXTRA = "extra"
    HIDDEN = "hidden"
    """Extra, and no query uses it any more."""
    BUILDING = "building"
    INVALID = "invalid"
    """Left half-way by somebody: it takes no duplicates, and is not unique."""
    UNKNOWN = "unknown"
    """There, and not to be read; it is left alone."""


class Row(Struct, frozen=True, kw_only=True):
    """One index, declared or found or both."""

    collection: str
    standing: Standing
    declared: Declaration | None = None
    found: FoundIndex | None = None
    how: tuple[Change, ...] = ()

    @property
    def index(self) -> Index:
        """As it is declared, else as it was found."""
        if self.declared is not None:
            return self.declared.index
        if self.found is None:
            raise ValueError("a row is declared or found")
        return self.found.index

    @property
    def name(self) -> str:
        """As it is called at the server, if it is there."""
        return self.found.index.called if self.found is not None else self.index.called

    @property
    def drifts(self) -> bool:
        """Whether declaration and database part here; one that is being built is on its way."""
        return self.standing not in {Standing.IN_PLACE, Standing.BUILDING, Standing.UNKNOWN}


def difference(declared: Sequence[Declaration], found: Listing) -> tuple[Row, ...]:
    """Every index that is declared or found, but those of `_id` that come by themselves.

    Args:
        declared: none twice.
        found: the whole database.
    """
    wanted: dict[str, list[Declaration]] = {}
    for one in declared:
        wanted.setdefault(one.collection, []).append(one)
    there = {one.name: one for one in found.collections}
    rows: list[Row] = []
    for name in sorted({*wanted, *there}):
        collection = there.get(name, FoundCollection(name=name, uuid=None))
        rows += _of_collection(wanted.get(name, []), collection)
    return tuple(rows)


def _of_collection(declared: Sequence[Declaration], collection: FoundCollection) -> Iterable[Row]:
    there = {one.index.called: one for one in collection.indexes if not one.index.is_id}
    left = {name: one for name, one in there.items() if not is_stand_in(name) and not one.unknown}
    own = [one for one in collection.indexes if one.index.is_id]
    pairs: dict[int, FoundIndex] = {}
    for alike in (_same, _same_shape, _same_keys_and_name, _same_keys, _both_text, _same_name):
        for number, one in enumerate(declared):
            match = next(
                (
                    each
                    for each in left.values()
                    if number not in pairs and alike(one, each, collection)
                ),
                None,
            )
            if match is not None:
                pairs[number] = left.pop(match.index.called)
    for number, one in enumerate(declared):
        if one.index.is_id:
            yield _of_id(one, own, collection)
        elif number in pairs:
            yield _of_pair(one, pairs[number], collection)
        else:
            yield Row(collection=one.collection, standing=Standing.MISSING, declared=one)
    others = (one for name, one in there.items() if is_stand_in(name) or one.unknown)
    for each in (*left.values(), *others):
        yield Row(collection=collection.name, standing=_of_extra(each), found=each)


def _of_pair(declared: Declaration, found: FoundIndex, collection: FoundCollection) -> Row:
    how = changes(declared.index, found.index, inherited=collection.collation)
    standing = Standing.DIFFERENT if how else Standing.IN_PLACE
    if found.building:
        standing = Standing.DIFFERENT if how else Standing.BUILDING
    elif [one.option for one in how] == ["prepareUnique"]:
        standing = Standing.INVALID
    return Row(
        collection=collection.name, standing=standing, declared=declared, found=found, how=how
    )


def _of_id(declared: Declaration, own: Sequence[FoundIndex], collection: FoundCollection) -> Row:
    """That of `_id` is there wherever the collection is, and compares as it does.

    A clustered one came with the collection, or never comes.
    """
    wanted = declared.index
    clustered = next((one for one in own if one.index.clustered), None)
    how: tuple[Change, ...] = ()
    if wanted.clustered and clustered is None:
        how = (Change(option="clustered", wanted=True, found=False),)
    elif wanted.collation is not None:
        there = Index(keys=wanted.keys, collation=collection.collation)
        how = tuple(one for one in changes(wanted, there) if one.option == "collation")
    standing = Standing.DIFFERENT if how else Standing.IN_PLACE
    if not how and not own:
        standing = Standing.MISSING
        declared = structs.replace(declared, index=structs.replace(wanted, name=ID_INDEX))
    return Row(
        collection=declared.collection,
        standing=standing,
        declared=declared,
        found=own[0] if own else None,
        how=how,
    )


def _of_extra(found: FoundIndex) -> Standing:
    if found.unknown:
        return Standing.UNKNOWN
    if found.building:
        return Standing.BUILDING
    return Standing.HIDDEN if found.index.hidden else Standing.EXTRA


def _same(declared: Declaration, found: FoundIndex, collection: FoundCollection) -> bool:
    return not changes(declared.index, found.index, inherited=collection.collation)


def _same_shape(declared: Declaration, found: FoundIndex, collection: FoundCollection) -> bool:
    """No other one of that shape can stand beside it."""
    mine = shape(declared.index, inherited=collection.collation)
    return mine == shape(as_found(found.index))


def _same_keys_and_name(
    declared: Declaration, found: FoundIndex, collection: FoundCollection
) -> bool:
    return declared.index.called == found.index.called and _same_keys(declared, found, collection)


def _same_keys(declared: Declaration, found: FoundIndex, _: FoundCollection) -> bool:
    return keys_of(declared.index) == keys_of(found.index)


def _both_text(declared: Declaration, found: FoundIndex, _: FoundCollection) -> bool:
    """A collection has one at most, so that the one found is the one that is in the way."""
    return declared.index.is_text and found.index.is_text


def _same_name(declared: Declaration, found: FoundIndex, _: FoundCollection) -> bool:
    """Only where the name was chosen: else another one is as good."""
    return declared.index.name == found.index.called


def count(rows: Iterable[Row]) -> Mapping[str, int]:
    """How many stand how; those that are none are left out."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.standing.value] = found.get(row.standing.value, 0) + 1
    return found
