"""The project of these tests."""

from tests.commands.rotate.app import app

__all__ = ["app"]
