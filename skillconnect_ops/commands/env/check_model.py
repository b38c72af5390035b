"""What `env check` looked at, and what its checks make of it."""

import posixpath
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from skillconnect_ops.code.dockerfile import Instruction
from skillconnect_ops.code.model import Found
from skillconnect_ops.commands.env.aim import Aim
from skillconnect_ops.commands.env.describe import is_secret
from skillconnect_ops.commands.env.ignore import Ignore
from skillconnect_ops.commands.env.registry import Registry
from skillconnect_ops.commands.env.survey import Place
from skillconnect_ops.commands.env.usage import Usage
from skillconnect_ops.commands.held import Held
from skillconnect_ops.commands.retired import Compared
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.envfile import Entry, EnvFile
from skillconnect_ops.envfile.values import is_placeholder


class FileFacts(Held, frozen=True, kw_only=True):
    """One env file of the target."""

    file: Fact[EnvFile | None]
    """None where it is not there."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its assignments; none where it is not there or cannot be read."""
        if isinstance(self.file, Known) and self.file.value is not None:
            return self.file.value.entries
        return ()


class PlaceFacts(Struct, frozen=True, kw_only=True):
    """A folder of env files, and the code that it serves."""

    place: Place
    files: tuple[FileFacts, ...]
    usages: Mapping[str, Usage]
    documented: Fact[frozenset[str] | None]
    """The names in the example; None where there is none."""

    @property
    def names(self) -> frozenset[str]:
        """All names in its env files."""
        return frozenset(entry.key for file in self.files for entry in file.entries)

    @property
    def is_known(self) -> bool:
        """Whether there is an env file, and all that are there were read."""
        facts = [file.file for file in self.files]
        return all(isinstance(fact, Known) for fact in facts) and any(
            isinstance(fact, Known) and fact.value is not None for fact in facts
        )


class Image(Struct, frozen=True, kw_only=True):
    """One Dockerfile, built with one folder as its context."""

    path: str
    """Where it stands: a Dockerfile, or a compose file."""
    instructions: tuple[Instruction, ...]
    context: str
    """The folder, relative to the root, which may lie above it."""
    ignore: Ignore
    """What the build leaves out of its context."""
    ignore_file: str
    """The file with these rules, or where it would be; relative to the root."""
    root: str
    """The project's own folder, as a whole path."""

    def inside(self, path: str) -> str | None:
        """A file's path within the context; None where it lies outside."""
        whole, context = (posixpath.join(self.root, each) for each in (path, self.context))
        found = posixpath.relpath(whole, context)
        return None if found == ".." or found.startswith("../") else found


class Facts(Struct, frozen=True, kw_only=True):
    """Everything, gathered once."""

    places: tuple[PlaceFacts, ...]
    images: tuple[Image, ...]
    unread_images: tuple[Unknown, ...] = ()
    found: Found
    registry: Registry
    aim: Aim
    """What the commands in remedies are typed for."""
    shallow: Fact[tuple[str, ...]]
    """The folders of the repositories whose history is not all here."""
    in_git: bool = True
    """Whether there is a repository, the project's own or one within."""
    others: tuple[Held, ...] = ()
    """The env files that are not the target's, wherever they are or once were."""
    retired: Compared = Compared()
    """Which of the values in the target's env files the ledger knows."""

    @property
    def held(self) -> tuple[Held, ...]:
        """All that may hold secrets, whoever reads them."""
        return (*self.files, *self.others)

    @property
    def is_nothing(self) -> bool:
        """Whether there is neither an env file, nor an example, nor code that reads a variable."""
        documented = (place.documented for place in self.places)
        files = (isinstance(file.file, Missing) or file.file.value for file in self.files)
        told = any(isinstance(each, Missing) or each.value is not None for each in documented)
        return not (any(files) or told or self.others or self.found.reads or self.found.unparsed)

    @property
    def is_without_file(self) -> bool:
        """Whether none of the target's env files is there."""
        return all(file.file == Known(None) for file in self.files)

    @property
    def files(self) -> tuple[FileFacts, ...]:
        """The target's env files."""
        return tuple(file for place in self.places for file in place.files)

    def secrets(self, file: FileFacts) -> Iterator[Entry]:
        """The assignments of a file that hold a secret: named so, and filled in."""
        for entry in file.entries:
            filled = bool(entry.value) and not is_placeholder(entry.value)
            if filled and is_secret(entry.key, self.registry):
                yield entry


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that is wrong at one place; no value stands in it."""

    message: str
    path: str
    context: str
    """What tells it from others of its check and path: a variable's name, mostly."""
    line: int | None = None
    severity: Severity | None = None
    """Where it is not the check's."""
    confidence: Confidence = Confidence.HIGH
    remedy: str | None = None
    """Where it is not the check's."""


class Check(Struct, frozen=True, kw_only=True):
    """One thing that can be wrong. `run` is pure over the facts."""

    id: str
    """States the fault."""
    title: str
    severity: Severity
    remedy: str
    run: Callable[[Facts], Iterator[Fault | Unknown]]
    references: tuple[str, ...] = ()
    reads_files: bool = False
    """Whether it is about what stands in the target's env files, so that it needs one."""
    asks_git: bool = False
    """Whether there is nothing to look at where there is no repository."""
    told_by: str | None = None
    """The check whose findings say the same of some places, so that this one says nothing more."""


def unknown(file: Held, fact: Missing) -> Unknown:
    """A file that could not be looked at."""
    return Unknown(file.path, fact.reason)
