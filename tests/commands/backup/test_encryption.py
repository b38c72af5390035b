"""Encrypted backups are plain age files: any age tool opens them, and nobody else."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import bson
import pyrage
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec import Struct

from tests.commands.backup.shop import Shop, make_project
from tests.programs import needs

BIG = 40_000


class Keyed(Struct, frozen=True):
    """A project whose backups are encrypted, and the key."""

    shop: Shop
    key: Path
    recipient: str


def with_recipients(shop: Shop, *recipients: str) -> None:
    uri = (shop.root / ".env").read_text().partition("=")[2].strip()
    make_project(
        shop.root, shop.location, uri, more=f", recipients: {json.dumps(list(recipients))}"
    )


def write_key(path: Path, identity: Any) -> Path:
    path.write_text(f"# a comment\n{identity}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def keyed(shop: Shop, tmp_path: Path) -> Keyed:
    identity = pyrage.x25519.Identity.generate()
    key = write_key(tmp_path / "key.txt", identity)
    with_recipients(shop, str(identity.to_public()))
    shop.db["a"].insert_many({"_id": n, "pad": "x" * 100} for n in range(BIG))
    shop.db.create_collection("empty")
    return Keyed(shop, key, str(identity.to_public()))


def stored(keyed: Keyed, manifest: dict[str, Any], name: str) -> Path:
    entry = next(one for one in manifest["collections"] if one["name"] == name)
    return keyed.shop.folder(manifest) / str(entry["file"])


def ids(data: bytes) -> list[int]:
    return [document["_id"] for document in bson.decode_all(data)]


def test_the_files_open_with_age_and_zstd_as_libraries(keyed: Keyed) -> None:
    manifest = keyed.shop.backup()
    assert manifest["encryption"] == {"kind": "age", "recipients": [keyed.recipient]}
    file = stored(keyed, manifest, "a")
    assert file.name == "a.bson.zst.age"
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    identity = pyrage.x25519.Identity.from_str(keyed.key.read_text().splitlines()[1])
    clear = pyrage.decrypt(file.read_bytes(), [identity])
    with zstandard.ZstdDecompressor().stream_reader(
        io.BytesIO(clear), read_across_frames=True
    ) as reader:
        assert ids(reader.read()) == list(range(BIG))


def test_the_files_open_with_the_programs_age_and_zstd(keyed: Keyed) -> None:
    needs("age")
    needs("zstd")
    manifest = keyed.shop.backup()
    for name, wanted in (("a", list(range(BIG))), ("empty", [])):
        line = f"age -d -i '{keyed.key}' '{stored(keyed, manifest, name)}' | zstd -d -q"
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
        assert ids(done.stdout) == wanted


def test_no_document_lies_in_clear(keyed: Keyed) -> None:
    keyed.shop.db["a"].insert_one({"_id": -1, "word": "aVeryTellingWord"})
    manifest = keyed.shop.backup()
    for path in keyed.shop.folder(manifest).rglob("*"):
        assert path.is_dir() or b"aVeryTellingWord" not in path.read_bytes()


def test_every_recipient_can_open_it(shop: Shop, tmp_path: Path) -> None:
    """X25519, and SSH keys of both kinds."""
    age = pyrage.x25519.Identity.generate()
    ssh = ed25519.Ed25519PrivateKey.generate()
    old = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = {"age": write_key(tmp_path / "age.txt", age)}
    public = [str(age.to_public())]
    for name, private in (("ssh", ssh), ("rsa", old)):
        keys[name] = tmp_path / f"id_{name}"
        keys[name].write_bytes(
            private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        )
        line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        public.append(f"{line.decode()} me@here")
    with_recipients(shop, *public)
    shop.db["a"].insert_one({"_id": 1})
    manifest = shop.backup()
    for name, key in keys.items():
        ran = shop.run("backup", "verify", manifest["id"], "--identity", str(key))
        assert ran.code == 0, (name, ran.stderr)
        assert ran.json["facts"]["verify"]["documents_walked"]


def test_verify_without_an_identity_is_incomplete_and_says_why(keyed: Keyed) -> None:
    manifest = keyed.shop.backup()
    ran = keyed.shop.run("backup", "verify", manifest["id"])
    assert ran.code == 14
    (unknown,) = ran.json["unknown"]
    assert "no identity given" in unknown["reason"]
    assert ran.json["facts"]["verify"]["documents_walked"] is False


def test_hashes_alone_need_no_identity(keyed: Keyed) -> None:
    manifest = keyed.shop.backup()
    ran = keyed.shop.run("backup", "verify", manifest["id"], "--hashes")
    assert ran.code == 0
    assert ran.json["unknown"] == []
    stored(keyed, manifest, "a").write_bytes(b"no")
    assert keyed.shop.run("backup", "verify", manifest["id"], "--hashes").code == 13


def test_the_identity_may_come_from_the_environment(keyed: Keyed) -> None:
    manifest = keyed.shop.backup()
    env = {"SKC_AGE_IDENTITY": str(keyed.key)}
    ran = keyed.shop.run("backup", "verify", manifest["id"], env=env)
    assert ran.code == 0
    assert ran.json["facts"]["verify"]["documents"] == BIG


@pytest.mark.parametrize("words", [(), ("--drill",)], ids=["walk", "drill"])
def test_a_wrong_key_is_no_damage_and_is_told_apart(
    keyed: Keyed, tmp_path: Path, words: tuple[str, ...]
) -> None:
    manifest = keyed.shop.backup()
    other = write_key(tmp_path / "other.txt", pyrage.x25519.Identity.generate())
    ran = keyed.shop.run("backup", "verify", manifest["id"], *words, "--identity", str(other))
    assert ran.code == 4, ran.stdout
    assert "cannot be opened with this identity" in ran.json["error"]["what"]
    assert "as it was written" in ran.json["error"]["why"]
    assert "--identity" in ran.json["error"]["fix"]
    path = stored(keyed, manifest, "a")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    ran = keyed.shop.run("backup", "verify", manifest["id"], "--identity", str(other))
    assert ran.code in {4, 13}
    ran = keyed.shop.run("backup", "verify", manifest["id"], "--identity", str(keyed.key))
    assert ran.code == 13


@pytest.mark.parametrize(
    "text",
    [None, "", "nonsense", "AGE-SECRET-KEY-1NONSENSE", "-----BEGIN OPENSSH PRIVATE KEY-----\nx"],
)
def test_a_file_that_is_no_identity_is_refused(
    keyed: Keyed, tmp_path: Path, text: str | None
) -> None:
    manifest = keyed.shop.backup()
    file = tmp_path / "wrong.txt"
    if text is not None:
        file.write_text(text)
    ran = keyed.shop.run("backup", "verify", manifest["id"], "--identity", str(file))
    assert ran.code == 4
    assert "wrong.txt" in ran.json["error"]["what"]
    assert "NONSENSE" not in ran.stdout + ran.stderr


def test_a_drill_of_an_encrypted_backup_needs_the_key_and_passes_with_it(keyed: Keyed) -> None:
    manifest = keyed.shop.backup()
    ran = keyed.shop.run("backup", "verify", manifest["id"], "--drill")
    assert ran.code == 4
    assert "is encrypted" in ran.json["error"]["what"]
    ran = keyed.shop.run("backup", "verify", "latest", "--drill", "--identity", str(keyed.key))
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["drill"]["verdict"] == "passed"


def test_unencrypted_is_said_aloud_even_where_there_are_recipients(keyed: Keyed) -> None:
    ran = keyed.shop.run("backup", "--unencrypted")
    assert "NOT ENCRYPTED" in ran.stderr
    assert ran.json["facts"]["backup"]["encryption"] is None
    ran = keyed.shop.run("backup")
    assert "NOT ENCRYPTED" not in ran.stderr
    assert "encrypted to 1 age recipient" in ran.stderr
