"""What stands for indexes while they are rebuilt: pure."""

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from skillconnect_ops.commands.indexes.bridge import bridge, guard, needed_by
from skillconnect_ops.commands.indexes.model import is_stand_in
from skillconnect_ops.commands.indexes.sameness import as_found, keys_of, shape
from skillconnect_ops.core.ports.indexes import Build, FoundCollection, FoundIndex


class Rebuild(Struct, frozen=True, kw_only=True):
    """An index in the place of another."""

    old: FoundIndex
    new: Build


class StandIns:
    """Those of one collection.

    Args:
        there: the collection as it is.
        version: the server's.
    """

    def __init__(self, there: FoundCollection, *, version: tuple[int, ...]) -> None:
        self._there = there
        self._version = version
        self._names = {one.index.called: one for one in there.indexes}
        self.gaps: list[str] = []
        """Where nothing can stand for one, in sentences."""

    def of(self, rebuilds: Sequence[Rebuild]) -> list[Build]:
        """Bridges for queries, and guards for the unique values of new and old ones."""
        found: list[Build] = []
        for number, each in enumerate(rebuilds, self._free_number()):
            found += map(self._as_it_stands, self._stand_ins(each, number))
            old = self._old_guard(each, number + len(rebuilds), found)
            found += map(self._as_it_stands, old)
        return found

    def _free_number(self) -> int:
        """From here on no stand-in of a run that died has the name of a new one."""
        numbers = [one.rpartition("_")[2] for one in self._names if is_stand_in(one)]
        return 1 + max((int(one) for one in numbers if one.isdecimal()), default=0)

    def _as_it_stands(self, build: Build) -> Build:
        """One that a dead run left serves again: no second one of its shape can be built."""
        mine = shape(build.index, inherited=self._there.collation)
        for name, one in self._names.items():
            if is_stand_in(name) and shape(as_found(one.index)) == mine:
                return Build(index=structs.replace(build.index, name=name))
        return build

    def _stand_ins(self, one: Rebuild, number: int) -> Iterator[Build]:
        """A bridge for the queries of the keys that stay, and a guard for unique values."""
        old, new = one.old.index, one.new.index
        inherited = self._there.collation
        same = keys_of(old) == keys_of(new)
        pattern = old if same else new
        spans = bridge(pattern, number=number, inherited=inherited if same else None)
        if old.hidden and same:
            pass  # no query uses it
        elif spans is not None:
            yield Build(index=spans)
        elif same or needed_by(old) or not needed_by(new):
            asks = needed_by(old)
            self.gaps.append(
                f"{self._there.name} is without {old.called} {old.says()} from the moment it is "
                f"dropped until {new.called} is built: no other index can stand for it, and "
                + (
                    f"queries of {asks} fail meanwhile"
                    if asks
                    else "its queries are slow meanwhile"
                )
            )
        keeps = guard(new, number=number, version=self._version)
        if keeps is not None:
            yield Build(index=keeps)
        elif new.unique:
            self.gaps.append(
                f"{self._there.name} could take duplicates in {new.says()} from the moment "
                f"{old.called} is dropped until {new.called} is built"
            )

    def _old_guard(self, one: Rebuild, number: int, others: Sequence[Build]) -> Iterator[Build]:
        """Should the new one fail, the old one must be buildable again: no duplicate comes in."""
        old = one.old.index if self._there.collation is None else as_found(one.old.index)
        keeps = guard(old, number=number, version=self._version)
        if keeps is not None:
            mine = shape(keeps, inherited=self._there.collation)
            if mine not in {shape(each.index, inherited=self._there.collation) for each in others}:
                yield Build(index=keeps)
        elif old.unique:
            self.gaps.append(
                f"{self._there.name} could take duplicates in {old.says()} until "
                f"{one.new.index.called} is built; should that fail then, {old.called} could not "
                "be built again"
            )
