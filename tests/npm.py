"""Packages of npm that some tests run with Node."""

import fcntl
import subprocess
from pathlib import Path

from tests.programs import needs


def install(folder: Path, *packages: str) -> Path:
    """A folder whose `node_modules` holds the packages; made once, whoever comes first.

    Args:
        folder: shared by all workers of a test run.
        packages: each with its version, `name@1.2.3`.
    """
    npm = needs("npm")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            words = ("install", "--no-audit", "--no-fund", "--prefix", str(folder))
            subprocess.run([npm, *words, *packages], check=True, capture_output=True, timeout=240)
            (folder / "done").touch()
    return folder
