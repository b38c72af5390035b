"""What a pre-commit hook costs: `skc secrets scan --staged` on a small change, beside Typer alone.

CPU seconds count the children, git among them. Bytecode is kept, as after any installation: where
`PYTHONDONTWRITEBYTECODE` is set, every run would compile this package anew.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import pytest
from msgspec import Struct

ROUNDS = 15


class Cost(Struct, frozen=True):
    wall_ms: float
    cpu_ms: float


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "HOME": str(tmp_path), "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}


@pytest.fixture
def shop(tmp_path: Path, environment: Mapping[str, str]) -> Path:
    """Two hundred files, and one of them changed by a line."""
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    for number in range(200):
        (root / f"src/{number}.js").write_text(f"export const a{number} = {number};\n" * 20)
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid", "commit", "-q", "-m", "begin"),
    ):
        subprocess.run(["git", *words], cwd=root, env=environment, check=True)
    with (root / "src/7.js").open("a") as file:
        file.write("const token = process.env.TOKEN;\n")
    subprocess.run(["git", "add", "."], cwd=root, env=environment, check=True)
    return root


@pytest.mark.bench
def test_a_staged_scan(
    shop: Path, environment: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    commands = {
        "python -c pass": ("-c", "pass"),
        "python -c 'import typer'": ("-c", "import typer"),
        "skc --help": ("-m", "skillconnect_ops", "--help"),
        "skc secrets scan --staged": ("-m", "skillconnect_ops", "secrets", "scan", "--staged"),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for argv in commands.values():  # the first run writes the bytecode
        cost(argv, shop, environment)
    for _ in range(ROUNDS):
        for name, argv in commands.items():
            costs[name].append(cost(argv, shop, environment))
    with capsys.disabled():
        sys.stdout.write(f"\n{table(costs)}\n")


def cost(argv: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, *argv], cwd=folder, env=environment, check=True, capture_output=True
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall * 1000, cpu * 1000)


def table(costs: Mapping[str, list[Cost]]) -> str:
    """Least and median of each; a shared machine makes the least the truer one."""
    typer = min(one.cpu_ms for one in costs["python -c 'import typer'"])
    lines = [f"{'':28}{'wall ms, least':>16}{'median':>8}{'CPU ms, least':>16}{'median':>8}"]
    for name, runs in costs.items():
        walls, cpus = [one.wall_ms for one in runs], [one.cpu_ms for one in runs]
        lines.append(
            f"{name:28}{min(walls):>16.0f}{median(walls):>8.0f}{min(cpus):>16.0f}"
            f"{median(cpus):>8.0f}   {min(cpus) / typer:.1f}x import typer"
        )
    return "\n".join(lines)
