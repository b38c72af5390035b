"""A project on disk: its `skc.yaml`, its env files, and the variables they hold.

Reads, and changes nothing. What is right or wrong in the text is decided in `core.settings`.
"""

import os
import shlex
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.dotenv import parse_env
from skillconnect_ops.core.settings.errors import (
    EnvFileUnreadable,
    NoBackupLocation,
    NoDatabase,
    SettingsNotFound,
    SettingsUnreadable,
    VariableNotSet,
)
from skillconnect_ops.core.settings.model import Project, Target
from skillconnect_ops.core.settings.reader import read
from skillconnect_ops.core.settings.targets import choose
from skillconnect_ops.disk.plain import plain_bytes

FILE = "skc.yaml"


class Variable(Struct, frozen=True, kw_only=True):
    """A variable's value, and where it was found."""

    name: str
    value: Secret
    origin: str
    """`MONGO_URI in backend/.env`, or `MONGO_URI in the environment`."""


def find_project(environment: Environment) -> Project:
    """The project of the nearest `skc.yaml`, from the working folder upwards.

    Raises:
        SettingsNotFound: there is none.
        SettingsUnreadable: it cannot be opened, or is no UTF-8 text.
        SettingsInvalid: what is wrong with it, and in which line.
    """
    file = locate(environment.folder)
    if file is None:
        raise SettingsNotFound(str(environment.folder))
    return load(file, environment)


def locate(folder: Path) -> Path | None:
    """The nearest `skc.yaml` of a folder and those above it."""
    for place in (folder, *folder.parents):
        file = place / FILE
        # a dangling link or a folder of that name is an error to tell, not to step over
        if _is_there(file):
            return file
    return None


def load(file: Path, environment: Environment) -> Project:
    """The project that a `skc.yaml` describes; raises as `find_project` does."""
    settings = read(_text(file), file=FILE)
    return Project(
        root=file.parent,
        file=file,
        settings=settings,
        state=environment.state_home / settings.project.id,
    )


def find_target(project: Project, name: str | None, environment: Environment) -> Target:
    """The target of that name (else of `SKC_TARGET`, else the only one), overrides applied."""
    return choose(project.settings, name, variable=environment.get)


def env_values(project: Project, target: Target) -> dict[str, Secret]:
    """The variables of the target's env files, as the app reads them.

    The first file that sets a variable wins, and within a file its last line, as with Node's
    dotenv. Nothing is interpolated. A file that is not there holds nothing.

    Raises:
        EnvFileUnreadable: a file is there, and cannot be opened.
    """
    values: dict[str, Secret] = {}
    for name in target.settings.env_files:
        for variable, value in env_file(project.root / name, shown=name).items():
            values.setdefault(variable, value)
    return values


def env_file(file: Path, *, shown: str) -> dict[str, Secret]:
    """The variables of one env file; raises as `env_values` does."""
    try:
        raw = plain_bytes(file)
    except OSError as error:
        raise EnvFileUnreadable(
            shown, why=error.strerror or type(error).__name__, fix=f"ls -l {shown}"
        ) from error
    return {} if raw is None else parse_env(raw, shown=shown)


def variable(project: Project, target: Target, name: str, environment: Environment) -> Variable:
    """A variable from the target's env files, else from the process environment.

    Raises:
        VariableNotSet: it is in neither, or empty; says where it was looked for.
        EnvFileUnreadable: an env file cannot be opened.
    """
    looked = []
    for file in target.settings.env_files:
        value = env_file(project.root / file, shown=file).get(name)
        if value:
            return Variable(name=name, value=value, origin=f"{name} in {file}")
        there = (project.root / file).exists()
        looked.append(file if there else f"{file} (no such file)")
    found = environment.get(name)
    if found:
        return Variable(name=name, value=Secret(found), origin=f"{name} in the environment")
    raise VariableNotSet(
        name,
        looked=(*looked, "the environment"),
        fix=_setting(project, target, name),
    )


def _setting(project: Project, target: Target, name: str) -> str:
    """The command that gives a variable a value, in the first of the target's env files."""
    files = target.settings.env_files
    if not files:
        return f"export {name}=…"
    words = ["skc", "env", "set", name]
    if len(files) > 1:
        words += ["--file", files[0]]
    elif len(project.settings.targets) > 1:
        words += ["--target", target.name]
    return shlex.join(words)


def database_uri(
    project: Project, target: Target, environment: Environment, *, admin: bool
) -> Variable:
    """The URI of the target's database; the admin user's where `admin` and its variable is set.

    Raises:
        NoDatabase: the target has none.
        VariableNotSet: the variable is nowhere.
    """
    database = target.settings.database
    if database is None:
        raise NoDatabase(target.name)
    stronger = environment.get(database.admin_uri) if admin else None
    if stronger:
        return Variable(
            name=database.admin_uri,
            value=Secret(stronger),
            origin=f"{database.admin_uri} in the environment",
        )
    return variable(project, target, database.uri.removeprefix("env:"), environment)


def backups_folder(project: Project, target: Target, environment: Environment) -> Path:
    """The folder of the target's backups, absolute; it need not be there.

    Raises:
        NoBackupLocation: the target names none.
    """
    if target.settings.backups is None:
        raise NoBackupLocation(target.name)
    return expanded(target.settings.backups.location, project.root, environment)


def expanded(location: str, root: Path, environment: Environment) -> Path:
    """A location as an absolute path: `~` is the home folder, relative means the root."""
    home = environment.get("HOME")
    if home and (location == "~" or location.startswith("~/")):
        location = home + location[1:]
    path = Path(location)
    try:
        path = path.expanduser()
    except RuntimeError:  # `~nobody`: no such user, so it is a name like any other
        path = root / path
    return Path(os.path.normpath(root / path))


def _is_there(file: Path) -> bool:
    try:
        return os.path.lexists(file)
    except ValueError:  # a NUL in the name of the working folder
        return False


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except IsADirectoryError as error:
        raise SettingsUnreadable(
            str(file), why="it is a folder", fix=f"mv '{file}' '{file}.folder' && skc init"
        ) from error
    except OSError as error:
        raise SettingsUnreadable(
            str(file), why=error.strerror or type(error).__name__, fix=f"ls -l '{file}'"
        ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsUnreadable(
            str(file),
            why=f"line {line} is not UTF-8",
            fix="save it as UTF-8",
        ) from None
