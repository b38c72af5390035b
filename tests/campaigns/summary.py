"""Prints a campaign's table at the end of the session that it ran in; else it costs nothing."""

import time
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / ".campaign" / "rotate"
_BEGAN = time.time()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The one of the rotation's faults."""
    written = [path for path in _FOLDER.glob("*.jsonl") if path.stat().st_mtime >= _BEGAN - 1]
    if not written:
        return
    from tests.campaigns import rotate_table  # noqa: PLC0415 - slow to load

    if rotate_table.file() not in written:  # those of a session of other code
        return
    terminalreporter.section("the fault campaign of skc rotate")
    for line in rotate_table.table(rotate_table.known().values()):
        terminalreporter.write_line(line)
