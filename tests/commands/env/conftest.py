"""A project with an env file."""

from pathlib import Path

import pytest

SETTINGS = """\
version: 1
project: {id: env-test, name: shop}
targets:
  production:
    env_files: [backend/.env]
"""
TEXT = b"# ours\nPORT=3000\nJWT_KEY='old' # keep this\nNAME=shop\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "backend").mkdir(parents=True)
    (root / "skc.yaml").write_text(SETTINGS)
    (root / "backend" / ".env").write_bytes(TEXT)
    (root / "backend" / ".env").chmod(0o600)
    return root
