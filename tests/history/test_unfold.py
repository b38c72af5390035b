"""Disguises are undone wherever they begin, archives opened as far as a budget reaches."""

import base64
import bz2
import gzip
import io
import lzma
import random
import secrets
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from skillconnect_ops.core.excerpts import Within
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.history.archives import BUDGET_BYTES, Budget, Member, Skipped, members
from skillconnect_ops.history.encodings import Disguises
from skillconnect_ops.history.model import Trace
from skillconnect_ops.history.unfold import Unfolding

ANCHOR = b"mongodb://"


def search(path: str | None, content: bytes, within: Within | None = None) -> list[Trace]:
    """Finds the anchor and the word behind it."""
    at = content.find(ANCHOR)
    if at < 0:
        return []
    word = content[at:].split()[0].decode("utf-8", "replace")
    return [
        Trace(
            detector="uri",
            what="a URI",
            secret=Secret(word),
            whole=Secret(word),
            line=content.count(b"\n", 0, at) + 1,
            context="***",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            remedy="",
        )
    ]


def test_base64_is_undone_at_every_offset_and_within_other_text() -> None:
    look = Unfolding(search, disguises=Disguises([ANCHOR]))
    for seed in range(300):
        generator = random.Random(seed)
        secret = f"mongodb://a:{secrets.token_hex(8)}@h/ "
        lead = generator.randbytes(generator.randrange(9))
        code = generator.choice([base64.b64encode, base64.urlsafe_b64encode])
        coded = code(lead + secret.encode() + generator.randbytes(generator.randrange(9)))
        before = generator.choice([b"key: ", b'"', b"x/", b"abc", b"\n\n", b"="])
        looked = look("a.txt", before + coded + generator.choice([b"", b'"', b"\n", b" end"]))
        assert [t.secret.reveal() for t in looked.traces] == [secret.strip()], seed
        assert looked.traces[0].form == ("base64",)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_from_within_other_bytes(codec: str) -> None:
    look = Unfolding(search, disguises=Disguises([ANCHOR]))
    content = b"\x00\x01" * 40 + "let a = mongodb://a:b@h/ now".encode(codec) + b"\xff" * 9
    (trace,) = look(None, content).traces
    assert trace.secret.reveal() == "mongodb://a:b@h/"


def test_disguises_within_disguises_are_followed() -> None:
    look = Unfolding(search, disguises=Disguises([ANCHOR]))
    once = base64.b64encode(b"url: mongodb://a:b@h/ \n")
    packed = gzip.compress(b"data: " + once + b"\n")
    (trace,) = look("a.gz", packed).traces
    assert trace.form == ("gzip", "base64")


def test_the_line_is_that_of_the_disguise() -> None:
    look = Unfolding(search, disguises=Disguises([ANCHOR]))
    content = b"one\ntwo\nthree " + b"mongodb://a:b@h/".hex().encode() + b"\n"
    (trace,) = look("a.js", content).traces
    assert trace.line == 3


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_a_compressed_content_is_opened(name: str) -> None:
    (member,) = members(PACKERS[name](b"hello" * 1000), Budget())
    assert member == Member(name, b"hello" * 1000)


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_is_opened_as_far_as_the_budget_reaches(name: str) -> None:
    bomb = PACKERS[name](bytes(BUDGET_BYTES + (8 << 20)))
    found = list(members(bomb, Budget()))
    assert isinstance(found[0], Skipped)
    assert "behind" in found[0].reason
    assert isinstance(found[1], Member)
    assert len(found[1].content) == BUDGET_BYTES


def test_the_budget_is_for_all_members_together() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}", bytes(BUDGET_BYTES // 2 - 100))
    found = list(members(out.getvalue(), Budget()))
    assert [type(one) for one in found] == [Member, Member, Skipped, Skipped]


@pytest.mark.parametrize("cut", [5, 30, 60])
@pytest.mark.parametrize("name", [*PACKERS, "zip", "tar"])
def test_what_is_cut_off_is_said_and_nothing_is_raised(name: str, cut: int) -> None:
    out = io.BytesIO()
    noise = random.Random(3).randbytes(4000)
    if name == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a", noise)
    elif name == "tar":
        with tarfile.open(fileobj=out, mode="w") as tar:
            info = tarfile.TarInfo("a")
            info.size = len(noise)
            tar.addfile(info, io.BytesIO(noise))
    else:
        out.write(PACKERS[name](noise))
    packed = out.getvalue()
    found = list(members(packed[: len(packed) * cut // 100 + 300], Budget()))
    if name != "tar" or cut == 5:  # a tar's end is padding
        assert any(isinstance(one, Skipped) for one in found), found


def test_noise_is_survived() -> None:
    look = Unfolding(search, disguises=Disguises([ANCHOR]))
    disguises = Disguises([ANCHOR, b"password", b"token"])
    heads = [b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\x00", b"%6d%6f", b"\\u006"]
    for seed in range(400):
        generator = random.Random(seed)
        parts = [*heads, ANCHOR.hex().encode(), base64.b64encode(ANCHOR), b"password%3D", b"\\x7"]
        content = b"".join(
            generator.choice(parts) + generator.randbytes(generator.randrange(40))
            for _ in range(generator.randint(1, 9))
        )
        look("a.bin", content)
        list(disguises.undone(content))
