"""While a build runs, a person sees how far it is."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from skillconnect_ops.commands.indexes import following
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.indexes import Build, BuildProgress


class Watcher:
    """A person who keeps what a bar shows."""

    def __init__(self) -> None:
        self.done = 0
        self.said: list[str] = []

    @contextmanager
    def progress(self, *_: object, **__: object) -> Iterator["Watcher"]:
        yield self

    def advance(self, amount: int) -> None:
        self.done += amount

    def describe(self, text: str) -> None:
        self.said.append(text)


class Building:
    """Indexes of a server that tells one thing after the other, and is done when all is told."""

    def __init__(self, told: Sequence[BuildProgress]) -> None:
        self._told = list(told)
        self._over = threading.Event()

    def progress(self, _: str) -> Known[tuple[BuildProgress, ...]]:
        if not self._told:
            self._over.set()
            return Known(())
        return Known((self._told.pop(0),))

    def create(self, *_: object, **__: object) -> None:
        assert self._over.wait(20)


class Walk:
    def __init__(self) -> None:
        self.person = Watcher()


def test_the_bar_moves_by_what_the_server_tells() -> None:
    scans = "Index Build: scanning collection"
    sorts = "Index Build: inserting keys from external sorter into index"
    told = [
        BuildProgress(collection="c", message=scans, done=10, total=100),
        BuildProgress(collection="other", message=scans, done=90, total=100),
        BuildProgress(collection="c", message=scans, done=60, total=100),
        BuildProgress(collection="c", message=sorts, done=50, total=200),
    ]
    walk: Any = Walk()
    indexes: Any = Building(told)
    following.build(
        indexes,
        "db",
        "c",
        (Build(index=Index(keys=(("a", 1),))),),
        commit_quorum=None,
        documents=100,
        walk=walk,
    )
    assert walk.person.done == 100  # what sorts has read all documents
    assert walk.person.said == ["reading", "reading", "sorting in 25%"]
