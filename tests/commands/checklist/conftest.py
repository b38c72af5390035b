"""Fixtures of the checklist tests."""

from tests.commands.checklist.shop import shop

__all__ = ["shop"]
