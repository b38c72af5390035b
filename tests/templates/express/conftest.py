"""Fixtures for what is shipped for Express: apps with the real packages of npm."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skillconnect_ops.core.resources import template
from tests.npm import install

READER = "jwt-ring.cjs"
PACKAGES = {
    "8": ("jsonwebtoken@8.5.1",),
    "9": (
        *("jsonwebtoken@9.0.3", "express@4.22.1", "express-jwt@8.5.1"),
        *("passport@0.7.0", "passport-jwt@4.0.1"),
    ),
}
"""By the version of jsonwebtoken; express-jwt and passport-jwt are written for 9."""

App = Callable[[str], Path]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> App:
    """A folder with the packages of a version, shared by all workers of this test run."""
    shared = tmp_path_factory.getbasetemp().parent / "express"
    return lambda version: install(shared / version, *PACKAGES[version])


@pytest.fixture
def app(installed: App, tmp_path: Path) -> App:
    """A folder of this test, in which Node finds the packages and the reader."""

    def make(version: str) -> Path:
        folder = tmp_path / f"app-{version}"
        folder.mkdir()
        (folder / "node_modules").symlink_to(installed(version) / "node_modules")
        (folder / READER).write_text(template(f"express/{READER}"))
        return folder

    return make


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the reader and no package."""
    folder = tmp_path / "bare"
    folder.mkdir()
    shutil.copy(Path(__file__).parents[3] / "templates" / "express" / READER, folder)
    return folder
