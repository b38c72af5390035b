"""What is not declared is hidden first, watched, and dropped if nobody missed it."""

from datetime import timedelta

from tests.commands.indexes.store import OWN, Store


def passed(store: Store, name: str, days: int) -> None:
    """Let the days pass that an index is watched."""
    own = store.db[OWN]
    (hidden,) = own.find({"_id": {"$regex": "^hidden:"}, "name": name})
    since = hidden["since"] - timedelta(days=days)
    own.update_one({"_id": hidden["_id"]}, {"$set": {"since": since}})


def test_it_is_hidden_first_and_dropped_when_its_time_is_over(store: Store) -> None:
    store.db.c.create_index("old")
    store.declare("c:\n  - keys: {new: 1}\n")
    store.apply("--prune-used")
    assert store.indexes()["c"]["old_1"]["hidden"] is True
    soon = store.run("indexes", "--yes", "--prune")
    assert soon.code == 0
    assert "can be dropped in" in soon.stderr
    assert "old_1" in store.indexes()["c"]
    passed(store, "old_1", days=8)
    store.apply("--prune")
    assert set(store.indexes()["c"]) == {"_id_", "new_1"}
    assert store.db[OWN].count_documents({"_id": {"$regex": "^hidden:"}}) == 0


def test_a_longer_time_can_be_asked_for(store: Store) -> None:
    store.db.c.create_index("old")
    store.declare("c: []\n")
    store.apply("--prune-used")
    passed(store, "old_1", days=8)
    store.apply("--prune", "--observe", "14d")
    assert "old_1" in store.indexes()["c"]


def test_what_is_used_stays_and_that_is_said(store: Store) -> None:
    store.db.c.insert_one({"old": 1})
    store.db.c.create_index("old")
    store.db.c.find_one({"old": 1})
    store.declare("c: []\n")
    ran = store.run("indexes", "--yes", "--prune")
    assert "it was used 1 time since" in ran.stderr
    assert "hidden" not in store.indexes()["c"]["old_1"]
    store.apply("--prune-used")
    assert store.indexes()["c"]["old_1"]["hidden"] is True


def test_one_that_is_put_back_into_sight_by_hand_begins_anew(store: Store) -> None:
    store.db.c.create_index("old")
    store.declare("c: []\n")
    store.apply("--prune-used")
    passed(store, "old_1", days=8)
    store.db.command("collMod", "c", index={"name": "old_1", "hidden": False})
    store.apply("--prune-used")
    assert store.indexes()["c"]["old_1"]["hidden"] is True
    (hidden,) = store.db[OWN].find({"_id": {"$regex": "^hidden:"}})
    (run,) = store.db[OWN].find({"_id": {"$regex": "^run:"}}).sort("at", -1).limit(1)
    assert hidden["run"] == run["run"]


def test_undo_puts_a_hidden_one_back_at_once(store: Store) -> None:
    store.db.c.create_index("old")
    before = store.indexes()
    store.declare("c: []\n")
    store.apply("--prune-used")
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0, ran.stderr
    assert store.indexes() == before
    assert store.db[OWN].count_documents({"_id": {"$regex": "^hidden:"}}) == 0


def test_undo_builds_a_dropped_one_to_the_letter(store: Store) -> None:
    store.db.c.insert_one({"old": 1})
    store.db.command(
        "createIndexes",
        "c",
        indexes=[{"key": {"old": 1.0}, "name": "odd", "background": True, "sparse": False}],
    )
    before = store.indexes()
    store.declare("c: []\n")
    store.apply("--prune-used")
    passed(store, "odd", days=8)
    store.apply("--prune")
    assert store.indexes() == {}
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0, ran.stderr
    assert {**store.indexes()["c"]["odd"], "hidden": True} == {
        **before["c"]["odd"],
        "hidden": True,
    }
    again = store.run("indexes", "undo", "--yes")
    assert again.code == 0
    assert "is taken back already" in again.stderr
    assert store.indexes()["c"]["odd"]["hidden"] is True, "an undo is no step further back"
    (older,) = (one for one in ran.json["next"] if "undo" in one)
    named = store.run("indexes", "undo", older.split()[3], "--yes")
    assert named.code == 0, named.stderr
    assert store.indexes() == before
    assert store.run("indexes", "undo", older.split()[3], "--yes").code == 4


def test_a_hidden_one_of_ours_is_no_drift(store: Store) -> None:
    store.db.c.create_index("old")
    store.declare("c: []\n")
    assert store.run("indexes", "check").code == 11
    store.apply("--prune-used")
    assert store.run("indexes", "check").code == 0
