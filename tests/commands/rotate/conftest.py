"""The project of these tests."""

from tests.commands.rotate.app import app, limited
from tests.commands.rotate.atlas_app import atlas_app

__all__ = ["app", "atlas_app", "limited"]
