"""`skc restore --replace` is killed at calls of the database port, and again on the way back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.campaigns.dying import Killer, Order
from tests.commands.backup import kinds
from tests.commands.backup.shop import Shop
from tests.commands.backup.test_restore_undo import Scene, again, make_scene, office, put_right

LONG = pytest.mark.long


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with Killer() as running:
        yield running


def restoring(scene: Scene, clean: dict[str, str]) -> Order:
    """The command line of the restore, as a child runs it."""
    argv = ("restore", scene.backup, "--replace", "--confirm", scene.shop.name)
    return Order(argv=argv, folder=str(scene.shop.root), environment=clean)


def deaths(
    killer: Killer, scene: Scene, order: Order, *, first: int, every: int, after: bool
) -> Iterator[Scene]:
    """Scenes whose restore was killed at its n-th call, until one comes to its end."""
    at = first
    while True:
        ended = killer.run(replace(order, at=at, after=after))
        if not ended.killed:
            assert ended.code == 0
            assert scene.now() == scene.after
            return
        yield scene
        if scene.now() != scene.before:
            scene = again(scene.shop, scene)
        at += every


def assert_nothing_is_left(scene: Scene) -> None:
    """No collection, no open journal, no escrow; every backup as it was written."""
    names = scene.shop.db.list_collection_names()
    assert not [name for name in names if name.startswith("__skc")]
    with office(scene.shop) as opened:
        assert all(journal.standing.over for journal in opened.journals())
    assert not list((scene.shop.root.parent / "state").rglob("escrow/*"))
    ran = scene.shop.run("backup", "verify", scene.backup)
    assert ran.code == 0, ran.stderr


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("way", "after", "every"),
    [
        ("run", False, 109),
        ("rollback", True, 127),
        ("resume", False, 113),
        *(
            pytest.param(way, after, 3, marks=LONG)
            for way in ("run", "rollback", "resume")
            for after in (False, True)
        ),
    ],
)
def test_a_restore_that_is_killed_at_a_call_is_put_right(
    shop: Shop,
    killer: Killer,
    clean_environment: dict[str, str],
    way: str,
    after: bool,
    every: int,
) -> None:
    scene = make_scene(shop)
    order = restoring(scene, clean_environment)
    for dead in deaths(killer, scene, order, first=7 + every // 2, every=every, after=after):
        put_right(dead, way)
        assert dead.now() in (dead.before, dead.after)
        assert_nothing_is_left(dead)


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("way", "every", "then_every"),
    [
        ("rollback", 131, 23),
        ("resume", 113, 29),
        *(pytest.param(way, 19, 5, marks=LONG) for way in ("rollback", "resume", "run")),
    ],
)
def test_a_process_that_is_killed_while_it_puts_back_is_put_right(
    shop: Shop,
    killer: Killer,
    clean_environment: dict[str, str],
    way: str,
    every: int,
    then_every: int,
) -> None:
    """The second process is the next run, killed within the recovery of the first."""
    scene = make_scene(shop)
    order = restoring(scene, clean_environment)
    first, second = 40, 17
    while killer.run(replace(order, at=first)).killed:
        assert killer.run(replace(order, at=second, after=bool(second % 2))).killed
        put_right(scene, way)
        assert scene.now() in (scene.before, scene.after)
        assert_nothing_is_left(scene)
        scene = scene if scene.now() == scene.before else again(shop, scene)
        first, second = first + every, 5 + (second + then_every) % 60


@pytest.mark.parametrize("placed", [False, True])
def test_collections_of_a_dead_run_are_no_reason_to_refuse(
    shop: Shop, killer: Killer, clean_environment: dict[str, str], placed: bool
) -> None:
    """Killed in a database that was empty: leftovers are there, and perhaps what got its place."""
    kinds.make_wanted(shop.db)
    wanted: Any = kinds.picture(shop.db)
    backup = shop.backup()["id"]
    copy = f"{shop.name}_copy"
    order = Order(
        argv=("restore", backup, "--into", copy, "--yes"),
        folder=str(Path(shop.root)),
        environment=clean_environment,
        at=10,
    )
    found: list[str] = []
    while placed == all(name.startswith("__skc_") for name in found) or not found:
        order = replace(order, at=order.at + 5)
        assert killer.run(order).killed
        found = shop.client[copy].list_collection_names()
    ran = shop.run("restore", backup, "--into", copy, "--yes")
    assert ran.code == 0, ran.stderr
    assert kinds.picture(shop.client[copy]) == wanted
