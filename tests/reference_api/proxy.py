"""A proxy of a test's own before our program, with TLS or without, as one stands in production."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

_OF_THIS_HOP = {"connection", "keep-alive", "transfer-encoding", "date"}
"""The server below writes its own (RFC 9110, 7.6.1)."""


class Proxy(ThreadingHTTPServer):
    """Sends on what it gets, and says from whom and how it came."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = self.server_address[1]
        self.scheme = "https" if context else "http"
        self.upstream = 0
        """The program's port; it is told after the program has started."""
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _send_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name != "Connection"}
        headers |= {"X-Forwarded-Proto": self.server.scheme}
        headers |= {"X-Forwarded-For": self.client_address[0], "Connection": "close"}
        upstream = HTTPConnection("127.0.0.1", self.server.upstream, timeout=30)
        try:
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {*_OF_THIS_HOP, "content-length"}:
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_OPTIONS = do_POST = _send_on  # noqa: N815 - so they are looked for

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def proxy(context: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """Run one; without a context it takes plain requests."""
    with Proxy(context) as made:
        thread = Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
