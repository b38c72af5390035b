"""Which variables an env file serves, put together from all the places that read them; pure."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from skillconnect_ops.code.model import Found, Kind, Read

_APP = frozenset({Kind.JAVASCRIPT, Kind.PYTHON, Kind.PRISMA})


class Usage(Struct, frozen=True, kw_only=True):
    """One variable, and who reads it."""

    name: str
    reads: tuple[Read, ...]

    @property
    def required(self) -> bool:
        """Whether some reader needs it and none knows what to do without."""
        if any(read.checked for read in self.reads):
            return True
        needs = any(read.required for read in self.reads)
        return needs and not any(read.default is not None for read in self.reads)

    @property
    def default(self) -> str | None:
        """The value that is used without it, where all who have one agree."""
        defaults = {read.default for read in self.reads if read.default is not None}
        return defaults.pop() if len(defaults) == 1 else None

    @property
    def defaults(self) -> tuple[str, ...]:
        """All values that are used without it."""
        return tuple(dict.fromkeys(read.default for read in self.reads if read.default is not None))

    @property
    def places(self) -> tuple[str, ...]:
        """`src/app.js:3`, each once."""
        return tuple(dict.fromkeys(f"{read.path}:{read.line}" for read in self.reads))


def usages(
    found: Found, *, folder: str, others: Iterable[str], packages: Sequence[str]
) -> Mapping[str, Usage]:
    """The variables that the env files of a folder serve, by name.

    Args:
        found: what the project's files show.
        folder: the folder of the env files, relative to the root; `.` for the root.
        others: folders that have env files of their own.
        packages: folders that hold a package.json.
    """
    own = [other for other in others if other != folder and _is_below(other, folder)]
    reads: dict[str, list[Read]] = {}
    for read in found.reads:
        below = _is_below(read.path, folder) and not any(_is_below(read.path, o) for o in own)
        if below and not read.test and _serves(read, folder, packages):
            reads.setdefault(read.name, []).append(read)
    return {name: Usage(name=name, reads=tuple(each)) for name, each in reads.items()}


def _serves(read: Read, folder: str, packages: Sequence[str]) -> bool:
    """Whether an env file in the folder reaches this reader."""
    if read.kind is Kind.COMPOSE:  # compose takes `.env` of its own folder
        return _folder(read.path) == folder
    if read.kind is Kind.BROWSER:  # a bundler takes that of its package
        holding = [package for package in packages if _is_below(read.path, package)]
        return max(holding, key=lambda each: each != "." and len(each), default=folder) == folder
    return read.kind in _APP


def _is_below(path: str, folder: str) -> bool:
    return folder in {".", path} or path.startswith(f"{folder}/")


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()
