"""`skc journal take`: a second machine finishes what the first one left half-way."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.commands.journal.machines import Team, machine, other_identity, team
from tests.commands.rotate.app import App, app

__all__ = ["app"]

USERS, FILES = "commands.rotate.user_steps", "commands.rotate.publish_steps"
CREATE, PUBLISH = f"{USERS}.CreateUser.apply", f"{FILES}.PublishEnv.apply"


@pytest.fixture
def both(app: App, tmp_path: Path) -> Team:
    return team(app, tmp_path)


def is_whole(both: Team) -> None:
    """No lock-out, nothing lost, and nothing left behind."""
    assert both.app.opens(both.two.uri())
    assert not [path for path in (both.two.home / "state").rglob("escrow/*") if path.is_dir()]
    assert not list(both.place.rglob("*.sealed"))
    assert not list(both.place.rglob("key.age"))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", [CREATE, PUBLISH])
def test_the_second_machine_resumes_what_the_first_died_in(
    both: Team, where: str, when: str
) -> None:
    old = both.two.uri()
    both.one.dies(where, when, "rotate", "--yes")
    run = both.left()
    taken = both.take(run)
    assert taken.code == 0, taken.stderr
    assert taken.json["facts"]["number"] == 2
    assert both.two.uri() == old
    resumed = both.two.run("journal", "resume", run, "--yes")
    assert resumed.code == 0, resumed.stderr
    new = both.two.uri()
    assert new != old
    assert both.app.users() == {"app", "app_a"}
    assert both.app.opens(new)
    assert both.app.opens(old)
    ended = both.two.run("rotate", "finish", "--yes")
    assert ended.code == 0, ended.stderr
    assert both.app.users() == {"app_a"}
    assert not both.app.opens(old)
    is_whole(both)

    back = both.one.run("journal", "resume", run, "--yes")
    assert back.code == 6, back.stdout
    assert "another machine" in back.json["error"]["what"]
    assert both.one.journals() == {run: "handed_over"}
    assert both.app.users() == {"app_a"}


@pytest.mark.parametrize(("where", "when"), [(CREATE, "after"), (PUBLISH, "after")])
def test_the_second_machine_rolls_back_what_the_first_died_in(
    both: Team, where: str, when: str
) -> None:
    before = both.two.file.read_bytes()
    both.one.dies(where, when, "rotate", "--yes")
    run = both.left()
    assert both.take(run).code == 0
    back = both.two.run("journal", "rollback", run, "--yes")
    assert back.code == 0, back.stderr
    assert both.app.users() == {"app"}
    assert both.two.file.read_bytes() == before
    is_whole(both)


@pytest.mark.parametrize(
    ("where", "when"),
    [(f"{USERS}.DisarmUser.apply", "after"), (f"{USERS}.DropUser.apply", "after")],
)
def test_the_second_machine_finishes_and_gets_the_new_value(
    both: Team, where: str, when: str
) -> None:
    old = both.two.uri()
    assert both.one.run("rotate", "--yes").code == 0
    both.one.dies(where, when, "rotate", "finish", "--yes")
    finish = both.left()
    taken = both.take(finish)
    assert taken.code == 0, taken.stderr
    runs = sorted(one["id"] for one in taken.json["facts"]["taken"])
    assert len(runs) == 2
    refused = both.two.run("journal", "rollback", runs[0], "--yes")
    assert refused.code == 3  # the new user stays, whatever else
    for run in runs:
        resumed = both.two.run("journal", "resume", run, "--yes")
        assert resumed.code == 0, resumed.stderr
    assert both.app.users() == {"app_a"}
    assert not both.app.opens(old)
    is_whole(both)
    ledger = both.two.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert [one["name"] for one in ledger] == ["MONGO_URI"]


def test_a_rotation_that_waits_for_its_end_is_finished_elsewhere(both: Team) -> None:
    assert both.one.run("rotate", "--yes").code == 0
    run = both.left()
    assert both.take(run).code == 0
    resumed = both.two.run("journal", "resume", run, "--yes")
    assert resumed.code == 0, resumed.stderr
    assert both.two.uri() == both.one.uri()
    late = both.one.run("rotate", "finish", "--yes")
    assert late.code == 6, late.stdout
    assert both.app.users() == {"app", "app_a"}
    assert both.two.run("rotate", "finish", "--yes").code == 0
    assert both.app.users() == {"app_a"}
    is_whole(both)
    idle = both.one.run("rotate", "finish", "--yes")
    assert idle.json["facts"]["rotation"]["done"] is False  # nothing waits here any more


@pytest.mark.parametrize(("where", "when"), [(CREATE, "before"), (CREATE, "after")])
def test_a_machine_that_only_slept_stops_before_its_next_effect(
    both: Team, where: str, when: str
) -> None:
    child = both.one.strike(where, when, "stop", "rotate", "--yes")
    both.one.reached(child)
    before = both.one.file.read_bytes()
    run = both.left()
    assert both.take(run).code == 0
    assert both.two.run("journal", "resume", run, "--yes").code == 0
    os.kill(child.pid, signal.SIGCONT)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 6, out + err
    assert "another machine has taken this run over" in err
    assert both.one.file.read_bytes() == before
    assert both.app.users() == {"app", "app_a"}
    assert both.app.opens(both.two.uri())
    assert both.two.run("rotate", "finish", "--yes").code == 0
    is_whole(both)


def test_a_wrong_identity_stops_nobody(both: Team, tmp_path: Path) -> None:
    both.one.dies(CREATE, "after", "rotate", "--yes")
    run = both.left()
    wrong = ("--identity", str(other_identity(tmp_path)), "--yes")
    ran = both.two.run("journal", "take", run, *wrong)
    assert ran.code == 4, ran.stdout
    assert "does not open" in ran.json["error"]["what"]
    garbage = tmp_path / "garbage"
    garbage.write_bytes(os.urandom(40))
    for path, code in ((garbage, 4), (tmp_path / "none", 4)):
        assert both.two.run("journal", "take", run, "--identity", str(path), "--yes").code == code
    assert both.two.run("journal", "take", "no-such-run", *wrong).code == 4
    unasked = both.two.run("journal", "take", run, "--identity", str(both.identity))
    assert unasked.code == 3
    assert both.two.journals() == {}
    resumed = both.one.run("journal", "resume", run, "--yes")
    assert resumed.code == 0, resumed.stderr
    again = both.take(run)
    assert again.code == 0, again.stderr
    own = both.take(run)
    assert own.code == 3
    assert "own" in own.json["error"]["what"]


def test_a_passphrase_comes_by_variable_and_by_pipe(app: App, tmp_path: Path) -> None:
    both = team(app, tmp_path, recipients=False)
    refused = both.one.run("rotate", "--yes")
    assert refused.code == 3
    assert both.app.users() == {"app"}
    phrase = "plainly a phrase of this test"
    both.one.env["SKC_HANDOVER_PASSPHRASE"] = phrase
    both.one.dies(PUBLISH, "before", "rotate", "--yes")
    run = both.left()
    wrong = both.two.run_process("journal", "take", run, "--stdin", "--yes", stdin="another\n")
    assert wrong.code == 4, wrong.stdout
    file = both.two.run("journal", "take", run, "--identity", str(both.identity), "--yes")
    assert file.code == 2
    assert (
        both.two.run_process("journal", "take", run, "--stdin", "--yes", stdin=f"{phrase}\n").code
        == 0
    )
    assert both.two.run("journal", "resume", run, "--yes").code == 0
    assert both.app.opens(both.two.uri())
    everything = b"".join(p.read_bytes() for p in both.place.rglob("*") if p.is_file())
    everything += b"".join(p.read_bytes() for p in both.two.home.rglob("state/**/*") if p.is_file())
    for secret in (phrase, both.two.uri().split("@")[0]):
        assert secret.encode() not in everything


def test_a_place_that_takes_no_file_refuses_the_run_at_its_start(both: Team) -> None:
    shutil.rmtree(both.place)
    before = both.one.file.read_bytes()
    for make in (lambda: None, lambda: both.place.write_text("a file")):
        make()
        ran = both.one.run("rotate", "--yes")
        assert ran.code == 4, ran.stdout
        assert "handover" in ran.json["error"]["what"]
        assert (both.one.file.read_bytes(), both.app.users()) == (before, {"app"})
        assert both.one.journals() == {}
    inside = both.one.root / "share"
    inside.mkdir()
    text = (both.one.root / "skc.yaml").read_text()
    (both.one.root / "skc.yaml").write_text(text.replace(str(both.place), "share"))
    assert "repository" in both.one.run("rotate", "--yes").json["error"]["why"]


def test_without_a_handover_it_is_said_and_done(both: Team) -> None:
    text = (both.one.root / "skc.yaml").read_text()
    (both.one.root / "skc.yaml").write_text(text.partition("handover:")[0])
    ran = both.one.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr
    assert ran.stderr.count("no handover is set in skc.yaml") == 1
    for argv in (("rotate", "finish"), ("rotate",)):
        again = both.one.run(*argv, "--yes")
        assert again.code == 0, again.stderr
        assert "no handover is set" not in again.stderr


def test_a_place_that_goes_half_way_stops_the_run_and_loses_nothing(both: Team) -> None:
    child = both.one.strike(CREATE, "after", "wait", "rotate", "--yes")
    both.one.reached(child)
    away = both.place.with_name("away")
    both.place.rename(away)
    (both.one.home / "go").touch()
    out, err = child.communicate(timeout=120)
    assert child.returncode == 6, out + err
    assert "the handover cannot be reached" in err
    assert both.app.users() == {"app", "app_a"}
    (run,) = both.one.journals()
    assert both.one.run("journal", "rollback", run, "--yes").code == 6
    assert both.app.users() == {"app", "app_a"}
    assert both.take(run).code == 4
    away.rename(both.place)
    resumed = both.one.run("journal", "resume", run, "--yes")
    assert resumed.code == 0, resumed.stderr
    assert both.app.opens(both.one.uri())
    assert both.one.run("rotate", "finish", "--yes").code == 0
    assert both.app.users() == {"app_a"}
    assert not list(both.place.rglob("*.sealed"))


@pytest.mark.parametrize("kept", [0, 5, 300, -1])
def test_a_torn_file_is_noticed_and_nobody_is_fenced(both: Team, kept: int) -> None:
    both.one.dies(CREATE, "after", "rotate", "--yes")
    run = both.left()
    (sealed,) = both.place.rglob("*.sealed")
    data = sealed.read_bytes()
    sealed.write_bytes(data[:kept])
    ran = both.take(run)
    assert ran.code == 6, ran.stdout
    assert "damaged" in ran.json["error"]["what"]
    assert both.two.journals() == {}
    assert both.one.run("journal", "resume", run, "--yes").code == 0
    assert both.app.opens(both.one.uri())


def test_of_two_takers_at_once_one_gets_it(both: Team, tmp_path: Path) -> None:
    three = machine(both.app, tmp_path, "three")
    both.one.dies(PUBLISH, "before", "rotate", "--yes")
    run = both.left()
    argv = ("journal", "take", run, "--identity", str(both.identity), "--yes")
    child = both.two.strike("journal.handover.Mirror.raise_fence", "before", "wait", *argv)
    both.two.reached(child)
    assert three.run(*argv).code == 0
    (both.two.home / "go").touch()
    out, err = child.communicate(timeout=120)
    assert child.returncode == 3, out + err
    assert "was taken over meanwhile" in err
    assert both.two.journals() == {}
    assert three.run("journal", "resume", run, "--yes").code == 0
    assert both.app.opens(three.uri())
    assert both.app.users() == {"app", "app_a"}


def test_a_taker_that_dies_is_followed_by_the_next(both: Team) -> None:
    both.one.dies(CREATE, "after", "rotate", "--yes")
    run = both.left()
    argv = ("journal", "take", run, "--identity", str(both.identity), "--yes")
    for where in ("journal.escrow.ChainEscrow.adopt", "journal.takeover.Takeover._adopt"):
        both.two.dies(where, "before", *argv)
        assert both.one.run("journal", "resume", run, "--yes").code in {3, 6}
    taken = both.take(run)
    assert taken.code == 0, taken.stderr
    assert taken.json["facts"]["number"] == 4
    assert both.two.run("journal", "resume", run, "--yes").code == 0
    assert both.app.opens(both.two.uri())


def test_the_machine_that_was_fenced_is_told_who_goes_on_until_it_is_done(both: Team) -> None:
    both.one.dies(PUBLISH, "before", "rotate", "--yes")
    run = both.left()
    assert both.take(run).code == 0
    assert both.one.run("journal", "resume", run, "--yes").code == 6
    (row,) = both.one.run("rotate", "status").json["facts"]["secrets"]
    assert row["standing"].startswith(f"another machine has taken the run {run} over")
    due = both.one.run("rotate", "due")
    assert due.code == 12
    assert due.json["findings"][0]["remedy"].startswith(f"skc journal take {run}")
    (theirs,) = both.two.run("rotate", "status").json["facts"]["secrets"]
    assert theirs["standing"].startswith("half-way: ")
    for argv in (("journal", "resume", run), ("rotate", "finish")):
        assert both.two.run(*argv, "--yes").code == 0
    assert both.one.run("rotate", "due").code == 0
