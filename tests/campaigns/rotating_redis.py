"""The Redis half of the campaign's world: the users of a server that keeps them in a file.

Set back by a handful of commands in one go; judged by what the server lists and by what its file
holds, which is what it would know after a restart.
"""

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

from msgspec import Struct
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from skillconnect_ops.adapters.embedded import RedisServer

RIGHTS = "~app:* resetchannels &news:* -@all +@read +@write +@connection +select"
TAIL = "/2?health_check_interval=30&client_name=api%2D1"
"""What stands behind the host, and stays byte for byte."""
_APP = "app"


class Known(Struct, frozen=True):
    """One user, as the server lists it or as its file has it."""

    enabled: bool
    hashes: frozenset[str]
    """SHA-256 of each password."""
    rights: tuple[str, ...]


class Cache:
    """The server, and the users of it that are the app's."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.admin_uri = server.uri.reveal()
        self._admin: Any = Redis.from_url(self.admin_uri, decode_responses=True)
        self._rights: tuple[str, ...] = ()

    @property
    def port(self) -> int:
        return self.server.port

    def begin(self) -> str:
        """The app's user with a new password; the URI of it."""
        password = secrets.token_urlsafe(9) + "@:/?#[]%+ 'ü"
        uri = f"redis://{_APP}:{quote(password, safe='')}@127.0.0.1:{self.port}{TAIL}"
        self.set_back({_APP: uri})
        self._rights = self.listed()[_APP].rights
        return uri

    def set_back(self, users: Mapping[str, str]) -> None:
        """These users with the passwords of these URIs, saved; no key, and nobody else."""
        there = [name for name in self.listed() if name not in users]
        with self._admin.pipeline(transaction=False) as told:
            if there:
                told.execute_command("ACL", "DELUSER", *there)
            for user, uri in users.items():
                words = ("reset", "on", f">{password_of(uri)}", *RIGHTS.split(" "))
                told.execute_command("ACL", "SETUSER", user, *words)
            told.execute_command("ACL", "SAVE")
            told.execute_command("FLUSHALL")
            told.execute()

    def opens(self, uri: str) -> bool:
        """Whether the app gets in with it, and may do its work."""
        return opens(uri)

    def listed(self) -> dict[str, Known]:
        """The users in force."""
        return _read(self._admin.execute_command("ACL", "LIST"))

    def saved(self) -> dict[str, Known]:
        """The users that it would know after a restart."""
        return _read(self.server.acl_file.read_text().splitlines())

    def is_whole(self) -> bool:
        """Whether every user may do what the app's may, and is let in."""
        found = self.listed().values()
        return all(one.enabled and one.rights == self._rights for one in found)

    def change_password(self, uri: str) -> None:
        """Give the user of a URI another password, as no rotation does."""
        password = secrets.token_urlsafe(12)
        words = (user_of(uri), "resetpass", f">{password}")
        self._admin.execute_command("ACL", "SETUSER", *words)

    def close(self) -> None:
        self._admin.close()


def opens(uri: str) -> bool:
    """Whether the app gets in with it, and may do its work."""
    with Redis.from_url(uri) as app:
        try:
            app.get("app:1")
        except AuthenticationError:
            return False
        except RedisError as error:
            if not str(error).startswith("NOPERM"):
                raise
            return False
    return True


def user_of(uri: str) -> str:
    return uri.removeprefix("redis://").partition(":")[0]


def password_of(uri: str) -> str:
    return unquote(uri.removeprefix("redis://").partition("@")[0].partition(":")[2])


def fits(uri: str, one: Known | None) -> bool:
    """Whether the user has the password of a URI."""
    return one is not None and sha256(password_of(uri).encode()).hexdigest() in one.hashes


def lets_in(uri: str, users: Mapping[str, Known]) -> bool:
    """Whether a server with these users lets one in."""
    one = users.get(user_of(uri))
    return one is not None and one.enabled and fits(uri, one)


def _read(lines: list[str]) -> dict[str, Known]:
    """`user NAME on #hash ~app:* …`; all but `default`."""
    found = {}
    for line in lines:
        _, name, *words = line.split(" ")
        rights = [word for word in words if word[:1] != "#" and word not in {"on", "off"}]
        found[name] = Known(
            enabled="on" in words,
            hashes=frozenset(word[1:] for word in words if word.startswith("#")),
            rights=tuple(rights),
        )
    found.pop("default")
    return found
