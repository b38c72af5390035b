"""Users at work on the real program, in a process of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from skillconnect_ops.adapters.embedded import Mongod
from tests.reference_api.served import Served

ROOT = Path(__file__).parents[2]


@contextmanager
def load(program: Served, mongod: Mongod, rate: int) -> Iterator[dict[str, Any]]:
    """Users at work; what they counted is there afterwards.

    Args:
        program: what they talk to.
        mongod: of its database.
        rate: how many requests a second.
    """
    words = [program.url, str(program.env_file), mongod.uri.reveal(), str(rate)]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.reference_api.load", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, Any] = {}
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield told
        said, _ = child.communicate(timeout=120)
        told |= json.loads(said)
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()


def say(told: dict[str, Any]) -> str:
    """In one line."""
    count = sum(told["counts"].values())
    return (
        f"{count} requests in {told['seconds']:.1f} s, {count / told['seconds']:.0f} a second; "
        f"median {told['median_ms']} ms, 99 % below {told['p99_ms']} ms; "
        f"{sum(told['failed'].values())} failed {told['failed']}; {told['counts']}"
    )
