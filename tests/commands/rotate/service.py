"""A small service: it reads `.env` at its start and on SIGHUP, and counts what goes wrong.

    python -m tests.commands.rotate.service FOLDER NAME DATABASE

The threads of two instances make about 200 operations a second. Each writes a token that this
instance signed, reads one that the other signed, and verifies it, all through MongoDB. Every 25th
does so over a new connection, as a pool does that grows: an open one would outlive a changed
password. It writes `NAME.pid`, and after every reading `NAME.read`; its last line on stdout is
what it counted. It ends when its standard input closes.
"""

import base64
import faulthandler
import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from skillconnect_ops.envfile import EnvFile, parse

THREADS = 2
EACH_S = 0.02
"""One operation a thread in this time: two instances make 200 a second."""
FRESH_EVERY = 25


class Refused(Exception):
    """A token that no key of the ring signed, or that is over."""


class Ring:
    """The keys of one reading; written anew from the format's description."""

    def __init__(self, signing: str, others: str) -> None:
        self._signing = signing.encode()
        self._others = []
        for entry in others.split(",") if others else []:
            version, key, end = entry.split(".")
            assert version == "v1"
            raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
            self._others.append((raw, int(end)))

    def sign(self, said: str) -> str:
        return f"{said}.{_mac(self._signing, said)}"

    def verify(self, token: str) -> None:
        said, _, mac = token.rpartition(".")
        live = [key for key, end in self._others if end > time.time()]
        if not any(hmac.compare_digest(_mac(key, said), mac) for key in (self._signing, *live)):
            raise Refused


class Reading:
    """What one look at the env file gave; its connection closes once nobody uses it."""

    what = "mongo"
    lost: tuple[type[Exception], ...] = (PyMongoError,)
    """What the driver raises."""

    def __init__(self, found: EnvFile, database: str) -> None:
        self.uri = found.get("MONGO_URI") or ""
        self.ring = Ring(
            found.get("JWT_SECRET_KEY") or "", found.get("JWT_SECRET_KEY_FALLBACKS") or ""
        )
        self.database = database
        self.client = connect(self.uri)
        self.users = 0

    def ping(self) -> None:
        self.client.admin.command("ping")

    def close(self) -> None:
        self.client.close()

    def operate(self, name: str, number: int, *, fresh: bool) -> None:
        client = connect(self.uri) if fresh else self.client
        try:
            tokens = client[self.database].tokens
            mine = {"$set": {"token": self.ring.sign(f"{name}/{number}")}}
            tokens.update_one({"_id": f"{name}/{number}"}, mine, upsert=True)
            others = {"_id": {"$not": {"$regex": f"^{name}/"}, "$regex": f"/{number}$"}}
            for found in tokens.find(others):
                self.ring.verify(found["token"])
        finally:
            if fresh:
                client.close()


def connect(uri: str) -> MongoClient[Any]:
    return MongoClient(uri, serverSelectionTimeoutMS=20_000, maxPoolSize=THREADS, appName="service")


class Service:
    """The running service."""

    def __init__(self, folder: Path, name: str, read: Callable[[EnvFile], Any]) -> None:
        self._folder, self._name, self._read = folder, name, read
        self._turn = threading.Condition()
        self._stop = threading.Event()
        self._reading = self._fresh()
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        faulthandler.register(signal.SIGUSR1)  # where it hangs, should a reload never end
        self._tell()
        threads = [threading.Thread(target=self._work, args=(n,)) for n in range(THREADS)]
        threads.append(threading.Thread(target=self._reload))
        for thread in threads:
            thread.start()
        (self._folder / f"{self._name}.pid").write_text(str(os.getpid()))
        sys.stdin.read()
        self._stop.set()
        for thread in threads:
            thread.join()
        self._reading.close()

    def _fresh(self) -> Any:
        return self._read(parse((self._folder / ".env").read_bytes()))

    def _reload(self) -> None:
        while not self._stop.is_set():
            if signal.sigtimedwait({signal.SIGHUP}, 0.1) is None:
                continue
            fresh, old = self._fresh(), self._reading
            try:
                fresh.ping()
            except fresh.lost as error:
                self._count(f"reload: {type(error).__name__}")
                fresh.close()
                self._tell()
                continue
            with self._turn:
                self._reading = fresh
                while old.users:
                    self._turn.wait(1)
            old.close()
            self._tell()

    def _tell(self) -> None:
        made = self._folder / f".{self._name}.read"
        made.write_text(f"{time.monotonic_ns()}")
        made.rename(self._folder / f"{self._name}.read")

    @contextmanager
    def _using(self) -> Iterator[Any]:
        with self._turn:
            reading = self._reading
            reading.users += 1
        try:
            yield reading
        finally:
            with self._turn:
                reading.users -= 1
                self._turn.notify_all()

    def _work(self, number: int) -> None:
        due = time.monotonic()
        for count in range(sys.maxsize):
            if self._stop.is_set():
                return
            due = max(due + EACH_S, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
            with self._using() as reading:
                try:
                    reading.operate(self._name, number, fresh=count % FRESH_EVERY == 0)
                    self._count("done")
                except reading.lost as error:
                    self._count(f"{reading.what}: {type(error).__name__}")
                except Refused:
                    self._count("token: refused")

    def _count(self, what: str) -> None:
        with self._turn:
            self.counts[what] += 1


def _mac(key: bytes, said: str) -> str:
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def main(read: Callable[[EnvFile], Any]) -> None:
    """Serve; what `read` makes of the env file does the work."""
    # blocked everywhere, and waited for by one thread: a handler runs in the main thread alone,
    # which sleeps on when the kernel hands the signal to another one
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    service = Service(Path(sys.argv[1]), sys.argv[2], read)
    service.run()
    sys.stdout.write(json.dumps(service.counts) + "\n")


if __name__ == "__main__":
    main(lambda found: Reading(found, sys.argv[3]))
