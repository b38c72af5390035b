"""What is read out of the text of an app is what FastAPI itself makes of it."""

import os
import re
from pathlib import Path

from skillconnect_ops.code.express_model import Application, Route
from skillconnect_ops.code.fastapi import routes
from tests.code.fastapi.routed import Random, ask

APPS = 60


def names(route: Route) -> list[str]:
    """The functions that run for a route, in order."""
    told = [one.name.removesuffix("C") for one in (*route.middlewares, *route.handlers)]
    return [one for one in told if re.fullmatch(r"[mdh]\d+", one)]


def sampled(path: str) -> str:
    return re.sub(r"\{\w+\}", "7", path)


def own(found: Application) -> set[tuple[str, str]]:
    return {(one.method, one.path) for one in found.routes}


def test_the_table_of_a_random_app_is_that_of_fastapi(tmp_path: Path) -> None:
    first = int(os.environ.get("SKC_TEST_SEED", "0"))
    tables: list[Application] = []
    asked: list[tuple[str, list[tuple[str, str]]]] = []
    for seed in range(first, first + int(os.environ.get("SKC_TEST_APPS", APPS))):
        name = f"app{seed}"
        files = Random(seed, name).write(tmp_path / name)
        found = routes(tmp_path / name, files)
        tables.append(found)
        asked.append((name, [(one.method, sampled(one.path)) for one in found.routes]))
    checked = 0
    for (name, requests), told, found in zip(asked, ask(tmp_path, asked), tables, strict=True):
        assert found.unresolved == (), name
        mounted = {(m, p) for m, p in own(found) if "/mr" in p}
        described = {(method, path) for method, path in told["described"]}
        assert own(found) - mounted == described, name
        for route, request, answer in zip(found.routes, requests, told["answers"], strict=True):
            assert answer["status"] == 200, (name, request)
            assert names(route) == answer["ran"], (name, request)
            checked += 1
    assert checked > 2 * len(tables)
