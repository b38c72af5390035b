"""The project of these tests."""

from tests.commands.rotate.app import app
from tests.commands.rotate.atlas_app import atlas_app

__all__ = ["app", "atlas_app"]
