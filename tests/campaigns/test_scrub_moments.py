"""SIGKILL at 300 random moments of `skc scrub`; from each, every way on is gone, and judged.

A moment counts only where the kill came while skc ran; one that came too late is tried again,
earlier. Every second time all gits that it had started die with it, as they do when memory runs
out. Then plain git judges: wholly old or wholly new, and no commit lost. What was left is copied,
and of the copies one is resumed, one rolled back, one scrubbed again, and one resumed and undone.

`SKC_SEED` moves all moments. Results stand in `.campaign/`: a run that was stopped goes on where
it was, and `known()` tells what came out.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.campaigns.scrub_shop import judge_struck, judge_undone
from tests.campaigns.scrub_stage import Run, Stage, lock_files, put_right, take_locks_away
from tests.campaigns.test_scrub_faults import FOLDER, LONG, SEED, SHARDS, fingerprint

MOMENTS = 300
WAYS = ("resume", "rollback", "again", "undo")
FEW = len(WAYS)
_LATE, _TRIES = 0.9, 30


class Result(Struct, frozen=True, kw_only=True):
    """What came of one moment."""

    name: str
    part: float = 0.0
    """At which of a calm run it came."""
    found: str = ""
    """`old` or `new`, right after the kill."""
    locked: int = 0
    """Locks that its gits left."""
    ways: Mapping[str, str] = {}
    trouble: str = ""


def moments() -> list[Run]:
    """All over the run, and denser once the plan is shown."""
    chance = random.Random(f"moments {SEED}")
    every = []
    for number in range(MOMENTS):
        begin = 0.02 if number % 4 == 0 else 0.6
        what = "kill all" if number % 2 else "kill"
        every.append(Run(how="moment", part=chance.uniform(begin, 1.0), what=what, way=""))
    return every


def struck(stage: Stage, run: Run) -> float:
    """Kill it while it runs; gives the moment, in parts of a calm run."""
    part = run.part
    for _ in range(_TRIES):
        stage.set_back()
        after_s = part * stage.calm_s
        if stage.skc(*stage.scrub, after_s=after_s, gits=run.what == "kill all").killed:
            return part
        part *= _LATE
    raise AssertionError("it is over before it can be killed")


def strike(stage: Stage, run: Run) -> Result:
    """One moment, and every way on from it."""
    part = struck(stage, run)
    locked = len(lock_files(stage))
    if locked:
        take_locks_away(stage)
    found = judge_struck(stage.shop, stage.before)
    stage.keep()
    ways = {}
    for way in WAYS:
        stage.come_back()
        ways[way] = gone(stage, run, way)
    return Result(name=run.name, part=round(part, 4), found=found, locked=locked, ways=ways)


def gone(stage: Stage, run: Run, way: str) -> str:
    """One way on, to its end."""
    put = put_right(stage, replace(run, way="resume" if way == "undo" else way))
    if way != "undo" or not put.startswith("new"):
        return put
    ran = stage.skc("scrub", "undo", "--yes")
    assert ran.code == 0, f"{ran.code}: {ran.said[-900:]}"
    judge_undone(stage.shop, stage.before)
    stage.is_over()
    return "old, undone"


def file() -> Path:
    """Of the results of this code."""
    return FOLDER / f"moments-{fingerprint()}.jsonl"


def known() -> dict[str, Result]:
    """All results so far, the last one of each moment."""
    lines = file().read_bytes().splitlines() if file().exists() else []
    return {one.name: one for one in (msgspec.json.decode(line, type=Result) for line in lines)}


def table() -> list[str]:
    """What came out, counted."""
    results = [one for one in known().values() if not one.trouble]
    counts = Counter(f"found {one.found}" for one in results)
    counts.update(f"{way}: {put}" for one in results for way, put in one.ways.items())
    counts.update("locks left" for one in results if one.locked)
    return [f"{number:5} {what}" for what, number in sorted(counts.items())]


def few() -> list[Run]:
    """Spread over the whole run."""
    every = sorted(moments(), key=lambda run: run.part)
    return [every[at * (len(every) - 1) // (FEW * 2 - 1)] for at in range(FEW * 2)]


@pytest.mark.parametrize("runs", [pytest.param(few()[n::2], id=f"{n}") for n in range(2)])
def test_a_few_moments(stage: Stage, runs: Sequence[Run]) -> None:
    """The short form: each goes one of the ways."""
    for number, run in enumerate(runs):
        struck(stage, run)
        if lock_files(stage):
            take_locks_away(stage)
        judge_struck(stage.shop, stage.before)
        gone(stage, run, WAYS[number % len(WAYS)])


def shards() -> list[list[Run]]:
    mixed = moments()
    random.Random(SEED).shuffle(mixed)
    return [mixed[n::SHARDS] for n in range(SHARDS)]


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(runs, id=f"seed{SEED}-{n}of{SHARDS}", marks=LONG)
        for n, runs in enumerate(shards(), 1)
    ],
)
def test_killed_at_any_moment(stage: Stage, runs: Sequence[Run]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = known()
    troubles = []
    for run in runs:
        if run.name in done and not done[run.name].trouble:
            continue
        try:
            result = strike(stage, run)
        except (AssertionError, ValueError, KeyError) as error:
            result = Result(name=run.name, trouble=str(error)[-900:])
            troubles.append(f"{run.name}: {result.trouble}")
        with file().open("ab", buffering=0) as opened:
            opened.write(msgspec.json.encode(result) + b"\n")
    print(*table(), sep="\n")  # noqa: T201
    assert troubles == []


def test_there_are_as_many_moments_as_is_said() -> None:
    assert len({run.name for run in moments()}) == MOMENTS == 300
    assert sum(map(len, shards())) == MOMENTS
