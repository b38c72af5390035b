"""New settings without a restart, bad ones without harm."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.workers import DIFFER, Board, WorkerState, agreed, starting
from tests.reference_api.served import Served, serve

WORKERS = 2


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, one_node: Mongod, redis_server: Secret
) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("api"), one_node, redis_server, workers=WORKERS) as served:
        yield served


def generations(program: Served) -> list[int]:
    return [worker["generation"] for worker in program.health()["workers"]]


def test_each_worker_says_what_it_has_loaded(program: Served) -> None:
    said = program.health()
    assert said["status"] == "UP"
    assert len({worker["pid"] for worker in said["workers"]}) == WORKERS
    assert set(said["skc"]) == {
        "MONGO_URI",
        "REDIS_URL",
        "JWT_SECRET_KEY",
        "ADMIN_JWT_SECRET_KEY",
    }
    text = str(said)
    assert not any(program.value(name) in text for name in ("MONGO_URI", "JWT_SECRET_KEY"))


def test_a_new_file_in_place_of_the_old_one_is_loaded_by_all(program: Served) -> None:
    for _ in range(3):  # a watch on the file itself would see one of these
        before = generations(program)
        program.rewrite(ADMIN_JWT_SECRET_KEY=secrets.token_urlsafe(48))
        wanted = [one + 1 for one in before]
        program.wait_until(lambda wanted=wanted: generations(program) == wanted)
    kids = {str(worker["loaded"]) for worker in program.health()["workers"]}
    assert len(kids) == 1


def test_a_change_that_changes_nothing_swaps_nothing(program: Served) -> None:
    before = generations(program)
    program.rewrite(SOMETHING_ELSE=secrets.token_hex(4))
    program.rewrite(ADMIN_JWT_SECRET_KEY=secrets.token_urlsafe(48))
    program.wait_until(lambda: generations(program) == [one + 1 for one in before])


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"JWT_SECRET_KEY": "short"}, "JWT_SECRET_KEY: refused"),
        ({"MONGO_URI": "-"}, "MONGO_URI: refused"),
        ({"ALLOWED_ORIGINS": "ftp"}, "ALLOWED_ORIGINS: refused"),
        ({"MONGO_URI": "wrong password"}, "MONGO_URI: the server does not let us in"),
        ({"REDIS_URL": "wrong password"}, "REDIS_URL: the server does not let us in"),
        ({"FRONTEND_URL": "http://[bad"}, "FRONTEND_URL: refused"),
        ({"REDIS_URL": "redis://127.0.0.1:abc/0"}, "REDIS_URL: refused"),
        ({"MONGO_URI": "mongodb://127.0.0.1/x?tlsCAFile=/nowhere"}, "MONGO_URI: refused"),
        ({"COOKIE_EXPIRE": "9" * 5000}, "COOKIE_EXPIRE: refused"),
        (
            {"ALLOWED_ORIGINS": "mongodb://app:hunter2hunter2@127.0.0.1/x"},
            "ALLOWED_ORIGINS: refused",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_settings_leave_it_on_the_old_ones(
    program: Served, changed: dict[str, str], why: str
) -> None:
    account = program.account()
    client = program.login(account)
    before = generations(program)
    ((name, value),) = changed.items()
    good = program._variables.get(name)
    if value == "wrong password":
        value = _with_password(program.value(name), secrets.token_urlsafe(32))
    loaded = program.health()["skc"]
    program.rewrite(**{name: value})

    def refused() -> bool:
        workers = program.health()["workers"]
        return all(why in (worker["refused"] or "") for worker in workers)

    program.wait_until(refused)
    assert generations(program) == before
    assert program.health()["skc"] == loaded
    assert program.health()["status"] == "UP"  # a bad file takes no program out of service
    assert client.get("/api/v1/user/profile").status_code == 200
    assert value not in str(program.health()) or len(value) < 6
    if good is None:
        del program._variables[name]
        program.rewrite()
    else:
        program.rewrite(**{name: good})
    program.wait_until(lambda: not any(one["refused"] for one in program.health()["workers"]))


def test_a_worker_that_dies_while_the_settings_are_bad_takes_no_other_along(
    program: Served,
) -> None:
    good = program.value("REDIS_URL")
    program.rewrite(REDIS_URL="redis://127.0.0.1:abc/0")
    program.wait_until(lambda: all(one["refused"] for one in program.health()["workers"]))
    first, second = (worker["pid"] for worker in program.health()["workers"])
    os.kill(first, signal.SIGKILL)
    program.wait_until(
        lambda: [one["pid"] for one in program.health()["workers"] if one["loaded"]] == [second]
    )
    time.sleep(4)  # the one in its place has tried to start
    said = program.health()
    assert said["status"] == "UP"
    assert said["workersWanted"] == WORKERS
    program.rewrite(REDIS_URL=good)

    def all_are_well() -> bool:
        workers = program.health()["workers"]
        return len(workers) == WORKERS and not any(
            one["refused"] or not one["loaded"] for one in workers
        )

    program.wait_until(all_are_well, patience_s=30)


def _with_password(uri: str, password: str) -> str:
    scheme, _, rest = uri.partition("://")
    login, _, where = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}:{quote(password)}@{where}"


def test_a_generation_that_not_all_have_is_not_named() -> None:
    states = [
        WorkerState(
            pid=pid,
            generation=1,
            loaded_at="",
            loaded={"KEY": ["same"], "URI": kid},
        )
        for pid, kid in ((1, "old"), (2, "new"))
    ]
    assert agreed(states) == {"KEY": ["same"], "URI": DIFFER}


def test_while_a_worker_starts_no_generation_is_named() -> None:
    """It may have read what is about to be taken away."""
    old = WorkerState(pid=1, generation=1, loaded_at="", loaded={"KEY": ["same"]})
    assert agreed([old, starting(2)]) == {"KEY": DIFFER}


def test_the_file_of_a_killed_worker_is_told_apart_whoever_has_its_number(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.write(starting(os.getpid()))
    dead = WorkerState(pid=1, generation=1, loaded_at="", loaded={})  # 1 always lives
    (tmp_path / "worker-1.json").write_bytes(msgspec.json.encode(dead))
    (tmp_path / "worker-1.lock").touch()
    assert [state.pid for state in board.states()] == [os.getpid()]
    board.leave()
