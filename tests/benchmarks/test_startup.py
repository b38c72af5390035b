"""How long it takes until `skc` answers, against an interpreter that only imports Typer."""

import subprocess
import sys
import time

import pytest


def best_of(runs: int, *argv: str) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([sys.executable, *argv], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)


@pytest.mark.bench
def test_start_up(capsys: pytest.CaptureFixture[str]) -> None:
    typer = best_of(10, "-c", "import typer")
    lines = [f"import typer: {typer * 1000:.0f} ms"]
    for argv in (("--help",), ("--version",), ("backup", "--help")):
        took = best_of(10, "-m", "skillconnect_ops", *argv)
        lines.append(f"skc {' '.join(argv)}: {took * 1000:.0f} ms, {took / typer:.1f}x (aim 4x)")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
