"""A small service on MongoDB and Redis: it counts what it does, and what of it goes wrong.

    python -m tests.commands.rotate.service FOLDER DATABASE

Two instances in one asyncio program read FOLDER/.env at the start. On SIGHUP they do so one after
the other, as a rolling restart does, and drop nothing: what has begun ends over the old connection.
They make 250 operations a second. Each signs a token of a user and one of an administrator,
verifies those signed last (perhaps by the other instance) and all that are about to end, writes to
one of the stores, and looks whether what it wrote there before was kept. Every 25th does so over a
new connection, as a pool does that grows: an open one outlives a changed password. Nothing is tried
twice, by no driver either.

It writes `service.pid`, and after every reading `service.read`. Its last line on stdout is what it
counted, and the seconds by its own clock. It ends when its standard input closes.
"""

import asyncio
import base64
import faulthandler
import hashlib
import hmac
import json
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from msgspec import Struct
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

RATE = 250
"""Operations a second; what could not be done in its time is made up for."""
WORKERS = 10
FRESH_EVERY = 25
ROLLING_S = 0.2
"""How long the instances work side by side with the old and the new."""
LIFE_S = 5
"""How long a token lives."""
RINGS = {"user": "JWT_SECRET_KEY", "admin": "ADMIN_JWT_SECRET_KEY"}
HEADER = {"alg": "HS256", "typ": "JWT"}


class Refused(Exception):
    """A token that no key of the ring signed, or that is over."""


class Token(Struct, frozen=True):
    """A JSON Web Token."""

    text: str
    ends: int


class Ring:
    """The keys of one reading; written anew from the format's description (`jwt-ring.cjs`)."""

    def __init__(self, found: Mapping[str, str | None], name: str) -> None:
        self._signing = (found.get(name) or "").encode()
        self._others: list[tuple[bytes, int]] = []
        self._min_iat = int(found.get(f"{name}_MIN_IAT") or 0)
        others = found.get(f"{name}_FALLBACKS")
        for entry in others.split(",") if others else []:
            version, key, end = entry.split(".")
            assert version == "v1"
            self._others.append((_unpacked(key), int(end)))

    def sign(self, subject: str) -> Token:
        issued = int(time.time())
        ends = issued + LIFE_S
        said = {"sub": subject, "iat": issued, "exp": ends}
        text = f"{_packed(json.dumps(HEADER).encode())}.{_packed(json.dumps(said).encode())}"
        return Token(f"{text}.{_mac(self._signing, text)}", ends)

    def verify(self, token: Token) -> bool:
        """Whether it was an older, or a newer, key that signed it."""
        text, _, mac = token.text.rpartition(".")
        now = time.time()
        keys = [self._signing, *(key for key, end in self._others if end > now)]
        signed = [hmac.compare_digest(_mac(key, text), mac) for key in keys]
        said = json.loads(_unpacked(text.partition(".")[2]))
        if True not in signed or said["exp"] <= now or said["iat"] < self._min_iat:
            raise Refused
        return not signed[0]


class Reading:
    """What one look at the env file gave; its connections close once nobody uses them."""

    def __init__(self, folder: Path, database: str) -> None:
        found = dotenv_values(folder / ".env", interpolate=False)
        self._mongo_uri, self._redis_uri = found["MONGO_URI"] or "", found["REDIS_URL"] or ""
        self._database = database
        self.rings = {kind: Ring(found, name) for kind, name in RINGS.items()}
        self.mongo, self.redis = connect(self._mongo_uri), connect_redis(self._redis_uri)
        self.users = 0
        self.left = asyncio.Condition()

    async def ping(self) -> None:
        await self.mongo.admin.command("ping")
        await self.redis.ping()

    async def close(self) -> None:
        async with self.left:
            await self.left.wait_for(lambda: not self.users)
        await self.mongo.close()
        await self.redis.aclose()

    async def in_mongo(self, worker: int, number: int, *, fresh: bool) -> int | None:
        """Write the number; gives the one before."""
        client = connect(self._mongo_uri) if fresh else self.mongo
        try:
            written, change = client[self._database].written, {"$set": {"number": number}}
            before = await written.find_one_and_update({"_id": worker}, change, upsert=True)
            return None if before is None else before["number"]
        finally:
            if fresh:
                await client.close()

    async def in_redis(self, worker: int, number: int, *, fresh: bool) -> int | None:
        """Write the number; gives the one before."""
        client = connect_redis(self._redis_uri) if fresh else self.redis
        try:
            before = await client.set(f"app:{worker}", number, get=True)
            return None if before is None else int(before)
        finally:
            if fresh:
                await client.aclose()


def connect(uri: str) -> AsyncMongoClient[Any]:
    return AsyncMongoClient(
        uri,
        serverSelectionTimeoutMS=20_000,
        retryWrites=False,
        retryReads=False,
        appName="service",
    )


def connect_redis(uri: str) -> Any:
    return Redis.from_url(uri, retry=Retry(NoBackoff(), 0))


class Instance:
    """One of those that a rolling restart takes in turn."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Reading]:
        reading = self._reading
        reading.users += 1
        try:
            yield reading
        finally:
            reading.users -= 1
            async with reading.left:
                reading.left.notify_all()

    async def takes(self, fresh: Reading) -> None:
        """Work with this from now on; a connection that does not come about changes nothing."""
        try:
            await fresh.ping()
        except BaseException:
            await fresh.close()
            raise
        old, self._reading = self._reading, fresh
        await old.close()

    async def close(self) -> None:
        await self._reading.close()


class Service:
    """The running service."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder, self._database = folder, database
        self._instances = [Instance(self._read()) for _ in range(2)]
        self._tokens: dict[str, deque[Token]] = {kind: deque() for kind in RINGS}
        self._written: dict[tuple[str, int], int] = {}
        self._numbers = count()
        self._stop, self._hup = asyncio.Event(), asyncio.Event()
        self.counts: Counter[str] = Counter()
        self.verified: Counter[str] = Counter()
        self.seconds = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hup.set)
        loop.add_reader(sys.stdin.fileno(), self._stop.set)
        self._tell()
        reloading = asyncio.create_task(self._reload())
        (self._folder / "service.pid").write_text(str(os.getpid()))
        began = time.monotonic()
        await asyncio.gather(*(self._work(number) for number in range(WORKERS)))
        self.seconds = time.monotonic() - began
        loop.remove_reader(sys.stdin.fileno())
        reloading.cancel()
        with suppress(asyncio.CancelledError):
            await reloading
        for instance in self._instances:
            await instance.close()

    def _read(self) -> Reading:
        return Reading(self._folder, self._database)

    async def _reload(self) -> None:
        while True:
            await self._hup.wait()
            self._hup.clear()
            for instance in self._instances:
                try:
                    await instance.takes(self._read())
                except (PyMongoError, RedisError, OSError) as error:
                    self.counts[f"reload: {type(error).__name__}"] += 1
                await asyncio.sleep(ROLLING_S)
            self._tell()

    def _tell(self) -> None:
        made = self._folder / ".service.read"
        made.write_text(f"{time.monotonic_ns()}")
        made.rename(self._folder / "service.read")

    async def _work(self, worker: int) -> None:
        each_s = WORKERS / RATE
        due = time.monotonic() + each_s * worker / WORKERS
        while not self._stop.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += each_s
            number = next(self._numbers)
            async with self._instances[number // 2 % 2].using() as reading:
                self.counts[await self._operate(reading, worker, number)] += 1

    async def _operate(self, reading: Reading, worker: int, number: int) -> str:
        """What came of it, in the words of the count."""
        store, fresh = ("redis" if number % 2 else "mongo"), number % FRESH_EVERY == 0
        write = reading.in_redis if number % 2 else reading.in_mongo
        before = self._written.pop((store, worker), None)
        try:
            for kind, ring in reading.rings.items():
                self._exchange(kind, ring, number)
            if fresh:
                self._apart(reading.rings)
            found = await write(worker, number, fresh=fresh)
            if before is not None and found != before:
                return f"{store}: lost"
        except Refused as error:
            return f"{error}: refused"
        except (PyMongoError, RedisError, OSError) as error:
            return f"{store}: {type(error).__name__}"
        self._written[store, worker] = number
        return "done"

    def _exchange(self, kind: str, ring: Ring, number: int) -> None:
        """Verify the token that was signed last, and those that end within a second; sign one."""
        tokens, now = self._tokens[kind], time.time()
        shown = [tokens[-1]] if tokens else []
        while tokens and tokens[0].ends < now + 1:
            token = tokens.popleft()
            if token.ends > now + 0.1:
                shown.append(token)
        tokens.append(ring.sign(f"{kind}/{number}"))
        for token in shown:
            try:
                other = ring.verify(token)
            except Refused as error:
                raise Refused(kind) from error
            self.verified[f"{kind} by another key" if other else kind] += 1

    def _apart(self, rings: Mapping[str, Ring]) -> None:
        """No token of a user is one of an administrator."""
        with suppress(Refused):
            rings["admin"].verify(self._tokens["user"][-1])
            self.counts["admin: took a user's token"] += 1


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(key: bytes, text: str) -> str:
    return _packed(hmac.new(key, text.encode(), hashlib.sha256).digest())


async def main() -> None:
    faulthandler.register(signal.SIGUSR1)  # where it hangs, should a reload never end
    service = Service(Path(sys.argv[1]), sys.argv[2])
    await service.run()
    told = {"counts": service.counts, "verified": service.verified, "seconds": service.seconds}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
