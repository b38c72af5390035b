"""What a location holds, as a person and a machine read it."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from typing import Any

import pytest

from tests.commands.backup.shop import Shop, make_project


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.db["people"].insert_many({"_id": n, "name": f"p{n}"} for n in range(100))
    shop.db["people"].create_index("name")
    shop.db.create_collection("view", viewOn="people", pipeline=[])
    return shop


def test_a_manifest_says_all_that_a_restore_and_a_reader_need(filled: Shop) -> None:
    manifest = filled.backup()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-shop(-\d+)?", manifest["id"])
    assert manifest["schema"] == "skc/backup/1"
    assert manifest["subject"] == {
        "target": "test",
        "cluster": manifest["subject"]["cluster"],
        "databases": [filled.name],
        "complete": True,
        "safety": False,
        "only": [],
        "without": [],
    }
    assert manifest["server"]["version"].count(".") == 2
    assert manifest["compression"] == "zstd:1"
    assert manifest["started_at"] <= manifest["finished_at"]
    assert re.fullmatch("[0-9a-f]{64}", manifest["digest"])
    assert manifest["signature"] is None
    people, view = manifest["collections"]
    assert (people["kind"], people["documents"], len(people["uuid"])) == ("collection", 100, 32)
    assert people["content"].startswith("xxh3-128-sum:")
    assert re.fullmatch("[0-9a-f]{64}", people["sha256"])
    assert {index["name"] for index in people["indexes"]} == {"_id_", "name_1"}
    assert (view["kind"], view["file"], view["documents"]) == ("view", None, 0)
    assert view["options"]["viewOn"] == "people"
    stored = filled.folder(manifest) / people["file"]
    assert stored.stat().st_size == people["stored_bytes"]


def test_files_and_folders_are_for_this_user_alone(filled: Shop) -> None:
    manifest = filled.backup()
    folder = filled.folder(manifest)
    for path in (filled.location, folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_content_digest_knows_no_order_but_counts(filled: Shop) -> None:
    filled.db["one"].insert_many({"_id": n} for n in (1, 2, 3))
    filled.db["two"].insert_many({"_id": n} for n in (3, 1, 2))
    filled.db["three"].insert_many({"_id": n} for n in (1, 2))
    entries = {one["name"]: one["content"] for one in filled.backup()["collections"]}
    assert entries["one"] == entries["two"] != entries["three"]


def test_list_gives_a_row_for_each_backup_newest_first(filled: Shop) -> None:
    first, second = filled.backup(), filled.backup("--collection", "people")
    ran = filled.run("backup", "list")
    assert ran.code == 0
    rows = ran.json["facts"]["backups"]
    assert [row["id"] for row in rows] == [second["id"], first["id"]]
    row = rows[1]
    assert row == {
        "id": first["id"],
        "target": "test",
        "cluster": first["subject"]["cluster"],
        "databases": [filled.name],
        "complete": True,
        "only": [],
        "without": [],
        "safety": False,
        "created_at": first["started_at"],
        "seconds": first["seconds"],
        "documents": 100,
        "size_bytes": first["size_bytes"],
        "stored_bytes": first["stored_bytes"],
        "encrypted": False,
        "consistency": first["consistency"],
        "drill": None,
    }
    assert rows[0]["complete"] is False


def test_an_empty_location_lists_nothing_and_names_the_next_command(shop: Shop) -> None:
    ran = shop.run("backup", "list")
    assert ran.code == 0
    assert ran.json["facts"]["backups"] == []
    assert ran.json["next"] == ["skc backup"]
    assert "no backup yet" in shop.skc("backup", "list", cwd=shop.root).stdout


def test_damaged_and_unfinished_ones_are_listed_as_such(filled: Shop) -> None:
    whole, damaged, unfinished, garbage = (filled.backup() for _ in range(4))
    manifest = filled.folder(damaged) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"documents": 100', b'"documents": 101'))
    (filled.folder(unfinished) / "manifest.json").unlink()
    (filled.folder(garbage) / "manifest.json").write_bytes(b"\x00\xff")
    (filled.location / "notes").mkdir()
    (filled.location / "2026-01-01T00-00-00Z-file").write_text("a file of such a name")
    ran = filled.run("backup", "list")
    assert ran.code == 0
    facts = ran.json["facts"]
    assert [row["id"] for row in facts["backups"]] == [whole["id"]]
    left = {row["id"]: row["damaged"] for row in facts["leftovers"]}
    assert left == {
        damaged["id"]: True,
        unfinished["id"]: False,
        garbage["id"]: True,
        "2026-01-01T00-00-00Z-file": True,
    }
    assert {one["subject"] for one in ran.json["unknown"]} == {
        name for name, is_damaged in left.items() if is_damaged
    }
    shown = filled.skc("backup", "list", cwd=filled.root).stdout
    assert "DAMAGED" in shown
    assert "unfinished" in shown
    assert filled.run("backup", "show", damaged["id"]).code == 4
    assert filled.run("backup", "verify", damaged["id"]).code == 13
    assert filled.run("backup", "show", "latest").code == 4


def test_a_renamed_folder_is_not_taken_for_a_backup(filled: Shop) -> None:
    manifest = filled.backup()
    other = "2020-01-01T00-00-00Z-shop"
    shutil.move(filled.folder(manifest), filled.location / other)
    ran = filled.run("backup", "show", other)
    assert ran.code == 4
    assert ran.json["error"]["fix"] == f"mv {other} {manifest['id']}"


def test_a_backup_moved_to_another_location_is_whole_there(filled: Shop, tmp_path: Any) -> None:
    manifest = filled.backup()
    elsewhere = tmp_path / "elsewhere"
    shutil.move(filled.location, elsewhere)
    uri = (filled.root / ".env").read_text().partition("=")[2].strip()
    make_project(filled.root, elsewhere, uri)
    assert filled.run("backup", "verify", manifest["id"]).code == 0


def test_a_dry_run_shows_the_plan_and_writes_nothing(filled: Shop) -> None:
    ran = filled.run("backup", "--dry-run")
    assert ran.code == 0
    (step,) = ran.json["facts"]["plan"]["steps"]
    assert step["kind"] == "backup.dump"
    assert f"target test · cluster {ran.json['subject']['cluster']}" in ran.stderr
    assert not filled.location.exists()


@pytest.mark.parametrize("words", [("list",), ("show", "latest"), ("verify", "latest")])
def test_listing_and_looking_change_nothing(filled: Shop, words: tuple[str, ...]) -> None:
    manifest = filled.backup()

    def picture() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in filled.location.rglob("*")
        }

    before = picture()
    assert filled.run("backup", *words).code == 0
    assert picture() == before
    assert manifest["id"] in filled.run("backup", "list").stdout


def test_the_list_fits_in_80_columns(filled: Shop, clean_environment: dict[str, str]) -> None:
    """With a project's name of 12 letters; a table that does not fit is shown in another form."""
    text = (filled.root / "skc.yaml").read_text()
    (filled.root / "skc.yaml").write_text(text.replace("name: shop", "name: skillconnect"))
    whole, damaged = filled.backup(), filled.backup()
    (filled.folder(damaged) / "manifest.json").write_bytes(b"x")
    assert filled.run("backup", "verify", whole["id"], "--drill").code == 0
    shown = on_a_terminal(filled, clean_environment, "backup", "list")
    (row,) = (line for line in shown.splitlines() if " passed " in line)
    assert row.startswith("20")
    assert filled.name in row
    ours = [line for line in shown.splitlines() if str(filled.location) not in line]
    assert max(map(len, ours)) <= 80


def on_a_terminal(shop: Shop, environment: dict[str, str], *words: str) -> str:
    """What a command shows on a terminal of 80 columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    child = subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", *words],
        cwd=shop.root,
        env={**environment, "TERM": "xterm", "NO_COLOR": "1"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    with suppress(OSError):  # the other side is closed
        while data := os.read(master, 65_536):
            shown += data
    os.close(master)
    assert child.wait() == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode()).replace("\r\n", "\n")
