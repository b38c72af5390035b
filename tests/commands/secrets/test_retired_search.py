"""`skc secrets ledger check --path`: in every form, in folders and archives, and in linear time."""

import base64
import gzip
import io
import json
import os
import secrets
import tarfile
import threading
import time
import zipfile
from urllib.parse import quote

import pytest

from skillconnect_ops.commands.retired.tokens import candidates, tokens
from skillconnect_ops.history.everywhere import Everywhere
from tests.commands.secrets.conftest import Leaky
from tests.conftest import Ran, Skc


def check(skc: Skc, leaky: Leaky, *paths: str) -> Ran:
    argv = [word for path in paths for word in ("--path", path)]
    return skc("secrets", "ledger", "check", *argv, "--format", "json", cwd=leaky.root)


def retire(skc: Skc, leaky: Leaky, value: str) -> None:
    argv = ("secrets", "ledger", "add", "TOKEN", "--stdin", "--yes")
    assert skc(*argv, cwd=leaky.root, stdin=value).code == 0


def said(ran: Ran) -> dict[tuple[str, int], str]:
    return {
        (one["path"], one["line"]): one["message"].partition("; ")[2]
        for one in ran.json["findings"]
    }


def _tar(name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def test_a_value_is_found_in_every_form_and_the_form_is_said(skc: Skc, leaky: Leaky) -> None:
    value = secrets.token_hex(12) + "?/:" + secrets.token_hex(3)
    raw = value.encode()
    retire(skc, leaky, value)
    coded = base64.b64encode(raw).decode()
    query = f"pw={quote(value, safe='')}&b=1"
    wrapped = base64.encodebytes(b"x" * 90 + b"\nKEY=" + raw + b"\n").decode()
    forms: dict[str, tuple[str | bytes, str]] = {
        "plain.txt": (f"a {value} b", ""),
        "secret.yaml": (f"password: {coded}", "found in base64"),
        "basic.http": (f"/auth/{base64.urlsafe_b64encode(b'me:' + raw).decode()}", "in base64"),
        "mail.eml": (wrapped, "found in base64"),
        "wide.ps1": (base64.b64encode(f"login '{value}'".encode("utf-16-le")).decode(), "UTF-16"),
        "hex.txt": (f"x={raw.hex()};", "found in hex"),
        "url.txt": (f"next={quote(query, safe='')}", "found in URL encoding"),
        "a.json": (json.dumps({"a": json.dumps({"p": f'"{value}"'})}), "escapes"),
        "utf16.txt": (f"a = {value}\n".encode("utf-16-be"), "found in UTF-16 BE"),
        "log.gz": (gzip.compress(b"one\ntwo " + raw), "found in gzip"),
        "deep.tar": (
            _tar("in.gz", gzip.compress(coded.encode())),
            "found in base64 in gzip in tar member in.gz",
        ),
    }
    folder = leaky.root / "deploy"
    folder.mkdir()
    for name, (content, _) in forms.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    ran = check(skc, leaky, "deploy")
    assert ran.code == 13
    assert value not in ran.stdout + ran.stderr
    messages = {path: message for (path, _), message in said(ran).items()}
    for name, (_, form) in forms.items():
        assert form in messages.pop(f"deploy/{name}"), name
    assert messages == {}
    assert ran.json["facts"]["files"] == len(forms)


def test_each_line_is_named_and_each_value_once_a_line(skc: Skc, leaky: Leaky) -> None:
    value = secrets.token_hex(12)
    retire(skc, leaky, value)
    coded = base64.b64encode(value.encode()).decode()
    (leaky.root / "a.txt").write_text(f"{value} {value}\n{coded}\nnothing\nx: {coded}\n{value}\n")
    ran = check(skc, leaky, "a.txt")
    assert said(ran) == {
        ("a.txt", 1): "",
        ("a.txt", 2): "found in base64",
        ("a.txt", 4): "found in base64",
        ("a.txt", 5): "",
    }
    assert len(ran.json["findings"]) == 4


def test_what_stays_closed_is_named(skc: Skc, leaky: Leaky) -> None:
    retire(skc, leaky, secrets.token_hex(12))
    with zipfile.ZipFile(leaky.root / "odd.zip", "w") as archive:
        archive.writestr("a.txt", "a" * 200)
    damaged = bytearray((leaky.root / "odd.zip").read_bytes())
    damaged[40:60] = b"\xff" * 20
    (leaky.root / "odd.zip").write_bytes(damaged)
    ran = check(skc, leaky, "odd.zip")
    assert ran.code == 0
    assert "damaged" in ran.json["unknown"][0]["reason"]
    table = skc("secrets", "ledger", "check", "--path", "odd.zip", cwd=leaky.root)
    assert "nothing that was looked at" in table.stdout


def test_a_pipe_that_is_named_is_read(skc: Skc, leaky: Leaky) -> None:
    value = secrets.token_hex(12)
    retire(skc, leaky, value)
    pipe = leaky.root / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(f"x {value}\n"))
    writer.start()
    assert check(skc, leaky, "pipe").code == 13
    writer.join()


HUGE = {
    "letters": b"a" * 1_000_000,
    "base64": base64.b64encode(os.urandom(750_000)),
    "hex": os.urandom(500_000).hex().encode(),
    "signs": b"=" * 1_000_000,
    "lines of signs": b":=:=:=:=:=:=:=:\n" * 62_500,
    "uris": b"a://" * 250_000,
    "begins": b"-----BEGIN A-----" * 62_500,
    "quotes": b"\"'`" * 325_000,
    "percents": b"%41" * 325_000,
    "slashes": b"\\n" * 500_000,
    "joints": b"a/" * 500_000,
    "nuls": b"a\0" * 500_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_the_time_grows_with_the_text_and_no_faster(name: str) -> None:
    took = []
    for parts in (4, 1):
        data = HUGE[name][: len(HUGE[name]) // parts]
        began = time.process_time()
        for some in candidates(data):
            assert all(len(piece) >= 4 for piece in some)
        assert list(tokens(data, wanted=set())) == []
        assert sum(len(plain.content) for plain in Everywhere().undone(data)) >= 0
        took.append(time.process_time() - began)
    assert took[1] < 12 * took[0] + 1, took  # a square would be 16 times as long
