"""What a privilege covers, asked of a real server; and that the role shown closes the gap."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.commands.doctor.rights import (
    READ,
    Need,
    backup_needs,
    bucket_needs,
    lacking,
    restore_needs,
    role_for,
    script,
)
from skillconnect_ops.core.ports.database import Privilege
from skillconnect_ops.core.secret import Secret
from tests.servers import make_user


def privileges(uri: Secret) -> Sequence[Privilege]:
    with connect(uri) as database:
        return database.privileges()


def missing(uri: Secret, needs: Sequence[Need]) -> set[str]:
    found = privileges(uri)
    return {action for need in needs for action in lacking(found, need)}


def user(uri: Secret) -> str:
    return uri.reveal().partition("//")[2].partition(":")[0]


@pytest.fixture
def series(client: MongoClient[Any], database: str) -> str:
    client[database]["plain"].insert_one({"_id": 1})
    client[database].create_collection("odd ts", timeseries={"timeField": "t"})
    client[database]["odd ts"].insert_one({"t": datetime.now(UTC), "v": 1})
    return "odd ts"


@pytest.mark.parametrize(
    ("roles", "may_back_up", "may_restore"),
    [
        (["read"], True, False),
        (["readWrite"], True, True),
        (["dbAdmin"], False, False),
        ([{"role": "backup", "db": "admin"}], True, False),
        ([{"role": "root", "db": "admin"}], True, True),
        ([{"role": "readAnyDatabase", "db": "admin"}], True, False),
        ([], False, False),
    ],
)
def test_built_in_roles_are_judged_as_the_server_does(
    one_node: Mongod, database: str, roles: list[Any], may_back_up: bool, may_restore: bool
) -> None:
    uri = make_user(one_node, database, roles)
    assert (not missing(uri, backup_needs(database))) is may_back_up
    assert (not missing(uri, restore_needs(database))) is may_restore


@pytest.mark.parametrize(
    ("role", "readable"), [("read", False), ("readWrite", False), ("backup", True), ("root", True)]
)
def test_the_buckets_of_a_time_series_are_judged_as_the_server_does(
    one_node: Mongod, database: str, series: str, role: str, readable: bool
) -> None:
    where = "admin" if role in {"backup", "root"} else database
    uri = make_user(one_node, database, [{"role": role, "db": where}])
    needs = bucket_needs(database, [series], frozenset({"find"}))
    assert (not missing(uri, needs)) is readable
    with MongoClient[Any](uri.reveal()) as connected:
        command = {"find": f"system.buckets.{series}", "limit": 1}
        if readable:
            assert connected[database].command(command)["ok"]
        else:
            with pytest.raises(OperationFailure):
                connected[database].command(command)


def test_a_right_on_some_buckets_is_none_on_ordinary_collections(
    one_node: Mongod, client: MongoClient[Any], database: str, series: str
) -> None:
    resource = {"db": database, "system_buckets": series}
    grant = [{"resource": resource, "actions": ["find"]}]
    name = f"r_{database}"
    client.admin.command("createRole", name, privileges=grant, roles=[])
    uri = make_user(one_node, database, [{"role": name, "db": "admin"}])
    find = frozenset({"find"})
    assert not missing(uri, bucket_needs(database, [series], find))
    assert missing(uri, bucket_needs(database, ["other"], find)) == find
    assert missing(uri, backup_needs(database)) == READ


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_the_role_shown_closes_the_gap_and_no_more(
    one_node: Mongod, client: MongoClient[Any], database: str, series: str, verb: str
) -> None:
    actions = frozenset({"find"} if verb == "backup" else {"find", "insert"})
    needs = backup_needs(database) if verb == "backup" else restore_needs(database)
    buckets = bucket_needs(database, [series], actions)
    uri = make_user(one_node, database, [])
    role = role_for(verb, database, buckets)
    client.admin.command("createRole", role.name, **role.body())
    client[database].command(
        "grantRolesToUser", user(uri), roles=[{"role": role.name, "db": "admin"}]
    )
    assert not missing(uri, (*needs, *buckets))
    other = bucket_needs("another", [series], actions)
    assert missing(uri, (*backup_needs("another"), *other)) >= READ
    with MongoClient[Any](uri.reveal()) as connected:
        held = connected[database].command({"find": f"system.buckets.{series}"})
        assert len(held["cursor"]["firstBatch"]) == 1
        if verb == "backup":
            with pytest.raises(OperationFailure):
                connected[database]["plain"].insert_one({})
        else:
            copy = {**held["cursor"]["firstBatch"][0], "_id": None}
            del copy["_id"]
            connected[database].command({"insert": f"system.buckets.{series}", "documents": [copy]})
    client.admin.command("dropRole", role.name)


def test_the_script_holds_the_very_role_that_was_tested() -> None:
    needs = bucket_needs("my app", ["t'\"s"], frozenset({"find"}))
    role = role_for("backup", "my app", needs)
    lines = script(role, "o'neil@my app").splitlines()
    assert json.loads(lines[0].removeprefix("var role = ").removesuffix(";")) == role.body()
    assert role.name == "skc_backup_my_app"
    assert lines[-1] == (
        'db.getSiblingDB("my app").grantRolesToUser("o\'neil", '
        '[{"role": "skc_backup_my_app", "db": "admin"}]);'
    )


def test_where_a_built_in_role_is_enough_none_is_made() -> None:
    text = script(role_for("restore", "app", ()), "u@admin")
    assert text == (
        'db.getSiblingDB("admin").grantRolesToUser("u", [{"role": "readWrite", "db": "app"}]);'
    )
