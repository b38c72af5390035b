"""A walk over all objects finds the same in one process as in several."""

import os
from pathlib import Path

from skillconnect_ops.adapters.crew import ChildProcesses
from skillconnect_ops.adapters.objects import GitRepositories
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.secrets.searching import Detectors
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.detection import path_class
from skillconnect_ops.history.sweep import Sweep
from tests.history.hideouts import Builder, line, uri


class Counting:
    """A ticker."""

    def __init__(self) -> None:
        self.bytes = 0

    def advance(self, amount: int) -> None:
        self.bytes += amount

    def describe(self, text: str) -> None:
        """Nobody looks."""


def _swept(root: Path, crew: Crew) -> set[tuple[str, str]]:
    repository = GitRepositories(ProcessEnvironment(os.environ)).open(root)
    assert repository is not None
    sweep = Sweep(
        repository, search=Detectors(), path_class=path_class, crew=crew, portion_bytes=100
    )
    ticker = Counting()
    sweep.everything(ticker)
    assert ticker.bytes == sweep.size_bytes > 0
    return {(hit.path or "", one.secret.reveal()) for hit in sweep.hits for one in hit.traces}


def test_one_process_finds_what_several_find(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    builder.git("init", "-q", "-b", "main")
    made = [uri() for _ in range(5)]
    for number, secret in enumerate(made):
        builder.past(f"src/{number}.js", line(secret))
    alone = _swept(builder.root, ChildProcesses(most=1))
    assert len(alone) == 5
    assert _swept(builder.root, ChildProcesses(most=2, worth_bytes=0)) == alone
