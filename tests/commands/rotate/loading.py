"""Two instances of a service that work on while their secrets are rotated."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.commands.rotate import hup

_ROOT = Path(__file__).parents[3]
INSTANCES = ("one", "two")


class Load:
    """What the instances have counted, once the block is over."""

    def __init__(self) -> None:
        self.done = 0
        self.failed: dict[str, int] = {}


@contextmanager
def running(root: Path, module: str, *argv: str) -> Iterator[Load]:
    """Two instances, working; what they counted is there when they have ended.

    Args:
        root: the project's folder.
        module: what to run.
        argv: what else it is told.
    """
    load = Load()
    with ExitStack() as stack:
        children = []
        for name in INSTANCES:
            child = subprocess.Popen(
                [sys.executable, "-m", f"tests.commands.rotate.{module}", root, name, *argv],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(_end, child)
            children.append(child)
        _wait(root)
        yield load
        time.sleep(0.5)
        for child in children:
            said, _ = child.communicate(timeout=60)
            for what, number in json.loads(said).items():
                if what == "done":
                    load.done += number
                else:
                    load.failed[what] = load.failed.get(what, 0) + number


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.kill()
        child.communicate()


def _wait(root: Path) -> None:
    until = time.monotonic() + 60
    while not all((root / f"{name}.pid").exists() for name in INSTANCES):
        assert time.monotonic() < until, "the service did not start"
        time.sleep(0.05)
    time.sleep(0.5)


def reloading(root: Path) -> list[str]:
    """The reload command by which both read their env file anew."""
    return [sys.executable, str(Path(hup.__file__)), str(root)]
