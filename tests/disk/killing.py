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
_LINE = re.compile(r"^(?:\d+\s+)?([a-z0-9_]+)\(")


class Point(Struct, frozen=True):
    """The n-th call of that name in the life of the process."""

    call: str
    number: int


def points(
    argv: Sequence[str], *, log: Path, env: Mapping[str, str], begin: str, end: str, stdin: str = ""
) -> list[Point]:
    """The calls between the first one that names `begin` and the last one that names `end`."""
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
    _strace([], argv, env=env, stdin=stdin)  # compiled files are there from now on
    ran = _strace(words, argv, env=env, stdin=stdin)
    assert ran.returncode == 0, ran.stderr
    lines = log.read_text(errors="replace").splitlines()
    first = min(at for at, line in enumerate(lines) if f'"{begin}"' in line and "access" in line)
    last = max(at for at, line in enumerate(lines) if f'"{end}"' in line and "access" in line)
    seen: Counter[str] = Counter()
    found = []
    for at, line in enumerate(lines[: last + 1]):
        call = _LINE.match(line)
        if call is None or "access" in call[1]:
            continue
        seen[call[1]] += 1
        if at > first:
            found.append(Point(call[1], seen[call[1]]))
    return found


def killed(argv: Sequence[str], point: Point, *, env: Mapping[str, str], stdin: str = "") -> bool:
    """Run the program, and kill it as it enters that call; whether it was."""
    words = [
        *("-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"trace={point.call}"),
        *("-e", f"inject={point.call}:signal=KILL:when={point.number}"),
    ]
    return _strace(words, argv, env=env, stdin=stdin).returncode != 0


def _strace(
    words: Sequence[str], argv: Sequence[str], *, env: Mapping[str, str], stdin: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [needs("strace"), *words, sys.executable, *argv],
        env={**env, "PYTHONHASHSEED": "0"},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
