"""Wherever a run dies or fails, it is put back to the letter, or the next one ends it."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.core.ports.database import CommandFailed
from tests.commands.indexes import struck
from tests.commands.indexes.store import OWN, Store, watched
from tests.faults import Fuse, raising

DECLARED = """\
c:
  - keys: {fresh: 1}
  - keys: {at: 1}
    expireAfterSeconds: 200000000
  - keys: {first_ttl: 1}
    expireAfterSeconds: 200000000
  - keys: {becomes: 1}
    unique: true
  - keys: {rebuilt: 1}
    sparse: true
    unique: true
  - keys: {beside: 1}
    name: new name
    collation: {locale: sv}
new:
  - keys: {a: 1}
"""
WORDS = ("indexes", "--yes", "--prune-used")
LEAST = 30
"""A whole run makes more calls than that."""
KEYS = [((name, 1),) for name in ("at", "first_ttl", "becomes", "rebuilt", "beside")]


def prepare(store: Store) -> dict[str, Any]:
    names = ("fresh", "at", "first_ttl", "becomes", "rebuilt", "beside", "extra")
    store.db.c.insert_many(dict.fromkeys(names, n) for n in range(100))
    store.db.c.create_index("at", expireAfterSeconds=10**8)
    store.db.c.create_index("first_ttl")
    store.db.c.create_index("becomes")
    store.db.c.create_index("rebuilt", unique=True)
    store.db.c.create_index("beside", collation={"locale": "de"})
    store.db.c.create_index("extra")
    store.declare(DECLARED)
    return store.indexes()


def is_done(store: Store) -> None:
    assert store.run("indexes", "check").code == 0
    assert {name for name in store.indexes()["c"] if name.startswith("skc_")} == set()
    assert store.db[OWN].count_documents({"_id": "lock"}) == 0
    assert store.indexes()["c"]["extra_1"]["hidden"] is True


def dies(store: Store, at: int, when: str) -> bool:
    """Whether the run came so far; the lock's beat makes its calls now more, now fewer."""
    before = prepare(store)
    environment = {
        **os.environ,
        "HOME": str(store.root.parent / "home"),
        "XDG_STATE_HOME": str(store.root.parent / "state"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with watched(store, "c", KEYS) as wrong:
        done = subprocess.run(
            [sys.executable, str(Path(struck.__file__)), str(at), when, *WORDS],
            cwd=store.root,
            env=environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
        if done.returncode == 0:
            return False
        assert done.returncode == -9, done.stderr
        ran = store.run(*WORDS)
    assert ran.code == 0, ran.stdout + ran.stderr
    assert wrong == []
    is_done(store)
    undone = store.run("indexes", "undo", "--yes")
    assert undone.code == 0, undone.stdout + undone.stderr
    assert store.indexes() == before
    return True


def fails(store: Store, at: int, *, after: bool) -> bool:
    """Whether the run came so far."""
    before = prepare(store)
    error = CommandFailed("it fails", why="as it was told", fix="none")
    fuse = Fuse(at=at, act=raising(error), after=after)
    with struck.through(fuse), watched(store, "c", KEYS) as wrong:
        ran = store.run(*WORDS)
    assert wrong == []
    if not fuse.burned:
        return False
    assert ran.code in {0, 4, 5, 6}, ran.stdout + ran.stderr
    if ran.code in {4, 5}:
        assert store.indexes() == before
        assert store.db[OWN].count_documents({}) == 0
    again = store.run(*WORDS)
    assert again.code == 0, again.stdout + again.stderr
    is_done(store)
    return True


@pytest.mark.parametrize(("at", "when"), [(9, "before"), (24, "after")])
def test_a_run_that_is_killed_is_brought_to_its_end_by_the_next(
    store: Store, at: int, when: str
) -> None:
    assert dies(store, at, when)


@pytest.mark.parametrize(("at", "after"), [(1, True), (12, False), (26, False)])
def test_a_run_that_fails_is_put_back_or_can_go_on(store: Store, at: int, *, after: bool) -> None:
    assert fails(store, at, after=after)


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_it_is_killed(store: Store, when: str) -> None:
    for at in itertools.count(1):
        store.client.drop_database(store.name)
        if not dies(store, at, when):
            break
    assert at > LEAST


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_fails(store: Store, *, after: bool) -> None:
    for at in itertools.count(1):
        store.client.drop_database(store.name)
        if not fails(store, at, after=after):
            break
    assert at > LEAST
