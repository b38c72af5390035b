"""A run as a process of its own that waits at one of its calls, until a test has done its worst.

`python -m tests.campaigns.slow ROOT final|steps run|resume|rollback CALL...` waits at each of the
calls named (`apply:2` is the second `apply`), writing its name to ROOT/here, until ROOT/go-NAME is
there or a signal comes. A place `fail:apply:2` raises after that call; `nohup` makes it begin with
its signals ignored.
"""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from skillconnect_ops.core.errors import SkcError, Stop
from tests.campaigns.world import Arena
from tests.faults import Fuse, raising

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 30.0


class Waiting(Fuse):
    """Waits before some calls; `fail` raises after waiting."""

    def __init__(self, root: Path, places: list[str]) -> None:
        super().__init__(at=0, act=lambda: None)
        self._root = root
        self._places = places
        self._seen: Counter[str] = Counter()

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Count by name; wait where told."""
        self._seen[name] += 1
        place = f"{name}:{self._seen[name]}"
        if place in self._places:
            (self._root / "here").write_text(place)
            until((self._root / f"go-{place}").exists)
        result = call()
        if f"fail:{place}" in self._places:
            raising(RuntimeError("planted"))()
        return result


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + _PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


class Slow:
    """The child, seen from the test."""

    def __init__(self, arena: Arena, *places: str, what: str) -> None:
        self.arena = arena
        (arena.root / "here").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.campaigns.slow",
                str(arena.root),
                "final" if arena.final else "steps",
                what,
                *places,
            ],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
        )

    def at(self, place: str) -> None:
        """Wait until it waits there."""
        here = self.arena.root / "here"
        until(lambda: self.process.poll() is not None or _text(here) == place)
        assert self.process.poll() is None, "it has ended"

    def go(self, place: str) -> None:
        """Let it go on from there."""
        (self.arena.root / f"go-{place}").touch()

    def kill_at(self, place: str) -> None:
        """Kill it where it waits."""
        self.at(place)
        self.process.kill()
        assert self.end() == {}

    def end(self) -> dict[str, Any]:
        """How it ended: `{}` when killed."""
        stdout, _ = self.process.communicate(timeout=_PATIENCE_S)
        return dict(json.loads(stdout)) if stdout else {}


@contextmanager
def slow(arena: Arena, *places: str, what: str = "run") -> Iterator[Slow]:
    """A child that is gone for certain afterwards."""
    child = Slow(arena, *places, what=what)
    try:
        yield child
    finally:
        if child.process.poll() is None:
            child.process.kill()
        child.process.communicate()


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def main() -> None:
    """Run, and say on stdout how it ended."""
    root, kind, what, *places = sys.argv[1:]
    arena = Arena(Path(root), final=kind == "final")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever runs the tests in the background hands down an ignored SIGINT.
        signal.signal(number, signal.SIG_IGN if "nohup" in places else signal.SIG_DFL)
    ended: dict[str, Any] = {"error": None, "exit": 0, "journal": None}
    try:
        outcome = arena.do(what, arena.office(Waiting(Path(root), places)))
        if outcome is not None:
            ended |= {"journal": outcome.journal, "walked": outcome.walked}
    except (SkcError, Stop) as error:
        ended |= {
            "error": type(error).__name__,
            "exit": int(error.exit),
            "journal": error.journal,
            "why": getattr(error, "why", ""),
            "fix": getattr(error, "fix", ""),
        }
    sys.stdout.write(json.dumps(ended))


if __name__ == "__main__":
    main()
