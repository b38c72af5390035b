"""A project with a user of its own at a real mongod, and a program that reads its env file."""

import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import Struct
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.hooks import Hooks
from tests.conftest import Ran, Skc

AUTHENTICATION_FAILED = 18


class App(Struct, frozen=True):
    """A project folder, its user, and the commands run in it."""

    root: Path
    name: str
    user: str
    client: MongoClient[Any]
    skc: Skc
    env: dict[str, str]
    state: Path

    @property
    def file(self) -> Path:
        """Its env file."""
        return self.root / ".env"

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """A command in the project's folder, its report as JSON."""
        return self.skc(*argv, "--format", "json", cwd=self.root, env={**self.env, **(env or {})})

    def uri(self) -> str:
        """What the app reads now."""
        value = parse(self.file.read_bytes()).get("MONGO_URI")
        assert value is not None
        return value

    def users(self) -> set[str]:
        """The users of the database, as the server lists them."""
        found = self.client[self.name].command("usersInfo")["users"]
        return {user["user"] for user in found}

    def roles(self, user: str) -> list[Any]:
        """What a user may do."""
        (found,) = self.client[self.name].command("usersInfo", user)["users"]
        return list(found["roles"])

    def opens(self, uri: str) -> bool:
        """Whether the app gets in with it."""
        with MongoClient[Any](uri, serverSelectionTimeoutMS=5_000) as connected:
            try:
                connected[self.name].things.find_one()
            except OperationFailure as error:
                if error.code != AUTHENTICATION_FAILED:
                    raise
                return False
        return True


def settings(name: str, more: str = "") -> str:
    """A `skc.yaml`."""
    return (
        "version: 1\n"
        f"project: {{id: test-{name}, name: shop}}\n"
        "targets:\n"
        "  production:\n"
        "    env_files: [.env]\n"
        "    database: {uri: env:MONGO_URI}\n" + more
    )


def make(
    tmp_path: Path, skc: Skc, servers: Mongod, database: str, *, user: str = "app", more: str = ""
) -> App:
    """The project, and its user with an awkward password."""
    password = secrets.token_urlsafe(9) + "@:/?#[]%+ 'ü"
    client = MongoClient[Any](servers.uri.reveal(), serverSelectionTimeoutMS=20_000)
    client[database].command(
        "createUser", user, pwd=password, roles=["readWrite"], customData={"team": "web"}
    )
    client[database].things.insert_one({"_id": 1})
    hosts, _, query = servers.uri.reveal().partition("@")[2].partition("/?")
    rest = query.removeprefix("authSource=admin").removeprefix("&")
    uri = f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@{hosts}/{database}?{rest}"
    root = tmp_path / "shop"
    root.mkdir()
    (root / ".env").write_text(f"# the shop\nexport PORT=3000\nMONGO_URI='{uri}'  # Atlas\n")
    (root / ".env").chmod(0o600)
    (root / "skc.yaml").write_text(settings(database, more))
    state = tmp_path / "state" / "skc" / f"test-{database}"
    return App(
        root=root,
        name=database,
        user=user,
        client=client,
        skc=skc,
        env={"SKC_MONGO_ADMIN_URI": servers.uri.reveal()},
        state=state,
    )


def trust(app: App, consumer: str, *argv: str) -> None:
    """Agree to a reload command, as `skc doctor --trust` does."""
    Hooks(app.state, disk=Disk()).trust({consumer: argv})


def python(*words: str) -> tuple[str, ...]:
    """A command that runs this Python."""
    return (sys.executable, *words)


@pytest.fixture
def app(tmp_path: Path, skc: Skc, one_node: Mongod, database: str) -> Iterator[App]:
    """A project without consumers."""
    made = make(tmp_path, skc, one_node, database)
    yield made
    made.client[database].command("dropAllUsersFromDatabase")
    made.client.close()


@pytest.fixture
def limited(app: App) -> Iterator[dict[str, str]]:
    """An administrator of users who may not see who is connected: variables for a run."""
    password = secrets.token_urlsafe(12)
    name = f"limited_{app.name}"
    app.client.admin.command("createUser", name, pwd=password, roles=["userAdminAnyDatabase"])
    rest = app.env["SKC_MONGO_ADMIN_URI"].partition("@")[2]
    yield {"SKC_MONGO_ADMIN_URI": f"mongodb://{name}:{password}@{rest}"}
    app.client.admin.command("dropUser", name)


@pytest.fixture
def mongo_uri(mongo: Secret) -> str:
    """The administrator's URI."""
    return mongo.reveal()
