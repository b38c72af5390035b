"""Fixtures of the kill campaigns."""

from tests.commands.backup.shop import shop

__all__ = ["shop"]
