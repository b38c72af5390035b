"""A program with the command line of the reference API, which fails as a test wants it to.

    standin.py FAULT serve --env-file PATH --host H --port N --workers N
    standin.py FAULT admin EMAIL --env-file PATH

It has one worker, a process of its own in the same group, which ends by force alone.
"""

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

WORKER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def say(text: str) -> None:
    """On both streams, since both are for people here."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Answers(BaseHTTPRequestHandler):
    """200 to everything, from a program that can serve."""

    def do_GET(self) -> None:
        self.send_response(503 if fault == "never-ready" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        say(f"warning: {self.path}")


def serve(options: dict[str, str]) -> None:
    secret = Path(options["--env-file"]).read_text().partition("JWT_SECRET_KEY=")[2].strip()
    sys.stderr.write(f"the key is {secret}\nescape \x1b[2J\n")
    if fault == "refuses":
        say(f"error: bad settings\nwhy: {secret} is weak\nfix: skc env set JWT_SECRET_KEY")
        sys.exit(3)
    if fault == "crashes":
        say("Traceback: it fell over")
        sys.exit(9)
    if fault == "tells":
        say(" ".join(["variables", *sorted(os.environ)]))
    stop = signal.SIG_IGN if fault == "ignores" else lambda *_: sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    server = HTTPServer((options["--host"], int(options["--port"])), Answers)
    subprocess.Popen([sys.executable, "-c", WORKER, options["--env-file"]])
    if fault == "ends":
        server.timeout = 0.5
        until = time.monotonic() + 1
        while time.monotonic() < until:
            server.handle_request()
        os.kill(os.getpid(), signal.SIGKILL)
    server.serve_forever()


fault, verb, *words = sys.argv[1:]
if verb == "serve":
    serve(dict(zip(words[::2], words[1::2], strict=True)))
else:
    sys.exit(0 if sys.stdin.readline().strip() else 2)
