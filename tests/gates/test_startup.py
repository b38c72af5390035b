"""What a hook pays for before each commit: modules, patterns and children, never time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    *("rich", "pydantic", "yaml", "jinja2", "dotenv", "logging", "importlib.metadata"),
    *("pymongo", "bson", "redis", "git", "pyrage", "zstandard", "ast_grep_py"),
    *("cryptography", "ssl", "detect_secrets", "zxcvbn", "xml", "http", "socket"),
    *("asyncio", "multiprocessing", "concurrent", "email", "sqlite3"),
    *("skillconnect_ops.evidence.ledger", "skillconnect_ops.journal.gait"),
    *("skillconnect_ops.commands.secrets.ledger", "skillconnect_ops.commands.secrets.generate"),
}
SCAN = (
    "import sys; from skillconnect_ops import app;"
    "code = app.main(['secrets', 'scan', '--staged']);"
    "print(*sys.modules, file=sys.stderr); sys.exit(code)"
)
COMPILES = """
import re, sys
compiled, real = [], re.compile
def noted(*words, **named):
    asking = sys._getframe(1).f_globals["__name__"]
    if asking.startswith("skillconnect_ops") and asking != "skillconnect_ops.core.regex":
        compiled.append(asking)
    return real(*words, **named)
re.compile = noted
import skillconnect_ops.commands.secrets.scan_run
print(*sorted(set(compiled)))
"""


@pytest.fixture
def staged(tmp_path: Path, clean_environment: dict[str, str]) -> Path:
    """A repository with one commit, and a small change of every kind of text staged."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "a.js").write_text("export const a = 1;\n")
    _git(root, clean_environment, "init", "-q")
    _git(root, clean_environment, "add", ".")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
    _git(root, clean_environment, *who, "commit", "-q", "-m", "begin")
    (root / "a.js").write_text("const token = process.env.TOKEN; // 50% \\u0041 0badc0de\n")
    _git(root, clean_environment, "add", ".")
    return root


def test_a_scan_of_what_is_staged_imports_nothing_heavy(
    staged: Path, clean_environment: dict[str, str]
) -> None:
    ran = _run(staged, clean_environment, sys.executable, "-c", SCAN)
    assert "no secret found" in ran.stdout
    assert HEAVY.isdisjoint(ran.stderr.split())


def test_what_is_heavy_exists(staged: Path, clean_environment: dict[str, str]) -> None:
    """A module that was renamed would be guarded against in vain."""
    code = "import sys, importlib.util as u; print([n for n in sys.argv[1:] if not u.find_spec(n)])"
    ran = _run(staged, clean_environment, sys.executable, "-c", code, *HEAVY)
    assert ran.stdout == "[]\n"


def test_no_pattern_is_compiled_before_it_is_used(
    staged: Path, clean_environment: dict[str, str]
) -> None:
    ran = _run(staged, clean_environment, sys.executable, "-c", COMPILES)
    assert ran.stdout.split() == [], "core.regex.regex compiles later"


def test_git_is_asked_three_times(
    staged: Path, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    asked, real = tmp_path / "asked", shutil.which("git")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/git"
    program.write_text(f'#!/bin/sh\necho "$*" >> "{asked}"\nexec "{real}" "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{clean_environment['PATH']}"
    _run(staged, {**clean_environment, "PATH": path}, sys.executable, "-c", SCAN)
    assert len(asked.read_text().splitlines()) == 3


def _git(folder: Path, environment: dict[str, str], *words: str) -> None:
    _run(folder, environment, "git", *words)


def _run(
    folder: Path, environment: dict[str, str], *argv: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
