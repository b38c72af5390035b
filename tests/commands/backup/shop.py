"""A project whose database the tests of backup and restore fill."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from msgspec import Struct
from pymongo import MongoClient

from skillconnect_ops.core.secret import Secret
from tests.conftest import Ran, Skc


class Shop(Struct, frozen=True):
    """A project folder, its database, and the commands run in it."""

    root: Path
    location: Path
    name: str
    client: MongoClient[Any]
    skc: Skc
    env: dict[str, str]

    @property
    def db(self) -> Any:
        """The database, for preparing and for asking the world."""
        return self.client[self.name]

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """A command in the project's folder, its report as JSON."""
        return self.skc(*argv, "--format", "json", cwd=self.root, env={**self.env, **(env or {})})

    def backup(self, *argv: str) -> dict[str, Any]:
        """A backup that must succeed; its manifest."""
        ran = self.run("backup", *argv)
        assert ran.code == 0, ran.stderr + ran.stdout
        manifest: dict[str, Any] = ran.json["facts"]["backup"]
        return manifest

    def folder(self, backup: Mapping[str, Any]) -> Path:
        """Where a backup lies."""
        return self.location / str(backup["id"])


def with_database(uri: Secret, name: str) -> str:
    """The URI of a root user, with the database in its path and the user's own source kept."""
    parts = urlsplit(uri.reveal())
    return urlunsplit(parts._replace(path=f"/{name}"))


def make_project(root: Path, location: Path, uri: str, *, more: str = "") -> None:
    """Write the `skc.yaml` and the `.env` of a project."""
    root.mkdir(parents=True, exist_ok=True)
    (root / ".env").write_text(f"MONGO_URI={uri}\n")
    (root / ".env").chmod(0o600)
    (root / "skc.yaml").write_text(
        "version: 1\n"
        f"project: {{id: test-{root.name}, name: shop}}\n"
        "targets:\n"
        "  test:\n"
        "    env_files: [.env]\n"
        "    database: {uri: env:MONGO_URI}\n"
        f"    backups: {{location: {location}{more}}}\n"
    )


@pytest.fixture
def shop(
    tmp_path: Path, mongo: Secret, database: str, client: MongoClient[Any], skc: Skc
) -> Iterator[Shop]:
    """A project on the replica set of one node; its backups lie beside it."""
    root, location = tmp_path / "shop", tmp_path / "backups"
    make_project(root, location, with_database(mongo, database))
    yield Shop(root, location, database, client, skc, {})
    for name in client.list_database_names():
        if name.startswith(f"{database}_"):
            client.drop_database(name)
