"""Finds the repository that a folder lies in, or says why git does not give it."""

import os
from pathlib import Path

from skillconnect_ops.adapters.objects.filter_repo import FilterRepo
from skillconnect_ops.adapters.objects.program import Git, GitCannotRead, GitIsMissing, variables
from skillconnect_ops.adapters.objects.repository import GitRepository
from skillconnect_ops.adapters.objects.rewriting import GitRewriting
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.ports.objects import Repository

_NO_WORK_TREE = "cannot chdir to"
_NOT_HERE = ("not a git repository", "No such file or directory")


class NotTrusted(Precondition):
    """Git refuses a repository that belongs to somebody else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"git does not trust the repository at {folder}",
            why="it belongs to another user (git calls this dubious ownership)",
            fix=f"git config --global --add safe.directory '{folder}'",
        )


class GitRepositories:
    """Implements `core.ports.objects.Repositories` with the `git` on PATH."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def open(self, folder: Path) -> GitRepository | None:
        """The repository that holds the folder, or is it."""
        git = Git(folder=folder, variables=variables(self._environment))
        try:
            own, common, root = _places(git)
        except GitIsMissing:
            if any((place / ".git").exists() for place in (folder, *folder.parents)):
                raise
            return None
        except GitCannotRead as error:
            if "dubious ownership" in error.why:
                raise NotTrusted(folder) from error
            if _NO_WORK_TREE in error.why:
                return self._without_work_tree(git)
            if any(words in error.why for words in _NOT_HERE):
                return None
            raise
        git_folder = Path(own)
        return GitRepository(
            git=Git(folder=git_folder, git_folder=git_folder, variables=git.variables),
            git_folder=Path(os.path.realpath(folder / common)),
            root=Path(root) if root else None,
            index_file=_index(self._environment, folder),
        )

    def rewriting(self, repository: Repository) -> GitRewriting:
        """What changes a repository that was opened here."""
        folder = repository.git_folder
        git = Git(folder=folder, git_folder=folder, variables=variables(self._environment))
        return GitRewriting(git=git, git_folder=folder, root=repository.root)

    def filtering(self, repository: Repository) -> FilterRepo:
        """What has `git filter-repo` rewrite it."""
        folder = repository.git_folder
        git = Git(folder=folder, git_folder=folder, variables=variables(self._environment))
        return FilterRepo(git=git, git_folder=folder)

    def _without_work_tree(self, git: Git) -> GitRepository:
        """What `git rm` leaves of a submodule: its whole history, and the name of a lost folder."""
        apart = {**git.variables, "GIT_WORK_TREE": str(git.folder)}
        own, _, _ = _places(Git(folder=git.folder, variables=apart))
        variables = {**git.variables, "GIT_WORK_TREE": own}
        git_folder = Path(own)
        return GitRepository(
            git=Git(folder=git_folder, git_folder=git_folder, variables=variables),
            git_folder=Path(os.path.realpath(git_folder)),
            root=None,
        )


def _places(git: Git) -> tuple[str, str, str]:
    """The git folder, the one it shares with other work trees, and the work tree, or "" for none.

    One question to git where there is a work tree: each costs a hook a few milliseconds.
    """
    words = ("rev-parse", "--absolute-git-dir", "--git-common-dir")
    try:
        with git.running(*words, "--show-toplevel") as told:
            lines = told.read().splitlines()
    except GitCannotRead as error:
        if "work tree" not in error.why:
            raise
        with git.running(*words) as told:
            lines = [*told.read().splitlines(), b""]
    own, common, root = map(os.fsdecode, lines)
    return own, common, root


def _index(environment: Environment, folder: Path) -> str | None:
    """The index of a hook's caller: `git commit PATH` and `-a` use another one than usual."""
    told = environment.get("GIT_INDEX_FILE")
    return None if told is None else str(folder / told)
