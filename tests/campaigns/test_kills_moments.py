"""`kill -9` at random moments of a backup and of a `restore --replace`.

Each shard has a seed of its own, which stands in its name; `SKC_SEED` moves them all. What happens
at a moment also depends on the machine, so that a seed repeats the moments and not the events.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.journal.errors import PastTheTurn
from skillconnect_ops.terminal.person import Silent
from tests.campaigns.dying import Killer, Order
from tests.commands.backup import kinds
from tests.commands.backup.shop import Shop
from tests.commands.backup.test_restore_undo import Scene, again, make_scene, office
from tests.conftest import Ran

LONG = pytest.mark.long
BASE = int(os.environ.get("SKC_SEED", "7000"))
KILLS = 20
SHARDS = 10
ROWS = 3_000
"""More than a small collection has, so that index builds are hit, too."""


def shards() -> list[Any]:
    """A few kills always, 200 in the long campaign."""
    few = pytest.param(BASE, 2, id=f"seed{BASE}-few")
    many = [
        pytest.param(BASE + n, KILLS, id=f"seed{BASE + n}", marks=LONG)
        for n in range(1, SHARDS + 1)
    ]
    return [few, *many]


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with Killer() as running:
        yield running


def undisturbed_s(killer: Killer, order: Order) -> float:
    """How long one run takes."""
    ended = killer.run(order)
    assert ended.code == 0
    return ended.seconds


def assert_repository_is_sound(shop: Shop, *, finished: bool) -> None:
    """Every backup that is listed verifies; after a finished run there is nothing else."""
    listed: Ran = shop.run("backup", "list")
    assert listed.code == 0, listed.stderr
    facts = listed.json["facts"]
    assert not [one for one in facts["leftovers"] if one["damaged"]]
    newest = facts["backups"][0]["id"]
    assert shop.run("backup", "verify", newest).code == 0
    if finished:
        assert not facts["leftovers"]
        folders = {path.name for path in shop.location.iterdir() if path.is_dir()}
        assert folders == {one["id"] for one in facts["backups"]}


def thin_out(shop: Shop, keep: str) -> None:
    """Remove all but one backup, so that a campaign fills no disk."""
    for path in sorted(shop.location.iterdir()):
        if path.is_dir() and path.name != keep:
            for file in sorted(path.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            path.rmdir()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("seed", "kills"), shards())
def test_a_backup_that_is_killed_leaves_a_usable_repository(
    shop: Shop, killer: Killer, clean_environment: dict[str, str], seed: int, kills: int
) -> None:
    chance = random.Random(seed)
    for number in range(6):
        shop.db[f"c{number}"].insert_many(
            [{"n": n, "noise": chance.randbytes(2_000)} for n in range(1_500)]
        )
    first = shop.backup()
    order = Order(argv=("backup",), folder=str(shop.root), environment=clean_environment)
    whole_s = undisturbed_s(killer, order)
    killed = 0
    while killed < kills:
        moment = chance.uniform(0.0, whole_s)
        ended = killer.run(replace(order, after_s=moment))
        if not ended.killed:
            whole_s = ended.seconds  # the machine is faster now than it was
            continue
        killed += 1
        where = f"kill {killed} of seed {seed}, after {moment:.3f} s of {whole_s:.3f} s"
        assert_repository_is_sound(shop, finished=False)
        assert shop.run("backup", "verify", first["id"], "--hashes").code == 0, where
        assert killer.run(order).code == 0, where
        assert_repository_is_sound(shop, finished=True)
        with office(shop) as opened:
            assert all(journal.standing.over for journal in opened.journals()), where
        thin_out(shop, first["id"])


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("seed", "kills"), shards())
def test_a_replacing_restore_that_is_killed_loses_nothing(
    shop: Shop, killer: Killer, clean_environment: dict[str, str], seed: int, kills: int
) -> None:
    chance = random.Random(seed)
    scene = make_scene(shop, rows=ROWS)
    argv = ("restore", scene.backup, "--replace", "--confirm", shop.name)
    order = Order(argv=argv, folder=str(shop.root), environment=clean_environment)
    whole_s = undisturbed_s(killer, order)
    killed = 0
    while killed < kills:
        if scene.now() != scene.before:
            scene = again(shop, scene, rows=ROWS)
        moment = chance.uniform(0.0, whole_s)
        ended = killer.run(replace(order, after_s=moment))
        if not ended.killed:
            whole_s = ended.seconds  # the machine is faster now than it was
            continue
        killed += 1
        while chance.random() < 0.3:
            killer.run(replace(order, after_s=chance.uniform(0.0, whole_s)))
        way = chance.choice(["run", "rollback", "resume"])
        where = f"kill {killed} of seed {seed}, after {moment:.3f} s of {whole_s:.3f} s, {way}"
        assert_put_right(scene, killer, order, way, where)
        assert_repository_is_sound(shop, finished=False)
        if killed % 10 == 0:
            thin_out(shop, scene.backup)
    assert shop.run("backup").code == 0
    assert not list((Path(clean_environment["XDG_STATE_HOME"])).rglob("escrow/*"))


def assert_put_right(scene: Scene, killer: Killer, order: Order, way: str, where: str) -> None:
    """One command, and the world is the old one or the new one."""
    with office(scene.shop) as opened:
        dead = [journal for journal in opened.journals() if not journal.standing.over]
        if way == "run":
            assert killer.run(order).code == 0, where
            assert scene.now() == scene.after, where
        for journal in dead if way != "run" else []:
            if way == "resume":
                opened.resume(journal.id, Silent())
                continue
            try:
                opened.rollback(journal.id, Silent())
            except PastTheTurn:
                opened.resume(journal.id, Silent())
        now = scene.now()
        assert now in (scene.before, scene.after), f"{where}: {sorted(now)}"
        if now == scene.before:
            assert kinds.uuids(scene.shop.db) == scene.uuids, where
        assert all(journal.standing.over for journal in opened.journals()), where
