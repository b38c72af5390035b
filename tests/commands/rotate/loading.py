"""A service that works on while its secrets are rotated."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands.rotate import hup

_ROOT = Path(__file__).parents[3]


class Load:
    """What the service has counted, once the block is over."""

    def __init__(self) -> None:
        self.operations = 0
        """Those that succeeded."""
        self.failed: dict[str, int] = {}
        """Those that did not, by kind."""
        self.verified: dict[str, int] = {}
        """Tokens, by kind."""
        self.seconds = 0.0
        """By the service's own clock."""

    @property
    def rate(self) -> float:
        """Operations a second, from the first to the last."""
        return self.operations / self.seconds


@contextmanager
def running(root: Path, database: str) -> Iterator[Load]:
    """The service, working; what it counted is there when it has ended.

    Args:
        root: the project's folder.
        database: where it writes.
    """
    load = Load()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.commands.rotate.service", root, database],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _wait(root, child)
        yield load
        time.sleep(0.5)
        said, _ = child.communicate(timeout=60)
        told = json.loads(said)
        load.operations, load.failed = told["counts"].pop("done"), told["counts"]
        load.verified, load.seconds = told["verified"], told["seconds"]
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()


def _wait(root: Path, child: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while not (root / "service.pid").exists():
        assert child.poll() is None, "the service ended"
        assert time.monotonic() < until, "the service did not start"
        time.sleep(0.05)
    time.sleep(0.5)


def reloading(root: Path) -> list[str]:
    """The reload command by which it reads its env file anew."""
    return [sys.executable, str(Path(hup.__file__)), str(root)]
