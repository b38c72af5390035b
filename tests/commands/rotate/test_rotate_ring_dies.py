"""`skc rotate` on a ring is killed: the next run puts back what is half done, and goes on."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from skillconnect_ops.envfile import parse
from tests.commands.rotate.shop_ring import NAME, OTHERS, RELOAD, Shop, make
from tests.conftest import Skc

DIES = """
import os, signal, sys
from skillconnect_ops import app
from skillconnect_ops.commands.rotate import ring_steps
at, after, argv = int(sys.argv[1]), sys.argv[2] == "after", sys.argv[3:]
real, calls = ring_steps.PublishRing.apply, []
def apply(self, step, walk):
    calls.append(step)
    if len(calls) == at and not after:
        os.kill(os.getpid(), signal.SIGKILL)
    made = real(self, step, walk)
    if len(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    return made
ring_steps.PublishRing.apply = apply
sys.exit(int(app.main(argv)))
"""
Die = Callable[..., int]


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Shop:
    made = make(tmp_path, skc)
    made.configure(files=".env, worker.env")
    (made.root / "worker.env").write_text(f"{NAME}='{made.key}'\n")
    return made


@pytest.fixture
def die(shop: Shop, clean_environment: dict[str, str]) -> Die:
    def run(at: int, when: str, *argv: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", DIES, str(at), when, *argv],
            cwd=shop.root,
            env={**clean_environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
        return done.returncode

    return run


MOVES = (("rotate",), ("rotate",), ("rotate", "finish", "--now"))


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_between_two_env_files_in_every_state(
    shop: Shop, die: Die, at: int, when: str
) -> None:
    for argv in MOVES:
        before = shop.ring()
        assert die(at, when, *argv, "--yes") == -9
        half = {shop.ring(), shop.ring("worker.env")}
        assert len(half) == (2 if (at, when) in {(1, "after"), (2, "before")} else 1)
        ran = shop.ok(*argv, "--yes")
        assert "putting it back first" in ran.stderr
        assert shop.ring() == shop.ring("worker.env") != before
    assert len(shop.ring().keys) == 1
    assert not list((shop.state / "escrow").rglob("*"))


def test_a_death_in_the_reload_is_put_back_or_walked_on(
    shop: Shop, skc_process: Callable[..., object]
) -> None:
    kills = "test -e alive || kill -9 $PPID; " + RELOAD
    shop.configure(files=".env, worker.env", consumers=f"api: {{reload: [sh, -c, '{kills}']}}")
    shop.trust(kills)
    before = shop.file.read_bytes()
    skc_process("rotate", "--yes", cwd=shop.root)
    assert parse(shop.file.read_bytes()).get(OTHERS)
    (shop.root / "alive").touch()
    (journal,) = [
        one
        for one in shop.ok("journal", "list").json["facts"]["journals"]
        if one["standing"] == "interrupted"
    ]
    shop.ok("journal", "rollback", journal["id"], "--yes")
    assert shop.file.read_bytes() == before

    (shop.root / "alive").unlink()
    skc_process("rotate", "--yes", cwd=shop.root)
    half = shop.ring()
    (shop.root / "alive").touch()
    (journal,) = [
        one
        for one in shop.ok("journal", "list").json["facts"]["journals"]
        if one["standing"] == "interrupted"
    ]
    shop.ok("journal", "resume", journal["id"], "--yes")
    assert shop.ring() == half == shop.ring("seen")
    shop.ok("rotate", "--yes")  # what a resumed run has reloaded counts
    assert shop.ring().signing == half.fallbacks[0].key
