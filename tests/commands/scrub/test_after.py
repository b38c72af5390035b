"""What must follow a scrub: pushes, texts, a hook and a CI check, tried on a real server."""

import secrets
from pathlib import Path
from typing import Any

import pyrage
import pytest

from skillconnect_ops.commands.scrub.guide import WriteGuide
from skillconnect_ops.commands.scrub.steps import DropObjects
from tests.commands.scrub.hiding import line, odd, word
from tests.commands.scrub.judge import Judge, read_map
from tests.commands.scrub.scrubbing import facts, scrub
from tests.commands.scrub.team import Team, blocks, commit, git, run
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)


class Done:
    """A team whose owner has scrubbed."""

    def __init__(self, skc: Skc, folder: Path, value: str, *, format_: str = "sha1") -> None:
        self.team = Team(folder, value, format_=format_)
        self.ran = scrub(skc, self.team.owner, [value])
        self.after: Any = facts(self.ran)["after"]
        self.folder = Path(self.after["folder"])

    def push(self) -> None:
        """As the report says: the dry run, then for good."""
        before = self.team.refs()
        for told in self.after["pushes"]:
            dry = run(self.team.hub.parent, "sh", "-c", told["dry_run"])
            assert dry.code == 0, dry.text
            assert self.team.refs() == before
            real = run(self.team.hub.parent, "sh", "-c", told["push"])
            assert real.code == 0, real.text


@pytest.fixture
def value() -> str:
    return odd()


@pytest.fixture(params=["sha1", "sha256"])
def done(skc: Skc, tmp_path: Path, value: str, request: pytest.FixtureRequest) -> Done:
    return Done(skc, tmp_path, value, format_=request.param)


def test_the_pushes_bring_the_server_what_is_here_and_can_be_typed_again(
    done: Done, value: str
) -> None:
    team = done.team
    before = team.refs()
    done.push()
    after = team.refs()
    assert after.keys() == before.keys()
    mapped = read_map(Path(facts(done.ran)["commit_map"]))
    assert {name: after[name] for name in ("refs/heads/main", "refs/heads/dev")} == {
        name: mapped[before[name]] for name in ("refs/heads/main", "refs/heads/dev")
    }
    assert after["refs/tags/v1"] != before["refs/tags/v1"]
    git(team.hub, "reflog", "expire", "--expire=now", "--all")
    git(team.hub, "gc", "-q", "--prune=now")
    assert Judge([value.encode()]).places(team.hub) == []
    said = run(team.owner, "sh", "-c", done.after["pushes"][0]["push"])
    assert said.code == 0, said.text
    assert "Everything up-to-date" in said.text


def test_the_list_is_shown_a_command_a_line(skc: Skc, tmp_path: Path, value: str) -> None:
    team = Team(tmp_path, value)
    single = team.clone("single", "--single-branch", "--no-tags")
    file = tmp_path / "values"
    file.write_text(value)
    ran = skc(
        *("scrub", "--values-from", str(file), "--yes", "--confirm", "single", "--plain-bundle"),
        "--not-rotated-yet",
        cwd=single,
    )
    assert ran.code == 0, ran.stderr
    shown = ran.stdout[ran.stdout.index("what must follow") :].splitlines()
    named = [one.split()[0] for one in shown[1:] if one.startswith("  ") and one[2] != " "]
    assert named[:6] == ["push", "colleagues", "forge's", "ban,", "ban,", "prove"]
    dry, real = (one for one in shown if "git -C" in one)
    assert "push --dry-run --force-with-lease=" in dry
    assert real.split("git -C")[1] == dry.split("git -C")[1].replace(" --dry-run", "")


def test_nothing_that_is_written_down_holds_a_value(done: Done, value: str) -> None:
    judge = Judge([value.encode()])
    files = sorted(path for path in done.folder.iterdir())
    assert {path.name for path in files} >= {
        *(
            "colleagues.md",
            "support.md",
            "pre-receive",
            "check-history.sh",
            "banned-ids",
            "push.sh",
        ),
    }
    for path in files:
        assert judge.held(path.read_bytes()) == []
    assert (done.folder / "pre-receive").stat().st_mode & 0o111
    support = (done.folder / "support.md").read_text()
    assert done.team.leak in support


def test_the_hook_refuses_old_history_and_lets_the_new_one_pass(done: Done) -> None:
    team = done.team
    done.push()
    team.install(done.folder)
    old = team.colleague
    commit(old, "src/more.js", "let more\n")
    ways = (
        ("push", "--force", "origin", "main"),
        ("push", "origin", "main:refs/heads/new"),
        ("push", "origin", f"{team.leak}:refs/heads/leak"),
        ("push", "--force", "origin", "refs/tags/v1"),
        ("push", "--force", "origin", "refs/tags/v2"),
        ("push", "origin", "main:refs/tags/other"),
        ("push", "--force", "--all"),
    )
    before = team.refs()
    for way in ways:
        said = run(old, "git", *way)
        assert said.code != 0, way
        assert "refused: refs/" in said.text, said.text
        assert "git rebase --onto" in said.text
    # a merge of both histories is what `git pull` would make
    git(old, "fetch", "-q", "origin")
    git(old, "merge", "-q", "--allow-unrelated-histories", "-X", "ours", "origin/main")
    assert "refused: refs/heads/main" in run(old, "git", "push", "origin", "main").text
    assert team.refs() == before
    fresh = team.clone("fresh")
    commit(fresh, "src/more.js", "let more\n")
    git(fresh, "tag", "-a", "-m", "a tag", "v3")
    git(fresh, "push", "-q", "origin", "main", "v3", "main:refs/heads/topic")
    git(fresh, "push", "-q", "origin", ":refs/heads/topic")
    assert "refs/heads/topic" not in team.refs()


def test_the_hook_refuses_where_the_server_has_old_history_no_more(done: Done) -> None:
    """Then only what is being pushed holds it."""
    team = done.team
    done.push()
    git(team.hub, "reflog", "expire", "--expire=now", "--all")
    git(team.hub, "gc", "-q", "--prune=now")
    team.install(done.folder)
    said = run(team.colleague, "git", "push", "--force", "origin", "main")
    assert "refused: refs/heads/main" in said.text
    fresh = team.clone("fresh")
    commit(fresh, "src/more.js", "let more\n")
    git(fresh, "push", "-q", "origin", "main")


def test_the_hook_lets_nothing_pass_that_it_cannot_judge(done: Done) -> None:
    team = done.team
    done.push()
    team.install(done.folder)
    fresh = team.clone("fresh")
    commit(fresh, "src/more.js", "let more\n")
    (team.hub / "hooks/banned-ids").write_text("")
    assert "banned-ids is not there" in run(fresh, "git", "push", "origin", "main").text
    (team.hub / "hooks/banned-ids").unlink()
    assert "banned-ids is not there" in run(fresh, "git", "push", "origin", "main").text


def test_lists_of_two_scrubs_can_be_joined(skc: Skc, done: Done) -> None:
    team = done.team
    done.push()
    team.install(done.folder)
    second = word()
    between = team.clone("between")
    leak = commit(team.owner, "src/again.js", line(second), "once more")
    git(team.owner, "push", "-q", "origin", "main")
    git(between, "pull", "-q")
    after = Path(facts(scrub(skc, team.owner, [second]))["after"]["folder"])
    banned = (after / "banned-ids").read_text()
    assert leak in banned
    with (team.hub / "hooks/banned-ids").open("a") as file:
        file.write(banned)
    said = run(team.owner, "sh", str(after / "push.sh"), "origin")
    assert said.code == 0, said.text
    for clone in (team.colleague, between):
        commit(clone, "src/more.js", "let more\n")
        assert "refused: refs/heads/x" in run(clone, "git", "push", "origin", "main:x").text


def test_what_colleagues_are_told_moves_their_work(done: Done, value: str) -> None:
    team, text = done.team, (done.folder / "colleagues.md").read_text()
    old = team.colleague
    git(old, "checkout", "-q", "-b", "mine")
    commit(old, "src/mine.js", "let mine\n", "mine")
    done.push()
    team.install(done.folder)
    anew, keep, rebase, others, check, sweep = blocks(text)
    said = run(
        old.parent, "sh", "-ec", anew.replace("OLD-CLONE", "colleague").replace("NEW-", "new-")
    )
    assert said.code == 0, said.text
    assert (old.parent / "new-CLONE/src/app.js").exists()
    for name in ("check-history.sh", "banned-ids"):
        (old / name).write_bytes((done.folder / name).read_bytes())
    assert run(old, "sh", "-c", check).code == 1
    moved = keep + rebase.replace("YOUR-BRANCH", "mine") + others.replace("BRANCH", "main")
    said = run(old, "sh", "-ec", moved + check + sweep)
    assert said.code == 0, said.text
    git(old, "push", "-q", "origin", "mine")
    assert git(team.hub, "log", "--format=%s", "mine").splitlines()[0] == "mine"
    assert Judge([value.encode()]).places(old) == []


def test_the_ci_check_fails_on_old_history_wherever_it_was_fetched(done: Done) -> None:
    team = done.team
    old = run(team.colleague, "sh", str(done.folder / "check-history.sh"))
    assert old.code == 1
    assert "refs/remotes/origin/dev has" in old.text
    assert "git rebase --onto" in old.text
    done.push()
    fresh = team.clone("fresh")
    passed = run(fresh, "sh", str(done.folder / "check-history.sh"))
    assert (passed.code, passed.text) == (0, "")
    git(fresh, "fetch", "-q", str(team.colleague), "main:refs/remotes/fork/main")
    assert (
        "refs/remotes/fork/main has" in run(fresh, "sh", str(done.folder / "check-history.sh")).text
    )
    git(fresh, "update-ref", "-d", "refs/remotes/fork/main")
    git(fresh, "fetch", "-q", str(team.colleague), "main")
    git(fresh, "checkout", "-q", "FETCH_HEAD")  # as a runner checks a pull request out
    assert "HEAD has" in run(fresh, "sh", str(done.folder / "check-history.sh")).text


def test_the_ci_check_fails_on_a_shallow_clone_and_says_what_to_do(done: Done) -> None:
    done.push()
    git(done.team.hub.parent, "clone", "-q", "--depth=1", done.team.hub.as_uri(), "shallow")
    said = run(done.team.hub.parent / "shallow", "sh", str(done.folder / "check-history.sh"))
    assert said.code == 1
    assert "shallow" in said.text
    assert "fetch-depth: 0" in said.text


def test_a_branch_and_a_tag_whose_names_hold_a_value_are_deleted_on_the_server(
    skc: Skc, tmp_path: Path
) -> None:
    value = word()
    team = Team(tmp_path, value)
    git(team.owner, "branch", f"fix/{value}", "main")
    git(team.owner, "branch", f"clean/{value}", "HEAD~2")
    git(team.owner, "branch", "clean/other", "HEAD~2")
    git(team.owner, "tag", f"v-{value}")
    git(team.owner, "push", "-q", "--all")
    git(team.owner, "push", "-q", "--tags")
    ran = scrub(skc, team.owner, [value])
    after = facts(ran)["after"]
    assert value not in ran.stdout + ran.stderr
    assert value not in (Path(after["folder"]) / "push.sh").read_text()
    (told,) = after["pushes"]
    assert "push.sh" in told["push"]
    before = team.refs()
    dry = run(tmp_path, "sh", "-c", told["dry_run"])
    assert dry.code == 0, dry.text
    assert dry.text.count("[deleted]") == 3
    assert team.refs() == before
    said = run(tmp_path, "sh", "-c", told["push"])
    assert said.code == 0, said.text
    there = team.refs()
    assert not [name for name in there if value in name]
    assert {"refs/heads/fix/REMOVED", "refs/heads/clean/REMOVED", "refs/heads/clean/other"} <= set(
        there
    )
    assert there["refs/heads/clean/other"] == before["refs/heads/clean/other"]


def test_a_branch_that_was_never_fetched_is_named(done: Done) -> None:
    """Its objects are not here: old history, or new work upon it."""
    team, push = done.team, f"sh {done.folder / 'push.sh'} origin"
    assert run(team.owner, "sh", "-c", f"{push} --left").code == 1  # nothing is pushed yet
    assert run(team.owner, "sh", "-c", push).code == 0
    assert run(team.owner, "sh", "-c", f"{push} --left").code == 0
    git(team.colleague, "checkout", "-q", "-b", "never-fetched")
    commit(team.colleague, "src/late.js", "let late\n")
    git(team.colleague, "push", "-q", "origin", "never-fetched")
    said = run(team.owner, "sh", "-c", f"{push} --left")
    assert said.code == 1
    assert "refs/heads/never-fetched" in said.text
    assert "git fetch origin" in said.text
    assert run(team.owner, "sh", "-c", push).code == 1


def test_a_fetch_in_between_does_not_hand_old_history_back(done: Done, value: str) -> None:
    """Editors fetch by themselves, and then our names of the server's branches are old again."""
    git(done.team.owner, "fetch", "-q", "origin")
    done.push()
    git(done.team.hub, "gc", "-q", "--prune=now")
    assert value not in git(done.team.hub, "log", "-p", "--all", "--format=%B")


@pytest.mark.parametrize("pushed", [False, True], ids=["at once", "one by one"])
def test_the_second_of_two_scrubs_pushes_for_both(
    skc: Skc, done: Done, value: str, *, pushed: bool
) -> None:
    """Whether the first was pushed or not; and it bans what both took out."""
    team, other = done.team, odd()
    if pushed:
        done.push()
    commit(team.owner, "src/more.js", line(other))
    git(team.owner, "push", "-q", "--force", "origin", "main")
    first = {one for one in (done.folder / "banned-ids").read_text().split() if len(one) >= 40}
    after = facts(scrub(skc, team.owner, [other]))["after"]
    assert Path(after["folder"]) != done.folder, "both may begin within a second"
    banned = (Path(after["folder"]) / "banned-ids").read_text().split()
    assert first < set(banned)
    (push,) = after["pushes"]
    dry = run(team.owner, "sh", "-c", push["dry_run"])
    assert dry.code == 0, dry.text
    real = run(team.owner, "sh", "-c", push["push"])
    assert real.code == 0, real.text
    git(team.hub, "gc", "-q", "--prune=now")
    told = git(team.hub, "log", "-p", "--all", "--format=%B")
    assert value not in told
    assert other not in told


def test_a_push_of_somebody_else_is_not_overwritten(done: Done) -> None:
    team = done.team
    commit(team.colleague, "src/late.js", "let late\n")
    git(team.colleague, "push", "-q", "origin", "main")
    late = team.refs()["refs/heads/main"]
    said = run(team.owner, "sh", "-c", done.after["pushes"][0]["push"])
    assert said.code != 0
    assert "stale info" in said.text
    assert team.refs()["refs/heads/main"] == late


def test_a_mirror_pushes_all_but_what_the_forge_keeps(skc: Skc, tmp_path: Path, value: str) -> None:
    team = Team(tmp_path, value)
    git(team.hub, "update-ref", "refs/pull/7/head", team.leak)
    git(tmp_path, "clone", "-q", "--mirror", str(team.hub), "mirror.git")
    mirror = tmp_path / "mirror.git"
    ran = scrub(skc, mirror, [value])
    after = facts(ran)["after"]
    assert [one["ref"] for one in after["left_out"]] == ["refs/pull/7/head"]
    assert "support" in after["left_out"][0]["reason"]
    assert "refs/pull/7/head" in (Path(after["folder"]) / "support.md").read_text()
    before = team.refs()
    (told,) = after["pushes"]
    for command in (told["dry_run"], told["push"]):
        said = run(tmp_path, "sh", "-c", command)
        assert said.code == 0, said.text
    changed = {name for name, oid in team.refs().items() if oid != before[name]}
    assert changed == {"refs/heads/main", "refs/heads/dev", "refs/tags/v1", "refs/tags/v2"}


def test_no_address_is_written_down(skc: Skc, tmp_path: Path, value: str) -> None:
    team = Team(tmp_path, value)
    password = secrets.token_hex(12)
    git(team.owner, "remote", "add", "forge", f"https://ada:{password}@forge.invalid/shop.git")
    git(team.owner, "update-ref", "refs/remotes/forge/main", "main")
    ran = scrub(skc, team.owner, [value])
    after = facts(ran)["after"]
    assert [told["remote"] for told in after["pushes"]] == ["forge", "origin"]
    texts = [path.read_text() for path in Path(after["folder"]).iterdir()]
    assert not [text for text in (*texts, ran.stdout, ran.stderr) if password in text]


def test_lfs_objects_of_files_that_go_are_named_for_the_forge(skc: Skc, tmp_path: Path) -> None:
    team = Team(tmp_path, word())
    gone, copied = (secrets.token_hex(32) for _ in range(2))
    for name, oid in (("dump.bin", gone), ("both.bin", copied), ("kept/both", copied)):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n"
        commit(team.owner, name, pointer)
    ran = skc(
        *("scrub", "--path", "*.bin", "--not-rotated-yet", "--plain-bundle"),
        *("--yes", "--confirm", "shop", "--format", "json"),
        cwd=team.owner,
    )
    after = facts(ran)["after"]
    assert after["lfs"] == [gone]
    assert gone in (Path(after["folder"]) / "support.md").read_text()


def test_going_back_takes_away_what_bans_the_old_history(skc: Skc, done: Done) -> None:
    ran = skc("scrub", "undo", "--yes", cwd=done.team.owner)
    assert ran.code == 0, ran.stderr
    assert "bans the old history" in ran.stdout
    assert not [path for path in done.folder.parent.rglob("*") if path.name == "banned-ids"]


def test_a_second_run_leaves_what_was_written_down(skc: Skc, done: Done, value: str) -> None:
    before = {path.name: path.read_bytes() for path in done.folder.iterdir()}
    again = facts(scrub(skc, done.team.owner, [value]))
    assert not again["walked"]
    assert {path.name: path.read_bytes() for path in done.folder.iterdir()} == before


@pytest.mark.parametrize("handler", [WriteGuide, DropObjects])
def test_a_run_that_broke_off_writes_it_down_when_it_is_resumed(
    skc: Skc, tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch, handler: type
) -> None:
    team = Team(tmp_path, value)
    with monkeypatch.context() as broken:

        def fails(*_: object) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(handler, "apply", fails)
        ran = scrub(skc, team.owner, [value])
        assert ran.code == 6, ran.stderr
    ran = skc("journal", "resume", ran.json["journal"], "--yes", cwd=team.owner)
    assert ran.code == 0, ran.stderr
    (banned,) = (tmp_path / "state").rglob("banned-ids")
    assert team.leak in banned.read_text()
    said = run(tmp_path, "sh", str(banned.with_name("push.sh")), "origin")
    assert said.code == 0, said.text
    git(team.clone("fresh"), "cat-file", "-e", "origin/main:src/app.js")
    if handler is WriteGuide:  # who resumes sees no report of the scrub
        assert f"what must follow is in {banned.parent}" in ran.stderr


@pytest.mark.parametrize("given", ["age1nobody", "ssh-ed25519 AAAA", "nobody"])
def test_a_recipient_that_is_none_is_told_before_anything_is_done(
    skc: Skc, tmp_path: Path, value: str, given: str
) -> None:
    team = Team(tmp_path, value)
    before = git(team.owner, "for-each-ref")
    file = tmp_path / "values"
    file.write_text(value)
    ran = skc(
        *("scrub", "--values-from", str(file), "--recipient", given, "--not-rotated-yet"),
        *("--yes", "--confirm", "shop"),
        cwd=team.owner,
    )
    assert ran.code == 4, ran.stderr
    for word_ in ("error:", "why:", "fix:", "--recipient is no age recipient"):
        assert word_ in ran.stderr
    assert git(team.owner, "for-each-ref") == before
    assert not list((tmp_path / "state").rglob("*"))


def test_a_private_key_given_as_a_recipient_is_not_shown(
    skc: Skc, tmp_path: Path, value: str
) -> None:
    team = Team(tmp_path, value)
    key = str(pyrage.x25519.Identity.generate())
    ran = scrub(skc, team.owner, [value], "--recipient", key)
    assert ran.code == 0, "a bundle that is not sealed has no use for it"
    file = tmp_path / "values"
    file.write_text(value)
    ran = skc("scrub", "--values-from", str(file), "--recipient", key, "--yes", cwd=team.owner)
    assert ran.code == 4
    assert key[15:25] not in ran.stdout + ran.stderr
