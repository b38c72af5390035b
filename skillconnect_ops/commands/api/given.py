"""An API on servers that are there: whose env file it reads, and which port it takes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from skillconnect_ops.commands.api.model import Asked, EnvFileMissing, PortUnusable, Setting
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.plain import plain_bytes
from skillconnect_ops.envfile import parse
from skillconnect_ops.envfile.values import is_secret_name, looks_secret

DEFAULT_PORT = 4000
_USUAL = ".env"
_OWN = "SKC_"


def given(house: House, asked: Asked) -> Setting:
    """What the environment and an env file say.

    Raises:
        EnvFileMissing: it is not there.
        PortUnusable: PORT is none.
        Precondition: `skc.yaml` cannot be read, or has several targets.
    """
    file = _env_file(house, asked)
    # a variable of the environment goes before the same one in the file, as the API has it
    before = house.environment.variables()
    variables = {name: value for name, value in before.items() if not name.startswith(_OWN)}
    of_file = _values(file)
    values = {**of_file, **variables}
    return Setting(
        host=asked.host,
        port=asked.port or _port(values.get("PORT")),
        env_file=file,
        variables=variables,
        hidden=(*hidden(of_file), *_named(variables)),
    )


def hidden(values: Mapping[str, str]) -> Iterator[Secret]:
    """What of an env file no line may show: what is named as a secret, or looks like one."""
    yield from _named(values)
    for name, value in values.items():
        is_path = value.startswith(("/", "./", "../", "~/"))
        if "://" not in value and not is_secret_name(name) and not is_path and looks_secret(value):
            yield Secret(value)


def _named(values: Mapping[str, str]) -> Iterator[Secret]:
    """Of an address the password, and what the name says is a secret.

    An environment is full of other things that look random; a mask over them would hide too much.
    """
    for name, value in values.items():
        if "://" in value:
            if password := _password(value):
                yield Secret(password)
        elif is_secret_name(name):
            yield Secret(value)


def _env_file(house: House, asked: Asked) -> Path:
    here = house.environment.folder
    if asked.env_file is not None:
        return (here / asked.env_file).absolute()
    try:
        target = house.target(asked.target)
    except SettingsNotFound:
        if asked.target is not None:
            raise
        return (here / _USUAL).absolute()
    root = house.project().root
    return root / next(iter(target.settings.env_files), _USUAL)


def _values(file: Path) -> dict[str, str]:
    """What it says.

    Raises:
        EnvFileMissing: it is not there.
    """
    try:
        data = plain_bytes(file)
    except OSError as error:
        raise explain(error, f"read {file}") from error
    if data is None:
        raise EnvFileMissing(
            f"there is no {file}",
            why="the API reads its settings from there, and from the environment",
            fix="skc api --embedded   # starts servers of its own; else name it with --env-file",
        )
    read = parse(data)
    return {entry.key: read.get(entry.key) or "" for entry in read.entries}


def _port(told: str | None) -> int:
    if not told:
        return DEFAULT_PORT
    if not (told.isascii() and told.isdecimal() and 0 < int(told) < 1 << 16):
        raise PortUnusable(
            "PORT is no port",
            why="what the API's settings say is no whole number from 1 to 65535",
            fix="skc env set PORT   # or take another one with --port",
        )
    return int(told)


def _password(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).password or "")
    except ValueError:
        return uri.partition("://")[2].rpartition("@")[0].partition(":")[2]
