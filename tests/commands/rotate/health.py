"""A consumer with a health answer, as a real HTTP server on this machine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class Consumer:
    """What it answers is made anew for each question."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer
        self.asked = 0
        self.leaves = Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                said = outer.answer()
                if said is None:  # it hangs
                    outer.leaves.wait(60)
                    return
                status, body = said if isinstance(said, tuple) else (200, json.dumps(said))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/health"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.leaves.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def consumer(answer: Callable[[], Any]) -> Iterator[Consumer]:
    """One that runs in this block."""
    made = Consumer(answer)
    try:
        yield made
    finally:
        made.close()
