"""What lies in memory does not grow with the database."""

import os
import subprocess
import sys
from typing import Any

import pytest
from bson import Binary

from skillconnect_ops.adapters.embedded import Mongod
from tests.commands.backup.shop import Shop, make_project, with_database

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
MOST_KB = 200_000


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


@pytest.fixture(params=[giants, dwarfs, mixed], ids=["giants", "dwarfs", "mixed"])
def filled(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    request.param(shop.db)
    return shop


@pytest.mark.long
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "encrypted"])
def test_a_backup_takes_less_than_200_mb(
    filled: Shop, one_node: Mongod, clean_environment: dict[str, str], sealed: bool
) -> None:
    uri = with_database(one_node.uri, filled.name)
    more = f", recipients: [{RECIPIENT}]" if sealed else ""
    make_project(filled.root, filled.location, uri, more=more)
    for words in (("backup",), ("backup", "verify", "latest", "--hashes")):
        assert peak_kb(filled, clean_environment, *words) < MOST_KB, words
    if not sealed:
        assert peak_kb(filled, clean_environment, "backup", "verify", "latest") < MOST_KB


def peak_kb(shop: Shop, environment: dict[str, str], *words: str) -> int:
    """The largest resident set of one command."""
    child = subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", *words],
        cwd=shop.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss
