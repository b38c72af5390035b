"""The keeper of a service: a child process that ends it, and all that it started, when we cannot.

Run as a program of its own (`python -I -S keeper.py PROGRAM ARGUMENT…`), so it imports the standard
library alone. It has one thread, therefore Linux's parent-death signal, which follows the *thread*
that forked, is safe to use here and would not be in the process that we are called from. That
signal ends the program alone and not the workers it has, so they are found by their process group,
and by having been left to us (a "subreaper") where they have left that group as well.

On stdin come single letters: `T` asks the program to end, `K` kills it. When stdin ends or our
parent is another one, it is asked, and killed a little later. On stdout go two JSON lines: the
program's process id (or why there is none), and how it ended, once nothing of it is left. It
inherits our stderr, and writes there what it would write on stdout, too.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LOOK_EVERY_S = 0.5
ORPHANED_S = 5.0
"""How long a program may take to end after whoever started it was killed."""
REAPED_S = 5.0


def prctl(option: int, value: int) -> None:
    """Tell Linux about this process (manual page prctl, section 2); nothing elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def started(argv: list[str]) -> subprocess.Popen[bytes]:
    """The program, in a session and process group of its own."""
    me = os.getpid()

    def dies_with_me() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != me:
            os._exit(1)

    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=2,
        preexec_fn=dies_with_me,  # noqa: PLW1509 - one thread only, see above
        start_new_session=True,
    )


def has_ended(program: subprocess.Popen[bytes]) -> bool:
    """Whether it has; it is not reaped, so that its number stays its own."""
    return os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def adopted() -> list[int]:
    """The processes that were left to us, the program itself among them."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return []
    return [int(number) for number in listed.split()]


def kill(program: subprocess.Popen[bytes]) -> None:
    """End it with its group, before it is reaped."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)


def end_rest(program: subprocess.Popen[bytes]) -> int:
    """Reap it, and end whatever it left; gives how it ended."""
    kill(program)
    code = program.wait()
    until = time.monotonic() + REAPED_S
    while time.monotonic() < until:
        for number in adopted():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)
        except ChildProcessError:
            break
    return code


class Lifeline:
    """What whoever started us wants, until they are gone."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self.gone = False

    def letters(self, waiter: int | None) -> bytes:
        """What came on stdin; returns without anything when the program ended, and now and then."""
        watched = [] if self.gone else [0]
        if waiter is not None:
            watched.append(waiter)
        pause = LOOK_EVERY_S if waiter is not None else LOOK_EVERY_S / 10
        if 0 not in select.select(watched, [], [], pause)[0]:
            self.gone = self.gone or os.getppid() != self._parent
            return b""
        read = os.read(0, 64)
        self.gone = not read
        return read


def waiter_of(program: subprocess.Popen[bytes]) -> int | None:
    """What becomes readable when it ends (Linux 5.3)."""
    try:
        return os.pidfd_open(program.pid)
    except (AttributeError, OSError):
        return None


def keep(program: subprocess.Popen[bytes], lifeline: Lifeline) -> int:
    """Until the program has ended, and all that it started; gives how."""
    waiter, deadline = waiter_of(program), None
    while not has_ended(program):
        for letter in lifeline.letters(waiter):
            if letter == ord("K"):
                kill(program)
            else:
                program.send_signal(signal.SIGTERM)
        if lifeline.gone and deadline is None:
            deadline = time.monotonic() + ORPHANED_S
            program.send_signal(signal.SIGTERM)
        if deadline is not None and time.monotonic() > deadline:
            kill(program)
    return end_rest(program)


def tell(**what: Any) -> None:
    """One line on stdout, as long as somebody listens."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(what).encode() + b"\n")


def main(argv: list[str]) -> None:
    """Keep one program."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    lifeline = Lifeline()
    try:
        program = started(argv)
    except OSError as error:
        tell(error=error.strerror)
        return
    tell(pid=program.pid)
    tell(code=keep(program, lifeline))


if __name__ == "__main__":
    main(sys.argv[1:])
