"""Single requests over real HTTP on this machine."""

import socket
from typing import Any

from skillconnect_ops.adapters.requests import HttpRequests
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.requests import Answer, Request
from tests.commands.checklist.shop import program


def send(request: Request, *, patience_s: float = 5.0) -> Any:
    return HttpRequests().send(request, patience_s=patience_s)


def test_the_answer_is_told_as_it_came() -> None:
    with program() as one:
        one.answer = lambda *_: (418, {"X-Odd": "Yes"}, "short")
        got = send(Request(method="POST", url=one.url, headers={"A": "b"}, body=b"x"))
    assert isinstance(got, Known)
    assert (got.value.status, got.value.headers["x-odd"], got.value.body) == (418, "Yes", "short")
    assert one.asked == [("POST", "/health")]


def test_nothing_is_followed() -> None:
    with program() as one:
        one.answer = lambda *_: (302, {"Location": "/other"}, "")
        got = send(Request(url=one.url))
    assert got.value.status == 302
    assert len(one.asked) == 1


def test_of_a_long_body_the_beginning_is_told() -> None:
    with program() as one:
        one.answer = lambda *_: (200, {}, "x" * 1_000_000)
        assert len(send(Request(url=one.url)).value.body) == 1 << 16


def test_where_nobody_listens_that_is_the_answer() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/health"
        assert send(Request(url=url)) == Known(Answer(status=None))


def test_what_does_not_answer_or_is_no_address_is_missing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/health"
        assert isinstance(send(Request(url=url), patience_s=0.2), Missing)
    assert isinstance(send(Request(url="http://[broken")), Missing)
