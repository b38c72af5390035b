"""The sample's scripts: the same documents each time, and checks that see what is broken."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from skillconnect_ops.adapters.embedded import MongodOptions, run_mongod
from skillconnect_ops.core.secret import Secret

SCRIPTS = Path(__file__).parents[3] / "templates" / "skillconnect" / "demo"
Script = Callable[..., Any]


@pytest.fixture
def script(mongo: Secret, database: str) -> Script:
    """Run a script on a database; its last line of output, parsed."""

    def run(name: str, *words: str, on: str = database, more: str = "") -> Any:
        uri = mongo.reveal().replace("/?", f"/{on}?", 1)
        done = subprocess.run(
            [sys.executable, "-W", "error", SCRIPTS / name, *words],
            input=f"{uri}\n{more}",
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture
def sample(client: MongoClient[Any], database: str, script: Script) -> Database[Any]:
    """A small sample database."""
    assert script("fill.py", "1000")["documents"] == 1000
    return client[database]


def test_the_same_documents_come_each_time(
    client: MongoClient[Any], database: str, script: Script, sample: Database[Any]
) -> None:
    script("fill.py", "1000", on=f"{database}_2")
    hashes = [client[name].command("dbHash")["collections"] for name in (database, f"{database}_2")]
    client.drop_database(f"{database}_2")
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 6


def test_it_has_the_indexes_and_validators_of_the_plan(sample: Database[Any]) -> None:
    users = sample["users"].index_information()
    assert users["email_1"]["unique"]
    assert users["username_1"]["unique"]
    assert {"verified_1", "role_1", "skills_1", "createdAt_-1"} < users.keys()
    assert "requester_1_status_1_createdAt_-1" in sample["servicerequests"].index_information()
    assert "$jsonSchema" in sample["bookings"].options()["validator"]


def test_a_fresh_sample_fits_together(sample: Database[Any], script: Script) -> None:
    found = script("checks.py", sample.name)
    assert found["broken"] == 0
    assert [one["checked"] > 50 for one in found["invariants"]] == [True] * 3


def started(server: Secret, name: str) -> Any:
    """Three writers on a database, waiting for lines."""
    child = subprocess.Popen(
        [sys.executable, "-W", "error", SCRIPTS / "workload.py", "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    child.stdin.write(server.reveal().replace("/?", f"/{name}?", 1) + "\n")
    child.stdin.flush()
    return child


def test_it_still_fits_together_after_the_writers(
    mongo: Secret, sample: Database[Any], script: Script
) -> None:
    before = sample["bookings"].count_documents({})
    with started(mongo, sample.name) as child:
        said = [json.loads(child.stdout.readline())]
        for _ in range(20):
            child.stdin.write("\n")
            child.stdin.flush()
            said.append(json.loads(child.stdout.readline()))
        rest, complaints = child.communicate()
    assert complaints == ""
    done = json.loads(rest)
    counts = [one["transactions"] for one in (*said, done)]
    assert counts == sorted(counts)
    assert done["error"] is None
    assert done["transactions"] >= 6
    assert sample["bookings"].count_documents({}) == before + done["transactions"] // 2
    assert script("checks.py", sample.name)["broken"] == 0


@pytest.mark.parametrize("moment", ["while they write", "before the first commit"])
def test_the_writers_end_with_their_input_though_the_server_is_gone(
    tmp_path: Path, moment: str
) -> None:
    with run_mongod(tmp_path, MongodOptions(members=1)) as servers:
        with MongoClient[Any](servers.uri.reveal()) as client:
            client["sample"]["users"].insert_many([{"role": "Service Provider"} for _ in range(3)])
        if moment == "before the first commit":
            servers.kill()
        with started(servers.uri, "sample") as child:
            if moment == "while they write":
                child.stdout.readline()
                servers.kill()
            _, complaints = child.communicate(timeout=15)
            assert (child.returncode, complaints) == (0, "")


@pytest.mark.parametrize(
    ("collection", "query", "change", "invariant", "broken"),
    [
        ("wallets", {}, {"$inc": {"balanceCents": 1}}, "wallets", 1),
        ("ledgerentries", {"source": {"$ne": None}}, {"$inc": {"amountCents": 1}}, "wallets", 2),
        ("users", {}, {"$inc": {"totalJobsAssigned": 1}}, "counters", 1),
        ("servicerequests", {"booking": {"$ne": None}}, {"$set": {"booking": None}}, "bookings", 1),
    ],
)
def test_the_checks_see_a_torn_document(
    sample: Database[Any],
    script: Script,
    *,
    collection: str,
    query: dict[str, Any],
    change: dict[str, Any],
    invariant: str,
    broken: int,
) -> None:
    assert sample[collection].update_one(query, change).modified_count == 1
    found = {one["id"]: one["broken"] for one in script("checks.py", sample.name)["invariants"]}
    assert found.pop(invariant) == broken
    assert set(found.values()) == {0}


def test_the_checks_see_a_lost_collection(sample: Database[Any], script: Script) -> None:
    bookings = sample["bookings"].count_documents({})
    sample["bookings"].drop()
    found = {one["id"]: one["broken"] for one in script("checks.py", sample.name)["invariants"]}
    assert found["bookings"] == bookings
    assert found["counters"] > 0
