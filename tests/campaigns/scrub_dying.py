"""Real `skc` processes that are killed, or whose disk is full, in the middle of a scrub.

A small server has loaded everything, and forks. A child leads a process group of its own, which
is killed at a moment, at one of the disk's system calls, or by the `git` that it has just started
(`Wrapper`), which is killed with it or lives on, as it happens to.
"""

import errno
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self, cast

import msgspec
from msgspec import Struct

from tests.campaigns.scrub_shop import REAL_GIT

_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 120
CHANGING = ("open", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "ftruncate", "fchmod")


class Order(Struct, frozen=True, kw_only=True):
    """What one child is to do, and when it dies."""

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    said: str
    """A file for what it says."""
    after_s: float | None = None
    """So many seconds after its start it is killed, wherever it is."""
    gits: bool = False
    """With it every git that it started, as when the machine runs out of memory or power."""
    at: int = 0
    """At this call of the disk; 0 for none."""
    after: bool = False
    """Once the call took effect."""
    full: bool = False
    """There the disk is full, from that call on or for that call; else it is killed."""
    lasting: bool = False
    alone: bool = True
    """Whether to wait for the end of every git it started."""


class Ended(Struct, frozen=True, kw_only=True):
    """How a child ended."""

    code: int
    seconds: float
    calls: int
    """Of the disk, in a child that came to its end by itself."""
    said: str
    out: str = ""
    """Its stdout."""

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Killer:
    """The process that forks; used as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.scrub_dying"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, order: Order) -> Ended:
        """Have a child do it, and wait for its end, and that of every git it started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        ended = msgspec.json.decode(self._process.stdout.readline(), type=Ended)
        if order.alone:
            until_alone(Path(order.folder).parent)
        return ended


def gits_in(place: Path) -> list[int]:
    """Processes that name a folder: what git children a dead parent left."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                where = (entry / "cwd").readlink()
                if b"git" in words and where.is_relative_to(place):
                    found.append(int(entry.name))
    return found


def until_alone(place: Path) -> None:
    """Wait for them."""
    end = time.monotonic() + 30
    while gits_in(place):
        assert time.monotonic() < end, "a git that does not end"
        time.sleep(0.01)


WRAPPER = """#!/bin/sh
# counts the calls of git; at one of them something happens
here={here}
echo "$*" >> "$here/calls"
[ -e "$here/at" ] || exec {git} "$@"
if [ "$(wc -l < "$here/calls")" -ne "$(cat "$here/at")" ]; then exec {git} "$@"; fi
read -r _ _ _ _ group _ < "/proc/$PPID/stat"
case "$(cat "$here/what")" in
    before) kill -9 "-$group"; exit 9 ;;
    orphan) kill -9 "-$group"; exec {git} "$@" ;;
    after) {git} "$@"; kill -9 "-$group"; exit 9 ;;
    INT | TERM | HUP) kill "-$(cat "$here/what")" "$PPID"; sleep 0.05; exec {git} "$@" ;;
    full) cat > /dev/null; echo "fatal: write error: No space left on device" >&2; exit 128 ;;
    half | hold)
        # it has locked, or begun to write, and waits for more; then it dies, or lives on alone
        exec 3<&0
        (
            case "$*" in
                *update-ref*) printf 'start\\0'; cat <&3; printf 'prepare\\0' ;;
                *index-pack*) head -c 200 <&3 ;;
                *) cat <&3 ;;
            esac
            exec sleep 20
        ) | {git} "$@" > "$here/out" &
        echo $! > "$here/pid"
        while ! grep -q "prepare: ok" "$here/out" \
            && ! find "$here/../now" -name "index.skc.lock" -o -name "tmp_pack_[!s]*" | grep -q .
        do sleep 0.02; done
        [ "$(cat "$here/what")" = hold ] || kill -9 "$(cat "$here/pid")"
        kill -9 "-$group"; exit 9 ;;
    do) sh "$here/do" > "$here/did" 2>&1 < /dev/null; exec {git} "$@" ;;
esac
"""


class Wrapper:
    """A `git` on PATH that counts, and strikes."""

    def __init__(self, place: Path) -> None:
        self._place = place
        place.mkdir()
        git = place / "git"
        git.write_text(WRAPPER.format(here=place, git=REAL_GIT))
        git.chmod(0o755)

    @property
    def path(self) -> str:
        """For PATH."""
        return f"{self._place}:{os.environ['PATH']}"

    @property
    def at(self) -> Path:
        """While it is there, something will happen."""
        return self._place / "at"

    def arm(self, at: int, what: str, do: str = "") -> None:
        """Have something happen at the n-th call."""
        self.disarm()
        (self._place / "what").write_text(what)
        (self._place / "do").write_text(do)
        (self._place / "at").write_text(str(at))

    def disarm(self) -> None:
        for name in ("at", "calls", "did"):
            (self._place / name).unlink(missing_ok=True)

    def calls(self) -> list[str]:
        """Since it was armed, or disarmed."""
        path = self._place / "calls"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    @property
    def git(self) -> int:
        """The one that was left alive."""
        return int((self._place / "pid").read_text())

    def did(self) -> str:
        """What was said by what was done."""
        path = self._place / "did"
        return path.read_text() if path.exists() else "it did not come to it"


LOADED = (
    "ahocorasick_rs",
    "pyrage",
    "cryptography.hazmat.primitives.ciphers.aead",
    "skillconnect_ops.adapters.crew",
    "skillconnect_ops.adapters.git",
    "skillconnect_ops.adapters.objects.packs",
    "skillconnect_ops.adapters.objects.repositories",
    "skillconnect_ops.adapters.project",
    "skillconnect_ops.commands.journal.cli",
    "skillconnect_ops.commands.scrub.cli",
    "skillconnect_ops.commands.scrub.steps",
    "skillconnect_ops.journal.office",
    "skillconnect_ops.terminal.draw",
    "skillconnect_ops.wiring",
    "tests.faults",
)


def _serve() -> None:
    for module in LOADED:
        import_module(module)
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        calls = Path(f"{order.said}.calls")
        for ending in ("", ".out", ".calls"):
            Path(f"{order.said}{ending}").unlink(missing_ok=True)
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _obey(order)
        with suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)
        if order.after_s is not None:
            _kill_at(began + order.after_s, pid)
            for git in gits_in(Path(order.folder).parent) if order.gits else ():
                with suppress(ProcessLookupError):
                    os.kill(git, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        ended = Ended(
            code=os.waitstatus_to_exitcode(status),
            seconds=round(time.monotonic() - began, 3),
            calls=int(calls.read_text()) if calls.exists() else 0,
            said=_read(order.said),
            out=_read(f"{order.said}.out"),
        )
        os.write(1, msgspec.json.encode(ended) + b"\n")


def _read(name: str) -> str:
    """Nothing where it died before it could say anything."""
    path = Path(name)
    return path.read_text(errors="replace") if path.exists() else ""


def _kill_at(moment: float, pid: int) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _obey(order: Order) -> None:
    with suppress(OSError):
        os.setpgid(0, 0)
    signal.alarm(_TIMEOUT_S)
    code = 99
    try:
        from skillconnect_ops import app, wiring  # noqa: PLC0415 - see LOADED
        from skillconnect_ops.disk.files import Disk  # noqa: PLC0415
        from tests.faults import Fuse, die, fused, raising  # noqa: PLC0415

        os.chdir(order.folder)
        os.environ.clear()
        os.environ.update(order.environment)
        said = os.open(order.said, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 0)
        os.dup2(os.open(order.said + ".out", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), 1)
        os.dup2(said, 2)
        full = raising(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        fuse = Fuse(
            at=order.at,
            act=full if order.full else die,
            after=order.after,
            lasting=order.lasting,
        )
        system = fused(cast("Any", os), fuse, only=CHANGING)
        cast("Any", wiring.Wiring).disk = property(lambda _: Disk(system=system))
        code = int(app.main(order.argv))
        Path(order.said + ".calls").write_text(str(len(fuse.calls)))
    except BaseException:  # noqa: BLE001 - the server must not see it
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
