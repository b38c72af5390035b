"""How workers pass events on to each other: over Redis, through a change of its credentials.

python-socketio brings a manager of its own that connects by a URL, for ever by the one that it was
given. This one uses the worker's current client, and moves to another one without losing an event:
it listens at both for a moment, and passes on once what came twice.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError
from socketio.async_pubsub_manager import AsyncPubSubManager

from skillconnect_ops.reference_api import logs

NAME = "skillconnect:realtime"
_LISTEN_S = 1.0
_MOVE_S = 5.0
_LONGEST_REST_S = 5.0
_REMEMBERED = 10_000

log = logs.get()


class Channel(AsyncPubSubManager):  # type: ignore[misc] # the library is untyped
    """All workers' one channel.

    Args:
        redis: the client to begin with.
    """

    name = "skillconnect"

    def __init__(self, redis: Redis) -> None:
        super().__init__(channel=NAME, logger=log)
        self._redis = redis
        self._moved = asyncio.Event()
        self._listens_at: Redis | None = None
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)

    async def move(self, redis: Redis) -> None:
        """Go over to another client; it listens there when this returns, or soon after."""
        self._moved.clear()
        self._redis = redis
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOVE_S):
                await self._moved.wait()

    async def _publish(self, data: dict[str, Any]) -> None:
        event = json.dumps({"id": secrets.token_hex(8), "data": data})
        try:
            await self._redis.publish(self.channel, event)
        except (RedisError, OSError) as error:
            # who is connected here has it already; the others find it in the database
            log.warning("realtime_not_passed_on", kind=type(error).__name__)

    async def _listen(self) -> AsyncIterator[Any]:
        rest_s = 0.1
        while True:
            redis = self._redis
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as heard:
                    await heard.subscribe(self.channel)
                    rest_s = 0.1
                    async for event in self._until_moved(redis, heard):
                        yield event
            except (RedisError, OSError) as error:
                log.warning("realtime_listens_again", kind=type(error).__name__)
                await asyncio.sleep(rest_s)
                rest_s = min(2 * rest_s, _LONGEST_REST_S)

    async def _until_moved(self, redis: Redis, heard: PubSub) -> AsyncIterator[Any]:
        """What comes at one client, until another one listens."""
        other: PubSub | None = None
        self._told(redis)
        while True:
            if self._redis is not redis:
                redis = self._redis
                other = redis.pubsub(ignore_subscribe_messages=True)
                await other.subscribe(self.channel)
            message = await heard.get_message(timeout=0.0 if other else _LISTEN_S)
            if message is not None:
                for event in self._fresh(message):
                    yield event
            elif other is not None:
                await heard.aclose()  # type: ignore[no-untyped-call]
                heard, other = other, None
                self._told(redis)

    def _told(self, redis: Redis) -> None:
        if redis is self._redis:
            self._listens_at = redis
            self._moved.set()

    def _fresh(self, message: dict[str, Any]) -> list[Any]:
        """The event in a message, unless it was heard before."""
        try:
            event = json.loads(message["data"])
            name, data = event["id"], event["data"]
        except (ValueError, KeyError, TypeError):
            return []
        if name in self._seen:
            return []
        self._seen.append(name)
        return [data]
