"""The `Database` port with some methods replaced, under commands that run in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import pytest

from skillconnect_ops.adapters import mongo
from skillconnect_ops.core.ports.database import Batch, ClusterTime

Instead = Callable[..., Any]
"""Called with the real port, then with the arguments."""


class Altered:
    """A real port, but for the methods that are replaced."""

    def __init__(self, real: Any, instead: dict[str, Instead]) -> None:
        self._real = real
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        if name in self._instead:
            return partial(self._instead[name], self._real)
        return getattr(self._real, name)

    def __enter__(self) -> Self:
        self._real.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._real.__exit__(*error)


Alter = Callable[..., None]


@pytest.fixture
def alter(monkeypatch: pytest.MonkeyPatch) -> Alter:
    """Replace methods of every database that is connected to from now on."""
    real_connect = mongo.connect

    def replace(*, patience_s: float = 8.0, **instead: Instead) -> None:
        def connect(*args: Any, **kwargs: Any) -> Altered:
            return Altered(real_connect(*args, **kwargs, patience_s=patience_s), instead)

        monkeypatch.setattr(mongo, "connect", connect)

    return replace


def once(act: Callable[[], object]) -> Callable[[], None]:
    """Act the first time, and never again."""
    left = [act]

    def maybe() -> None:
        if left:
            left.pop()()

    return maybe


def batches_with(
    *,
    before: Callable[[str], object] = lambda _: None,
    between: Callable[[str], object] = lambda _: None,
    at_dump_only: bool = True,
) -> Instead:
    """A scan that does something before its first batch, and after it, told the collection.

    Args:
        before: while nothing is read.
        between: while the cursor is open.
        at_dump_only: leave scans alone that have no instant.
    """

    @contextmanager
    def batches(
        real: Any, database: str, collection: str, *, at: ClusterTime | None
    ) -> Iterator[Iterator[Batch]]:
        if at is None and at_dump_only:
            with real.batches(database, collection, at=at) as found:
                yield found
            return
        before(collection)

        def watched(found: Iterator[Batch]) -> Iterator[Batch]:
            for number, batch in enumerate(found):
                yield batch
                if number == 0:
                    between(collection)

        with real.batches(database, collection, at=at) as found:
            yield watched(found)

    return batches
