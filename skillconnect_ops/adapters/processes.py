"""Children, run with the standard library; ended when whoever started them leaves."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.ports.processes import ProgramFailed
from skillconnect_ops.core.redaction import redacted
from skillconnect_ops.core.secret import Secret

_KEPT = ("PATH", "TMPDIR")
_PATIENCE_S = 10.0
_LONGEST = 300
_LAST_BYTES = 1 << 16


class Children:
    """Implements `core.ports.processes.Processes`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def run(
        self,
        *argv: str,
        folder: Path,
        given: Secret | None = None,
        variables: Mapping[str, str] | None = None,
        patience_s: float | None = None,
        hidden: Sequence[Secret] = (),
    ) -> str:
        """Run a program to its end; gives what it printed."""
        with tempfile.TemporaryFile() as complaints:
            child = self._start(argv, folder, variables or {}, complaints)
            try:
                words = f"{given.reveal()}\n" if given else ""
                printed, _ = child.communicate(words, timeout=patience_s)
            except subprocess.TimeoutExpired as error:
                os.killpg(child.pid, signal.SIGKILL)
                raise _too_slow(argv, error.timeout) from error
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                raise
            finally:
                _end(child)
            if child.returncode != 0:
                raise _failed(argv, child.returncode, complaints, hidden)
        return printed

    @contextmanager
    def talk(self, *argv: str, folder: Path, given: Secret) -> Iterator["Talk"]:
        """Start a program and talk to it while the block runs."""
        with tempfile.TemporaryFile() as complaints:
            child = self._start(argv, folder, {}, complaints)
            try:
                talk = Talk(argv, child, complaints)
                talk.say(given.reveal())
                yield talk
            finally:
                _end(child)

    def _start(
        self,
        argv: tuple[str, ...],
        folder: Path,
        variables: Mapping[str, str],
        complaints: IO[bytes],
    ) -> subprocess.Popen[str]:
        kept = {name: self._environment.get(name) for name in _KEPT}
        try:
            return subprocess.Popen(
                argv,
                cwd=folder,
                env={"LC_ALL": "C.UTF-8", **{k: v for k, v in kept.items() if v}, **variables},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            name = Path(argv[0]).name
            raise ProgramFailed(
                f"{name} cannot be run",
                why=error.strerror or type(error).__name__,
                fix=f"install {name}, or put it on PATH",
            ) from error


class Talk:
    """Implements `core.ports.processes.Conversation`."""

    def __init__(
        self, argv: tuple[str, ...], child: subprocess.Popen[str], complaints: IO[bytes]
    ) -> None:
        if child.stdin is None or child.stdout is None:
            raise AssertionError("both are pipes")
        self._argv = argv
        self._child = child
        self._complaints = complaints
        self._mouth = child.stdin
        self._ear = child.stdout

    def hear(self) -> str:
        """Wait for its next line."""
        line = self._ear.readline()
        if not line:
            raise _failed(self._argv, self._child.wait(), self._complaints)
        return line.rstrip("\n")

    def say(self, line: str = "") -> None:
        """Send it a line; one that has ended is noticed by `hear`."""
        with suppress(BrokenPipeError):
            self._mouth.write(line + "\n")
            self._mouth.flush()

    def close(self) -> None:
        """End its input."""
        with suppress(BrokenPipeError):
            self._mouth.close()


def _end(child: subprocess.Popen[str]) -> None:
    """Let it end by itself once its input has ended; else kill it."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        child.wait(0 if child.poll() is not None else _PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _too_slow(argv: tuple[str, ...], seconds: float) -> ProgramFailed:
    name = " ".join(Path(word).name for word in argv[:2])
    return ProgramFailed(
        f"{name} did not end",
        why=f"it was killed after {seconds:.0f} s",
        fix="run the command by hand, and see what it waits for",
    )


def _failed(
    argv: tuple[str, ...], code: int, complaints: IO[bytes], hidden: Sequence[Secret] = ()
) -> ProgramFailed:
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - _LAST_BYTES))
    text = redacted(complaints.read().decode("utf-8", errors="replace"), hidden)
    lines = text.strip().splitlines()
    name = " ".join(Path(word).name for word in argv[:2])
    failed = ProgramFailed(
        f"{name} did not do its work",
        why=lines[-1][:_LONGEST] if lines else f"it ended with {code} and said nothing",
        fix="run the command again; if it fails in the same way, this is a bug in skc",
    )
    failed.code = code
    return failed
