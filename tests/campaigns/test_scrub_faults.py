"""`skc scrub` dies, or the disk is full, or somebody commits meanwhile: old or new, nothing lost.

A real process is killed at a moment, at one of the disk's calls, or by the very `git` that it has
just started; that one may never begin, live on alone, or have done all it was asked. Afterwards
the repository is what it was, or one command brings the scrub to its end. The long campaign is cut
into shards, whose results stand in `.campaign/`: one that was stopped goes on where it was.
"""

import json
import os
import random
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from skillconnect_ops.journal.model import Standing
from tests.campaigns.scrub_dying import Ended, Killer, Order, Wrapper
from tests.campaigns.scrub_shop import (
    NAME,
    Picture,
    Shop,
    commit_map_of,
    judge_new,
    judge_old,
)

LONG = [pytest.mark.long, pytest.mark.timeout(3600)]
SEED = os.environ.get("SKC_SEED", "6100")
MEMORY = "/dev/shm"
SHARDS = 12
MOMENTS = 300
GIT_KILLS = ("before", "orphan", "after")
WAYS = ("resume", "rollback", "again")
_ROOT = Path(__file__).parents[2]
FOLDER = _ROOT / ".campaign" / "scrub"


class Run(Struct, frozen=True, kw_only=True):
    """One thing that goes wrong, and what is typed then."""

    how: str
    """`moment`, `disk` or `git`: what tells when."""
    part: float
    """Where in a calm run: from 0 to 1."""
    what: str = "kill"
    """`before`, `orphan`, `after` of a git; `kill` or `killed` (after it took effect) of a disk;
    `full`."""
    way: str

    @property
    def name(self) -> str:
        return f"{self.how} {self.part:.4f} {self.what} {self.way}"


class Stage:
    """A shop, a wrapper, and who kills."""

    def __init__(self, place: Path, killer: Killer) -> None:
        self.shop = Shop(place, "Kx" + secrets.token_hex(8)).build()
        self.wrapper = Wrapper(place / "bin")
        self.killer = killer
        self.before = self.shop.set_back()
        self.said = str(place / "said")
        self.calm_s, self.calls, self.gits = self._calm()

    def order(self, *argv: str, **more: Any) -> Order:
        shop = self.shop
        variables = {
            **shop.variables,
            "PATH": self.wrapper.path,
            "XDG_STATE_HOME": str(shop.place / "state"),
        }
        return Order(
            argv=argv, folder=str(shop.root), environment=variables, said=self.said, **more
        )

    def skc(self, *argv: str, **more: Any) -> Ended:
        return self.killer.run(self.order(*argv, **more))

    @property
    def scrub(self) -> tuple[str, ...]:
        return (
            *("scrub", "--values-from", str(self.shop.values)),
            *("--plain-bundle", "--not-rotated-yet", "--confirm", NAME),
        )

    def set_back(self) -> Picture:
        self.wrapper.disarm()
        self.before = self.shop.set_back()
        return self.before

    def journals(self) -> dict[str, str]:
        """The standing of each, as `skc journal list` says."""
        ran = self.skc("journal", "list", "--format", "json")
        if ran.code == 4 and not (self.shop.place / "state").exists():
            return {}
        assert ran.code == 0, ran.said
        return {one["id"]: one["standing"] for one in json.loads(ran.out)["facts"]["journals"]}

    def open_journals(self) -> dict[str, str]:
        over = {Standing.SEALED.value, Standing.ROLLED_BACK.value}
        return {name: how for name, how in self.journals().items() if how not in over}

    def judge_new(self) -> None:
        judge_new(self.shop, self.before, commit_map_of(self.shop.place))

    def is_over(self) -> None:
        """No run is open, and no value lies about."""
        assert self.open_journals() == {}, self.open_journals()
        assert [*self.shop.place.glob("state/skc/*/escrow/*/*")] == []

    def number(self, run: Run) -> int:
        """Which call it is."""
        many = self.calls if run.how == "disk" else self.gits
        return 1 + min(int(run.part * many), many - 1)

    def struck(self, run: Run) -> Ended:
        """The scrub, with what goes wrong in it."""
        self.set_back()
        match run.how:
            case "moment":
                return self.skc(*self.scrub, after_s=run.part * self.calm_s)
            case "disk":
                full = run.what.startswith("full")
                return self.skc(
                    *self.scrub,
                    at=self.number(run),
                    after=run.what == "killed",
                    full=full,
                    lasting=run.what == "full for good",
                )
            case _:
                self.wrapper.arm(self.number(run), run.what)
                ended = self.skc(*self.scrub)
                self.wrapper.disarm()
                return ended

    def _calm(self) -> tuple[float, int, int]:
        ended = self.skc(*self.scrub)
        assert ended.code == 0, ended.said
        gits = len(self.wrapper.calls())
        self.judge_new()
        self.is_over()
        self.set_back()
        ended = self.skc(*self.scrub)  # everything is loaded and compiled by now
        return ended.seconds, ended.calls, gits


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with Killer() as running:
        yield running


@pytest.fixture(scope="module")
def stage(killer: Killer) -> Iterator[Stage]:
    # a killed process loses nothing of what the kernel has; so no platter is waited for
    memory = MEMORY if Path(MEMORY).is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory, prefix="scrubbing-") as place:
        yield Stage(Path(place), killer)


def put_right(stage: Stage, run: Run) -> str:
    """After a death: it is old, or one command makes it new; gives which it was."""
    open_now = stage.open_journals()
    moved = stage.shop.refs() != stage.before.refs
    if not moved:
        judge_old(stage.shop, stage.before)
    if not open_now:
        # it never began, or was over already
        if moved:
            stage.judge_new()
            stage.is_over()
            return "new"
        ran = stage.skc(*stage.scrub)
        assert ran.code == 0, ran.said
        stage.judge_new()
        return "old, never begun"
    ((journal, standing),) = open_now.items()
    assert not moved or standing == Standing.FORWARD_ONLY.value, standing
    return _by_way(stage, run, journal, moved=moved)


def _by_way(stage: Stage, run: Run, journal: str, *, moved: bool) -> str:
    way = run.way
    if way == "rollback":
        ran = stage.skc("journal", "rollback", journal, "--yes")
        if ran.code == 0:
            assert not moved
            judge_old(stage.shop, stage.before)
            assert [*stage.shop.place.glob("state/skc/*/scrub/*")] == []
            stage.is_over()
            return "old, rolled back"
        assert ran.code == 3, ran.said
        way = "resume"
    argv = ("journal", "resume", journal, "--yes") if way == "resume" else stage.scrub
    ran = stage.skc(*argv)
    if ran.code == 5 and not moved and way == "resume":
        assert "run it again" in ran.said, ran.said
        judge_old(stage.shop, stage.before)
        stage.is_over()
        return "old, put back"
    assert ran.code == 0, f"{ran.code}: {ran.said[-900:]}"
    stage.judge_new()
    stage.is_over()
    return f"new, by {way}"


def kill_and_put_right(stage: Stage, run: Run) -> str:
    """One run of the campaign."""
    ended = stage.struck(run)
    if not ended.killed:  # it was faster this time
        assert ended.code == 0, f"{ended.code}: {ended.said[-900:]}"
        stage.judge_new()
        return "not killed"
    return put_right(stage, run)


def full_and_put_right(stage: Stage, run: Run) -> str:
    """A full disk is told, and never taken for success."""
    ended = stage.struck(run)
    moved = stage.shop.refs() != stage.before.refs
    if ended.code == 0:
        # what only made room, or told of a look, may fail without harm
        stage.judge_new()
        return "did no harm"
    assert ended.code in {4, 5, 6}, f"{ended.code}: {ended.said[-900:]}"
    if not moved:
        judge_old(stage.shop, stage.before)
    open_now = stage.open_journals()
    if ended.code in {4, 5}:
        assert not moved
        assert open_now == {}, ended.said
        ran = stage.skc(*stage.scrub)
        assert ran.code == 0, ran.said
        stage.judge_new()
        return f"old, {ended.code}"
    ((journal, _),) = open_now.items()
    assert f"skc journal resume {journal}" in ended.said or "rollback" in ended.said, ended.said
    return f"6; {_by_way(stage, run, journal, moved=moved)}"


def all_kills() -> list[Run]:
    """Moments, denser once the plan is shown; and exact places."""
    chance = random.Random(f"scrub {SEED}")
    runs = []
    for number in range(MOMENTS):
        part = chance.uniform(0.0, 1.05) if number % 3 == 0 else chance.uniform(0.25, 1.05)
        runs.append(Run(how="moment", part=part, way=WAYS[number % 3]))
    for number in range(100):
        part = (number + 0.5) / 100
        for what in GIT_KILLS:
            runs.append(Run(how="git", part=part, what=what, way=chance.choice(WAYS)))
    for number in range(150):
        part = (number + 0.5) / 150
        for what in ("kill", "killed"):
            runs.append(Run(how="disk", part=part, what=what, way=chance.choice(WAYS)))
    return runs


def all_full() -> list[Run]:
    """Each git that could meet a full disk, and each call of the disk."""
    chance = random.Random(f"scrub full {SEED}")
    runs = []
    for number in range(100):
        part = (number + 0.5) / 100
        runs.append(Run(how="git", part=part, what="full", way=chance.choice(WAYS)))
    for number in range(150):
        part = (number + 0.5) / 150
        for what in ("full", "full for good"):
            runs.append(Run(how="disk", part=part, what=what, way=chance.choice(WAYS)))
    return runs


def shards(runs: Sequence[Run]) -> list[Any]:
    mixed = list(runs)
    random.Random(SEED).shuffle(mixed)
    return [
        pytest.param(mixed[n::SHARDS], id=f"seed{SEED}-{n + 1}of{SHARDS}", marks=LONG)
        for n in range(SHARDS)
    ]
