"""Any history at all: nothing is left, nothing else is changed, a second run does nothing."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.commands.scrub import judge
from tests.commands.scrub.generated import History, histories, make
from tests.commands.scrub.judge import Affected, Judge, Kept, Repository
from tests.commands.scrub.scrubbing import commit_map, facts, scrub
from tests.conftest import environment_in, skc_in

EXAMPLES = 8
LONG_EXAMPLES = 400
LONG_PARTS = 10


def scrubbed_and_judged(history: History) -> None:
    with tempfile.TemporaryDirectory(prefix="any-history") as folder:
        _scrubbed_and_judged(history, Path(folder))


def _scrubbed_and_judged(history: History, folder: Path) -> None:
    root = folder / "repository"
    make(history, root)
    assert judge.clean(root) == ""
    told = Judge([value.encode() for value in history.values])
    was = Repository(root)
    affected = Affected(was, told)
    status = judge.git(root, "status", "--porcelain")
    assert was.refs  # all is read before the scrub
    assert was.reflogs

    skc = skc_in(folder, environment_in(folder))
    ran = scrub(skc, root, history.values)
    assert facts(ran)

    assert told.places(root) == []
    assert judge.clean(root) == ""
    assert judge.leftovers(root) == []
    now, commits = Repository(root), commit_map(ran, root)
    changed = {old for old, new in commits.items() if old != new}
    innocent = set(affected.reached) - affected.commits
    assert affected.commits <= changed
    assert innocent.isdisjoint(changed)
    assert innocent <= set(now.objects)
    kept = Kept(was, now, told, commits)
    assert kept.trouble_of_commits(affected.reached) == []
    assert kept.trouble_of_refs() == []
    assert judge.git(root, "status", "--porcelain") == status

    again = scrub(skc, root, history.values)
    assert again.code == 0, again.stderr
    assert Repository(root).refs == now.refs
    assert Repository(root).objects == now.objects


few = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(200)
@few
@given(histories())
def test_any_history_is_scrubbed_and_nothing_else_is_changed(history: History) -> None:
    scrubbed_and_judged(history)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_many_histories(part: int) -> None:
    seed = int(os.environ.get("SKC_TEST_SEED") or int.from_bytes(os.urandom(4), "big")) + part
    print(f"seed {seed}; again with SKC_TEST_SEED={seed - part}")  # noqa: T201
    many = settings(few, max_examples=LONG_EXAMPLES // LONG_PARTS)
    hypothesis.seed(seed)(many(given(histories(most=40))(scrubbed_and_judged)))()


def test_what_is_generated_is_of_every_kind() -> None:
    """A strategy that only ever drew plain files would prove nothing."""
    seen: set[str] = set()

    @settings(max_examples=300, database=None, derandomize=True, phases=[Phase.generate])
    @given(histories())
    def look(history: History) -> None:
        told = Judge([value.encode() for value in history.values])
        for commit in history.commits:
            seen.add(
                ("root", "child", "merge")[len(commit.parents)]
                if len(commit.parents) < 3
                else "octopus"
            )
            for place in (commit.message, commit.author):
                seen.update("in a head" for _ in told.held(place))
            for path, (mode, content) in commit.files.items():
                seen.add(mode.decode())
                seen.update("in a path" for _ in told.held(path))
                seen.update(form for form, _ in told.within(content))
        seen.update(f"tag of {tag.of}" for tag in history.tags)
        seen.update("in a tag" for tag in history.tags if told.held(tag.message))
        seen.update("in a branch" for name in history.branches if told.held(name))
        seen.update("note" for _ in history.notes)
        seen.update("loose" if history.loose else "packed" for _ in "1")

    look()
    assert seen >= {
        *("plain", "hex", "base64", "base64 of utf-16-le", "url", "json", "html"),
        *("utf-16-le", "utf-16-be", "gzip: plain", "zip member b.txt: plain"),
        *("in a head", "in a path", "in a tag", "in a branch"),
        *("root", "child", "merge", "octopus", "note", "loose", "packed"),
        *("tag of commit", "tag of tree", "tag of blob", "tag of tag"),
        *("100644", "100755", "120000", "160000"),
    }


Break = Callable[[Path], object]


@pytest.mark.parametrize(
    ("what", "break_it"),
    [
        (
            "parents",
            lambda root: judge.git(root, "commit", "-q", "--amend", "--no-edit", "--date=@1"),
        ),
        ("a file", lambda root: judge.git(root, "rm", "-q", "-f", "one.js")),
        ("a mode", lambda root: judge.git(root, "update-index", "--chmod=+x", "one.js")),
        ("a ref", lambda root: judge.git(root, "update-ref", "-d", "refs/tags/v1")),
        ("a new ref", lambda root: judge.git(root, "update-ref", "refs/tags/v2", "HEAD")),
    ],
)
def test_the_judge_sees_what_else_changed(tmp_path: Path, what: str, break_it: Break) -> None:
    """A judge that overlooks a changed tree, date or ref would let anything pass."""
    judge.git(tmp_path, "init", "-q", "-b", "main")
    judge.git(tmp_path, "config", "user.email", "ada@shop.invalid")
    judge.git(tmp_path, "config", "user.name", "Ada")
    (tmp_path / "one.js").write_text("let one\n")
    judge.git(tmp_path, "add", ".")
    judge.git(tmp_path, "commit", "-q", "-m", "begin")
    judge.git(tmp_path, "tag", "-a", "v1", "-m", "release")
    was = Repository(tmp_path)
    old = was.refs["refs/heads/main"]
    assert was.objects
    told = Judge([b"no such value"])
    assert Kept(was, Repository(tmp_path), told, {}).trouble_of_refs() == []
    break_it(tmp_path)
    if what in {"a file", "a mode"}:
        judge.git(tmp_path, "commit", "-q", "--amend", "--allow-empty", "--no-edit")
    now = Repository(tmp_path)
    kept = Kept(was, now, told, {old: now.refs["refs/heads/main"]})
    assert kept.trouble_of_commits([old]) + kept.trouble_of_refs() != []
