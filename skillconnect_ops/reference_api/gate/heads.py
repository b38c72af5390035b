"""The server's side of HTTP/1.1, with limits for a request's head, and our words for what is none.

The server takes heads of any length, waits for one for ever, and answers what it cannot read in
plain text and without a header. Proxies in front of it do better; this does where there is none.
"""

import asyncio
import os
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from skillconnect_ops.reference_api.errors import ApiError, Code, body
from skillconnect_ops.reference_api.gate import Gate

MOST_HEAD_BYTES = 32_768
"""Of a request's line and headers; the same order as with nginx and Node."""
HEAD_S = 10.0
"""Until a head has come whole."""
_REASONS = {400: b"Bad Request", 431: b"Request Header Fields Too Large"}


class _TooLong(Exception):
    """The head is."""


class Wire(HttpToolsProtocol):
    """One connection."""

    _size = 0
    _open = True
    """Whether a head is on its way."""
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """It says something."""
        super().data_received(data)
        if self._open and not self.transport.is_closing():
            self._size += len(data)
            if self._size > MOST_HEAD_BYTES:
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        super().on_message_begin()
        self._size, self._open = 0, True
        if self._timer is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """The last one."""
        self._wait_no_more()
        self._open = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MOST_HEAD_BYTES:
            self._size = size
            raise _TooLong
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request."""
        status = 431 if self._size > MOST_HEAD_BYTES else 400
        if not isinstance(self.app, Gate):
            raise TypeError("the gate stands before all")
        settings_headers, development = self.app.usual
        error = ApiError(Code.INVALID_INPUT, "it is no request of HTTP/1.1", status=status)
        content = body(error, request_id=os.urandom(16).hex(), development=development)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
            *settings_headers,
        ]
        lines = [b"%s: %s\r\n" % pair for pair in headers]
        start = b"HTTP/1.1 %d %s\r\n" % (status, _REASONS[status])
        self.transport.write(b"".join([start, *lines, b"\r\n", content]))
        self.transport.close()

    def _wait(self) -> None:
        self._timer = self.loop.call_later(HEAD_S, self.timeout_keep_alive_handler)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
