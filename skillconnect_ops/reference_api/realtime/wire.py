"""One WebSocket: what may begin it, and what may come over it.

The protocol of Socket.IO allows more than is spoken here, and each part of it is a way to make the
server keep something: binary attachments without end, namespaces, acknowledgements, events that
name the library's own handlers. So what is not spoken never reaches the library.
"""

import asyncio
import json
import re
from contextlib import suppress
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from skillconnect_ops.reference_api import metrics
from skillconnect_ops.reference_api.errors import ApiError, Code, body
from skillconnect_ops.reference_api.gate import clients, headers
from skillconnect_ops.reference_api.gate.limits import API, Limiter, Wanted
from skillconnect_ops.reference_api.stores import Loaded

KEY = "skillconnect.wire"
PATH = "/socket.io"
MOST_BYTES = 16_384
"""Of a frame."""
ADMITTED_S = 10.0
"""Until a connection has said who it is."""
_LEAVE_S = 1.0
_MOST_FRAMES, _FRAMES_S = 200, 10.0
_EVENT = re.compile(r"42[0-9]{0,15}(\[.*)", re.DOTALL)
_ENOUGH: Message = {"type": "websocket.disconnect", "code": 1008}


class Wire:
    """What comes over one WebSocket.

    Args:
        receive: where it comes from.
        client: the address at the other end.
    """

    def __init__(self, receive: Receive, client: str) -> None:
        self.client = client
        self.has_tried = False
        """Whether it has said who it is; it may once."""
        self._receive = receive
        self._now = asyncio.get_running_loop().time
        self._until: float | None = self._now() + ADMITTED_S
        self._waiting = asyncio.timeout(None)
        self._frames, self._counted_from = 0, self._now()

    def admit(self) -> None:
        """It may stay."""
        self._until = None

    def leave(self) -> None:
        """It ends, once what was sent last may have come to the other end."""
        self._until = self._now() + _LEAVE_S
        with suppress(RuntimeError):  # nobody waits just now
            self._waiting.reschedule(self._until)

    async def __call__(self) -> Message:
        """The next message that is spoken here, or the end."""
        while True:
            message = await self._next()
            if message["type"] != "websocket.receive":
                return message
            spoken = None if self._are_too_many() else _is_spoken(message.get("text"))
            if spoken is None:
                return _ENOUGH
            if spoken:
                return message

    async def _next(self) -> Message:
        self._waiting = asyncio.timeout_at(self._until)
        try:
            async with self._waiting:
                return await self._receive()
        except TimeoutError:
            return _ENOUGH

    def _are_too_many(self) -> bool:
        now = self._now()
        if now - self._counted_from > _FRAMES_S:
            self._frames, self._counted_from = 0, now
        self._frames += 1
        return self._frames > _MOST_FRAMES


async def admitted(
    scope: Scope, receive: Receive, send: Send, *, loaded: Loaded, limiter: Limiter
) -> Wire | None:
    """What comes over a WebSocket that may begin; None where it was refused."""
    client = clients.counted_as(clients.address(scope, loaded.settings.proxies))
    try:
        _check(scope, loaded)
        await _count(client, loaded, limiter)
    except ApiError as error:
        await receive()
        await _refuse(scope, send, error, loaded)
        return None
    return Wire(receive, client)


def _check(scope: Scope, loaded: Loaded) -> None:
    if scope["path"].rstrip("/") != PATH:
        raise ApiError(Code.RESOURCE_NOT_FOUND)
    settings = loaded.settings
    if settings.production and not clients.is_encrypted(scope, settings.proxies):
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "only wss:// is spoken")
    origins = clients.headers_of(scope, b"origin")
    if not all(headers.may_call(origin, settings) for origin in origins):
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "this origin may not call us")


async def _count(client: str, loaded: Loaded, limiter: Limiter) -> None:
    (hit,) = await limiter.count(loaded.redis, [Wanted(API, f"ip:{client}")])
    if not hit.passes:
        metrics.LIMITED.labels(API.name).inc()
        raise ApiError(Code.RATE_LIMITED)


async def _refuse(scope: Scope, send: Send, error: ApiError, loaded: Loaded) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    content = body(error, request_id="", development=False)
    more = headers.raw((("Content-Type", "application/json"),))
    start = {"type": "websocket.http.response.start", "status": error.status}
    await send({**start, "headers": [*more, *headers.of_every_answer(loaded.settings)]})
    await send({"type": "websocket.http.response.body", "body": content})


def _is_spoken(text: Any) -> bool | None:
    """Whether a frame goes on to the library: an event of another name does not.

    None where it is nothing that a client of ours sends.
    """
    if not isinstance(text, str) or len(text.encode()) > MOST_BYTES:
        return None
    if text in {"1", "3", "41", "40"}:  # close, pong, disconnect, connect
        return True
    if text.startswith("40"):
        return True if isinstance(_parsed(text[2:]), dict) else None
    found = _EVENT.fullmatch(text)
    event = _parsed(found[1]) if found else None
    if not isinstance(event, list) or not event:
        return None
    return bool(event[0] == "message")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
