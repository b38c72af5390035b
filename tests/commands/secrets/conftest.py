"""A project with an env file, set up by `skc init`."""

import secrets
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec import Struct

from tests.conftest import Skc


class Leaky(Struct, frozen=True, kw_only=True):
    """A project, and what its `.env` holds."""

    root: Path
    password: str
    jwt: str

    @property
    def uri(self) -> str:
        return f"mongodb+srv://app:{quote(self.password, safe='')}@c0.example.net/app"


@pytest.fixture
def leaky(skc: Skc, tmp_path: Path) -> Leaky:
    root = tmp_path / "project"
    (root / "backend").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    made = Leaky(
        root=root, password=f"{secrets.token_hex(16)}@/:{secrets.token_hex(4)}", jwt="short2024"
    )
    (root / "backend" / ".env").write_text(
        f"# app\nPORT=4000\nMONGO_URI={made.uri}\nJWT_SECRET_KEY={made.jwt}\n"
    )
    assert skc("init", "--yes", cwd=root).code == 0
    return made
