"""Fixtures of this room."""

from tests.commands.indexes.store import store

__all__ = ["store"]
