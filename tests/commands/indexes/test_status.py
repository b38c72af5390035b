"""Status tells everything at a glance, and asks little for it."""

import time
from typing import Any

from pymongo import monitoring

from skillconnect_ops.adapters.mongo import connect
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
