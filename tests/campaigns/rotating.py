"""A project whose every secret is rotated on a real mongod, set back between two runs, and judged.

One database, one folder: what a run left is replaced by a copy of how the project stood before,
users and private state included. What is asked after every process, dead or alive:

- somebody can log in with what the env file holds, and with what the app has read of it;
- whoever is known at the server has a credential in the env file or in the escrow;
- the env file is old, new, or between the two a variable at a time, and else byte for byte.
"""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.ring import Ring, read
from skillconnect_ops.commands.rotate.ring_steps import Turned
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.shared import TEMPORARY
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.escrow import ChainEscrow
from skillconnect_ops.journal.hooks import Hooks
from skillconnect_ops.journal.model import JournalState, Standing
from skillconnect_ops.journal.shelf import Shelf
from tests.campaigns.striking import Ended, Order, Strike, Striker, What

URI, USERS, ADMINS, SESSION = (
    "MONGO_URI",
    "JWT_SECRET_KEY",
    "ADMIN_JWT_SECRET_KEY",
    "SESSION_SECRET",
)
RINGS = (USERS, ADMINS)
VARIABLES = (URI, USERS, f"{USERS}_FALLBACKS", ADMINS, f"{ADMINS}_FALLBACKS", SESSION)
RELOAD = ("sh", "-c", "cp .env .seen && mv .seen seen")
LOCKED_OUT = 77
_AUTHENTICATION_FAILED, _UNAUTHORIZED = 18, 13
_CUSTOM = {"team": "web"}


class Story(Struct, frozen=True, kw_only=True):
    """One command, the state that it begins in, and what it comes to."""

    name: str
    argv: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    """The commands that lead there."""
    users: frozenset[str]
    """Those of the database at its end."""
    changed: frozenset[str]
    """The variables that get another value by it."""
    gone: frozenset[str] = frozenset()
    """The variables that are empty at its end."""
    retired: int = 0
    """How many values it remembers as retired."""
    again: frozenset[int] = frozenset({0})
    """How the same command ends when it walks on with a run that died past its turn: 3, where the
    old values of that run are to be finished before another one begins."""


_BOTH = frozenset({"app", "app_a"})
_FALLBACKS = frozenset(f"{ring}_FALLBACKS" for ring in RINGS)
STAGE, SWAP, CLOSE = (
    ("rotate", "--yes"),
    ("rotate", "--yes"),
    ("rotate", "finish", "--now", "--yes"),
)
STORIES = {
    story.name: story
    for story in (
        Story(
            name="rotate",
            argv=STAGE,
            before=(),
            users=_BOTH,
            changed=frozenset({URI, SESSION}) | _FALLBACKS,
        ),
        Story(
            name="finish",
            argv=CLOSE,
            before=(STAGE, SWAP),
            users=frozenset({"app_a"}),
            changed=_FALLBACKS,
            gone=_FALLBACKS,
            retired=4,
        ),
        Story(
            name="leaked",
            argv=("rotate", "--reason", "leaked", "--yes"),
            before=(),
            users=_BOTH,
            changed=frozenset({URI, SESSION, *RINGS}),
            retired=2,
            again=frozenset({3}),
        ),
        Story(
            name="swap",
            argv=SWAP,
            before=(STAGE,),
            users=_BOTH,
            changed=frozenset(RINGS) | _FALLBACKS,
        ),
    )
}


class Scene(Struct, frozen=True, kw_only=True):
    """How the project stood before a story."""

    story: Story
    folder: Path
    """A copy of it."""
    users: Mapping[str, str]
    """The users of the database, and the connection string of each."""
    env: bytes


class World:
    """The project, its database, and the process that forks what is killed."""

    def __init__(self, place: Path, servers: Mongod, database: str, striker: Striker) -> None:
        self.place = place
        self.root = place / "now" / "shop"
        self.database = database
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
        }
        self.scenes: dict[str, Scene] = {}

    @property
    def state(self) -> Path:
        return self.place / "now" / "state" / "skc" / f"test-{self.database}"

    @property
    def file(self) -> Path:
        return self.root / ".env"

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
                port=self.port if of_the_wire else None,
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
            uris = {"app": self.uri()}
            for argv in story.before:
                ran = self.skc(*argv)
                assert ran.code == 0, ran.said
            uris[user_of(self.uri())] = self.uri()
            folder = self.place / f"scene-{name}"
            shutil.copytree(self.place / "now", folder, symlinks=True)
            self.scenes[name] = Scene(
                story=story, folder=folder, users=uris, env=self.file.read_bytes()
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

    def uri(self, file: str = ".env") -> str:
        value = parse((self.root / file).read_bytes()).get(URI)
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
            for secret in ("mongodb", "session"):
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

    def _make(self) -> None:
        shutil.rmtree(self.place / "now", ignore_errors=True)
        self.root.mkdir(parents=True)
        self.client[self.database].command("dropAllUsersFromDatabase")
        password = secrets.token_urlsafe(9) + "@:/?#[]%+ 'ü"
        self._create("app", password)
        self.client[self.database].things.replace_one({"_id": 1}, {}, upsert=True)
        query = self._admin.partition("/?")[2].removeprefix("authSource=admin").removeprefix("&")
        where = f"127.0.0.1:{self.port}/{self.database}?{query}"
        # mixed in form and place, so that what else stands there is seen to stay
        self.file.write_text(
            "# the shop, ünd more\n"
            "export PORT=3000\n"
            f"{URI}='mongodb://app:{quote(password, safe='')}@{where}'  # Atlas\n"
            f"{USERS}={secrets.token_urlsafe(32)}\n"
            'LOG="in\'fo"\n'
            f"{SESSION}={secrets.token_urlsafe(32)}  # cookies\n"
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
def world(place: Path, servers: Mongod, database: str) -> Iterator[World]:
    """A world of its own; gone afterwards."""
    with Striker() as striker:
        made = World(place, servers, database, striker)
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
    for name in (".env", "seen"):
        if not opens(parse(Path(name).read_bytes()).get(URI) or "", database_of(name)):
            os.write(2, b"LOCKED OUT")
            os._exit(LOCKED_OUT)


def database_of(file: str) -> str:
    uri = parse(Path(file).read_bytes()).get(URI) or ""
    return uri.rpartition("/")[2].partition("?")[0]


def user_of(uri: str) -> str:
    return uri.removeprefix("mongodb://").partition(":")[0]


def password_of(uri: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415

    return unquote(uri.removeprefix("mongodb://").partition("@")[0].partition(":")[2])


def judged(world: World, scene: Scene) -> None:
    """What holds at every moment, whatever was killed."""
    uri = world.uri()
    assert world.opens(uri), "locked out: the env file's credential is refused"
    assert world.uri("seen") == uri or world.opens(world.uri("seen")), "the app is locked out"
    assert_every_credential_is_known(world, uri)
    assert_env_is_between(world, scene)
    if scene.story.name != "leaked":
        for name in RINGS:
            now, seen = world.ring(name), world.ring(name, "seen")
            assert seen.signing in now.keys, f"{name}: what the app signs is refused"
            assert now.signing in seen.keys, f"{name}: what others sign is refused by the app"


def assert_every_credential_is_known(world: World, uri: str) -> None:
    """Of each user at the server the env file or the escrow has the password."""
    users = world.users()
    assert users <= {"app", "app_a"}, users
    lost = users - {user_of(uri)}
    if lost:
        kept = world.escrowed()
        known = [kept.get("mongodb old", ""), kept.get("mongodb new", "")]
        for user in lost:
            held = [one for one in known if one and user_of(one) == user]
            assert held, f"nobody knows the password of {user}"
            assert any(taken(one) for one in held), f"the password of {user} is lost"


def assert_env_is_between(world: World, scene: Scene) -> None:
    """Each variable is old or new, and the new value is the one that the escrow has."""
    now, old = world.file.read_bytes(), scene.env
    assert frame(now) == frame(old), "more was changed than the values"
    kept = {value for name, value in world.escrowed().items() if " new" in name}
    newest = world.journals()[0] if world.journals() else None
    over = newest is None or newest.standing.over
    for name in VARIABLES:
        was, is_now = parse(old).get(name) or "", parse(now).get(name) or ""
        if is_now != was:
            assert name in scene.story.changed or over, f"{name} was changed"
            assert over or is_now in kept, f"the new {name} is nowhere but in the env file"


def frame(text: bytes) -> list[str]:
    """The lines of an env file without the values that a rotation gives it."""
    lines = []
    for line in text.decode().split("\n"):
        name = line.partition("=")[0]
        if name in _FALLBACKS:
            continue
        if name in VARIABLES:
            value = parse(line.encode()).get(name)
            assert value is not None
            lines.append(line.replace(value, "<value>"))
        else:
            lines.append(line)
    return lines


def assert_old(world: World, scene: Scene) -> None:
    """The world is as it was before the story."""
    assert world.file.read_bytes() == scene.env, "the env file is not as it was"
    assert world.users() == set(scene.users)
    assert set(world.roles().values()) == {1}
    assert_nothing_is_left(world, escrow=len(scene.story.before) > 0)


def assert_new(world: World, scene: Scene) -> None:
    """The world is as the story is to leave it."""
    story, was, now = scene.story, parse(scene.env), parse(world.file.read_bytes())
    for name in VARIABLES:
        changed = (was.get(name) or "") != (now.get(name) or "")
        assert changed == (name in story.changed), f"{name} is {'new' if changed else 'old'}"
        assert not (name in story.gone and now.get(name)), f"{name} is not empty"
    assert world.users() == story.users
    assert set(world.roles().values()) == {1}
    for user, uri in scene.users.items():
        if user not in story.users:
            assert not taken(uri), f"the old credential of {user} is not refused"
    assert_nothing_is_left(world, escrow=story.name != "finish")
    if story.retired:
        ran = world.skc("secrets", "ledger", "list", "--format", "json")
        retired = msgspec.json.decode(ran.said)["facts"]["retired"]
        assert len(retired) == story.retired, retired


def assert_nothing_is_left(world: World, *, escrow: bool) -> None:
    """No half-written file, no open journal, no key that nobody needs, no canary."""
    for state in world.journals():
        assert state.standing.over, f"{state.id} is {state.standing}"
        assert not (state.folder / "reserve").exists()
    kept = list((world.state / "escrow").glob("*"))
    assert len(kept) == (1 if escrow else 0), kept
    strays = list(world.root.glob(f"{TEMPORARY}*"))
    assert not strays, strays
    names = world.client[world.database].list_collection_names()
    assert names == ["things"], names
    assert (world.root / "seen").read_bytes() == world.file.read_bytes(), "the app was not told"


def standing(world: World) -> JournalState:
    """The newest journal."""
    return world.journals()[0]


Judge = Callable[[World, Scene], None]
__all__ = ["STORIES", "Scene", "Standing", "Story", "World", "judged", "world"]
