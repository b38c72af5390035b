"""`skc` whose n-th call that changes indexes is its last one, or fails.

Run as a program: `python struck.py N before|after WORDS…` dies like by `kill -9`.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from skillconnect_ops import app
from skillconnect_ops.adapters.mongo import ServerIndexes
from tests.faults import Fuse, die

CHANGES = (
    "create",
    "modify",
    "would_be_unique",
    "drop",
    "lock",
    "unlock",
    "keep",
    "forget",
    "watch",
    "unwatch",
    "mark_undone",
    "mark_put_back",
    "keep_after",
    "try_out",
)


@contextmanager
def through(fuse: Fuse) -> Iterator[None]:
    """Every call that changes something goes through the fuse."""
    real = {name: getattr(ServerIndexes, name) for name in CHANGES}

    def around(name: str) -> Callable[..., Any]:
        def call(self: ServerIndexes, *args: Any, **kwargs: Any) -> Any:
            return fuse.around(name, lambda: real[name](self, *args, **kwargs))

        return call

    for name in CHANGES:
        setattr(ServerIndexes, name, around(name))
    try:
        yield
    finally:
        for name in CHANGES:
            setattr(ServerIndexes, name, real[name])


if __name__ == "__main__":
    at, when, *words = sys.argv[1:]
    with through(Fuse(at=int(at), act=die, after=when == "after")):
        sys.exit(app.main(words))
