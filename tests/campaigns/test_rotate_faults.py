"""Everything that can go wrong in a rotation, at every step of it, and every way on from there.

A MongoDB user, a Redis user, two rings of signing keys and an opaque value, which a file holds as
well, are rotated together on real servers, and then finished; four stories, of which `rotate` and
`finish` meet every fault. After every crash, and after every command that follows, it is judged
whether anybody is locked out and anything is lost (`judging.judged`). The long campaign is cut
into shards, whose results stand in `.campaign/`: one that was stopped goes on where it was.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.adapters.embedded import Mongod, RedisOptions, run_redis
from tests.campaigns import rotate_table as table
from tests.campaigns.judging import assert_new, judged
from tests.campaigns.rotate_runs import RETURNS, SEED, STEPS, WAYS, Run, doubles, sample, singles
from tests.campaigns.rotate_theatre import Theatre
from tests.campaigns.rotating import World, world
from tests.campaigns.stories import CACHE
from tests.campaigns.striking import Strike, What, When, of_redis

LONG = [pytest.mark.long, pytest.mark.timeout(3600)]
MEMORY = "/dev/shm"
SHARDS = 24
FEW = 8
FAULTS = set(What) - {What.NOTHING}
SINGLES, DOUBLES = 36, 8
"""How many of them `make test` makes: each sort once, and a few."""


@pytest.fixture(scope="module")
def made_world(one_node: Mongod, worker_id: str) -> Iterator[World]:
    # a killed process loses nothing of what the kernel has; so no platter is waited for
    memory = MEMORY if Path(MEMORY).is_dir() else None
    with (
        tempfile.TemporaryDirectory(dir=memory, prefix="rotating-") as place,
        run_redis(Path(place), RedisOptions(acl_file=True)) as cache,
        world(Path(place), one_node, cache, f"rotating_{worker_id}") as made,
    ):
        yield made


@pytest.fixture(scope="module")
def theatre(made_world: World) -> Theatre:
    return Theatre(made_world)


def few(runs: list[Run], count: int) -> list[Any]:
    """A sample, in handfuls."""
    chosen = sample(runs, count)
    return [pytest.param(chosen[n::FEW], id=f"seed{SEED}-{n + 1}of{FEW}") for n in range(FEW)]


def shards(runs: list[Run]) -> list[Any]:
    """All of them, mixed, so that every shard takes about as long."""
    mixed = sample(runs, len(runs))
    return [
        pytest.param(mixed[n::SHARDS], id=f"seed{SEED}-{n + 1}of{SHARDS}", marks=LONG)
        for n in range(SHARDS)
    ]


def carry_out(theatre: Theatre, runs: list[Run]) -> None:
    """All of these; the test fails once all were made."""
    made = [theatre.carried_out(run) for run in runs]
    assert [f"{one.run.name}: {one.trouble}" for one in made if one.trouble] == []


def carry_on(theatre: Theatre, runs: list[Run]) -> None:
    """Those whose result is not known yet."""
    troubles = []
    for run in runs:
        made = table.known().get(run.name)
        if made is None or made.trouble:
            made = theatre.carried_out(run)
            table.keep(made)
        if made.trouble:
            troubles.append(f"{run.name}: {made.trouble}")
    assert troubles == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("runs", [*few(singles(), SINGLES)])
def test_whatever_goes_wrong_at_a_step_nobody_is_locked_out(
    theatre: Theatre, runs: list[Run]
) -> None:
    carry_out(theatre, runs)


WAYS_ON = ((True, "resume"), (True, "rollback"), (False, "again"))
CHANGES = (
    ("rotate", "create:app_a", "create"),
    ("rotate", "create:cache/app_a", "create"),
    ("rotate", "publish:MONGO_URI@.env", "replace"),
    ("rotate", "reload:api", "run"),
    ("finish", "disarm:app", "set_roles"),
    ("finish", "drop:app", "drop"),
    ("finish", "drop:cache/app", "drop"),
)


@pytest.mark.parametrize(("after", "way"), WAYS_ON)
@pytest.mark.parametrize(("story", "step", "call"), CHANGES)
def test_a_death_right_at_the_call_that_changes_the_world(
    theatre: Theatre, story: str, step: str, call: str, *, after: bool, way: str
) -> None:
    """Where the server, the escrow and the env file may know different things."""
    strike = Strike(what=What.KILL, step=step, at=theatre.call(story, step, call), after=after)
    run = Run(story=story, step=step, when=When.DURING, what=What.KILL, way=way)
    made = theatre.carried_out(run, strike)
    assert made.trouble == ""
    assert made.struck == (call,)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("runs", [*few(doubles(), DOUBLES)])
def test_a_crash_in_what_puts_a_crash_right_is_put_right(theatre: Theatre, runs: list[Run]) -> None:
    carry_out(theatre, runs)


@pytest.mark.parametrize("runs", shards(singles()))
def test_every_step_every_fault_every_way(theatre: Theatre, runs: list[Run]) -> None:
    carry_on(theatre, runs)


@pytest.mark.parametrize("runs", shards(doubles()))
def test_every_step_and_a_second_crash(theatre: Theatre, runs: list[Run]) -> None:
    carry_on(theatre, runs)


def test_the_campaign_is_as_large_as_it_is_said_to_be() -> None:
    full = [run for run in singles() if run.story in {"rotate", "finish"}]
    assert len(full) >= 800
    assert len(doubles()) >= 700
    assert len({run.name for run in (*singles(), *doubles())}) == len(singles()) + len(doubles())


def test_the_sample_is_large_enough_and_of_all_sorts() -> None:
    once, twice = sample(singles(), SINGLES), sample(doubles(), DOUBLES)
    assert len(once) + len(twice) + len(CHANGES) * len(WAYS_ON) >= 60
    assert {(run.what, run.when) for run in once} == {
        (what, when) for what in FAULTS for when in When
    }
    assert {run.way for run in once} == set(WAYS)
    assert {run.way for run in twice} == set(RETURNS)
    assert {run.story for run in (*once, *twice)} == set(STEPS)
    assert {run.what for run in once if of_redis(run.step)} == FAULTS


@pytest.mark.parametrize("story", STEPS)
def test_no_step_of_a_plan_is_missing_from_the_campaign(theatre: Theatre, story: str) -> None:
    steps = dict.fromkeys(call.step for call in theatre.calm(story) if call.step)
    assert tuple(steps) == STEPS[story]


@pytest.mark.parametrize("story", ["rotate", "finish"])
def test_between_any_two_calls_of_a_run_the_env_file_lets_the_app_in(
    made_world: World, story: str
) -> None:
    scene = made_world.scene(story)
    made_world.set_back(scene)
    ended = made_world.skc(*scene.story.argv, watch="tests.campaigns.rotating:look")
    assert ended.code == 0, ended.said[-500:]
    assert len(ended.calls) > 200
    assert_new(made_world, scene)


def test_a_run_that_locks_the_app_out_is_noticed(made_world: World) -> None:
    """The judge can say no."""
    scene = made_world.scene("rotate")
    made_world.set_back(scene)
    made_world.client[made_world.database].command("updateUser", "app", pwd="another")
    ended = made_world.skc(*scene.story.argv, watch="tests.campaigns.rotating:look")
    assert ended.code == 77
    assert Path(made_world.place / "said" / "said").read_text().endswith("LOCKED OUT")


def test_a_run_that_locks_the_app_out_of_the_cache_is_noticed(made_world: World) -> None:
    scene = made_world.scene("rotate")
    made_world.set_back(scene)
    made_world.cache.change_password(made_world.uri(CACHE))
    ended = made_world.skc(*scene.story.argv, watch="tests.campaigns.rotating:look")
    assert ended.code == 77
    with pytest.raises(AssertionError, match="locked out of the cache"):
        judged(made_world, scene)


def test_a_password_of_the_cache_that_is_nowhere_is_noticed(made_world: World) -> None:
    scene = made_world.scene("swap")
    made_world.set_back(scene)
    judged(made_world, scene)
    made_world.cache.change_password(scene.cache["app"])
    with pytest.raises(AssertionError, match="the password of app of the cache is lost"):
        judged(made_world, scene)


def test_a_user_of_the_cache_that_is_not_saved_is_noticed(made_world: World) -> None:
    scene = made_world.scene("swap")
    made_world.set_back(scene)
    (line,) = [
        line
        for line in made_world.cache.server.acl_file.read_text().splitlines()
        if line.startswith("user default ")
    ]
    made_world.cache.server.acl_file.write_text(line + "\n")
    with pytest.raises(AssertionError, match="once it restarts"):
        judged(made_world, scene)


@pytest.mark.parametrize("emptied", [True, False])
def test_a_file_that_holds_something_else_is_noticed(made_world: World, *, emptied: bool) -> None:
    scene = made_world.scene("rotate")
    made_world.set_back(scene)
    made_world.sink.write_bytes(b"\n" if emptied else scene.file.strip())
    with pytest.raises(AssertionError, match="the sink is neither old nor new"):
        judged(made_world, scene)
