"""What a scan is asked for, and what it saw, before it is made a report."""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.history.model import Where
from skillconnect_ops.history.places import Origin, Sighting
from skillconnect_ops.history.tree import Standing

if TYPE_CHECKING:  # a hook that only looks has no use for keys and chains
    from skillconnect_ops.core.secret import Secret
    from skillconnect_ops.evidence.matching import Retired


class Wish(Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    paths: tuple[Path, ...] = ()
    staged: bool = False
    history: bool = False
    since: str | None = None
    thorough: bool = False
    reveal: bool = False
    strict: bool = False
    baseline: Path | None = None
    fail_on: Severity = Severity.HIGH


class Inner(Struct, frozen=True, kw_only=True):
    """A repository within the one that is scanned; falsy for the outermost one itself."""

    name: str = ""
    """Where it is: a submodule's name, a folder."""
    sort: str = "submodule"

    def __bool__(self) -> bool:
        return bool(self.name)

    def __str__(self) -> str:
        return f"{self.sort} {self.name}"

    def below(self, name: str, sort: str | None = None) -> "Inner":
        """One that lies within this one."""
        return Inner(name=f"{self.name}/{name}" if self else name, sort=sort or self.sort)

    def path(self, name: str) -> str:
        """A path of this repository as one of the outermost."""
        return f"{self.name}/{name}" if self and not name.startswith("/") else name


OUTERMOST = Inner()


class Seen(Struct, frozen=True, kw_only=True):
    """A sighting, and what only this room knows of it."""

    sighting: Sighting
    standing: Standing | None = None
    """Of a file in the work tree."""
    inner: Inner = OUTERMOST
    """The repository that it was seen in."""
    own_record: bool = False
    """Whether it stands in verified records of skc's own."""
    before: Origin | None = None
    """The commit that brought the secret to this path before the revision of `--since`."""


def is_ignored_file(one: Seen) -> bool:
    """Whether it was seen in a file of the work tree that git ignores, and nowhere else."""
    return one.sighting.where is Where.WORK_TREE and one.standing is Standing.IGNORED


def _lies_in(one: Seen, path: str) -> bool:
    if one.sighting.path is None or one.sighting.where in {Where.NAME, Where.REF}:
        return False
    return f"{one.inner.path(one.sighting.path)}/".startswith(f"{path}/")


class Way(Enum):
    """Whether what was found can be renewed by `skc rotate`."""

    NONE = "skc.yaml does not name it"
    NO_ADMIN = "it is named, and there is nobody who may change it"
    ROTATE = "it is named, and all is there"


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the project says about what was seen."""

    in_project: bool = False
    target: str | None = None
    """The one whose secrets `skc rotate` may renew: the only one, or the one that they are of."""
    several: bool = False
    """Whether there are others, too, so that it has to be named."""
    way: Way = Way.NONE
    at_home: Mapping[str, str] = {}
    """Files whose secrets are where they belong, and in words why that is so."""
    away: Mapping[str, tuple[str, str]] = {}
    """The targets' env files that are no such place as they lie there: why, and what mends it."""
    retired: "Mapping[Secret, Retired]" = {}
    """What was seen and is in the ledger of retired secrets."""


class Scan(Struct, frozen=True, kw_only=True):
    """Everything that one run of the command saw."""

    seen: tuple[Seen, ...] = ()
    retired: tuple[Finding, ...] = ()
    """Values of the ledger of retired secrets that came back."""
    unknown: tuple[Unknown, ...] = ()
    git_folders: frozenset[Path] = frozenset()
    """Those whose history was looked at."""
    objects: int = 0
    files: int = 0
    size_bytes: int = 0
    broken: bool = False
    """Whether a whole part of a repository could not be read, so that the scan is incomplete."""
    passed_over: int = 0
    """How often something stood where a secret may stand, and was plainly none."""
    below: tuple[str, ...] = ()
    """The paths that it was narrowed to; what has none, or another one, was left out."""
    mends: tuple[str, ...] = ()
    """Commands that bring what was lacking."""

    def narrowed(self, paths: tuple[str, ...]) -> "Scan":
        """Only what lies at or below these paths."""
        seen = tuple(one for one in self.seen if any(_lies_in(one, path) for path in paths))
        return replace(self, seen=seen, below=paths)

    def __add__(self, other: "Scan") -> "Scan":
        return Scan(
            seen=self.seen + other.seen,
            retired=self.retired + other.retired,
            unknown=self.unknown + other.unknown,
            git_folders=self.git_folders | other.git_folders,
            objects=self.objects + other.objects,
            files=self.files + other.files,
            size_bytes=self.size_bytes + other.size_bytes,
            broken=self.broken or other.broken,
            passed_over=self.passed_over + other.passed_over,
            below=tuple(dict.fromkeys(self.below + other.below)),
            mends=tuple(dict.fromkeys(self.mends + other.mends)),
        )
