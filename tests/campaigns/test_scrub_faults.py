"""`skc scrub` dies, or the disk is full, or somebody commits meanwhile: old or new, nothing lost.

A real process is killed at a moment, at one of the disk's calls, or by the very `git` that it has
just started; that one may never begin, live on alone, or have done all it was asked. Afterwards
the repository is what it was, or one command brings the scrub to its end. The long campaign is cut
into shards, whose results stand in `.campaign/`: one that was stopped goes on where it was.
"""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from skillconnect_ops.journal.model import Standing
from tests.campaigns.scrub_dying import Ended
from tests.campaigns.scrub_shop import MASK, REAL_GIT, commit_map_of, judge_old
from tests.campaigns.scrub_stage import Run, Stage, by_way, lock_files, put_right, take_locks_away

LONG = [pytest.mark.long, pytest.mark.timeout(3600)]
SEED = os.environ.get("SKC_SEED", "6100")
SHARDS = 12
MOMENTS = 300
GIT_KILLS = ("before", "orphan", "after")
WAYS = ("resume", "rollback", "again")
_ROOT = Path(__file__).parents[2]
FOLDER = _ROOT / ".campaign" / "scrub"


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
    if ended.code == 14:  # it is done, and only the last look failed
        assert "not proven" in ended.out
        stage.judge_new()
        return "not proven"
    assert ended.code in {4, 5, 6}, f"{ended.code}: {ended.said[-900:]}"
    if not moved:
        judge_old(stage.shop, stage.before)
    open_now = stage.open_journals()
    if ended.code in {4, 5}:
        assert not moved
        # a journal that has no room cannot be closed; the next run does it
        assert open_now == {} or run.what == "full for good", ended.said
        ran = stage.skc(*stage.scrub)
        assert ran.code == 0, ran.said
        stage.judge_new()
        return f"old, {ended.code}"
    ((journal, standing),) = open_now.items()
    assert f"skc journal resume {journal}" in ended.said or "rollback" in ended.said, ended.said
    return f"6; {by_way(stage, run, journal, standing=standing)}"


def all_kills() -> list[Run]:
    """Moments, denser once the plan is shown; and exact places."""
    chance = random.Random(f"scrub {SEED}")
    runs = []
    for number in range(MOMENTS):
        part = chance.uniform(0.0, 1.05) if number % 3 == 0 else chance.uniform(0.25, 1.05)
        runs.append(Run(how="moment", part=part, way=WAYS[number % 3]))
    for number in range(100):
        part = (number + 0.5) / 100
        runs += [
            Run(how="git", part=part, what=what, way=chance.choice(WAYS)) for what in GIT_KILLS
        ]
    for number in range(150):
        part = (number + 0.5) / 150
        runs += [
            Run(how="disk", part=part, what=what, way=chance.choice(WAYS))
            for what in ("kill", "killed")
        ]
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
        runs += [
            Run(how="disk", part=part, what=what, way=chance.choice(WAYS))
            for what in ("full", "full for good")
        ]
    return runs


def shards(runs: Sequence[Run]) -> list[Any]:
    mixed = list(runs)
    random.Random(SEED).shuffle(mixed)
    return [
        pytest.param(mixed[n::SHARDS], id=f"seed{SEED}-{n + 1}of{SHARDS}", marks=LONG)
        for n in range(SHARDS)
    ]


def few(runs: Sequence[Run], count: int) -> list[Any]:
    """Spread over all of them, one each, so that several processes share them."""
    chosen = list(runs)
    random.Random(SEED).shuffle(chosen)
    return [pytest.param(run, id=f"seed{SEED}-{run.name}") for run in chosen[:count]]


def of(how: str, *whats: str) -> list[Run]:
    every = (*all_kills(), *all_full())
    return [run for run in every if run.how == how and run.what in whats]


@pytest.mark.parametrize(
    "run",
    [
        *few([run for run in of("moment", "kill") if run.part > 0.3], 3),
        *few(of("git", *GIT_KILLS), 3),
        *few(of("disk", "kill", "killed"), 2),
    ],
)
def test_a_scrub_that_is_killed_left_the_old_or_is_finished(stage: Stage, run: Run) -> None:
    kill_and_put_right(stage, run)


def each(one: Sequence[str], other: Sequence[str], always: Sequence[tuple[str, str]]) -> list[Any]:
    """All pairs; some in the normal suite."""
    return [
        pytest.param(*pair, id=" ".join(pair), marks=() if pair in always else LONG)
        for pair in itertools.product(one, other)
    ]


@pytest.mark.parametrize(
    ("what", "way"), each(GIT_KILLS, WAYS, [*zip(GIT_KILLS, reversed(WAYS), strict=True)])
)
def test_a_death_right_at_the_move_of_the_refs(stage: Stage, what: str, way: str) -> None:
    number = stage.nth("update-ref")
    run = Run(how="git", part=(number - 0.5) / stage.gits, what=what, way=way)
    assert stage.number(run) == number
    put = kill_and_put_right(stage, run)
    assert put != "not killed"


PACKING, INDEX = "pack-objects --quiet --delta-base-offset", "update-index -z"


@pytest.mark.parametrize(
    ("word", "what"),
    each((PACKING, INDEX), GIT_KILLS, [(PACKING, "orphan"), (INDEX, "before")]),
)
def test_a_death_once_there_is_no_way_back(stage: Stage, word: str, what: str) -> None:
    run = Run(how="git", part=(stage.nth(word) - 0.5) / stage.gits, what=what, way="again")
    assert kill_and_put_right(stage, run) == "new, by again"


@pytest.mark.parametrize(
    "run", [*few(of("git", "full"), 2), *few(of("disk", "full", "full for good"), 2)]
)
def test_a_full_disk_is_told_and_nothing_is_lost(stage: Stage, run: Run) -> None:
    full_and_put_right(stage, run)


def carry_on(stage: Stage, runs: Sequence[Run]) -> None:
    """Those whose result is not known yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{fingerprint()}.jsonl"
    lines = path.read_bytes().splitlines() if path.exists() else []
    known = {name for name, trouble in map(msgspec.json.decode, lines) if not trouble}
    troubles = []
    for run in runs:
        if run.name in known:
            continue
        try:
            full = run.what.startswith("full")
            (full_and_put_right if full else kill_and_put_right)(stage, run)
            trouble = ""
        except (AssertionError, ValueError, KeyError) as error:
            trouble = f"{run.name}, call {stage.number(run)}: {str(error)[-900:]}"
            troubles.append(trouble)
        with path.open("ab", buffering=0) as opened:
            opened.write(msgspec.json.encode((run.name, trouble)) + b"\n")
    assert troubles == []


def fingerprint() -> str:
    """Of all that a result depends on: results of other code do not count."""
    told = sha256(SEED.encode())
    here = Path(__file__).parent
    for path in sorted([*(_ROOT / "skillconnect_ops").rglob("*.py"), *here.glob("*scrub*.py")]):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


@pytest.mark.parametrize("runs", shards(all_kills()))
def test_killed_anywhere(stage: Stage, runs: list[Run]) -> None:
    carry_on(stage, runs)


@pytest.mark.parametrize("runs", shards(all_full()))
def test_a_full_disk_anywhere(stage: Stage, runs: list[Run]) -> None:
    carry_on(stage, runs)


def test_the_campaign_is_as_large_as_it_is_said_to_be() -> None:
    assert len([run for run in all_kills() if run.how == "moment"]) == MOMENTS == 300
    assert len({run.name for run in (*all_kills(), *all_full())}) > 1200


OTHER = "git -c user.name=Bob -c user.email=bob@example.org"


def meanwhile(stage: Stage, word: str, do: str) -> Ended:
    """A scrub, and somebody else's commands right before it starts that git."""
    number = stage.nth(word)
    stage.set_back()
    stage.wrapper.arm(number, "do", f"set -e\nunset GIT_DIR GIT_INDEX_FILE\n{do}\n")
    ended = stage.skc(*stage.scrub)
    said = stage.wrapper.did()
    stage.wrapper.disarm()
    assert said == "", said
    return ended


def nothing_is_lost(stage: Stage, *commits: str) -> None:
    """These are there with all that they lead to, and all that was there is, in one form."""
    assert stage.shop.fsck() == ""
    for name in commits:
        stage.shop.git("rev-list", "--objects", name)


@pytest.mark.parametrize("tree", ["main", "linked"])
def test_of_two_scrubs_at_once_one_is_turned_away(stage: Stage, tree: str) -> None:
    """From another work tree of the same repository as well."""
    stage.set_back()
    root = stage.shop.root if tree == "main" else stage.shop.linked
    argv = (*stage.scrub[:-1], root.name)
    python = f"{sys.executable} -m skillconnect_ops {' '.join(argv)}"
    state = stage.shop.place / "state"
    stage.wrapper.arm(
        stage.nth("update-ref"),
        "do",
        f"cd {root}\nexport PYTHONPATH={_ROOT} XDG_STATE_HOME={state}\n"
        f"rm {stage.wrapper.at}\n{python} && exit 0\necho ended with $?",
    )
    ended = stage.skc(*stage.scrub)
    said = stage.wrapper.did()
    assert "ended with 4" in said, said
    assert "is in use" in said, said
    assert "(skc scrub, since" in said, said
    assert ended.code == 0, ended.said
    stage.judge_new()


def test_a_run_that_died_is_found_from_a_linked_work_tree(stage: Stage) -> None:
    stage.set_back()
    stage.wrapper.arm(stage.nth(INDEX), "before")
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    order = replace(stage.order(*stage.scrub[:-1], "linked"), folder=str(stage.shop.linked))
    ended = stage.killer.run(order)
    assert ended.code == 0, ended.said
    assert "did not come to its end; finishing it first" in ended.said
    stage.judge_new()
    stage.is_over()


def test_a_commit_between_plan_and_walk_makes_the_plan_stale(stage: Stage) -> None:
    do = f"cd {stage.shop.root}; {OTHER} commit -q --allow-empty -m meanwhile"
    ended = meanwhile(stage, "--second-look", do)
    assert ended.code == 4, ended.said
    assert "changed since the plan" in ended.said
    assert stage.shop.git("log", "-1", "--format=%s", "main").strip() == "meanwhile"
    assert stage.shop.git("rev-parse", "main^").strip() == stage.before.refs["refs/heads/main"]
    assert stage.journals() == {}
    ran = stage.skc(*stage.scrub)
    assert ran.code == 0, ran.said
    assert stage.shop.holding() == []


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("index-pack", marks=LONG),
        pytest.param("cat-file --batch-check --buffer", marks=LONG),
        "update-ref",
    ],
)
def test_a_commit_between_the_new_objects_and_the_move_puts_all_back(
    stage: Stage, word: str
) -> None:
    do = f"cd {stage.shop.root}; {OTHER} commit -q --allow-empty -m meanwhile"
    ended = meanwhile(stage, word, do)
    assert ended.code == 5, f"{ended.code} {ended.said}"
    assert stage.shop.git("rev-parse", "main^").strip() == stage.before.refs["refs/heads/main"]
    refs = stage.shop.refs()
    assert {n: o for n, o in refs.items() if n != "refs/heads/main"} == {
        n: o for n, o in stage.before.refs.items() if n != "refs/heads/main"
    }
    log = stage.shop.root / ".git" / "logs" / "refs" / "heads" / "main"
    assert log.read_text().splitlines()[-1].endswith("commit: meanwhile")
    nothing_is_lost(stage, "main")
    stage.is_over()
    ran = stage.skc(*stage.scrub)
    assert ran.code == 0, ran.said
    assert stage.shop.holding() == []
    assert stage.shop.git("log", "-1", "--format=%s", "main").strip() == "meanwhile"


LATE = {
    "a branch": "git branch late {old}",
    "a commit on a detached HEAD of the linked work tree": "cd {linked}; git reset -q --hard; "
    + OTHER
    + " checkout -q --detach {old}; echo x > x; git add x; "
    + OTHER
    + " commit -q -m meanwhile",
    "a reflog alone": "git update-ref -m meanwhile refs/heads/clean2 {old}; "
    "git update-ref -m back refs/heads/clean2 clean",
    "an entry of an index": "git update-index --add --cacheinfo 100644,{blob},back.ini",
    "a commit of an old file on an untouched branch": "tree=$(printf '100644 blob {blob}\\tback.ini"
    "\\n' | git mktree); git branch late $(" + OTHER + " commit-tree -p clean -m meanwhile $tree)",
    "a tree alone": "tree=$(printf '100644 blob {blob}\\tback.ini\\n' | git mktree); "
    "git tag late $tree",
    "a tag of a tag": "git tag inner clean; " + OTHER + " tag -a -m outer late {old}",
}


DETACHED = "a commit on a detached HEAD of the linked work tree"
STAGED, REUSED = "an entry of an index", "a commit of an old file on an untouched branch"


@pytest.mark.parametrize(
    ("word", "do"),
    each(
        ("--drop", PACKING),
        tuple(LATE),
        [("--drop", STAGED), (PACKING, DETACHED), (PACKING, REUSED)],
    ),
)
def test_what_leads_to_old_objects_again_is_taken_along(stage: Stage, word: str, do: str) -> None:
    """The refs have moved, and somebody builds on the old history still."""
    stage.set_back()
    ended = meanwhile(stage, word, late(stage, do))
    assert ended.code == 0, f"{ended.code} {ended.said}"
    assert "taken along" in ended.said
    is_taken_along(stage, do)


def late(stage: Stage, do: str) -> str:
    """The commands of somebody who does not know that there is a new history."""
    old = stage.before.refs["refs/heads/main"]
    blob = stage.shop.git("rev-parse", f"{old}:settings.ini").strip()
    text = LATE[do].format(old=old, blob=blob, linked=stage.shop.linked)
    return f"cd {stage.shop.root}\n{text}"


def is_taken_along(stage: Stage, do: str) -> None:
    """Nothing holds the value, and what was brought is there in its new form."""
    shop, known = stage.shop, commit_map_of(stage.shop.place)
    assert shop.holding() == []
    assert shop.fsck() == ""
    commits = shop.commits()
    assert {known.get(oid, oid) for oid in stage.before.commits} <= commits.keys()
    made = [one for one in commits.values() if one.rest.endswith(b"\nmeanwhile\n")]
    assert len(made) == ("commit" in do)
    stage.is_over()
    main = known[stage.before.refs["refs/heads/main"]]
    match do:
        case "a branch":
            assert shop.refs()["refs/heads/late"] == main
        case "a commit of an old file on an untouched branch" | "a tree alone":
            assert MASK.decode() in shop.git("show", "late:back.ini")
        case "a tag of a tag":
            assert shop.git("rev-parse", "late^{commit}").strip() == main
        case "an entry of an index":
            assert MASK.decode() in shop.git("show", ":back.ini")
        case "a reflog alone":
            assert main in shop.git("rev-parse", "refs/heads/clean2@{1}")
        case _:
            assert made[0].parents == (main,)
            assert made[0].files[b"x"][1] == b"x\n"


@pytest.mark.parametrize("way", ["resume", "again"])
@pytest.mark.parametrize(
    "do", [pytest.param(one, marks=() if one == REUSED else LONG) for one in LATE]
)
def test_what_was_brought_after_a_death_is_taken_along_by_the_next_run(
    stage: Stage, do: str, way: str
) -> None:
    stage.set_back()
    stage.wrapper.arm(stage.nth("--drop"), "before")
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    ran = subprocess.run(
        ["sh", "-e"],
        input=late(stage, do).encode(),
        env=stage.shop.variables,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    ((journal, standing),) = stage.open_journals().items()
    assert standing == Standing.FORWARD_ONLY.value
    argv = ("journal", "resume", journal, "--yes") if way == "resume" else stage.scrub
    ended = stage.skc(*argv)
    # what is staged is no commit yet: the run that died is finished, and no other one begins
    expected = 3 if (do, way) == (STAGED, "again") else 0
    assert ended.code == expected, f"{ended.code} {ended.said}"
    is_taken_along(stage, do)


@pytest.mark.parametrize(
    ("word", "what"),
    each(
        ("index-pack", "update-ref", INDEX, PACKING),
        ("before", "orphan", "after"),
        [("update-ref", "after")],
    ),
)
def test_a_death_while_it_is_taken_along_loses_nothing(stage: Stage, word: str, what: str) -> None:
    stage.set_back()
    stage.wrapper.arm(stage.nth("--drop"), "before")
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    bring = late(stage, DETACHED).encode()
    subprocess.run(["sh", "-e"], input=bring, env=stage.shop.variables, check=True)
    ((journal, _),) = stage.open_journals().items()
    argv = ("journal", "resume", journal, "--yes")
    stage.keep()
    stage.wrapper.disarm()
    assert stage.skc(*argv).code == 0
    number = next(at for at, said in enumerate(stage.wrapper.calls(), 1) if word in said)
    stage.come_back()
    stage.wrapper.arm(number, what)
    assert stage.skc(*argv).killed
    stage.wrapper.disarm()
    ended = stage.skc(*argv)
    assert ended.code == 0, f"{ended.code} {ended.said}"
    is_taken_along(stage, DETACHED)


@pytest.mark.parametrize("word", ["--drop", pytest.param(PACKING, marks=LONG)])
def test_an_old_clone_that_pushes_after_a_death_loses_nothing(stage: Stage, word: str) -> None:
    """It brings the old history back whole, with new work upon it, and moves a branch back."""
    shop = stage.shop
    stage.set_back()
    clone = shop.now / "clone"
    shop.git("clone", "-q", "--mirror", str(shop.root), str(clone))
    tree = shop.git("rev-parse", "main^{tree}", at=clone).strip()
    made = shop.git(
        "commit-tree", "-p", "main", "-m", f"meanwhile {shop.value.decode()}", tree, at=clone
    ).strip()
    stage.wrapper.arm(stage.nth(word), "orphan")
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    shop.git("push", "-q", str(shop.root), f"{made}:refs/heads/late", "+side:side", at=clone)
    shutil.rmtree(clone)
    ((journal, _),) = stage.open_journals().items()
    ended = stage.skc("journal", "resume", journal, "--yes")
    assert ended.code == 0, f"{ended.code} {ended.said}"
    known = commit_map_of(shop.place)
    assert shop.git("rev-parse", "late").strip() == known[made]
    assert shop.git("log", "-1", "--format=%s", "late").strip() == f"meanwhile {MASK.decode()}"
    assert shop.refs()["refs/heads/side"] == known[stage.before.refs["refs/heads/side"]]
    commits = shop.commits()
    for oid, was in stage.before.commits.items():
        assert commits[known.get(oid, oid)].rest.splitlines()[0] == was.rest.splitlines()[0]
    assert shop.holding() == []
    assert shop.fsck() == ""
    stage.is_over()


def test_a_branch_made_at_an_old_commit_after_the_move_does_not_keep_a_run_from_its_end(
    stage: Stage,
) -> None:
    """Killed right behind the move; a branch at an old commit, and a commit on the new history."""
    shop = stage.shop
    stage.set_back()
    stage.wrapper.arm(stage.nth("update-ref"), "after")
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    shop.git("branch", "late", stage.before.refs["refs/heads/main"])
    shop.git("commit", "-q", "--allow-empty", "-m", "meanwhile")
    ((journal, _),) = stage.open_journals().items()
    ended = stage.skc("journal", "resume", journal, "--yes")
    assert ended.code == 0, f"{ended.code} {ended.said}"
    assert shop.holding() == []
    assert shop.git("rev-parse", "late").strip() == shop.git("rev-parse", "main^").strip()
    stage.is_over()


def locked(stage: Stage, word: str, what: str) -> str:
    """A scrub whose git has locked what it changes, and dies with it or lives on; its journal."""
    stage.set_back()
    stage.wrapper.arm(stage.nth(word), what)
    stage.alone = what != "hold"
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    ((journal, _),) = stage.open_journals().items()
    return journal


def test_locks_of_a_git_that_was_killed_are_named_with_what_takes_them_away(stage: Stage) -> None:
    journal = locked(stage, "update-ref", "half")
    left = lock_files(stage)
    assert {"packed-refs.lock", "main.lock", "side.lock"} <= {path.name for path in left}
    for argv, code in ((stage.scrub, 4), (("journal", "resume", journal, "--yes"), 5)):
        ended = stage.skc(*argv)
        assert ended.code == code, f"{ended.code} {ended.said}"
        assert f"git has locked the repository: {len(left)} lock files" in ended.said
        assert "no git is at work on it here" in ended.said
        assert lock_files(stage) == left
    take_locks_away(stage)
    judge_old(stage.shop, stage.before)
    stage.is_over()
    ran = stage.skc(*stage.scrub)
    assert ran.code == 0, ran.said
    stage.judge_new()


def test_a_lock_that_a_living_git_holds_stays_and_its_process_is_named(stage: Stage) -> None:
    journal = locked(stage, "update-ref", "hold")
    git, left = stage.wrapper.git, lock_files(stage)
    try:
        for argv in (stage.scrub, ("journal", "rollback", journal, "--yes")):
            ended = stage.skc(*argv)
            assert lock_files(stage) == left
            if "scrub" in argv:
                assert ended.code == 4, ended.said
                assert f"at work on it: {git} (git update-ref)" in ended.said
    finally:
        os.kill(git, signal.SIGKILL)
        stage.alone = True
    for path in left:
        path.unlink()
    ran = stage.skc(*stage.scrub)
    assert ran.code == 0, ran.said
    stage.judge_new()
    stage.is_over()


def test_an_index_lock_past_the_turn_is_named_and_then_the_run_is_finished(stage: Stage) -> None:
    stage.set_back()
    stage.wrapper.arm(stage.nth(INDEX), "before")
    assert stage.skc(*stage.scrub).killed
    stage.wrapper.disarm()
    ((journal, _),) = stage.open_journals().items()
    index = stage.shop.root / ".git" / "index.lock"
    index.write_bytes(b"")
    ended = stage.skc("journal", "resume", journal, "--yes")
    assert ended.code == 6, f"{ended.code} {ended.said}"
    assert f"{index}" in ended.said
    assert f"rm -f {index}" in ended.said
    assert index.exists()
    index.unlink()
    ended = stage.skc("journal", "resume", journal, "--yes")
    assert ended.code == 0, ended.said
    stage.judge_new()
    stage.is_over()


@pytest.mark.parametrize("word", [INDEX, pytest.param("index-pack", marks=LONG)])
def test_what_our_own_git_left_half_done_is_in_nobodys_way(stage: Stage, word: str) -> None:
    journal = locked(stage, word, "half")
    ended = stage.skc("journal", "resume", journal, "--yes")
    assert ended.code == 0, f"{ended.code} {ended.said}"
    stage.judge_new()
    stage.is_over()
    left = [path for path in (stage.shop.root / ".git").rglob("*") if "tmp_" in path.name]
    assert left == []
    assert lock_files(stage) == []


def test_a_pack_that_a_killed_gc_left_goes_and_one_that_is_being_written_stays(
    stage: Stage,
) -> None:
    for lives in (False, True):
        stage.set_back()
        pack = stage.shop.root / ".git" / "objects" / "pack" / "tmp_pack_Ab12cd"
        pack.write_bytes(b"half of a pack")
        held = subprocess.Popen(
            [REAL_GIT, "cat-file", "--batch"],
            cwd=stage.shop.root if lives else "/",
            env={**stage.shop.variables, "GIT_DIR": str(stage.shop.root / ".git")},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        try:
            ended = stage.skc(*stage.scrub, alone=False)
        finally:
            held.communicate()
        assert ended.code == (14 if lives else 0), f"{ended.code} {ended.said} {ended.out}"
        assert pack.exists() is lives
        pack.unlink(missing_ok=True)
        stage.judge_new()
