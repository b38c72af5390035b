"""Real time goes on while credentials change and servers go, on two workers."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient
from redis import Redis

from skillconnect_ops.adapters.embedded import Mongod, RedisServer, run_redis
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.proofs import ring
from tests.reference_api.people import Person, bring_together, line_to, person
from tests.reference_api.served import Served, serve
from tests.reference_api.sockets import Sockets
from tests.servers import make_user

RIGHTS = ("~*", "&*", "+@all")
EACH = 28
"""Lines of one sender, below the limit of a minute."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that may be killed."""
    with run_redis(tmp_path_factory.mktemp("cache")) as found:
        yield found


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, cache: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Two workers."""
    folder = tmp_path_factory.mktemp("swaps")
    with serve(folder, one_node, cache.uri, workers=2) as found:
        yield found


def pair(program: Served, judge: Sockets) -> tuple[Person, str, str]:
    """Somebody and the connections of two whom a booking brings together, at two workers."""
    one, other = person(program), person(program)
    bring_together(program, one, other)
    sender = judge.open(program, one.ticket())
    return other, sender, judge.open_elsewhere(program, other.ticket(), sender)


def redis_user(cache: RedisServer, *rights: str) -> tuple[str, str]:
    """Make one; gives its name and URL."""
    name, password = f"app_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    with Redis.from_url(cache.uri.reveal()) as root:
        root.execute_command("ACL", "SETUSER", name, "on", f">{password}", *rights)
        root.execute_command("CONFIG", "REWRITE")  # it outlives the server
    return name, f"redis://{name}:{password}@127.0.0.1:{cache.port}/0"


def drop_redis_user(program: Served, cache: RedisServer, name: str) -> None:
    """Take one away as `skc rotate` does: once none of its connections is left."""
    with Redis.from_url(cache.uri.reveal()) as root:
        program.wait_until(lambda: all(one["user"] != name for one in root.client_list()))
        root.execute_command("ACL", "DELUSER", name)


def drop_database_user(program: Served, one_node: Mongod, name: str) -> None:
    """The same of the database."""
    every: list[dict[str, Any]] = [{"$currentOp": {"allUsers": True, "idleConnections": True}}]
    with MongoClient[Any](one_node.uri.reveal()) as root:
        program.wait_until(lambda: f"'{name}'" not in str(list(root.admin.aggregate(every))))
        root[program.database.name].command("dropUser", name)


def wait_for(program: Served, **urls: str) -> None:
    """Until all workers say that they have loaded these."""
    program.rewrite(**urls)
    wanted = {name: ring.generation(Secret(url)) for name, url in urls.items()}
    assert None not in wanted.values()
    program.wait_until(lambda: wanted.items() <= program.health()["skc"].items())


@contextmanager
def lines_flow(judge: Sockets, program: Served) -> Iterator[None]:
    """Lines go from worker to worker meanwhile; afterwards each has come, in order and once."""
    pairs = [pair(program, judge) for _ in range(4)]
    numbers: list[int] = []
    over = threading.Event()

    def flow() -> None:
        for number in range(EACH):
            for other, sender, _ in pairs:
                numbers.append(judge.send_off(sender, line_to(other, f"line {number}")))
                over.wait(0.15)  # they last longer than the swap; at its end the rest comes at once

    thread = threading.Thread(target=flow)
    thread.start()
    try:
        yield
    finally:
        flowed = thread.is_alive()
        over.set()
        thread.join()
    assert flowed, "the lines were over before it was done"
    answers = [judge.answer(number) for number in numbers]
    assert [answer for answer in answers if not answer["success"]] == []
    for _, _, recipient in pairs:
        program.wait_until(lambda name=recipient: len(judge.events(name)) >= EACH)
    time.sleep(0.3)
    for _, _, recipient in pairs:
        came = [event["content"] for event in judge.events(recipient)]
        assert came == [f"line {number}" for number in range(EACH)]
        assert judge.events(recipient, "resync") == []


def test_no_line_is_lost_while_the_users_of_both_stores_change(
    program: Served, judge: Sockets, one_node: Mongod, cache: RedisServer
) -> None:
    def database_user() -> tuple[str, str]:
        made = make_user(
            one_node, program.database.name, ["readWrite"], password=secrets.token_urlsafe(32)
        )
        return made.reveal().partition("//")[2].partition(":")[0], made.reveal()

    first, url = redis_user(cache, *RIGHTS)
    old, uri = database_user()
    wait_for(program, REDIS_URL=url, MONGO_URI=uri)
    with lines_flow(judge, program):
        second, url = redis_user(cache, *RIGHTS)
        new, uri = database_user()
        wait_for(program, REDIS_URL=url, MONGO_URI=uri)
        drop_redis_user(program, cache, first)
        drop_database_user(program, one_node, old)
    assert (second, new) != (first, old)


@pytest.mark.long
def test_no_line_is_lost_while_users_change_quickly_one_after_the_other(
    program: Served, judge: Sockets, cache: RedisServer
) -> None:
    with lines_flow(judge, program):
        names = []
        for _ in range(4):
            name, url = redis_user(cache, *RIGHTS)
            names.append(name)
            program.rewrite(REDIS_URL=url)
            time.sleep(0.05)
        wait_for(program, REDIS_URL=url)
        for name in names[:-1]:
            drop_redis_user(program, cache, name)


def test_a_user_that_may_not_use_the_channel_is_refused(
    program: Served, judge: Sockets, cache: RedisServer
) -> None:
    good = program.value("REDIS_URL")
    other, sender, recipient = pair(program, judge)
    name, bad = redis_user(cache, "~*", "+@all", "resetchannels")
    program.rewrite(REDIS_URL=bad)
    program.wait_until(lambda: all(one["refused"] for one in program.health()["workers"]))
    loaded = program.health()["skc"]["REDIS_URL"]
    assert loaded == ring.generation(Secret(good))
    assert judge.send(sender, line_to(other))["success"]
    program.wait_until(lambda: len(judge.events(recipient)) == 1)
    wait_for(program, REDIS_URL=good)
    program.wait_until(lambda: not any(one["refused"] for one in program.health()["workers"]))
    drop_redis_user(program, cache, name)


def test_where_redis_is_killed_lines_are_kept_and_come_when_it_is_back(
    program: Served, judge: Sockets, cache: RedisServer
) -> None:
    other, sender, recipient = pair(program, judge)
    near = judge.open(program, other.ticket())
    while judge.worker(program, near) != judge.worker(program, sender):
        near = judge.open(program, other.ticket())
    cache.kill()
    answers = [judge.send(sender, line_to(other, f"line {number}")) for number in range(3)]
    assert all(answer["success"] for answer in answers)
    program.wait_until(lambda: len(judge.events(near)) == 3)
    cache.start()
    program.wait_until(lambda: len(judge.events(recipient)) == 3)
    program.wait_until(lambda: bool(judge.events(recipient, "resync")))
    assert judge.send(sender, line_to(other, "line 3"))["success"]
    program.wait_until(lambda: len(judge.events(recipient)) == 4)
    for name in (near, recipient):
        came = [event["content"] for event in judge.events(name)]
        assert came == [f"line {number}" for number in range(4)]


def test_where_redis_does_not_answer_nobody_waits_for_it(
    program: Served, judge: Sockets, cache: RedisServer
) -> None:
    other, sender, recipient = pair(program, judge)
    cache.pause()
    try:
        began = time.monotonic()
        answers = [judge.send(sender, line_to(other)) for _ in range(5)]
        took_s = time.monotonic() - began
    finally:
        cache.unpause()
    assert all(answer["success"] for answer in answers)
    assert took_s < 6
    program.wait_until(lambda: len(judge.events(recipient)) == 5)
    time.sleep(0.3)
    assert len(judge.events(recipient)) == 5


def test_where_mongod_is_killed_the_sender_is_told_and_it_works_again_without_a_restart(
    program: Served, judge: Sockets, one_node: Mongod
) -> None:
    other, sender, recipient = pair(program, judge)
    token = other.ticket()
    one_node.kill()
    try:
        began = time.monotonic()
        answer = judge.send(sender, line_to(other, "lost"))
        assert answer["errorCode"] == "ERR_DATABASE_ERROR_5003"
        assert time.monotonic() - began < 14
        _, line = judge.try_to_open(program, token)
        assert line["data"] == {"errorCode": "ERR_DATABASE_ERROR_5003"}
    finally:
        one_node.start()
    program.wait_until(lambda: judge.send(sender, line_to(other, "kept"))["success"])
    program.wait_until(lambda: bool(judge.events(recipient)))
    assert {event["content"] for event in judge.events(recipient)} == {"kept"}
    assert not judge.is_closed(sender)
    judge.open(program, token)


def test_a_reload_ends_connections_whose_token_or_session_is_over(
    program: Served, judge: Sockets
) -> None:
    ended, old = person(program), person(program)
    names = [judge.open(program, each.ticket()) for each in (ended, old)]
    program.database["users"].update_one({"email": ended.account.email}, {"$set": {"sessions": []}})
    program.rewrite(LOG_LEVEL="debug")
    program.wait_until(lambda: judge.is_closed(names[0]))
    assert not judge.is_closed(names[1])
    # so `skc rotate` ends what was signed by a key that leaked
    program.rewrite(JWT_SECRET_KEY_MIN_IAT=str(int(time.time()) + 1))
    program.wait_until(lambda: judge.is_closed(names[1]))
