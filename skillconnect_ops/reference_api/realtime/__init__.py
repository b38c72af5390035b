"""Real time: chats and notifications over Socket.IO, to the recipient and nobody else.

A connection begins with a token (`auth: {token}`), from an origin that may call us. It joins the
rooms `user:<id>` and `notifications:<id>` of its own account; what is sent goes to the recipient's
room, on whichever worker they are. WebSocket only: polling would need each request of a client to
reach the same worker.

A connection ends with its session. Whoever ends one asks all workers to look at the account's
connections; besides, all of them are looked at now and then, in case nobody told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import socketio
from msgspec import Struct
from pydantic import Field, ValidationError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from socketio.exceptions import ConnectionRefusedError as Refusal
from starlette.types import ASGIApp, Receive, Scope, Send

from skillconnect_ops.reference_api import accounts, chats, logs, metrics
from skillconnect_ops.reference_api.chats import Written
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate import headers
from skillconnect_ops.reference_api.gate.limits import MESSAGES, Limiter, Wanted
from skillconnect_ops.reference_api.models.fields import Id, LongText, Role
from skillconnect_ops.reference_api.models.sent import Sent
from skillconnect_ops.reference_api.proofs.tokens import Claims, Kind, verified
from skillconnect_ops.reference_api.realtime import wire
from skillconnect_ops.reference_api.realtime.channel import Channel
from skillconnect_ops.reference_api.realtime.wire import Wire
from skillconnect_ops.reference_api.stores import Current, Loaded

LOOK_S = 30.0
"""So often all sessions are looked at."""
MOST_OF_ONE = 20
"""Connections of one account at one worker."""
_LET_IN_S = 5.0
"""Until a client is told that it is not let in, whatever the stores do."""
_ANSWER_S = 12.0
"""The same of a line: an election of the database takes less."""

log = logs.get()


class SentMessage(Sent):
    """A line to somebody whom a booking brings together with the sender."""

    recipient_id: Id
    message: LongText = Field()


class _Connection(Struct):
    """Somebody at the other end of a WebSocket."""

    claims: Claims
    wire: Wire
    has_ended: bool = False
    """Whether the session was seen to have ended."""


class Realtime:
    """The connections of one worker."""

    def __init__(self, current: Current, limiter: Limiter) -> None:
        self._current = current
        self._limiter = limiter
        self._channel = Channel(current.now.redis, self._look_soon)
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            async_handlers=False,  # a connection's lines one after the other, and no more at once
            transports=["websocket"],
            client_manager=self._channel,
            cors_allowed_origins=self._may_call,
            max_http_buffer_size=wire.MOST_BYTES,
            ping_interval=25,
            ping_timeout=20,
            logger=False,
            engineio_logger=False,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("message", self._message)
        self._connections: dict[str, _Connection] = {}
        self._to_look_at: set[str] = set()
        """Accounts."""
        self._asked = asyncio.Event()
        self._all = asyncio.Event()
        self._behind: ASGIApp = socketio.ASGIApp(self._server)
        current.before_swap.append(self._go_over)
        current.after_swap.append(self._all.set)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from its handshake to its end.

        Raises:
            ApiError: it is none of WebSocket.
        """
        if scope["type"] != "websocket":
            raise ApiError(Code.INVALID_INPUT, "real time is spoken over WebSocket alone")
        with self._current.now.held() as loaded:
            spoken = await wire.admitted(scope, receive, send, loaded=loaded, limiter=self._limiter)
        if spoken is None:
            return
        scope[wire.KEY] = spoken
        try:
            await self._behind(scope, spoken, send)
        finally:
            await self._forget(spoken)

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

    def look_at(self, user_id: str) -> None:
        """Have all workers end those connections of an account whose session has ended."""
        self._look_soon(user_id)
        self._channel.ask(user_id)

    async def begin(self) -> None:
        """Listen to the other workers, before the first client comes."""
        self._server.manager_initialized = True
        await self._channel.begin()

    async def look_after(self) -> None:
        """End connections whose session has ended, for as long as the worker lives."""
        await asyncio.gather(_for_ever(self._look_when_asked), _for_ever(self._look_now_and_then))

    async def close(self) -> None:
        """End what goes on."""
        await self._server.shutdown()
        await self._channel.close()

    async def _go_over(self, fresh: Loaded) -> None:
        await self._channel.move(fresh.redis)

    def _may_call(self, origin: str, _: Mapping[str, Any]) -> bool:
        return headers.may_call(origin, self._current.now.settings)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        spoken: Wire = environ["asgi.scope"][wire.KEY]
        try:
            async with asyncio.timeout(_LET_IN_S):
                token = auth.get("token") if isinstance(auth, dict) else None
                await self._let_in(sid, spoken, token)
        except ApiError as error:
            raise self._refused(sid, error) from error
        except (PyMongoError, TimeoutError) as error:
            raise self._refused(sid, ApiError(Code.DATABASE_ERROR)) from error
        except Exception as error:
            log.exception("realtime_unexpected", kind=type(error).__name__)
            raise self._refused(sid, ApiError(Code.INTERNAL_ERROR)) from error
        spoken.admit()
        metrics.SOCKETS.inc()
        claims = self._connections[sid].claims
        log.info("realtime_connected", user_id=claims.user_id, ip=spoken.client)

    async def _let_in(self, sid: str, spoken: Wire, token: Any) -> None:
        if spoken.has_tried:  # the handshake was counted, and let one try pass
            raise ApiError(Code.RATE_LIMITED)
        spoken.has_tried = True
        with self._current.now.held() as loaded:
            claims = verified(
                loaded.settings, token if isinstance(token, str) else "", Kind.REALTIME
            )
            if len(self._of(claims.user_id)) >= MOST_OF_ONE:
                raise ApiError(Code.RATE_LIMITED)
            # at once, so that a session which ends while it is looked at is seen to have ended
            connection = self._connections[sid] = _Connection(claims, spoken)
            account = await accounts.signed_in(loaded, claims)
        if connection.has_ended:
            raise ApiError(Code.TOKEN_INVALID)
        if account.role is Role.ADMIN:
            raise ApiError(Code.INSUFFICIENT_PERMISSIONS)
        await self._server.enter_room(sid, f"user:{claims.user_id}")
        await self._server.enter_room(sid, f"notifications:{claims.user_id}")

    async def _forget(self, spoken: Wire) -> None:
        """A connection that ended while it began is told to nobody by the library."""
        for sid in [sid for sid, one in self._connections.items() if one.wire is spoken]:
            await self._disconnect(sid)
            await self._channel.disconnect(sid, "/", ignore_queue=True)

    def _refused(self, sid: str, error: ApiError) -> Refusal:
        self._connections.pop(sid, None)
        return Refusal(error.code.safe, {"errorCode": error.code.wire})

    async def _disconnect(self, sid: str, *_: Any) -> None:
        connection = self._connections.pop(sid, None)
        if connection is not None:
            connection.wire.leave()
            metrics.SOCKETS.dec()
            log.info("realtime_disconnected", user_id=connection.claims.user_id)

    async def _message(self, sid: str, *sent: Any) -> dict[str, Any]:
        """What a client sends; the answer goes to its acknowledgement."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                written = await self._written(sid, sent[0] if len(sent) == 1 else None)
        except ApiError as error:
            return _failed(error.code)
        except (PyMongoError, RedisError, TimeoutError) as error:
            log.warning("realtime_message_lost", kind=type(error).__name__)
            return _failed(Code.DATABASE_ERROR)
        except Exception as error:
            log.exception("realtime_unexpected", kind=type(error).__name__)
            return _failed(Code.INTERNAL_ERROR)
        await self.tell(written)
        return {"success": True, "id": written.shown.id}

    async def _written(self, sid: str, data: Any) -> Written:
        connection = self._connections.get(sid)
        if connection is None:
            raise ApiError(Code.TOKEN_INVALID)
        claims = connection.claims
        with self._current.now.held() as loaded:
            who = Wanted(MESSAGES, f"user:{claims.user_id}")
            (hit,) = await self._limiter.count(loaded.redis, [who])
            if not hit.passes:
                metrics.LIMITED.labels(MESSAGES.name).inc()
                raise ApiError(Code.RATE_LIMITED)
            try:
                sent = SentMessage.model_validate(data)
            except ValidationError as error:
                raise ApiError(Code.VALIDATION_FAILED) from error
            account = await accounts.signed_in(loaded, claims)
            written = None
            if sent.recipient_id != claims.user_id:
                query = chats.with_person(sent.recipient_id)
                written = await chats.written(loaded, account.id, sent.message, query)
        if written is None:
            raise ApiError(Code.RESOURCE_NOT_FOUND)
        return written

    def _of(self, user_id: str) -> list[str]:
        """The connections of an account."""
        return [sid for sid, one in self._connections.items() if one.claims.user_id == user_id]

    def _look_soon(self, user_id: str) -> None:
        self._current.now.living.forget(user_id)
        self._to_look_at.add(user_id)
        self._asked.set()

    async def _look_when_asked(self) -> None:
        await self._asked.wait()
        self._asked.clear()
        users, self._to_look_at = self._to_look_at, set()
        await self._look(
            [sid for sid, one in self._connections.items() if one.claims.user_id in users]
        )

    async def _look_now_and_then(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._all.wait()
        self._all.clear()
        await self._look(list(self._connections))

    async def _look(self, sids: Iterable[str]) -> None:
        """End those whose session has ended; where nothing is known, they are looked at later."""
        for sid in sids:
            connection = self._connections.get(sid)
            if connection is None:
                continue
            try:
                with self._current.now.held() as loaded:
                    await _check(loaded, connection.claims)
            except ApiError:
                connection.has_ended = True
                await self._server.disconnect(sid, ignore_queue=True)
            except PyMongoError as error:
                log.warning("realtime_looks_later", kind=type(error).__name__)
                return


async def _check(loaded: Loaded, claims: Claims) -> None:
    """Whether somebody who was let in would be now.

    Raises:
        ApiError: they would not.
    """
    if claims.issued_at < loaded.settings.users.min_iat:
        raise ApiError(Code.TOKEN_INVALID, "it was issued before such tokens ended")
    await accounts.signed_in(loaded, claims)


async def _for_ever(look: Callable[[], Awaitable[None]]) -> None:
    """Again and again, whatever happens: nobody else looks after sessions that have ended."""
    while True:
        try:
            await look()
        except Exception:
            log.exception("realtime_unexpected")
            await asyncio.sleep(1)


def _failed(code: Code) -> dict[str, Any]:
    return {"success": False, "errorCode": code.wire, "message": code.safe}
