"""When a decision may be carried out, and what of the wishes belongs to it."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.adapters.mongo import ServerIndexes
from skillconnect_ops.commands.indexes.finished import wanted_of
from skillconnect_ops.commands.indexes.model import Wishes
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.indexes import Build, DiskSpace
from tests.commands.indexes.store import Store

A = Index(keys=(("a", 1),))


@pytest.mark.parametrize(
    "wish",
    [{"prune": True}, {"prune_used": True}, {"commit_quorum": 2}, {"commit_quorum": "majority"}],
    ids=str,
)
def test_a_dead_run_is_gone_on_with_only_under_the_same_wishes(wish: dict[str, Any]) -> None:
    declared = [Declaration(collection="c", index=A, path="x", line=1)]
    assert wanted_of(declared, replace(Wishes(), **wish)) != wanted_of(declared, Wishes())
    other = [replace(declared[0], index=replace(A, unique=True))]
    assert wanted_of(other, Wishes()) != wanted_of(declared, Wishes())


@pytest.mark.parametrize(("free_bytes", "code"), [(1999, 4), (2000, 0)])
def test_the_disk_must_hold_what_is_built_twice_since_a_build_sorts_on_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, free_bytes: int, code: int
) -> None:
    disk = Known(DiskSpace(total_bytes=10_000, used_bytes=10_000 - free_bytes))
    monkeypatch.setattr(ServerIndexes, "disk", lambda *_: disk)
    estimated = "skillconnect_ops.commands.indexes.finished.estimated"
    monkeypatch.setattr(estimated, lambda steps, *_: (steps, 1000))
    store.db.c.insert_one({"a": 1})
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == code, ran.stdout + ran.stderr
    assert store.run("indexes", "--yes", "--ignore-space").code == 0


class Recorded:
    """A connection that keeps what it is told, by whether it waits for a majority."""

    def __init__(self) -> None:
        self.plain: list[Mapping[str, Any]] = []
        self.durable: list[Mapping[str, Any]] = []

    def run(self, _: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        self.plain.append(command)
        return {"cursor": {"firstBatch": []}}

    def run_durably(self, _: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        self.durable.append(command)
        return {"n": 1}


def test_every_change_waits_for_a_majority_of_the_members() -> None:
    """What the primary alone has, an election takes away again."""
    connection = Recorded()
    indexes = ServerIndexes(connection)  # type: ignore[arg-type]
    indexes.create("db", "c", [Build(index=A)])
    (command,) = connection.plain
    assert command["writeConcern"] == {"w": "majority"}
    connection.plain.clear()
    indexes.modify("db", "c", "a_1", {"hidden": True})
    indexes.drop("db", "c", ["a_1"])
    indexes.lock("db", run="r", command="indexes", lease_s=1)
    indexes.unlock("db", run="r")
    assert [next(iter(one)) for one in connection.durable] == [
        "collMod",
        "dropIndexes",
        "update",
        "delete",
    ]
    assert {next(iter(one)) for one in connection.plain} <= {"find"}
