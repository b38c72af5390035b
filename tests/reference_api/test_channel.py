"""What workers tell each other, through changes of credentials and a server that goes."""

import asyncio
import secrets
from collections.abc import Iterator
from typing import Self

import pytest
import socketio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from skillconnect_ops.adapters.embedded import RedisServer, run_redis
from skillconnect_ops.reference_api.realtime.channel import Channel


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that may be killed."""
    with run_redis(tmp_path_factory.mktemp("channel")) as found:
        yield found


def client(url: str) -> Redis:
    """As the program makes it."""
    retry = Retry(NoBackoff(), 1)
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=retry)


async def user(server: RedisServer, name: str, *rules: str) -> str:
    """Make one that may do all, less what the rules take; gives its URL."""
    password = secrets.token_urlsafe(32)
    rights = ("on", f">{password}", "~*", "&*", "+@all", *rules)
    async with client(server.uri.reveal()) as root:
        await root.execute_command("ACL", "SETUSER", name, *rights)  # type: ignore[no-untyped-call]
    return f"redis://{name}:{password}@127.0.0.1:{server.port}/0"


async def drop(server: RedisServer, name: str) -> None:
    """Take it away; the server ends its connections."""
    async with client(server.uri.reveal()) as root:
        await root.execute_command("ACL", "DELUSER", name)  # type: ignore[no-untyped-call]


class Worker:
    """A worker's channel and client, and whom it was asked to look at."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self.redis = client(url)
        self.channel = Channel(self.redis, self.heard.append)
        self.ask = self.channel.ask
        socketio.AsyncServer(async_mode="asgi", client_manager=self.channel)

    async def move(self, url: str) -> None:
        """Go over, and then close the old client, as a worker does."""
        fresh = client(url)
        try:
            await self.channel.move(fresh)
        except BaseException:
            await fresh.aclose()
            raise
        old, self.redis = self.redis, fresh
        await old.aclose()

    async def until(self, last: str) -> None:
        """Wait for an event."""
        async with asyncio.timeout(15):
            while last not in self.heard:  # noqa: ASYNC110 - a list tells nobody
                await asyncio.sleep(0.01)

    async def __aenter__(self) -> Self:
        await self.channel.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()
        await self.redis.aclose()


def test_nothing_is_lost_or_comes_twice_while_users_come_and_go(server: RedisServer) -> None:
    async def run() -> list[str]:
        first = await user(server, "app_0")
        async with Worker(first) as one, Worker(first) as other:
            one.ask("ready")
            await other.until("ready")
            asking = asyncio.create_task(_count(one, 1500))
            for number in range(1, 9):
                url = await user(server, f"app_{number}")
                await one.move(url)
                await other.move(url)
                await drop(server, f"app_{number - 1}")
            await asking
            await other.until("1499")
            return other.heard[1:]

    assert asyncio.run(run()) == [str(number) for number in range(1500)]


async def _count(one: Worker, numbers: int) -> None:
    for number in range(numbers):
        one.ask(str(number))
        if number % 5 == 0:
            await asyncio.sleep(0.002)


def test_a_user_that_may_not_listen_is_refused_and_nothing_is_changed(
    server: RedisServer,
) -> None:
    async def run() -> list[str]:
        good, bad = await user(server, "good"), await user(server, "bad", "resetchannels")
        async with Worker(good) as one, Worker(good) as other:
            for each in (one, other):
                with pytest.raises(RedisError):
                    await each.move(bad)
            one.ask("still")
            await other.until("still")
            return other.heard

    assert asyncio.run(run()) == ["still"]


def test_after_the_server_was_gone_what_was_sent_meanwhile_comes_once(
    server: RedisServer,
) -> None:
    async def run() -> list[str]:
        url = server.uri.reveal()
        async with Worker(url) as one, Worker(url) as other:
            one.ask("before")
            await other.until("before")
            await asyncio.to_thread(server.kill)
            for number in range(20):
                one.ask(str(number))
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.start)
            await other.until("19")
            one.ask("after")
            await other.until("after")
            return other.heard

    assert asyncio.run(run()) == ["before", *(str(number) for number in range(20)), "after"]


def test_a_worker_that_starts_before_the_server_hears_later(server: RedisServer) -> None:
    async def run() -> list[str]:
        server.kill()
        url = server.uri.reveal()
        async with Worker(url) as one, Worker(url) as other:
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.start)
            await asyncio.sleep(1.2)
            one.ask("now")
            await other.until("now")
            return other.heard

    assert asyncio.run(run()) == ["now"]


def test_what_others_write_into_the_channel_is_passed_over(server: RedisServer) -> None:
    async def run() -> list[str]:
        url = server.uri.reveal()
        async with Worker(url) as one, client(url) as other:
            one.ask("ready")
            await one.until("ready")
            for text in ("", "x", "7", "[]", "{}", '{"id":[]}', '{"id":"a","data":7}', "[" * 9999):
                await other.publish("skillconnect:realtime", text)
            one.ask("on")
            await one.until("on")
            return one.heard

    assert asyncio.run(run()) == ["ready", "on"]
