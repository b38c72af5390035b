"""Limits: counted by a real Redis for all workers at once, and by each worker where it is gone."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from skillconnect_ops.adapters.embedded import run_redis
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.gate import limits
from skillconnect_ops.reference_api.gate.limits import AUTH, SENSITIVE, Limiter, Policy, Wanted


@asynccontextmanager
async def connected(uri: Secret, *, patience_s: float = 30.0) -> AsyncIterator[Redis]:
    text = uri.reveal()
    client: Redis = Redis.from_url(
        text, socket_timeout=patience_s, socket_connect_timeout=patience_s
    )
    try:
        yield client
    finally:
        await client.aclose()


def somebody() -> str:
    return f"ip:{secrets.token_hex(8)}"


def test_of_fifty_at_once_over_two_workers_five_pass(redis_server: Secret) -> None:
    async def story() -> list[bool]:
        who = [Wanted(AUTH, somebody())]
        async with connected(redis_server) as redis:
            workers = [Limiter(workers=2) for _ in range(2)]
            asked = [workers[number % 2].count(redis, who) for number in range(50)]
            return [hits[0].passes for hits in await asyncio.gather(*asked)]

    assert sum(asyncio.run(story())) == 5


def test_a_success_that_does_not_count_is_taken_back(redis_server: Secret) -> None:
    async def story() -> list[int]:
        who = [Wanted(SENSITIVE, somebody())]
        limiter, seen = Limiter(workers=1), []
        async with connected(redis_server) as redis:
            for succeeds in (True, True, False, False, False, True):
                (hit,) = await limiter.count(redis, who)
                seen.append(hit.count)
                if succeeds:
                    await limiter.undo(redis, hit)
        return seen

    assert asyncio.run(story()) == [1, 1, 1, 2, 3, 4]


def test_a_window_begins_with_the_first_and_ends_by_itself(redis_server: Secret) -> None:
    short = Policy(name="short", limit=2, window_s=1)

    async def story() -> list[tuple[int, bool, int]]:
        who, seen = [Wanted(short, somebody())], []
        limiter = Limiter(workers=1)
        async with connected(redis_server) as redis:
            for rest_s in (0, 0, 0, 1.1):
                await asyncio.sleep(rest_s)
                (hit,) = await limiter.count(redis, who)
                seen.append((hit.count, hit.passes, hit.reset_s))
        return seen

    assert asyncio.run(story()) == [(1, True, 1), (2, True, 1), (3, False, 1), (1, True, 1)]


def test_the_headers_are_the_standard_s(redis_server: Secret) -> None:
    async def story() -> list[dict[str, str]]:
        who, limiter = [Wanted(AUTH, somebody())], Limiter(workers=1)
        async with connected(redis_server) as redis:
            hits = [(await limiter.count(redis, who))[0] for _ in range(6)]
        return [{name.decode(): value.decode() for name, value in hit.headers} for hit in hits]

    said = asyncio.run(story())
    assert said[0] == {
        "ratelimit-policy": "5;w=900",
        "ratelimit-limit": "5",
        "ratelimit-remaining": "4",
        "ratelimit-reset": "900",
    }
    assert [one["ratelimit-remaining"] for one in said] == ["4", "3", "2", "1", "0", "0"]
    assert [one.get("retry-after") for one in said[-2:]] == [None, "900"]


def test_without_redis_each_worker_takes_its_share_and_forgets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REST_S", 0.2)

    async def story() -> None:
        who, limiter = [Wanted(AUTH, somebody())], Limiter(workers=2)
        with run_redis(tmp_path) as server:
            async with connected(server.uri) as redis:
                assert (await limiter.count(redis, who))[0].passes
                assert not limiter.is_local
                server.kill()
                seen = [(await limiter.count(redis, who))[0].passes for _ in range(4)]
                assert seen == [True, False, False, False]  # of five, two are this worker's
                assert limiter.is_local
                other = [Wanted(AUTH, somebody())]
                seen = [(await limiter.count(redis, other))[0].passes for _ in range(4)]
                assert seen == [True, True, False, False]
                server.start()  # it has forgotten all, and the worker has not
                await asyncio.sleep(0.3)
                assert not (await limiter.count(redis, who))[0].passes
                (hit,) = await limiter.count(redis, [Wanted(AUTH, somebody())])
                assert hit.allowed == 5
                assert not limiter.is_local

    asyncio.run(story())


def test_a_redis_that_is_silent_holds_up_one_request_and_not_each(tmp_path: Path) -> None:
    async def story() -> int:
        who, limiter, slow = [Wanted(AUTH, somebody())], Limiter(workers=1), 0
        with run_redis(tmp_path) as server:
            async with connected(server.uri, patience_s=0.5) as redis:
                await limiter.count(redis, who)
                server.pause()
                for _ in range(20):
                    began = time.monotonic()
                    await limiter.count(redis, who)
                    slow += time.monotonic() - began > 0.4
                server.unpause()
        return slow

    assert asyncio.run(story()) == 1


def test_what_one_worker_remembers_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_KEYS", 100)
    local = limits._Local()
    for _ in range(1000):
        local.count(Wanted(AUTH, somebody()))
    assert len(local._windows) <= 100
