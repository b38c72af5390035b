"""The database and the cache, as one reading of the settings leads to them.

A request holds the one that it began with to its end. At a reload the next one takes its place once
both stores have let it in; the old one is closed when the last request that holds it is over.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from skillconnect_ops.reference_api.proofs.tokens import Access
from skillconnect_ops.reference_api.settings import Settings

APP_NAME = "skillconnect-api"
Document = dict[str, Any]
_SELECT_MS = 3_000
"""An election takes less; who waits longer for a server is told that there is none."""
_CONNECT_MS = 2_000
_SOCKET_MS = 10_000
_REDIS_S = 1.0
_REDIS_CONNECTIONS = 64
_DRAIN_S = 30.0
"""After so long an old connection is closed, whoever still uses it."""


_SEEN_S = 10.0
_MOST_SEEN = 10_000
"""Users."""


class Living:
    """Sessions that the database was just seen to hold; one worker's short memory.

    A token that is signed well tells whose it is, but not whether its session still stands, and
    limits count a request before the database is asked. So they count a session's owner only where
    it is known here, else the session by itself: whoever has the token of one that has ended uses
    up nothing of its owner's.
    """

    def __init__(self) -> None:
        self._until: dict[str, dict[str, float]] = {}
        """By user and session; who was seen last comes last."""

    def see(self, user_id: str, session_id: str) -> None:
        """It stands."""
        now = time.monotonic()
        known = self._until.pop(user_id, {})
        if len(self._until) >= _MOST_SEEN:
            del self._until[next(iter(self._until))]
        fresh = {one: until for one, until in known.items() if until > now}
        self._until[user_id] = {**fresh, session_id: now + _SEEN_S}

    def forget(self, user_id: str) -> None:
        """One of the user's sessions has ended; those that stand will be seen again."""
        self._until.pop(user_id, None)

    def knows(self, user_id: str, session_id: str) -> bool:
        """Whether it stood a moment ago."""
        return self._until.get(user_id, {}).get(session_id, 0.0) > time.monotonic()


class Loaded:
    """One reading of the settings, with the clients that it leads to."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hidden = settings.hidden
        self.loaded_at = datetime.now(UTC)
        self.living = Living()
        self.access = Access(settings)
        self.mongo: AsyncMongoClient[Document] = AsyncMongoClient(
            settings.mongo_uri.reveal(),
            appname=APP_NAME,
            tz_aware=True,
            serverSelectionTimeoutMS=_SELECT_MS,
            connectTimeoutMS=_CONNECT_MS,
            socketTimeoutMS=_SOCKET_MS,
            waitQueueTimeoutMS=_SELECT_MS,
        )
        # one that waits: a crowd is no reason to count requests without Redis
        pool = BlockingConnectionPool.from_url(
            settings.redis_url.reveal(),
            max_connections=_REDIS_CONNECTIONS,
            timeout=_REDIS_S,
            socket_timeout=_REDIS_S,
            socket_connect_timeout=_REDIS_S,
            retry=Retry(NoBackoff(), 1),
            client_name=APP_NAME,
        )
        self.redis: Redis = Redis.from_pool(pool)
        self.holds_bookings = False
        """Whether the database is known to have their collection."""
        self._holders = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def database(self) -> AsyncDatabase[Document]:
        """The application's."""
        return self.mongo[self.settings.database]

    async def ping(self) -> None:
        """Log in at both.

        Raises:
            PyMongoError: the database did not let us in, or is not there.
            RedisError: the same of the cache.
        """
        await self.database.command("ping")
        await self.redis.ping()

    @contextmanager
    def held(self) -> Iterator["Loaded"]:
        """Keep it open while the block runs."""
        self._holders += 1
        self._idle.clear()
        try:
            yield self
        finally:
            self._holders -= 1
            if not self._holders:
                self._idle.set()

    async def close(self) -> None:
        """Close both, once nobody holds it."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                await self._idle.wait()
        except TimeoutError:
            pass
        await self.mongo.close()
        await self.redis.aclose()


class Current:
    """Which reading new requests begin with."""

    def __init__(self, loaded: Loaded) -> None:
        self.now = loaded
        self.before_swap: list[Callable[[Loaded], Awaitable[None]]] = []
        """Who else goes over to the new stores; nothing is swapped where one of them cannot."""
        self.after_swap: list[Callable[[], None]] = []
        """Who is told when it is done."""
        self._closing: set[asyncio.Task[None]] = set()

    async def swap(self, settings: Settings) -> None:
        """Go over to other settings; what is under way ends with those that it began with.

        When this returns, nothing new begins with the old ones: whoever waits to take their
        credentials away is told after that.

        Raises:
            PyMongoError, RedisError, OSError: a store does not let us in; nothing was changed.
        """
        fresh = Loaded(settings)
        try:
            await fresh.ping()
            for go_over in self.before_swap:
                await go_over(fresh)
        except BaseException:
            await fresh.close()
            raise
        old, self.now = self.now, fresh
        for tell in self.after_swap:
            tell()
        task = asyncio.create_task(old.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all that is open."""
        await asyncio.gather(self.now.close(), *self._closing, return_exceptions=True)
