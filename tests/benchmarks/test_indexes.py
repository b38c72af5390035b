"""`skc indexes`: the status of a large database, and duplicates among many documents.

SKC_BENCH_ROUNDS changes the rounds. Times are those of whole processes.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from tests.benchmarks.measure import Figures, run, table
from tests.commands.indexes.store import project, with_database
from tests.conftest import environment_in

ROUNDS = int(os.environ.get("SKC_BENCH_ROUNDS", "5"))
COLLECTIONS, INDEXES = 200, 10
DOCUMENTS = 300_000
SKC = (sys.executable, "-m", "skillconnect_ops")

pytestmark = pytest.mark.bench


@pytest.fixture
def root(one_node: Mongod, database: str, tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    project(folder, with_database(one_node.uri, database))
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    return {**environment_in(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}


def counted(client: MongoClient[Any]) -> dict[str, int]:
    """The commands that the server has answered, by name."""
    told = client.admin.command("serverStatus")["metrics"]["commands"]
    return {name: int(one["total"]) for name, one in told.items() if isinstance(one, dict)}


def test_the_status_of_two_thousand_indexes(
    client: MongoClient[Any],
    database: str,
    root: Path,
    environment: Mapping[str, str],
) -> None:
    declared = []
    for number in range(COLLECTIONS):
        names = [f"f{one}" for one in range(INDEXES - 1)]
        indexes = [{"key": {name: 1}, "name": f"{name}_1"} for name in names]
        client[database].command("createIndexes", f"c{number}", indexes=indexes)
        client[database][f"c{number}"].insert_one(dict.fromkeys(names, number))
        lines = "".join(f"  - keys: {{{name}: 1}}\n" for name in names)
        declared.append(f"c{number}:\n{lines}")
    (root / "indexes.yaml").write_text("".join(declared))
    argv = (*SKC, "indexes", "status", "--format", "json")
    pid = int(client.admin.command("serverStatus")["pid"])
    before = counted(client)
    rounds = [run(argv, server=pid, env=environment, cwd=root) for _ in range(ROUNDS)]
    asked = {
        name: (total - before.get(name, 0)) / ROUNDS
        for name, total in counted(client).items()
        if total != before.get(name, 0)
    }
    _say(
        f"status of {COLLECTIONS} collections with {COLLECTIONS * INDEXES} indexes",
        {"skc indexes status": rounds},
    )
    print({name: round(total, 1) for name, total in sorted(asked.items())})  # noqa: T201


def test_duplicates_among_three_hundred_thousand_documents(
    client: MongoClient[Any],
    database: str,
    root: Path,
    environment: Mapping[str, str],
) -> None:
    for start in range(0, DOCUMENTS, 20_000):
        numbers = range(start, start + 20_000)
        client[database]["people"].insert_many(
            [{"_id": n, "email": f"person{n}@example.org", "text": "x" * 60} for n in numbers],
            ordered=False,
        )
    client[database]["people"].insert_one({"email": "person7@example.org"})
    (root / "indexes.yaml").write_text("people:\n  - keys: {email: 1}\n    unique: true\n")
    argv = ("sh", "-c", f"{' '.join(SKC)} indexes --yes; test $? -eq 4")
    pid = int(client.admin.command("serverStatus")["pid"])
    rounds = [run(argv, server=pid, env=environment, cwd=root) for _ in range(ROUNDS)]
    _say(f"duplicates among {DOCUMENTS:,} documents", {"skc indexes --yes": rounds})


def _say(title: str, rows: Mapping[str, list[Figures]]) -> None:
    (name,) = rows
    print(f"\n{title}\n{table(rows, against=name)}")  # noqa: T201
