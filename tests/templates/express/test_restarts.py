"""Three real instances, restarted one after another while tokens go from each to each.

A token is false rejected where an instance refuses it though its time is not over. In a planned
rotation that never happens; the ways that look shorter are walked in the same harness, and there
it does.
"""

import http.client
import json
import random
import secrets
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from skillconnect_ops.commands.rotate.kid import derived
from skillconnect_ops.commands.rotate.ring import Ring, overlap_for, read, variables
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests.envfile.real_readers import node
from tests.templates.express.conftest import App
from tests.templates.express.test_jwt_ring import key, token

NAME = "JWT_SECRET_KEY"
LIFE = timedelta(seconds=3)
SKEW = timedelta(seconds=1)


def now() -> datetime:
    return datetime.now(UTC)


class Instance:
    """One process; `port` is none of it while it restarts."""

    def __init__(self, folder: Path, sort: str) -> None:
        self._argv = [
            *(node(), "--env-file=.env", "instance.cjs"),
            *(sort, str(int(LIFE.total_seconds()))),
        ]
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port: int | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._argv, cwd=self._folder, env={}, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        self.port = None
        if self._process is not None:
            self._process.terminate()
            with self._process:
                try:
                    assert self._process.wait(30) == 0
                finally:
                    self._process.kill()

    def ask(self, path: str, token: str | None = None) -> tuple[int, str] | None:
        """The answer; None of an instance that is away, which no balancer would ask."""
        port = self.port
        if port is None:
            return None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            headers = {} if token is None else {"authorization": f"Bearer {token}"}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (ConnectionError, http.client.RemoteDisconnected):
            return None
        finally:
            connection.close()


class Fleet:
    """The instances, the env file that they share, and a client that never rests."""

    def __init__(self, folder: Path, sort: str) -> None:
        self._file = folder / ".env"
        self._file.write_text(f"# keys\n{NAME}={key().reveal()}\n")
        self.instances = [Instance(folder, sort) for _ in range(3)]
        self.said: Counter[str] = Counter()
        self.tokens: deque[str] = deque(maxlen=40)
        self._over = threading.Event()
        self._client = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        with ExitStack() as started:
            for instance in self.instances:
                started.callback(instance.stop)
                instance.start()
            self._started = started.pop_all()
        self._client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with self._started:
            self._client.join()

    def _ask(self) -> None:
        chance = random.Random(4)
        while not self._over.is_set():
            signed = chance.choice(self.instances).ask("/sign")
            if signed is not None:
                self.tokens.append(signed[1])
            for instance in self.instances:
                # a new one and an older one: those that were signed just before a restart matter
                for text in (self.tokens[-1], chance.choice(self.tokens)) if self.tokens else ():
                    self._count(instance.ask("/", text))

    def _count(self, answer: tuple[int, str] | None) -> None:
        if answer is not None:
            self.said[answer[1]] += 1

    @property
    def rejects(self) -> int:
        """How many were refused though their time is not over."""
        return self.said.total() - self.said["accepted"] - self.said["jwt expired"]

    @property
    def ring(self) -> Ring:
        return read(NAME, parse(self._file.read_bytes()).get)

    def deploy(self, ring: Ring) -> None:
        """Publish the ring and restart one instance after another."""
        file = parse(self._file.read_bytes())
        for name, value in variables(NAME, ring).items():
            file = file.without(name) if value is None else file.with_value(name, value.reveal())
        self._file.write_bytes(file.bytes())
        for instance in self.instances:
            instance.stop()
            instance.start()
            time.sleep(0.2)

    def kids(self) -> set[tuple[str, ...]]:
        """What the instances say of their rings."""
        answers = [instance.ask("/kids") for instance in self.instances]
        return {tuple(json.loads(answer[1])) for answer in answers if answer is not None}


@pytest.fixture
def folder(app: App) -> Path:
    made = app("9")
    (made / "instance.cjs").write_text(Path(__file__).with_name("instance.cjs").read_text())
    return made


@pytest.fixture
def fleet(folder: Path) -> Iterator[Fleet]:
    with Fleet(folder, "ring") as running:
        yield running


def test_a_planned_rotation_refuses_no_token(fleet: Fleet) -> None:
    old, new = fleet.ring.signing, key()
    before = time.monotonic()
    fleet.deploy(fleet.ring.staged(new, not_after=now() + timedelta(days=1)))
    assert fleet.kids() == {(derived(old), derived(new))}
    # the next restarts may take several times as long as these, on a busy machine
    restarts = timedelta(seconds=3 + 3 * (time.monotonic() - before))
    overlap = overlap_for(LIFE, skew=SKEW, restarts=restarts)
    fleet.deploy(fleet.ring.swapped(new, now=now(), overlap=overlap))
    assert fleet.kids() == {(derived(new), derived(old))}
    time.sleep((fleet.ring.fallbacks[0].not_after - now()).total_seconds() + 0.1)
    fleet.deploy(fleet.ring.retired(now()))
    assert fleet.kids() == {(derived(new),)}
    assert fleet.rejects == 0, fleet.said
    assert fleet.said["accepted"] > 500, fleet.said


def test_a_forgotten_finish_closes_itself(fleet: Fleet) -> None:
    new = key()
    fleet.deploy(fleet.ring.staged(new, not_after=now() + timedelta(days=1)))
    fleet.deploy(fleet.ring.swapped(new, now=now(), overlap=timedelta(seconds=1)))
    time.sleep(max(0, (fleet.ring.fallbacks[0].not_after - now()).total_seconds()) + 0.1)
    assert fleet.kids() == {(derived(new),)}


def test_after_a_leak_every_old_token_is_refused_once_all_are_restarted(fleet: Fleet) -> None:
    old = fleet.ring.signing
    tokens = [signed(old) for _ in range(20)]
    assert verdicts(fleet, tokens) == Counter(accepted=60)
    fleet.deploy(fleet.ring.leaked(key()))
    assert verdicts(fleet, tokens) == Counter({"invalid signature": 60})
    assert verdicts(fleet, [signed(old, iat=2_000_000_000)]) == Counter({"invalid signature": 3})
    for instance in fleet.instances:
        answer = instance.ask("/sign")
        assert answer is not None
        assert verdicts(fleet, [answer[1]]) == Counter(accepted=3)


def signed(by: Secret, *, iat: int | None = None) -> str:
    """A token of an hour."""
    at = int(time.time()) if iat is None else iat
    return token(by, iat=at, exp=at + 3600, jti=secrets.token_hex(4))


def verdicts(fleet: Fleet, tokens: list[str]) -> Counter[str]:
    asked = [instance.ask("/", text) for text in tokens for instance in fleet.instances]
    return Counter(answer[1] for answer in asked if answer is not None)


@pytest.mark.parametrize("sort", ["plain", "ring"])
def test_a_naive_swap_refuses_tokens(folder: Path, sort: str) -> None:
    with Fleet(folder, sort) as fleet:
        wait_for(fleet, 20)
        fleet.deploy(Ring(key()))
        assert fleet.said["invalid signature"] > 0, fleet.said
        assert fleet.rejects > 0


def test_a_swap_without_a_stage_refuses_tokens(fleet: Fleet) -> None:
    """The instances that were not restarted yet do not know the key that the others sign with."""
    wait_for(fleet, 20)
    old = fleet.ring.signing
    fleet.deploy(Ring(key()).staged(old, not_after=now() + timedelta(days=1)))
    assert fleet.rejects > 0, fleet.said


def wait_for(fleet: Fleet, tokens: int) -> None:
    end = time.monotonic() + 30
    while len(fleet.tokens) < tokens:
        assert time.monotonic() < end
        time.sleep(0.05)
