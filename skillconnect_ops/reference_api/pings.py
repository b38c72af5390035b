"""Whether the stores answer: asked at most twice a second, however often somebody wants to know."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from msgspec import Struct
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from skillconnect_ops.reference_api.stores import Loaded

_PING_S = 2.0
_KEPT_S = 0.5


class Answers(Struct, frozen=True, kw_only=True):
    """Who answers."""

    database: bool
    redis: bool


class Pings:
    """The last answers of one worker's stores."""

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._last: tuple[Loaded, float, Answers] | None = None

    async def answers(self, loaded: Loaded) -> Answers:
        """Who answers now, or did a moment ago."""
        async with self._asking:
            if self._last is not None:
                of, at, answers = self._last
                if of is loaded and time.monotonic() - at < _KEPT_S:
                    return answers
            database, redis = await asyncio.gather(
                _answers(loaded.database.command("ping")), _answers(loaded.redis.ping())
            )
            answers = Answers(database=database, redis=redis)
            self._last = loaded, time.monotonic(), answers
            return answers


async def _answers(asked: Awaitable[Any]) -> bool:
    try:
        async with asyncio.timeout(_PING_S):
            await asked
    except (PyMongoError, RedisError, OSError, TimeoutError):
        return False
    return True
