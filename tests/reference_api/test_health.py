"""Health, readiness and figures, at every path that the plan means."""

import secrets
from collections.abc import Iterator

import httpx
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from tests.reference_api.served import Served, serve

TOKEN = secrets.token_urlsafe(32)
EVERYWHERE = ("/health", "/api/v1/health/health")


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, one_node: Mongod, redis_server: Secret
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    with serve(folder, one_node, redis_server, workers=2, METRICS_TOKEN=TOKEN) as served:
        yield served


@pytest.mark.parametrize("path", EVERYWHERE)
def test_health_has_the_plan_s_shape(program: Served, path: str) -> None:
    answer = httpx.get(program.url + path)
    said = answer.json()
    assert answer.status_code == 200
    assert said["status"] == "UP"
    assert said["checks"] == {"database": "UP", "redis": "UP"}
    assert said["uptime"] >= 0
    assert said["timestamp"].endswith("Z")
    assert said["limits"] == "redis"


def test_balancers_may_ask_for_the_head_alone(program: Served) -> None:
    for path in (*EVERYWHERE, "/ready"):
        answer = httpx.head(program.url + path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_it_describes_itself_while_developing(program: Served) -> None:
    said = httpx.get(f"{program.url}/openapi.json").json()
    assert "/api/v1/booking" in said["paths"]


@pytest.mark.parametrize("path", ["/ready", "/api/v1/health/ready"])
def test_it_is_ready(program: Served, path: str) -> None:
    answer = httpx.get(program.url + path)
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_nobody_limits_who_asks_for_health(program: Served) -> None:
    with program.client() as client:
        assert {client.get("/health").status_code for _ in range(60)} == {200}


def test_figures_are_for_who_has_the_token(program: Served) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {TOKEN}x"}):
        answer = httpx.get(f"{program.url}/metrics", headers=headers)
        assert answer.status_code == 404
        assert answer.json()["errorCode"] == "ERR_NOT_FOUND_3001"
    with program.client() as client:
        for _ in range(40):
            client.get("/api/v1/user/profile")
    figures = httpx.get(f"{program.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert figures.status_code == 200
    counted = {}
    for line in figures.text.splitlines():
        if line.startswith("http_requests_total") and "/user/profile" in line:
            counted[line.partition('status="')[2][:3]] = float(line.rpartition(" ")[2])
    assert counted == {"401": 30.0}  # of all workers together; the limit stops ten before a route
    assert 'rate_limited_total{policy="api"} 10.0' in figures.text
    assert "http_request_duration_seconds_bucket" in figures.text
