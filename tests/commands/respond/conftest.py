"""A project without a server, and a runbook that needs none."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.commands.rotate.app import app, limited
from tests.commands.rotate.atlas_app import atlas_app
from tests.conftest import Skc

__all__ = ["app", "atlas_app", "limited"]

SETTINGS = """\
version: 1
project: {id: respond00001, name: shop}
targets:
  production:
    env_files: [.env]
"""
SECRET = "correct-horse-battery-staple-1"
RUNBOOK = dedent("""\
    version: 1
    id: small
    title: A small one
    about: For tests.
    phases:
      - id: first
        title: First
        within: 5m
        steps:
          - id: keep
            title: Keep
            why: First of all.
            station: evidence
            closes: a file
            auto: ["skc secrets generate"]
            manual: ["look for {target}"]
          - id: shut
            title: Shut
            why: Then this.
            station: contain
            closes: a file
            auto: ["skc secrets generate", "skc secrets scan --history"]
            manual: [by hand]
          - id: ask
            title: Ask
            why: People know.
            closes: the answer
            after: [shut]
            decision:
              question: Was it bad?
              options:
                - {id: bad, title: it was}
                - {id: fine, title: it was not, skips: [tell]}
      - id: second
        title: Second
        within: 24h
        steps:
          - id: tell
            title: Tell
            why: They want to know.
            closes: whom
            after: [ask]
            manual: [call them]
          - id: clean
            title: Clean
            why: Last of all.
            station: scrub
            closes: the proof
            auto: ["skc secrets generate --no-such-option"]
            confirm: "{repository}"
            manual: [by hand]
    """)


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ("git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words),
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"},
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a project in it."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "skc.yaml").write_text(SETTINGS)
    (root / ".gitignore").write_text(".env\n")
    (root / "small.yaml").write_text(RUNBOOK)
    (root / ".env").write_text(f"JWT_SECRET={SECRET}\n")
    (root / ".env").chmod(0o600)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "First")
    return root


@pytest.fixture
def started(project: Path, skc: Skc) -> Path:
    """The project, with an incident that has begun."""
    ran = skc("respond", "start", "small.yaml", "--as", "ada", cwd=project)
    assert ran.code == 0, ran.stderr
    return project


DIES = """\
import os, signal, sys
from skillconnect_ops.evidence.ledger import Ledger
number, after, first = int(sys.argv[1]), sys.argv[2] == "after", Ledger.record
count = 0
def record(self, *words, **named):
    global count
    count += 1
    if count == number and not after:
        os.kill(os.getpid(), signal.SIGKILL)
    first(self, *words, **named)
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)
Ledger.record = record
from skillconnect_ops import app
sys.exit(app.main(sys.argv[3:]))
"""
"""Runs a command, and is killed at the n-th line of the ledger, before or after it is written."""


def dying(project: Path, environment: dict[str, str], *argv: str, number: int, after: bool) -> int:
    """Run a command that is killed there; gives how it ended."""
    words = (sys.executable, "-c", DIES, str(number), "after" if after else "before", *argv)
    path = str(Path(__file__).parents[3])
    done = subprocess.run(
        words,
        cwd=project,
        env={**environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode
