"""Fixtures of the env file tests."""

from pathlib import Path

import pytest

from tests.envfile.real_readers import install_dotenv


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    return tmp_path_factory.getbasetemp().parent / "envfile"


@pytest.fixture
def modules(shared_folder: Path, tmp_path: Path) -> Path:
    """A folder of this test in which Node finds npm's dotenv."""
    installed = install_dotenv(shared_folder)
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "node_modules").symlink_to(installed / "node_modules")
    return folder
