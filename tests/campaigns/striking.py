"""Real `skc` processes in which one thing goes wrong, at one step of a plan or at one call.

Like `dying`, a small server has loaded everything, and forks. Every call that a run makes to the
world (the users of the server, logins, programs, and each system call of the disk) is counted with
the step that it belongs to. Nothing is shortened but waiting: a look that is repeated comes at
once, and a host that is gone is given up after a moment.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

_ROOT = Path(__file__).parents[2]
_LOOKS = ("see", "see-again", "hold")
_OF_MONGO = (
    *(f"{verb}:app" for verb in ("create", "drain", "disarm", "drop")),
    *(f"{verb}:MONGO_URI" for verb in _LOOKS),
)
_OF_REDIS = (
    *(f"{verb}:cache/" for verb in ("create", "drain", "disable", "drop")),
    *(f"{verb}:REDIS_URL" for verb in _LOOKS),
)


def of_redis(step: str) -> bool:
    """Whether a step speaks to the cache."""
    return step.startswith(_OF_REDIS)


def of_a_server(step: str) -> bool:
    """Whether a step speaks to a server; for others a lost network is a file that lay on one."""
    return step.startswith((*_OF_MONGO, *_OF_REDIS))


def is_a_look(step: str) -> bool:
    """Whether a step looks, and changes nothing at a server."""
    return step.partition(":")[0] in _LOOKS


class What(StrEnum):
    """What goes wrong."""

    NOTHING = "nothing"
    KILL = "kill"
    """`kill -9`."""
    RAISE = "exception"
    NETWORK = "network lost"
    """Connections are cut, and none is made any more while this process lives."""
    ANSWER = "lost answer"
    """A request takes effect at the server, and its answer never arrives."""


class When(StrEnum):
    """Where in a step."""

    BEFORE = "before"
    """Its intent is on the disk, and nothing else."""
    DURING = "during"
    AFTER = "after"
    """It is done and looked at, and the journal does not know yet."""


class Strike(Struct, frozen=True, kw_only=True):
    """One thing that goes wrong, once."""

    what: What = What.NOTHING
    step: str | None = None
    """The step's key; without one the calls of the whole process are counted."""
    when: When = When.DURING
    at: int = 0
    """During: at this call of the step, or of the process; from 1. 0 of a step without a call:
    between its apply and its verify."""
    after: bool = False
    """Once that call took effect."""
    alone: bool = False
    """Whether of the servers only that one is gone which the step speaks to."""


class Order(Struct, frozen=True, kw_only=True):
    """What one child is to do."""

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    out: str
    """A folder for what it says."""
    strike: Strike = Strike()
    ports: tuple[int, int] | None = None
    """Of the database and of the cache, where their wires can be cut."""
    watch: str | None = None
    """`module:function` of a look to be taken after every call; a failed one ends the child."""


class Call(Struct, frozen=True):
    """One call."""

    step: str
    stage: str
    name: str


class Ended(Struct, frozen=True, kw_only=True):
    """How a child ended."""

    code: int
    """Its exit code, or minus the signal's number."""
    seconds: float
    struck: str = ""
    """The call or the moment at which it went wrong; empty where it never did."""
    calls: tuple[Call, ...] = ()
    """Of a child that came to its end by itself."""
    said: str = ""

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Striker:
    """The process that forks; used as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.struck"],
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, order: Order) -> Ended:
        """Have a child do it, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        Path(order.out).mkdir(exist_ok=True)
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Ended)
