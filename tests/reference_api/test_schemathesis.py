"""A judge of others: schemathesis, over the whole of the API's description."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.app import application
from skillconnect_ops.reference_api.reading import Source
from tests.reference_api.schemathesis.people import pool
from tests.reference_api.served import Served, serve

HERE = Path(__file__).parent / "schemathesis"
ROOT = Path(__file__).parents[2]

FEW = 4
Counts = dict[str, dict[str, int]]
"""By operation: how often it answered with each status."""
Judge = Callable[..., Counts]


@pytest.fixture
def program(tmp_path: Path, one_node: Mongod, redis_server: Secret) -> Iterator[Served]:
    with serve(tmp_path, one_node, redis_server, production=True) as running:
        yield running


@pytest.fixture
def judge(program: Served, tmp_path: Path) -> Judge:
    """Run it to a good end."""

    def run(*options: str) -> Counts:
        settings = Source(program.env_file, {}).read()
        (tmp_path / "pool.json").write_bytes(msgspec.json.encode(pool(program, settings)))
        (tmp_path / "openapi.json").write_text(json.dumps(application().openapi()))
        words = ("--config-file", str(HERE / "schemathesis.toml"), "run", "openapi.json")
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", *words, "--url", program.url),
                *("--checks", "all", *options),
            ],
            cwd=tmp_path,
            env={
                **kept,
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.reference_api.schemathesis.hooks",
                "SKC_ST_POOL": str(tmp_path / "pool.json"),
                "SKC_ST_COUNTS": str(tmp_path / "counts.json"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        found: Counts = json.loads((tmp_path / "counts.json").read_text())
        return found

    return run


def test_schemathesis_finds_nothing_wrong_with_any_answer(judge: Judge) -> None:
    counts = judge("--max-examples", "3", "--phases", "examples,fuzzing,stateful")
    # three cases of each: by chance a few meet sessions that others have ended
    assert len(_without_success(counts)) <= FEW, counts


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_schemathesis_finds_nothing_wrong_when_it_looks_for_long(judge: Judge) -> None:
    counts = judge("--max-examples", "60")
    assert _without_success(counts) == {}
    said = sum(sum(by_status.values()) for by_status in counts.values())
    assert said > 3_000


def _without_success(counts: Counts) -> Counts:
    """Operations none of whose answers was one of success: they were not judged to the end."""
    described = application().openapi()["paths"]
    labels = [
        f"{method.upper()} {path}" for path, methods in described.items() for method in methods
    ]
    return {
        label: counts.get(label, {})
        for label in labels
        if not any(status.startswith("2") for status in counts.get(label, {}))
    }
