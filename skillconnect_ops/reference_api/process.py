"""What a process of the program was started with, and what it hands down to its workers.

The one place of the program that reads and writes the environment.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.reference_api.reading import Source

FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""By this name prometheus_client takes the folder that workers share; read when it is imported."""
_PR_SET_PDEATHSIG = 1
_PREFIX = "skc-api-run-"
_ENV_FILE = "SKC_API_ENV_FILE"
_RUN_FOLDER = "SKC_API_RUN_FOLDER"
_WORKERS = "SKC_API_WORKERS"


class Given(Struct, frozen=True, kw_only=True):
    """What a worker is told."""

    source: Source
    run_folder: Path | None
    """Where workers tell each other what they have loaded; None of one alone."""
    workers: int
    colour: bool
    """Whether lines for a person may be coloured."""


def given() -> Given:
    """What this process was told."""
    found = dict(os.environ)
    env_file, run_folder = found.pop(_ENV_FILE, None), found.pop(_RUN_FOLDER, None)
    workers = int(found.pop(_WORKERS, None) or 1)
    return Given(
        source=Source(Path(env_file) if env_file else None, found),
        run_folder=Path(run_folder) if run_folder else None,
        workers=workers,
        colour=not found.get("NO_COLOR"),
    )


def take(env_file: str | None) -> None:
    """Hand down where the settings are."""
    if env_file is not None:
        os.environ[_ENV_FILE] = str(Path(env_file).absolute())


def share(folder: Path, *, workers: int) -> None:
    """Hand down what workers share."""
    os.environ[_WORKERS] = str(workers)
    if workers > 1:
        figures = folder / "metrics"
        figures.mkdir()
        os.environ[_RUN_FOLDER], os.environ[FIGURES] = str(folder), str(figures)


def end_with_parent() -> None:
    """Have a worker end when the process that started it does, however that ends (Linux).

    The kernel's signal follows the thread that started us, which is the parent's only one.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def run_folder_prefix() -> str:
    """Of the names of run folders in the temporary folder; it names who made one."""
    return f"{_PREFIX}{os.getpid()}-"


def tidy() -> None:
    """Remove the run folders of programs that were killed; they hold no secret."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and folder.stat().st_uid == os.getuid() and not _lives(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def shares_figures() -> bool:
    """Whether figures of all workers come together in a folder."""
    return FIGURES in os.environ


def dead_sharers() -> set[int]:
    """The processes that shared figures, and live no more."""
    names = (path.stem.rpartition("_")[2] for path in Path(os.environ[FIGURES]).glob("gauge_live*"))
    return {int(name) for name in names if name.isdigit() and not _lives(int(name))}
