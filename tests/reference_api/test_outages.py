"""Stores that go away under traffic: clean refusals, no limit off, and no restart after."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from skillconnect_ops.adapters.embedded import Mongod, RedisServer, run_redis
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from tests.reference_api.abuse import fresh_address, refused
from tests.reference_api.crowd import (
    booking,
    is_consistent,
    members,
    open_requests,
    providers,
    slot,
)
from tests.reference_api.served import Served, serve

LONGEST_S = 12.0
"""No answer may take longer, whatever is gone."""


class Seen(Struct):
    """What clients got."""

    statuses: Counter[int]
    wrong: list[str]
    slowest_s: float = 0.0


@contextmanager
def traffic(program: Served, *, threads: int = 2) -> Iterator[Seen]:
    """Reads and bookings, one after the other in each thread, until the block ends."""
    seen, stop = Seen(statuses=Counter(), wrong=[]), threading.Event()
    people, workers = members(program, threads * 40), providers(program, threads)

    def work(number: int) -> None:
        own = people[number::threads]
        requests = open_requests(program, own * 10)
        turn = 0
        with httpx.Client(base_url=program.url, timeout=30) as client:
            while not stop.is_set():
                who = own[turn % len(own)]
                request = requests[turn % len(requests)]
                if turn % 3:
                    wish: Any = ("GET", "/api/v1/user/profile", who.bearer, None)
                else:
                    wish = booking(who, request, workers[number], slot(turn))
                turn += 1
                method, path, headers, sent = wish
                _note(seen, client, method, path, headers, sent)
                time.sleep(0.08)

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for one in running:
        one.start()
    try:
        yield seen
    finally:
        stop.set()
        for one in running:
            one.join()


def _note(
    seen: Seen, client: httpx.Client, method: str, path: str, headers: dict[str, str], sent: Any
) -> None:
    began = time.monotonic()
    try:
        headers = {**headers, "X-Forwarded-For": fresh_address()}
        answer = client.request(method, path, headers=headers, json=sent)
    except httpx.TransportError as error:
        seen.wrong.append(f"{method} {path}: {error!r}")
        return
    seen.slowest_s = max(seen.slowest_s, time.monotonic() - began)
    seen.statuses[answer.status_code] += 1
    if answer.status_code == 503:
        code = answer.json()["errorCode"]
        if code not in {Code.DATABASE_ERROR.wire, Code.SERVICE_UNAVAILABLE.wire}:
            seen.wrong.append(answer.text)
        if "retry-after" not in answer.headers:
            seen.wrong.append("no Retry-After")
    elif answer.status_code not in {200, 201, 409}:
        seen.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")


def is_down(program: Served, store: str) -> bool:
    """Health tells it, in the plan's words."""
    answer = httpx.get(f"{program.url}/health", timeout=10, verify=False)
    said = answer.json()
    if said["checks"][store] == "UP":
        return False
    assert answer.status_code == 503
    assert said["status"] == "DEGRADED"
    return True


def is_up(program: Served) -> bool:
    answer = httpx.get(f"{program.url}/health", timeout=10, verify=False)
    return answer.status_code == 200 and answer.json()["status"] == "UP"


def test_an_election_costs_clean_refusals_and_no_booking(
    three_nodes: Mongod, redis_server: Secret, tmp_path: Path
) -> None:
    with serve(tmp_path, three_nodes, redis_server, workers=2) as program:
        with traffic(program) as seen:
            time.sleep(1.5)
            killed = three_nodes.primary()
            three_nodes.kill(killed)
            three_nodes.primary()
            time.sleep(2)
            three_nodes.start(killed)
            before = seen.statuses[201]
            program.wait_until(lambda: seen.statuses[201] > before)
        assert seen.wrong == []
        assert set(seen.statuses) <= {200, 201, 409, 503}
        assert seen.slowest_s < LONGEST_S
        assert is_up(program)
        # a booking whose answer got lost may stand, but never by half
        assert is_consistent(program) >= seen.statuses[201]


def test_without_a_database_it_says_so_soon_and_goes_on_when_it_is_back(
    one_node: Mongod, redis_server: Secret, tmp_path: Path
) -> None:
    with serve(tmp_path, one_node, redis_server) as program:
        with traffic(program) as seen:
            time.sleep(1)
            one_node.kill()
            try:
                program.wait_until(lambda: is_down(program, "database"))
                assert (
                    httpx.get(f"{program.url}/ready", timeout=10, verify=False).status_code == 503
                )
                time.sleep(4)
            finally:
                one_node.start()
            one_node.primary()
            program.wait_until(lambda: is_up(program))
            before = seen.statuses[201]
            program.wait_until(lambda: seen.statuses[201] > before)
        assert seen.wrong == []
        assert seen.statuses[503]
        assert seen.slowest_s < LONGEST_S
        assert is_consistent(program) >= seen.statuses[201]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "cache").mkdir()
    with run_redis(tmp_path / "cache") as server:
        yield server


@pytest.mark.parametrize(
    "silent", [False, pytest.param(True, marks=pytest.mark.long)], ids=["killed", "silent"]
)
def test_without_redis_limits_hold_and_all_else_goes_on(
    one_node: Mongod, cache: RedisServer, tmp_path: Path, silent: bool
) -> None:
    (tmp_path / "api").mkdir()
    with serve(tmp_path / "api", one_node, cache.uri, workers=2) as program:
        person = program.account()
        spent = program.client()
        tries = {"email": person.email, "password": "wrong-password"}
        for _ in range(5):
            assert spent.post("/api/v1/auth/login", json=tries).status_code == 401
        with traffic(program) as seen:
            time.sleep(1)
            (cache.pause if silent else cache.kill)()
            try:
                program.wait_until(lambda: is_down(program, "redis"))
                assert program.health()["limits"] == "each worker by itself"
                _is_limited(program, person.email)
                answer = program.client().post(
                    "/api/v1/auth/forgot-password", json={"email": person.email}
                )
                refused(answer, 503, Code.SERVICE_UNAVAILABLE)
                assert answer.headers["retry-after"]
            finally:
                (cache.unpause if silent else cache.start)()
            program.wait_until(lambda: is_up(program))
            program.wait_until(lambda: program.health()["limits"] == "redis")
        assert seen.wrong == []
        assert not seen.statuses[503], seen.statuses
        assert seen.slowest_s < LONGEST_S
        again = program.client().post("/api/v1/auth/forgot-password", json={"email": person.email})
        assert again.status_code == 202


def _is_limited(program: Served, email: str) -> None:
    """Of one address no more pass than with Redis, over both workers."""
    address, found = fresh_address(), Counter[int]()
    for number in range(12):
        with program.client(address) as client:  # a connection of its own: to either worker
            sent = {"email": f"{number}-{email}", "password": "wrong-password"}
            found[client.post("/api/v1/auth/login", json=sent).status_code] += 1
    assert found[401] + found[429] == 12
    assert 1 <= found[401] <= 5
