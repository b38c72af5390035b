"""An API on servers of its own: a MongoDB, a Redis, and settings that are made for this run."""

import json
import secrets
import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.api.given import DEFAULT_PORT, hidden
from skillconnect_ops.commands.api.model import Asked, Setting
from skillconnect_ops.commands.api.program import administrator
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scratch import made, make_user, place_for, profile_with, program
from skillconnect_ops.core.ports.acl import AclAnswer
from skillconnect_ops.core.ports.embedded import Login
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse

_ABOUT = "api/api.json"
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH")
"""A setting that is exported here would go before the ones that are made: MONGO_URI above all."""


class Particular(Struct, frozen=True):
    """`api.json`: what is particular about this API."""

    database: str
    user: str
    cache_user: str
    administrator: str


class Cache(NamedTuple):
    """The app's own way to the key-value server."""

    uri: Secret
    in_place: bool
    """Whether it is the administrator's, too, since the server is too old for users."""


class Files:
    """What lies in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = folder / "servers"
        self.env = folder / ".env"
        self.logs = folder / "logs"
        self.mails = folder / "mails"
        self.run = folder / "run"
        """For what the API needs while it runs, and would leave behind if it was killed."""
        self.login = folder / "admin.txt"
        self.admin_env = folder / "admin.env"
        self.settings = folder / "skc.yaml"


def embedded(house: House, asked: Asked, opened: ExitStack) -> Setting:
    """Start the servers, write the settings, make an administrator.

    Args:
        house: the house.
        asked: the command line.
        opened: ends the servers, and removes what was made.

    Raises:
        PlaceIsTaken: the folder holds something.
        Precondition: a server program is missing, or does not start.
    """
    port = asked.port or DEFAULT_PORT
    house.services.ensure_free(asked.host, port)
    files = Files(place_for(house, "api", asked.folder))
    told = _particular()
    opened.enter_context(made(house, files.folder, keep=asked.keep))
    house.person.note("a MongoDB and a Redis of the API's own start on this machine")
    root = opened.enter_context(house.embedded.mongodb(files.servers))
    login = Login(told.cache_user, Secret(secrets.token_hex(32)))
    admin = opened.enter_context(house.embedded.redis(files.servers, users=(login,)))
    uri = make_user(house, root, name=told.user, database=told.database)
    cache = _cache(house, admin, login)
    setting = _setting(house, asked, files, port)
    for folder in (files.logs, files.mails, files.run):
        house.disk.make_private(folder)
    values = _write(house, files, told, uri=uri, cache=cache, url=setting.url)
    _private(house, files.admin_env, _exports(root, admin))
    password = _make_administrator(house, files, told, setting.variables)
    _say(house, files)
    if setting.is_open:
        house.person.note(
            f"warning: it is set up for development, and {setting.host} may be reached from outside"
        )
    servers = {"mongodb": root.reveal(), "redis": admin.reveal()}
    return msgspec.structs.replace(setting, hidden=(password, *hidden(values), *hidden(servers)))


def to_rotate(house: House, setting: Setting) -> str:
    """What to type in a second terminal, to renew its credentials while it runs."""
    folder, skc = shlex.quote(str(setting.folder)), program(house.environment.get("PATH"))
    return f"cd {folder} && set -a && . ./admin.env && set +a && {skc} rotate"


def _particular() -> Particular:
    found = template(f"{profile_with(_ABOUT)}/{_ABOUT}")
    return msgspec.json.decode(found, type=Particular)


def _setting(house: House, asked: Asked, files: Files, port: int) -> Setting:
    variables = {name: house.environment.get(name) for name in _PASSED_ON}
    return Setting(
        host=asked.host,
        port=port,
        env_file=files.env,
        variables={
            **{name: value for name, value in variables.items() if value},
            "TMPDIR": str(files.run),
        },
        hidden=(),
        folder=files.folder,
    )


def _cache(house: House, admin: Secret, login: Login) -> Cache:
    """The app's own user, where the server is young enough to have users."""
    uri = house.acl.with_login(admin, user=login.name, password=login.password)
    if house.acl.try_login(uri).answer is AclAnswer.ACCEPTED:
        return Cache(uri, in_place=False)
    return Cache(admin, in_place=True)


def _write(
    house: House, files: Files, told: Particular, *, uri: Secret, cache: Cache, url: str
) -> dict[str, str]:
    """The env file and `skc.yaml`; gives the variables."""
    home = f"{profile_with(_ABOUT)}/api"
    filters: dict[str, Callable[..., str]] = {"portable": _portable, "json": json.dumps}
    of_env = {
        "port": url.rpartition(":")[2],
        "url": url,
        "mongo_uri": uri.reveal(),
        "redis_url": cache.uri.reveal(),
        "logs": str(files.logs),
        "mails": str(files.mails),
        "fresh": lambda: secrets.token_hex(32),
    }
    env = filled(template(f"{home}/env.j2"), of_env, filters=filters)
    _private(house, files.env, env)
    of_settings = {
        "id": secrets.token_hex(6),
        "database": told.database,
        "url": url,
        "in_place": cache.in_place,
    }
    settings = filled(template(f"{home}/skc.yaml.j2"), of_settings, filters=filters)
    _private(house, files.settings, settings)
    read = parse(env.encode())
    return {entry.key: read.get(entry.key) or "" for entry in read.entries}


def _make_administrator(
    house: House, files: Files, told: Particular, variables: Mapping[str, str]
) -> Secret:
    """An account with a password that only the file holds."""
    password = Secret(secrets.token_urlsafe(18))
    house.processes.run(
        *administrator(told.administrator, files.env),
        folder=files.folder,
        given=password,
        variables=variables,
        hidden=(password,),
    )
    _private(house, files.login, f"email: {told.administrator}\npassword: {password.reveal()}\n")
    return password


def _exports(root: Secret, admin: Secret) -> str:
    return (
        f"SKC_MONGO_ADMIN_URI={shlex.quote(root.reveal())}\n"
        f"SKC_REDIS_ADMIN_URI={shlex.quote(admin.reveal())}\n"
    )


def _say(house: House, files: Files) -> None:
    named = (
        (files.env, "its settings"),
        (files.mails, "the mails that it would send"),
        (files.logs, "its log"),
        (files.login, "the login of its administrator"),
        (files.admin_env, "the logins of the servers' own administrators, for skc rotate"),
    )
    width = max(len(str(file)) for file, _ in named)
    for file, what in named:
        house.person.note(f"  {file!s:<{width}}  {what}")


def _portable(value: str) -> str:
    """A value as every reader of env files reads it back."""
    return parse(b"").with_value("V", value).bytes().decode().strip().removeprefix("V=")


def _private(house: House, path: Path, text: str) -> None:
    house.disk.replace(path, text.encode(), mode=0o600)
