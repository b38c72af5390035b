"""A project on Atlas: a local Admin API, and a real mongod behind it that learns of users late."""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import Struct
from msgspec.structs import replace
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.commands.rotate import spreading
from skillconnect_ops.envfile import parse
from tests.adapters.atlas.behind import Behind
from tests.adapters.atlas.server import Atlas, Cluster, RealClock
from tests.conftest import Ran, Skc

HOST = "shop-shard-00-00.ab1cd.mongodb.net:27017"


class AtlasApp(Struct, frozen=True, kw_only=True):
    """A project folder, the Atlas project of its user, and the commands run in it."""

    root: Path
    name: str
    user: str
    atlas: Atlas
    behind: Behind
    client: MongoClient[Any]
    address: str
    skc: Skc
    state: Path

    @property
    def file(self) -> Path:
        """Its env file."""
        return self.root / ".env"

    @property
    def env(self) -> dict[str, str]:
        """What is exported."""
        return {"SKC_ATLAS": self.atlas.service_account, "SKC_ATLAS_URL": self.atlas.url}

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """A command in the project's folder, its report as JSON."""
        return self.skc(*argv, "--format", "json", cwd=self.root, env={**self.env, **(env or {})})

    def uri(self) -> str:
        """What the app reads now."""
        value = parse(self.file.read_bytes()).get("MONGO_URI")
        assert value is not None
        return value

    def users(self) -> set[str]:
        """The users of the project, as Atlas lists them."""
        return {name for _, name in self.atlas.users}

    def opens(self, uri: str) -> bool:
        """Whether the server behind lets the app in with it."""
        here = uri.replace(HOST, self.address)
        with MongoClient[Any](here, serverSelectionTimeoutMS=5_000) as connected:
            try:
                connected[self.name].things.find_one()
            except OperationFailure as error:
                if error.code != 18:
                    raise
                return False
        return True

    def settings(self, more: str = "", *, atlas: bool = True) -> None:
        """Write the `skc.yaml`."""
        project = f", atlas: {{group_id: {self.atlas.project}}}" if atlas else ""
        (self.root / "skc.yaml").write_text(
            "version: 1\n"
            f"project: {{id: test-{self.name}, name: shop}}\n"
            "targets:\n"
            "  production:\n"
            "    env_files: [.env]\n"
            "    database: {uri: env:MONGO_URI, "
            f'connect_map: {{"{HOST}": "{self.address}"}}{project}}}\n' + more
        )


@pytest.fixture
def atlas_app(
    tmp_path: Path,
    skc: Skc,
    one_node: Mongod,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[AtlasApp]:
    """A project without consumers; its user has an awkward password.

    What Atlas does in many seconds is done in few here, and waited for accordingly.
    """
    quick = replace(spreading.LITTLE_BY_LITTLE, look_again_s=0.1, refusal_lasts_s=4.0)
    monkeypatch.setattr(spreading, "LITTLE_BY_LITTLE", quick)
    monkeypatch.setattr(spreading, "FIRST_LOOK_S", 0.05)
    user, password = f"app-{database}", secrets.token_urlsafe(9) + "@:/?#[]%+ 'ü"
    client = MongoClient[Any](one_node.uri.reveal(), serverSelectionTimeoutMS=20_000)
    client[database].things.insert_one({"_id": 1})
    root = tmp_path / "shop"
    root.mkdir()
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    uri = f"mongodb://{login}@{HOST}/{database}?authSource=admin&retryWrites=true"
    (root / ".env").write_text(f"PORT=3000\nMONGO_URI='{uri}'  # Atlas\n")
    (root / ".env").chmod(0o600)
    with Atlas(RealClock()).running() as atlas:
        atlas.retry_after = "1"
        atlas.clusters = [Cluster("alpha", 2), Cluster("beta", 3, flex=True)]
        atlas.users["admin", user] = {
            "username": user,
            "databaseName": "admin",
            "groupId": atlas.project,
            "password": password,
            "roles": [{"roleName": "readWrite", "databaseName": database}],
            "labels": [{"key": "team", "value": "web"}],
        }
        behind = Behind(atlas, client)
        behind.bring(atlas.users)
        made = AtlasApp(
            root=root,
            name=database,
            user=user,
            atlas=atlas,
            behind=behind,
            client=client,
            address=f"127.0.0.1:{one_node.ports[0]}",
            skc=skc,
            state=tmp_path / "state" / "skc" / f"test-{database}",
        )
        made.settings()
        yield made
        behind.close()
    client.close()
