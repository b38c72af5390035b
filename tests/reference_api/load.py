"""Hundreds of users of the real program, at a steady rate, in a process of their own.

    python -m tests.reference_api.load URL ENV_FILE DATABASE_URI RATE < (ends it when it closes)

Each user has an address of their own, as the proxy tells, and does the same twenty things in turn:
fourteen reads, a login, a page of providers, and two transactional bookings of two requests each.
Access tokens are refreshed before they end. No request is tried twice. What is not the expected
status is a failure. Its last line on stdout is what it counted.
"""

import asyncio
import json
import secrets
import sys
import time
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from bson import ObjectId
from msgspec import Struct
from pymongo import MongoClient

from skillconnect_ops.reference_api.accounts import new_document
from skillconnect_ops.reference_api.gate import csrf
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.proofs import tokens
from skillconnect_ops.reference_api.proofs.second_factor import digest
from skillconnect_ops.reference_api.reading import Source
from skillconnect_ops.reference_api.settings import Settings

PROVIDERS = 50
A_MINUTE = 25
"""Requests of one user, about; the limit is 30."""
CONNECTIONS = 32
REFRESH_BEFORE_S = 8
PASSWORD = secrets.token_urlsafe(16)
TURNS = (
    *("read",) * 4,
    *("book", "read", "read", "login", "read", "providers"),
    *("read",) * 4,
    "book",
    *("read",) * 5,
)


class Answer(Struct, frozen=True):
    """One answer."""

    status: int
    cookies: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What it says."""
        return json.loads(self.body)


class User:
    """One, with the cookies of a session."""

    def __init__(self, document: dict[str, Any], number: int) -> None:
        self.document = document
        self.address = f"198.18.{number >> 8}.{number & 255}"
        self.turn = number % len(TURNS)
        self.cookies: dict[str, str] = {}
        self.ends = 0.0


class Connection:
    """One connection that is kept open."""

    def __init__(self, host: str, port: int) -> None:
        self._at = (host, port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.asked = 0

    async def ask(self, method: str, path: str, headers: dict[str, str], sent: Any) -> Answer:
        """One request."""
        self.asked += 1
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(*self._at)
        assert self._reader is not None
        body = b"" if sent is None else json.dumps(sent).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._at[0]}:{self._at[1]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        cookies, length = {}, 0
        for line in head[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _, kept = value.partition(";")[0].partition("=")
                cookies[key] = kept
            elif name.lower() == "content-length":
                length = int(value)
            elif name.lower() == "connection" and value.lower() == "close":
                self._writer.close()
        return Answer(int(head[0].split(" ")[1]), cookies, await self._reader.readexactly(length))

    async def close(self) -> None:
        """Close it, if it is open."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()


class Load:
    """All users."""

    def __init__(
        self, url: str, settings: Settings, users: list[User], providers: list[str]
    ) -> None:
        self._users = deque(users)
        self._providers = providers
        self._at = _place(url)
        self._settings = settings
        self._slots = 0
        self.logins = 0
        self.counts: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.took_s: list[float] = []
        self.seconds = 0.0

    async def run(self, rate: float, stop: asyncio.Event) -> None:
        """Until told to stop."""
        began = time.monotonic()
        await asyncio.gather(
            *(self._work(number, CONNECTIONS / rate, stop) for number in range(CONNECTIONS))
        )
        self.seconds = time.monotonic() - began

    async def _work(self, number: int, each_s: float, stop: asyncio.Event) -> None:
        connection = Connection(*self._at)
        due = time.monotonic() + each_s * number / CONNECTIONS
        while not stop.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            user = self._users.popleft()
            made = await self._turn(connection, user)
            self._users.append(user)
            due += each_s * made

    async def _turn(self, connection: Connection, user: User) -> int:
        """What one user does next; gives how many requests it took."""
        before = connection.asked
        if user.ends - time.time() < REFRESH_BEFORE_S:
            await self._refresh(connection, user)
        what = TURNS[user.turn]
        user.turn = (user.turn + 1) % len(TURNS)
        if what == "read":
            await self._ask(connection, user, "GET", "user/profile", 200)
        elif what == "providers":
            await self._ask(connection, user, "GET", "provider", 200)
        elif what == "login":
            await self._login(connection, user)
        else:
            await self._book(connection, user)
        return connection.asked - before

    async def _login(self, connection: Connection, user: User) -> None:
        self.logins += 1
        user.address = f"10.{self.logins >> 16 & 255}.{self.logins >> 8 & 255}.{self.logins & 255}"
        sent = {"email": user.document["email"], "password": PASSWORD}
        answer = await self._ask(connection, user, "POST", "auth/login", 200, sent)
        self._took(user, answer)

    async def _refresh(self, connection: Connection, user: User) -> None:
        self._took(user, await self._ask(connection, user, "POST", "auth/refresh", 200))

    async def _book(self, connection: Connection, user: User) -> None:
        sent = {"name": "Leaking tap", "typeOfWork": "Plumbing", "address": "12 River Street"}
        made = await self._ask(connection, user, "POST", "service-request", 201, sent)
        if made is None:
            return
        hours, provider = divmod(self._slots, len(self._providers))
        self._slots += 1
        day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        slot = (day + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:00:00Z")
        request = made.json["serviceRequest"]["id"]
        booking = {"serviceRequestId": request, "slot": slot}
        booking["providerId"] = self._providers[provider]
        await self._ask(connection, user, "POST", "booking", 201, booking)

    def _took(self, user: User, answer: Answer | None) -> None:
        if answer is not None:
            user.cookies |= answer.cookies
            user.ends = time.time() + self._settings.access_s

    async def _ask(
        self,
        connection: Connection,
        user: User,
        method: str,
        path: str,
        status: int,
        sent: Any = None,
    ) -> Answer | None:
        """One request that has to end in this way."""
        headers = {
            "X-Forwarded-For": user.address,
            "Cookie": "; ".join(f"{name}={value}" for name, value in user.cookies.items()),
            "X-CSRF-Token": user.cookies["csrf"],
        }
        began = time.monotonic()
        try:
            answer = await connection.ask(method, f"/api/v1/{path}", headers, sent)
        except (OSError, EOFError) as error:
            self.failed[f"{method} {path}: {type(error).__name__}"] += 1
            return None
        self.took_s.append(time.monotonic() - began)
        if answer.status != status:
            code = json.loads(answer.body or b"{}").get("errorCode", "")
            self.failed[f"{method} {path}: {answer.status} {code}"] += 1
            return None
        self.counts[f"{method} {path}"] += 1
        return answer


def _place(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def people(settings: Settings, database: Any, members: int) -> tuple[list[User], list[str]]:
    """Accounts with sessions, as if they had logged in."""
    hashed = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)
    now = datetime.now(UTC)
    documents = []
    for number in range(members + PROVIDERS):
        name = f"load-{number}"
        role = Role.MEMBER if number < members else Role.PROVIDER
        document = new_document(
            password_hash=hashed,
            role=role,
            username=name,
            email=f"{name}@example.org",
            firstName="Load",
            lastName=str(number),
            phone="123",
        )
        documents.append({"_id": ObjectId(), **document})
    users = [User(document, number) for number, document in enumerate(documents[:members])]
    for user in users:
        _begin(user, settings, now)
    database.users.insert_many(documents)
    return users, [str(document["_id"]) for document in documents[members:]]


def _begin(user: User, settings: Settings, now: datetime) -> None:
    session, refresh = secrets.token_urlsafe(9), secrets.token_urlsafe(32)
    user_id = str(user.document["_id"])
    ends = now + timedelta(days=1)
    entry = {"sid": session, "refresh": digest(refresh), "strong": False, "expiresAt": ends}
    user.document["sessions"] = [{**entry, "createdAt": now, "refreshedAt": now}]
    access = tokens.issued(
        settings, tokens.Kind.ACCESS, user_id=user_id, session_id=session, admin=False
    )
    user.cookies = {
        "session": access,
        "refresh": f"{user_id}.{session}.{refresh}",
        "csrf": csrf.token(settings.users, session),
    }
    user.ends = time.time() + settings.access_s


async def main(url: str, env_file: str, uri: str, rate: str) -> None:
    settings = Source(Path(env_file), {}).read()
    with MongoClient[Any](uri) as client:
        users, providers = people(
            settings, client[settings.database], round(60 * float(rate) / A_MINUTE)
        )
    load = Load(url, settings, users, providers)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await load.run(float(rate), stop)
    took = sorted(load.took_s)
    told = {
        "counts": load.counts,
        "failed": load.failed,
        "seconds": load.seconds,
        "median_ms": round(1000 * took[len(took) // 2], 1),
        "p99_ms": round(1000 * took[len(took) * 99 // 100], 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
