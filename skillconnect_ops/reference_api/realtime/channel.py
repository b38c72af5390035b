"""How workers pass events on to each other: over Redis, through a change of its credentials.

python-socketio brings a manager of its own that connects by a URL, for ever by the one that it was
given. This one uses the worker's current client. It moves to another one without losing an event:
it listens at both until all that was sent to the old one has come, and passes on once what came
twice. Where Redis was gone, events may be lost, as Redis keeps none: then clients are told to
`resync`, which is to read their chats again.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError
from socketio.async_pubsub_manager import AsyncPubSubManager

from skillconnect_ops.reference_api import logs

NAME = "skillconnect:realtime"
RESYNC = "resync"
_ANSWER_S = 5.0
_QUIET_S = 10.0
"""After so long without an event the server is asked whether it is still there."""
_SHORTEST_REST_S, _LONGEST_REST_S = 0.1, 1.0
_KEPT_S = 30.0
"""For so long an event waits for a server that is gone."""
_REMEMBERED = 10_000
_MOST_WAITING = 5_000
_LAST = "last"

log = logs.get()


class _Outgoing(Struct, frozen=True):
    """An event on its way to the other workers."""

    text: str
    until: float


class Channel(AsyncPubSubManager):  # type: ignore[misc] # the library is untyped
    """All workers' one channel.

    Args:
        redis: the client to begin with.
        asked: is called with the user whom another worker asks to be looked at.
    """

    name = "skillconnect"

    def __init__(self, redis: Redis, asked: Callable[[str], None]) -> None:
        super().__init__(channel=NAME, logger=log)
        self._redis = redis
        self._asked = asked
        self._ear = _Ear(redis, self._hear, self._missed)
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_MOST_WAITING)
        self._outgoing: asyncio.Queue[_Outgoing] = asyncio.Queue(_MOST_WAITING)
        self._seen: dict[str, None] = {}
        self._sending: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Listen, and pass on; where Redis is not there yet, as soon as it is."""
        self.initialize()
        try:
            await self._ear.open()
        except (RedisError, OSError):
            self._ear.begin()
        self._sending = asyncio.create_task(self._send())

    async def move(self, redis: Redis) -> None:
        """Go over to another client; when this returns, nothing needs the old one any more.

        Raises:
            RedisError, OSError: it does not let us listen; nothing was changed.
        """
        ear = _Ear(redis, self._hear, self._missed)
        await ear.open()
        old, self._ear, self._redis = self._ear, ear, redis
        await old.end()

    async def close(self) -> None:
        """Pass on what waits, and leave."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_REST_S):
                await self._outgoing.join()
        await self._ear.leave()
        for task in (self._sending, self.thread):
            await _ended(task)

    def ask(self, user_id: str) -> None:
        """Have the other workers look at somebody's connections."""
        self._put({"ask": user_id})

    async def _publish(self, data: dict[str, Any]) -> None:
        self._put({"data": data})

    def _put(self, event: dict[str, Any]) -> None:
        text = json.dumps({"id": secrets.token_hex(8), **event})
        try:
            self._outgoing.put_nowait(_Outgoing(text, time.monotonic() + _KEPT_S))
        except asyncio.QueueFull:
            log.warning("realtime_not_passed_on", reason="too many events wait")

    async def _send(self) -> None:
        """Pass on one after the other, so that they come in order."""
        while True:
            event = await self._outgoing.get()
            try:
                await self._sent(event)
            except Exception:  # nobody else looks after this task
                log.exception("realtime_not_passed_on")
            finally:
                self._outgoing.task_done()

    async def _sent(self, event: _Outgoing) -> None:
        """Try until it is passed on, or too old; one that comes twice is heard once."""
        failed = False
        while True:
            redis = self._redis
            try:
                if failed:
                    await redis.ping()  # it is back: by then the other workers listen again, too
                    await asyncio.sleep(_LONGEST_REST_S)
                await redis.publish(NAME, event.text)
            except (RedisError, OSError) as error:
                if time.monotonic() > event.until:
                    log.warning("realtime_not_passed_on", kind=type(error).__name__)
                    return
                if redis is self._redis:  # else the old client was closed, and it is tried at once
                    failed = True
                    await asyncio.sleep(_SHORTEST_REST_S)
            else:
                return

    async def _listen(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            yield await self._heard.get()

    def _hear(self, text: bytes) -> None:
        """Take in what the channel said, unless it was heard before."""
        try:
            event = json.loads(text)
            name = str(event["id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            log.warning("realtime_unreadable_event")
            return
        if name in self._seen:
            return
        self._seen[name] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        if "ask" in event:
            self._asked(str(event["ask"]))
        elif isinstance(event.get("data"), dict):
            self._take(event["data"])

    def _missed(self) -> None:
        """Tell the clients of this worker that events may have been lost."""
        data: dict[str, Any] = {"event": RESYNC, "data": [{}], "namespace": "/", "room": None}
        self._take({"method": "emit", "host_id": None, **data})

    def _take(self, data: dict[str, Any]) -> None:
        try:
            self._heard.put_nowait(data)
        except asyncio.QueueFull:
            log.warning("realtime_event_lost", reason="too many events wait")


class _Ear:
    """Listens at one client, again and again if need be.

    Args:
        redis: the client.
        hear: is called with each event.
        missed: is called when it listens again after it could not.
    """

    def __init__(
        self, redis: Redis, hear: Callable[[bytes], None], missed: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._hear = hear
        self._missed = missed
        self._at: PubSub | None = None
        self._heard_last = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Listen as soon as the server is there."""
        self._task = asyncio.create_task(self._listen())

    async def open(self) -> None:
        """Listen now.

        Raises:
            RedisError, OSError: the server does not let us.
        """
        self._at = await self._subscribed()
        self.begin()

    async def end(self) -> None:
        """Hear what the server has sent so far, and leave.

        It answers in order, so what was sent before the answer to a last question has come by then.
        """
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_ANSWER_S):
                if self._at is not None:
                    self._heard_last.clear()
                    await self._at.ping(_LAST)
                    await self._heard_last.wait()
        await self.leave()

    async def leave(self) -> None:
        """Listen no longer."""
        await _ended(self._task)

    async def _subscribed(self) -> PubSub:
        at = self._redis.pubsub()
        try:
            async with asyncio.timeout(_ANSWER_S):
                await at.subscribe(NAME)
                while True:
                    message = await at.get_message(timeout=_ANSWER_S)
                    if message is not None and message["type"] == "subscribe":
                        return at
        except BaseException:
            await at.aclose()  # type: ignore[no-untyped-call]
            raise

    async def _listen(self) -> None:
        rest_s, gap = _SHORTEST_REST_S, False
        while True:
            try:
                if self._at is None:
                    self._at = await self._subscribed()
                rest_s = _SHORTEST_REST_S
                if gap:
                    gap = False
                    self._missed()
                await self._hear_all(self._at)
            except (RedisError, OSError) as error:
                if not gap:  # once an outage
                    log.warning("realtime_hears_nothing", kind=type(error).__name__)
            except Exception:  # nobody else looks after this task
                log.exception("realtime_hears_nothing")
            finally:
                self._heard_last.set()  # nothing more comes from there
                await self._close()
            gap = True
            await asyncio.sleep(rest_s)
            rest_s = min(2 * rest_s, _LONGEST_REST_S)

    async def _hear_all(self, at: PubSub) -> None:
        asked = False
        while True:
            message = await at.get_message(timeout=_QUIET_S)
            if message is None:
                if asked:
                    raise TimeoutError("the server does not answer")
                await at.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "message":
                self._hear(message["data"])
            elif message["type"] == "subscribe":  # the client has connected anew by itself
                self._missed()
            elif message["type"] == "pong" and message["data"] == _LAST.encode():
                self._heard_last.set()

    async def _close(self) -> None:
        at, self._at = self._at, None
        if at is not None:
            with suppress(RedisError, OSError):
                await at.aclose()  # type: ignore[no-untyped-call]


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
