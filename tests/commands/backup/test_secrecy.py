"""The password is nowhere but in the `.env`: not in argv, output, manifest, journal or log."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.commands.backup.dump import Dumper
from tests.commands.backup.shop import Shop, make_project
from tests.servers import make_user

CANARY = f"cAnArY{secrets.token_hex(8)}"


@pytest.fixture
def watched(shop: Shop, one_node: Mongod) -> Shop:
    for _ in range(15):
        shop.db["c"].insert_many({"noise": os.urandom(5000)} for _ in range(200))
    uri = make_user(one_node, shop.name, ["readWrite", "dbAdmin"], password=CANARY)
    make_project(shop.root, shop.location, uri.reveal())
    return shop


def arguments_and_environments() -> bytes:
    """Of every process that is not ours."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) == os.getpid():
            continue
        for name in ("cmdline", "environ"):
            try:
                found.append((folder / name).read_bytes())
            except OSError:
                continue
    return b"\0".join(found)


def test_the_password_shows_nowhere_while_it_runs_and_afterwards(
    watched: Shop, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    said: list[str] = []
    seen = 0
    for words in (
        ("backup",),
        ("backup", "verify", "latest", "--drill"),
        ("backup", "verify", "latest", "--scratch", f"{watched.name}_scratch"),
        ("backup", "export", "latest", "--to", "../out"),
        ("backup", "prune", "--yes"),
        ("backup", "--db", "nonsense"),
        ("backup", "show", "latest", "--format", "json"),
    ):
        child = subprocess.Popen(
            [sys.executable, "-m", "skillconnect_ops", *words],
            cwd=watched.root,
            env=clean_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while child.poll() is None:
            assert CANARY.encode() not in arguments_and_environments()
            seen += 1
            time.sleep(0.02)
        said.append(child.communicate()[0])
    assert seen > 20
    assert CANARY not in "".join(said)
    assert len(said[0]) > 100
    env_file = watched.root / ".env"
    places = [path for path in tmp_path.rglob("*") if path.is_file() and path != env_file]
    assert len(places) > 15
    assert [path for path in places if CANARY.encode() in path.read_bytes()] == []
    assert CANARY in env_file.read_text()


def test_a_crash_in_the_middle_does_not_put_it_into_the_log(
    watched: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crash(*_: object, **__: Any) -> None:
        raise RuntimeError(f"a library that quotes mongodb://u:{CANARY}@host")

    monkeypatch.setattr(Dumper, "run", crash)
    ran = watched.run("backup")
    assert ran.code in {1, 5}
    assert CANARY not in ran.stdout + ran.stderr
    for path in (tmp_path / "state").rglob("*"):
        if path.is_file() and "journal" in path.parts:
            assert CANARY.encode() not in path.read_bytes(), path
