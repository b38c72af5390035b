"""`skc env set` is killed at its system calls: old or new, and no secret lies about later."""

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.env.conftest import SETTINGS, TEXT
from tests.conftest import Skc
from tests.disk import killing

PARTS = 2
"""Of the long campaign, so that every processor has one."""


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(None, id="eight"),
        *(pytest.param(part, id=f"each-{part}", marks=pytest.mark.long) for part in range(PARTS)),
    ],
)
@pytest.mark.timeout(3600)
def test_a_kill_at_any_system_call_of_the_command(
    tmp_path: Path, skc: Skc, clean_environment: dict[str, str], part: int | None
) -> None:
    """Eight of all calls, or each one that changes anything; what lies between them only looks."""
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
            changing=part is not None,
        )

    reset()
    run(argv, root, variables, value)
    reset()
    points = found()
    assert len(points) > (50 if part is not None else 100)
    chosen = points[:: len(points) // 8] if part is None else points[part::PARTS]
    kills, seen = 0, set()
    for point in chosen:
        reset()
        kills += killing.killed(argv, point, env=variables, stdin=value, cwd=root)
        assert env.read_bytes() in {TEXT, after}, point
        seen.add(env.read_bytes())
        next_start(skc, root, tmp_path, env=env, value=value)
    print(f"{len(chosen)} of {len(points)} calls, {kills} kills")  # noqa: T201
    assert kills >= 0.9 * len(chosen)
    assert seen == {TEXT, after}


def next_start(skc: Skc, root: Path, place: Path, *, env: Path, value: str) -> None:
    """Another value is set: what was left half-way is gone, and no trace of the first value."""
    ran = skc("env", "set", "PORT", "--stdin", "--yes", cwd=root, stdin="4000")
    assert ran.code == 0, ran.stderr
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
