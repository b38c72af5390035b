"""What is read out of the text of an app is what Express itself makes of it."""

import os
import re
from pathlib import Path

import pytest

from skillconnect_ops.code.express import routes
from skillconnect_ops.code.express_model import Application, Route
from tests.code.express.routed import VERSIONS, Random, ask, sampled
from tests.npm import install
from tests.programs import needs

APPS = 40


def bare(name: str) -> str:
    """The function that is meant, without what is wrapped around it."""
    found = re.search(r"\b([hmep]\d+)\b", name)
    return found[1] if found else name


def names(route: Route) -> list[tuple[str, bool]]:
    """The functions that run for a route in order, each with whether it always does."""
    return [
        (bare(one.name), one.condition is None) for one in (*route.middlewares, *route.handlers)
    ]


def held(found: Application) -> set[tuple[str, str]]:
    """The functions that answer, with their methods."""
    return {
        (one.method, bare(one.handlers[-1].name))
        for one in found.routes
        if bare(one.handlers[-1].name).startswith("h")
    }


def fits(ran: list[str], route: Route) -> bool:
    """Whether what ran is what the table says; what is conditional may have run."""
    told = names(route)
    place = 0
    for name in ran:
        while place < len(told) and told[place][0] != name:
            if told[place][1]:
                return False
            place += 1
        if place == len(told):
            return False
        place += 1
    return all(not always for _, always in told[place:])


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp().parent


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_of_a_random_app_is_that_of_express(
    version: int, folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = needs("node")
    packages = install(folders / f"express-{version}", VERSIONS[version])
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    monkeypatch.setenv("SKC_ON", "1")
    first = int(os.environ.get("SKC_TEST_SEED", "0"))
    tables: list[Application] = []
    asked: list[tuple[str, list[tuple[str, str]]]] = []
    for seed in range(first, first + int(os.environ.get("SKC_TEST_APPS", APPS))):
        files = Random(seed, version=version).write(tmp_path / f"app{seed}")
        found = routes(tmp_path / f"app{seed}", files)
        tables.append(found)
        requests = [
            ("GET" if one.method == "ALL" else one.method, sampled(one.path))
            for one in found.routes
        ]
        asked.append((f"app{seed}", requests))
    checked = 0
    for table, (folder, requests), told in zip(
        tables, asked, ask(node, tmp_path, asked), strict=True
    ):
        assert table.unresolved == (), folder
        apps = [one for one in table.apps if not one.is_router]
        assert len(apps) == 1, folder
        answering = {(method, name) for method, name in told["held"] if name.startswith("h")}
        assert held(table) == answering, folder
        for route, request, answer in zip(table.routes, requests, told["answers"], strict=True):
            ran = answer["ran"]
            if bare(route.handlers[-1].name).startswith("m") and answer["status"] == 404:
                continue  # nobody answers after a middleware
            assert ran is not None, (folder, request, route.file, route.line, answer)
            by = [one for one in table.routes if bare(one.handlers[-1].name) == ran[-1]]
            assert any(fits(ran, one) for one in by), (
                folder,
                request,
                ran,
                [(one.path, one.condition, names(one)) for one in by],
            )
            checked += 1
    assert checked > 5 * len(tables)
