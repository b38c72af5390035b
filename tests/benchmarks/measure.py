"""Whole-process figures, wall and CPU seconds and peak memory: of a child and of its server."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct

TICKS = os.sysconf("SC_CLK_TCK")


class Figures(Struct, frozen=True, kw_only=True):
    """One run of one command."""

    wall_s: float
    cpu_s: float
    server_cpu_s: float
    rss_bytes: int
    out_bytes: int = 0


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has used (proc(5), `stat`)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_family(pid: int) -> float:
    """The same of a process and all below it that still run."""
    return sum(map(cpu_of, _family(pid)))


def run(
    argv: Sequence[str],
    *,
    server: int,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Figures:
    """Run a command to its end, which must be a good one.

    Args:
        argv: the command.
        server: the process id of the server that works for it.
        env: its whole environment; this process's by default.
        cwd: its folder.
    """
    before, started = cpu_of(server), time.perf_counter()
    with subprocess.Popen(
        argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - started
    assert child.returncode == 0, said.decode(errors="replace")[-2000:]
    return Figures(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        server_cpu_s=cpu_of(server) - before,
        rss_bytes=usage.ru_maxrss * 1024,
    )


def run_tree(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Figures:
    """Run a command and whatever it starts; memory is the most that all of them held at once.

    Findings are no failure: whether it did its work, the caller sees from what it wrote.
    """
    started, most = time.perf_counter(), 0
    with (
        (cwd / "output.txt").open("wb") as said,
        subprocess.Popen(argv, env=env, cwd=cwd, stdout=said, stderr=said) as child,
    ):
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            most = max(most, sum(map(_resident, _family(child.pid))))
            time.sleep(0.05)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - started
    assert child.returncode >= 0, (cwd / "output.txt").read_text(errors="replace")[-2000:]
    return Figures(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        server_cpu_s=0.0,
        rss_bytes=most,
    )


def _family(pid: int) -> list[int]:
    """A process and all below it (proc(5), `children`)."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        below = [
            int(one) for thread in threads for one in (thread / "children").read_text().split()
        ]
    except OSError:
        return [pid]
    return [pid, *(found for one in below for found in _family(one))]


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


_PICKS: dict[str, Callable[[Figures], float]] = {
    "wall": lambda one: one.wall_s,
    "client CPU": lambda one: one.cpu_s,
    "server CPU": lambda one: one.server_cpu_s,
    "out": lambda one: one.out_bytes,
}


def size_of(folder: Path) -> int:
    """All bytes below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def table(rows: Mapping[str, Sequence[Figures]], *, against: str) -> str:
    """A row a command: medians, and the ratio to the peer, round by round, as min/median/max."""
    lines = [
        f"{'':34}{'wall s':>9}{'client CPU s':>14}{'server CPU s':>14}{'RSS MB':>8}{'out MB':>8}"
    ]
    for name, runs in rows.items():
        lines.append(
            f"{name:34}"
            f"{median(one.wall_s for one in runs):>9.1f}"
            f"{median(one.cpu_s for one in runs):>14.1f}"
            f"{median(one.server_cpu_s for one in runs):>14.1f}"
            f"{max(one.rss_bytes for one in runs) / 1e6:>8.0f}"
            f"{median(one.out_bytes for one in runs) / 1e6:>8.0f}"
        )
    for name, runs in rows.items():
        if name != against:
            lines.append(f"{name} / {against}, by rounds:")
            for title, pick in _PICKS.items():
                ratios = sorted(
                    pick(one) / pick(peer)
                    for one, peer in zip(runs, rows[against], strict=True)
                    if pick(peer)
                )
                if ratios:
                    lines.append(
                        f"  {title:12} min {ratios[0]:.2f}  median {median(ratios):.2f}  "
                        f"max {ratios[-1]:.2f}"
                    )
    return "\n".join(lines)
