"""Status tells everything at a glance, and asks little for it."""

import math
import time
from typing import Any

import pytest
from bson import Decimal128
from pymongo import monitoring

from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.commands.indexes import status
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.indexes import BuildProgress
from skillconnect_ops.core.secret import Secret
from tests.commands.indexes.store import Store

COLLECTIONS, EACH = 200, 9


class Heard(monitoring.CommandListener):
    """Which commands were sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: Any) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass


def stands(store: Store) -> dict[str, str]:
    ran = store.run("indexes", "status")
    assert ran.code == 0, ran.stderr
    return {one["name"]: one["stands"] for one in ran.json["facts"]["indexes"]}


def test_every_standing_is_told(store: Store) -> None:
    store.db.c.create_index("a")
    store.db.c.create_index("b", sparse=True)
    store.db.c.create_index("d")
    store.db.c.create_index("e", hidden=True)
    store.db.c.create_index("f")
    store.db.command("collMod", "c", index={"name": "f_1", "prepareUnique": True})
    store.declare("c:\n" + "".join(f"  - keys: {{{name}: 1}}\n" for name in "abxf"))
    assert stands(store) == {
        "a_1": "in place",
        "b_1": "different",
        "x_1": "missing",
        "f_1": "invalid",
        "d_1": "extra",
        "e_1": "hidden",
    }


def test_an_index_that_cannot_be_read_is_told_as_unknown_and_keeps_nobody_from_the_others(
    store: Store,
) -> None:
    odd = {"a": Decimal128("1"), "b": math.inf}
    store.db.command(
        "createIndexes", "c", indexes=[{"key": odd, "name": "odd"}, {"key": {"z": 1}, "name": "z"}]
    )
    store.declare("c:\n  - keys: {q: 1}\n")
    before = store.indexes()["c"]["odd"]
    assert stands(store) == {"q_1": "missing", "z": "extra", "odd": "unknown"}
    store.apply("--prune-used", "--observe", "0s")
    checked = store.run("indexes", "check")
    assert checked.code == 0
    for report in (
        checked,
        store.run("indexes", "status"),
        store.run("indexes", "advise"),
        store.run("indexes", "import", "--from", "database", "--yes"),
    ):
        (unknown, *_) = report.json["unknown"]
        assert unknown["subject"] == "c.odd"
        assert "Infinity" in unknown["reason"]
    undone = store.run("indexes", "undo", "--yes")
    assert undone.code == 0
    assert store.indexes()["c"]["odd"] == before


def test_the_index_of_id_is_missing_where_its_collection_is(store: Store) -> None:
    store.declare("new:\n  - keys: {_id: 1}\n")
    assert stands(store) == {"_id_": "missing"}
    assert store.run("indexes", "check").code == 11
    store.apply()
    assert store.run("indexes", "check").code == 0
    assert [one["name"] for one in store.db.new.list_indexes()] == ["_id_"]


def test_the_index_of_id_compares_as_its_collection_does(store: Store) -> None:
    store.db.create_collection("french", collation={"locale": "fr"})
    store.db.create_collection("plain")
    entry = "  - keys: {_id: 1}\n    collation: {locale: fr}\n"
    store.declare(f"french:\n{entry}")
    assert store.run("indexes", "check").code == 0
    store.declare(f"plain:\n{entry}nowhere:\n{entry}")
    checked = store.run("indexes", "check")
    assert [one["subject"] for one in checked.json["findings"]] == ["nowhere._id_1", "plain._id_"]
    assert "collation: {locale: fr}, found none" in checked.json["findings"][0]["message"]
    refused = store.run("indexes", "--yes")
    assert refused.code == 4
    assert "the index of _id of plain compares" in refused.json["error"]["why"]


def test_use_and_size_are_told(store: Store) -> None:
    store.db.c.insert_one({"a": 1})
    store.db.c.create_index("a")
    for _ in range(3):
        store.db.c.find_one({"a": 1})
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "status")
    (index,) = ran.json["facts"]["indexes"]
    assert index["size_bytes"] > 0
    (use,) = index["uses"]
    assert use["operations"] == 3
    assert use["since"].endswith("Z")


def test_two_hundred_collections_take_less_than_one_question_each_but_for_their_listing(
    store: Store,
) -> None:
    for number in range(COLLECTIONS):
        store.db.command(
            "createIndexes",
            f"c{number}",
            indexes=[{"key": {f"f{n}": 1}, "name": f"f{n}_1"} for n in range(EACH)],
        )
    store.declare("c0:\n  - keys: {f0: 1}\n")
    heard = Heard()
    monitoring.register(heard)
    try:
        cpu_s = time.process_time()
        ran = store.run("indexes", "status")
        cpu_s = time.process_time() - cpu_s
    finally:
        monitoring._LISTENERS.command_listeners.remove(heard)
    assert ran.code == 0
    assert len(ran.json["facts"]["indexes"]) == COLLECTIONS * EACH
    assert heard.names.count("listIndexes") == COLLECTIONS
    assert len(heard.names) - COLLECTIONS < 40, sorted(set(heard.names))
    assert cpu_s < 3


def line(store: Store) -> Any:
    """What `skc status` says of them."""
    return store.run("status").json["facts"]["status"]["indexes"]


def test_the_project_s_status_tells_how_they_stood_when_they_were_last_looked_at(
    store: Store,
) -> None:
    assert line(store) == {}
    store.declare("c:\n  - keys: {a: 1}\n")
    assert line(store) == {"test": None}
    store.apply()
    assert line(store)["test"]["in_place"] is True
    store.db.c.drop_index("a_1")
    store.run("indexes", "check")
    assert line(store)["test"]["in_place"] is False


def test_a_collection_that_goes_away_meanwhile_is_left_out_and_the_others_are_told(
    store: Store, mongo: Secret
) -> None:
    store.db.c.create_index("a")
    with connect(mongo) as opened:
        figures = opened.indexes().figures(store.name, ["gone", "c"])
    assert figures.uses_unknown == {}
    assert set(figures.collections["c"].uses) == {"_id_", "a_1"}
    assert figures.collections["c"].index_bytes["a_1"] > 0
    assert figures.collections["gone"].index_bytes == {}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Index Build: scanning collection", "being built: c 1,000 of 4,000 documents"),
        ("Index Build: inserting keys from external sorter", "being built: c sorting in 25%"),
    ],
)
def test_a_build_that_sorts_counts_keys_and_no_documents(message: str, said: str) -> None:
    one = BuildProgress(collection="c", message=message, done=1000, total=4000)
    assert status._builds(Known((one,))) == said


def test_one_index_is_told_as_one(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    assert "the one index is in place" in store.skc("indexes", "check", cwd=store.root).stdout
