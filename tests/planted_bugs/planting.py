"""Plants the bugs one by one in a copy of the code, and sees a test fail each time.

python -m tests.planted_bugs.planting [WORD...]     # those whose name holds one of the words
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.planted_bugs.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
COPIED = ("skillconnect_ops", "templates", "tests", "pyproject.toml", "README.md", "CHANGELOG.md")
GREEN, RED = 0, 1
"""pytest's exit codes; any other means that nothing was tested."""


def copy_to(folder: Path) -> None:
    """The code and its tests, as they are now."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def verdict(folder: Path, tests: Sequence[str]) -> tuple[int, str]:
    """How some tests end in a copy: pytest's exit code, and what it said last."""
    options = ("-x", "-q", "-m", "not long", "-p", "no:cacheprovider", "-p", "no:xdist")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


def caught(bug: Bug) -> tuple[bool, str]:
    """Whether the tests that should notice a bug do."""
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        copy_to(Path(place))
        bug.plant(Path(place))
        code, said = verdict(Path(place), bug.tests)
    return code == RED, said


def main(words: Sequence[str]) -> int:
    """Plant them all, and say how many were caught."""
    bugs = [bug for bug in BUGS if not words or any(word in bug.name for word in words)]
    count = 0
    for bug in bugs:
        red, said = caught(bug)
        count += red
        sys.stdout.write(f"{'caught    ' if red else 'NOT CAUGHT'}  {bug.name}\n")
        sys.stdout.write("" if red else said)
        sys.stdout.flush()
    sys.stdout.write(f"{count} of {len(bugs)} planted bugs caught\n")
    return int(count < len(bugs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
