"""Archives in each other, in front of each other and behind: opened, and packed again."""

import base64
import bz2
import gzip
import io
import lzma
import secrets
import subprocess
import sys
import tarfile
import zipapp
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.history.archives import BUDGET_BYTES
from skillconnect_ops.history.needles import MASK, Needles

Pack = Callable[[bytes], bytes]


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", content)
        archive.writestr("other", b"of no interest")
    return out.getvalue()


def tarred(members: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime, info.uname = len(content), 0o640, 1234567890, "ada"
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        archive.addfile(link)
    return out.getvalue()


def in_tar(content: bytes) -> bytes:
    return tarred({"before": b"x" * 600, "a": content, "behind": b"y" * 1024})


PACKS: dict[str, Pack] = {
    "tar": in_tar,
    "gzip": lambda content: gzip.compress(content, mtime=7),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "zip behind a script": lambda content: b"#!/bin/sh\nexit 0\n" + zipped(content),
    "zip and more": lambda content: zipped(content) + b"and more",
    "zip behind gzip": lambda content: gzip.compress(b"x" * 99) + zipped(content),
    "gzip behind zip": lambda content: zipped(b"") + gzip.compress(content),
    "gzip before zip": lambda content: gzip.compress(content) + zipped(b""),
    "tar behind tar": lambda content: in_tar(b"") + in_tar(content),
}


def plain_in(content: bytes) -> list[bytes]:
    """All that Python's own libraries find in it; shares nothing with the program."""
    found = [content]
    for magic, unpacker in (
        (b"\x1f\x8b", zlib.decompressobj(wbits=31)),
        (b"BZh", bz2.BZ2Decompressor()),
        (b"\xfd7z", lzma.LZMADecompressor()),
    ):
        if content.startswith(magic):
            found += plain_in(unpacker.decompress(content))
            assert unpacker.eof
            found += plain_in(unpacker.unused_data)
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            for name in archive.namelist():
                found += plain_in(archive.read(name))
    if content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:", ignore_zeros=True) as tar:
            for info in tar:
                file = tar.extractfile(info) if info.isreg() else None
                found += plain_in(file.read()) if file is not None else []
    return found


@pytest.mark.parametrize("outer", PACKS)
@pytest.mark.parametrize("inner", PACKS)
def test_whatever_is_packed_in_whatever_is_found_and_gone(inner: str, outer: str) -> None:
    value = secrets.token_hex(8).encode()
    content = PACKS[outer](PACKS[inner](b"key = " + value + b"\n"))
    needles = Needles([value])
    assert needles.seen(content) == (frozenset({0}), ())
    clean = needles.without(content)
    assert not needles.held(clean)
    assert needles.without(clean) is clean
    if "behind zip" in inner + outer:
        return  # Python's library looks at no more than the zip
    every = plain_in(clean)
    assert b"key = " + MASK + b"\n" in every
    assert not any(value in one for one in every)


WRAPS: dict[str, Pack] = {
    "base64": base64.b64encode,
    "base64 of lines": lambda content: base64.encodebytes(content).rstrip(),
    "base64 of lines that are set in": lambda content: b"\n    ".join(
        base64.encodebytes(content).split()
    ),
    "base64 without filling": lambda content: base64.urlsafe_b64encode(content).rstrip(b"="),
}


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zip"])
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("length", range(8))
def test_an_archive_in_base64_is_found_and_gone(name: str, wrap: str, length: int) -> None:
    value = secrets.token_hex(8).encode()
    packed = PACKS[name](b"key = " + value + secrets.token_bytes(120 + length))
    content = b'data: "' + WRAPS[wrap](packed) + b'"\nafter'
    needles = Needles([value])
    assert needles.may_pack(content)
    assert needles.seen(content) == (frozenset({0}), ())
    clean = needles.without(content)
    assert not needles.held(clean)
    assert needles.without(clean) is clean
    begin, digits, after = clean.split(b'"')
    assert (begin, after) == (b"data: ", b"\nafter")
    widest = max(map(len, content.split(b'"')[1].split()))
    assert max(map(len, digits.split())) in {widest, len(digits)}
    plain = base64.urlsafe_b64decode(
        digits.translate(bytes.maketrans(b"+/", b"-_"), b" \n") + b"=="
    )
    assert any(one.startswith(b"key = " + MASK) for one in plain_in(plain))


def test_in_a_binary_an_archive_in_base64_keeps_its_length() -> None:
    value = secrets.token_hex(8).encode()
    content = b"\x7fELF\0" + base64.b64encode(gzip.compress(value * 5 + bytes(99))) + b"\0more"
    needles = Needles([value])
    clean = needles.without(content)
    assert not needles.held(clean)
    assert len(clean) == len(content)
    assert clean.startswith(b"\x7fELF\0")
    assert clean.endswith(b"\0more")


def test_a_release_that_is_kept_in_a_secret_is_cleaned() -> None:
    value = secrets.token_hex(8).encode()
    release = b'{"config": {"password": "%s"}}'
    kept = base64.b64encode(base64.b64encode(gzip.compress(release % value)))
    needles = Needles([value])
    assert needles.held(b"release: " + kept) == {0}
    clean = needles.without(b"release: " + kept)
    plain = gzip.decompress(base64.b64decode(base64.b64decode(clean[9:])))
    assert plain == release % MASK


names = st.text("ab/ä0", min_size=1, max_size=150).map(lambda name: name.strip("/") or "a")


@given(
    members=st.dictionaries(names, st.binary(max_size=1500), max_size=5),
    at=st.integers(0, 4),
    form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    number=st.integers(1, 60),
)
@settings(max_examples=60)
def test_a_tar_keeps_all_but_the_value(
    members: dict[str, bytes], at: int, form: int, number: int
) -> None:
    value = b"Zq9xW2vB7k"
    held = b"key = " + value + b"\n"
    members[f"m{at}"] = held * number
    members["in.gz"] = gzip.compress(held, mtime=7)
    content = tarred(members, form)
    clean = Needles([value]).without(content)
    assert len(clean) % 10_240 == 0
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as old,
        tarfile.open(fileobj=io.BytesIO(clean)) as new,
    ):
        for before, after in zip(old, new, strict=True):
            for field in ("name", "mode", "mtime", "uname", "type", "linkname"):
                assert getattr(before, field) == getattr(after, field)
            packed = new.extractfile(after) if after.isreg() else None
            if packed is not None:
                plain = packed.read()
                if after.name == "in.gz":
                    plain = gzip.decompress(plain)
                    assert plain == b"key = " + MASK + b"\n"
                else:
                    assert plain == members[after.name].replace(value, MASK)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("length", [0, 60, 200])
def test_names_in_a_tar_are_masked_and_its_sums_are_right(form: int, length: int) -> None:
    value = secrets.token_hex(8)
    content = tarred({"d" * length + value: b"nothing", "x": b"n"}, form)
    needles = Needles([value.encode()])
    clean = needles.without(content)
    assert not needles.held(clean)
    with tarfile.open(fileobj=io.BytesIO(clean)) as archive:
        assert archive.getnames() == ["d" * length + MASK.ljust(16, b"*").decode(), "x", "link"]


def test_a_program_in_a_zip_still_runs(tmp_path: Path) -> None:
    value = secrets.token_hex(8)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text(f"KEY = '{value}'\nprint(KEY)\n" * 9)
    program = tmp_path / "app.pyz"
    zipapp.create_archive(tmp_path / "app", program, "/usr/bin/env python3", compressed=True)
    needles = Needles([value.encode()])
    whole = program.read_bytes()
    assert needles.held(whole) == {0}
    # offsets from the beginning of the file, and from that of the zip alone
    for content in (whole, b"#!/usr/bin/env python3\n" + whole[whole.index(b"PK\3\4") :]):
        clean = needles.without(content)
        assert clean.startswith(b"#!/usr/bin/env python3\nPK\3\4")
        program.write_bytes(clean)
        ran = subprocess.run([sys.executable, program], capture_output=True, check=True)
        assert ran.stdout == (MASK + b"\n") * 9


@pytest.mark.parametrize("name", ["gzip", "zip", "tar"])
def test_what_is_nested_too_deep_is_told(name: str) -> None:
    value = secrets.token_hex(8).encode()
    content = value if name != "tar" else gzip.compress(value)
    for _ in range(7):
        content = PACKS[name](content)
    needles = Needles([value])
    assert needles.seen(content) == (frozenset({0}), ())
    assert not needles.held(needles.without(content))
    deeper = PACKS["gzip"](PACKS["gzip"](content))
    assert needles.seen(deeper) == (frozenset(), ("archives in each other, more than 8 deep",))


def test_what_stays_packed_within_an_archive_is_told_without_the_value() -> None:
    value = secrets.token_hex(8).encode()
    needles = Needles([value], mask=b"?")
    locked = bytearray(zipped(b"x"))
    for sign, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(sign) + offset] |= 1
    whole = lzma.compress(value * 3)
    for content, why in (
        (bytes(locked), "zip member a.txt: it has a password"),
        (gzip.compress(value)[:-9], "gzip: cut off"),
        (gzip.compress(value)[:-8] + b"12345678", "gzip: damaged"),
        (whole[:-9], "xz: cut off"),
        (zipped(value)[:-30], "zip: damaged"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "7z, which cannot be opened here"),
        (b"\x28\xb5\x2f\xfd" + bytes(99), "zstd, which cannot be opened here"),
        (gzip.compress(bytes(BUDGET_BYTES + 1)), "gzip: what is behind 96"),
        (in_tar(b"n")[:1000], "tar member before: cut off"),
        (in_tar(b"n").replace(b"ada", b"eve", 1), "tar: damaged"),
        (in_tar(b"n").replace(b"ada", b"eve")[2048:], None),
    ):
        for outer in (bytes, PACKS["tar"], PACKS["gzip"]):
            held, unopened = needles.seen(outer(content))
            assert held == frozenset()
            assert [one[: len(why)] for one in unopened] == [why] if why else not unopened
    named = tarred({value.decode(): bytes(locked), "b.gz": b"\x1f\x8b\x08" + bytes(20)})
    said = needles.seen(named)[1]
    assert len(said) == 2
    assert value.decode() not in "".join(said)


@given(content=st.binary(max_size=2000), at=st.integers(0, 1990), end=st.integers(0, 4000))
@settings(max_examples=300)
def test_damaged_archives_are_no_traceback(content: bytes, at: int, end: int) -> None:
    value = b"Zq9xW2vB7k"
    whole = PACKS["tar"](PACKS["zip behind a script"](value * 40))
    damaged = whole[:at] + content[:9] + whole[at + 9 : at + end]
    needles = Needles([value], mask=b"?")
    needles.seen(damaged)
    clean = needles.without(damaged)
    assert needles.without(clean) is clean
