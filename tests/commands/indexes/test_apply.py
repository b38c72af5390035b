"""What is declared is brought about, and nothing is dropped before its replacement is ready."""

from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.adapters.mongo import MongoDatabase, ServerIndexes
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.database import Topology
from skillconnect_ops.core.ports.indexes import DiskSpace
from skillconnect_ops.core.resources import template
from tests.commands.indexes.probes import Query, Twin, probed
from tests.commands.indexes.store import Store, watched


def test_the_plan_s_list_is_applied_and_a_second_run_has_nothing_to_do(store: Store) -> None:
    store.declare(template("skillconnect/indexes.yaml"))
    first = store.apply()
    assert first["journal"]
    assert len(store.indexes()["users"]) == 8
    assert store.db.users.index_information()["email_1"]["unique"] is True
    again = store.apply()
    assert again["journal"] is None
    assert again["facts"]["drift"] == 0
    assert store.run("indexes", "check").code == 0


def test_a_dry_run_changes_nothing(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--dry-run")
    assert ran.code == 0
    assert [one["kind"] for one in ran.json["facts"]["plan"]["steps"]] == [
        "index.lock",
        "index.create",
        "index.unlock",
    ]
    assert store.db.list_collection_names() == []


def test_each_collection_is_built_in_one_command(store: Store) -> None:
    store.declare("a:\n  - keys: {x: 1}\n  - keys: {y: 1}\nb:\n  - keys: {z: 1}\n")
    kinds = [one["kind"] for one in store.apply()["steps"]]
    assert kinds == ["index.lock", "index.create", "index.create", "index.unlock"]


def test_a_time_to_live_is_changed_in_place(store: Store) -> None:
    store.db.c.create_index("at", expireAfterSeconds=60)
    store.declare("c:\n  - keys: {at: 1}\n    expireAfterSeconds: 90\n")
    kinds = [one["kind"] for one in store.apply()["steps"]]
    assert "index.modify" in kinds
    assert "index.create" not in kinds
    assert store.indexes()["c"]["at_1"]["expireAfterSeconds"] == 90


def test_hidden_is_changed_in_place(store: Store) -> None:
    store.db.c.create_index("a", hidden=True)
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    assert "hidden" not in store.indexes()["c"]["a_1"]


def test_an_index_becomes_unique_without_being_built_anew(store: Store) -> None:
    store.db.c.insert_many({"a": n} for n in range(10))
    store.db.c.create_index("a")
    store.declare("c:\n  - keys: {a: 1}\n    unique: true\n")
    kinds = [one["kind"] for one in store.apply()["steps"]]
    assert kinds == ["index.lock", "index.prepare", "index.convert", "index.unlock"]
    assert store.indexes()["c"]["a_1"] == {"v": 2, "key": {"a": 1}, "name": "a_1", "unique": True}


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ({"expireAfterSeconds": 3600}, ""),
        ({"sparse": True}, ""),
        ({"unique": True}, ""),
        ({"unique": True}, "    unique: true\n    sparse: true\n"),
        ({"collation": {"locale": "sv"}}, "    collation: {locale: de}\n"),
        ({"partialFilterExpression": {"b": 1}}, "    partialFilterExpression: {b: 2}\n"),
        ({"name": "odd"}, "    name: even\n"),
        ({"name": "odd", "sparse": True}, "    name: even\n"),
    ],
    ids=str,
)
def test_no_moment_is_without_an_index_for_keys_that_had_one(
    store: Store, before: dict[str, Any], wanted: str
) -> None:
    store.db.c.insert_many({"a": n, "b": n % 3} for n in range(3000))
    store.db.c.create_index("a", **before)
    store.declare(f"c:\n  - keys: {{a: 1}}\n{wanted}")
    with watched(store, "c", [(("a", 1),)]) as wrong:
        store.apply()
    assert wrong == []
    assert len(store.indexes()["c"]) == 2
    assert store.run("indexes", "check").code == 0


def test_names_that_go_round_in_a_circle_are_given_all_at_once(store: Store) -> None:
    store.db.c.insert_one({"a": 1, "b": 1})
    store.db.c.create_index("a", name="one")
    store.db.c.create_index("b", name="two")
    store.declare("c:\n  - {keys: {a: 1}, name: two}\n  - {keys: {b: 1}, name: one}\n")
    with watched(store, "c", [(("a", 1),), (("b", 1),)]) as wrong:
        store.apply()
    assert wrong == []
    assert {name: dict(one["key"]) for name, one in store.indexes()["c"].items()} == {
        "_id_": {"_id": 1},
        "one": {"b": 1},
        "two": {"a": 1},
    }


def test_a_second_text_index_is_a_gap_that_is_asked_for(store: Store) -> None:
    store.db.c.insert_one({"a": "word", "b": "other"})
    store.db.c.create_index([("a", "text")])
    store.declare("c:\n  - keys: {a: text, b: text}\n")
    refused = store.run("indexes", "--yes")
    assert refused.code == 3
    assert refused.json["error"]["why"].endswith("queries of $text fail meanwhile")
    assert refused.json["error"]["fix"].endswith("--allow-gap   # in a calm hour")
    assert set(store.indexes()["c"]) == {"_id_", "a_text"}
    store.apply("--allow-gap")
    assert set(store.indexes()["c"]) == {"_id_", "a_text_b_text"}


def test_a_unique_index_with_bounds_of_its_own_is_rebuilt_behind_a_guard_with_them(
    store: Store,
) -> None:
    store.db.c.insert_one({"p": [400, 400]})
    store.db.c.create_index([("p", "2d")], min=-500, max=500, unique=True)
    store.declare("c:\n  - {keys: {p: 2d}, min: -600, max: 600, unique: true}\n")
    store.apply("--allow-gap")
    assert store.indexes()["c"]["p_2d"]["min"] == -600


LOOSE, SIMPLE = {"locale": "en", "strength": 2}, {"locale": "simple"}


@pytest.mark.parametrize(
    ("inherited", "own", "twin"),
    [(None, LOOSE, "X"), (LOOSE, None, "X"), (LOOSE, SIMPLE, "x"), (None, None, "x")],
    ids=["own", "inherited", "plain", "none"],
)
def test_queries_and_writes_notice_nothing_of_a_rebuild(
    store: Store, inherited: Any, own: Any, twin: str
) -> None:
    """With the collation of the index: one that compares otherwise is none to such a query."""
    store.db.create_collection("c", **({"collation": inherited} if inherited else {}))
    store.db.c.insert_many({"name": word} for word in ("x", "y", "z"))
    store.db.c.create_index("name", unique=True, **({"collation": own} if own else {}))
    said = f", collation: {{{words(own)}}}" if own else ""
    store.declare(f"c:\n  - {{keys: {{name: 1}}, unique: true, sparse: true{said}}}\n")
    before = store.indexes()
    probes: list[Query | Twin] = [
        Query("name_1", {"name": twin}, own or inherited),
        Twin("name_1", {"name": twin}),
    ]
    with probed(store, probes) as wrong:
        store.apply()
    assert wrong == []
    assert store.indexes()["c"]["name_1"]["sparse"] is True
    with probed(store, probes) as wrong:
        assert store.run("indexes", "undo", "--yes").code == 0
    assert wrong == []
    assert store.indexes() == before


def words(collation: Any) -> str:
    return ", ".join(f"{name}: {value}" for name, value in collation.items())


def test_what_is_not_declared_stays(store: Store) -> None:
    store.db.c.create_index("old")
    store.declare("c:\n  - keys: {new: 1}\n")
    store.apply()
    assert set(store.indexes()["c"]) == {"_id_", "old_1", "new_1"}


def test_check_goes_red_when_somebody_drops_or_adds_one_by_hand(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n")
    store.apply()
    store.db.c.drop_index("a_1")
    ran = store.run("indexes", "check")
    assert ran.code == 11
    (finding,) = ran.json["findings"]
    assert (finding["id"], finding["path"], finding["line"]) == ("index-missing", "indexes.yaml", 2)
    store.apply()
    store.db.c.create_index("extra")
    ran = store.run("indexes", "check")
    assert ran.code == 11
    assert [one["id"] for one in ran.json["findings"]] == ["index-extra"]


def test_the_evidence_ledger_hears_of_it(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    store.db.c.drop_index("a_1")
    store.run("indexes", "check")
    lines = [
        line
        for path in (store.root / ".skc").rglob("*")
        if path.is_file()
        for line in path.read_text().splitlines()
        if '"indexes.in_place"' in line
    ]
    assert ['"holds":true' in line for line in lines] == [True, False]


def test_a_saved_plan_is_applied_unless_the_database_changed(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    path = str(store.root / "plan.json")
    assert store.run("indexes", "--save-plan", path).code == 0
    assert store.indexes() == {}
    store.db.c.create_index("b")
    assert store.run("apply", path, "--yes").code == 4
    store.db.c.drop_index("b_1")
    store.db.drop_collection("c")
    ran = store.run("apply", path, "--yes")
    assert ran.code == 0, ran.stderr
    assert set(store.indexes()["c"]) == {"_id_", "a_1"}


def test_a_build_that_fails_is_put_back_and_leaves_nothing(store: Store) -> None:
    store.db.c.insert_one({"h": [1, 2]})
    store.declare("a:\n  - keys: {x: 1}\nc:\n  - keys: {h: hashed}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 5, ran.stderr
    assert store.indexes() == {}
    assert store.db["skc_indexes"].count_documents({}) == 0


def test_without_consent_nothing_is_done(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    assert store.run("indexes").code == 3
    assert store.indexes() == {}


def test_a_disk_that_is_too_small_is_told_before_anything(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Known(DiskSpace(total_bytes=1000, used_bytes=999))
    monkeypatch.setattr(ServerIndexes, "disk", lambda *_: small)
    store.db.c.insert_many({"a": n} for n in range(10))
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 4
    assert "disk is too small" in ran.json["error"]["what"]
    store.apply("--ignore-space")


def test_a_sharded_cluster_is_refused_unless_somebody_insists(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MongoDatabase.server
    monkeypatch.setattr(
        MongoDatabase, "server", lambda self: replace(real(self), topology=Topology.SHARDED)
    )
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 4
    assert "--untested-topology" in ran.json["error"]["fix"]
    store.apply("--untested-topology")
