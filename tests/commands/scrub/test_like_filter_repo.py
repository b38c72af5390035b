"""`git filter-repo` as the oracle where it handles the case, and where it does not."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.commands.scrub import judge
from tests.commands.scrub.generated import History, histories, make
from tests.commands.scrub.hiding import Hiding
from tests.commands.scrub.judge import Judge, Repository
from tests.commands.scrub.scrubbing import commit_map, facts, scrub
from tests.conftest import environment_in, skc_in


def filter_repo(root: Path, values: list[str]) -> dict[str, str]:
    """Take the values out as the standard recipe does; gives the new id of each commit."""
    file = root.parent / "replacements"
    longest = sorted(values, key=len, reverse=True)
    file.write_text("".join(f"literal:{value}==>***REMOVED***\n" for value in longest))
    subprocess.run(
        [
            *(sys.executable, "-m", "git_filter_repo", "--force", "--quiet"),
            *("--prune-empty=never", "--prune-degenerate=never", "--preserve-commit-hashes"),
            *("--replace-text", str(file)),
        ],
        cwd=root,
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(root.parent), "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return judge.read_map(root / ".git/filter-repo/commit-map")


@pytest.mark.timeout(200)
@settings(
    max_examples=6, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(histories(plain_only=True))
def test_every_tree_is_as_filter_repo_makes_it(history: History) -> None:
    with tempfile.TemporaryDirectory(prefix="like-filter-repo") as made:
        folder = Path(made)
        ours, theirs = folder / "ours", folder / "theirs"
        make(history, ours)
        shutil.copytree(ours, theirs, symlinks=True)
        commits = judge.git(ours, "rev-list", "--all").decode().split()
        ran = scrub(skc_in(folder, environment_in(folder)), ours, history.values)
        assert facts(ran)
        our_map = commit_map(ran, ours)
        their_map = filter_repo(theirs, list(history.values))
        our, their = Repository(ours), Repository(theirs)
        for commit in commits:
            new = our_map.get(commit, commit)
            assert _files(our, new) == _files(their, their_map[commit])


def _files(repository: Repository, commit: str) -> dict[bytes, tuple[bytes, str]]:
    (tree,) = judge.parsed(repository.objects[commit][1])[0][b"tree"]
    return repository.files(tree)


def test_the_standard_recipe_leaves_most_places_as_they_were(tmp_path: Path) -> None:
    """It shows that the places are real: what cleans little is seen to clean little."""
    hiding = Hiding(tmp_path)
    places = hiding.hide()
    values = [place.value for place in places]
    filter_repo(hiding.root, values)
    found = Judge([value.encode() for value in values]).places(hiding.root)
    gone = {place.title for n, place in enumerate(places) if not any(o.value == n for o in found)}
    assert gone >= {
        ".env, added and deleted",
        "a file of many commits",
        "a branch that was never merged",
        "an evil merge",
        "a large file",
    }
    left = {place.title for place in places} - gone
    assert left >= {
        *("a commit's message", "an annotated tag's message", "a tagger's name"),
        *("an author's name", "a branch's name", "a tag's name", "a file's name"),
        *("UTF-16 LE", "base64, offset 0", "base64url, offset 1", "JSON", "HTML entities", "hex"),
        *("URL encoding", "a zip's member", "gzip", "a URL in .git/config", "a hook"),
        *("an LFS object", "a submodule's own history", "an ignored file", "COMMIT_EDITMSG"),
        *("a linked worktree's index", "FETCH_HEAD"),
    }
