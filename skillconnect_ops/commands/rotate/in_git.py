"""Present values that a git repository holds: an open finding, since clones have them too.

Looked at are what HEAD holds, in submodules as well that are checked out, and every version of an
env file that a branch, a tag or a reflog leads to. Env files are read as the app reads them, all
others by what stands there. What lies deeper, `skc secrets scan --history` finds.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Ticker
from skillconnect_ops.core.ports.objects import Piece, Repository
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.envfile import parse
from skillconnect_ops.envfile.names import GLOBS, is_env_file
from skillconnect_ops.evidence.forms import forms

LEAST = 12
"""Letters: what is shorter counts only as the value of its own variable; it may be a mere word."""
MOST_UNREADABLE = 10
"""Objects of a repository; where so many are not to be had, the others would not be either."""
_SHALLOW = "a shallow clone: older commits are not here; git fetch --unshallow"


class InGit(Struct, frozen=True):
    """What the look brought."""

    where: Mapping[str, str]
    """By variable: the file that holds its present value, and since which commit."""
    unknown: tuple[str, ...] = ()
    """What could not be looked at, and why."""


class _Wanted(Struct, frozen=True):
    """A value that is looked for."""

    env: str
    plain: str
    texts: tuple[bytes, ...]
    """What stands for it in any file."""

    def is_in(self, path: str, content: bytes) -> bool:
        """Whether a file of that name and content holds it."""
        if any(text in content for text in self.texts):
            return True
        return is_env_file(path) and any(
            one.value == self.plain and (one.key == self.env or len(self.plain) >= LEAST)
            for one in parse(content).entries
        )


def in_git(house: House, target: Target, values: Mapping[str, Secret]) -> InGit:
    """Where git holds one of these values, in the repositories that the env files lie in.

    Args:
        house: whose project it is.
        target: whose env files.
        values: present ones, by the variable's name.
    """
    look = _Look([_wanted(env, value.reveal()) for env, value in values.items()])
    folders, passed = _folders(house, target), set[Path]()
    with house.person.progress("looking for what git holds", total=None, unit="files") as ticker:
        while folders and look.left:
            try:
                folders += _below(house, folders.pop(0), look, passed, ticker)
            except Precondition as error:
                look.unknown.append(f"{error.what}: {error.why}")
    return InGit(look.where, tuple(dict.fromkeys(look.unknown)))


def _below(
    house: House, folder: Path, look: "_Look", passed: set[Path], ticker: Ticker
) -> list[Path]:
    """Look at the repository of a folder; gives those within it."""
    state = house.git.state(folder)
    repository = house.repositories.open(folder) if state is not None else None
    if state is None or repository is None or repository.git_folder in passed:
        return []
    passed.add(repository.git_folder)
    tracked = {
        oid: (path, f"{path}, which git tracks") for path, oid in repository.head_paths().items()
    }
    look.at(repository, tracked, ticker)
    if look.left:
        if state.shallow:
            look.unknown.append(f"{state.root}: {_SHALLOW}")
        try:
            look.at(repository, _versions(house, repository, state.root), ticker)
        except Precondition as error:  # what HEAD holds is found all the same
            look.unknown.append(f"{error.what}: {error.why}")
    inner = (state.root / path for path in repository.submodules())
    return [path for path in inner if (path / ".git").exists()]


class _Look:
    """What is still looked for, what was found, and what could not be looked at."""

    def __init__(self, wanted: list[_Wanted]) -> None:
        self.left = wanted
        self.where: dict[str, str] = {}
        self.unknown: list[str] = []

    def at(
        self, repository: Repository, places: Mapping[str, tuple[str, str]], ticker: Ticker
    ) -> None:
        """Search objects: by oid, the path of each and what is said of it. Env files come first."""
        unread: list[str] = []
        for piece in repository.contents(sorted(places, key=lambda oid: _rank(places[oid][0]))):
            path, place = places[piece.oid]
            if isinstance(piece, Piece):
                found = [one for one in self.left if one.is_in(path, piece.content)]
                self.where |= dict.fromkeys((one.env for one in found), place)
                self.left = [one for one in self.left if one not in found]
            else:
                unread.append(f"{place}: {piece.reason}")
            if not self.left or len(unread) == MOST_UNREADABLE:
                break
            ticker.advance(1)
        if unread:
            more = f", and {len(unread) - 1} more at least" if len(unread) > 1 else ""
            self.unknown.append(f"{unread[0]}{more}")


def _rank(path: str) -> tuple[bool, str]:
    return not is_env_file(path), path


def _folders(house: House, target: Target) -> list[Path]:
    """The project's, and those of env files that links or submodules put elsewhere."""
    root = house.project().root
    files = (root / file for file in target.settings.env_files)
    homes = (root, *(file.resolve().parent for file in files))
    return [home for home in dict.fromkeys(homes) if home.is_dir()]


def _versions(house: House, repository: Repository, root: Path) -> dict[str, tuple[str, str]]:
    """Those of env files: by object the path, and the oldest commit that brought it."""
    by_path = house.git.commits_by_path(root, *GLOBS, reflog=True)
    commits = dict.fromkeys(commit for each in by_path.values() for commit in each)
    found: dict[str, tuple[str, str]] = {}
    for one in repository.introductions(commits):
        if is_env_file(one.path):
            found.setdefault(one.oid, (one.path, f"{one.path} in commit {one.commit[:9]}"))
    return found


def _wanted(env: str, plain: str) -> _Wanted:
    long = (form for form in forms(plain) if len(form) >= LEAST)
    return _Wanted(env, plain, tuple(form.encode(errors="surrogateescape") for form in long))
