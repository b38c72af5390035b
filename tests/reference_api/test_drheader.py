"""A judge of others: drheader looks at the headers of every kind of answer in production."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from tests.pip import install
from tests.reference_api.served import PASSWORD, Served, serve

_JUDGE = """
import json, sys
from drheader import Drheader
headers = json.load(sys.stdin)
json.dump(Drheader(headers=headers).analyze(cross_origin_isolated=True), sys.stdout, default=str)
"""
Judge = Callable[[httpx.Response], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    # it pins a PyYAML and a jsonschema of its own
    folder = tmp_path_factory.getbasetemp().parent / "drheader"
    packages = install(folder, "drheader==2.0.0")

    def found(answer: httpx.Response) -> list[dict[str, Any]]:
        headers: dict[str, Any] = dict(answer.headers)
        cookies = answer.headers.get_list("set-cookie")
        headers |= {"set-cookie": cookies} if cookies else {}
        done = subprocess.run(
            [sys.executable, "-c", _JUDGE],
            env={"PYTHONPATH": str(packages)},
            input=json.dumps(headers),
            capture_output=True,
            text=True,
            check=True,
        )
        report: list[dict[str, Any]] = json.loads(done.stdout)
        return [one for one in report if one["severity"] != "low"]

    return found


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, one_node: Mongod, redis_server: Secret
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("judged")
    with serve(folder, one_node, redis_server, production=True) as running:
        yield running


ANSWERS: dict[str, Callable[[Served], httpx.Response]] = {
    "health": lambda program: program.client().get("/health"),
    "an account": lambda program: program.login(program.account()).get("/api/v1/user/profile"),
    "a refusal": lambda program: program.client().get("/api/v1/user/profile"),
    "no such page": lambda program: program.client().get("/api/v1/nothing"),
    "no such method": lambda program: program.client().delete("/health"),
    "a body that is no JSON": lambda program: program.client().post(
        "/api/v1/auth/login", content=b"{", headers={"Content-Type": "application/json"}
    ),
    "a foreign page": lambda program: program.client().get(
        "/api/v1/user/profile", headers={"Origin": "https://evil.example.org"}
    ),
    "a preflight": lambda program: program.client().options(
        "/api/v1/user/profile",
        headers={"Origin": program.origin, "Access-Control-Request-Method": "PUT"},
    ),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_drheader_finds_nothing_above_low(program: Served, judge: Judge, kind: str) -> None:
    assert judge(ANSWERS[kind](program)) == []


def test_drheader_finds_nothing_above_low_in_the_cookies_of_a_session(
    program: Served, judge: Judge
) -> None:
    account = program.account()
    sent = {"email": account.email, "password": PASSWORD}
    answer = program.client().post("/api/v1/auth/login", json=sent)
    assert len(answer.headers.get_list("set-cookie")) == 4
    # all are Secure and HttpOnly but the one that a page's own script reads, and sends in a header
    (found,) = judge(answer)
    assert found["rule"] == "Set-Cookie - __Host-csrf"
    assert found["anomalies"] == ["HttpOnly"]


def test_drheader_does_find_what_is_missing(program: Served, judge: Judge) -> None:
    answer = program.client().get("/health")
    del answer.headers["Strict-Transport-Security"]
    answer.headers["Set-Cookie"] = "session=value; Path=/"
    rules = {one["rule"] for one in judge(answer)}
    assert rules == {"Strict-Transport-Security", "Set-Cookie - session"}
