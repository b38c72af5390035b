"""One look at a project for `env example` and `env check`: its code, its env files' names."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

from msgspec import Struct

from skillconnect_ops.code.discovery import Listing, discover
from skillconnect_ops.code.environment import look
from skillconnect_ops.code.model import Found
from skillconnect_ops.commands.env.aim import Aim
from skillconnect_ops.commands.env.drivers import (
    DATABASES,
    PLACEHOLDERS,
    imported,
    says_which,
    scheme_of,
)
from skillconnect_ops.commands.env.registry import Registry
from skillconnect_ops.commands.env.usage import Usage, usages
from skillconnect_ops.commands.folder import bare_root, folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.settings.model import TargetSettings
from skillconnect_ops.disk.plain import plain_bytes
from skillconnect_ops.envfile import EnvFile, parse

EXAMPLES = (
    *(".env.example", ".env.sample", ".env.template", ".env.dist"),
    *("env.example", "example.env", "sample.env"),
)
_IMPORTING = frozenset(
    {*(".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx"), ".py", ".prisma"}
)
_MANIFESTS = frozenset({"package.json", "pyproject.toml", "requirements.txt"})


class Place(Struct, frozen=True, kw_only=True):
    """A folder with env files, and the example beside them."""

    folder: str
    """Relative to the root; `.` for the root itself."""
    env_files: tuple[str, ...]
    """Relative to the root; they need not be there."""
    example: str
    """Relative to the root; the one that is there, else `.env.example`."""


class Survey:
    """A project as the two commands see it; each part is looked at once, when it is asked for."""

    def __init__(self, house: House, target: str | None) -> None:
        """Find the project, or take the folder for one where there is no `skc.yaml`.

        Raises:
            Precondition: `skc.yaml` cannot be read, or there is no such target.
        """
        self._house = house
        self.target = target
        several = False
        profile: str | None = None
        self.state: Path | None = None
        try:
            project = house.project()
        except SettingsNotFound:
            if target is not None:
                raise
            self._configured: Mapping[str, str] = {}
            self.root = bare_root(house)
            here = house.environment.folder.resolve().relative_to(self.root).as_posix()
            self.env_files: tuple[str, ...] = (_join(here, ".env"),)
            self.state = folder_state(house, self.root)
        else:
            self.root, profile = project.root, project.settings.project.profile
            chosen = house.target(target)
            self._configured = _named_by(chosen.settings)
            self.target = chosen.name
            several = len(project.settings.targets) > 1
            fallback = (_join(project.settings.backend, ".env"),)
            self.env_files = chosen.settings.env_files or fallback
        self.registry = Registry(profile=profile)
        self.aim = Aim(
            target=self.target if several else None,
            files=self.env_files,
            root=self.root,
            folder=house.environment.folder.resolve(),
        )

    @cached_property
    def listing(self) -> Listing:
        """The project's files."""
        folders = tuple(place.folder for place in self.places)
        return discover(self.root, git=self._house.git, within=folders)

    @cached_property
    def found(self) -> Found:
        """What they show."""
        with self._house.person.progress("reading the code", total=None, unit="file"):
            return look(self.root, self.listing.files)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The folders of the target's env files."""
        folders: dict[str, list[str]] = {}
        for path in self.env_files:
            folders.setdefault(PurePosixPath(path).parent.as_posix(), []).append(path)
        return tuple(
            Place(folder=folder, env_files=tuple(paths), example=self._example(folder))
            for folder, paths in folders.items()
        )

    def usages(self, folder: str) -> Mapping[str, Usage]:
        """The variables that the env files of a folder serve."""
        packages = tuple(_folders(self.listing.files, {"package.json"}))
        return usages(self.found, folder=folder, others=self._others, packages=packages)

    def leads(self, held: Mapping[str, str | None], usages: Mapping[str, Usage]) -> dict[str, str]:
        """The schemes of the addresses of databases, where more than a name says which it is.

        Args:
            held: the names in env files, with the schemes of their values.
            usages: the variables that are read.
        """
        found = {**{name: scheme for name, scheme in held.items() if scheme}}
        for name in {*held, *usages} - found.keys():
            known = scheme_of(self.registry.placeholder(name))
            if name in self._configured:
                found[name] = self._configured[name]
            elif known in DATABASES and not says_which(name) and self._driver is not None:
                found[name] = self._driver
        return found

    @cached_property
    def _driver(self) -> str | None:
        """The one database whose driver the code imports."""
        files = (each for each in self.listing.files if PurePosixPath(each).suffix in _IMPORTING)
        return imported(
            (self.root / each).read_text("utf-8", errors="replace")
            for each in files
            if (self.root / each).is_file()
        )

    def env_file(self, path: str) -> EnvFile | None:
        """One env file; None where it is not there.

        Raises:
            OSError: it cannot be opened.
        """
        data = self.bytes_of(path)
        return None if data is None else parse(data)

    def bytes_of(self, path: str) -> bytes | None:
        """A file's bytes; None where it is not there.

        Raises:
            OSError: it cannot be opened, or is no file to be read.
        """
        return plain_bytes(self.root / path)

    def unknown(self) -> tuple[Unknown, ...]:
        """What could not be told from the text."""
        return (
            *(Unknown(f"{each.path}:{each.line}", each.reason) for each in self.found.unresolved),
            *(Unknown(each.path, each.reason) for each in self.found.unparsed),
            *(Unknown(each.path, each.reason) for each in self.listing.closed),
        )

    @cached_property
    def _others(self) -> tuple[str, ...]:
        """Folders that have env files of their own, or an example of some."""
        places = _folders(self.listing.files, _MANIFESTS | set(EXAMPLES))
        return tuple(
            folder
            for folder in places
            if any((self.root / folder / name).exists() for name in (".env", *EXAMPLES))
        )

    def _example(self, folder: str) -> str:
        there = (name for name in EXAMPLES if (self.root / folder / name).is_file())
        return _join(folder, next(there, EXAMPLES[0]))


def _named_by(settings: TargetSettings) -> dict[str, str]:
    """The variables of which `skc.yaml` says what they lead to."""
    kinds = {one.env: one.kind for one in settings.secrets.values()}
    found = {env: kind for env, kind in kinds.items() if kind in PLACEHOLDERS}
    if settings.database is not None:
        found[settings.database.uri.removeprefix("env:")] = "mongodb"
    return found


def _folders(files: tuple[str, ...], names: frozenset[str] | set[str]) -> Iterator[str]:
    found = (PurePosixPath(path) for path in files)
    yield from dict.fromkeys(path.parent.as_posix() for path in found if path.name in names)


def _join(folder: str, name: str) -> str:
    return name if folder in {".", ""} else f"{folder.rstrip('/')}/{name}"
