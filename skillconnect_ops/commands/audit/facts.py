"""What the checks judge: gathered once, and each family only when a check asks for it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from skillconnect_ops.code.console import Use
from skillconnect_ops.code.console_files import console_uses, print_uses
from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.exemptions import Exemptions, of_hashes
from skillconnect_ops.code.express_model import Application, together
from skillconnect_ops.code.looked import Looked
from skillconnect_ops.code.prints import Print
from skillconnect_ops.code.syntax import LANGUAGES
from skillconnect_ops.commands.audit.selection import Selection
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.outcome import Fact, Known, Missing

if TYPE_CHECKING:
    from skillconnect_ops.code.javascript_modules import Module
    from skillconnect_ops.code.server import Server
    from skillconnect_ops.commands.audit.dependencies import Dependencies
    from skillconnect_ops.commands.audit.env_model import EnvFiles
    from skillconnect_ops.commands.audit.sightings import Sightings
    from skillconnect_ops.commands.retired.returning import Returned


_PROTECTS = re.compile(
    rb"\bnext\s*\(|\bres(?:ponse)?\s*\.\s*(?:status|redirect|sendStatus|json|send)\b"
    rb"|helmet|rate-?limit|\bcors\b|csrf|jsonwebtoken|passport|celebrate|\bjoi\b|\bzod\b|\byup\b"
    rb"|\bajv\b|validator|session|Depends|HTTPException|[Ll]imiter|middleware",
)
"""What stands in code that may be of what protects routes, or of what answers."""


class Facts:
    """The facts of one selection of files."""

    def __init__(
        self,
        selection: Selection,
        house: House,
        *,
        tick: Callable[[int], None],
        trees: "Mapping[str, Module] | None" = None,
    ) -> None:
        """Begin; nothing is read yet.

        Args:
            selection: the files.
            house: asked about what is no source: secrets, env files, the ledger.
            tick: told of each one that is read.
            trees: what was parsed of files that are the same here, by path.
        """
        self.selection = selection
        self._house = house
        self._tick = tick
        self._hashes: dict[str, Exemptions] = {}
        self._trees = dict(trees or {})

    def before(self) -> "Facts":
        """Those of the project before the change: the same apps, with what it changed as it was."""
        held = self.selection.held
        same = {path: tree for path, tree in self._trees.items() if path not in held}
        old = Facts(self.selection.before(), self._house, tick=lambda _: None, trees=same)
        old._speaks_of_express = self._speaks_of_express
        old._speaks_of_fastapi = self._speaks_of_fastapi
        return old

    def _read(self, path: str) -> bytes | Skipped:
        """A file as it was asked for: on disk, or as it is staged."""
        self._tick(1)
        return self.selection.of_project(path)

    @cached_property
    def console(self) -> Fact[Looked[Use]]:
        """The uses of `console`."""
        return Known(console_uses(self.selection.files, self._read))

    @cached_property
    def prints(self) -> Fact[Looked[Print]]:
        """The uses of Python's `print`."""
        return Known(print_uses(self.selection.files, self._read))

    @cached_property
    def secrets(self) -> "Fact[Sightings]":
        """What the secret detectors see, in all files."""
        from skillconnect_ops.commands.audit import sightings  # noqa: PLC0415 - slow to load

        return Known(sightings.sightings(self.selection, self._house.crew, tick=self._tick))

    @cached_property
    def env_files(self) -> "Fact[EnvFiles]":
        """The env files, also those that git ignores, and their examples."""
        from skillconnect_ops.commands.audit import env_files  # noqa: PLC0415 - slow to load

        found = env_files.env_files(self.selection, self._house)
        paths = [*(one.path for one in found.files), *(one.path for one in found.examples)]
        paths += [one.hidden_by.file for one in found.examples if one.hidden_by is not None]
        self._heed(dict.fromkeys(paths))
        return Known(found)

    @cached_property
    def dependencies(self) -> "Fact[Dependencies]":
        """What the manifests declare, as far as anything is known against it."""
        from skillconnect_ops.commands.audit import dependencies  # noqa: PLC0415 - slow to load

        found = dependencies.dependencies(self.selection, self._read)
        self._heed(path for path in found.files if not path.endswith(".json"))
        return Known(found)

    @cached_property
    def retired(self) -> "Fact[Returned]":
        """Retired values among what was asked for, and in env files that git ignores."""
        from skillconnect_ops.commands.audit import sightings  # noqa: PLC0415 - slow to load
        from skillconnect_ops.commands.retired import returning  # noqa: PLC0415 - as above

        return Known(
            returning.in_contents(self._house, sightings.staged(self.selection.index))
            if self.selection.index is not None
            else returning.in_files(self._house, self._all_files)
        )

    def _all_files(self) -> "Iterator[tuple[str, Path]]":
        from skillconnect_ops.commands.audit import sightings  # noqa: PLC0415 - as above

        env_files = self.env_files.value.files if isinstance(self.env_files, Known) else ()
        names = (*self.selection.files, *self.selection.beyond, *(one.path for one in env_files))
        for name, path, _ in sightings.on_disk(self.selection.root, dict.fromkeys(names)):
            yield name, path

    def _heed(self, paths: Iterable[str]) -> None:
        """Take the comments of files into account in which `#` begins one."""
        for path in paths:
            data = self._read(path)
            if not isinstance(data, Skipped):
                self._hashes[path] = of_hashes(data.decode("utf-8-sig", errors="replace"))

    @cached_property
    def express(self) -> Fact[Application]:
        """The Express apps of the whole project, with all their routes."""
        # heavy, and most runs of a hook do not come here
        from skillconnect_ops.code.express import routes  # noqa: PLC0415

        if not self._speaks_of_express:
            return Known(Application())
        chosen = self.selection
        return Known(routes(chosen.root, chosen.project, read=chosen.of_project, trees=self._trees))

    @cached_property
    def fastapi(self) -> Fact[Application]:
        """The FastAPI and Starlette apps of the whole project, with all their routes."""
        from skillconnect_ops.code.fastapi import routes  # noqa: PLC0415 - as above

        if not self._speaks_of_fastapi:
            return Known(Application())
        chosen = self.selection
        return Known(routes(chosen.root, chosen.project, read=chosen.of_project))

    @cached_property
    def apps(self) -> Fact[Application]:
        """Both."""
        both = (self.express, self.fastapi)
        missing = next((one for one in both if isinstance(one, Missing)), None)
        if missing is not None:
            return missing
        return Known(together(*(one.value for one in both if isinstance(one, Known))))

    @cached_property
    def server(self) -> "Fact[Server]":
        """What the code of the whole project shows besides routes."""
        from skillconnect_ops.code import fastapi_server  # noqa: PLC0415 - as above
        from skillconnect_ops.code.server import server, together  # noqa: PLC0415 - as above

        files, chosen = self.selection.project, self.selection.files
        within = None if self._speaks_of_express else chosen
        in_python = None if self._speaks_of_fastapi else chosen
        return Known(
            together(
                server(files, self._read, within=within, trees=self._trees),
                fastapi_server.server(files, self._read, within=in_python),
            )
        )

    @cached_property
    def _speaks_of_express(self) -> bool:
        """Whether the apps of the project bear on what was asked for.

        Where nothing in a change speaks of an app, or of what may stand before a route, nobody
        waits for the whole project to be read.
        """
        if self.selection.lines is None:
            return True
        from skillconnect_ops.code.express import speaks_of_express  # noqa: PLC0415 - as above

        return any(
            speaks_of_express(path, data) or _PROTECTS.search(data) is not None
            for path, data in self._now_and_before()
            if PurePosixPath(path).suffix in LANGUAGES
        )

    @cached_property
    def _speaks_of_fastapi(self) -> bool:
        """The same of FastAPI."""
        if self.selection.lines is None:
            return True
        from skillconnect_ops.code.fastapi import speaks_of_fastapi  # noqa: PLC0415 - as above

        return any(
            speaks_of_fastapi(data) or _PROTECTS.search(data) is not None
            for path, data in self._now_and_before()
            if path.endswith(".py")
        )

    def _now_and_before(self) -> Iterator[tuple[str, bytes]]:
        """The sources of a change as they are, and then as they were."""
        for path in self.selection.files:
            data = self._read(path)
            if not isinstance(data, Skipped):
                yield path, data
        for path, old in self.selection.held.items():
            if old is not None:
                yield path, old

    def looked(self) -> "list[Looked[Use] | Looked[Print] | Server]":
        """What was gathered so far; nothing more is read for it, but comments beside routes."""
        families = [self.__dict__.get(name) for name in ("console", "prints")]
        if "express" in self.__dict__ or "server" in self.__dict__:
            families.append(self.server)
        told = [fact.value for fact in families if isinstance(fact, Known)]
        return [*told, Looked[Use](exemptions=self._hashes)] if self._hashes else told

    def exemptions(self, path: str) -> Exemptions:
        """The comments of a file that ask for silence."""
        return next(
            (one.exemptions[path] for one in self.looked() if path in one.exemptions), Exemptions()
        )
