"""Throw-away mongod processes: a replica set with a key file and users, or a standalone."""

import secrets
import signal
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from skillconnect_ops.adapters.embedded.process import CannotStart, Keeper, free_port
from skillconnect_ops.adapters.embedded.programs import mongod
from skillconnect_ops.core.secret import Secret

LISTENS = b'"id":23016'
"""The log line `Waiting for connections`."""
ADDRESS_IN_USE = 48
"""mongod's exit code for it (`EXIT_NET_ERROR`)."""
START_S = 60
SET_NAME = "rs0"
ROOT = "root"
QUIET = {
    "diagnosticDataCollectionEnabled": "false",
    "shutdownTimeoutMillisForSignaledShutdown": 1000,
}
"""No metrics files; a primary that shuts down does not wait 15 s for a successor."""


class MongodOptions(Struct, frozen=True, kw_only=True):
    """How the servers are set up."""

    members: int | None = 1
    """Members of the replica set; None for a standalone server."""
    auth: bool = True
    cache_gb: float = 0.25
    parameters: Mapping[str, str | int] = {}
    """`--setParameter` pairs."""
    arguments: Sequence[str] = ()
    """More options of mongod; no secret."""


class Mongod:
    """Some running servers. A member is named by its number, from 0."""

    def __init__(self, keeper: Keeper, options: MongodOptions) -> None:
        self.options = options
        self.folder = keeper.folder
        self._program = mongod()
        self._keeper = keeper
        self._password = Secret(secrets.token_urlsafe(18))
        self.ports: list[int] = []

    @property
    def uri(self) -> Secret:
        """The URI of the root user (without a user when `auth` is off)."""
        where = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        user = f"{ROOT}:{self._password.reveal()}@" if self.options.auth else ""
        queries = ["authSource=admin"] if self.options.auth else []
        if self.options.members is not None:
            queries.append(f"replicaSet={SET_NAME}")
        return Secret(f"mongodb://{user}{where}/?{'&'.join(queries)}")

    def stop(self, member: int = 0) -> None:
        """Shut a member down, in order."""
        self._keeper.end(f"mongod-{member}", signal.SIGTERM)

    def kill(self, member: int = 0) -> None:
        """End a member at once, as a crash does."""
        self._keeper.end(f"mongod-{member}", signal.SIGKILL)

    def pause(self, member: int = 0) -> None:
        """Stop a member's clock: it accepts connections and says nothing."""
        self._keeper.send(f"mongod-{member}", signal.SIGSTOP)

    def unpause(self, member: int = 0) -> None:
        """Let a paused member go on."""
        self._keeper.send(f"mongod-{member}", signal.SIGCONT)

    def start(self, member: int = 0) -> None:
        """Start a stopped member again, on its port and data; returns when it listens.

        Raises:
            CannotStart: it ended; the reason from its log is named.
        """
        if not self._listens(member, self.ports[member]):
            raise CannotStart(
                f"mongod cannot listen on port {self.ports[member]} again",
                why="another process took the port in the meantime",
                fix="try again",
            )

    def primary(self, *, patience_s: float = START_S) -> int:
        """The member that is primary; waits for one.

        Raises:
            CannotStart: none in time.
        """
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            for member in range(len(self.ports)):
                if self._hello(member).get("isWritablePrimary"):
                    return member
            time.sleep(0.02)
        raise CannotStart("no mongod became primary", why="no election in time", fix="try again")

    def step_down(self, *, seconds: int = 60) -> int:
        """Make the primary step down for some time; returns which member it was."""
        member = self.primary()
        with self.client(member) as client:
            client.admin.command("replSetStepDown", seconds, force=True)
        return member

    @contextmanager
    def client(self, member: int = 0, *, root: bool = True) -> Iterator[MongoClient[Any]]:
        """A plain client to one member, as root or as nobody."""
        login: dict[str, Any] = {
            "username": ROOT,
            "password": self._password.reveal(),
            "authSource": "admin",
        }
        with MongoClient[Any](
            "127.0.0.1",
            self.ports[member],
            directConnection=True,
            serverSelectionTimeoutMS=5000,
            **(login if root and self.options.auth else {}),
        ) as client:
            yield client

    def bring_up(self) -> None:
        """Start all members, make them a set, and create the root user."""
        for member in range(self.options.members or 1):
            self._start_anywhere(member)
        if self.options.members is not None:
            self._initiate()
        if self.options.auth:
            with self.client(self.primary(), root=False) as client:
                client.admin.command(
                    "createUser", ROOT, pwd=self._password.reveal(), roles=["root"]
                )
        if len(self.ports) > 1:
            for member in range(len(self.ports)):
                self._await_data(member)

    def _start_anywhere(self, member: int) -> None:
        data = self._data(member)
        data.mkdir(mode=0o700)
        if self.options.auth and member == 0:
            self._key.touch(mode=0o600)
            self._key.write_bytes(b64encode(secrets.token_bytes(300)))
        for _ in range(5):
            port = free_port()
            if self._listens(member, port):
                self.ports.append(port)
                return
        raise CannotStart("mongod finds no port", why="five were taken", fix="try again")

    def _listens(self, member: int, port: int) -> bool:
        """Start a member and wait; False where another process took the port."""
        name = f"mongod-{member}"
        log = self.folder / f"{name}.log"
        seen = log.stat().st_size if log.exists() else 0
        self._keeper.spawn(name, self._argv(member, port, log))
        until = time.monotonic() + START_S
        said = b""
        while time.monotonic() < until:
            if log.exists():
                said = log.read_bytes()[seen:]
            if LISTENS in said:
                return True
            code = self._keeper.poll(name)
            if code == ADDRESS_IN_USE:
                return False
            if code is not None:
                break
            time.sleep(0.02)
        raise CannotStart(
            "mongod does not start",
            why=_reason(self._keeper.printed(name).read_bytes(), said),
            fix=f"run {self._program.name} --version by hand to see what it lacks",
        )

    def _argv(self, member: int, port: int, log: Path) -> list[str]:
        options = self.options
        parameters = {**QUIET, **options.parameters}
        argv = [str(self._program), "--bind_ip", "127.0.0.1", "--port", str(port)]
        argv += ["--nounixsocket", "--dbpath", str(self._data(member)), "--logappend"]
        argv += ["--logpath", str(log), "--wiredTigerCacheSizeGB", str(options.cache_gb)]
        for name, value in parameters.items():
            argv += ["--setParameter", f"{name}={value}"]
        if options.members is not None:
            argv += ["--replSet", SET_NAME]
        if options.auth:
            argv += ["--auth"]
            argv += ["--keyFile", str(self._key)] if options.members is not None else []
        return [*argv, *options.arguments]

    def _initiate(self) -> None:
        """Form the set; elections are quick, since all members are on this machine."""
        members = [
            {"_id": member, "host": f"127.0.0.1:{port}"} for member, port in enumerate(self.ports)
        ]
        settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
        wanted = {"_id": SET_NAME, "members": members, "settings": settings}
        with self.client(root=False) as client:
            client.admin.command("replSetInitiate", wanted)

    def _await_data(self, member: int) -> None:
        """Wait until a member has the data of the others, users among it."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            hello = self._hello(member)
            if hello.get("isWritablePrimary") or hello.get("secondary"):
                return
            time.sleep(0.02)
        raise CannotStart("a mongod copies its data too long", why="no sync in time", fix="again")

    def _hello(self, member: int) -> Mapping[str, Any]:
        try:
            with self.client(member, root=False) as client:
                return client.admin.command("hello")
        except PyMongoError:
            return {}

    def _data(self, member: int) -> Path:
        return self.folder / f"data-{member}"

    @property
    def _key(self) -> Path:
        return self.folder / "key"


def _reason(printed: bytes, log: bytes) -> str:
    """The last error in the log, else what it printed (a missing library, say)."""
    lines = log.decode(errors="replace").splitlines()
    errors = [line for line in lines if '"s":"E"' in line or '"s":"F"' in line]
    last = errors[-1] if errors else printed.decode(errors="replace").strip()
    return last[-400:] or "it ended without a word"


@contextmanager
def run_mongod(folder: Path, options: MongodOptions) -> Iterator[Mongod]:
    """Servers in a new folder below `folder`; ended and removed at exit, and when we are killed.

    Raises:
        NotInstalled: no program.
        CannotStart: it ended at once; its own words are named.
    """
    with Keeper(folder / f"mongod-{secrets.token_hex(4)}") as keeper:
        servers = Mongod(keeper, options)
        servers.bring_up()
        yield servers
