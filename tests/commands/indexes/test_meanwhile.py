"""Others change indexes too: before, between and after our steps; nothing of theirs is lost."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from skillconnect_ops.adapters.mongo import ServerIndexes
from skillconnect_ops.core.ports.database import CommandFailed, ServerLost
from skillconnect_ops.core.ports.indexes import IndexesLocked
from tests.commands.indexes.store import OWN, Store

Act = Callable[[], object]
When = Callable[[str, int, Act], None]


@pytest.fixture
def when(monkeypatch: pytest.MonkeyPatch) -> When:
    """Somebody acts just before the n-th call of a method that asks or changes the server."""

    def arrange(name: str, number: int, act: Act) -> None:
        real, calls = getattr(ServerIndexes, name), [0]

        def call(self: ServerIndexes, *args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            if calls[0] == number:
                act()
            return real(self, *args, **kwargs)

        monkeypatch.setattr(ServerIndexes, name, call)

    return arrange


def hide(store: Store, name: str, *, hidden: bool) -> None:
    store.db.command("collMod", "c", index={"name": name, "hidden": hidden})


def age(store: Store, days: int) -> None:
    """What is watched has been so for some days longer."""
    for one in store.db[OWN].find({"_id": {"$regex": "^hidden:"}}):
        since = one["since"] - timedelta(days=days)
        store.db[OWN].update_one({"_id": one["_id"]}, {"$set": {"since": since}})


def test_one_that_is_put_back_in_sight_while_others_are_built_is_not_dropped(
    store: Store, when: When
) -> None:
    store.db.c.create_index("old")
    store.declare("c: []\n")
    store.apply("--prune-used")
    age(store, 8)
    store.declare("c:\n  - keys: {new: 1}\n")
    when("create", 1, lambda: hide(store, "old_1", hidden=False))
    ran = store.run("indexes", "--yes", "--prune")
    assert ran.code == 0, ran.stderr
    assert "c.old_1: not dropped" in ran.stderr
    assert "hidden" not in store.indexes()["c"]["old_1"]


def test_another_one_of_the_same_name_was_never_watched(store: Store) -> None:
    store.db.c.create_index("old")
    store.declare("c: []\n")
    store.apply("--prune-used")
    age(store, 8)
    store.db.c.drop_index("old_1")
    store.db.c.create_index("other", name="old_1", unique=True, hidden=True)
    ran = store.run("indexes", "--yes", "--prune")
    assert ran.code == 0
    assert store.indexes()["c"]["old_1"]["unique"] is True
    (hidden,) = store.db[OWN].find({"_id": {"$regex": "^hidden:"}})
    now = datetime.now(UTC).replace(tzinfo=None)
    assert hidden["since"] > now - timedelta(hours=1), "from now on it is"


def test_what_changed_between_the_look_and_the_lock_is_looked_at_again(
    store: Store, when: When
) -> None:
    """Else it would be made anew by a plan that knows nothing of it."""
    store.db.c.create_index("a", sparse=True)
    store.declare("c:\n  - keys: {a: 1}\n")

    def change() -> None:
        store.db.c.drop_index("a_1")
        store.db.c.create_index("a", unique=True)

    when("lock", 1, change)
    ran = store.run("indexes", "--yes")
    assert ran.code == 5, ran.stdout + ran.stderr
    assert "c.a_1 is not as it was" in ran.stderr
    assert store.indexes()["c"]["a_1"]["unique"] is True
    assert store.db[OWN].count_documents({}) == 0


@pytest.mark.parametrize("call", [1, 2])
def test_no_option_is_set_on_another_index_of_the_name(store: Store, when: When, call: int) -> None:
    """The first call lets an index expire documents; the second is the way back of the first."""
    store.db.c.create_index("at", name="ttl", expireAfterSeconds=10**8)
    store.declare("c:\n  - keys: {at: 1}\n    name: ttl\n    expireAfterSeconds: 60\n")

    def change() -> None:
        store.db.c.drop_index("ttl")
        store.db.c.create_index("born", name="ttl", expireAfterSeconds=10**8)

    when("standing", 4 + call, change)
    ran = store.run("indexes", "--yes")
    assert ran.code == 0, ran.stderr
    ttl = store.indexes()["c"]["ttl"]
    assert ttl["key"] == {"born": 1}
    assert ttl["expireAfterSeconds"] == 10**8
    assert "left as it is" in ran.stderr


def test_documents_go_last_and_only_by_the_name_of_their_database(store: Store) -> None:
    """A later step that fails must find them all."""
    old = datetime.now(UTC) - timedelta(days=1)
    store.db.c.insert_many([{"at": old, "u": 1}, {"at": old, "u": 2}])
    store.declare("c:\n  - keys: {at: 1}\n    expireAfterSeconds: 3600\n  - keys: {u: 1}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 3
    assert "2 documents of c whose at is more than 1 h" in ran.stderr
    assert f"--confirm {store.name}" in ran.stderr
    assert store.indexes() == {}
    done = store.run("indexes", "--confirm", store.name)
    assert done.code == 0, done.stderr
    assert store.indexes()["c"]["at_1"]["expireAfterSeconds"] == 3600
    kinds = [step["kind"] for step in done.json["steps"]]
    assert kinds == ["index.lock", "index.create", "index.modify", "index.unlock"]


def test_where_nothing_is_old_a_yes_is_enough(store: Store) -> None:
    store.db.c.insert_one({"at": datetime.now(UTC), "never": "a date"})
    store.declare("c:\n  - keys: {at: 1}\n    expireAfterSeconds: 3600\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 0, ran.stderr
    assert "delete" not in ran.stderr


def test_undo_leaves_what_somebody_else_has_built_since(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n")
    store.apply()
    store.db.c.drop_index("a_1")
    store.db.c.create_index("a", unique=True)
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0, ran.stderr
    assert "c.a_1: left as it is" in ran.stderr
    assert set(store.indexes()["c"]) == {"_id_", "a_1"}
    assert store.indexes()["c"]["a_1"]["unique"] is True


def test_undo_of_an_older_run_leaves_what_a_newer_one_has_changed(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    first = store.apply()["journal"]
    store.declare("c:\n  - keys: {a: 1}\n    unique: true\n")
    store.apply()
    ran = store.run("indexes", "undo", first, "--yes")
    assert ran.code == 0, ran.stderr
    assert store.indexes()["c"]["a_1"]["unique"] is True


def test_undo_a_second_time_changes_nothing(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    first = store.apply()["journal"]
    store.declare("c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n")
    second = store.apply()["journal"]
    undone = store.run("indexes", "undo", "--yes")
    assert undone.code == 0
    assert f"takes back the run {second}" in undone.stderr
    again = store.run("indexes", "undo", "--yes")
    assert again.code == 0
    assert "taken back already" in again.stderr
    assert set(store.indexes()["c"]) == {"_id_", "a_1"}
    assert first in undone.json["next"][1]


def test_undo_under_a_collation_unhides_and_builds_nothing(store: Store) -> None:
    """What was listed without a collation compares plainly: it inherits none."""
    store.db.create_collection("c", collation={"locale": "en", "strength": 2})
    store.db.c.create_index("a", unique=True, collation={"locale": "simple"})
    store.db.c.insert_many([{"a": "x"}, {"a": "X"}])
    before = store.indexes()
    store.declare("c: []\n")
    store.apply("--prune-used")
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0, ran.stderr
    assert [step["kind"] for step in ran.json["steps"]][1:-1] == ["index.modify"]
    assert store.indexes() == before


def test_after_an_undo_the_ledger_says_how_it_stands(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    assert in_place(store) is True
    store.run("indexes", "undo", "--yes")
    assert in_place(store) is False


def in_place(store: Store) -> bool:
    """What `skc status` says of the target's indexes."""
    return bool(store.run("status").json["facts"]["status"]["indexes"]["test"]["in_place"])


def test_times_are_the_server_s(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock is wrong takes back the newest run all the same."""
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    late = "skillconnect_ops.adapters.system.SystemClock.now"
    monkeypatch.setattr(late, lambda _: datetime.now(UTC) - timedelta(days=8))
    store.declare("c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n")
    store.apply()
    monkeypatch.undo()
    assert store.run("indexes", "undo", "--yes").code == 0
    assert set(store.indexes()["c"]) == {"_id_", "a_1"}


def test_an_index_that_is_only_called_like_ours_stays(store: Store) -> None:
    store.db.c.create_index("mine", name="skc_guard_mine", unique=True)
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    assert store.indexes()["c"]["skc_guard_mine"]["unique"] is True


@pytest.mark.parametrize("text", ["", "# nothing yet\n---\n", "{}\n"])
def test_an_empty_file_hides_nothing_and_proves_nothing(store: Store, text: str) -> None:
    store.db.c.create_index("a")
    store.declare(text)
    for words in (("--yes", "--prune-used"), ("check",)):
        ran = store.run("indexes", *words)
        assert ran.code == 4
        assert "names no collection" in ran.stderr
    assert "hidden" not in store.indexes()["c"]["a_1"]
    store.apply()
    facts = store.run("status").json["facts"]["status"]["indexes"]["test"]
    assert facts is None, "nothing was proven"


@pytest.mark.parametrize("name", ["admin", "config", "local"])
def test_the_server_s_own_databases_are_refused(store: Store, name: str) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    env = store.root / ".env"
    env.write_text(env.read_text().replace(f"/{store.name}", f"/{name}"))
    for words in (("indexes", "--yes"), ("indexes", "undo", "--yes")):
        ran = store.run(*words)
        assert ran.code == 3, ran.stdout
        assert "of the server's own" in ran.stderr


def test_a_run_that_comes_back_to_find_another_at_work_builds_nothing_more(
    store: Store, when: When, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is asked for before the server is told again what to build."""
    store.declare("c:\n  - keys: {a: 1}\n")
    real, told = ServerIndexes.create, [0]

    def create(self: ServerIndexes, *args: Any, **kwargs: Any) -> None:
        told[0] += 1
        if told[0] == 1:
            raise ServerLost("it is away", why="a restart", fix="wait")
        real(self, *args, **kwargs)

    def lock(self: ServerIndexes, *args: Any, **kwargs: Any) -> None:
        if told[0]:
            raise IndexesLocked("another run has it", why="its lease was over", fix="look")

    monkeypatch.setattr(ServerIndexes, "create", create)
    monkeypatch.setattr(ServerIndexes, "lock", lock)
    ran = store.run("indexes", "--yes")
    assert ran.code in {5, 6}, ran.stdout
    assert told[0] == 1
    assert store.indexes() == {}


def test_a_mistyped_collection_is_named_before_it_is_made(store: Store) -> None:
    store.db.patients.insert_one({})
    store.declare("pateints:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--dry-run")
    assert "makes the collection pateints, which is not there yet; is patients meant?" in ran.stderr


def test_undo_makes_no_collection_that_was_dropped_since(store: Store) -> None:
    store.db.c.create_index("a", sparse=True)
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    store.db.c.drop()
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0, ran.stderr
    assert "the collection is gone" in ran.stderr
    assert "c" not in store.db.list_collection_names()


def test_what_the_server_has_meanwhile_under_that_name_is_seen_by_the_next_run(
    store: Store, when: When
) -> None:
    """An app that makes its indexes at a deploy (Mongoose's autoIndex) was quicker."""
    store.db.c.insert_one({"a": 1})
    store.declare("c:\n  - keys: {a: 1}\n")
    when("create", 1, lambda: store.db.c.create_index("a", unique=True))
    ran = store.run("indexes", "--yes")
    assert ran.code == 5, ran.stdout + ran.stderr
    fix = ran.json["error"]["fix"]
    assert fix.startswith("skc indexes ")
    assert "meanwhile" in fix
    assert store.indexes()["c"]["a_1"]["unique"] is True


@pytest.mark.parametrize("rule", [{}, {"sparse": True}], ids=["not unique", "sparse"])
def test_a_rebuild_that_fails_finds_nothing_that_the_old_one_forbade(
    store: Store, monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any]
) -> None:
    """A guard stands for the old rule until the new one is built; the app writes all the while."""
    store.db.c.create_index("a", unique=True)
    store.db.c.insert_one({"a": 1})
    before = store.indexes()
    words = "".join(f"    {name}: {str(value).lower()}\n" for name, value in rule.items())
    unique = "    unique: true\n" if rule else ""
    store.declare(f"c:\n  - keys: {{a: 1}}\n{words}{unique}")
    real = ServerIndexes.create
    refused: list[bool] = []

    def create(self: ServerIndexes, database: str, name: str, *args: Any, **kwargs: Any) -> None:
        builds = args[0]
        if name == "c" and builds[0].index.called == "a_1":
            for value in ({"a": 1}, {}, {}) if rule else ({"a": 1},):
                try:
                    store.db.c.insert_one(dict(value))
                except DuplicateKeyError:
                    refused.append(True)
            raise CommandFailed("it fails", why="as it was told", fix="none")
        real(self, database, name, *args, **kwargs)

    monkeypatch.setattr(ServerIndexes, "create", create)
    ran = store.run("indexes", "--yes")
    assert refused
    monkeypatch.setattr(ServerIndexes, "create", real)
    if ran.code == 6:  # the way back went through the same fault
        rolled = store.run("journal", "rollback", ran.json["journal"], "--yes")
        assert rolled.code in {0, 5}, rolled.stderr
    assert store.indexes() == before
    with pytest.raises(DuplicateKeyError):
        store.db.c.insert_one({"a": 1})


def test_what_a_server_refuses_is_tried_on_nothing_before_anything_is_dropped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.db.c.create_index("a", sparse=True)
    store.declare("c:\n  - keys: {a: 1}\n")
    real = ServerIndexes.create
    dropped: list[str] = []

    def create(self: ServerIndexes, database: str, name: str, *args: Any, **kwargs: Any) -> None:
        if name.endswith(".try"):
            raise CommandFailed("it is refused", why="as it was told", fix="none")
        real(self, database, name, *args, **kwargs)

    drop = ServerIndexes.drop

    def noted(self: ServerIndexes, database: str, name: str, names: Sequence[str]) -> None:
        dropped.extend(names)
        drop(self, database, name, names)

    monkeypatch.setattr(ServerIndexes, "create", create)
    monkeypatch.setattr(ServerIndexes, "drop", noted)
    ran = store.run("indexes", "--yes")
    assert ran.code == 5
    assert "a_1" not in dropped
    assert store.indexes()["c"]["a_1"]["sparse"] is True
    assert not [name for name in store.db.list_collection_names() if "try" in name]


def test_large_numbers_in_a_filter_are_taken_back(store: Store) -> None:
    store.db.c.create_index("a", partialFilterExpression={"n": {"$gt": 1_700_000_000_000}})
    before = store.indexes()
    store.declare("c: []\n")
    store.apply("--prune-used")
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0, ran.stderr
    assert store.indexes() == before


def test_a_run_that_another_server_knows_nothing_of_changes_nothing_there(
    store: Store, when: When
) -> None:
    """A tunnel leads elsewhere by now, or the database was restored meanwhile."""
    store.db.c.create_index("a", sparse=True)
    store.declare("c:\n  - keys: {a: 1}\n")

    def restored() -> None:
        store.db[OWN].delete_many({"_id": {"$regex": "^run:"}})

    when("create", 1, restored)
    ran = store.run("indexes", "--yes")
    assert ran.code == 6, ran.stderr
    assert "knows nothing of the run" in ran.stderr
    assert store.indexes()["c"]["a_1"]["sparse"] is True


def test_of_collections_that_the_file_does_not_name_nothing_is_hidden(store: Store) -> None:
    store.db.other.create_index("x")
    store.declare("c:\n  - keys: {a: 1}\n")
    ran = store.run("indexes", "--yes", "--prune-used")
    assert ran.code == 0
    assert "other is not named in the file, and keeps its 1 index (`other: []`" in ran.stderr
    assert "hidden" not in store.indexes()["other"]["x_1"]
    store.declare("c:\n  - keys: {a: 1}\nother: []\n")
    store.apply("--prune-used")
    assert store.indexes()["other"]["x_1"]["hidden"] is True


def test_indexes_whose_directions_a_server_tells_apart_are_not_in_each_other_s_way(
    store: Store,
) -> None:
    store.db.c.create_index([("b", 2)])
    store.db.c.create_index([("b", 1)], sparse=True)
    store.declare("c:\n  - keys: {b: 1}\n")
    store.apply()
    assert "b_2" in store.indexes()["c"]


def test_undo_leaves_a_collection_that_only_has_the_old_name(store: Store) -> None:
    store.declare("c:\n  - keys: {a: 1}\n")
    store.apply()
    store.db.c.rename("d")
    store.db.c.create_index("a")
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 0
    assert "another one by now" in ran.stderr
    assert "a_1" in store.indexes()["c"]


def test_what_a_colleague_has_set_since_is_not_put_back(store: Store, when: When) -> None:
    """The way back of a step gives back what the step has set, and nothing else."""
    store.db.c.create_index("a", expireAfterSeconds=10**7)
    store.db.d.create_index("x")
    longer = "c:\n  - {keys: {a: 1}, expireAfterSeconds: 20000000}\n"
    store.declare(f"{longer}d:\n  - {{keys: {{x: 1}}, sparse: true}}\n")

    def change() -> None:
        store.db.command("collMod", "c", index={"name": "a_1", "expireAfterSeconds": 99_999_999})
        raise CommandFailed("it fails", why="as it was told", fix="none")

    when("drop", 1, change)
    ran = store.run("indexes", "--yes")
    assert ran.code == 5, ran.stderr
    assert store.indexes()["c"]["a_1"]["expireAfterSeconds"] == 99_999_999
