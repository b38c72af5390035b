"""import-linter's contracts hold, and each of them fails on an import that it forbids."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "skillconnect_ops"
BAD_IMPORTS = {
    "One way down": [
        ("core/view.py", "import skillconnect_ops.disk.files"),
        ("disk/files.py", "import skillconnect_ops.journal.model"),
        ("journal/gait.py", "import skillconnect_ops.terminal.render"),
        ("terminal/text.py", "import skillconnect_ops.evidence.record"),
        ("evidence/record.py", "import skillconnect_ops.commands.house"),
        ("commands/backup/run.py", "import skillconnect_ops.adapters.mongo"),
        ("adapters/system.py", "import skillconnect_ops.commands.house"),
        ("commands/house.py", "import skillconnect_ops.wiring"),
        ("wiring.py", "import skillconnect_ops.app"),
        ("cellar/__init__.py", ""),
    ],
    "No domain knows another": [
        ("commands/backup/run.py", "import skillconnect_ops.commands.init.run"),
        ("commands/house.py", "import skillconnect_ops.commands.backup.run"),
        ("commands/pantry/__init__.py", ""),
    ],
    "No adapter knows another": [
        ("adapters/system.py", "import skillconnect_ops.adapters.mongo"),
        ("adapters/atlas/api.py", "import skillconnect_ops.adapters.system"),
        ("adapters/oracle.py", ""),
    ],
    "Products are known to adapters alone": [
        (f"{room}/__init__.py", f"import {product}")
        for room, product in (
            ("commands", "pymongo"),
            ("journal", "git"),
            ("terminal", "redis"),
            ("evidence", "pymongo.errors"),
            ("disk", "git"),
            ("core", "pymongo"),
            ("commands", "httpx"),
        )
    ],
    "The reference API is another program": [
        ("reference_api/__init__.py", f"import skillconnect_ops.{room}")
        for room in ("adapters.system", "commands.house", "envfile", "disk.files", "core.plan")
    ],
    "Only the terminal and command lines speak to a person": [
        (f"{room}/__init__.py", f"import {library}")
        for room, library in (
            ("adapters", "rich.console"),
            ("journal", "typer"),
            ("evidence", "rich"),
            ("disk", "typer"),
            ("core", "rich.text"),
        )
    ],
}


def test_the_reference_api_knows_no_part_of_the_core_but_its_secret() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = (
        one
        for one in config["tool"]["importlinter"]["contracts"]
        if one["name"] == "The reference API is another program"
    )
    parts = {path.stem for path in (ROOT / PACKAGE / "core").iterdir() if path.stem[0] != "_"}
    forbidden = {f"{PACKAGE}.core.{part}" for part in parts - {"secret"}}
    assert forbidden <= set(contract["forbidden_modules"])


def contracts() -> list[str]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in config["tool"]["importlinter"]["contracts"]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def linted(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_layers_hold(copy: Path) -> None:
    code, said = linted(copy)
    assert code == 0, said
    for name in contracts():
        assert f"{name} KEPT" in said


def test_each_contract_has_bad_imports_here() -> None:
    assert set(BAD_IMPORTS) == set(contracts())


@pytest.mark.parametrize("name", BAD_IMPORTS)
def test_a_contract_fails_on_each_import_that_it_forbids(copy: Path, name: str) -> None:
    broken_by = []
    for file, line in BAD_IMPORTS[name]:
        path = copy / PACKAGE / file
        before = path.read_text() if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{before or ''}\n{line}\n")
        code, said = linted(copy)
        if code != 0 and f"{name} BROKEN" in said:
            broken_by.append((file, line))
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
    assert broken_by == BAD_IMPORTS[name]
