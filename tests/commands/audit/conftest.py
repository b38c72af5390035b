"""The corpus of cases: what each marks with `FIND:` is what a check has to find there."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.audit.checks import CHECKS

CASES = Path(__file__).parent / "cases"
IDS = tuple(check.id for check in CHECKS)
Git = Callable[..., str]
_MARK = re.compile(r"FIND: (.*?)\s*(?:\*/|-->|#|$)")


class Expected(Struct, frozen=True, order=True):
    """A finding that a case asks for."""

    path: str
    line: int
    what: str


def laid_out(check: str, sort: str, folder: Path) -> Path:
    """The cases of one sort in a folder of their own, each under its real name.

    Cases in Python are kept as `.txt`: they are no code of ours, and some are none of anybody's.
    """
    root = folder / "app"
    for path in sorted((CASES / check / sort).iterdir()):
        root.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / path.name.removesuffix(".txt"))
    return root


def expected(root: Path) -> list[Expected]:
    """What the marks in the files ask for, in the order of places."""
    return sorted(
        Expected(path.relative_to(root).as_posix(), number, what)
        for path in root.rglob("*")
        if path.is_file()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1
        )
        for mark in _MARK.finditer(line.rstrip("\r"))
        for what in mark[1].split("; ")
    )


def git_in(folder: Path, environment: Mapping[str, str]) -> Git:
    """Git in a folder, as somebody with a name."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")

    def run(*words: str) -> str:
        return subprocess.run(
            ["git", *who, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run
