"""`skc api` and the real program, on servers that it starts itself and on none."""

import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from redis import Redis
from redis.exceptions import NoPermissionError

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.embedded.process import free_port
from skillconnect_ops.commands.api.program import MADE_OF
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests.commands.api.conftest import Running, Start, processes_of, status, wait_until_gone
from tests.conftest import Skc
from tests.servers import make_user

ROOT = Path(__file__).parents[3]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where an embedded API puts its folder."""
    return tmp_path / "t"


def values_of(file: Path) -> dict[str, str]:
    read = parse(file.read_bytes())
    return {entry.key: read.get(entry.key) or "" for entry in read.entries}


def test_an_embedded_one_serves_is_rotated_and_leaves_nothing(
    start: Start, project: Path, skc_process: Skc, temporary: Path
) -> None:
    # what is exported here is meant for another API
    folder, port = project / "d", str(free_port())
    folder.mkdir(mode=0o700)
    options = ("--embedded", "--folder", "d", "--port", port, "--workers", "2")
    exported = {"MONGO_URI": "mongodb://127.0.0.1:1/production", "JWT_SECRET_KEY": "weak"}
    api = start(*options, "--format", "json", env=exported)
    said = api.until("renew its credentials")
    assert "with 2 workers" in said
    assert status(f"http://127.0.0.1:{port}/ready") == 200

    values, admins = values_of(folder / ".env"), values_of(folder / "admin.env")
    assert values["NODE_ENV"] == "development"
    _files_are_private_and_named(folder, said)
    _users_may_use_data_alone(values)
    _the_administrator_can_log_in(folder, port)
    rotated = skc_process("rotate", "--yes", "--format", "json", cwd=folder, env=admins)
    assert rotated.code == 0, rotated.stderr
    health = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).json()
    renewed = values_of(folder / ".env")
    assert [renewed[name] == values[name] for name in ("MONGO_URI", "REDIS_URL")] == [False] * 2
    assert len(health["skc"]["JWT_SECRET_KEY"]) == 2

    assert api.ends(signal.SIGINT) == 130, api.said
    served = json.loads(api.data)["facts"]["api"]
    assert (served["embedded"], served["kept"], served["killed"]) == (True, False, False)
    assert served["folder"] == str(folder)
    _no_secret_in(api, {**values, **renewed, **admins})
    assert list(folder.iterdir()) == []
    assert list(temporary.iterdir()) == []
    assert processes_of(project) == {}


def _files_are_private_and_named(folder: Path, said: str) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in (".env", "admin.txt", "admin.env", "skc.yaml"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    for name in (".env", "admin.txt", "admin.env", "mails", "logs"):
        assert f"{folder}/{name} " in said
    password = (folder / "admin.txt").read_text().partition("password: ")[2].strip()
    assert len(password) == 24
    assert password not in said


def _the_administrator_can_log_in(folder: Path, port: str) -> None:
    lines = (folder / "admin.txt").read_text().splitlines()
    sent = dict(line.split(": ", 1) for line in lines)
    url = f"http://127.0.0.1:{port}/api/v1/auth/login"
    assert httpx.post(url, json=sent, trust_env=False, timeout=20).status_code == 200
    wrong = {**sent, "password": sent["password"][::-1]}
    assert httpx.post(url, json=wrong, trust_env=False, timeout=20).status_code == 401


def _users_may_use_data_alone(values: dict[str, str]) -> None:
    with MongoClient[Any](values["MONGO_URI"]) as client:
        told = client.admin.command("connectionStatus")["authInfo"]["authenticatedUserRoles"]
        name = client.get_default_database().name
        assert told == [{"role": "readWrite", "db": name}]
        assert client[name].list_collection_names() != []
        with pytest.raises(OperationFailure, match="not authorized"):
            client["other"]["c"].find_one()
    with Redis.from_url(values["REDIS_URL"]) as cache:
        assert cache.set("k", "v")
        for forbidden in (("CONFIG", "GET", "*"), ("ACL", "LIST"), ("FLUSHALL",), ("SHUTDOWN",)):
            with pytest.raises(NoPermissionError):
                cache.execute_command(*forbidden)


def _no_secret_in(api: Running, values: dict[str, str]) -> None:
    shown = api.said + api.data
    for name, value in values.items():
        if name.endswith(("_KEY", "_TOKEN", "_URI", "_URL")) and "localhost" not in value:
            assert value not in shown, name
            assert "://" not in value or value.split("@")[0].rpartition(":")[2] not in shown, name


def test_nothing_is_left_of_an_embedded_one_when_skc_is_killed(
    start: Start, project: Path, temporary: Path
) -> None:
    api = start("--embedded", "--port", str(free_port()), "--workers", "2")
    api.until("Ctrl-C ends it")
    lines = " ".join(processes_of(temporary).values())
    assert all(word in lines for word in ("mongod", "redis-server", "reference_api", "spawn_main"))
    assert api.ends(signal.SIGKILL) == -9
    wait_until_gone(temporary)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("words", ["start on this machine", "its settings"])
def test_a_signal_while_the_servers_start_leaves_nothing(
    start: Start, project: Path, temporary: Path, words: str
) -> None:
    api = start("--embedded", "--port", str(free_port()), fault="none")
    api.until(words)
    assert api.ends(signal.SIGTERM) == 143
    assert list(temporary.iterdir()) == []
    assert processes_of(temporary) == {}


def test_what_is_kept_stays_but_for_the_servers_data(start: Start, project: Path, skc: Skc) -> None:
    (project / "kept").mkdir()
    port = str(free_port())
    where = ("--folder", "kept", "--host", "0.0.0.0", "--port", port)
    api = start("--embedded", "--keep", *where, fault="none")
    said = api.until("Ctrl-C ends it")
    assert "warning: it is set up for development, and 0.0.0.0 may be reached" in said
    assert f"the API listens on http://127.0.0.1:{port} " in said
    assert api.ends(signal.SIGTERM) == 143
    names = {one.name for one in (project / "kept").iterdir()}
    assert {".env", "admin.txt", "skc.yaml", "mails", "logs"} <= names
    assert "servers" not in names
    assert "next: skc api --embedded\n" in api.said


def test_two_run_at_once_on_servers_that_are_there(
    start: Start, project: Path, one_node: Mongod, redis_server: Secret, database: str
) -> None:
    ports = [free_port(), free_port()]
    values = {
        "NODE_ENV": "development",
        "PORT": str(ports[0]),
        "MONGO_URI": make_user(one_node, database, ["readWrite"]).reveal(),
        "REDIS_URL": redis_server.reveal(),
        **{name: secrets.token_hex(32) for name in ("JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY")},
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    (project / "other.env").write_text(text)
    options = ("--env-file", "other.env", "--format", "json")
    first = start(*options, "--workers", "2")
    second = start(*options, "--port", str(ports[1]))
    for api, port in zip((first, second), ports, strict=True):
        assert f"127.0.0.1:{port} with" in api.until("Ctrl-C ends it")
    ready = [f"http://127.0.0.1:{port}/ready" for port in ports]
    assert [status(url) for url in ready] == [200, 200]
    assert first.ends(signal.SIGTERM) == 143, first.said
    assert json.loads(first.data)["facts"]["api"]["killed"] is False
    assert [status(url) for url in ready] == [None, 200]
    assert second.ends(signal.SIGINT) == 130, second.said
    _no_secret_in(first, values)
    _no_secret_in(second, values)
    assert processes_of(project) == {}


def test_settings_that_the_program_refuses_are_told_in_its_words(skc: Skc, project: Path) -> None:
    weak = "kurz-und-schwach"
    # a module of the working folder is not the program's
    (project / "dotenv.py").write_text("raise SystemExit('not this one')\n")
    (project / ".env").write_text(f"MONGO_URI=\nJWT_SECRET_KEY={weak}\nPORT={free_port()}\n")
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert ran.stderr.startswith("error: the settings are refused\nwhy:   ")
    assert "ADMIN_JWT_SECRET_KEY is not set" in ran.stderr
    assert weak not in ran.stderr
    assert processes_of(project) == {}


def test_stores_that_cannot_be_reached_end_in_an_error(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skillconnect_ops.commands.api.run.READY_S", 3.0)
    password = os.urandom(16).hex()
    keys = {name: os.urandom(32).hex() for name in ("JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY")}
    values = {
        **keys,
        "NODE_ENV": "development",
        "MONGO_URI": f"mongodb://u:{password}@127.0.0.1:1/app",
        "REDIS_URL": f"redis://u:{password}@127.0.0.1:1/0",
        "PORT": str(free_port()),
        "LOG_DIR": "-",
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    (project / ".env").write_text(text)
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert password[:8] not in ran.stderr
    assert processes_of(project) == {}


def test_all_that_the_extra_brings_is_asked_for() -> None:
    """What is missing is told before anything starts, and no module is forgotten."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        line.split(">")[0].split(";")[0]
        for line in config["project"]["optional-dependencies"]["api"]
    }
    brought = packages_distributions()
    asked = {name.lower().replace("_", "-") for module in MADE_OF for name in brought[module]}
    assert asked == wanted


def test_the_command_itself_imports_nothing_of_the_program(project: Path) -> None:
    code = "import sys, skillconnect_ops.commands.api.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project
    )
    assert set(done.stdout.split()).isdisjoint({"fastapi", "uvicorn", "pymongo", "httpx", "redis"})
