"""Production: what it refuses to start with, and what no answer of it lacks or tells."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from bson import ObjectId
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from tests.reference_api.abuse import HSTS, Session, ask, forget, head, protected, refused, session
from tests.reference_api.served import Served, serve
from tests.reference_api.test_settings import good

LOGIN = "/api/v1/auth/login"
PROFILE = "/api/v1/user/profile"
EVIL = (
    "https://evil.test",
    "null",
    "http://app.skillconnect.test",
    "https://app.skillconnect.test:444",
    "https://app.skillconnect.test.evil.test",
    "https://evil-app.skillconnect.test",
    "https://APP.skillconnect.test",
    "https://app.skillconnect.test, https://evil.test",
    "",
    "file://",
)


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("production")
    with serve(folder, one_node, redis_server, production=True) as program:
        yield program


@pytest.fixture(scope="module")
def person(program: Served) -> Session:
    return session(program, program.account())


@pytest.fixture(autouse=True)
def uncounted(program: Served) -> None:
    forget(program)


def is_safe(answer: httpx.Response) -> None:
    protected(answer)
    assert answer.headers["strict-transport-security"] == HSTS
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["x-request-id"]
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers


def test_every_kind_of_answer_is_protected(program: Served, person: Session) -> None:
    client = program.client()
    asked = {"Origin": program.origin, "Access-Control-Request-Method": "PUT"}
    broken = program.account()
    program.database["users"].update_one({"_id": ObjectId(broken.id)}, {"$unset": {"phone": 1}})
    bearer = session(program, broken).bearer
    tries: dict[int, httpx.Response] = {
        200: client.get(PROFILE, headers=person.bearer),
        204: client.options(PROFILE, headers=asked),
        308: client.get(PROFILE, headers={"X-Forwarded-Proto": "http"}),
        400: client.post(LOGIN, content=b"{", headers={"Content-Type": "application/json"}),
        401: client.get(PROFILE),
        403: client.get(PROFILE, headers={"Origin": "https://evil.test"}),
        404: client.get("/nowhere"),
        405: client.get(LOGIN),
        409: client.patch(
            f"/api/v1/booking/{'6' * 24}", json={"status": "Pending"}, headers=person.bearer
        ),
        413: client.post(LOGIN, json={"email": "x" * 100_001}),
        415: client.post(LOGIN, content=b"x"),
        422: client.post(LOGIN, json={}),
        500: client.get(PROFILE, headers=bearer),
    }
    forget(program)
    for _ in range(31):
        tries[429] = client.get("/nowhere")
    for status, answer in tries.items():
        assert answer.status_code == status, answer.text
        is_safe(answer)
    said = refused(tries[500], 500, Code.INTERNAL_ERROR)
    assert said["message"] == "An internal error occurred"
    refused(tries[429], 429, Code.RATE_LIMITED)
    assert int(tries[429].headers["retry-after"]) > 0
    is_safe(httpx.get(f"{program.url}/health"))
    is_safe(httpx.get(f"{program.url}/ready"))


def test_errors_hold_no_details(program: Served, person: Session) -> None:
    client = program.client()
    for answer in (
        client.post(LOGIN, json={"email": "nobody@example.org", "password": "x"}),
        client.get("/nowhere"),
        client.get(f"/api/v1/booking/{'6' * 24}", headers=person.bearer),
        client.get("/api/v1/admin/user", headers=person.bearer),
    ):
        said = answer.json()
        assert set(said) == {"success", "message", "errorCode", "requestId"}
        code = next(one for one in Code if one.wire == said["errorCode"])
        assert said["message"] == code.safe


@pytest.mark.parametrize("origin", EVIL)
def test_a_foreign_page_gets_nothing(program: Served, person: Session, origin: str) -> None:
    client = program.client()
    preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    answers = [
        client.get(PROFILE, headers={"Origin": origin, **person.bearer}),
        client.post(
            LOGIN, json={"email": "a@example.org", "password": "x"}, headers={"Origin": origin}
        ),
        client.options(PROFILE, headers=preflight),
        client.get("/nowhere", headers={"Origin": origin}),
    ]
    for answer in answers:
        refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_our_own_page_may_ask_and_read(program: Served, person: Session) -> None:
    client = program.client()
    for origin in (program.origin, "https://api.skillconnect.test"):
        asked = client.options(
            PROFILE,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "content-type,x-csrf-token",
            },
        )
        assert asked.status_code == 204
        assert asked.headers["access-control-max-age"] == "86400"
        assert "X-CSRF-Token" in asked.headers["access-control-allow-headers"]
        assert "PUT" in asked.headers["access-control-allow-methods"]
        answer = client.get(PROFILE, headers={"Origin": origin, **person.bearer})
        for one in (asked, answer):
            assert one.headers["access-control-allow-origin"] == origin
            assert one.headers["access-control-allow-credentials"] == "true"
        assert "RateLimit-Remaining" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "path",
    [
        "/a?b=c&d=%20",
        "//evil.test/a",
        "/a%20b",
        "/..//evil.test",
        "/@evil.test",
        "/a;b",
        "/%3f%23",
        "/?next=//evil.test",
        "/%c3%a9",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_who_comes_without_tls_is_sent_to_our_own_name(
    program: Served, method: str, path: str
) -> None:
    for said in ("http", "https, http", ""):
        lines = ["X-Forwarded-Host: evil.test", *([f"X-Forwarded-Proto: {said}"] if said else [])]
        start = head(method, path, *lines).replace(b"Host: api.test", b"Host: evil.test")
        answer = ask(program, start)
        assert answer.status_code == 308
        found = answer.headers["location"]
        assert unquote(found) == f"https://api.skillconnect.test{unquote(path)}"
        assert found.count("?") == path.count("?")
        protected(answer)
        assert answer.headers["strict-transport-security"] == HSTS


def test_cookies_are_of_this_host_over_tls_and_of_no_other_site(program: Served) -> None:
    person = program.account()
    sent = {"email": person.email, "password": "x"}
    assert "set-cookie" not in program.client().post(LOGIN, json=sent).headers
    client = program.login(person)
    ended = client.post("/api/v1/auth/logout")
    client = program.login(person)
    renewed = client.post("/api/v1/auth/refresh")
    for answer in (ended, renewed):
        assert answer.status_code == 200, answer.text
        found = answer.headers.get_list("set-cookie")
        assert {one.partition("=")[0] for one in found} == {
            f"__Host-{name}" for name in ("session", "refresh", "csrf")
        }
        for one in found:
            parts = {part.strip().lower() for part in one.split(";")[1:]}
            assert {"secure", "samesite=strict", "path=/"} <= parts
            assert not any(part.startswith("domain") for part in parts)
            if answer is renewed:
                assert ("httponly" in parts) is not one.startswith("__Host-csrf")


def test_a_driver_s_number_is_no_code_of_ours(program: Served, person: Session) -> None:
    """A database that refuses a document: its code 121 stays within."""
    database = program.database
    database.create_collection("servicerequests", validator={"never": {"$exists": True}})
    try:
        answer = program.client().post(
            "/api/v1/service-request",
            json={"name": "Leaking tap", "typeOfWork": "Plumbing"},
            headers=person.bearer,
        )
        refused(answer, 500, Code.DATABASE_ERROR)
        assert "121" not in answer.json()["errorCode"]
        assert "validation" not in answer.text.lower()
    finally:
        database.drop_collection("servicerequests")


def start(tmp_path: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """Start the program with settings that it must refuse."""
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in good(**changed).items()))
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    words = ["serve", "--env-file", str(file), "--port", "1"]
    return subprocess.run(
        [sys.executable, "-m", "skillconnect_ops.reference_api", *words],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


_SHORT = secrets.token_urlsafe(18)
_SAME = secrets.token_urlsafe(32)
_MADE_UP = "change-me-" * 5
REFUSED: tuple[tuple[dict[str, Any], tuple[str, ...], str], ...] = (
    (
        {"ALLOWED_ORIGINS": "http://app.shop.test,https://localhost:3000,https://[bad"},
        ("http://app.shop.test", "https://localhost:3000", "https://[bad"),
        "",
    ),
    (
        {"BASE_URL": "http://api.shop.test", "FRONTEND_URL": "https://127.0.0.1"},
        ("http://api.shop.test", "https://127.0.0.1"),
        "",
    ),
    ({"BASE_URL": "https://[bad", "REDIS_URL": "redis://[bad"}, ("BASE_URL", "REDIS_URL"), ""),
    ({"JWT_SECRET_KEY": _SHORT}, ("JWT_SECRET_KEY is shorter than 32 bytes",), _SHORT),
    (
        {"JWT_SECRET_KEY": _SAME, "ADMIN_JWT_SECRET_KEY": _SAME},
        ("JWT_SECRET_KEY and ADMIN_JWT_SECRET_KEY",),
        _SAME,
    ),
    ({"ADMIN_JWT_SECRET_KEY": _MADE_UP}, ("ADMIN_JWT_SECRET_KEY is a placeholder",), _MADE_UP),
)


@pytest.mark.parametrize(
    ("changed", "named", "secret"), REFUSED, ids=[" ".join(one[0]) for one in REFUSED]
)
def test_it_does_not_start_so_and_says_why(
    tmp_path: Path, changed: dict[str, str], named: tuple[str, ...], secret: str
) -> None:
    ran = start(tmp_path, **changed)
    assert ran.returncode == 3, ran.stderr
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert "Traceback" not in ran.stderr
    for one in named:
        assert one in ran.stderr
    assert not secret or secret not in ran.stderr


def test_real_time_is_spoken_over_tls_alone(program: Served) -> None:
    where = f"ws://127.0.0.1:{program.port}/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(InvalidStatus) as refused, connect(where):
        pass
    with connect(where, additional_headers={"X-Forwarded-Proto": "https"}) as socket:
        assert str(socket.recv(5)).startswith("0")
    answer = refused.value.response
    assert answer.status_code == 403
    assert "Strict-Transport-Security" in answer.headers


def test_without_a_token_there_are_no_figures(program: Served) -> None:
    client = program.client()
    assert client.get("/metrics").status_code == 404
    headers = {"Authorization": "Bearer None"}
    assert client.get("/metrics", headers=headers).status_code == 404
