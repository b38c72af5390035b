"""The program itself: it starts, says that it is well, and ends when it is told to."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.embedded.process import free_port
from skillconnect_ops.core.secret import Secret
from tests.reference_api.served import serve
from tests.servers import make_user


def test_it_starts_lets_somebody_in_and_ends_by_itself(
    one_node: Mongod, redis_server: Secret, tmp_path: Path
) -> None:
    with serve(tmp_path, one_node, redis_server, workers=2, production=True) as program:
        person = program.account()
        program.wait_until(lambda: len(program.health()["workers"]) == 2)
        shown = program.login(person).get("/api/v1/user/profile")
    assert shown.status_code == 200, shown.text
    assert shown.json()["user"]["id"] == person.id


UNABLE = """
import gc

def freeze():  # the last step of a worker's start
    raise OSError("a fault of the test")

gc.freeze = freeze
"""


def test_a_program_whose_workers_cannot_start_ends_and_says_so(
    one_node: Mongod, redis_server: Secret, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(UNABLE)
    settings = {
        "NODE_ENV": "development",
        "MONGO_URI": make_user(one_node, "unable", ["readWrite"]).reveal(),
        "REDIS_URL": redis_server.reveal(),
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "ADMIN_JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "LOG_DIR": "-",
    }
    words = ("--port", str(free_port()), "--workers", "2")
    done = subprocess.run(
        [sys.executable, "-m", "skillconnect_ops.reference_api", "serve", *words],
        cwd=tmp_path,
        env={**settings, "PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "a fault of the test" in done.stdout + done.stderr
    assert done.returncode == 3
