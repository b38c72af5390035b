"""Fixtures of the backup tests."""

from tests.commands.backup.shop import shop as shop
