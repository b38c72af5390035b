"""Fixtures for all rooms: `skc` runs a command in this process, `skc_process` in a real child."""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis.utils
from msgspec import Struct

from skillconnect_ops import app
from skillconnect_ops.terminal.streams import Streams

pytest_plugins = (
    *("tests.servers", "tests.sharing", "tests.tiny", "tests.passphrases"),
    "tests.campaigns.summary",
)

# how long one example takes says how busy the machine is, and nothing about the code
hypothesis.settings.register_profile("skc", deadline=None)
hypothesis.settings.load_profile("skc")

# each client of the tests asks for it, and it is read from the package's files each time
redis.utils.get_lib_version = cache(redis.utils.get_lib_version)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that runs us in the background ignores Ctrl-C, and every child of ours would, too
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # so does nohup with the terminal's end: we go on not to heed it, and our children do
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays: to look through it for garbage takes longer than some rooms."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START")


class Ran(Struct, frozen=True):
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The report on stdout, parsed."""
        return json.loads(self.stdout)


Skc = Callable[..., Ran]


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """What every command of a test is started with: a home folder of its own, and little else."""
    return environment_in(tmp_path)


def environment_in(folder: Path) -> dict[str, str]:
    """What a command is started with that keeps all its own below a folder."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "HOME": str(home), "XDG_STATE_HOME": str(folder / "state")}


@pytest.fixture
def skc(tmp_path: Path, clean_environment: dict[str, str]) -> Skc:
    """Run a command in this process, through the real boundary, with captured streams."""
    return skc_in(tmp_path, clean_environment)


def skc_in(folder: Path, environment: Mapping[str, str]) -> Skc:
    """What the fixture `skc` gives, for a fixture that outlives one test."""

    def run(
        *argv: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
    ) -> Ran:
        streams = Streams(StringIO(stdin), StringIO(), StringIO())
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(cwd or folder)
            for name in set(os.environ) - {"PYTEST_CURRENT_TEST"}:
                patch.delenv(name)
            for name, value in {**environment, **(env or {})}.items():
                patch.setenv(name, value)
            code = app.main(argv, streams=streams)
        return Ran(int(code), _text(streams.stdout), _text(streams.stderr))

    return run


@pytest.fixture
def skc_process(tmp_path: Path, clean_environment: dict[str, str]) -> Skc:
    """Run a command as a real child process without a terminal."""

    def run(
        *argv: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout_s: float = 120,
    ) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", *argv],
            cwd=cwd or tmp_path,
            env={**clean_environment, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def _text(stream: Any) -> str:
    return str(stream.getvalue())
