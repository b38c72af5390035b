"""Bodies of requests: taken in whole, within limits of size and time, and read as strict JSON.

RFC 8259 leaves open what a name that stands twice means; two programs on a request's way may read
it in two ways, and one of them checks what the other one does not do. So it is refused, as RFC 7493
(I-JSON) asks, with all that is no JSON but that Python would read: `NaN`, other encodings than
UTF-8, texts that are no Unicode.
"""

import asyncio
import json
from typing import Any, NoReturn

from starlette.types import Message, Receive

from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate.exchange import Exchange

MOST_BYTES = 100_000
"""Of a body; none of ours comes near (ASVS 5.0, 4.2 and 5.2)."""
BODY_S = 10.0
"""Until a body has come whole."""
_REST_S = 2.0
"""For so long the rest of a body is waited for whose request is refused already."""


class Incoming:
    """A request's body, on its way."""

    def __init__(self, receive: Receive, exchange: Exchange) -> None:
        self._receive = receive
        self._exchange = exchange
        self._length = exchange.text("content-length")
        self._chunked = b"transfer-encoding" in exchange.headers
        self._parts: list[bytes] = []
        self._size = 0
        self.complete = not self._chunked and self._length in {"", "0"}
        """Whether all of it has come."""

    async def taken(self) -> Receive:
        """Take it in and look at it; gives what the application reads it from.

        Raises:
            ApiError: it is too large, too slow, or no JSON.
        """
        if self._chunked and self._exchange.text("transfer-encoding").strip().lower() != "chunked":
            raise ApiError(Code.INVALID_INPUT, "only chunked is taken as an encoding", status=501)
        if self._is_too_large():
            raise _too_large()
        if not self.complete and not _is_json(self._exchange.text("content-type")):
            raise ApiError(Code.INVALID_INPUT, "only application/json is taken", status=415)
        if self.complete:
            return self._receive
        try:
            async with asyncio.timeout(BODY_S):
                await self._read()
        except TimeoutError:
            raise ApiError(
                Code.INVALID_INPUT, "the body did not come in time", status=408
            ) from None
        if not self.complete:
            raise _too_large()
        body = b"".join(self._parts)
        _check(body)
        return _Replayed(body, self._receive)

    async def rest(self) -> bool:
        """Let what is still on its way come, before the answer; whether all has come.

        Who closes a connection at which something still arrives resets it, and the client may
        never see the answer.
        """
        waits = b"expect" in self._exchange.headers  # for a word of ours before it sends any
        if not self.complete and not waits and not self._is_too_large():
            try:
                async with asyncio.timeout(_REST_S):
                    await self._read()
            except (TimeoutError, ApiError):
                pass
        return self.complete

    async def _read(self) -> None:
        while not self.complete and self._size <= MOST_BYTES:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ApiError(Code.INVALID_INPUT, "the client left before its body had come")
            self._parts.append(message.get("body", b""))
            self._size += len(self._parts[-1])
            self.complete = not message.get("more_body") and self._size <= MOST_BYTES

    def _is_too_large(self) -> bool:
        length = self._length
        digits = length.isascii() and length.isdigit() and len(length) <= len(str(MOST_BYTES))
        return bool(length) and (not digits or int(length) > MOST_BYTES)


class _Replayed:
    """Gives the body once, then what else comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        """The next message."""
        message, self._message = self._message, None
        return message or await self._receive()


def _check(body: bytes) -> None:
    if not body:
        return
    try:
        text = body.decode()
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(Code.INVALID_INPUT, "the body is no JSON") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _too_large() -> ApiError:
    return ApiError(Code.INVALID_INPUT, f"the body is longer than {MOST_BYTES} bytes", status=413)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
