"""`skc scrub` on filesystems that get full: the repository's, the bundle's, the state's, `/tmp`.

They are real ones of a few megabytes, filled right before one of the gits that a scrub starts, or
before it begins, up to a rest. It is told, with what to do; old or new, whatever was reached; and
once there is room again, what was typed goes through, and an undo gives everything back.
"""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.journal.model import Standing
from tests.campaigns.scrub_dying import Ended
from tests.campaigns.scrub_shop import judge_struck, judge_undone
from tests.campaigns.scrub_stage import Run, Stage, by_way
from tests.campaigns.test_scrub_faults import INDEX, LONG, PACKING, SEED
from tests.tiny import mounted

PLACES = ("now", "bundle", "state", "tmp")
"""The repository's; that of `--bundle`; the private state's; that of unnamed files."""
SIZE = "6m"
PARTS = 40
"""Of all gits of a calm run; before each the disk gets full once, in the long campaign."""
RESTS = (0, 12, 40)
"""Kibibytes that are left."""
STEPS = {
    "save": "bundle create",
    "rewrite": "index-pack",
    "move": "update-ref",
    "renew": INDEX,
    "drop": PACKING,
    "look": "fsck",
}
FEW = (
    ("now", "rewrite"),
    ("now", "move"),
    ("now", "drop"),
    ("bundle", "save"),
    ("bundle", "renew"),
    ("state", "move"),
    ("state", "drop"),
    ("tmp", "rewrite"),
)


@contextmanager
def small(stage: Stage, place: str) -> Iterator[Path]:
    """One of the four is a filesystem of its own, and the repository is as it was."""
    folder = stage.shop.place / place
    try:
        with mounted(folder, size=SIZE):
            stage.set_back()
            yield folder
            stage.wrapper.disarm()
    finally:
        if place in {"bundle", "tmp"}:
            folder.rmdir()


def filling(folder: Path, rest_kib: int) -> str:
    """Commands that leave so much."""
    filler = folder / "filler"
    return f"cat /dev/zero > {filler} 2> /dev/null\ntruncate -s -{rest_kib}K {filler}\n"


def full_and_put_right(stage: Stage, folder: Path, ended: Ended, way: str) -> str:
    """What a run on a full disk may end as, and how it goes on."""
    there = judge_struck(stage.shop, stage.before)
    (folder / "filler").unlink(missing_ok=True)
    if ended.code in {0, 14}:
        # what only makes room, or tells of a look, may fail; the history is rewritten
        assert ended.code == 0 or "not proven" in ended.out
        stage.judge_new()
        told = f"new, {ended.code}"
    else:
        assert ended.code in {4, 5, 6}, f"{ended.code}: {ended.said[-1500:]}"
        for word in ("error:", "why:", "fix:"):
            assert f"\n{word}" in f"\n{ended.said}", ended.said[-900:]
        assert "Error" not in ended.said, ended.said
        told = _put_right(stage, ended, there, way)
    ran = stage.skc("scrub", "undo", "--yes", *_bundle(stage))
    assert ran.code == 0, f"{ran.code}: {ran.said[-900:]}"
    judge_undone(stage.shop, stage.before)
    return told


def _bundle(stage: Stage) -> tuple[str, ...]:
    place = stage.shop.place / "bundle"
    return ("--bundle", str(place / "it")) if place.exists() else ()


def _put_right(stage: Stage, ended: Ended, there: str, way: str) -> str:
    open_now = stage.open_journals()
    if ended.code in {4, 5}:
        assert there == "old"
        if way == "resume" and open_now:  # it had no room to say that it is over
            ((journal, _),) = open_now.items()
            stage.skc("journal", "rollback", journal, "--yes")
        ran = stage.skc(*stage.scrub)
        assert ran.code == 0, f"{ran.code}: {ran.said[-900:]}"
        stage.judge_new()
        stage.is_over()
        return f"old, {ended.code}"
    ((journal, standing),) = open_now.items()
    assert journal in ended.said
    assert standing in {Standing.FORWARD_ONLY.value, Standing.INTERRUPTED.value} or there == "old"
    put = by_way(stage, Run(how="git", part=0, what="full", way=way), journal, standing=standing)
    if put.startswith("old"):
        ran = stage.skc(*stage.scrub)
        assert ran.code == 0, f"{ran.code}: {ran.said[-900:]}"
        stage.judge_new()
    return f"{there}, 6; {put}"


def cases() -> list[Any]:
    """Each place, full in each step."""
    return [
        pytest.param(place, step, id=f"{place} {step}", marks=() if (place, step) in FEW else LONG)
        for place in PLACES
        for step in STEPS
    ]


@pytest.mark.parametrize(("place", "step"), cases())
def test_a_disk_that_gets_full_in_a_step(stage: Stage, place: str, step: str) -> None:
    with small(stage, place) as folder:
        number = stage.nth(STEPS[step])
        stage.wrapper.arm(number, "do", filling(folder, 0))
        ended = stage.skc(*stage.scrub)
        assert stage.wrapper.did() == ""
        stage.wrapper.disarm()
        full_and_put_right(stage, folder, ended, "resume")


@pytest.mark.parametrize(
    ("place", "rest_kib"),
    [pytest.param(place, rest, marks=LONG) for place in PLACES for rest in RESTS],
)
def test_a_disk_that_gets_full_anywhere(stage: Stage, place: str, rest_kib: int) -> None:
    chance = random.Random(f"{SEED} {place} {rest_kib}")
    troubles = []
    for part in range(PARTS):
        number = 1 + part * (stage.gits - 1) // (PARTS - 1)
        with small(stage, place) as folder:
            stage.wrapper.arm(number, "do", filling(folder, rest_kib))
            ended = stage.skc(*stage.scrub)
            stage.wrapper.disarm()
            way = chance.choice(("resume", "again", "rollback"))
            try:
                told = f"{ended.code}; {full_and_put_right(stage, folder, ended, way)}"
            except (AssertionError, ValueError, KeyError) as error:
                told = f"FAULT {str(error)[-900:]}"
                troubles.append((number, way, told))
            print(f"{place}, git {number} rest {rest_kib} KiB {way}: {told}")  # noqa: T201
    assert troubles == []


def sizes(most_kib: int, step_kib: int) -> Sequence[int]:
    return range(0, most_kib, step_kib)


@pytest.mark.parametrize("place", [pytest.param(one, marks=LONG) for one in PLACES])
def test_every_size_that_is_too_small(stage: Stage, place: str) -> None:
    """Four kibibytes more each time, until it is enough three times in a row."""
    enough, troubles = 0, []
    for rest_kib in sizes(4096, 4):
        with small(stage, place) as folder:
            os.system(filling(folder, rest_kib))
            ended = stage.skc(*stage.scrub)
            enough = enough + 1 if ended.code == 0 else 0
            try:
                told = full_and_put_right(stage, folder, ended, "resume")
            except (AssertionError, ValueError, KeyError) as error:
                told = f"FAULT {str(error)[-900:]}"
                troubles.append((rest_kib, told))
            print(f"{place} {rest_kib} KiB: {told}")  # noqa: T201
        if enough == 3:
            break
    assert troubles == []
    assert enough == 3


def test_an_undo_that_meets_a_full_disk_can_be_finished(stage: Stage) -> None:
    for place in ("now", "state"):
        with small(stage, place) as folder:
            assert stage.skc(*stage.scrub).code == 0
            os.system(filling(folder, 0))
            ended = stage.skc("scrub", "undo", "--yes")
            assert ended.code in {4, 5, 6}, f"{ended.code}: {ended.said}"
            assert stage.shop.fsck() == ""
            (folder / "filler").unlink()
            ended = stage.skc("scrub", "undo", "--yes")
            assert ended.code == 0, f"{ended.code}: {ended.said[-900:]}"
            judge_undone(stage.shop, stage.before)
            stage.is_over()
