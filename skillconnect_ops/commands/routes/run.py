"""`skc routes`: read the code, show the table; nothing is changed."""

import os
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from skillconnect_ops.code.discovery import Listing, discover
from skillconnect_ops.code.express import routes as of_express
from skillconnect_ops.code.express_model import (
    Application,
    Middleware,
    Role,
    Route,
    State,
    together,
)
from skillconnect_ops.code.fastapi import routes as of_fastapi
from skillconnect_ops.commands.folder import bare_root
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Block, Cell, Lines, Table, Text, Tone, count

_SHOWN = {
    State.YES: Text("yes", Tone.GOOD),
    State.NO: Text("no", Tone.BAD),
    State.CONDITIONAL: Text("partly", Tone.WARN),
    State.UNRESOLVED: Text("?", Tone.WARN),
    State.NOT_NEEDED: Text("-", Tone.DIM),
}
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE", "ALL"})


class FolderUnreadable(Precondition):
    """The folder to look at is not there, or cannot be listed."""

    def __init__(self, folder: Path, *, why: str) -> None:
        super().__init__(
            f"{folder} cannot be looked at",
            why=why,
            fix=f"name a file or folder that is there and readable: ls -ld '{folder}'",
        )


def routes(house: House, path: Path | None) -> Report:
    """Show the routes of the project's apps.

    Args:
        house: the house.
        path: only routes that stand in or below it, or whose app does; one outside of the project
            is looked at for itself.

    Raises:
        Precondition: the folder cannot be read.
    """
    root, within = _aim(house, path)
    with house.person.progress("reading the code", total=None, unit="file"):
        listing = discover(root, git=house.git)
        apps = (of_express(root, listing.files), of_fastapi(root, listing.files))
        found = _within(together(*apps), within)
    return Report(
        command="routes",
        subject={"repository": str(root), **({"path": within} if within else {})},
        unknown=_unknown(found, listing),
        facts=_facts(found),
        view=_view(found),
        next=("skc audit",),
    )


def _aim(house: House, path: Path | None) -> tuple[Path, str | None]:
    """The folder to read, and the part of it that was asked for."""
    asked = (house.environment.folder / (path or ".")).resolve()
    _ensure_readable(asked)
    try:
        root = house.project().root.resolve()
    except SettingsNotFound:
        root = bare_root(house).resolve()
    if path is None:
        _ensure_readable(root)
        return root, None
    if not asked.is_relative_to(root):
        return (asked, None) if asked.is_dir() else (asked.parent, asked.name)
    within = asked.relative_to(root).as_posix()
    return root, None if within == "." else within


def _ensure_readable(asked: Path) -> None:
    try:
        if asked.is_dir():
            with os.scandir(asked):
                return
        asked.stat()
    except OSError as error:
        raise FolderUnreadable(asked, why=error.strerror or type(error).__name__) from error


def _within(found: Application, within: str | None) -> Application:
    if within is None:
        return found

    def is_meant(path: str) -> bool:
        return path == within or path.startswith(f"{within}/")

    kept = tuple(
        one for one in found.routes if is_meant(one.file) or is_meant(one.app.rpartition(":")[0])
    )
    apps = {one.app for one in kept}
    return replace(
        found,
        apps=tuple(one for one in found.apps if one.place in apps or is_meant(one.file)),
        routes=kept,
        uses=tuple(one for one in found.uses if one.app in apps),
        unresolved=tuple(one for one in found.unresolved if is_meant(one.path)),
        unparsed=tuple(one for one in found.unparsed if is_meant(one.path)),
    )


def _unknown(found: Application, listing: Listing) -> tuple[Unknown, ...]:
    told = [
        *(Unknown(f"{one.path}:{one.line}", one.reason) for one in found.unresolved),
        *(Unknown(one.path, one.reason) for one in found.unparsed),
        *(Unknown(one.path, one.reason) for one in listing.closed),
    ]
    if not found.apps and not told:
        looked = count(len(listing.files), "file")
        told.append(
            Unknown(".", f"no app or router of Express or FastAPI is made in {looked} here")
        )
    return tuple(told)


def _facts(found: Application) -> dict[str, Any]:
    return {
        "files_read": found.files,
        "apps": [
            {
                "path": one.file,
                "line": one.line,
                "router": one.is_router,
                "framework": one.framework,
            }
            for one in found.apps
        ],
        "routes": [_of_route(one) for one in found.routes],
        "uses": [
            {
                "app": one.app,
                "prefix": one.prefix,
                "order": one.order,
                "method": one.method,
                **_of_middleware(one.middleware),
            }
            for one in found.uses
        ],
        "unresolved": [
            {"path": one.path, "line": one.line, "reason": one.reason} for one in found.unresolved
        ],
    }


def _of_route(route: Route) -> dict[str, Any]:
    return {
        "app": route.app,
        "method": route.method,
        "path": route.path,
        "file": route.file,
        "line": route.line,
        "order": route.order,
        "condition": route.condition,
        "validation": route.validation,
        "rate_limit": route.rate_limit,
        "csrf": route.csrf,
        "auth": route.auth,
        "handlers": [_of_middleware(one) for one in route.handlers],
        "middlewares": [_of_middleware(one) for one in route.middlewares],
    }


def _of_middleware(one: Middleware) -> dict[str, Any]:
    return {
        "name": one.name,
        "file": one.path,
        "line": one.line,
        "role": one.role,
        "roles": list(one.roles),
        "package": one.package,
        "member": one.member,
        "certainty": one.certainty,
        "condition": one.condition,
        "reason": one.reason or None,
    }


def _view(found: Application) -> tuple[Block, ...]:
    if not found.apps:
        return (Lines((Text("no app of Express or FastAPI was found here", Tone.WARN),)),)
    blocks: list[Block] = []
    for app in found.apps:
        own = [one for one in found.routes if one.app == app.place]
        if not own and app.is_router:
            continue
        kind = "router that nothing here mounts" if app.is_router else "app"
        blocks.append(
            Table(
                ("METHOD", "PATH", "AUTH", "VALID", "LIMIT", "CSRF", "WHERE"),
                tuple(_row(one) for one in own),
                title=f"{kind} at {app.place}",
                empty="it answers nothing that the text shows",
            )
        )
    blocks.append(Lines(tuple(_summary(found)), prose=True))
    return tuple(blocks)


def _row(route: Route) -> tuple[Cell, ...]:
    path: Cell = route.path
    if route.condition is not None:
        path = Text(f"{route.path} (if {route.condition})", Tone.WARN)
    return (
        route.method,
        path,
        _SHOWN[route.auth],
        _SHOWN[route.validation],
        _SHOWN[route.rate_limit],
        _SHOWN[route.csrf],
        f"{route.file}:{route.line}",
    )


def _summary(found: Application) -> list[Cell]:
    writes = [one for one in found.routes if one.method in _WRITES]
    lacks = [
        f"{count(number, 'write')} without {what}"
        for what, number in (
            ("login", sum(one.auth is State.NO for one in writes)),
            ("validation", sum(one.validation is State.NO for one in writes)),
            ("a limiter", sum(one.rate_limit is State.NO for one in writes)),
            ("CSRF protection", sum(one.csrf is State.NO for one in writes)),
        )
        if number
    ]
    told = f"{count(len(found.routes), 'route')}, {len(writes):,} of them write"
    lines: list[Cell] = [f"{told}{': ' if lacks else ''}{', '.join(lacks)}"]
    errors = [one for one in found.uses if Role.ERROR in one.middleware.roles]
    if found.routes and not errors:
        lines.append(Text("no error handler was found", Tone.WARN))
    if found.unresolved:
        lines.append(
            Text(f"{count(len(found.unresolved), 'place')} could not be followed", Tone.WARN)
        )
    return lines
