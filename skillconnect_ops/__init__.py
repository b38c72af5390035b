"""skc takes a web app from leaked to locked down.

The public API: `run` gives the report of a command, `main` behaves as the program does. Names load
when they are first used, since importing a package should cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skillconnect_ops.app import main, run
    from skillconnect_ops.core.report import Report

    __version__: str

__all__ = ["Report", "__version__", "main", "run"]

_HOMES = {
    "Report": "skillconnect_ops.core.report",
    "main": "skillconnect_ops.app",
    "run": "skillconnect_ops.app",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - reads the disk

        return version("skillconnect-ops")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
