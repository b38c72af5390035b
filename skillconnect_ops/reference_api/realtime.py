"""Real time: chats and notifications over Socket.IO, to the recipient and nobody else.

A connection begins with a token (`auth: {token}`), from an origin that may call us. It joins the
rooms `user:<id>` and `notifications:<id>` of its own account; what is sent goes to the recipient's
room, on whichever worker they are. WebSocket only: polling would need each request of a client to
reach the same worker.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import socketio
from pydantic import Field, ValidationError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from socketio.exceptions import ConnectionRefusedError as Refusal
from starlette.types import ASGIApp

from skillconnect_ops.reference_api import accounts, chats, clients, headers, logs, metrics
from skillconnect_ops.reference_api.channel import Channel
from skillconnect_ops.reference_api.chats import Written
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.limits import API, MESSAGES, Limiter, Wanted
from skillconnect_ops.reference_api.models import Id, LongText, Role, Sent
from skillconnect_ops.reference_api.stores import Current
from skillconnect_ops.reference_api.tokens import Claims, Kind, verified

MOST_BYTES = 16_384
"""Of a message."""
LOOK_S = 30.0
"""So often sessions are looked at: one that has ended elsewhere ends here too."""

log = logs.get()


class SentMessage(Sent):
    """A line to somebody whom a booking brings together with the sender."""

    recipient_id: Id
    message: LongText = Field()


class Realtime:
    """The connections of one worker."""

    def __init__(self, current: Current, limiter: Limiter) -> None:
        self._current = current
        self._limiter = limiter
        self._channel = Channel(current.now.redis)
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            client_manager=self._channel,
            cors_allowed_origins=self._may_call,
            max_http_buffer_size=MOST_BYTES,
            ping_interval=25,
            ping_timeout=20,
            logger=False,
            engineio_logger=False,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("message", self._message)
        self._claims: dict[str, Claims] = {}
        """Of each connection of this worker."""
        self.app: ASGIApp = socketio.ASGIApp(self._server)
        current.after_swap.append(self._moved)

    async def tell(self, written: Written) -> None:
        """Send a line on to its recipient, on whichever worker they are."""
        line = written.shown
        said = {
            "id": line.id,
            "from": line.sender,
            "bookingId": written.booking,
            "content": line.message,
            "timestamp": line.created_at.isoformat(),
        }
        note = {"kind": "message", "from": line.sender, "bookingId": written.booking}
        await self._server.emit("message", said, to=f"user:{written.recipient}")
        await self._server.emit("notification", note, to=f"notifications:{written.recipient}")

    async def look_after(self) -> None:
        """End connections whose session has ended, for as long as the worker lives."""
        while True:
            await asyncio.sleep(LOOK_S)
            for sid, claims in list(self._claims.items()):
                if not await self._stands(claims):
                    await self._server.disconnect(sid)

    async def close(self) -> None:
        """End all connections."""
        await self._server.shutdown()

    async def _moved(self) -> None:
        await self._channel.move(self._current.now.redis)

    def _may_call(self, origin: str, _: Mapping[str, Any]) -> bool:
        return headers.may_call(origin, self._current.now.settings)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        settings = self._current.now.settings
        client = clients.address(environ["asgi.scope"], settings.proxies)
        who = Wanted(API, f"ip:{clients.counted_as(client)}")
        (hit,) = await self._limiter.count(self._current.now.redis, [who])
        if not hit.passes:
            raise _refused(ApiError(Code.RATE_LIMITED))
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            claims = verified(settings, token if isinstance(token, str) else "", Kind.REALTIME)
            account = await accounts.signed_in(self._current.now, claims)
        except ApiError as error:
            raise _refused(error) from error
        except PyMongoError as error:
            raise _refused(ApiError(Code.DATABASE_ERROR)) from error
        if account.role is Role.ADMIN:
            raise _refused(ApiError(Code.INSUFFICIENT_PERMISSIONS))
        self._claims[sid] = claims
        metrics.SOCKETS.inc()
        await self._server.enter_room(sid, f"user:{claims.user_id}")
        await self._server.enter_room(sid, f"notifications:{claims.user_id}")
        log.info("realtime_connected", user_id=claims.user_id, ip=client)

    async def _disconnect(self, sid: str, *_: Any) -> None:
        claims = self._claims.pop(sid, None)
        if claims is not None:
            metrics.SOCKETS.dec()
            log.info("realtime_disconnected", user_id=claims.user_id)

    async def _message(self, sid: str, data: Any = None) -> dict[str, Any]:
        """What a client sends; the answer goes to its acknowledgement."""
        try:
            written = await self._written(sid, data)
        except ApiError as error:
            return {"success": False, "errorCode": error.code.wire, "message": error.code.safe}
        except (PyMongoError, RedisError) as error:
            log.warning("realtime_message_lost", kind=type(error).__name__)
            code = Code.DATABASE_ERROR
            return {"success": False, "errorCode": code.wire, "message": code.safe}
        await self.tell(written)
        return {"success": True, "id": written.shown.id}

    async def _written(self, sid: str, data: Any) -> Written:
        claims = self._claims.get(sid)
        if claims is None:
            raise ApiError(Code.TOKEN_INVALID)
        with self._current.now.held() as loaded:
            who = Wanted(MESSAGES, f"user:{claims.user_id}")
            (hit,) = await self._limiter.count(loaded.redis, [who])
            if not hit.passes:
                raise ApiError(Code.RATE_LIMITED)
            try:
                sent = SentMessage.model_validate(data)
            except ValidationError as error:
                raise ApiError(Code.VALIDATION_FAILED) from error
            account = await accounts.signed_in(loaded, claims)
            query = chats.with_person(sent.recipient_id)
            written = await chats.written(loaded, account.id, sent.message, query)
        if written is None or written.recipient != sent.recipient_id:
            raise ApiError(Code.RESOURCE_NOT_FOUND)
        return written

    async def _stands(self, claims: Claims) -> bool:
        try:
            await accounts.signed_in(self._current.now, claims)
        except ApiError:
            return False
        except PyMongoError:  # nothing is known: it is looked at again
            return True
        return True


def _refused(error: ApiError) -> Refusal:
    said = {"errorCode": error.code.wire, "message": error.code.safe}
    return Refusal(said)
