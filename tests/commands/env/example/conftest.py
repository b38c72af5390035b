"""A small app in a repository, with what `skc env` looks at."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

SETTINGS = """\
version: 1
project: {id: 0123456789ab, name: shop}
backend: backend
targets:
  production:
    env_files: [backend/.env]
"""
App = Callable[[Mapping[str, str]], Path]


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Make an app of these files; an env file is for its owner alone."""

    def make(files: Mapping[str, str]) -> Path:
        root = tmp_path / "shop"
        for name, text in {"skc.yaml": SETTINGS, ".gitignore": ".env\n", **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
            if path.name.startswith(".env"):
                path.chmod(0o600)
        git(root.parent, "init", "--quiet", "--initial-branch=main", str(root))
        return root

    return make
