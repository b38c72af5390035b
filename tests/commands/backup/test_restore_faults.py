"""A backup that is at fault, or cannot be opened: told early, and everything put back."""

from pathlib import Path
from typing import Any

import pyrage
import pytest
from msgspec.structs import replace

from skillconnect_ops.commands.backup.quiet import StillBusy, quiet
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.core.ports.database import CommandFailed, NotAuthorized
from skillconnect_ops.disk.files import Disk
from tests.commands.backup import kinds
from tests.commands.backup.shop import Shop, make_project, with_database


def make_unique(shop: Shop, backup: str) -> None:
    """Say in the manifest that every index but that of `_id` is unique."""
    repository = Repository(shop.location, disk=Disk())
    manifest = repository.get(backup).manifest
    collections = tuple(
        replace(
            entry,
            indexes=tuple(
                index if index["name"] == "_id_" else {**index, "unique": True}
                for index in entry.indexes
            ),
        )
        for entry in manifest.collections
    )
    repository.write_manifest(replace(manifest, collections=collections))


@pytest.mark.parametrize("documents", [50, 1500])
@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ([("mail", 1)], {"mail": "same@example.org"}),
        ([("a.b", 1)], {"a": [{"b": "same@example.org"}, {"b": "y"}]}),
        ([("p", 1), ("q", -1)], {"p": "same@example.org"}),
    ],
)
def test_duplicates_in_a_unique_index_are_named(
    shop: Shop, documents: int, key: Any, fields: dict[str, Any]
) -> None:
    path = key[0][0].partition(".")[0]
    shop.db.users.insert_many({"_id": n, path: n, "q": n} for n in range(documents))
    shop.db.users.insert_many({"_id": f"twin {n}", **fields} for n in range(2))
    shop.db.users.create_index(key, name="by_key")
    shop.db.others.insert_many({"n": n} for n in range(10))
    backup = shop.backup()["id"]
    make_unique(shop, backup)
    shop.client.drop_database(shop.name)
    ran = shop.run("restore", backup, "--yes")
    assert ran.code == 5, ran.stderr
    error = ran.json["error"]
    assert "users holds duplicates" in error["what"]
    for part in ("by_key", "'twin 0'", "'twin 1'"):
        assert part in error["why"]
    assert "example.org" not in ran.stdout + ran.stderr
    assert shop.db.list_collection_names() == []


def test_a_collation_decides_what_is_a_duplicate(shop: Shop) -> None:
    shop.db.users.insert_many([{"_id": 1, "mail": "A@x"}, {"_id": 2, "mail": "a@X"}])
    shop.db.users.create_index("mail", collation={"locale": "en", "strength": 2}, name="any_case")
    backup = shop.backup()["id"]
    make_unique(shop, backup)
    shop.client.drop_database(shop.name)
    ran = shop.run("restore", backup, "--yes")
    assert ran.code == 5, ran.stderr
    assert "any_case: 2 documents" in ran.json["error"]["why"]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("series", [False, True])
def test_a_flipped_byte_in_the_last_file_puts_everything_back(shop: Shop, series: bool) -> None:
    kinds.make_wanted(shop.db)
    manifest = shop.backup()
    kinds.clear(shop.db)
    kinds.make_current(shop.db)
    before = kinds.picture(shop.db)
    uuids = kinds.uuids(shop.db)
    stored = [entry for entry in manifest["collections"] if entry["file"]]
    of_kind = [entry for entry in stored if (entry["kind"] == "timeseries") == series]
    last = min(of_kind, key=lambda entry: entry["size_bytes"])
    flip(shop.folder(manifest) / last["file"], last["stored_bytes"] // 2)
    ran = shop.run("restore", manifest["id"], "--replace", "--confirm", shop.name)
    assert ran.code == 5, ran.stderr
    assert "damaged" in ran.json["error"]["what"]
    assert last["file"] in ran.json["error"]["what"]
    assert kinds.picture(shop.db) == before
    assert kinds.uuids(shop.db) == uuids


def test_a_missing_file_puts_everything_back(shop: Shop) -> None:
    shop.db.a.insert_one({"_id": 1})
    manifest = shop.backup()
    (shop.folder(manifest) / manifest["collections"][0]["file"]).unlink()
    ran = shop.run("restore", manifest["id"], "--into", f"{shop.name}_copy", "--yes")
    assert ran.code == 5, ran.stderr
    assert f"{shop.name}_copy" not in shop.client.list_database_names()


@pytest.fixture
def sealed(shop: Shop, mongo: Any) -> tuple[Shop, Path, Path]:
    """A shop that encrypts, the file of its key, and that of another one."""
    own, other = (pyrage.x25519.Identity.generate() for _ in range(2))
    files = []
    for name, identity in (("own", own), ("other", other)):
        files.append(shop.root.parent / f"{name}.txt")
        files[-1].write_text(f"{identity}\n")
    more = f", recipients: [{own.to_public()}]"
    make_project(shop.root, shop.location, with_database(mongo, shop.name), more=more)
    return shop, files[0], files[1]


def test_a_key_that_is_missing_or_wrong_is_told_before_anything_is_touched(
    sealed: tuple[Shop, Path, Path],
) -> None:
    shop, own, other = sealed
    shop.db.a.insert_many({"n": n} for n in range(10))
    backup = shop.backup()["id"]
    uuids = kinds.uuids(shop.db)
    replacing = ("restore", backup, "--replace", "--confirm", shop.name)
    missing = shop.run(*replacing)
    wrong = shop.run(*replacing, "--identity", str(other))
    nowhere = shop.run(*replacing, "--identity", "/nowhere/key.txt")
    for ran in (missing, wrong, nowhere):
        assert ran.code == 4, ran.stderr
        assert ran.json["journal"] is None
        assert "--identity" in ran.json["error"]["fix"]
        assert "AGE-SECRET-KEY" not in ran.stdout + ran.stderr
    assert kinds.uuids(shop.db) == uuids
    assert len(shop.run("backup", "list").json["facts"]["backups"]) == 1
    assert shop.run(*replacing, "--identity", str(own)).code == 0
    assert shop.db.a.count_documents({}) == 10
    assert shop.run(*replacing, env={"SKC_AGE_IDENTITY": str(own)}).code == 0


class Asked:
    """A server with operations of ours; `Clock` and the part of `Database` that `quiet` needs."""

    def __init__(self, *operations: dict[str, Any], lasting: bool = False) -> None:
        self.operations = list(operations)
        self.killed: list[int] = []
        self.now_s = 0.0
        self._lasting = lasting

    def command(self, _: str, command: dict[str, Any]) -> dict[str, Any]:
        if "killOp" in command:
            self.killed.append(command["op"])
            if not self._lasting:
                self.operations = [one for one in self.operations if one["opid"] != command["op"]]
            return {}
        return {"cursor": {"firstBatch": self.operations}}

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def operation(opid: int, ns: str, **command: Any) -> dict[str, Any]:
    return {"opid": opid, "ns": ns, "command": {**command, "$db": "app"}}


def test_only_writes_to_what_is_ours_are_ended() -> None:
    asked: Any = Asked(
        operation(1, "app.__skc_new_1_1", insert="__skc_new_1_1"),
        operation(2, "admin.$cmd", renameCollection="app.a", to="app.__skc_old_1_1"),
        operation(3, "app.a", find="a"),
        operation(4, "app.other", insert="other"),
        operation(5, "app.$cmd", createIndexes="a"),
        operation(6, "app.a", getMore=1, collection="a"),
    )
    quiet(asked, "app", {"a", "__skc_new_1_1", "__skc_old_1_1"}, clock=asked)
    assert asked.killed == [1, 2, 5]


def test_an_operation_that_does_not_end_is_told() -> None:
    asked: Any = Asked(operation(1, "app.a", drop="a"), lasting=True)
    with pytest.raises(StillBusy):
        quiet(asked, "app", {"a"}, clock=asked)
    assert asked.now_s > 50


@pytest.mark.parametrize("kind", [CommandFailed, NotAuthorized])
def test_a_server_that_does_not_tell_its_operations_is_taken_as_quiet(kind: Any) -> None:
    def command(*_: Any) -> Any:
        raise kind("no", why="no", fix="no")

    asked: Any = Asked()
    asked.command = command
    quiet(asked, "app", {"a"}, clock=asked)


def test_what_is_still_being_written_to_a_staged_collection_does_not_come_back(
    shop: Shop, alter: Any
) -> None:
    """The load fails while an insert of a process that died is on its way to the server."""
    shop.db.a.insert_many({"n": n} for n in range(10))
    backup = shop.backup()["id"]
    copy = shop.client[f"{shop.name}_copy"]
    late: list[str] = []

    def drop(real: Any, database: str, name: str) -> None:
        real.drop(database, name)
        if not late:
            late.append(name)
            copy[name].insert_one({"_id": "late"})

    def settle(real: Any) -> None:
        raise CommandFailed("no", why="a test", fix="none")

    alter(drop=drop, settle=settle)
    ran = shop.run("restore", backup, "--into", copy.name, "--yes")
    assert ran.code == 5, ran.stderr
    assert late
    assert copy.list_collection_names() == []
