"""What lies in memory does not grow with the database."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyrage
import pytest
from bson import Binary
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from tests.commands.backup.shop import Shop, make_project, with_database
from tests.conftest import Skc

MOST_KB = 200_000
MOST_OF_DRILL_KB = 400_000
"""Several insert workers have a message of 16 MB under way each."""


def giants(db: Any) -> None:
    """Three collections of documents of 15 MB that do not compress."""
    for number in range(3):
        for _ in range(16):
            db[f"giant{number}"].insert_one({"blob": Binary(os.urandom(15_000_000))})


def dwarfs(db: Any) -> None:
    for start in range(0, 2_000_000, 50_000):
        db["dwarfs"].insert_many(({"_id": n} for n in range(start, start + 50_000)), ordered=False)


def mixed(db: Any) -> None:
    """Small ones first, so that the batches are meant for many, then large ones."""
    db["mixed"].insert_many({"n": n} for n in range(200_000))
    for _ in range(20):
        db["mixed"].insert_one({"blob": Binary(os.urandom(14_000_000))})


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """The servers of the other tests have no cache for such documents."""
    with run_mongod(tmp_path_factory.mktemp("roomy"), MongodOptions(cache_gb=1)) as servers:
        yield servers


@pytest.fixture(params=[giants, dwarfs, mixed], ids=["giants", "dwarfs", "mixed"])
def filled(
    request: pytest.FixtureRequest, roomy: Mongod, tmp_path: Path, skc: Skc
) -> Iterator[Shop]:
    with MongoClient[Any](roomy.uri.reveal()) as client:
        request.param(client["t_memory"])
        shop = Shop(tmp_path / "shop", tmp_path / "backups", "t_memory", client, skc, {})
        make_project(shop.root, shop.location, with_database(roomy.uri, shop.name))
        yield shop
        client.drop_database(shop.name)


@pytest.mark.long
def test_every_command_takes_less_than_200_mb(
    filled: Shop, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    key = tmp_path / "key.txt"
    identity = pyrage.x25519.Identity.generate()
    key.write_text(str(identity))
    peaks: dict[str, int] = {}

    def run(*words: str) -> None:
        peaks[" ".join(words)] = peak_kb(filled, clean_environment, *words)

    for words in (("",), ("verify", "latest"), ("verify", "latest", "--drill")):
        run("backup", *filter(None, words))
    run("backup", "export", "latest", "--to", "../out")
    text = (filled.root / "skc.yaml").read_text().rstrip().removesuffix("}")
    (filled.root / "skc.yaml").write_text(f"{text}, recipients: [{identity.to_public()}]}}\n")
    run("backup", "--level", "1")
    run("backup", "verify", "latest", "--identity", str(key))
    sys.stdout.write(f"{peaks}\n")
    assert peaks.pop("backup verify latest --drill") < MOST_OF_DRILL_KB
    assert {name: peak for name, peak in peaks.items() if peak >= MOST_KB} == {}, peaks


def peak_kb(shop: Shop, environment: dict[str, str], *words: str) -> int:
    """The largest resident set of one command, without its children's (proc(5), VmHWM)."""
    with (shop.root / "said").open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "skillconnect_ops", *words],
            cwd=shop.root,
            env=environment,
            stdout=said,
            stderr=said,
        )
        peak = 0
        while child.poll() is None:
            with suppress(OSError):
                status = Path(f"/proc/{child.pid}/status").read_text()
                found = re.search(r"VmHWM:\s+(\d+) kB", status)
                peak = max(peak, int(found[1]) if found else 0)
            time.sleep(0.005)
    assert child.returncode == 0, (shop.root / "said").read_text()
    return peak
