"""Where a scrub is struck: a shop, a process that forks, a `git` that counts; and every way on."""

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from skillconnect_ops.journal.model import Standing
from tests.campaigns.scrub_dying import Ended, Killer, Order, Wrapper
from tests.campaigns.scrub_shop import (
    NAME,
    Picture,
    Shop,
    commit_map_of,
    empty,
    judge_new,
    judge_old,
)

MEMORY = "/dev/shm"


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
        return f"{self.how} {self.part:.6f} {self.what} {self.way}".rstrip()


class Stage:
    """A shop, a wrapper, and who kills."""

    def __init__(self, place: Path, killer: Killer) -> None:
        self.shop = Shop(place, "Kx" + secrets.token_hex(8)).build()
        self.wrapper = Wrapper(place / "bin")
        self.killer = killer
        self.alone = True
        """Whether to wait for every git that was started."""
        self.before = self.shop.set_back()
        self.said = str(place / "said")
        self.words: list[str] = []
        """Of each git of a calm run."""
        self.calm_s, self.calls, self.gits = self._calm()

    def order(self, *argv: str, **more: Any) -> Order:
        shop = self.shop
        variables = {
            **shop.variables,
            "PATH": self.wrapper.path,
            "XDG_STATE_HOME": str(shop.place / "state"),
            **({"TMPDIR": str(shop.place / "tmp")} if (shop.place / "tmp").exists() else {}),
        }
        more.setdefault("alone", self.alone)
        return Order(
            argv=argv, folder=str(shop.root), environment=variables, said=self.said, **more
        )

    def skc(self, *argv: str, **more: Any) -> Ended:
        return self.killer.run(self.order(*argv, **more))

    @property
    def scrub(self) -> tuple[str, ...]:
        place = self.shop.place / "bundle"
        return (
            *("scrub", "--values-from", str(self.shop.values)),
            *("--plain-bundle", "--not-rotated-yet", "--confirm", NAME),
            *(("--bundle", str(place / "it")) if place.exists() else ()),
        )

    def set_back(self) -> Picture:
        self.wrapper.disarm()
        self.before = self.shop.set_back()
        return self.before

    def journals(self) -> dict[str, str]:
        """The standing of each, as `skc journal list` says."""
        ran = self.skc("journal", "list", "--format", "json")
        if ran.code == 4 and not [*self.shop.place.glob("state/skc/*/journal/*")]:
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

    def nth(self, word: str) -> int:
        """Which git of a calm run is that one, or one of a moment that has a name of its own."""
        if word == "--second-look":  # two more follow it in the first step
            before = self.words[: self.nth("bundle create")]
            return [at for at, said in enumerate(before, 1) if "for-each-ref" in said][-3]
        if word == "--drop":
            before = self.words[: self.nth("pack-objects")]
            return max(at for at, said in enumerate(before, 1) if "--all --reflog" in said)
        return next(at for at, said in enumerate(self.words, 1) if word in said)

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
        assert ended.code == 0, f"{ended.code}: {ended.said}{ended.out}"
        self.words = self.wrapper.calls()
        gits = len(self.words)
        self.judge_new()
        self.is_over()
        self.set_back()
        ended = self.skc(*self.scrub)  # everything is loaded and compiled by now
        return ended.seconds, ended.calls, gits

    def keep(self) -> None:
        """What there is now, to come back to it."""
        self._copy(self.shop.place, self.shop.place / "kept")

    def come_back(self) -> None:
        """To what was kept."""
        self._copy(self.shop.place / "kept", self.shop.place)

    def _copy(self, source: Path, target: Path) -> None:
        for name in ("now", "state"):
            empty(target / name)
            if (source / name).exists():
                shutil.copytree(source / name, target / name, symlinks=True, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    # a killed process loses nothing of what the kernel has; so no platter is waited for
    memory = MEMORY if Path(MEMORY).is_dir() else None
    with (
        Killer() as killer,
        tempfile.TemporaryDirectory(dir=memory, prefix="scrubbing-") as place,
    ):
        yield Stage(Path(place), killer)


def lock_files(stage: Stage) -> list[Path]:
    return sorted((stage.shop.root / ".git").rglob("*.lock"))


def take_locks_away(stage: Stage) -> None:
    """What the message says, typed."""
    said = stage.skc(*stage.scrub).said.splitlines()
    (fix,) = [line.removeprefix("fix:").strip() for line in said if line.startswith("fix:")]
    subprocess.run(["sh", "-ec", fix], check=True)
    assert lock_files(stage) == []


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
    assert moved or standing == Standing.INTERRUPTED.value, standing
    return by_way(stage, run, journal, standing=standing)


def by_way(stage: Stage, run: Run, journal: str, *, standing: str) -> str:
    way = run.way
    if way == "rollback":
        ran = stage.skc("journal", "rollback", journal, "--yes")
        assert ran.code == (3 if standing == Standing.FORWARD_ONLY.value else 0), ran.said
        if ran.code == 0:
            judge_old(stage.shop, stage.before)
            assert [*stage.shop.place.glob("state/skc/*/scrub/*")] == []
            stage.is_over()
            return "old, rolled back"
        way = "resume"
    argv = ("journal", "resume", journal, "--yes") if way == "resume" else stage.scrub
    ran = stage.skc(*argv)
    if ran.code == 5 and way == "resume":
        assert "run it again" in ran.said, ran.said
        judge_old(stage.shop, stage.before)
        stage.is_over()
        return "old, put back"
    assert ran.code == 0, f"{ran.code}: {ran.said[-900:]}"
    stage.judge_new()
    stage.is_over()
    return f"new, by {way}"
