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
from skillconnect_ops.reference_api.settings import Source
from tests.reference_api.schemathesis.people import pool
from tests.reference_api.served import Served, serve

HERE = Path(__file__).parent / "schemathesis"
ROOT = Path(__file__).parents[2]

Judge = Callable[..., dict[str, dict[str, int]]]


@pytest.fixture
def program(tmp_path: Path, one_node: Mongod, redis_server: Secret) -> Iterator[Served]:
    with serve(tmp_path, one_node, redis_server, production=True) as running:
        yield running


@pytest.fixture
def judge(program: Served, tmp_path: Path) -> Judge:
    """Run it to a good end; gives how often each operation answered with each status."""

    def run(*options: str) -> dict[str, dict[str, int]]:
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
        if os.environ.get("SKC_ST_SHOW"): Path(os.environ["SKC_ST_SHOW"]).write_text(done.stdout+done.stderr)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        found: dict[str, dict[str, int]] = json.loads((tmp_path / "counts.json").read_text())
        return found

    return run


def test_schemathesis_finds_nothing_wrong_with_any_answer(judge: Judge) -> None:
    counts = judge("--max-examples", "5", "--seed", "1")
    described = application().openapi()["paths"]
    everything = {
        f"{method.upper()} {path}" for path, methods in described.items() for method in methods
    }
    assert set(counts) == everything
    succeeded = {
        label
        for label, by_status in counts.items()
        if any(status.startswith("2") for status in by_status)
    }
    assert everything - succeeded == set(), {
        label: by_status for label, by_status in counts.items() if label not in succeeded
    }
