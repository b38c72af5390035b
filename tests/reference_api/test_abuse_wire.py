"""Hostile bytes: what is no request, strange paths, bodies too large, too slow, or no JSON."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from tests.reference_api.abuse import (
    HSTS,
    Session,
    ask,
    contents,
    head,
    protected,
    read,
    refused,
    session,
)
from tests.reference_api.served import Served, serve

LOGIN = "/api/v1/auth/login"
TLS = "X-Forwarded-Proto: https"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
GOOD = b'{"email":"nobody@example.org","password":"wrong"}'


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("wire")
    with serve(folder, one_node, redis_server, production=True) as program:
        yield program


@pytest.fixture(scope="module")
def begun(program: Served) -> Session:
    return session(program, program.account())


@pytest.fixture(autouse=True)
def nothing_is_written(program: Served, begun: Session) -> Iterator[None]:
    before = contents(program)
    yield
    assert contents(program) == before
    assert program.health()["status"] == "UP"


def sent(body: bytes, *lines: str) -> bytes:
    length = () if CHUNKED in lines else (f"Content-Length: {len(body)}",)
    return head("POST", LOGIN, TLS, *(lines or (JSON,)), *length) + body


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 3", "Content-Length: 4"),
        ("Content-Length: 3", "Content-Length: 3"),
        ("Content-Length: 3", CHUNKED),
        (CHUNKED, "Content-Length: 3"),
        (CHUNKED, "Transfer-Encoding: identity"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding:\x0bchunked",),
        ("Content-Length: +3",),
        ("Content-Length: -3",),
        ("Content-Length: 0x3",),
        ("Content-Length: 3, 3",),
        ("Content-Length: ²",),
        (f"Content-Length: {'9' * 5000}",),
        ("X-A: 1", " folded: 2"),
        ("X-Request-Id: abcdefgh\nSet-Cookie: a=b",),
        ("X-Request-Id: abcdefgh\rSet-Cookie: a=b",),
        ("X-Request-Id: abcdefgh\x00",),
        ("Bad Name: 1",),
        (": 1",),
    ],
    ids=repr,
)
def test_a_request_that_can_be_read_in_two_ways_is_read_in_none(
    program: Served, lines: tuple[str, ...]
) -> None:
    smuggled = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = ask(program, head("POST", LOGIN, TLS, JSON, *lines) + smuggled)
    refused(answer, 400, Code.INVALID_INPUT)
    assert answer.headers["strict-transport-security"] == HSTS
    assert answer.closed


@pytest.mark.parametrize(
    "line",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"FOO /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT evil.test:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\nHost: a\n\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    ],
    ids=repr,
)
def test_what_is_no_request_is_answered_as_all_errors_are(program: Served, line: bytes) -> None:
    answer = ask(program, line)
    refused(answer, 400, Code.INVALID_INPUT)
    assert answer.headers["strict-transport-security"] == HSTS


@pytest.mark.parametrize(
    ("flood", "answered"),
    [
        (b"X-A: " + b"a" * 40_000 + b"\r\n", True),
        (b"".join(b"X-%d: y\r\n" % number for number in range(6_000)), True),
        (b"X-A: " + b"a" * 400_000, False),
    ],
    ids=["long", "many", "endless"],
)
def test_a_flood_of_headers_is_refused(program: Served, flood: bytes, answered: bool) -> None:
    end = b"\r\n" if answered else b""
    with socket.create_connection(("127.0.0.1", program.port), timeout=20) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
        try:
            line.sendall(flood + end)
            refused(read(line), 431, Code.INVALID_INPUT)
        except (ConnectionResetError, BrokenPipeError):  # it did not listen to the end
            assert not answered


def test_a_head_of_the_usual_size_is_fine(program: Served) -> None:
    lines = [f"X-{number}: {'y' * 200}" for number in range(50)]
    assert ask(program, head("GET", "/health", *lines)).status_code == 200
    halves = head("GET", "/health")
    assert ask(program, halves[:20], halves[20:], pause_s=0.2).status_code == 200


@pytest.mark.parametrize(
    ("lines", "version"),
    [(("Host: a", "Host: b"), "1.1"), ((), "1.1"), (("Host: a", "Host: a"), "1.0")],
    ids=str,
)
def test_a_request_names_one_host(program: Served, lines: tuple[str, ...], version: str) -> None:
    said = [f"GET /health HTTP/{version}", "Connection: close", *lines, "", ""]
    refused(ask(program, "\r\n".join(said).encode()), 400, Code.INVALID_INPUT)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LOGIN}%0a", 400),
        (f"{LOGIN}%0D%0ASet-Cookie:a=b", 400),
        (f"{LOGIN}%00", 400),
        (f"{LOGIN}%c2%85", 400),
        ("/api/v1/auth%2flogin", 400),
        ("/api/v1/auth%5Clogin", 400),
        (f"/{LOGIN}", 404),
        (f"{LOGIN}/", 404),
        (f"{LOGIN};a=b", 404),
        (f"{LOGIN}.json", 404),
        (LOGIN.upper(), 404),
        ("/api/v1/auth/./login", 404),
        ("/api/v1/user/../auth/login", 404),
        ("/api/v1/user/%2e%2e/auth/login", 404),
        ("/api/v1/user/%252e%252e/auth/login", 404),
        ("/../../etc/passwd", 404),
        ("/%ff%fe", 404),
        ("*", 404),
        ("/socket.io", 400),
        ("/socket.io/?EIO=4&transport=polling", 400),
        ("/socket.iox", 404),
        ("/docs", 404),
        ("/openapi.json", 404),
        ("/metrics", 404),
    ],
)
def test_a_path_is_ours_to_the_letter_or_none(program: Served, path: str, status: int) -> None:
    answer = ask(
        program, head("GET" if path in {"/metrics", "/openapi.json"} else "POST", path, TLS)
    )
    code = Code.INVALID_INPUT if status == 400 else Code.RESOURCE_NOT_FOUND
    refused(answer, status, code)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", [f"{LOGIN}%0a", "/api/v1/auth%2flogin", "/api/v1/%61uth/login"])
def test_no_spelling_of_a_path_gets_round_its_limit(program: Served, path: str) -> None:
    address = "203.0.113.77"
    found = []
    for _ in range(6):
        lines = (TLS, JSON, f"Content-Length: {len(GOOD)}")
        found.append(ask(program, head("POST", path, *lines, address=address) + GOOD).status_code)
    assert found[-1] in {400, 429}
    assert found.count(401) <= 5


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "GET", "OPTIONS"])
def test_a_method_that_is_none_of_the_path_s_is_told_so(program: Served, method: str) -> None:
    answer = ask(program, head(method, LOGIN, TLS))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    protected(answer)


@pytest.mark.parametrize(
    ("request_id", "taken"),
    [
        ("abcdefgh-1.2_3", True),
        ("short", False),
        ("x" * 65, False),
        ("abcdefgh%0d%0aX: y", False),
        ("<script>alert</script>", False),
        ("abcdefgh é", False),
    ],
)
def test_a_request_id_comes_back_only_where_it_is_harmless(
    program: Served, request_id: str, taken: bool
) -> None:
    answer = ask(program, head("GET", "/nowhere", TLS, f"X-Request-Id: {request_id}"))
    assert (answer.headers["x-request-id"] == request_id) is taken
    assert (
        refused(answer, 404, Code.RESOURCE_NOT_FOUND)["requestId"]
        == (answer.headers["x-request-id"])
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"{",
        b"{}{}",
        GOOD[:-1],
        GOOD + b"x",
        GOOD[:-1] + b',"email":"other@example.org"}',
        GOOD.replace(b'"wrong"', b"NaN"),
        GOOD.replace(b'"wrong"', b"Infinity"),
        GOOD.replace(b'"wrong"', b"-Infinity"),
        GOOD.replace(b'"wrong"', b"9" * 9000),
        GOOD.replace(b'"wrong"', b'"\\ud800"'),
        GOOD.replace(b'"password"', b'"\\ud800"'),
        GOOD.replace(b"wrong", b"\xff"),
        GOOD.decode().encode("utf-16"),
        GOOD.decode().encode("utf-32"),
        b"\xef\xbb\xbf" + GOOD,
        b"[" * 50_000,
        b'{"a":' * 12_000 + b"1" + b"}" * 12_000,
        b"[" * 40_000 + b"]" * 40_000,
        b"\x1f\x8b\x08\x00",
    ],
    ids=lambda body: repr(body[:24]) + str(len(body)),
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_no_strict_json_is_refused(
    program: Served, body: bytes, chunked: bool
) -> None:
    if chunked:
        packed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        answer = ask(program, sent(packed, JSON, CHUNKED))
    else:
        answer = ask(program, sent(body))
    said = answer.json()
    assert answer.status_code in {400, 422}, answer.text
    expected = {
        400: {Code.INVALID_INPUT},
        422: {Code.VALIDATION_FAILED, Code.MISSING_REQUIRED_FIELD},
    }[answer.status_code]
    refused(answer, answer.status_code, next(c for c in expected if c.wire == said["errorCode"]))


def test_a_thousand_wrong_fields_are_not_all_told(program: Served) -> None:
    body = json.dumps({f"field-{number}": 1 for number in range(5_000)}).encode()
    answer = ask(program, sent(body))
    assert len(refused(answer, 422, Code.VALIDATION_FAILED)["fields"]) == 50


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/vnd.api+json",
        "text/json",
        "",
    ],
)
def test_only_json_is_taken(program: Served, kind: str) -> None:
    refused(ask(program, sent(GOOD, f"Content-Type: {kind}")), 415, Code.INVALID_INPUT)
    packed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    refused(ask(program, sent(packed, f"Content-Type: {kind}", CHUNKED)), 415, Code.INVALID_INPUT)


def test_an_encoding_that_is_not_undone_is_not_taken(program: Served) -> None:
    answer = ask(program, sent(b"0\r\n\r\n", JSON, "Transfer-Encoding: gzip, chunked", CHUNKED))
    assert answer.status_code in {400, 501}
    answer = ask(program, head("POST", LOGIN, TLS, JSON, "Transfer-Encoding: gzip, chunked"))
    refused(answer, 501, Code.INVALID_INPUT)


def test_ten_megabytes_are_refused_before_they_have_come(program: Served) -> None:
    large = head("POST", LOGIN, TLS, JSON, "Content-Length: 10000000")
    answer = ask(program, large)
    refused(answer, 413, Code.INVALID_INPUT)
    assert answer.closed
    answer = ask(
        program, head("POST", LOGIN, TLS, JSON, "Expect: 100-continue", "Content-Length: 10000000")
    )
    refused(answer, 413, Code.INVALID_INPUT)
    part = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    answer = ask(program, head("POST", LOGIN, TLS, JSON, CHUNKED) + part * 4)
    refused(answer, 413, Code.INVALID_INPUT)
    assert answer.closed


def test_a_request_that_is_refused_leaves_no_body_on_the_line(
    program: Served, begun: Session
) -> None:
    """Who is refused before its body has come could else send for ever, or smuggle."""
    with socket.create_connection(("127.0.0.1", program.port), timeout=20) as line:
        cookie = f"Cookie: __Host-session={begun.access}"
        start = head("PUT", "/api/v1/user/profile", TLS, JSON, cookie, "Content-Length: 9000")
        line.sendall(start.replace(b"Connection: close\r\n", b""))
        answer = read(line)
        refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
        assert answer.closed
    with socket.create_connection(("127.0.0.1", program.port), timeout=20) as line:
        whole = head(
            "PUT", "/api/v1/user/profile", TLS, JSON, cookie, f"Content-Length: {len(GOOD)}"
        )
        for _ in range(2):  # a body that does come costs nobody the connection
            line.sendall(whole.replace(b"Connection: close\r\n", b""))
            line.sendall(GOOD)
            answer = read(line)
            refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
            assert not answer.closed


def test_slow_bodies_and_heads_end_and_hold_up_nobody(program: Served) -> None:
    found: dict[str, object] = {}

    def slow_body() -> None:
        with socket.create_connection(("127.0.0.1", program.port), timeout=30) as line:
            line.sendall(head("POST", LOGIN, TLS, JSON, "Content-Length: 49") + GOOD[:10])
            began = time.monotonic()
            found["body"] = read(line)
            found["body_s"] = time.monotonic() - began

    def slow_head() -> None:
        with socket.create_connection(("127.0.0.1", program.port), timeout=30) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
            began = time.monotonic()
            found["head"] = line.recv(100)
            found["head_s"] = time.monotonic() - began

    def silent() -> None:
        with socket.create_connection(("127.0.0.1", program.port), timeout=30) as line:
            found["silent"] = line.recv(100)

    slow = [threading.Thread(target=one) for one in (slow_body, slow_head, silent)]
    slow += [threading.Thread(target=slow_body) for _ in range(40)]
    for one in slow:
        one.start()
    time.sleep(0.5)
    for _ in range(5):
        assert ask(program, sent(GOOD), patience_s=5).status_code == 401
    for one in slow:
        one.join()
    answer = found["body"]
    refused(answer, 408, Code.INVALID_INPUT)  # type: ignore[arg-type]
    assert 9 < float(str(found["body_s"])) < 25
    assert found["head"] == found["silent"] == b""
    assert 8 < float(str(found["head_s"])) < 25


def test_requests_one_behind_the_other_are_answered_in_turn(program: Served) -> None:
    first = sent(b"{}").replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", program.port), timeout=20) as line:
        line.sendall(first + head("GET", "/health"))
        got = b""
        while more := line.recv(65_536):
            got += more
    assert got.count(b"HTTP/1.1 ") == 2
    assert got.startswith(b"HTTP/1.1 422")
    assert b"HTTP/1.1 200" in got
