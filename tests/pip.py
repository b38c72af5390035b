"""Packages of PyPI that cannot live beside our own: each set in a folder of its own."""

import fcntl
import subprocess
import sys
from pathlib import Path


def install(folder: Path, *packages: str) -> Path:
    """A folder that holds the packages, for `PYTHONPATH`; made once, whoever comes first.

    Args:
        folder: shared by all workers of a test run.
        packages: each with its version, `name==1.2.3`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            words = ("install", "--quiet", "--disable-pip-version-check", "--target")
            subprocess.run(
                [sys.executable, "-m", "pip", *words, str(folder / "packages"), *packages],
                check=True,
                capture_output=True,
                timeout=240,
            )
            (folder / "done").touch()
    return folder / "packages"
