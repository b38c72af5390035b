"""The real program for tests, with a database of its own on real servers.

A module's fixture is `with serve(folder, one_node, redis_server, workers=2) as program: yield …`.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from bson import ObjectId
from msgspec import Struct
from pymongo import MongoClient
from pymongo.database import Database as MongoDatabase
from redis import Redis

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.embedded.process import free_port
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.accounts import new_document
from skillconnect_ops.reference_api.models.fields import Role
from tests.servers import make_user

START_S, END_S = 90.0, 30.0
PASSWORD = f"Tests-{secrets.token_urlsafe(12)}"
"""Everybody's."""
APP = {True: "https://app.skillconnect.test", False: "http://localhost:5173"}
"""The origin of the pages, in production and else."""
HERE = {True: "https://api.skillconnect.test", False: ""}
"""The API's own origin; else it is where it listens."""
_ENVIRONMENT = ("PATH", "LANG", "TMPDIR", "COVERAGE_PROCESS_START")
_numbers = count(secrets.randbelow(1 << 16))


class Account(Struct, frozen=True):
    """Somebody whom the database knows."""

    id: str
    email: str
    role: Role


class Served:
    """The program, which runs."""

    def __init__(
        self,
        env_file: Path,
        variables: dict[str, str],
        database: MongoDatabase[dict[str, Any]],
        *,
        port: int,
        production: bool,
    ) -> None:
        self.env_file = env_file
        self.folder = env_file.parent
        self.database = database
        self.port = port
        self.production = production
        self.url = f"http://127.0.0.1:{port}"
        self.origin = APP[production]
        self._variables = variables
        self._clients: list[httpx.Client] = []
        self.rewrite()

    def rewrite(self, **changed: str) -> None:
        """Put another env file in its place, as `skc` does."""
        self._variables |= changed
        fresh = self.env_file.with_suffix(".new")
        fresh.write_text("".join(f"{name}={value}\n" for name, value in self._variables.items()))
        fresh.replace(self.env_file)

    def value(self, name: str) -> str:
        """What the env file says."""
        return self._variables[name]

    def account(self, role: Role = Role.MEMBER, **fields: Any) -> Account:
        """Insert one."""
        name = f"u{secrets.token_hex(6)}"
        usual = {"username": name, "email": f"{name}@example.org", "firstName": "Test"}
        usual |= {"lastName": "Person", "phone": "491700000000"}
        document = new_document(password_hash=_hash(), role=role, **usual)
        document = {"_id": ObjectId(), **document, **fields}
        self.database["users"].insert_one(document)
        return Account(str(document["_id"]), document["email"], role)

    def client(self, address: str | None = None) -> httpx.Client:
        """One with an address of its own, as its proxy tells; closed when the program ends."""
        forwarded = {"X-Forwarded-For": address or an_address()}
        if self.production:
            forwarded["X-Forwarded-Proto"] = "https"
        # nothing is verified without TLS, and to load certificates takes longer than a request
        made = httpx.Client(base_url=self.url, headers=forwarded, timeout=30, verify=False)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients:
            client.close()

    def login(self, account: Account, password: str = PASSWORD) -> httpx.Client:
        """A client with the cookies of a session, and the header against forged requests."""
        client = self.client()
        sent = {"email": account.email, "password": password}
        answer = client.post("/api/v1/auth/login", json=sent)
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrfToken"]
        if self.production:  # such cookies go over TLS alone, which is our proxy's part
            pairs = [f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar]
            client.headers["Cookie"] = "; ".join(pairs)
        return client

    def health(self) -> dict[str, Any]:
        """What the program says of itself, whatever the status."""
        found: dict[str, Any] = httpx.get(f"{self.url}/health", timeout=10, verify=False).json()
        return found

    def wait_until(self, holds: Any, *, patience_s: float = 15.0) -> None:
        """Ask until it holds; it may fail with an error of the network."""
        end = time.monotonic() + patience_s
        while True:
            try:
                if holds():
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, f"it did not come so far: {self.health()}"
            time.sleep(0.02)


@contextmanager
def serve(
    folder: Path,
    mongod: Mongod,
    redis: Secret,
    *,
    workers: int = 1,
    production: bool = False,
    **variables: str,
) -> Iterator[Served]:
    """Run the program; afterwards it has to end by itself, and its databases go.

    Args:
        folder: an empty one, for the env file and the logs.
        mongod: where a database of its own is made, with a user of its own.
        redis: the server's URI; what its database holds is deleted before and after.
        workers: how many.
        production: the `NODE_ENV`; then clients come by TLS, as their proxy says.
        variables: more of the env file.
    """
    name, port = f"api_{secrets.token_hex(5)}", free_port()
    with MongoClient[Any](mongod.uri.reveal()) as root, Redis.from_url(redis.reveal()) as cache_:
        cache_.flushdb()
        env = {
            "NODE_ENV": "production" if production else "development",
            "MONGO_URI": make_user(mongod, name, ["readWrite"]).reveal(),
            "REDIS_URL": redis.reveal(),
            "JWT_SECRET_KEY": secrets.token_urlsafe(48),
            "ADMIN_JWT_SECRET_KEY": secrets.token_urlsafe(48),
            "BASE_URL": f"{HERE[production] or f'http://127.0.0.1:{port}'}/api/v1",
            "FRONTEND_URL": APP[production],
            "LOG_DIR": str(folder / "logs"),
            "TRUSTED_PROXIES": "1",
            **({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1"} if production else {}),
            **variables,
        }
        program = Served(folder / ".env", env, root[name], port=port, production=production)
        words = ("--env-file", str(program.env_file), "--port", str(port))
        try:
            with _running(words, folder, program, workers=workers):
                yield program
        finally:
            program.close()
            root.drop_database(name)
            root[name].command("dropAllUsersFromDatabase")
            cache_.flushdb()


@contextmanager
def _running(
    words: Sequence[str], folder: Path, program: Served, *, workers: int
) -> Iterator[None]:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    printed, number = folder / "printed", ("--workers", str(workers))
    with printed.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "skillconnect_ops.reference_api", "serve", *words, *number],
            cwd=folder,
            env={**environment, "HOME": str(folder)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            program.wait_until(lambda: _is_ready(process, program, printed), patience_s=START_S)
            program.wait_until(lambda: len(program.health()["workers"]) == workers)
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(END_S) == 0, printed.read_text()[-4000:]
        finally:
            process.kill()
            process.wait()


def _is_ready(process: subprocess.Popen[bytes], program: Served, printed: Path) -> bool:
    assert process.poll() is None, printed.read_text()[-4000:]
    return httpx.get(f"{program.url}/ready", timeout=5, verify=False).status_code == 200


@cache
def _hash() -> str:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)


def an_address() -> str:
    """Of a network that is for tests alone (RFC 2544)."""
    number = next(_numbers) % (1 << 17)
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
