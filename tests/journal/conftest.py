"""An arena of real files for every test of the office."""

from pathlib import Path

import pytest

from tests.campaigns.world import Arena


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    """Steps that can be put back."""
    return Arena(tmp_path / "arena").build()


@pytest.fixture
def final(tmp_path: Path) -> Arena:
    """With two steps without a way back."""
    return Arena(tmp_path / "arena", final=True).build()
