"""With `--dist loadgroup`, tests that share what is started for them are made by one worker.

Else each of the workers would start it. pytest-xdist's own way, a mark for each test, asks for
names of tests that pytest 9 does not let it change.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from skillconnect_ops.core.regex import regex

ROOT = Path(__file__).parents[1]
SEVERAL = ("three_nodes", "standalone")
"""Servers that few tests need, and that cost something as long as they run."""
_MODULE = 'scope="module"'
_FUNCTION = regex(r"^ *def (?P<name>\w+)\((?P<given>[^)]*)\)", re.MULTILINE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Sharing | None":
    """Which worker makes which test."""
    return Sharing(config, log) if config.getoption("dist") == "loadgroup" else None


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker all tests that share something, the largest groups first."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """What a test shares; its own name where it shares nothing."""
    file, _, name = nodeid.partition("::")
    shared = _shared(file)
    return shared.get("") or shared.get(name.partition("[")[0].rpartition("::")[2]) or nodeid


@cache
def _shared(file: str) -> dict[str, str]:
    """By name of a test what it shares; of a file whose tests all do so, by no name."""
    text = (ROOT / file).read_text()
    if _MODULE in text:
        return {"": file}
    found: dict[str, str] = {}
    for function in _FUNCTION.finditer(text):  # a fixture stands above the tests that take it
        given = {one.partition(":")[0].strip() for one in function["given"].split(",")}
        for server in SEVERAL:
            if given & {server, *(name for name, one in found.items() if one == server)}:
                found[function["name"]] = server
    return found
