"""SIGKILL at every system call of a stretch of a program, by strace's fault injection."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from tests.programs import needs

_CALLS = (
    "openat,read,write,pwrite64,fsync,rename,renameat,renameat2,unlink,unlinkat,close,flock,"
    "fchmod,fchown,getdents64,mkdir,rmdir,ftruncate"  # not those that only look at names
)
_CHANGE = frozenset(_CALLS.split(",")) - {"openat", "read", "close", "getdents64"}
"""A kill before any other call finds the disk as a kill at the next of these does."""
_LINE = re.compile(r"^(?:\d+\s+)?([a-z0-9_]+)\(")


class Point(Struct, frozen=True):
    """The n-th call of that name in the life of the process."""

    call: str
    number: int


def points(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    begin: str,
    end: str,
    stdin: str = "",
    cwd: Path | None = None,
    changing: bool = False,
) -> list[Point]:
    """The calls between the first one that names `begin` and the last one that names `end`.

    With `changing` those alone that can change what a disk holds, or who holds a lock.

    The program ran before: what it compiles is there, so that the calls are always the same.
    """
    words = [
        "-f",
        "--seccomp-bpf",
        "-s",
        "256",
        "-o",
        str(log),
        "-e",
        f"trace={_CALLS},access,faccessat,faccessat2",
    ]
    ran = _strace(words, argv, env=env, stdin=stdin, cwd=cwd)
    assert ran.returncode == 0, ran.stderr
    lines = log.read_text(errors="replace").splitlines()
    first = min(at for at, line in enumerate(lines) if _marks(line, begin))
    last = max((at for at, line in enumerate(lines) if _marks(line, end)), default=len(lines) - 1)
    seen: Counter[str] = Counter()
    found = []
    for at, line in enumerate(lines[: last + 1]):
        call = _LINE.match(line)
        if call is None or "access" in call[1]:
            continue
        seen[call[1]] += 1
        changes = call[1] in _CHANGE or "O_CREAT" in line
        if at > first and (changes or not changing):
            found.append(Point(call[1], seen[call[1]]))
    return found


def _marks(line: str, mark: str) -> bool:
    """Whether a call looks at the mark: asks for access to it, or opens it."""
    return f'{mark}"' in line and ("access" in line or "openat(" in line) and bool(mark)


def killed(
    argv: Sequence[str],
    point: Point,
    *,
    env: Mapping[str, str],
    stdin: str = "",
    cwd: Path | None = None,
) -> bool:
    """Run the program, and kill it as it enters that call; whether it was."""
    words = [
        *("-f", "-o", "/dev/null", "-e", f"trace={point.call}"),
        *("-e", f"inject={point.call}:signal=KILL:when={point.number}"),
    ]
    return _strace(words, argv, env=env, stdin=stdin, cwd=cwd).returncode != 0


def _strace(
    words: Sequence[str],
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    stdin: str,
    cwd: Path | None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [needs("strace"), *words, sys.executable, *argv],
        cwd=cwd,
        env={**env, "PYTHONHASHSEED": "0"},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
