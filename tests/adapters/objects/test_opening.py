"""Where there is a repository, and where there is none; the real git says."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from skillconnect_ops.adapters.objects import GitRepositories
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.core.errors import Precondition

MEMORY = Path("/dev/shm")


def repositories(**more: str) -> GitRepositories:
    return GitRepositories(ProcessEnvironment({**os.environ, **more}))


@pytest.mark.skipif(not MEMORY.is_mount(), reason="needs a mount of its own")
def test_where_git_stops_at_the_end_of_a_mount_there_is_none() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        assert repositories().open(Path(folder)) is None


def test_without_the_program_a_folder_is_none_and_a_repository_is_not_passed_by(
    tmp_path: Path,
) -> None:
    without = repositories(PATH=str(tmp_path))
    assert without.open(tmp_path) is None
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    with pytest.raises(Precondition, match="git is not installed"):
        without.open(tmp_path / "below")


def test_what_differs_from_the_index_is_told_and_nothing_else(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    for name in ("same", "other ü", "gone", "mode"):
        (tmp_path / name).write_text("a\n")
    git("add", ".")
    (tmp_path / "same").write_text("a\n")
    (tmp_path / "other ü").write_text("b\n")
    (tmp_path / "gone").unlink()
    (tmp_path / "new").write_text("a\n")
    here = repositories().open(tmp_path)
    assert here is not None
    assert here.unstaged() == {"other ü", "gone"}
    git("config", "core.bare", "true")
    bare = repositories().open(tmp_path / ".git")
    assert bare is not None
    assert bare.unstaged() == frozenset()
