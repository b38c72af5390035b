"""Present values that a git repository holds: an open finding, since every clone has them too.

Looked at are the files that git tracks and every committed version of an env file, by what stands
there as it is. What lies deeper, in other files' past or encoded, `skc secrets scan --history`
finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import Piece, Repository, Unreadable
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.envfile.names import GLOBS
from skillconnect_ops.evidence.forms import forms

LEAST = 12
"""Letters: what is shorter counts only as the value of its own variable; it may be a mere word."""


class InGit(Struct, frozen=True):
    """What the look brought."""

    where: Mapping[str, str]
    """By variable: the file that holds its present value, and since which commit."""
    unknown: tuple[str, ...] = ()
    """What could not be looked at, and why."""


def in_git(house: House, target: Target, values: Mapping[str, Secret]) -> InGit:
    """Where git holds one of these values, in the repositories that the env files lie in.

    Args:
        house: whose project it is.
        target: whose env files.
        values: present ones, by the variable's name.
    """
    needles = {env: _needles(env, value) for env, value in values.items()}
    where: dict[str, str] = {}
    unknown: list[str] = []
    for folder in _folders(house, target):
        try:
            for place, piece in _pieces(house, folder):
                if not isinstance(piece, Piece):
                    unknown.append(f"{place}: {piece.reason}")
                    continue
                content = piece.content + b"\n"
                for env, texts in needles.items():
                    if env not in where and any(text in content for text in texts):
                        where[env] = place
        except Precondition as error:
            unknown.append(f"{error.what}: {error.why}")
    return InGit(where, tuple(dict.fromkeys(unknown)))


def _folders(house: House, target: Target) -> Sequence[Path]:
    """The project's, and those of env files that links or submodules put elsewhere."""
    root = house.project().root
    files = (root / file for file in target.settings.env_files)
    homes = (root, *(file.resolve().parent for file in files))
    return tuple(dict.fromkeys(home for home in homes if home.is_dir()))


def _pieces(house: House, folder: Path) -> Iterator[tuple[str, Piece | Unreadable]]:
    repository = house.repositories.open(folder)
    places = {} if repository is None else _places(house, repository)
    for piece in () if repository is None else repository.contents(places):
        yield places[piece.oid], piece


def _places(house: House, repository: Repository) -> dict[str, str]:
    """By object: a file that is tracked, or the version of an env file; the first one counts."""
    found: dict[str, str] = {}
    for path, oid in repository.index().items():
        found.setdefault(oid, f"{path}, which git tracks")
    for path, commit, oid in _versions(house, repository):
        found.setdefault(oid, f"{path} in commit {commit[:9]}")
    return found


def _versions(house: House, repository: Repository) -> Iterator[tuple[str, str, str]]:
    by_path = house.git.commits_by_path(repository.root or repository.git_folder, *GLOBS)
    commits = dict.fromkeys(commit for each in by_path.values() for commit in each)
    for one in repository.introductions(commits):
        if one.path in by_path:
            yield one.path, one.commit, one.oid


def _needles(env: str, value: Secret) -> tuple[bytes, ...]:
    plain = value.reveal()
    named = [f"{env}={quote}{plain}{quote}" for quote in ("", '"', "'")]
    texts = [*named[1:], *(form for form in forms(plain) if len(form) >= LEAST)]
    texts += [f"{named[0]}{end}" for end in ("\n", "\r", " ")]
    return tuple(text.encode(errors="surrogateescape") for text in texts)
