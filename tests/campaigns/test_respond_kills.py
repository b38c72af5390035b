"""The drill of six leaked secrets, killed on the way and resumed: no line of its log is lost.

Whoever resumes knows nothing but the screen: what `skc respond` names next is typed next. Killed is
the process itself (SIGKILL), before or after it writes its n-th line to the ledger, those of the
commands that it runs among them, or after some time. In the end the world is asked.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from skillconnect_ops.adapters.system import ProcessEnvironment, SystemClock
from skillconnect_ops.app import _Door
from skillconnect_ops.commands.respond.drill_checks import asked
from skillconnect_ops.commands.respond.drill_stage import DATABASE, NAME, STRANGER, Staged, staged
from skillconnect_ops.terminal.person import Silent
from tests.commands.respond.conftest import DIES
from tests.conftest import environment_in

ROOT = Path(__file__).parents[2]
ANSWERS: dict[str, tuple[str, ...]] = {
    "strangers": ("--choose", "disarm"),
    "disarm": ("--only", f"{STRANGER}@{DATABASE}", "--yes"),
    "rotate": ("--yes",),
    "restarted": ("--choose", "by-hand"),
    "end-restarted": ("--yes",),
    "breach": ("--choose", "likely"),
    "untrack": ("--yes",),
    "scrub": ("--confirm", NAME),
    "tell-affected": ("--evidence", "a drill"),
    "learn": ("--evidence", "a drill"),
}
MOST = 120
"""Command lines; whoever needs more goes round in circles."""


class Kill(Struct, frozen=True):
    """When a process is killed: at its n-th line of the ledger, or after some seconds."""

    number: int = 0
    after: bool = False
    seconds: float | None = None


class Player:
    """Plays the drill as the screen says, and is killed on the way."""

    def __init__(
        self, stage: Staged, environment: dict[str, str], kills: dict[str, list[Kill]]
    ) -> None:
        self.stage = stage
        self.environment = {**environment, **stage.variables, "PYTHONPATH": str(ROOT)}
        self.kills = kills
        self.killed: list[str] = []
        self.log: list[str] = []

    def play(self) -> None:
        """From the first line to the last."""
        self.type("start", "respond", "start", "credentials-leaked")
        for _ in range(MOST):
            self.check()
            words = self.next()
            if words[:2] == ["respond", "start"]:
                self.type("start", *words)
                continue
            if words[:2] == ["respond", "close"]:
                if self.type("close", *words) == 0:
                    break
                continue
            step = words[2]
            answers = ANSWERS.get(step, ())
            code = self.type(step, *words, *answers)
            if step == "watch" and code == 6:
                self.type("watched", *words, "--evidence", self.stage.code())
            elif code not in {0, -9}:
                raise AssertionError(f"{step} ended with {code}: {self.said}")
        self.check()
        assert not any(self.kills.values()), f"nobody was killed at {self.kills}"

    def type(self, step: str, *words: str) -> int:
        """Run one command line; killed, if its step is to be."""
        waiting = self.kills.get(step)
        kill = waiting.pop(0) if waiting else None
        argv = [sys.executable, "-m", "skillconnect_ops", *words]
        if kill is not None and kill.seconds is None:
            place = "after" if kill.after else "before"
            argv = [sys.executable, "-c", DIES, str(kill.number), place, *words]
        with subprocess.Popen(
            argv,
            cwd=self.stage.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child:
            try:
                patience_s = 240 if kill is None or kill.seconds is None else kill.seconds
                self.said, _ = child.communicate(timeout=patience_s)
            except subprocess.TimeoutExpired:
                child.kill()
                self.said, _ = child.communicate()
        if child.returncode == -9:
            self.killed.append(step)
        return child.returncode

    def next(self) -> list[str]:
        """What the screen names."""
        report = self.json("respond")
        return str(report["next"][0]).split()[1:]

    def json(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", *words, "--format", "json"],
            cwd=self.stage.project,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return dict(json.loads(done.stdout))

    def check(self) -> None:
        """Every line that was ever seen is there, in its place."""
        lines = [
            line
            for path in sorted((self.stage.project / ".skc/evidence").glob("*.jsonl"))
            for line in path.read_text().splitlines()
            if '"claim":"incident.' in line
        ]
        assert lines[: len(self.log)] == self.log
        self.log = lines


@contextmanager
def playing(folder: Path, kills: dict[str, list[Kill]]) -> Iterator[Player]:
    with pytest.MonkeyPatch.context() as patch:
        environment = environment_in(folder)
        for name, value in environment.items():
            patch.setenv(name, value)
        house = _Door(ProcessEnvironment(), SystemClock(), Silent())._house
        with staged(house, folder / "stage") as stage:
            player = Player(stage, environment, kills)
            yield player
            told = player.json("respond", "export")["facts"]
            told = {**told, "gaps": ()}
            wrong = [one for one in asked(house, stage, told) if not one.holds]
            assert wrong == []


def test_killed_at_the_steps_that_matter_most_and_resumed(tmp_path: Path) -> None:
    kills = {
        "start": [Kill(1, after=True)],
        "keep-evidence": [Kill(2, after=True)],
        "disarm": [Kill(2)],
        "rotate": [Kill(3, after=True), Kill(2)],
        "end-restarted": [Kill(4, after=True)],
        "scrub": [Kill(3, after=True)],
        "close": [Kill(1)],
    }
    with playing(tmp_path, kills) as player:
        player.play()
    assert len(player.killed) == 8


STEPS = (
    *("start", "keep-evidence", "contain", "strangers", "disarm", "tell-team", "rotate"),
    *("restarted", "end-restarted", "prove-dead", "who-was-read", "breach", "backup", "find"),
    *("untrack", "scrub", "prove-gone", "tell-affected", "indexes", "audit", "watch", "well"),
    *("learn", "close"),
)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_each_step_and_resumed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kills = {
        step: [Kill(1, after=chance.random() < 0.5)]
        if step in {"start", "strangers", "restarted", "breach", "learn", "tell-affected", "close"}
        else [Kill(chance.randint(1, 3), after=chance.random() < 0.5)]
        for step in STEPS
    }
    with playing(tmp_path, kills) as player:
        player.play()
    assert set(player.killed) == set(STEPS)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_and_resumed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(1000 + seed)
    kills = {
        step: [Kill(seconds=chance.uniform(0.3, 6.0)) for _ in range(3)]
        for step in ("disarm", "rotate", "end-restarted", "backup", "untrack", "scrub")
    }
    with playing(tmp_path, kills) as player:
        player.kills = kills
        try:
            player.play()
        except AssertionError as error:
            # a step that came to its end before its time needs no second one
            if "nobody was killed" not in str(error):
                raise
