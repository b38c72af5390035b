"""A project whose every secret is rotated on real servers, and set back between two runs.

One database, one cache, one folder: what a run left is replaced by a copy of how the project stood
before, users and private state included.
"""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod, RedisServer
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.ring import Ring, read
from skillconnect_ops.commands.rotate.ring_steps import Turned
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.escrow import ChainEscrow
from skillconnect_ops.journal.hooks import Hooks
from skillconnect_ops.journal.model import JournalState
from skillconnect_ops.journal.shelf import Shelf
from tests.campaigns import rotating_redis
from tests.campaigns.rotating_redis import Cache
from tests.campaigns.stories import ADMINS, CACHE, RINGS, SESSION, STORIES, URI, USERS, Scene
from tests.campaigns.striking import Ended, Order, Strike, Striker, What

RELOAD = ("sh", "-c", "cp .env .seen && mv .seen seen")
LOCKED_OUT = 77
_AUTHENTICATION_FAILED, _UNAUTHORIZED = 18, 13
_CUSTOM = {"team": "web"}


class World:
    """The project, its database and its cache, and the process that forks what is killed."""

    def __init__(
        self, place: Path, servers: Mongod, cache: Cache, database: str, striker: Striker
    ) -> None:
        self.place = place
        self.root = place / "now" / "shop"
        self.database = database
        self.cache = cache
        self.port = servers.ports[0]
        self._striker = striker
        self._admin = servers.uri.reveal()
        self.client = MongoClient[Any](self._admin, serverSelectionTimeoutMS=20_000)
        # what a login costs is no matter here
        self.client.admin.command("setParameter", 1, scramSHA256IterationCount=5000)
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(place / "now"),
            "XDG_STATE_HOME": str(place / "now" / "state"),
            "SKC_MONGO_ADMIN_URI": self._admin,
            "SKC_REDIS_ADMIN_URI": cache.admin_uri,
        }
        self.scenes: dict[str, Scene] = {}

    @property
    def state(self) -> Path:
        return self.place / "now" / "state" / "skc" / f"test-{self.database}"

    @property
    def file(self) -> Path:
        return self.root / ".env"

    @property
    def sink(self) -> Path:
        """The file that holds SESSION_SECRET, and nothing else."""
        return self.root / "run" / "session"

    def skc(self, *argv: str, strike: Strike | None = None, watch: str | None = None) -> Ended:
        """A command, in a process of its own."""
        strike = strike or Strike()
        of_the_wire = strike.what in {What.NETWORK, What.ANSWER}
        return self._striker.run(
            Order(
                argv=argv,
                folder=str(self.root),
                environment=self._environment,
                out=str(self.place / "said"),
                strike=strike,
                ports=(self.port, self.cache.port) if of_the_wire else None,
                watch=watch,
            )
        )

    def fresh(self, *argv: str) -> Ended:
        """A command in an interpreter of its own, as a person starts it; nothing is hurried."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", *argv],
            cwd=self.root,
            env={**self._environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(
            code=done.returncode,
            seconds=round(time.monotonic() - began, 3),
            said=done.stdout + done.stderr,
        )

    def scene(self, name: str) -> Scene:
        """How the project stands before a story; made once, by the commands that lead there."""
        if name not in self.scenes:
            story = STORIES[name]
            self._make()
            uris, caches = {"app": self.uri()}, {"app": self.uri(CACHE)}
            for argv in story.before:
                ran = self.skc(*argv)
                assert ran.code == 0, ran.said
            uris[user_of(self.uri())] = self.uri()
            caches[rotating_redis.user_of(self.uri(CACHE))] = self.uri(CACHE)
            folder = self.place / f"scene-{name}"
            shutil.copytree(self.place / "now", folder, symlinks=True)
            self.scenes[name] = Scene(
                story=story,
                folder=folder,
                users=uris,
                cache=caches,
                env=self.file.read_bytes(),
                file=self.sink.read_bytes(),
            )
        return self.scenes[name]

    def set_back(self, scene: Scene) -> None:
        """As if nothing had been run since."""
        shutil.rmtree(self.place / "now")
        shutil.copytree(scene.folder, self.place / "now", symlinks=True)
        db = self.client[self.database]
        db.command("dropAllUsersFromDatabase")
        for user, uri in scene.users.items():
            self._create(user, password_of(uri))
        self.cache.set_back(scene.cache)

    def uri(self, name: str = URI, file: str = ".env") -> str:
        value = parse((self.root / file).read_bytes()).get(name)
        assert value is not None
        return value

    def ring(self, name: str, file: str = ".env") -> Ring:
        return read(name, parse((self.root / file).read_bytes()).get)

    def users(self) -> frozenset[str]:
        found = self.client[self.database].command("usersInfo")["users"]
        assert all(one["customData"] == _CUSTOM for one in found)
        return frozenset(one["user"] for one in found)

    def roles(self) -> dict[str, int]:
        found = self.client[self.database].command("usersInfo")["users"]
        return {one["user"]: len(one["roles"]) for one in found}

    def opens(self, uri: str) -> bool:
        """Whether the app gets in with it."""
        return opens(uri, self.database)

    def journals(self) -> Sequence[JournalState]:
        """Newest first."""
        return Shelf(self.state / "journal", disk=Disk()).states()

    def escrowed(self) -> Mapping[str, str]:
        """What the escrow gives back, by name."""
        found: dict[str, str] = {}
        for folder in sorted((self.state / "escrow").glob("*")):
            if not (folder / "key").exists():
                continue  # its chain has ended, and it was killed in the middle of its end
            chain = ChainEscrow(folder, disk=Disk())
            for secret in ("mongodb", "cache", "session"):
                for age in ("old", "new"):
                    value = chain.get(value_of(secret, age=age))
                    if value is not None:
                        found[f"{secret} {age}"] = value.decode()
            for journal in self.journals():
                for ring in ("jwt", "admin"):
                    both = chain.get(f"{journal.id} ring {ring}")
                    if both is not None:
                        turned = msgspec.json.decode(both, type=Turned)
                        new = turned.new.items()
                        found.update({f"{name} new {journal.id}": text for name, text in new})
        return found

    def close(self) -> None:
        self.client[self.database].command("dropAllUsersFromDatabase")
        self.client.drop_database(self.database)
        self.client.close()
        self.cache.close()

    def _make(self) -> None:
        shutil.rmtree(self.place / "now", ignore_errors=True)
        self.root.mkdir(parents=True)
        self.client[self.database].command("dropAllUsersFromDatabase")
        password = secrets.token_urlsafe(9) + "@:/?#[]%+ 'ü"
        self._create("app", password)
        self.client[self.database].things.replace_one({"_id": 1}, {}, upsert=True)
        query = self._admin.partition("/?")[2].removeprefix("authSource=admin").removeprefix("&")
        where = f"127.0.0.1:{self.port}/{self.database}?{query}"
        session = secrets.token_urlsafe(32)
        self.sink.parent.mkdir()
        self.sink.write_text(f"{session}\n")
        self.sink.chmod(0o600)
        # mixed in form and place, so that what else stands there is seen to stay
        self.file.write_text(
            "# the shop, ünd more\n"
            "export PORT=3000\n"
            f"{URI}='mongodb://app:{quote(password, safe='')}@{where}'  # Atlas\n"
            f"{USERS}={secrets.token_urlsafe(32)}\n"
            'LOG="in\'fo"\n'
            f"{CACHE}='{self.cache.begin()}'  # for a moment\n"
            f"{SESSION}={session}  # cookies\n"
            f"{ADMINS}='{secrets.token_urlsafe(32)}'\n"
            "LAST=1"
        )
        self.file.chmod(0o600)
        shutil.copy(self.file, self.root / "seen")
        (self.root / "auth.js").write_text(
            "".join(f"use(process.env.{n}, process.env.{n}_FALLBACKS);\n" for n in RINGS)
        )
        (self.root / "skc.yaml").write_text(
            "version: 1\n"
            f"project: {{id: test-{self.database}, name: shop}}\n"
            "targets:\n"
            "  production:\n"
            "    env_files: [.env]\n"
            f"    database: {{uri: env:{URI}}}\n"
            "    secrets:\n"
            f"      mongodb: {{kind: mongodb, env: {URI}}}\n"
            f"      jwt: {{kind: jwt, env: {USERS}, token_ttl: 1h}}\n"
            f"      admin: {{kind: jwt, env: {ADMINS}, token_ttl: 1h}}\n"
            f"      session: {{kind: random, env: {SESSION}}}\n"
            f"      cache: {{kind: redis, env: {CACHE}}}\n"
            f"    sinks: {{file: {{env: {SESSION}, file: run/session}}}}\n"
            f"    consumers: {{api: {{reload: [{', '.join(RELOAD[:2])}, '{RELOAD[2]}']}}}}\n"
        )
        Hooks(self.state, disk=Disk()).trust({"api": RELOAD})

    def _create(self, user: str, password: str) -> None:
        self.client[self.database].command(
            "createUser",
            user,
            pwd=password,
            roles=["readWrite"],
            mechanisms=["SCRAM-SHA-256"],
            customData=_CUSTOM,
            writeConcern={"w": 1},
        )


@contextmanager
def world(place: Path, servers: Mongod, cache: RedisServer, database: str) -> Iterator[World]:
    """A world of its own; gone afterwards."""
    with Striker() as striker:
        made = World(place, servers, Cache(cache), database, striker)
        try:
            yield made
        finally:
            made.close()


def opens(uri: str, database: str) -> bool:
    """Whether the app gets in with it, and may do its work."""
    with MongoClient[Any](uri, serverSelectionTimeoutMS=10_000, directConnection=True) as app:
        try:
            app[database].things.find_one()
        except OperationFailure as error:
            if error.code not in {_AUTHENTICATION_FAILED, _UNAUTHORIZED}:
                raise
            return False
    return True


def taken(uri: str) -> bool:
    """Whether the server takes the login, whatever it may do."""
    with MongoClient[Any](uri, serverSelectionTimeoutMS=10_000, directConnection=True) as app:
        try:
            app.admin.command("connectionStatus")
        except OperationFailure as error:
            if error.code != _AUTHENTICATION_FAILED:
                raise
            return False
    return True


def look() -> None:
    """What a watched child asks after each of its calls; one that finds no way in ends it."""
    read = [parse(Path(name).read_bytes()) for name in (".env", "seen")]
    uris = {found.get(URI) or "" for found in read}
    caches = {found.get(CACHE) or "" for found in read}
    inside = [opens(uri, uri.rpartition("/")[2].partition("?")[0]) for uri in uris]
    if not all((*inside, *map(rotating_redis.opens, caches))):
        os.write(2, b"LOCKED OUT")
        os._exit(LOCKED_OUT)


def user_of(uri: str) -> str:
    return uri.removeprefix("mongodb://").partition(":")[0]


def password_of(uri: str) -> str:
    return unquote(uri.removeprefix("mongodb://").partition("@")[0].partition(":")[2])
