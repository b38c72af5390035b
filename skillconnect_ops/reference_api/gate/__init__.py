"""What every request passes: limits of size, time and number, origins, CSRF; and every answer.

Written for ASGI itself: it is paid for by each request. What it refuses never reaches a route, and
what it adds (headers, the request's id, a line in the log, figures) no answer can lack.
"""

import hmac
import os
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skillconnect_ops.reference_api import logs, metrics
from skillconnect_ops.reference_api.errors import ApiError, Code, body
from skillconnect_ops.reference_api.gate import clients, cookies, csrf, headers
from skillconnect_ops.reference_api.gate.bodies import Incoming
from skillconnect_ops.reference_api.gate.exchange import KEY, Exchange
from skillconnect_ops.reference_api.gate.limits import Hit, Limiter, Wanted
from skillconnect_ops.reference_api.gate.paths import PRE_SESSION, UNLIMITED, policies_of
from skillconnect_ops.reference_api.proofs.tokens import Claims
from skillconnect_ops.reference_api.stores import Current, Loaded

if TYPE_CHECKING:
    from skillconnect_ops.reference_api.gate.headers import RawHeaders

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
REALTIME = "/socket.io"
_HIDDEN = re.compile(rb"%2f|%5c", re.IGNORECASE)

log = logs.get()


class Gate:
    """Stands before the application.

    Args:
        app: what is behind it.
        realtime: what is behind it for the path of real-time connections.
        current: which settings and stores new requests begin with.
        limiter: counts requests.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        realtime: ASGIApp,
        current: Callable[[], Current],
        limiter: Limiter,
    ) -> None:
        self._app = app
        self._realtime = realtime
        self._current = current
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "http":
            with self._current().now.held() as loaded:
                await self._exchange(scope, receive, send, loaded)
        elif scope["type"] == "websocket":
            await self._realtime(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @property
    def usual(self) -> "tuple[RawHeaders, bool]":
        """The headers of every answer, and whether developers may see more; as it stands now."""
        settings = self._current().now.settings
        return headers.of_every_answer(settings), not settings.production

    async def _exchange(self, scope: Scope, receive: Receive, send: Send, loaded: Loaded) -> None:
        began = time.perf_counter()
        proxies = loaded.settings.proxies
        client = clients.counted_as(clients.address(scope, proxies))
        exchange = Exchange(scope, loaded, request_id=_request_id(scope), client=client)
        scope[KEY] = exchange
        incoming = Incoming(receive, exchange)
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        answer = _Answer(send, exchange, scope, incoming, undo=self._undo)
        try:
            _check_head(scope)
            if _must_be_encrypted(scope, loaded):
                await _redirected(scope, answer, loaded)
            elif not _is_preflight(scope, exchange):
                await self._admit(scope, exchange)
                await self._route(scope, await incoming.taken(), answer)
            else:
                await _preflight(scope, answer)
        except ApiError as error:
            await _refused(error, exchange, answer)
        except Exception as error:
            log.exception("unexpected", path=scope["path"], kind=type(error).__name__)
            if not answer.status:
                await _refused(ApiError(Code.INTERNAL_ERROR, repr(error)), exchange, answer)
        finally:
            _tell(scope, exchange, answer.status, time.perf_counter() - began)
            structlog.contextvars.clear_contextvars()

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        behind = self._realtime if scope["path"].rstrip("/") == REALTIME else self._app
        await behind(scope, receive, send)

    async def _admit(self, scope: Scope, exchange: Exchange) -> None:
        """Let it pass, or say why not."""
        _check_origin(scope, exchange)
        await self._count(scope, exchange)
        if scope["method"] not in _SAFE_METHODS:
            _check_csrf(scope, exchange)

    async def _count(self, scope: Scope, exchange: Exchange) -> None:
        if scope["path"] in UNLIMITED:
            return
        wanted = [
            Wanted(policy, f"ip:{exchange.client}" if by_address else exchange.who)
            for policy, by_address in policies_of(scope["method"], scope["path"])
        ]
        exchange.hits = await self._limiter.count(exchange.loaded.redis, wanted)
        _must_pass(exchange.hits)

    async def _undo(self, exchange: Exchange, hit: Hit) -> None:
        await self._limiter.undo(exchange.loaded.redis, hit)


async def count_owner(exchange: Exchange, limiter: Limiter, claims: Claims) -> None:
    """Count the owner of a session that was just seen to stand, where only it was counted so far.

    So all that reaches an account is counted by its user, and what comes next needs one journey.

    Raises:
        ApiError: the user has sent too many.
    """
    by_session = f":session:{claims.session_id}"
    wanted = [
        Wanted(hit.policy, f"user:{claims.user_id}")
        for hit in exchange.hits
        if hit.key.endswith(by_session)
    ]
    exchange.loaded.living.see(claims.user_id, claims.session_id)
    if wanted:
        hits = await limiter.count(exchange.loaded.redis, wanted)
        exchange.hits += hits
        _must_pass(hits)


def _must_pass(hits: Sequence[Hit]) -> None:
    for hit in hits:
        if not hit.passes:
            metrics.LIMITED.labels(hit.policy.name).inc()
            raise ApiError(Code.RATE_LIMITED, hit.policy.what)


class _Answer:
    """Sends the answer, with the headers that none may lack."""

    def __init__(
        self,
        send: Send,
        exchange: Exchange,
        scope: Scope,
        incoming: Incoming,
        *,
        undo: Callable[[Exchange, Hit], Awaitable[None]],
    ) -> None:
        self._send = send
        self._exchange = exchange
        self._scope = scope
        self._incoming = incoming
        self._undo = undo
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """One message of it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status < 400:
                for hit in self._exchange.hits:
                    if hit.policy.skips_successes:
                        await self._undo(self._exchange, hit)
            more = self._more()
            if not await self._incoming.rest():
                more.append((b"connection", b"close"))
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await self._send(message)

    def _more(self) -> "RawHeaders":
        exchange = self._exchange
        more = [
            (b"x-request-id", exchange.request_id.encode()),
            *headers.of_every_answer(exchange.settings),
            *headers.for_origin(headers.origin_of(self._scope), exchange.settings),
        ]
        refusing = [hit for hit in exchange.hits if not hit.passes]
        for hit in (refusing or exchange.hits)[-1:]:  # the strictest comes last
            more += hit.headers
        return more


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return os.urandom(16).hex()


def _check_head(scope: Scope) -> None:
    """What routes and limits might read in two ways is read in none.

    A route's pattern takes a line end after its path (`$` does), which no limit would count as that
    path; and a proxy that keeps clients from some paths does not see them through `%2f`.
    """
    if not scope["path"].isprintable() or _HIDDEN.search(scope.get("raw_path") or b""):
        raise ApiError(Code.INVALID_INPUT, "the path holds what none of ours does")
    hosts = len(clients.headers_of(scope, b"host"))
    if hosts > 1 or (not hosts and scope["http_version"] == "1.1"):  # RFC 9112, 3.2
        raise ApiError(Code.INVALID_INPUT, "it names no host, or several")


def _must_be_encrypted(scope: Scope, loaded: Loaded) -> bool:
    """In production all is; but those who look after the program itself may come from near by."""
    if not loaded.settings.production or scope["path"] in UNLIMITED:
        return False
    return not clients.is_encrypted(scope, loaded.settings.proxies)


async def _redirected(scope: Scope, send: Send, loaded: Loaded) -> None:
    """To the name that the settings know: the request's own `Host` may be anything."""
    query = f"?{str(scope['query_string'], 'latin-1')}" if scope["query_string"] else ""
    where = f"https://{loaded.settings.host}{quote(scope['path'], safe='/:@!$&()*+,;=~')}{query}"
    location = where.encode("latin-1", "replace")
    there = [(b"location", location), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": there})
    await send({"type": "http.response.body", "body": b""})


def _is_preflight(scope: Scope, exchange: Exchange) -> bool:
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in exchange.headers


async def _preflight(scope: Scope, send: Send) -> None:
    exchange: Exchange = scope[KEY]
    _check_origin(scope, exchange)
    await send({"type": "http.response.start", "status": 204, "headers": headers.of_preflight()})
    await send({"type": "http.response.body", "body": b""})


def _check_origin(scope: Scope, exchange: Exchange) -> None:
    origin = headers.origin_of(scope)
    if origin is not None:
        if headers.may_call(origin, exchange.settings):
            return
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "CORS blocked: this origin may not call us")
    # a browser that sends no origin says at least from where it comes
    if scope["method"] not in _SAFE_METHODS and exchange.text("sec-fetch-site") == "cross-site":
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "a request that another site has forged")


def _check_csrf(scope: Scope, exchange: Exchange) -> None:
    """A browser adds cookies by itself, so with them alone nothing is changed."""
    if not exchange.by_cookie or exchange.claims is None or scope["path"] in PRE_SESSION:
        return  # without valid claims it is refused anyway where it needs them
    require_csrf(exchange, exchange.claims.session_id)


def require_csrf(exchange: Exchange, session_id: str) -> None:
    """Header and cookie hold the same token, and it is this session's.

    Raises:
        ApiError: they do not.
    """
    sent = require_own_page(exchange)
    if not csrf.fits(exchange.settings.users, session_id, sent):
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "the CSRF token is not this session's")


def require_own_page(exchange: Exchange) -> str:
    """Header and cookie hold the same CSRF token, whichever key made it; gives the token.

    For what a session does after a long rest, when the key that made its token may be gone: to be
    refreshed, and to end. A foreign page cannot send the header, nor plant a `__Host-` cookie.

    Raises:
        ApiError: they do not.
    """
    sent = exchange.text(csrf.HEADER)
    kept = exchange.cookies.get(cookies.csrf(exchange.settings), "")
    if not sent or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "the CSRF token is missing, or another one")
    return sent


async def _refused(error: ApiError, exchange: Exchange, send: Send) -> None:
    development = not exchange.settings.production
    content = body(error, request_id=exchange.request_id, development=development)
    pairs = (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        *error.headers.items(),
    )
    start = {"type": "http.response.start", "status": error.status, "headers": headers.raw(pairs)}
    await send(start)
    await send({"type": "http.response.body", "body": content})


def _tell(scope: Scope, exchange: Exchange, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    metrics.REQUESTS.labels(scope["method"], route, str(status)).inc()
    metrics.SECONDS.labels(route).observe(seconds)
    log.info(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        ms=round(seconds * 1000, 1),
        ip=exchange.client,
        user_id=exchange.user_id or (exchange.claims and exchange.claims.user_id),
    )
