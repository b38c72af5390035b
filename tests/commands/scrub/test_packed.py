"""Archives that do not begin like one, or lie in others: cleaned, or named."""

import gzip
import io
import json
import tarfile
import zipfile

import pytest

from tests.commands.scrub.hiding import Hiding, odd, word
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)


def in_tar(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("layer.gz")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def program(content: bytes) -> bytes:
    out = io.BytesIO(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", content)
    return out.getvalue()


def test_images_and_programs_are_cleaned_and_proven(skc: Skc, shop: Hiding) -> None:
    value = word()
    line = f"KEY = '{value}'\n".encode()
    shop.commit("image.tar", in_tar(gzip.compress(line)), "an image")
    shop.commit("app.pyz", program(line), "a program")
    shop.commit("app.gz", gzip.compress(in_tar(program(line))), "both")
    facts(scrub(skc, shop.root, [value]))
    masked = b"KEY = '***REMOVED***'\n"
    with tarfile.open(shop.root / "image.tar") as archive:
        layer = archive.extractfile("layer.gz")
        assert layer is not None
        assert gzip.decompress(layer.read()) == masked
    with zipfile.ZipFile(shop.root / "app.pyz") as packed:
        assert packed.read("__main__.py") == masked
    with tarfile.open(fileobj=gzip.open(shop.root / "app.gz")) as archive:
        layer = archive.extractfile("layer.gz")
        assert layer is not None
        with zipfile.ZipFile(layer) as packed:
            assert packed.read("__main__.py") == masked


def test_a_password_in_json_within_json_is_cleaned_and_proven(skc: Skc, shop: Hiding) -> None:
    value = f'P@{word()[:2]}"w0{word()[:2]}!9'
    told = json.dumps({"asked": json.dumps({"password": value})})
    shop.commit("log.json", told, "a log")
    facts(scrub(skc, shop.root, [value]))
    left = json.loads((shop.root / "log.json").read_text())
    assert json.loads(left["asked"]) == {"password": "***REMOVED***"}


@pytest.mark.parametrize("where", ["history", "git folder", "beside it"])
def test_what_stays_packed_in_an_archive_is_not_proven_or_named(
    skc: Skc, shop: Hiding, where: str
) -> None:
    value = odd()
    packed = in_tar(gzip.compress(value.encode())[:-9])
    if where == "history":
        shop.commit("a", packed, "a")
        shop.git("rm", "-q", "a")
        shop.git("commit", "-q", "-m", "b")
    elif where == "git folder":
        (shop.root / ".git" / "lfs").mkdir()
        (shop.root / ".git" / "lfs" / "a").write_bytes(packed)
    else:
        (shop.root / f"a-{value[:14]}").write_bytes(packed)
    file = shop.root.parent / "values"
    file.write_text(value)
    words = ("scrub", "verify", "--values-from", str(file), "--format", "json")
    ran = skc(*words, cwd=shop.root)
    assert ran.code == (0 if where == "beside it" else 14)
    assert "not opened: gzip: cut off" in ran.stdout


def test_an_archive_that_nobody_here_can_open_is_not_proven(skc: Skc, shop: Hiding) -> None:
    shop.commit("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99), "packed")
    file = shop.root.parent / "values"
    file.write_text(odd())
    ran = skc("scrub", "verify", "--values-from", str(file), "--format", "json", cwd=shop.root)
    assert ran.code == 14
    assert "not opened: 7z, which cannot be opened here" in ran.stdout
