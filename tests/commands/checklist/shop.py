"""A project with checklists of its own, in a real repository, beside a program that answers."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from msgspec import Struct

from tests.conftest import Ran, Skc

SETTINGS = """\
version: 1
project: {{id: {id}, name: shop}}
targets:
  production:
    env_files: [.env]
    database: {{uri: env:MONGO_URI}}
"""
URI = "mongodb://app:not-a-real-one@127.0.0.1:1/app"
"""Nobody listens there."""


class Shop(Struct, frozen=True):
    """A project folder, and the commands run in it."""

    root: Path
    skc: Skc

    def write(self, path: str, text: str) -> None:
        """Write a file, and tell git of it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_symlink():
            file.unlink()
        file.write_text(text)
        self.git("add", "--", path)

    def remove(self, path: str) -> None:
        """Delete a file, in git, too."""
        self.git("rm", "-q", "-f", "--", path)

    def commit(self) -> None:
        """Commit all of it."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "work")

    def git(self, *words: str) -> str:
        """Run git here, as nobody in particular."""
        who = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout

    def lists(self, proofs: Mapping[str, str], *, more: str = "") -> None:
        """Write `checklists.yaml`: a group `g`, an item for each name, with that proof."""
        text = "version: 1\ngroups:\n  g:\n    title: G\n    items:\n"
        for name, proof in proofs.items():
            text += f"      {name}:\n        text: Do {name}\n{more}        proof:\n"
            text += "".join(f"          {line}\n" for line in proof.splitlines())
        self.write("checklists.yaml", text)

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """A command in the project's folder, its report as JSON."""
        return self.skc("checklist", *argv, "--format", "json", cwd=self.root, env=env)

    def states(self, *argv: str) -> dict[str, str]:
        """The state of each item, by its name in the group."""
        ran = self.run(*argv)
        assert ran.code in {0, 11, 12, 14}, ran.stderr + ran.stdout
        items = ran.json["facts"]["items"]
        return {one["id"].partition("/")[2]: one["status"] for one in items}

    def state(self, *argv: str) -> str:
        """The state of the one item."""
        (only,) = self.states(*argv).values()
        return only

    def enroll(self) -> None:
        """List this machine's key."""
        done = self.skc("init", "--enroll", "--yes", cwd=self.root)
        assert done.code == 0, done.stderr
        self.commit()


def made(root: Path, skc: Skc, *, uri: str = URI) -> Shop:
    """A project in a repository with one commit; its key is listed."""
    root.mkdir()
    found = Shop(root, skc)
    found.git("init", "-q", "-b", "main")
    (root / ".env").write_text(f"MONGO_URI={uri}\n")
    (root / ".env").chmod(0o600)
    found.write(".gitignore", ".env\n")
    found.write("skc.yaml", SETTINGS.format(id=f"shop-{root.name}"))
    found.commit()
    found.enroll()
    return found


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Shop:
    """A project whose key is listed."""
    return made(tmp_path / "shop", skc)


Answering = Callable[[str, str, Mapping[str, str]], tuple[int, Mapping[str, str], str]]
"""Method, path and headers -> status, headers and body."""


def well(_method: str, path: str, _headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """How a hardened app answers."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "RateLimit-Policy": '"all";q=100;w=60',
    }
    if path == "/health":
        return 200, headers, '{"status": "ok"}'
    return 404, headers, '{"error": "ERR_NOT_FOUND"}'


class Program:
    """A program of the project's; how it answers can be changed while it runs."""

    def __init__(self) -> None:
        self.answer: Answering = well
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                outer.asked.append((self.command, self.path))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = outer.answer(self.command, self.path, dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_OPTIONS = handle_any  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/health"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """End it: nobody listens any more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def program() -> Iterator[Program]:
    """One that runs in this block."""
    made_one = Program()
    try:
        yield made_one
    finally:
        made_one.close()
