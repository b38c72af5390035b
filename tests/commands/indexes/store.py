"""A project whose database has indexes, and what judges them from outside."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from msgspec import Struct
from pymongo import MongoClient

from skillconnect_ops.core.secret import Secret
from tests.conftest import Ran, Skc

OWN = "skc_indexes"


class Store(Struct, frozen=True):
    """A project folder, its database, and the commands run in it."""

    root: Path
    name: str
    client: MongoClient[Any]
    skc: Skc

    @property
    def db(self) -> Any:
        """The database, for preparing and for asking the world."""
        return self.client[self.name]

    def declare(self, text: str) -> None:
        """Write `indexes.yaml`."""
        (self.root / "indexes.yaml").write_text(text)

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """A command in the project's folder, its report as JSON."""
        return self.skc(*argv, "--format", "json", cwd=self.root, env=env)

    def apply(self, *argv: str) -> Any:
        """An apply that must succeed; its report."""
        ran = self.run("indexes", "--yes", *argv)
        assert ran.code == 0, ran.stderr + ran.stdout
        return ran.json

    def indexes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All indexes, by collection and name, to the letter; of collections that have some."""
        found = {
            name: {one["name"]: dict(one) for one in self.db[name].list_indexes()}
            for name in sorted(self.db.list_collection_names())
            if name != OWN and not name.startswith("system.")
        }
        return {name: indexes for name, indexes in found.items() if set(indexes) != {"_id_"}}


def project(root: Path, uri: str) -> None:
    """Write the `skc.yaml` and the `.env` of a project."""
    root.mkdir(parents=True, exist_ok=True)
    (root / ".env").write_text(f"MONGO_URI={uri}\n")
    (root / ".env").chmod(0o600)
    (root / "skc.yaml").write_text(
        "version: 1\n"
        f"project: {{id: test-{root.name}, name: store}}\n"
        "targets:\n"
        "  test:\n"
        "    env_files: [.env]\n"
        "    database: {uri: env:MONGO_URI}\n"
    )


def with_database(uri: Secret, name: str) -> str:
    """The URI with the database in its path."""
    return urlunsplit(urlsplit(uri.reveal())._replace(path=f"/{name}"))


@pytest.fixture
def store(
    tmp_path: Path, mongo: Secret, database: str, client: MongoClient[Any], skc: Skc
) -> Store:
    """A project on the replica set of one node."""
    root = tmp_path / "store"
    project(root, with_database(mongo, database))
    return Store(root, database, client, skc)


def first_fields(index: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The keys of an index as a query sees them."""
    return tuple(index["key"].items())


@contextmanager
def watched(
    store: Store, collection: str, keys: Sequence[tuple[tuple[str, Any], ...]]
) -> Iterator[list[str]]:
    """Watch, in a thread, that for each of these keys some index begins with them, in sight.

    Gives what was seen to be wrong.
    """
    wrong: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            there = list(
                store.db.command("listIndexes", collection, includeBuildUUIDs=True)["cursor"][
                    "firstBatch"
                ]
            )
            ready = [one for one in there if "buildUUID" not in one and not one.get("hidden")]
            wrong.extend(
                f"{wanted} among {[one['name'] for one in ready]}"
                for wanted in keys
                if not any(first_fields(one)[: len(wanted)] == wanted for one in ready)
            )

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield wrong
    finally:
        over.set()
        thread.join(10)
