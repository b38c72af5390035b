"""`skc secrets scan` where things lie in odd places, are large, damaged, or not to be read."""

import base64
import gzip
import os
import secrets
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.commands.secrets.test_scan import found, git, unknown, write
from tests.conftest import Skc
from tests.history.hideouts import uri

MB = 1 << 20


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def test_a_note_is_named_by_the_commit_that_it_is_about(skc: Skc, shop: Path) -> None:
    write(shop, "a.js", "let a\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "begin")
    git(shop, "notes", "add", "-m", f"the database is {uri()}", "HEAD")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    head = git(shop, "rev-parse", "HEAD")
    assert f"the note on commit {head[:12]} (refs/notes/commits)" in found(ran)


def test_what_the_index_alone_holds_is_judged_by_its_name(skc: Skc, shop: Path) -> None:
    write(shop, "a.js", "let a\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "begin")
    write(shop, ".pgpass", f"db.corp.io:5432:app:app:Kq9{secrets.token_hex(6)}\n")
    git(shop, "add", "-f", ".pgpass")
    (shop / ".pgpass").unlink()
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert "held by the index" in found(ran)[".pgpass"]


def test_an_lfs_object_is_judged_under_each_of_its_pointers(skc: Skc, shop: Path) -> None:
    content = f"db.corp.io:5432:app:app:Kq9{secrets.token_hex(6)}\n".encode()
    oid = sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    write(shop, ".git/lfs/objects/ab/cd/" + oid, content)
    write(shop, "a-notes.lst", pointer)
    write(shop, "home/.pgpass", pointer)
    git(shop, "add", "-f", ".")
    git(shop, "commit", "-q", "-m", "begin")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert "in an LFS object" in found(ran)["home/.pgpass"]
    (shop / ".git/lfs/objects/ab/cd" / oid).unlink()
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert "git lfs fetch" in unknown(ran)["home/.pgpass"]


def test_a_damaged_pack_costs_only_itself_and_makes_the_scan_incomplete(
    skc: Skc, shop: Path
) -> None:
    for number in range(3):
        write(shop, f"{number}.txt", f"{number}\n" * 900)
        git(shop, "add", ".")
        git(shop, "commit", "-q", "-m", str(number))
    git(shop, "gc", "-q")
    write(shop, "b.js", "let b\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "loose")
    (pack,) = (shop / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:100])
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert ran.code == 14, ran.stdout + ran.stderr
    assert "missing or damaged" in unknown(ran)[pack.name]
    assert ran.json["facts"]["objects"] == 3
    write(shop, "c.js", f"connect('{uri()}')\n")
    git(shop, "hash-object", "-w", "c.js")
    (shop / "c.js").unlink()
    assert skc("secrets", "scan", "--history", cwd=shop).code == 13


def test_an_archive_of_more_than_one_piece_is_opened(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    with zipfile.ZipFile(folder / "big.zip", "w") as archive:
        archive.writestr("noise.bin", os.urandom(17 * MB))
        archive.writestr("db.js", f"connect('{uri()}')\n", zipfile.ZIP_DEFLATED)
    (folder / "big.gz").write_bytes(
        gzip.compress(os.urandom(17 * MB) + f"\nconnect('{uri()}')\n".encode(), 1)
    )
    ran = skc("secrets", "scan", "plain", "--format", "json")
    assert set(found(ran)) == {"big.zip", "big.gz"}
    assert unknown(ran) == {}


def test_a_large_archive_in_history_is_not_called_damaged(skc: Skc, shop: Path) -> None:
    with zipfile.ZipFile(shop / "big.zip", "w") as archive:
        archive.writestr("noise.bin", os.urandom(17 * MB))
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "begin")
    (shop / "big.zip").unlink()
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert "only what lies open was looked at" in unknown(ran)["big.zip"]
    assert "damaged" not in str(unknown(ran))


def test_a_path_that_cannot_be_read_is_a_precondition(
    skc: Skc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "plain/a.js", "let a\n")
    (tmp_path / "plain/a.js").chmod(0)
    # whoever may read everything, as root may, is told what others are
    monkeypatch.setattr(
        os, "access", lambda path, mode: mode == os.R_OK and "plain" not in str(path)
    )
    ran = skc("secrets", "scan", "plain/a.js")
    assert ran.code == 4, ran.stderr
    assert "cannot be read" in ran.stderr


def test_what_a_tree_alone_holds_is_named_with_its_folders(skc: Skc, shop: Path) -> None:
    write(shop, "src/deep/a.js", f"connect('{uri()}')\n")
    git(shop, "add", "src")
    git(shop, "write-tree")
    git(shop, "rm", "-q", "--cached", "src/deep/a.js")
    (shop / "src/deep/a.js").unlink()
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert "which no commit has" in found(ran)["src/deep/a.js"]


@pytest.mark.parametrize("path", ["src/b.js", "src/b.py", "src/b.ts"])
@pytest.mark.parametrize("packing", ["base64", "hex"])
def test_an_env_file_that_stands_encoded_in_code_is_no_code(
    skc: Skc, tmp_path: Path, path: str, packing: str
) -> None:
    env = f"NODE_ENV=production\nDB_PASSWORD=Kq9{secrets.token_hex(9)}\nPORT=1\n".encode()
    text = env.hex() if packing == "hex" else base64.b64encode(env).decode()
    write(tmp_path, f"plain/{path}", f'const blob = "{text}"\n')
    ran = skc("secrets", "scan", "plain", "--format", "json")
    assert ran.code == 12, ran.stdout
