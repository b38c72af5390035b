"""Who may what, and what is said to those who may not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.evidence.ledger import Ledger
from tests.commands.indexes.store import OWN, Store
from tests.servers import make_user

As = Callable[..., None]


@pytest.fixture
def acting(store: Store, one_node: Mongod, client: MongoClient[Any]) -> Iterator[As]:
    """Let the project's user be one with these roles alone."""

    def become(*roles: Any) -> None:
        uri = make_user(one_node, store.name, roles)
        (store.root / ".env").write_text(f"MONGO_URI={uri.reveal()}\n")

    yield become
    client[store.name].command("dropAllUsersFromDatabase")


def test_a_user_who_only_reads_can_check_and_see_the_status(store: Store, acting: As) -> None:
    store.db.c.create_index("a")
    store.declare("c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n")
    acting("read")
    checked = store.run("indexes", "check")
    assert checked.code == 11, checked.stderr
    seen = store.run("indexes", "status")
    assert seen.code == 0, seen.stderr
    (unknown,) = seen.json["unknown"]
    assert "indexStats" in unknown["reason"]
    assert "clusterMonitor" in unknown["reason"]
    assert {one["size_bytes"] for one in seen.json["facts"]["indexes"]} == {None, 4096}


def test_a_user_who_only_reads_is_told_the_role_that_applying_takes(
    store: Store, acting: As
) -> None:
    store.db.c.create_index("a")
    store.declare("c:\n  - keys: {b: 1}\n")
    acting("read")
    ran = store.run("indexes", "--yes")
    assert ran.code == 4, ran.stderr
    assert "readWrite" in ran.json["error"]["fix"]
    assert set(store.indexes()["c"]) == {"_id_", "a_1"}
    assert OWN not in store.db.list_collection_names()


def test_the_app_s_own_rights_are_enough_to_apply(store: Store, acting: As) -> None:
    store.db.c.create_index("a", sparse=True)
    store.db.c.create_index("old")
    store.declare("c:\n  - keys: {b: 1}\n  - keys: {a: 1}\n")
    acting("readWrite")
    store.apply()
    assert set(store.indexes()["c"]) == {"_id_", "a_1", "old_1", "b_1"}
    ran = store.run("indexes", "--yes", "--prune")
    assert ran.code == 0
    assert "whether it is used could not be seen" in ran.stderr
    assert "hidden" not in store.indexes()["c"]["old_1"]


def test_with_rights_to_see_their_use_extra_ones_are_hidden(store: Store, acting: As) -> None:
    store.db.c.create_index("old")
    store.declare("c: []\n")
    acting("readWrite", "dbAdmin", {"role": "clusterMonitor", "db": "admin"})
    ran = store.run("indexes", "--yes", "--prune")
    assert ran.code == 0
    assert "its use is counted only since" in ran.stderr
    store.apply("--prune", "--observe", "0s")
    assert store.indexes()["c"]["old_1"]["hidden"] is True


def test_what_needs_one_more_role_is_refused_before_anything(store: Store, acting: As) -> None:
    store.db.c.create_index("at", expireAfterSeconds=10**8)
    store.declare("c:\n  - keys: {b: 1}\n  - {keys: {at: 1}, expireAfterSeconds: 200000000}\n")
    acting("readWrite")
    ran = store.run("indexes", "--yes")
    assert ran.code == 4
    assert "may not collMod" in ran.json["error"]["what"]
    assert "dbAdmin" in ran.json["error"]["fix"]
    assert set(store.indexes()["c"]) == {"_id_", "at_1"}


def test_a_database_that_is_not_there_yet_has_everything_missing(store: Store, acting: As) -> None:
    acting("read")
    store.declare("c:\n  - keys: {a: 1}\n")
    assert store.run("indexes", "check").code == 11


def test_no_declaration_is_said_with_the_command_that_writes_one(store: Store) -> None:
    ran = store.run("indexes", "check")
    assert ran.code == 4
    assert "skc indexes import" in ran.json["error"]["fix"]


def test_a_wrong_declaration_is_told_with_its_line_before_anything(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n    uniqe: true\n")
    for words in (("indexes", "--yes"), ("indexes", "check"), ("indexes", "status")):
        ran = store.run(*words)
        assert ran.code == 4
        assert "indexes.yaml line 3" in ran.json["error"]["what"]
    assert store.db.list_collection_names() == []


def test_a_view_has_no_indexes_of_its_own(store: Store) -> None:
    store.db.create_collection("v", viewOn="c", pipeline=[])
    store.declare("v:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 4
    assert "v is a view" in ran.json["error"]["why"]


def test_a_checkout_that_cannot_be_written_is_no_hindrance_to_a_check(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Precondition("the ledger cannot be written", why="it is read-only", fix="none")

    monkeypatch.setattr(Ledger, "record", refuse)
    store.db.c.create_index("a")
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "check")
    assert ran.code == 0
    assert "not in the evidence ledger" in ran.stderr


def test_more_members_than_there_are_to_agree_on_a_build_are_refused_before_anything(
    store: Store, acting: As
) -> None:
    store.db.c.insert_one({"a": 1})
    store.declare("c:\n  - keys: {a: 1}\n")
    for argv in (["--dry-run"], ["--yes"]):
        ran = store.run("indexes", *argv, "--commit-quorum", "7")
        assert ran.code == 4
        assert ran.json["error"]["what"].startswith("--commit-quorum 7 is more than ")
        assert ran.json["error"]["fix"] == "--commit-quorum 1, or majority"
    assert OWN not in store.db.list_collection_names()
    acting("readWrite")  # who may not see how many there are hears it of the server
    ran = store.run("indexes", "--yes", "--commit-quorum", "7")
    assert ran.code == 5
    assert "look up" not in ran.json["error"]["fix"]
    assert store.indexes() == {}
