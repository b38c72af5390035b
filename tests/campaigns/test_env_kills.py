"""`skc env set` is killed at its system calls: old or new, and no secret lies about later."""

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.env.conftest import SETTINGS, TEXT
from tests.disk import killing


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(None, id="eight"),
        pytest.param(1, id="each", marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(3600)
def test_a_kill_at_any_system_call_of_the_command(
    tmp_path: Path, clean_environment: dict[str, str], every: int | None
) -> None:
    root = tmp_path / "shop"
    (root / "backend").mkdir(parents=True)
    (root / "skc.yaml").write_text(SETTINGS)
    env = root / "backend" / ".env"
    value = secrets.token_hex(12)
    after = TEXT.replace(b"'old'", f"'{value}'".encode())
    argv = ("-m", "skillconnect_ops", "env", "set", "JWT_KEY", "--stdin", "--yes")
    variables = {**clean_environment, "PYTHONPATH": str(Path.cwd())}

    def reset() -> None:
        env.write_bytes(TEXT)
        env.chmod(0o600)

    def found() -> list[killing.Point]:
        return killing.points(
            argv,
            log=tmp_path / "log",
            env=variables,
            stdin=value,
            cwd=root,
            begin="skc.yaml",
            end="",
        )

    reset()
    run(argv, root, variables, value)
    reset()
    points = found()
    assert len(points) > 100
    stride = every or len(points) // 8
    kills, seen = 0, set()
    for point in points[::stride]:
        reset()
        kills += killing.killed(argv, point, env=variables, stdin=value, cwd=root)
        assert env.read_bytes() in {TEXT, after}, point
        seen.add(env.read_bytes())
        next_start(root, variables, tmp_path, env=env, value=value)
    assert kills >= 0.9 * len(points[::stride])
    assert seen == {TEXT, after}


def next_start(
    root: Path, variables: dict[str, str], place: Path, *, env: Path, value: str
) -> None:
    """Another value is set: what was left half-way is gone, and no trace of the first value."""
    words = ("-m", "skillconnect_ops", "env", "set", "PORT", "--stdin", "--yes")
    assert run(words, root, variables, "4000").returncode == 0
    assert b"PORT=4000" in env.read_bytes()
    assert [entry.name for entry in env.parent.iterdir()] == [".env"]
    holding = [
        path
        for path in place.rglob("*")
        if path.is_file() and path != env and value.encode() in path.read_bytes()
    ]
    assert [path.name for path in holding if path.name != "log"] == []
    assert not list(place.rglob("escrow/*/*"))


def run(
    argv: tuple[str, ...], root: Path, variables: dict[str, str], value: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *argv],
        cwd=root,
        env={**variables, "PYTHONHASHSEED": "0"},
        input=value,
        capture_output=True,
        text=True,
        check=False,
    )
