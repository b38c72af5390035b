"""Plants the bugs one by one in a copy of the code, and sees a test fail each time.

A calm run has to pass with each of them: what breaks everything at once tells nothing of a test.

python -m tests.planted_bugs.planting [WORD...]     # those whose name holds one of the words
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tests.planted_bugs.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
COPIED = ("skillconnect_ops", "templates", "tests", "pyproject.toml", "README.md", "CHANGELOG.md")
GREEN, RED, BROKEN = 0, 1, -1
"""pytest's exit codes; any other means that nothing was tested."""


class Judged(Struct, frozen=True):
    """What came of a planted bug."""

    trouble: str | None
    """None where it was caught, and only where it matters."""


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
    options = ("-x", "-q", "-m", "not long", "-p", "no:cacheprovider", "-n", "0")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout[-3000:] + done.stderr[-1000:]
    # a test that could not be begun is an error, and has noticed nothing
    fell = done.returncode != RED or "\nFAILED " in done.stdout
    return done.returncode if fell else BROKEN, said


def judged(bug: Bug) -> Judged:
    """Whether a run in which nothing goes wrong passes with a bug, and a test notices it."""
    with tempfile.TemporaryDirectory(prefix="planted-") as place:
        copy_to(Path(place))
        bug.plant(Path(place))
        calm, why = (GREEN, "") if bug.loud else verdict(Path(place), [bug.calm])
        code, said = verdict(Path(place), bug.tests)
    if calm != GREEN:
        return Judged(f"no run is calm with it:\n{why}")
    return Judged(None if code == RED else f"nobody noticed:\n{said}")


def main(words: Sequence[str]) -> int:
    """Plant them all, and say how many were caught."""
    bugs = [bug for bug in BUGS if not words or any(word in bug.name for word in words)]
    count = 0
    for bug in bugs:
        trouble = judged(bug).trouble
        count += trouble is None
        sys.stdout.write(f"{'NOT CAUGHT' if trouble else 'caught    '}  {bug.name}\n")
        sys.stdout.write(f"            loud: {bug.loud}\n" if bug.loud else "")
        sys.stdout.write(trouble or "")
        sys.stdout.flush()
    sys.stdout.write(f"{count} of {len(bugs)} planted bugs caught\n")
    return int(count < len(bugs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
