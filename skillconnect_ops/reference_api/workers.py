"""What the workers of one program tell each other: which generation each of them has loaded.

Each writes a file of its own into the program's run folder, and whichever of them is asked for its
health reads all. It works without the stores, whose credentials are what is told about.
"""

import contextlib
import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

DIFFER = "workers differ"
"""Stands in place of a generation that some workers have and others have not."""
Generations = dict[str, str | list[str | None] | None]


class WorkerState(Struct, frozen=True, kw_only=True):
    """One worker."""

    pid: int
    generation: int
    """How many times it has loaded its settings; 0 while it starts."""
    loaded_at: str
    loaded: Generations
    refused: str | None = None
    """Why it did not go over to the settings as they stand now."""


def starting(pid: int) -> WorkerState:
    """One that has loaded nothing yet."""
    return WorkerState(pid=pid, generation=0, loaded_at="", loaded={})


class Board:
    """Where workers write, and read each other.

    Each holds a lock as long as it lives, so the file of one that was killed is told apart, also
    when another process has its number by then.

    Args:
        folder: the program's; None where there is one worker alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._own: WorkerState | None = None
        self._lock: IO[bytes] | None = None
        if folder is not None:
            self._lock = (folder / f"worker-{os.getpid()}.lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def write(self, state: WorkerState) -> None:
        """Say what this worker has loaded."""
        self._own = state
        if self._folder is None:
            return
        path = self._folder / f"worker-{state.pid}.json"
        fresh = path.with_suffix(".new")
        with contextlib.suppress(OSError):  # the others then miss it, which says no more than it is
            fresh.write_bytes(msgspec.json.encode(state))
            fresh.replace(path)

    def leave(self) -> None:
        """This worker ends."""
        if self._folder is not None:
            (self._folder / f"worker-{os.getpid()}.json").unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()

    def states(self) -> list[WorkerState]:
        """All workers that live, by process id."""
        found = {} if self._own is None else {self._own.pid: self._own}
        for path in self._folder.glob("worker-*.json") if self._folder else ():
            with contextlib.suppress(OSError, msgspec.DecodeError):
                state = msgspec.json.decode(path.read_bytes(), type=WorkerState)
                if state.pid not in found and _lives(path.with_suffix(".lock")):
                    found[state.pid] = state
        return [found[pid] for pid in sorted(found)]


def agreed(states: Sequence[WorkerState]) -> Mapping[str, Any]:
    """What all workers have loaded; where they differ no generation is named.

    One that starts has loaded nothing yet: it may be reading what was there a moment ago.
    """
    names = {name for state in states for name in state.loaded}
    said = {name: [state.loaded.get(name) for state in states] for name in sorted(names)}
    return {
        name: each[0] if all(one == each[0] for one in each) else DIFFER
        for name, each in said.items()
    }


def _lives(lock: Path) -> bool:
    with lock.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
