"""Steps that change an index in place."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import Connected
from skillconnect_ops.commands.indexes.hands import Handler, find, need, still, subject_of
from skillconnect_ops.commands.indexes.model import (
    IndexConvert,
    IndexHide,
    IndexModify,
    IndexPrepare,
)
from skillconnect_ops.commands.indexes.planned import Planned, is_one
from skillconnect_ops.core.plan import Image, Proof, Walk
from skillconnect_ops.core.ports.indexes import FoundCollection, HiddenIndex, NotUniqueYet
from skillconnect_ops.core.view import count

FLAGS = ("hidden", "prepareUnique")


class ModifyHandler(Handler[IndexModify]):
    """Carries out `index.modify`."""

    def before(self, step: IndexModify, walk: Walk) -> Image:
        """The whole index, to the letter."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
        if step.leaves and _is_other(there, step.name, step.planned):
            return {}
        return {"exact": still(there, step.name, step.planned).exact}

    def apply(self, step: IndexModify, walk: Walk) -> Mapping[str, Any]:
        """One `collMod`."""
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            if step.leaves and _is_other(there, step.name, step.planned):
                walk.person.note(_left(step))
                return {"left": True}
            still(there, step.name, step.planned)
            connected.indexes.modify(step.database, step.collection, step.name, step.changes)
            if step.changes.get("hidden") is False:
                connected.indexes.unwatch(step.database, step.collection, step.name)
        return {}

    def verify(self, step: IndexModify, walk: Walk) -> Sequence[Proof]:
        """The options must be listed so."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
            subject = subject_of(step, connected, step.collection)
        if step.leaves and _is_other(there, step.name, step.planned):
            return ()
        found = need(there, step.name).index
        options = found.options()
        holds = all(_value(options, name) == value for name, value in step.changes.items())
        facts = {"index": step.name, "changes": dict(step.changes)}
        return (Proof(claim="index.changed", subject=subject, holds=holds, facts=facts),)

    def undo(self, step: IndexModify, image: Image, walk: Walk) -> None:
        """Back by `collMod`; what has no way back so, such as a first TTL, is a final step."""
        with self.locked(step, walk) as connected:
            found = find(self.there(connected, step, step.collection), step.name)
            if found is None or (step.planned is not None and not step.planned.is_still(found)):
                return
            old, now = connected.indexes.read(image["exact"]).options(), found.index.options()
            back = {
                name: old.get(name, False)
                for name, value in step.changes.items()
                # what somebody has set since is his
                if _value(now, name) == value and old.get(name) != now.get(name)
            }
            if back:
                connected.indexes.modify(step.database, step.collection, step.name, back)


class PrepareHandler(Handler[IndexPrepare]):
    """Carries out `index.prepare`."""

    def before(self, step: IndexPrepare, walk: Walk) -> Image:
        """Whether it was prepared already."""
        with self._connect(step.target) as connected:
            found = still(self.there(connected, step, step.collection), step.name, step.planned)
        return {"prepared": found.index.prepare_unique, "unique": found.index.unique}

    def apply(self, step: IndexPrepare, walk: Walk) -> Mapping[str, Any]:
        """From now on no duplicate comes in; then those that are there are looked for.

        Raises:
            NotUniqueYet: there are some.
        """
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            if still(there, step.name, step.planned).index.unique:
                return {}
            named = (step.database, step.collection, step.name)
            connected.indexes.modify(*named, {"prepareUnique": True})
            try:
                connected.indexes.would_be_unique(*named)
            except NotUniqueYet as error:
                found = error.details.get("violations", ())
                raise NotUniqueYet(
                    f"{step.collection}.{step.name} cannot become unique",
                    why=f"{count(len(found), 'value stands', 'values stand')} in several documents",
                    fix="skc indexes   # again: it shows them, and how to resolve them",
                ) from error
        return {}

    def undo(self, step: IndexPrepare, image: Image, walk: Walk) -> None:
        """Let duplicates in again, if they were."""
        if image["prepared"] or image["unique"]:
            return
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            if not _is_other(there, step.name, step.planned):
                connected.indexes.modify(
                    step.database, step.collection, step.name, {"prepareUnique": False}
                )


class ConvertHandler(Handler[IndexConvert]):
    """Carries out `index.convert`; there is no way back but to build it anew."""

    def before(self, step: IndexConvert, walk: Walk) -> Image:
        """There is no way back."""
        return {}

    def apply(self, step: IndexConvert, walk: Walk) -> Mapping[str, Any]:
        """It was prepared, so that nothing stands in the way."""
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            if _is_other(there, step.name, step.planned):
                walk.person.note(_left(step))
                return {"left": True}
            if not need(there, step.name).index.unique:
                connected.indexes.modify(
                    step.database, step.collection, step.name, {"unique": True}
                )
        return {}

    def verify(self, step: IndexConvert, walk: Walk) -> Sequence[Proof]:
        """It must be listed as unique."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
            subject = subject_of(step, connected, step.collection)
        if _is_other(there, step.name, step.planned):
            return ()
        found = need(there, step.name)
        facts = {"index": step.name}
        return (
            Proof(claim="index.unique", subject=subject, holds=found.index.unique, facts=facts),
        )

    def undo(self, step: IndexConvert, image: Image, walk: Walk) -> None:
        """Never called: it is final."""


class HideHandler(Handler[IndexHide]):
    """Carries out `index.hide`."""

    def before(self, step: IndexHide, walk: Walk) -> Image:
        """Whether it was hidden, and watched."""
        with self._connect(step.target) as connected:
            found = still(self.there(connected, step, step.collection), step.name, step.planned)
            watched = connected.indexes.watched(step.database)
        return {
            "hidden": found.index.hidden,
            "watched": any(
                (one.collection, one.name) == (step.collection, step.name)
                and is_one(one.exact, found)
                for one in watched
            ),
        }

    def apply(self, step: IndexHide, walk: Walk) -> Mapping[str, Any]:
        """Hidden, and written down since when where that counts: one seen since begins anew."""
        with self.locked(step, walk) as connected:
            found = still(self.there(connected, step, step.collection), step.name, step.planned)
            connected.indexes.modify(step.database, step.collection, step.name, {"hidden": True})
            if step.watched:
                mine = HiddenIndex(
                    collection=step.collection,
                    name=step.name,
                    run=walk.id,
                    exact=found.exact,
                    observe_s=step.observe_s,
                )
                self._watch(connected, step, mine)
        return {}

    def _watch(self, connected: Connected, step: IndexHide, mine: HiddenIndex) -> None:
        """In place of what an earlier run wrote down; of our own the first time counts."""
        watched = connected.indexes.watched(step.database)
        if not any(
            (one.collection, one.name, one.run) == (mine.collection, mine.name, mine.run)
            for one in watched
        ):
            connected.indexes.unwatch(step.database, mine.collection, mine.name)
            connected.indexes.watch(step.database, mine)

    def verify(self, step: IndexHide, walk: Walk) -> Sequence[Proof]:
        """It must be listed as hidden."""
        with self._connect(step.target) as connected:
            found = need(self.there(connected, step, step.collection), step.name)
            subject = subject_of(step, connected, step.collection)
        facts = {"index": step.name}
        return (
            Proof(claim="index.hidden", subject=subject, holds=found.index.hidden, facts=facts),
        )

    def undo(self, step: IndexHide, image: Image, walk: Walk) -> None:
        """Back in sight at once."""
        with self.locked(step, walk) as connected:
            if not image["watched"]:
                connected.indexes.unwatch(step.database, step.collection, step.name)
            there = self.there(connected, step, step.collection)
            if not image["hidden"] and not _is_other(there, step.name, step.planned):
                connected.indexes.modify(
                    step.database, step.collection, step.name, {"hidden": False}
                )


def _value(options: Mapping[str, Any], name: str) -> Any:
    return bool(options.get(name)) if name in FLAGS else options.get(name)


def _is_other(there: FoundCollection, name: str, planned: Planned | None) -> bool:
    """Whether the index of that name is gone, or is not the one that was planned for."""
    found = find(there, name)
    return found is None or (planned is not None and not planned.is_still(found))


def _left(step: IndexModify | IndexConvert) -> str:
    return (
        f"{step.collection}.{step.name}: left as it is, since somebody dropped or changed it "
        "meanwhile"
    )
