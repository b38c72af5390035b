"""Gathers the facts, each once. Whatever cannot be looked at is a `Missing`, with the reason."""

import os
import re
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from skillconnect_ops.commands.doctor.model import (
    Connection,
    EnvFile,
    Facts,
    LedgerFacts,
    NoConnection,
    Place,
    TargetFacts,
)
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.retired import in_use
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import Precondition, SkcError
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.atlas import Access, AccessFact, is_of_atlas
from skillconnect_ops.core.ports.database import Collection, Database, MalformedUri, WrongPassword
from skillconnect_ops.core.report import ErrorFacts
from skillconnect_ops.core.settings.errors import (
    EnvFileUnreadable,
    NoBackupLocation,
    NoDatabase,
    SettingsNotFound,
    VariableNotSet,
)
from skillconnect_ops.core.settings.model import Project, Target
from skillconnect_ops.disk.plain import plain_bytes
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.model import JournalState, Standing

TOOLS = ("git", "mongodump", "mongorestore", "mongosh", "age", "zstd")

T = TypeVar("T")
_OURS = ("skc.yaml", ".skc")
_NO_PROJECT = Missing("there is no skc.yaml")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class MayNotAsk(Precondition):
    """The server does not tell this user."""

    def __init__(self) -> None:
        super().__init__("this user may not ask", why="the server keeps it to others", fix="")


def gather(house: House, target: str | None) -> Facts:
    """Look at everything: of the named target, else of all.

    Raises:
        Precondition: there is no such target.
    """
    project = _project(house)
    targets: tuple[TargetFacts, ...] = ()
    if isinstance(project, Known):
        names = [target] if target else list(project.value.settings.targets)
        targets = tuple(_target(house, project.value, house.target(name)) for name in names)
    root = project.value.root if isinstance(project, Known) else house.environment.folder
    there = isinstance(project, Known)
    version = house.git.version()
    path = house.environment.get("PATH")
    return Facts(
        folder=house.environment.folder,
        project=project,
        git_version=Known(version) if version else Missing("git is not installed"),
        repository=_looked(lambda: house.git.state(root)),
        uncommitted=_looked(lambda: _uncommitted(house, root)),
        unfinished=_looked(lambda: _unfinished(house)) if there else _NO_PROJECT,
        ledger=_ledger(house) if there else _NO_PROJECT,
        signer=_looked(lambda: house.ledger().signer()) if there else _NO_PROJECT,
        user=_NO_NAME.sub("-", house.environment.get("USER") or "").strip("-._") or "me",
        tools={tool: shutil.which(tool, path=path) for tool in TOOLS},
        targets=targets,
    )


def _project(house: House) -> Fact[Project] | ErrorFacts:
    try:
        return Known(house.project())
    except SettingsNotFound as error:
        return Missing(error.why)
    except SkcError as error:
        return _error(error)


def _target(house: House, project: Project, target: Target) -> TargetFacts:
    uri, connection = _connection(house, target)
    recipients = target.settings.backups.recipients if target.settings.backups else ()
    return TargetFacts(
        name=target.name,
        settings=target.settings,
        env_files=tuple(_env_file(house, project, name) for name in target.settings.env_files),
        uri=uri,
        connection=connection,
        admin=_looked(lambda: house.admin_way(target)),
        place=_place(house, target),
        recipients=tuple((_short(text), _recipient_trouble(text)) for text in recipients),
        retired=in_use(house, target),
        on_atlas=_looked(lambda: _on_atlas(house, target)),
        atlas=_atlas(house, target),
    )


def _env_file(house: House, project: Project, name: str) -> EnvFile:
    path = project.root / name
    mode: Fact[int | None]
    try:
        mode = Known(stat.S_IMODE(path.stat().st_mode))
    except FileNotFoundError:
        mode = Known(None)
    except OSError as error:
        mode = Missing(error.strerror or type(error).__name__)
    return EnvFile(
        path=name,
        mode=mode,
        tracked=_looked(lambda: house.git.tracked(path.parent, path)),
        ignored=_looked(lambda: house.git.ignored(path.parent, path)),
        stops=_stops(path),
        inside=_inside(house, project.root, path.parent),
    )


def _stops(path: Path) -> Fact[tuple[str, ...]]:
    try:
        found = parse(plain_bytes(path) or b"").deaf()
    except OSError as error:
        return Missing(error.strerror or type(error).__name__)
    return Known(tuple(f"{reader.label} stops at line {line}" for reader, line in found.items()))


def _inside(house: House, root: Path, folder: Path) -> str | None:
    """The folder to go to before git is to be told something of a file."""
    own = _looked(lambda: house.git.state(folder))
    outer = _looked(lambda: house.git.state(root))
    if not (isinstance(own, Known) and own.value) or own == outer:
        return None
    if isinstance(outer, Known) and outer.value and outer.value.root == own.value.root:
        return None
    return os.path.relpath(own.value.root, house.environment.folder.resolve())


def _connection(
    house: House, target: Target
) -> tuple[Fact[str] | ErrorFacts, Fact[Connection] | ErrorFacts]:
    """Where the URI is, and what the server behind it showed."""
    try:
        with house.database(target) as connected:
            return Known(connected.origin), Known(_asked(connected))
    except NoDatabase as error:
        return Missing(error.why), Missing(error.what)
    except (VariableNotSet, EnvFileUnreadable) as error:
        return _error(error), Missing(error.what)
    except SkcError as error:
        return Known("it is set"), _no_connection(error)


def _no_connection(error: SkcError) -> NoConnection:
    check = "server-unreachable"
    if isinstance(error, WrongPassword):
        check = "password-refused"
    elif isinstance(error, MalformedUri):
        check = "uri-malformed"
    return NoConnection(error.what, error.why, error.fix, check)


def _on_atlas(house: House, target: Target) -> bool:
    """Whether the app's own URI leads to Atlas; nothing is contacted."""
    database = target.settings.database
    if database is None:
        return False
    uri = house.env_values(target).get(database.uri.removeprefix("env:"))
    where = house.logins(target).address(uri).where if uri else ""
    return any(is_of_atlas(host) for host in where.split(","))


def _atlas(house: House, target: Target) -> Fact[tuple[AccessFact, ...]] | None:
    """What the key may do; an error before Atlas is asked is that of the key."""
    database = target.settings.database
    if database is None or database.atlas is None:
        return None
    try:
        with house.atlas(target) as project:
            return Known(tuple(project.check()))
    except VariableNotSet:
        return Missing(f"{database.atlas.credentials} is not set, so Atlas was not asked")
    except SkcError as error:
        rest = [one for one in Access if one is not Access.KEY]
        unasked = Missing(f"not looked at: {error.what}")
        bad = AccessFact(
            about=Access.KEY,
            holds=Known(value=False),
            said=f"{error.what}: {error.why}",
            fix=error.fix,
        )
        return Known((bad, *(AccessFact(about=one, holds=unasked, said="") for one in rest)))


def _uncommitted(house: House, root: Path) -> tuple[str, ...]:
    """Which of skc's own files git does not hold; none outside a repository."""
    if house.git.state(root) is None:
        return ()
    names = [name for name in _OURS if (root / name).exists()]
    return tuple(name for name in names if not house.git.tracked(root, root / name))


def _unfinished(house: House) -> tuple[JournalState, ...]:
    ended = {Standing.RUNNING, Standing.SEALED, Standing.ROLLED_BACK, Standing.HANDED_OVER}
    return tuple(state for state in house.office().journals() if state.standing not in ended)


def _ledger(house: House) -> Fact[LedgerFacts] | ErrorFacts:
    try:
        records = house.ledger().read()
    except SkcError as error:
        return _error(error)
    return Known(LedgerFacts(count=len(records), proven=sum(one.proven for one in records)))


def _asked(connected: Connected) -> Connection:
    database = connected.database
    name = _looked(lambda: connected.name)
    collections: Fact[Sequence[Collection]] = Missing("the database has no name")
    size_bytes: Fact[int] = Missing("the database has no name")
    if isinstance(name, Known):
        called = name.value
        collections = _looked(lambda: database.collections(called))
        size_bytes = _looked(lambda: _size_bytes(database, called))
    return Connection(
        server=database.server(),
        cluster=connected.cluster,
        origin=connected.origin,
        database=name,
        privileges=_looked(database.privileges),
        collections=collections,
        size_bytes=size_bytes,
        window_s=_looked(lambda: _window_s(database)),
    )


def _window_s(database: Database) -> float:
    window_s = database.history_window_s()
    if window_s is None:
        raise MayNotAsk
    return window_s


def _size_bytes(database: Database, name: str) -> int:
    return sum(size.size_bytes for size in database.sizes(name).values())


def _place(house: House, target: Target) -> Fact[Place] | ErrorFacts:
    try:
        path = house.backups(target)
    except NoBackupLocation as error:
        return Missing(error.what)
    except SkcError as error:
        return _error(error)
    nearest = next((place for place in (path, *path.parents) if _is_there(place)), Path("/"))
    state = _looked(lambda: house.git.state(nearest))
    return Known(
        Place(
            path=path,
            there=nearest == path,
            nearest=nearest,
            writable=nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
            free_bytes=_looked(lambda: house.disk.free_bytes(nearest)),
            repository=Known(state.value.root if state.value else None)
            if isinstance(state, Known)
            else state,
        )
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # behind a folder that may not be searched
        return False


def _recipient_trouble(text: str) -> str | None:
    try:
        age.recipients([text])
    except age.NotAnAgeKey:
        return "it is no age public key"
    return None


def _short(recipient: str) -> str:
    return recipient if len(recipient) <= 24 else f"{recipient[:20]}…"


def _looked(look: Callable[[], T]) -> Known[T] | Missing:
    try:
        return Known(look())
    except SkcError as error:
        return Missing(error.what if isinstance(error, MayNotAsk) else f"{error.what}: {error.why}")
    except OSError as error:
        return Missing(error.strerror or type(error).__name__)


def _error(error: SkcError) -> ErrorFacts:
    return ErrorFacts(what=error.what, why=error.why, fix=error.fix)
