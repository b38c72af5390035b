"""The corpus of cases: what each marks with `FIND:` is what a check has to find there."""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from skillconnect_ops.commands.audit.checks import CHECKS
from skillconnect_ops.detection.examples import filled
from skillconnect_ops.detection.model import Example

CASES = Path(__file__).parent / "cases"
IDS = tuple(check.id for check in CHECKS)
Git = Callable[..., str]
_ABOUT = ("setup.sh", "expected", "retired", "reasons")
_FILLED = ("secret-in-tree",)
_CHANCE = random.Random()
_MARK = re.compile(r"FIND: (.*?)\s*(?:\*/|-->|#|// UNKNOWN|$)")
_UNKNOWN = re.compile(r"UNKNOWN: (.*?)\s*(?:\*/|-->|$)")
_LINE = re.compile(r"line (\d+):? ?")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder for the code of an app, in no repository."""
    folder = tmp_path / "app"
    folder.mkdir()
    return folder


@pytest.fixture
def git(app: Path, clean_environment: dict[str, str]) -> Git:
    """Run git in the app's folder, which is a repository from now on."""
    run = git_in(app, clean_environment)
    run("init", "-q", "--initial-branch=main")
    return run


class Expected(Struct, frozen=True, order=True):
    """A finding that a case asks for."""

    path: str
    line: int
    what: str


def laid_out(check: str, sort: str, folder: Path) -> Path:
    """The cases of one sort in a folder of their own, each under its real name.

    Cases in Python are kept as `.txt`: they are no code of ours, and some are none of anybody's.
    `dot.env` becomes `.env`, and `<alnum 36>` so many letters: nothing that lies here may look like
    a secret. `setup.sh` is run there, for what no file can say: a repository, a mode, a link.
    """
    root, cases = folder / "app", CASES / check / sort
    for path in sorted(one for one in cases.rglob("*") if one.is_file()):
        name = path.relative_to(cases).as_posix().removesuffix(".txt")
        target = root / name.replace("dot.", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.name in _ABOUT:
            continue
        shutil.copy(path, target)
        if check in _FILLED:
            example = Example(target.read_text(encoding="utf-8"))
            target.write_text(filled(example, _CHANCE), encoding="utf-8")
    setup = cases / "setup.sh"
    if setup.is_file():
        git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["sh", "-e", setup], cwd=root, env={**os.environ, **git}, check=True)
    return root


def names(check: str, sort: str) -> list[str]:
    """The paths of the cases of one sort, once they are laid out."""
    cases = CASES / check / sort
    found = (one.relative_to(cases).as_posix() for one in cases.rglob("*") if one.is_file())
    return sorted(
        one.removesuffix(".txt").replace("dot.", ".") for one in found if one not in _ABOUT
    )


def expected(root: Path, *, check: str = "", sort: str = "") -> list[Expected]:
    """What the marks in the files ask for, in the order of places.

    What can bear no mark is named in `expected`, a line each: `package.json:7 high`.
    """
    beside = CASES / check / sort / "expected"
    if check and beside.is_file():
        lines = (line.rsplit(" ", 1) for line in beside.read_text(encoding="utf-8").splitlines())
        places = ((place.rsplit(":", 1), what) for place, what in lines)
        return sorted(Expected(path, int(line), what) for (path, line), what in places)
    return sorted(
        Expected(path.relative_to(root).as_posix(), number, what)
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1
        )
        for mark in _MARK.finditer(line.rstrip("\r"))
        for what in mark[1].split("; ")
    )


def reasons(root: Path, check: str) -> list[tuple[str, str]]:
    """What is not told of each file of the unknown cases: its path, and words of the reason.

    A mark stands in the line that the reason names. What can bear none is named in `reasons`, a
    line each: `package.json: which version`.
    """
    beside = CASES / check / "unknown" / "reasons"
    named = beside.read_text(encoding="utf-8").splitlines() if beside.is_file() else []
    found = [(line.partition(": ")[0], line.partition(": ")[2]) for line in named]
    for path in sorted(one for one in root.rglob("*") if one.is_file()):
        place = path.relative_to(root)
        if ".git" in place.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.split("\n"), start=1):
            for mark in _UNKNOWN.finditer(line):
                found += [
                    (place.as_posix(), f"line {number} {words}") for words in mark[1].split("; ")
                ]
    return sorted(found)


def is_meant(words: str, reason: str) -> bool:
    """Whether a reason has the words that a case asks for, and names the same line."""
    line, own = _LINE.match(words), _LINE.match(reason)
    if line is not None and (own is None or own[1] != line[1]):
        return False
    return words[line.end() if line is not None else 0 :] in reason


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
