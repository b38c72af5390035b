"""What queries and writes see while a run is at work, asked after each of its effects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec import Struct
from pymongo.errors import DuplicateKeyError

from skillconnect_ops.adapters.mongo import ServerIndexes
from tests.commands.indexes.store import Store

EFFECTS = ("create", "drop", "modify")


class Query(Struct, frozen=True):
    """A query of the collection `c` that must not read all of it."""

    named: str
    """The index that it has before and after."""
    filter: Mapping[str, Any]
    collation: Mapping[str, Any] | None = None


class Twin(Struct, frozen=True):
    """A document that a unique index of the collection `c` must refuse at every moment."""

    named: str
    document: Mapping[str, Any]


@contextmanager
def probed(store: Store, probes: Sequence[Query | Twin]) -> Iterator[list[tuple[str, str]]]:
    """Ask after every effect of a run; gives what was wrong, by the index's name."""
    wrong: list[tuple[str, str]] = []

    def around(name: str) -> Callable[..., Any]:
        real = getattr(ServerIndexes, name)

        def call(self: ServerIndexes, *args: Any, **kwargs: Any) -> Any:
            try:
                return real(self, *args, **kwargs)
            finally:
                wrong.extend(
                    (one.named, f"after {name}{args}: {said}")
                    for one in probes
                    if (said := _ask(store, one))
                )

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in EFFECTS:
            patch.setattr(ServerIndexes, name, around(name))
        yield wrong


def _ask(store: Store, probe: Query | Twin) -> str:
    """What is wrong; empty where all is well."""
    if isinstance(probe, Twin):
        try:
            made = store.db.c.insert_one(dict(probe.document))
        except DuplicateKeyError:
            return ""
        store.db.c.delete_one({"_id": made.inserted_id})
        return f"{probe.document} was let in"
    find: dict[str, Any] = {"find": "c", "filter": dict(probe.filter)}
    if probe.collation is not None:
        find["collation"] = dict(probe.collation)
    plan = store.db.command("explain", find, verbosity="queryPlanner")["queryPlanner"]
    # any part of it: a shard or a cached plan has the same stages further below
    return f"{probe.filter} reads all of it" if "COLLSCAN" in str(plan["winningPlan"]) else ""
