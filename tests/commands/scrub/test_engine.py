"""`--engine filter-repo`: it makes the new commits, and all around it stays as it is."""

import base64
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.commands.scrub import judge
from tests.commands.scrub.generated import History, histories, make
from tests.commands.scrub.hiding import Hiding, odd
from tests.commands.scrub.judge import Judge
from tests.commands.scrub.scrubbing import OPEN, commit_map, facts, scrub
from tests.commands.scrub.test_like_filter_repo import filter_repo
from tests.conftest import Skc, environment_in, skc_in

pytestmark = pytest.mark.timeout(200)

ENGINE = ("--engine", "filter-repo")


def on_path(folder: Path, script: str) -> str:
    """A PATH on which `git filter-repo` is this."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "git-filter-repo"
    program.write_text(script)
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def real(folder: Path) -> str:
    """The one that these tests are installed with."""
    return on_path(
        folder, f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m git_filter_repo "$@"\n'
    )


@pytest.fixture
def with_it(tmp_path: Path, clean_environment: dict[str, str]) -> Skc:
    return skc_in(tmp_path, {**clean_environment, "PATH": real(tmp_path / "bin")})


def left(shop: Hiding, value: str) -> bool:
    return bool(Judge([value.encode()]).places(shop.root))


def tree(root: Path, commit: str) -> bytes:
    return judge.git(root, "rev-parse", f"{commit}^{{tree}}")


def refs(shop: Hiding) -> bytes:
    return judge.git(shop.root, "for-each-ref")


@settings(
    max_examples=4, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(histories(plain_only=True))
def test_every_commit_becomes_what_filter_repo_makes_of_it(history: History) -> None:
    with tempfile.TemporaryDirectory(prefix="engine") as made:
        folder = Path(made)
        ours, theirs = folder / "ours", folder / "theirs"
        make(history, ours)
        shutil.copytree(ours, theirs, symlinks=True)
        commits = judge.git(ours, "rev-list", "--all").decode().split()
        skc = skc_in(folder, {**environment_in(folder), "PATH": real(folder / "bin")})
        ran = scrub(skc, ours, history.values, *ENGINE)
        our_map = commit_map(ran, ours)
        their_map = filter_repo(theirs, list(history.values))
        for commit in commits:
            # not the ids: the oracle is not told to keep encodings of messages
            assert tree(ours, our_map.get(commit, commit)) == tree(theirs, their_map[commit])
        judge.git(ours, "fsck", "--full", "--strict")


def test_refs_stashes_remotes_and_reflogs_are_what_they_always_are_after_a_scrub(
    with_it: Skc, shop: Hiding
) -> None:
    value = odd()
    shop.commit("a.js", f"const key = '{value}'\n", f"with {value}")
    shop.git("tag", "-a", "v1", "-m", f"release of {value}")
    shop.git("remote", "add", "origin", "https://hub.invalid/shop.git")
    shop.git("update-ref", "refs/remotes/origin/main", "HEAD")
    shop.git("update-ref", "refs/heads/other", "HEAD")
    for number in range(2):
        (shop.root / "a.js").write_text(f"{value} and {number}\n")
        shop.git("stash", "-q")
    before = {line.split()[2] for line in refs(shop).splitlines()}
    shop.commit("b.js", "1\n", "later")
    reflog = judge.git(shop.root, "reflog").splitlines()
    ran = scrub(with_it, shop.root, [value], *ENGINE)
    assert ran.code == 0, (ran.json["facts"]["scrub"]["proof"], ran.stderr)
    assert not left(shop, value)
    assert {line.split()[2] for line in refs(shop).splitlines()} == before
    assert judge.git(shop.root, "remote").split() == [b"origin"]
    assert len(judge.git(shop.root, "stash", "list").splitlines()) == 2
    assert len(judge.git(shop.root, "reflog").splitlines()) == len(reflog)
    assert judge.git(shop.root, "status", "--porcelain") == b""
    judge.git(shop.root, "fsck", "--full", "--strict")
    assert facts(ran)["after"]["pushes"]


def test_what_it_leaves_the_proof_names_and_the_next_command_takes_out(
    with_it: Skc, shop: Hiding
) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "plainly")
    shop.commit("b.txt", base64.b64encode(value.encode()).decode(), "otherwise")
    ran = scrub(with_it, shop.root, [value], *ENGINE)
    assert ran.code == 13
    assert {one["subject"] for one in ran.json["facts"]["scrub"]["proof"]["found"]} > {"file b.txt"}
    judge.git(shop.root, "fsck", "--full", "--strict")
    (line,) = ran.json["next"]
    assert "--engine" not in line
    assert with_it(*shlex.split(line)[1:], *OPEN, "--confirm", "shop", cwd=shop.root).code == 0
    assert not left(shop, value)


def test_of_all_hiding_places_the_proof_names_those_that_it_leaves(
    with_it: Skc, tmp_path: Path
) -> None:
    hiding = Hiding(tmp_path / "made")
    values = [place.value for place in hiding.hide()]
    ran = scrub(with_it, hiding.root, values, *ENGINE)
    assert ran.code == 13, ran.stderr
    proof = ran.json["facts"]["scrub"]["proof"]
    named = {number - 1 for one in proof["found"] for number in one["values"]}
    found = Judge([value.encode() for value in values]).places(hiding.root)
    beside = {one.value for one in found} - named
    assert len(beside) == len(proof["left"])
    assert len(named) > len(beside)
    judge.git(hiding.root, "fsck", "--full")
    again = shlex.split(ran.json["next"][0])[1:]
    assert with_it(*again, *OPEN, "--confirm", "shop", cwd=hiding.root).code == 0
    found = Judge([value.encode() for value in values]).places(hiding.root)
    assert {one.value for one in found} == beside


def test_tags_that_it_would_leave_at_the_old_history_stop_it(with_it: Skc, shop: Hiding) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    shop.git("tag", "-a", "v1", "-m", "release")
    shop.git("update-ref", "refs/kept/v1", "refs/tags/v1")
    shop.git("tag", "-d", "v1")
    before = refs(shop)
    ran = scrub(with_it, shop.root, [value], *ENGINE)
    assert ran.code == 5, ran.stdout
    assert "tags at the old history" in ran.json["error"]["what"]
    assert refs(shop) == before
    judge.git(shop.root, "fsck", "--full", "--strict")


def test_files_go_by_their_path_and_from_there_alone(with_it: Skc, shop: Hiding) -> None:
    text = f"DB={odd()}\n"
    shop.commit(".env", text, "leak")
    shop.commit("notes/.env", text, "the same folder content elsewhere")
    shop.commit("notes/.env.txt", "fine\n", "not this one")
    words = ("--path", ".env", *ENGINE, *OPEN, "--confirm", "shop", "--format", "json")
    ran = with_it("scrub", *words, cwd=shop.root)
    assert ran.code == 0, ran.stdout
    names = judge.git(shop.root, "log", "--all", "--name-only", "--format=").decode().split()
    assert ".env" not in names
    assert {"notes/.env", "notes/.env.txt"} <= set(names)
    judge.git(shop.root, "fsck", "--full", "--strict")


def test_undo_brings_it_back(with_it: Skc, shop: Hiding) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    before = refs(shop)
    assert scrub(with_it, shop.root, [value], *ENGINE).code == 0
    assert refs(shop) != before
    assert with_it("scrub", "undo", "--yes", cwd=shop.root).code == 0
    assert refs(shop) == before
    judge.git(shop.root, "fsck", "--full", "--strict")


def test_where_it_is_not_installed_nothing_is_touched_and_it_is_told_how_to_install_it(
    skc: Skc, shop: Hiding, tmp_path: Path
) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "git").symlink_to(str(shutil.which("git")))
    lone = skc_in(tmp_path, {**environment_in(tmp_path), "PATH": str(tmp_path / "bare")})
    ran = scrub(lone, shop.root, [value], *ENGINE)
    assert ran.code == 4
    assert "pip install git-filter-repo" in ran.json["error"]["fix"]
    assert left(shop, value)


def test_a_repository_of_sha256_is_refused(with_it: Skc, tmp_path: Path) -> None:
    root = tmp_path / "new"
    judge.git(tmp_path, "init", "-q", "--object-format=sha256", str(root))
    ran = scrub(with_it, root, [odd()], *ENGINE)
    assert ran.code == 4
    assert "SHA-1 alone" in ran.json["error"]["why"]


def test_where_it_fails_all_is_as_before(shop: Hiding, tmp_path: Path) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    before = refs(shop)
    script = '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho made > half-done\nexit 3\n'
    failing = skc_in(
        tmp_path, {**environment_in(tmp_path), "PATH": on_path(tmp_path / "bin", script)}
    )
    ran = scrub(failing, shop.root, [value], *ENGINE)
    assert ran.code == 5, ran.stderr
    assert "it ended with 3" in ran.json["error"]["why"]
    assert refs(shop) == before
    assert not (shop.root / ".git/skc-filter-repo").exists()


DYING = """\
#!/bin/sh
[ "$1" = --version ] && exit 0
{python} -m git_filter_repo "$@"
kill -9 $(cut -d' ' -f4 /proc/$PPID/stat)
"""


@pytest.mark.parametrize("way", ["resume", "rollback"])
@pytest.mark.skipif(sys.platform != "linux", reason="finds who started it in /proc")
def test_a_death_in_it_leaves_the_old_history_and_is_healed(
    skc_process: Skc, with_it: Skc, shop: Hiding, tmp_path: Path, way: str
) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    before = refs(shop)
    path = on_path(tmp_path / "dying", DYING.format(python=shlex.quote(sys.executable)))
    file = tmp_path / "values"
    file.write_text(value)
    words = ("--values-from", str(file), *ENGINE, *OPEN, "--confirm", "shop")
    ran = skc_process("scrub", *words, cwd=shop.root, env={"PATH": path})
    assert ran.code == -9, ran.stderr
    assert refs(shop) == before
    assert (shop.root / ".git/skc-filter-repo").exists()
    (journal,) = with_it("journal", "list", "--format", "json", cwd=shop.root).json["facts"][
        "journals"
    ]
    healed = with_it("journal", way, journal["id"], "--yes", cwd=shop.root)
    assert healed.code in ({0} if way == "resume" else {0, 5}), healed.stderr
    assert not (shop.root / ".git/skc-filter-repo").exists()
    assert left(shop, value) is (way == "rollback")
    assert (refs(shop) == before) is (way == "rollback")
    judge.git(shop.root, "fsck", "--full", "--strict")
