"""Each wrong order of a rotation fails requests: what `skc rotate` does is not done for nothing.

The orders were measured on a prototype; here they are tried on the real program. In the right one
no request fails (`test_rotated_under_load.py`).
"""

import base64
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.workers import DIFFER
from tests.reference_api.loading import load, say
from tests.reference_api.served import Served, serve

RATE = 40
KEY = "JWT_SECRET_KEY"
FALLBACKS = f"{KEY}_FALLBACKS"
Change = Callable[[Served, Mongod], None]


@contextmanager
def _database(program: Served, mongod: Mongod) -> Iterator[Database[Any]]:
    with MongoClient[Any](mongod.uri.reveal()) as client:
        yield client[program.database.name]


def _user(uri: str) -> str:
    return uri.partition("://")[2].partition(":")[0]


def _another(program: Served, database: Database[Any]) -> str:
    """Make a second user; gives the URI to go over to."""
    old, password = program.value("MONGO_URI"), secrets.token_urlsafe(32)
    name = f"second_{secrets.token_hex(3)}"
    database.command("createUser", name, pwd=password, roles=["readWrite"])
    return f"mongodb://{name}:{quote(password)}@{old.partition('@')[2]}"


def key_replaced(program: Served, mongod: Mongod) -> None:
    """The key that signs is another one, and nobody knows the old one any more."""
    program.rewrite(JWT_SECRET_KEY=secrets.token_urlsafe(48))


def dropped_before_the_swap(program: Served, mongod: Mongod) -> None:
    """The old user goes, and then the program is told of the new one."""
    with _database(program, mongod) as database:
        uri, old = _another(program, database), _user(program.value("MONGO_URI"))
        database.command("dropUser", old)
        time.sleep(0.5)
    program.rewrite(MONGO_URI=uri)


def dropped_without_confirmation(program: Served, mongod: Mongod) -> None:
    """The program is told, and the old user goes before each of its workers has listened."""
    busy = program.health()["workers"][0]["pid"]
    with _database(program, mongod) as database:
        uri, old = _another(program, database), _user(program.value("MONGO_URI"))
        os.kill(busy, signal.SIGSTOP)
        try:
            program.rewrite(MONGO_URI=uri)
            database.command("dropUser", old)
            time.sleep(0.3)
        finally:
            os.kill(busy, signal.SIGCONT)


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("api"), one_node, redis_server, workers=2) as running:
        yield running


@pytest.mark.parametrize(
    ("change", "status"),
    [(key_replaced, "401"), (dropped_before_the_swap, "50"), (dropped_without_confirmation, "50")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_wrong_order_fails_requests(
    change: Change, status: str, program: Served, one_node: Mongod
) -> None:
    with load(program, one_node, RATE) as told:
        time.sleep(0.5)
        change(program, one_node)
        time.sleep(1)
    print(say(told))  # noqa: T201 - what was measured
    assert any(f": {status}" in kind for kind in told["failed"]), told
    program.wait_until(lambda: program.health()["status"] == "UP")


@pytest.fixture(scope="module")
def two(
    program: Served,
    one_node: Mongod,
    redis_server: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Served, Served]]:
    """Two instances of one program, with settings of their own."""
    with serve(tmp_path_factory.mktemp("second"), one_node, redis_server) as second:
        yield program, second


@pytest.mark.parametrize(("staged", "status"), [(False, 401), (True, 200)], ids=["one", "two"])
def test_a_key_that_signs_before_all_know_it_is_refused(
    staged: bool, status: int, two: tuple[Served, Served]
) -> None:
    """One phase in place of two, and two instances that hear of it one after the other."""
    first, second = two
    first.rewrite(**{FALLBACKS: ""})
    names = (KEY, FALLBACKS, "ADMIN_JWT_SECRET_KEY", "MONGO_URI", "REDIS_URL")
    second.rewrite(**{name: first.value(name) for name in names})
    second.wait_until(lambda: second.health()["skc"] == first.health()["skc"])
    old, new = first.value(KEY), secrets.token_urlsafe(48)
    for program in (first, second) if staged else ():
        _go_over(program, **{FALLBACKS: _verifying(new)})
    _go_over(first, **{KEY: new, FALLBACKS: _verifying(old)})
    client = first.login(first.account())
    path = "/api/v1/user/profile"
    assert client.get(f"{first.url}{path}").status_code == 200
    assert client.get(f"{second.url}{path}").status_code == status


def _go_over(program: Served, **changed: str) -> None:
    before = program.health()["skc"]

    def is_over() -> bool:
        said = program.health()["skc"]
        return bool(said != before) and DIFFER not in said.values()

    program.rewrite(**changed)
    program.wait_until(is_over)


def _verifying(key: str) -> str:
    packed = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    return f"v1.{packed}.{int(time.time()) + 3600}"
