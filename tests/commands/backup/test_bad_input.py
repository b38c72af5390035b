"""What cannot be backed up is refused with a word about it, and nothing is left behind."""

import json
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.commands.backup import run
from skillconnect_ops.core.ports.database import Topology
from skillconnect_ops.core.secret import Secret
from tests.commands.backup.ports import Alter
from tests.commands.backup.shop import Shop, make_project
from tests.conftest import Ran
from tests.servers import make_user

CANARY = "cAnArY" + secrets.token_hex(6)


def refused(ran: Ran, code: int, *said: str) -> dict[str, Any]:
    """An error with all three sentences, said to people and to machines; no password in it."""
    assert ran.code == code, ran.stderr + ran.stdout
    error: dict[str, Any] = ran.json["error"]
    assert error["what"]
    assert error["why"]
    assert error["fix"]
    for word in ("error:", "why:", "fix:"):
        assert word in ran.stderr
    whole = json.dumps(error)
    for piece in said:
        assert piece in whole, whole
    assert CANARY not in ran.stdout + ran.stderr
    return error


def untouched(shop: Shop) -> None:
    assert not shop.location.exists() or not list(shop.location.iterdir())


def at_other_address(shop: Shop, uri: str) -> Shop:
    make_project(shop.root, shop.location, uri)
    return shop


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_wrong_password_is_refused(shop: Shop, mongo: Secret) -> None:
    hosts = mongo.reveal().partition("@")[2].partition("/")[0]
    at_other_address(shop, f"mongodb://root:{CANARY}@{hosts}/{shop.name}?authSource=admin")
    refused(shop.run("backup"), 4, "refuses the password of 'root'", "admin")
    untouched(shop)


def test_a_refused_port_is_named(shop: Shop) -> None:
    port = free_port()
    at_other_address(shop, f"mongodb://u:{CANARY}@127.0.0.1:{port}/shop")
    refused(shop.run("backup"), 4, "nobody listens", str(port))
    untouched(shop)


def test_an_unknown_host_is_named(shop: Shop) -> None:
    at_other_address(shop, f"mongodb://u:{CANARY}@no-such-host.invalid:27017/shop")
    refused(shop.run("backup"), 4, "no-such-host.invalid")
    untouched(shop)


def test_a_server_that_never_answers_is_given_up_within_ten_seconds(shop: Shop) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        at_other_address(shop, f"mongodb://u:{CANARY}@127.0.0.1:{port}/shop")
        ran = shop.run("backup")
    refused(ran, 4, str(port))
    assert ran.json["seconds"] < 10
    untouched(shop)


def test_a_missing_variable_is_named(shop: Shop) -> None:
    (shop.root / ".env").write_text("")
    refused(shop.run("backup"), 4, "MONGO_URI")
    untouched(shop)


def test_a_user_without_read_is_told_which_role_it_lacks(shop: Shop, one_node: Mongod) -> None:
    shop.db["a"].insert_one({})
    user = make_user(one_node, shop.name, [], password=CANARY)
    at_other_address(shop, user.reveal())
    refused(shop.run("backup"), 4, "listCollections", f"role: 'read', db: '{shop.name}'")
    untouched(shop)


def test_the_role_read_is_enough_without_a_time_series(shop: Shop, one_node: Mongod) -> None:
    shop.db["a"].insert_one({"n": 1})
    shop.db.create_collection("log", capped=True, size=4096)
    shop.db.create_collection("view", viewOn="a", pipeline=[])
    user = make_user(one_node, shop.name, ["read"])
    at_other_address(shop, user.reveal())
    assert shop.backup()["documents"] == 1


def test_a_time_series_needs_a_stronger_role_and_the_error_says_which(
    shop: Shop, one_node: Mongod
) -> None:
    shop.db["a"].insert_one({"n": 1})
    shop.db.create_collection("weather", timeseries={"timeField": "at"})
    user = make_user(one_node, shop.name, ["read"])
    at_other_address(shop, user.reveal())
    error = refused(shop.run("backup"), 4, "weather", "backup@admin")
    assert "role: 'backup', db: 'admin'" in error["fix"]
    assert "--exclude weather" in error["fix"]
    untouched(shop)
    assert shop.backup("--exclude", "weather")["documents"] == 1
    stronger = make_user(one_node, shop.name, ["read", {"role": "backup", "db": "admin"}])
    at_other_address(shop, stronger.reveal())
    assert len(shop.backup()["collections"]) == 2


def test_a_collection_that_the_user_may_not_read_fails_and_leaves_nothing(
    shop: Shop, one_node: Mongod, client: MongoClient[Any]
) -> None:
    shop.db["a"].insert_one({"n": 1})
    shop.db["b"].insert_one({"n": 1})
    some = {"resource": {"db": shop.name, "collection": "a"}, "actions": ["find", "listIndexes"]}
    lists = {
        "resource": {"db": shop.name, "collection": ""},
        "actions": ["listCollections", "listIndexes", "collStats"],
    }
    shop.db.command("createRole", "some", privileges=[some, lists], roles=[])
    user = make_user(one_node, shop.name, ["some"])
    at_other_address(shop, user.reveal())
    refused(shop.run("backup"), 5, f"may not find on {shop.name}.b", "role: 'read'")
    untouched(shop)
    client[shop.name].command("dropRole", "some")


def test_a_database_that_does_not_exist_is_refused_and_the_nearest_named(shop: Shop) -> None:
    shop.db["a"].insert_one({})
    wrong = shop.name[:-1] + "_"
    refused(shop.run("backup", "--db", wrong), 4, wrong, f"skc backup --db {shop.name}")
    untouched(shop)


def test_a_collection_that_does_not_exist_is_refused_and_the_nearest_named(shop: Shop) -> None:
    shop.db["orders"].insert_one({})
    refused(shop.run("backup", "--collection", "order"), 4, "order", "--collection orders")
    untouched(shop)


def test_an_exclude_that_leaves_nothing_is_refused(shop: Shop) -> None:
    shop.db["a"].insert_one({})
    refused(shop.run("backup", "--exclude", "*"), 4, "nothing is left", "--exclude *")
    untouched(shop)


def test_all_databases_and_db_exclude_each_other(shop: Shop) -> None:
    refused(shop.run("backup", "--all-databases", "--db", "x"), 2, "exclude each other")


@pytest.mark.parametrize("words", [("--level", "0"), ("--level", "20"), ("--nonsense",)])
def test_a_wrong_option_is_usage(shop: Shop, words: tuple[str, ...]) -> None:
    refused(shop.run("backup", *words), 2)
    untouched(shop)


@pytest.mark.parametrize(
    "recipient",
    ["age1nonsense", "ssh-ed25519 AAAAnonsense", "", "AGE-SECRET-KEY-1XX", "ssh-dss AAAA"],
)
def test_an_unknown_recipient_is_refused_before_anything_is_read(
    shop: Shop, recipient: str
) -> None:
    shop.db["a"].insert_one({})
    uri = (shop.root / ".env").read_text().partition("=")[2].strip()
    make_project(shop.root, shop.location, uri, more=f', recipients: ["{recipient}"]')
    refused(shop.run("backup"), 4, "recipient")
    untouched(shop)


@pytest.mark.parametrize("where", ["inside", "below", "linked"])
def test_a_location_inside_the_project_is_refused(shop: Shop, tmp_path: Path, where: str) -> None:
    shop.db["a"].insert_one({})
    link = tmp_path / "link"
    link.symlink_to(shop.root)
    place = {"inside": shop.root / "b", "below": shop.root / "x/y", "linked": link / "b"}[where]
    uri = (shop.root / ".env").read_text().partition("=")[2].strip()
    make_project(shop.root, place, uri)
    refused(shop.run("backup"), 4, "lies in the project", "backups.location")
    assert not place.exists()


def test_a_location_inside_the_repository_around_the_project_is_refused(
    shop: Shop, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    shop.db["a"].insert_one({})
    refused(shop.run("backup"), 4, "lies in the project")
    untouched(shop)


def test_a_location_that_is_a_file_is_refused(shop: Shop) -> None:
    shop.db["a"].insert_one({})
    shop.location.write_text("mine")
    for words in (("backup",), ("backup", "list"), ("backup", "show", "latest")):
        refused(shop.run(*words), 4)
    assert shop.location.read_text() == "mine"


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Any]:
    """Mounts a tmpfs with some options."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    places: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"mnt{len(places)}"
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "-l", str(place)], check=True)


def moved(shop: Shop, location: Path, *, more: str = "") -> Shop:
    uri = (shop.root / ".env").read_text().partition("=")[2].strip()
    make_project(shop.root, location, uri, more=more)
    return Shop(shop.root, location, shop.name, shop.client, shop.skc, shop.env)


def test_a_read_only_location_is_refused_before_anything_is_read(shop: Shop, mounted: Any) -> None:
    shop.db["a"].insert_one({})
    location = mounted("ro,size=1m")
    refused(moved(shop, location).run("backup"), 4, "cannot be written to", str(location))
    refused(moved(shop, location / "deeper").run("backup"), 4, "cannot be written to")


def random_documents(shop: Shop, megabytes: int) -> None:
    for _ in range(megabytes):
        shop.db["noise"].insert_many({"noise": os.urandom(50_000)} for _ in range(20))


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "encrypted"])
def test_a_disk_that_fills_up_puts_everything_back(shop: Shop, mounted: Any, sealed: bool) -> None:
    location = mounted("size=3m")
    (location / "mine").write_text("mine")
    random_documents(shop, 8)
    key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    full = moved(shop, location, more=f", recipients: [{key}]" if sealed else "")
    error = refused(full.run("backup"), 5, "No space left", str(location))
    assert "df -h" in error["fix"]
    assert [path.name for path in location.iterdir()] == ["mine"]
    subprocess.run(["mount", "-o", "remount,size=30m", str(location)], check=True)
    assert full.backup()["documents"] == 160


def test_a_disk_that_cannot_hold_it_even_at_ten_to_one_is_refused(
    shop: Shop, alter: Alter, mounted: Any
) -> None:
    random_documents(shop, 4)
    location = mounted("size=64k")
    refused(moved(shop, location).run("backup"), 4, "will not fit even at ten to one")
    assert not list(location.iterdir())


def test_a_sharded_cluster_is_refused_unless_asked_for(shop: Shop, alter: Alter) -> None:
    shop.db["a"].insert_one({})
    alter(server=lambda real: replace(real.server(), topology=Topology.SHARDED))
    refused(shop.run("backup"), 4, "sharded", "--untested-topology")
    untouched(shop)
    assert shop.run("backup", "--untested-topology").code == 0


def test_several_targets_and_none_named_lists_them(shop: Shop) -> None:
    text = (shop.root / "skc.yaml").read_text()
    (shop.root / "skc.yaml").write_text(
        text + text.partition("targets:\n")[2].replace("  test:", "  other:")
    )
    refused(shop.run("backup"), 4, "test", "other")
    untouched(shop)


def test_two_targets_in_one_location_never_share_an_id(shop: Shop) -> None:
    shop.db["a"].insert_one({})
    text = (shop.root / "skc.yaml").read_text()
    (shop.root / "skc.yaml").write_text(
        text + text.partition("targets:\n")[2].replace("  test:", "  other:")
    )
    ids = {shop.backup("--target", name)["id"] for name in ("test", "other")}
    assert {name.partition("Z-")[2] for name in ids} == {"shop-test", "shop-other"}
    newest = shop.run("backup", "show", "latest", "--target", "test").json["facts"]["backup"]
    assert newest["subject"]["target"] == "test"


def test_odd_database_names_are_backed_up(shop: Shop, client: MongoClient[Any]) -> None:
    names = [f"{shop.name}_{odd}" for odd in ("a&b=c+d%e", "ünï-é✓", "x'y;z", "-", "(paren)")]
    for name in names:
        client[name]["c"].insert_one({"name": name})
        manifest = shop.backup("--db", name)
        assert manifest["subject"]["databases"] == [name]
        assert shop.run("backup", "verify", manifest["id"]).code == 0
    words = [word for name in names for word in ("--db", name)]
    assert shop.backup(*words)["documents"] == len(names)


def test_a_database_of_empty_collections_is_backed_up_and_said_to_look_empty(shop: Shop) -> None:
    shop.db.create_collection("a")
    shop.db.create_collection("b")
    ran = shop.run("backup")
    assert ran.code == 0
    assert "every collection looks empty" in ran.stderr
    ran = shop.run("backup", "verify", "latest", "--drill")
    assert ran.json["facts"]["drill"]["verdict"] == "passed"


def test_all_databases_leaves_the_servers_own_out(shop: Shop, client: MongoClient[Any]) -> None:
    other = f"{shop.name}_other"
    shop.db["a"].insert_one({})
    client[other]["a"].insert_one({})
    found = set(shop.backup("--all-databases")["subject"]["databases"])
    assert {shop.name, other} <= found
    assert not found & {"admin", "config", "local"}


def test_names_that_look_like_patterns_mean_themselves(shop: Shop) -> None:
    for name in ("a[1]", "a1", "b"):
        shop.db[name].insert_one({})
    manifest = shop.backup("--exclude", "a[1]")
    assert [one["name"] for one in manifest["collections"]] == ["b"]
    manifest = shop.backup("--collection", "a[1]")
    assert [one["name"] for one in manifest["collections"]] == ["a[1]"]
    assert manifest["subject"]["only"] == ["a[1]"]


def test_backups_within_one_second_get_ids_of_their_own(shop: Shop) -> None:
    shop.db["a"].insert_one({})
    ids = [shop.backup()["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    listed = shop.run("backup", "list").json["facts"]["backups"]
    assert {row["id"] for row in listed} == set(ids)


def test_an_id_that_another_run_took_in_the_same_second_is_left_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.db["a"].insert_one({})
    first = shop.backup()
    monkeypatch.setattr(run, "_free_id", lambda *_: first["id"])
    refused(shop.run("backup"), 4, f"there is a backup {first['id']} already")
    assert shop.run("backup", "verify", first["id"]).code == 0
