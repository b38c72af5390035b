"""`skc secrets generate`: strong, of the promised form, and shown in one place only."""

import base64
import errno
import math
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from skillconnect_ops.commands.secrets.making import (
    ALPHABET,
    CLASSES,
    Kind,
    Label,
    make,
    password_bits,
)
from skillconnect_ops.commands.secrets.new_file import KeyFileTaken, write_new
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.dotenv import parse_env
from skillconnect_ops.disk.errors import DiskFull
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.system import Chunk
from skillconnect_ops.evidence import strength
from tests.conftest import Skc

LABEL = Label(issuer="shop", account="ana@example.net")


def one(skc: Skc, *argv: str) -> str:
    ran = skc("secrets", "generate", *argv)
    assert ran.code == 0, ran.stderr
    return ran.stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("argv", "form", "bits"),
    [
        ((), r"[0-9a-f]{64}", 256),
        (("--kind", "hex", "--bytes", "16"), r"[0-9a-f]{32}", 128),
        (("--kind", "base64url"), r"[A-Za-z0-9_-]{43}", 256),
        (("--kind", "base64url", "--bytes", "64"), r"[A-Za-z0-9_-]{86}", 512),
        (("--kind", "password", "--bytes", "16"), r"[A-Za-z][A-Za-z0-9]{21}", 128),
        (("--kind", "password"), r"[A-Za-z][A-Za-z0-9]{32}", 192),
    ],
)
def test_each_kind_has_its_form_and_says_its_strength(
    skc: Skc, argv: tuple[str, ...], form: str, bits: int
) -> None:
    ran = skc("secrets", "generate", *argv)
    assert ran.code == 0
    value = ran.stdout.rstrip("\n")
    assert re.fullmatch(form, value), value
    assert f"{len(value)} characters, {bits} bits of entropy" in ran.stderr
    assert "password" in argv or not strength.is_weak(Secret(value))


def test_the_value_goes_to_stdout_alone(skc: Skc, tmp_path: Path) -> None:
    for argv in ((), ("--kind", "totp"), ("--kind", "ed25519"), ("--count", "3")):
        ran = skc("secrets", "generate", *argv)
        for line in ran.stdout.splitlines():
            assert line not in ran.stderr
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert ran.stdout.splitlines()[0].encode() not in kept


def test_many_are_all_different(skc: Skc) -> None:
    lines = one(skc, "--kind", "password", "--count", "200").splitlines()
    assert len(set(lines)) == 200


def test_json_holds_what_was_asked_for(skc: Skc) -> None:
    (made,) = skc("secrets", "generate", "--format", "json").json["facts"]["generated"]
    assert made["bits"] == 256
    assert re.fullmatch(r"[0-9a-f]{64}", made["value"])


@pytest.mark.parametrize(
    "argv",
    [
        ("--bytes", "15"),
        ("--kind", "base64url", "--bytes", "1"),
        ("--kind", "password", "--bytes", "15"),
        ("--kind", "totp", "--bytes", "10"),
        ("--kind", "rsa", "--bytes", "256"),
    ],
)
def test_less_than_128_bits_is_refused(skc: Skc, argv: tuple[str, ...]) -> None:
    ran = skc("secrets", "generate", *argv)
    assert (ran.code, ran.stdout) == (3, "")
    assert "is not made" in ran.stderr
    assert "fix:   skc secrets generate --kind" in ran.stderr


@pytest.mark.parametrize(
    "argv",
    [
        ("--bytes", "0"),
        ("--bytes", "1025"),
        ("--kind", "ed25519", "--bytes", "57"),
        ("--count", "0"),
        ("--kind", "uuid"),
        ("--out-key", "x.pem"),
        ("--kind", "ed25519", "--out-key", "x.pem", "--count", "2"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(skc: Skc, tmp_path: Path, argv: tuple[str, ...]) -> None:
    assert skc("secrets", "generate", *argv).code == 2
    assert not (tmp_path / "x.pem").exists()


def test_a_password_reads_the_same_everywhere(skc: Skc) -> None:
    for value in one(skc, "--kind", "password", "--count", "300").splitlines():
        assert quote(value, safe="") == unquote(value) == shlex.quote(value) == value
        assert yaml.safe_load(f"key: {value}") == {"key": value}
        assert parse_env(f"KEY={value}".encode(), shown="x")["KEY"].reveal() == value
        assert all(set(value) & set(group) for group in CLASSES)
        assert not set(value) & set("0O1lI")
    done = subprocess.run(["sh", "-c", f"printf %s {value}"], capture_output=True, check=True)
    assert done.stdout.decode() == value


def test_hex_is_never_a_number() -> None:
    raw = iter([b"\x12" * 16, bytes.fromhex("12345678901234567890123456789e12"), b"\xab" * 16])
    made = make(Kind.HEX, size_bytes=16, label=LABEL, random=lambda _: next(raw))
    assert made.secret.reveal() == "ab" * 16


def test_the_bits_of_a_password_are_counted_right() -> None:
    """Against a count by hand over a small alphabet's worth of lengths."""
    for length in (3, 4):
        total = 57**length
        counted = sum(
            1
            for number in range(0, total, 1 if length == 3 else 997)
            if _mixed(_word(number, length))
        )
        share = counted / (total if length == 3 else len(range(0, total, 997)))
        assert math.isclose(2 ** password_bits(length) / total, share, rel_tol=0.02)
    assert password_bits(2) == 0.0
    assert password_bits(23) == pytest.approx(23 * math.log2(57), abs=0.6)


def _word(number: int, length: int) -> str:
    word = ""
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        word += ALPHABET[rest]
    return word


def _mixed(word: str) -> bool:
    return not word[0].isdigit() and all(set(word) & set(group) for group in CLASSES)


def test_every_sign_is_as_likely_as_every_other() -> None:
    text = "".join(make(Kind.PASSWORD, label=LABEL).secret.reveal()[5:] for _ in range(2_000))
    counts = Counter(text)
    assert set(counts) == set(ALPHABET)
    expected = len(text) / len(ALPHABET)
    chi = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi < 56 + 6 * math.sqrt(2 * 56)


@pytest.mark.parametrize(
    ("kind", "private"), [("ed25519", Ed25519PrivateKey), ("rsa", RSAPrivateKey)]
)
def test_a_key_pair_goes_to_a_file_and_its_public_half_is_shown(
    skc: Skc, tmp_path: Path, kind: str, private: type
) -> None:
    ran = skc("secrets", "generate", "--kind", kind, "--out-key", "key.pem")
    assert ran.code == 0, ran.stderr
    path = tmp_path / "key.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, private)
    assert key.public_key() == load_pem_public_key(ran.stdout.encode())
    assert path.read_text().splitlines()[1] not in ran.stdout + ran.stderr
    before = path.read_bytes()
    again = skc("secrets", "generate", "--kind", kind, "--out-key", "key.pem")
    assert (again.code, again.stdout) == (3, "")
    assert path.read_bytes() == before


def test_a_link_is_no_way_to_write_over_a_file(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "key.pem").symlink_to("elsewhere")
    assert skc("secrets", "generate", "--kind", "ed25519", "--out-key", "key.pem").code == 3
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_file_the_private_key_is_the_data(skc: Skc) -> None:
    text = one(skc, "--kind", "ed25519")
    assert isinstance(load_pem_private_key(text.encode(), None), Ed25519PrivateKey)


class Full:
    """The system's calls, of which writing fails once a few bytes are written."""

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def write(self, fd: int, data: Chunk, /) -> int:
        os.write(fd, bytes(data)[:7])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_no_part_of_a_key(tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        write_new(tmp_path / "key.pem", b"x" * 100, disk=Disk(system=Full()))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    write_new(tmp_path / "key.pem", b"x", disk=Disk())
    with pytest.raises(KeyFileTaken):
        write_new(tmp_path / "key.pem", b"y", disk=Disk())


def test_a_totp_secret_comes_with_its_uri(skc: Skc) -> None:
    text, uri = one(
        skc, "--kind", "totp", "--account", "ana@example.net", "--issuer", "My Shop: EU"
    ).splitlines()
    assert len(base64.b32decode(text)) == 20
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/My Shop: EU:ana@example.net"
    assert "%3A%20EU:ana@" in parts.path
    asked = parse_qs(parts.query)
    assert asked["secret"] == [text]
    assert asked["issuer"] == ["My Shop: EU"]
    assert (asked["digits"], asked["period"], asked["algorithm"]) == (["6"], ["30"], ["SHA1"])


def test_it_works_without_a_project_and_in_a_pipe(skc_process: Skc, tmp_path: Path) -> None:
    ran = skc_process("secrets", "generate")
    assert ran.code == 0
    assert re.fullmatch(r"[0-9a-f]{64}\n", ran.stdout)
    assert not (tmp_path / "state").exists()
    command = f"{sys.executable} -m skillconnect_ops secrets generate 2>/dev/null | wc -c"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "65"
