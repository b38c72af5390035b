"""Fixtures of the backup tests."""

from tests.commands.backup.ports import alter
from tests.commands.backup.shop import shop

__all__ = ["alter", "shop"]
