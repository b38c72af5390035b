"""Whatever is changed in a backup, `verify` notices."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from msgspec import Struct
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.commands.backup import proving
from skillconnect_ops.commands.backup.age_keys import identities
from skillconnect_ops.commands.backup.manifest import ManifestDamaged, ManifestIsNewer
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.backup.verify import check
from skillconnect_ops.disk.files import Disk
from tests.commands.backup.shop import Shop, make_project, with_database
from tests.conftest import Ran

FLIPS = 1000


class Lying(Struct, frozen=True):
    """A drilled backup that may be spoiled, and how to look at it."""

    shop: Shop
    id: str
    keys: tuple[Identity, ...] | None
    key: Path | None

    @property
    def folder(self) -> Path:
        return self.shop.location / self.id

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def noticed(self) -> bool:
        """What `verify` does, without the way through the command line."""
        repository = Repository(self.shop.location, disk=Disk())
        try:
            manifest = repository.get(self.id).manifest
        except (ManifestDamaged, ManifestIsNewer):
            return True
        checked = check(repository, manifest, identities=self.keys, advance=lambda _: None)
        return bool(checked.findings)

    def verify(self) -> Ran:
        words = ("--identity", str(self.key)) if self.key else ()
        return self.shop.run("backup", "verify", self.id, *words)

    def data(self, name: str) -> Path:
        manifest = json.loads((self.folder / "manifest.json").read_text())
        entry = next(one for one in manifest["collections"] if one["name"] == name)
        return self.folder / str(entry["file"])


def fill(db: Any) -> None:
    """Several kinds of files, and one of several age blocks and zstd frames."""
    db["people"].insert_many({"_id": n, "name": f"person {n}"} for n in range(500))
    db["orders"].insert_many({"_id": n, "name": f"order {n}"} for n in range(500))
    db["noise"].insert_many({"_id": n, "noise": os.urandom(1000)} for n in range(150))
    db.create_collection("empty")
    db.create_collection("view", viewOn="people", pipeline=[{"$match": {"_id": 1}}])
    db.create_collection("weather", timeseries={"timeField": "at"})
    db["people"].create_index("name")


class Template(Struct, frozen=True):
    """A drilled backup that nobody spoils."""

    location: Path
    id: str
    key: Path | None
    recipient: str


@pytest.fixture(scope="module", params=["plain", "encrypted"])
def template(
    request: pytest.FixtureRequest, one_node: Mongod, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Template]:
    folder = tmp_path_factory.mktemp("template")
    key: Path | None = None
    recipient, words = "", list[str]()
    if request.param == "encrypted":
        identity = pyrage.x25519.Identity.generate()
        key = folder / "key.txt"
        key.write_text(str(identity))
        recipient = f", recipients: [{identity.to_public()}]"
        words = ["--identity", str(key)]
    uri = with_database(one_node.uri, "t_template")
    make_project(folder / "shop", folder / "backups", uri, more=recipient)
    with MongoClient[Any](one_node.uri.reveal()) as client:
        fill(client["t_template"])
        for line in (["backup"], ["backup", "verify", "latest", "--drill", *words]):
            subprocess.run(
                [sys.executable, "-m", "skillconnect_ops", *line],
                cwd=folder / "shop",
                env={"PATH": os.environ["PATH"], "HOME": str(folder)},
                check=True,
                capture_output=True,
            )
        (found,) = (folder / "backups").iterdir()
        yield Template(folder / "backups", found.name, key, recipient)
        client.drop_database("t_template")


@pytest.fixture
def lying(template: Template, shop: Shop) -> Lying:
    """A copy of the template in a project of its own."""
    shutil.copytree(template.location, shop.location)
    uri = (shop.root / ".env").read_text().partition("=")[2].strip()
    make_project(shop.root, shop.location, uri, more=template.recipient)
    shop.db["people"].insert_one({"_id": 1})
    keys = identities(template.key) if template.key else None
    found = Lying(shop, template.id, keys, template.key)
    assert not found.noticed()
    return found


def flips(files: list[Path], chance: random.Random) -> Iterator[tuple[Path, int, int]]:
    """So many places, every file at least a few times, every bit alike."""
    for number in range(FLIPS):
        path = files[number % len(files)] if number < 10 * len(files) else chance.choice(files)
        yield path, chance.randrange(path.stat().st_size), 1 << chance.randrange(8)


def test_a_thousand_flipped_bits_are_a_thousand_noticed(lying: Lying) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    names = {path.relative_to(lying.folder).as_posix() for path in lying.files}
    assert "manifest.json" in names
    assert any(name.startswith("drills/") for name in names)
    assert any(name.endswith(".metadata.json") for name in names)
    missed = []
    for path, offset, bit in flips(lying.files, random.Random(seed)):
        whole = path.read_bytes()
        changed = bytearray(whole)
        changed[offset] ^= bit
        path.write_bytes(changed)
        if not lying.noticed():
            missed.append((path.name, offset, bit))
        path.write_bytes(whole)
    assert missed == [], f"seed {seed}"
    assert not lying.noticed()


def test_a_flipped_bit_of_each_file_ends_the_command_with_13(lying: Lying) -> None:
    chance = random.Random(1)
    for path in lying.files:
        whole = path.read_bytes()
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] ^= 1
        path.write_bytes(changed)
        ran = lying.verify()
        path.write_bytes(whole)
        assert ran.code == 13, (path, ran.stderr)
        (finding,) = ran.json["findings"]
        assert finding["id"] == "backup-damaged"
        assert finding["severity"] == "critical"
        assert finding["subject"] == f"{lying.id}/{path.relative_to(lying.folder).as_posix()}"
    assert lying.verify().code == 0


def test_cut_grown_and_missing_files_are_noticed(lying: Lying) -> None:
    for path in lying.files:
        whole = path.read_bytes()
        for spoiled in (whole[:-1], whole[: len(whole) // 2], b"", whole + b"\0", whole + whole):
            path.write_bytes(spoiled)
            assert lying.noticed(), (path.name, len(spoiled), len(whole))
        path.write_bytes(whole)
    for path in lying.files:
        if path.name == "manifest.json" or path.parent.name == "drills":
            continue  # without a manifest it is no backup; a verdict that is gone is just gone
        path.rename(path.with_suffix(".away"))
        ran = lying.verify()
        path.with_suffix(".away").rename(path)
        assert ran.code == 13
        assert "missing" in ran.stderr + ran.stdout
    assert not lying.noticed()


def test_a_file_cut_between_two_frames_is_noticed(shop: Shop) -> None:
    """Such a file decompresses without an error of its own."""
    shop.db["noise"].insert_many({"noise": os.urandom(1000)} for _ in range(3000))
    manifest = shop.backup()
    lying = Lying(shop, manifest["id"], None, None)
    path = lying.data("noise")
    whole = path.read_bytes()
    ends = [at for at in range(len(whole) - 4) if whole[at : at + 4] == b"\x28\xb5\x2f\xfd" and at]
    assert ends
    path.write_bytes(whole[: ends[len(ends) // 2]])
    assert lying.verify().code == 13


def test_files_that_changed_places_are_noticed(lying: Lying) -> None:
    one, other = lying.data("people"), lying.data("orders")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    ran = lying.verify()
    assert ran.code == 13
    subjects = {finding["subject"].rpartition("/")[2] for finding in ran.json["findings"]}
    assert subjects == {one.name, other.name}


def test_a_file_of_another_backup_is_noticed(lying: Lying) -> None:
    lying.shop.db["people"].insert_one({"_id": "new"})
    later = lying.shop.backup()
    theirs = Lying(lying.shop, later["id"], None, None).data("people")
    shutil.copy(theirs, lying.data("people"))
    assert lying.verify().code == 13


def test_the_manifest_of_another_backup_is_noticed(lying: Lying) -> None:
    later = lying.shop.backup()
    shutil.copy(lying.shop.folder(later) / "manifest.json", lying.folder)
    ran = lying.verify()
    assert ran.code == 13
    assert later["id"] in ran.json["findings"][0]["message"]


def test_a_verdict_about_another_backup_is_noticed_and_counts_for_nothing(lying: Lying) -> None:
    later = lying.shop.backup()
    to = lying.shop.folder(later) / "drills"
    shutil.copytree(lying.folder / "drills", to)
    ran = lying.shop.run("backup", "show", later["id"])
    assert ran.json["facts"]["drill"] is None
    found = Lying(lying.shop, later["id"], lying.keys, lying.key)
    ran = found.verify()
    assert ran.code == 13
    assert "verdict about another backup" in ran.json["findings"][0]["message"]


def test_a_file_that_nobody_knows_is_a_low_finding(lying: Lying) -> None:
    (lying.folder / "data" / "notes.txt").write_text("hello")
    ran = lying.verify()
    assert ran.code == 10
    (finding,) = ran.json["findings"]
    assert finding["id"] == "backup-foreign-file"


def test_a_manifest_of_a_newer_schema_says_so_and_how_to_read_it(lying: Lying) -> None:
    manifest = lying.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("skc/backup/1", "skc/backup/2"))
    for words in (("show", lying.id), ("verify", lying.id), ("export", lying.id, "--to", "x")):
        ran = lying.shop.run("backup", *words)
        assert ran.code == 4, ran.stderr
        assert "skc/backup/2" in ran.json["error"]["what"]
        assert "pip install --upgrade" in ran.json["error"]["fix"]
    listed = lying.shop.run("backup", "list").json
    assert listed["facts"]["backups"] == []
    assert "later version" in listed["unknown"][0]["reason"]


def test_a_damaged_backup_is_neither_exported_nor_drilled(lying: Lying) -> None:
    path = lying.data("people")
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    words = ("--identity", str(lying.key)) if lying.key else ()
    ran = lying.shop.run("backup", "export", lying.id, "--to", "out", *words)
    assert ran.code == 5, ran.stderr
    assert "is damaged" in ran.json["error"]["what"]
    assert not list(lying.shop.root.glob("*out*"))
    ran = lying.shop.run("backup", "verify", lying.id, "--drill", *words)
    assert ran.code == 13
    assert ran.json["facts"]["drill"]["verdict"] == "failed"
    assert ran.json["facts"]["drill"]["where"].startswith("nowhere")


def test_a_backup_that_was_removed_while_it_was_verified_is_not_called_damaged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop.db)
    manifest = shop.backup()

    def removed_first(*args: Any, **kwargs: Any) -> Any:
        shutil.rmtree(shop.folder(manifest))
        return check(*args, **kwargs)

    monkeypatch.setattr(proving, "check", removed_first)
    ran = shop.run("backup", "verify", manifest["id"])
    assert ran.code == 4
    assert "there is no backup" in ran.json["error"]["what"]
