"""A throw-away redis-server."""

import hashlib
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.adapters.embedded.process import CannotStart, Keeper, free_port
from skillconnect_ops.adapters.embedded.programs import redis_server
from skillconnect_ops.core.ports.embedded import Login
from skillconnect_ops.core.secret import Secret

READY = "Ready to accept connections"
START_S = 20
SERVER = "redis"
_USERS_SINCE = 6


class RedisOptions(Struct, frozen=True, kw_only=True):
    """How the server is set up."""

    password: bool = True
    """Whether the user `default` has one (`requirepass`)."""
    acl_file: bool = False
    """Keep users in a file of their own (`aclfile`), not in the configuration file."""
    configuration_file: bool = True
    """Without one the settings come as arguments, and nothing can be kept; then no password."""
    users: Sequence[Login] = ()
    """Who else may log in, with the rights of a program that uses data."""
    settings: Sequence[str] = ()
    """More lines of redis.conf."""
    program: Path | None = None
    """Another server that takes the same settings."""


class RedisServer:
    """One running server."""

    def __init__(self, keeper: Keeper, options: RedisOptions) -> None:
        self.options = options
        self.folder = keeper.folder
        self._program = options.program or redis_server()
        self._keeper = keeper
        wanted = options.password and options.configuration_file
        self._password = secrets.token_urlsafe(18) if wanted else ""
        self.port = 0

    @property
    def uri(self) -> Secret:
        """The URI of the user `default`, with the password that it had at first."""
        login = f":{self._password}@" if self._password else ""
        return Secret(f"redis://{login}127.0.0.1:{self.port}/0")

    @property
    def settings_file(self) -> Path:
        """The configuration file."""
        return self.folder / "redis.conf"

    @property
    def acl_file(self) -> Path:
        """The file of users, where there is one."""
        return self.folder / "users.acl"

    def stop(self) -> None:
        """Shut it down, in order."""
        self._keeper.end(SERVER, signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._keeper.end(SERVER, signal.SIGKILL)

    def pause(self) -> None:
        """Stop its clock: it accepts connections and says nothing."""
        self._keeper.send(SERVER, signal.SIGSTOP)

    def unpause(self) -> None:
        """Let it go on after a pause."""
        self._keeper.send(SERVER, signal.SIGCONT)

    def start(self) -> None:
        """Start it again on its port, as its files now say; returns when it listens.

        Raises:
            CannotStart: it ended, or another process has the port.
        """
        if not self._listens():
            raise CannotStart(
                f"redis-server cannot listen on port {self.port} again",
                why="another process took the port in the meantime",
                fix="try again",
            )

    def bring_up(self) -> None:
        """Start it for the first time, on a free port."""
        for _ in range(5):
            self.port = free_port()
            if self.options.configuration_file:
                self._write_settings()
            if self._listens():
                return
        raise CannotStart("redis-server finds no port", why="five were taken", fix="try again")

    def _lines(self) -> list[str]:
        return [
            "bind 127.0.0.1",
            f"port {self.port}",
            'unixsocket ""',
            'save ""',
            "appendonly no",
            "daemonize no",
            f"dir {self.folder}",
            *([f"requirepass {self._password}"] if self._password else []),
            *([f"aclfile {self.acl_file}"] if self.options.acl_file else []),
            *(_user(login) for login in (self.options.users if self._knows_users() else ())),
            *self.options.settings,
        ]

    def _knows_users(self) -> bool:
        said = subprocess.run([self._program, "--version"], capture_output=True, check=True).stdout
        version = re.search(rb"v=(\d+)", said)
        return version is not None and int(version[1]) >= _USERS_SINCE

    def _write_settings(self) -> None:
        if self.options.acl_file:
            self.acl_file.touch(mode=0o600)
        if self.options.acl_file and self._password:
            # a file of users goes before requirepass, and an empty one would let everybody in
            self.acl_file.write_text(f"user default on >{self._password} ~* &* +@all\n")
        self.settings_file.touch(mode=0o600)
        self.settings_file.write_text("\n".join(self._lines()) + "\n")

    def _arguments(self) -> list[str]:
        if self.options.configuration_file:
            return [str(self.settings_file)]
        pairs = (line.split(" ", 1) for line in self._lines())
        return [word for name, value in pairs for word in (f"--{name}", value.strip('"'))]

    def _listens(self) -> bool:
        """Start it; False where another process took the port."""
        printed = self._keeper.printed(SERVER)
        before = printed.stat().st_size if printed.exists() else 0
        self._keeper.spawn(SERVER, [str(self._program), *self._arguments()])
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            said = printed.read_bytes()[before:].decode(errors="replace")
            if READY in said:
                return True
            if self._keeper.poll(SERVER) is not None:
                if "Address already in use" in said:
                    return False
                break
            time.sleep(0.02)
        raise CannotStart("redis-server does not start", why=said[-300:].strip(), fix="skc doctor")


def _user(login: Login) -> str:
    """A line of redis.conf; what calls itself by a name is a client, and no danger."""
    digest = hashlib.sha256(login.password.reveal().encode()).hexdigest()
    return f"user {login.name} on #{digest} ~* &* +@all -@dangerous +client|setname"


@contextmanager
def run_redis(folder: Path, options: RedisOptions | None = None) -> Iterator[RedisServer]:
    """A redis-server, with a password unless told otherwise; ends it at exit.

    Raises:
        NotInstalled: no program.
        CannotStart: it ended at once; its own words are named.
    """
    with Keeper(folder / f"redis-{secrets.token_hex(4)}") as keeper:
        server = RedisServer(keeper, options or RedisOptions())
        server.bring_up()
        yield server
