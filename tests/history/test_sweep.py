"""A walk over all objects finds the same in one process as in several."""

import os
import random
from pathlib import Path

from skillconnect_ops.adapters.crew import ChildProcesses
from skillconnect_ops.adapters.objects import GitRepositories
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.secrets.searching import Detectors
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.detection import path_class
from skillconnect_ops.history.model import Hit
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
    hits = _hits(root, crew)
    return {(hit.path or "", one.secret.reveal()) for hit in hits for one in hit.traces}


def _hits(root: Path, crew: Crew) -> list[Hit]:
    repository = GitRepositories(ProcessEnvironment(os.environ)).open(root)
    assert repository is not None
    sweep = Sweep(
        repository, search=Detectors(), path_class=path_class, crew=crew, portion_bytes=100
    )
    ticker = Counting()
    sweep.everything(ticker)
    assert ticker.bytes == sweep.size_bytes > 0
    return sweep.hits


def test_one_process_finds_what_several_find(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    builder.git("init", "-q", "-b", "main")
    made = [uri() for _ in range(5)]
    for number, secret in enumerate(made):
        builder.past(f"src/{number}.js", line(secret))
    alone = _swept(builder.root, ChildProcesses(most=1))
    assert len(alone) == 5
    assert _swept(builder.root, ChildProcesses(most=2, worth_bytes=0)) == alone


def test_a_packed_history_gives_what_loose_objects_give_in_the_same_order(tmp_path: Path) -> None:
    chance = random.Random(11)
    builder = Builder(tmp_path)
    builder.git("init", "-q", "-b", "main")
    builder.git("config", "gc.auto", "0")
    texts = {
        path: [f"const line{n} = {chance.random()};\n" for n in range(500)]
        for path in ("src/a.js", "src/deep/b.js", "docs/a.md", "test/a.test.js")
    }
    for turn in range(24):
        for path, lines in texts.items():
            at = chance.randrange(len(lines))
            lines[at : at + chance.randrange(3)] = [f"const at{turn} = {chance.random()};\n"]
            if chance.random() < 0.4:
                lines[chance.randrange(len(lines))] = line(uri())
            builder.write(path, "".join(lines))
        texts["src/a.js"], texts["src/deep/b.js"] = texts["src/deep/b.js"], texts["src/a.js"]
        builder.git("add", "-A")
        builder.git("commit", "-qm", f"turn {turn}")
    loose = _hits(builder.root, ChildProcesses(most=1))
    assert len({trace.secret for hit in loose for trace in hit.traces}) > 20
    for words in (("--depth=50", "--window=50"), ("--depth=1", "--window=2")):
        builder.git("repack", "-adfq", *words)
        assert _hits(builder.root, ChildProcesses(most=1)) == loose
