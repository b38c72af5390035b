"""The `skc` fixtures with the commands of `program.py` behind the front door."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import Ran, Skc
from tests.terminal.program import commands

ROOT = Path(__file__).parents[2]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def program(skc: Skc) -> Iterator[Skc]:
    """Run one of the program's commands in this process."""
    with commands():
        yield skc


@pytest.fixture
def start(tmp_path: Path, clean_environment: dict[str, str]) -> Start:
    """Start the program as a real child with pipes."""

    def begin(*argv: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.terminal.program", *argv],
            cwd=tmp_path,
            env={**clean_environment, "PYTHONPATH": str(ROOT), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def child(start: Start) -> Skc:
    """Run one of the program's commands as a real child, to its end."""

    def run(*argv: str, env: Mapping[str, str] | None = None) -> Ran:
        process = start(*argv, env=env)
        stdout, stderr = process.communicate(timeout=60)
        return Ran(process.returncode, stdout, stderr)

    return run


def log_files(state_home: Path) -> list[Path]:
    """The traces that were kept."""
    folder = state_home / "skc" / "log"
    return sorted(folder.iterdir()) if folder.exists() else []


def mode_of(path: Path) -> int:
    """Permission bits."""
    return os.stat(path).st_mode & 0o777  # noqa: PTH116
