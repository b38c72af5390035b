"""`skc indexes` is killed at calls of the server, and the next run, here or elsewhere, ends it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.core.secret import Secret
from tests.campaigns.dying import Killer
from tests.campaigns.index_runs import STORIES, Indexes, Stage, journals, stage

LONG = pytest.mark.long
WAYS = ("again", "rollback", "elsewhere", "twice")


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with Killer() as running:
        yield running


@pytest.fixture
def staged(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    mongo: Secret,
    client: MongoClient[Any],
    database: str,
    killer: Killer,
) -> Stage:
    """The stage of the story that the test names."""
    return stage(tmp_path, mongo, client, killer, STORIES[request.param], database)


def ended(staged: Stage) -> Indexes:
    """What the story comes to when nothing happens to it."""
    staged.reset()
    assert staged.run(*staged.story.argv).code == 0, staged.said("here")
    return staged.indexes()


def apply(staged: Stage, *, machine: str = "here") -> None:
    """The command once more, which must end well."""
    code = staged.run(*staged.story.argv, machine=machine).code
    assert code == 0, staged.said(machine)
    assert staged.lacks() == []


def put_right(staged: Stage, way: str, at: int) -> None:
    """What somebody does who finds that a run died."""
    match way:
        case "again":
            apply(staged)
        case "twice":
            staged.run(*staged.story.argv, at=3 + at % 11, after=bool(at % 2))
            assert staged.lacks() == []
            apply(staged)
        case "rollback":
            for name in journals(staged.report("journal", "list", machine="here")):
                ran = staged.run("journal", "rollback", name, "--yes")
                assert ran.code in {0, 3, 4}, staged.said("here")
                assert staged.lacks() == []
            apply(staged)
        case "elsewhere":
            if staged.locked():
                ran = staged.run(*staged.story.argv, machine="there")
                said = staged.said("there")
                assert ran.code == 4 or "nothing to do" in said, said
                assert ran.code == 0 or "somebody else changes the indexes" in said, said
            staged.end_the_lease()
            apply(staged, machine="there")
            if staged.story.name != "undo":
                apply(staged)
            for name in journals(staged.report("journal", "list", machine="here")):
                ran = staged.run("journal", "rollback", name, "--yes")
                assert ran.code == 0, staged.said("here")


def judge(staged: Stage, way: str, after: Indexes) -> None:
    """It came to its end, once, and nothing of the dead run is left."""
    assert staged.indexes() == after
    assert not staged.locked()
    for machine in ("here", "there") if way == "elsewhere" else ("here",):
        assert journals(staged.report("journal", "list", machine=machine)) == []
        if staged.story.name != "undo":
            again = staged.report("indexes", "--dry-run", machine=machine)
            assert again["code"] == 0
            assert "plan" not in again["facts"]


def die(staged: Stage, at: int, way: str, after: Indexes) -> bool:
    """One death, and what comes of it; False where the run came to its end before.

    Args:
        staged: where.
        at: odd: at a call, even: after it.
        way: how it is put right.
        after: what it comes to.
    """
    staged.reset()
    point, late = (at + 1) // 2, at % 2 == 0
    if not staged.run(*staged.story.argv, at=point, after=late).killed:
        return False
    try:
        assert staged.lacks() == []
        put_right(staged, way, at)
        judge(staged, way, after)
    except AssertionError as error:
        error.add_note(f"killed {'after' if late else 'at'} call {point}, then {way}")
        raise
    return True


@pytest.mark.parametrize(
    ("staged", "at", "way"),
    [
        ("create", 31, "elsewhere"),
        ("rebuild", 34, "elsewhere"),
        ("change", 29, "rollback"),
        ("undo", 36, "elsewhere"),
        ("swap", 45, "elsewhere"),  # it had only looked, and others were at work since
    ],
    indirect=["staged"],
)
def test_a_run_that_is_killed_at_a_call_ends_right(staged: Stage, at: int, way: str) -> None:
    assert die(staged, at, way, ended(staged))


@LONG
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("staged", list(STORIES), indirect=True)
def test_a_run_that_is_killed_at_any_call_ends_right(staged: Stage, way: str) -> None:
    after = ended(staged)
    at = 1 + WAYS.index(way) % 2
    while die(staged, at, way, after):
        at += 4
    assert at > 40
