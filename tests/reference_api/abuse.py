"""What suites of abuse share: sessions without a login, bytes on the wire, a refusal's look.

A login costs a third of a second here, so most sessions are put into the database as it would.
"""

import json
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import httpx
from bson import ObjectId
from msgspec import Struct
from redis import Redis

from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.gate import csrf
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.proofs import tokens
from skillconnect_ops.reference_api.proofs.second_factor import digest
from skillconnect_ops.reference_api.reading import Source
from skillconnect_ops.reference_api.settings import Settings
from tests.reference_api.served import Account, Served

ALWAYS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cache-control": "no-store, max-age=0",
}
HSTS = "max-age=31536000; includeSubDomains"
BODY = {"success", "message", "errorCode", "requestId"}
"""What the action plan's error body holds."""


class Raw(Struct, frozen=True):
    """An answer as it came over the wire."""

    status_code: int
    headers: dict[str, str]
    text: str
    closed: bool
    """Whether the server ended the connection."""

    def json(self) -> Any:
        """Its body."""
        return json.loads(self.text)


class Session(Struct, frozen=True):
    """One that stands in the database."""

    account: Account
    id: str
    access: str
    refresh: str
    csrf: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who one is; no browser adds it by itself."""
        return {"Authorization": f"Bearer {self.access}"}


def settings_of(program: Served) -> Settings:
    """As the program has read them."""
    return Source(program.env_file, {}).read()


def session(program: Served, account: Account, *, strong: bool = False) -> Session:
    """Begin one without a login."""
    settings, now = settings_of(program), datetime.now(UTC)
    sid, refresh = secrets.token_urlsafe(18), secrets.token_urlsafe(32)
    entry = {"sid": sid, "refresh": digest(refresh), "strong": strong}
    times = {"createdAt": now, "refreshedAt": now, "expiresAt": now + timedelta(days=1)}
    program.database["users"].update_one(
        {"_id": ObjectId(account.id)}, {"$push": {"sessions": {**entry, **times}}}
    )
    access = tokens.issued(
        settings,
        tokens.Kind.ACCESS,
        user_id=account.id,
        session_id=sid,
        admin=account.role is Role.ADMIN,
    )
    made = csrf.token(settings.users, sid)
    return Session(account, sid, access, f"{account.id}.{sid}.{refresh}", made)


def with_cookies(program: Served, begun: Session) -> httpx.Client:
    """A browser's client of that session."""
    client = program.client()
    before = "__Host-" if program.production else ""
    kept = {"session": begun.access, "refresh": begun.refresh, "csrf": begun.csrf}
    client.headers["Cookie"] = "; ".join(f"{before}{name}={kept[name]}" for name in kept)
    client.headers["X-CSRF-Token"] = begun.csrf
    return client


def forget(program: Served) -> None:
    """Have the limits forget whom they counted."""
    with Redis.from_url(program.value("REDIS_URL")) as cache:
        for key in cache.scan_iter("rl:*", count=1000):
            cache.delete(key)


def refused(answer: httpx.Response | Raw, status: int, code: Code) -> dict[str, Any]:
    """It was refused in this way, in the plan's shape, and tells nothing else; gives the body."""
    assert answer.status_code == status, answer.text
    protected(answer)
    said: dict[str, Any] = answer.json()
    assert said["errorCode"] == code.wire, answer.text
    assert said["success"] is False
    assert BODY <= set(said) <= BODY | {"fields", "details"}
    assert said["requestId"]
    for word in ("Traceback", 'File "', "pymongo", "redis.exceptions", ".py"):
        assert word not in answer.text
    return said


def protected(answer: httpx.Response | Raw) -> None:
    """It has the headers that every answer has."""
    for name, value in ALWAYS.items():
        assert answer.headers.get(name) == value, (name, dict(answer.headers))


def contents(program: Served) -> Mapping[str, list[bytes]]:
    """All that the database holds."""
    return {
        name: sorted(bson.encode(one) for one in program.database[name].find())
        for name in sorted(program.database.list_collection_names())
    }


def head(method: str, path: str, *lines: str, address: str = "") -> bytes:
    """A request's head, as it goes over the wire; the connection ends with its answer."""
    forwarded = [f"X-Forwarded-For: {address or fresh_address()}"]
    said = [f"{method} {path} HTTP/1.1", "Host: api.test", "Connection: close", *forwarded, *lines]
    return "\r\n".join([*said, "", ""]).encode("latin-1")


def ask(program: Served, *parts: bytes, pause_s: float = 0.0, patience_s: float = 20.0) -> Raw:
    """Send these bytes, and read the answer."""
    with socket.create_connection(("127.0.0.1", program.port), timeout=patience_s) as line:
        for number, part in enumerate(parts):
            if number:
                time.sleep(pause_s)
            line.sendall(part)
        return read(line)


def read(line: socket.socket) -> Raw:
    """The next answer; it says how long it is."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = line.recv(65_536)
        assert more, "the server said nothing"
        got += more
    start, _, body = got.partition(b"\r\n\r\n")
    lines = start.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines[1:])}
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        body += line.recv(65_536)
    closed = headers.get("connection") == "close"
    if closed:
        with suppress(ConnectionResetError):  # where it did not listen to all that was sent
            body += line.recv(65_536)
        assert len(body) == length, "another answer followed"
    return Raw(int(lines[0].split(" ")[1]), headers, body.decode(), closed)


def fresh_address() -> str:
    """One that no limit knows."""
    return ".".join(str(secrets.randbelow(254) + 1) for _ in range(4))
