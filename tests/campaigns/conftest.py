"""Fixtures of the kill campaigns."""

from tests.campaigns.scrub_stage import stage
from tests.commands.backup.shop import shop

__all__ = ["shop", "stage"]
