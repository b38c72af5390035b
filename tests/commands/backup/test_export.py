"""An export is a mongodump folder: MongoDB's own programs read it, and so does a person."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo import MongoClient

from skillconnect_ops.commands.backup.export import ExportHandler
from skillconnect_ops.commands.backup.mongodump_format import file_stem, folder_name
from skillconnect_ops.core.secret import Secret
from tests.commands.backup.shop import Shop
from tests.commands.backup.test_round_trip import fill_odd, picture
from tests.conftest import Skc
from tests.programs import needs

LONG = ("ü" * 100, "n" * 238, "a b/" * 55)
"""Escaped they have more than 238 bytes, or just as many."""


@pytest.fixture
def config(tmp_path: Path, mongo: Secret) -> Path:
    """The URI for those programs, in a file, so that no password stands in argv."""
    path = tmp_path / "tools.yaml"
    path.write_text(f"uri: {mongo.reveal()}\n")
    path.chmod(0o600)
    return path


def run(name: str, *words: str | Path) -> str:
    done = subprocess.run(
        [needs(name), *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def restore(config: Path, dump: Path) -> None:
    """Without the bypass it passes over documents that a validator dislikes, and ends with 0."""
    words = ("--config", config, "--bypassDocumentValidation", "--quiet", dump)
    assert run("mongorestore", *words) == ""


@pytest.fixture
def odd(shop: Shop) -> Shop:
    fill_odd(shop.db)
    for name in LONG:
        shop.db[name].insert_one({"name": name})
    return shop


def export(shop: Shop, manifest: dict[str, Any], to: Path) -> None:
    ran = shop.run("backup", "export", manifest["id"], "--to", str(to))
    assert ran.code == 0, ran.stderr


def test_the_exported_bson_is_byte_for_byte_that_of_mongodump(
    odd: Shop, tmp_path: Path, config: Path
) -> None:
    needs("mongodump")
    export(odd, odd.backup(), tmp_path / "ours")
    run("mongodump", "--config", config, "--db", odd.name, "--out", tmp_path / "theirs", "--quiet")
    ours, theirs = tmp_path / "ours" / odd.name, tmp_path / "theirs" / odd.name
    names = {path.name for path in theirs.iterdir()}
    assert {path.name for path in ours.iterdir()} == names
    assert len([name for name in names if name.endswith(".bson")]) > 10
    for name in names:
        mine, other = (ours / name).read_bytes(), (theirs / name).read_bytes()
        if name.endswith(".bson"):
            assert mine == other, name
        elif name != "prelude.json":
            assert _comparable(mine) == _comparable(other), name


def _comparable(metadata: bytes) -> dict[str, Any]:
    """Mongodump leaves empty options out, and orders index fields as it likes."""
    found: dict[str, Any] = json.loads(metadata)
    found["indexes"] = sorted(json.dumps(one, sort_keys=True) for one in found["indexes"])
    return {"options": {}, **found}


def test_mongorestore_brings_every_kind_of_collection_back_equal(
    odd: Shop, tmp_path: Path, config: Path
) -> None:
    needs("mongorestore")
    before = picture(odd.db)
    export(odd, odd.backup(), tmp_path / "dump")
    odd.client.drop_database(odd.name)
    restore(config, tmp_path / "dump")
    after = picture(odd.db)
    assert set(after) == set(before)
    for name, wanted in before.items():
        if name == "mixed":  # the server fills an empty timestamp that mongorestore inserts
            assert len(after[name]["documents"]) == len(wanted["documents"])
        else:
            assert after[name] == wanted, name


def test_bsondump_reads_every_exported_file(odd: Shop, tmp_path: Path) -> None:
    needs("bsondump")
    manifest = odd.backup()
    export(odd, manifest, tmp_path / "dump")
    for entry in manifest["collections"]:
        if entry["kind"] == "collection":
            path = tmp_path / "dump" / odd.name / f"{file_stem(entry['name'])}.bson"
            said = run("bsondump", "--type=json", path)
            assert len(said.splitlines()) == entry["documents"], entry["name"]


def test_an_encrypted_backup_is_recovered_without_us(
    odd: Shop, tmp_path: Path, config: Path
) -> None:
    """The recipe of the README, as a shell runs it."""
    for name in ("age", "age-keygen", "zstd"):
        needs(name)
    tools = Path(needs("mongorestore")).parent
    key = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    public = subprocess.run(
        ["age-keygen", "-y", str(key)], check=True, capture_output=True, text=True
    ).stdout.strip()
    text = (odd.root / "skc.yaml").read_text().rstrip().removesuffix("}")
    (odd.root / "skc.yaml").write_text(f"{text}, recipients: [{public}]}}\n")
    before = picture(odd.db)
    manifest = odd.backup()
    assert manifest["encryption"]
    odd.client.drop_database(odd.name)
    recipe = Path(__file__).with_name("recovery.sh").read_text()
    done = subprocess.run(
        ["sh", "-eu", "-c", recipe],
        env={
            "PATH": f"{tools}:{os.environ['PATH']}",
            "BACKUP": str(odd.folder(manifest)),
            "KEY": str(key),
            "DUMP": str(tmp_path / "dump"),
            "CONFIG": str(config),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    after = picture(odd.db)
    del before["mixed"], after["mixed"]
    assert after == before


def test_odd_database_names_are_plain_folders(
    shop: Shop, client: MongoClient[Any], tmp_path: Path, config: Path
) -> None:
    """As mongorestore takes them: a folder's name is the database's."""
    names = [f"{shop.name}_{odd}" for odd in ("a&b=c+d%e", "ünï", "x'y;z")]
    for name in names:
        client[name]["c"].insert_one({"_id": name})
    manifest = shop.backup(*(word for name in names for word in ("--db", name)))
    export(shop, manifest, tmp_path / "dump")
    assert sorted(path.name for path in (tmp_path / "dump").iterdir()) == sorted(names)
    for name in names:
        client.drop_database(name)
    restore(config, tmp_path / "dump")
    for name in names:
        assert [one["_id"] for one in client[name]["c"].find()] == [name]


@pytest.mark.parametrize(
    ("name", "end"),
    [
        (LONG[0], "%24GNv02GVGu-Q0Qlqm4Af4pi0FC_k"),
        ("n" * 239, "%24KlE1B8w-hZ88ofC8BT2w5nPt7Ws"),
        (LONG[1], "nnn"),
        (LONG[2], "%24GsgBsDIWsWmcF-5pJmYPOmTaIgM"),
    ],
)
def test_long_names_are_cut_as_mongodump_cuts_them(name: str, end: str) -> None:
    """Read off mongodump 100.10's own output."""
    assert file_stem(name).endswith(end)
    assert len(file_stem(name)) == 238


@pytest.mark.parametrize("name", ["..", ".", "../../x", "/etc", ".hidden", "a/b"])
def test_a_name_out_of_a_manifest_never_leaves_the_folder(name: str) -> None:
    assert Path(folder_name(name)).name == folder_name(name)
    assert folder_name(name) not in {".", ".."}


def test_a_folder_that_holds_something_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.db["a"].insert_one({})
    manifest = shop.backup()
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine").write_text("mine")
    ran = shop.run("backup", "export", manifest["id"], "--to", str(taken))
    assert ran.code == 3
    assert "is not empty" in ran.json["error"]["what"]
    assert [path.name for path in taken.iterdir()] == ["mine"]
    empty = tmp_path / "empty"
    empty.mkdir()
    export(shop, manifest, empty)
    assert (empty / shop.name / "a.bson").exists()


def test_a_dry_run_and_a_missing_backup_write_nothing(shop: Shop, tmp_path: Path) -> None:
    shop.db["a"].insert_one({})
    manifest = shop.backup()
    ran = shop.run("backup", "export", manifest["id"], "--to", str(tmp_path / "x"), "--dry-run")
    assert ran.code == 0
    ran = shop.run("backup", "export", "2020-01-01T00-00-00Z-shop", "--to", str(tmp_path / "x"))
    assert ran.code == 4
    assert not list(tmp_path.glob("*x*"))


def test_the_export_is_for_this_user_alone(shop: Shop, tmp_path: Path) -> None:
    shop.db["a"].insert_one({"n": 1})
    export(shop, shop.backup(), tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    assert bson.decode_all((tmp_path / "out" / shop.name / "a.bson").read_bytes())[0]["n"] == 1


def test_a_stolen_moment_between_rename_and_journal_is_recovered(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skc: Skc
) -> None:
    """The folder has its name already, and the run fails: then it goes again."""

    def fail(*_: object) -> None:
        raise RuntimeError("too late")

    shop.db["a"].insert_one({})
    manifest = shop.backup()
    with monkeypatch.context() as patch:
        patch.setattr(ExportHandler, "verify", fail)
        ran = shop.run("backup", "export", manifest["id"], "--to", str(tmp_path / "out"))
    assert ran.code == 5
    assert not (tmp_path / "out").exists()
    export(shop, manifest, tmp_path / "out")
