"""A small repository for whoever hides something in it."""

from pathlib import Path

import pytest

from tests.commands.scrub.hiding import Hiding


@pytest.fixture
def shop(tmp_path: Path) -> Hiding:
    """A repository with an innocent beginning."""
    hiding = Hiding(tmp_path / "made")
    hiding.git("init", "-q", "-b", "main")
    hiding.git("config", "gc.auto", "0")
    hiding.commit("README.md", "# A shop\n", "begin")
    return hiding
