"""Real time, as Socket.IO's own client sees it, on two workers."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.models.fields import Role
from tests.reference_api.people import API, Person, bring_together, line_to, lines_of, person
from tests.reference_api.served import PASSWORD, Served, an_address, serve
from tests.reference_api.sockets import Sockets, ticket

MOMENT_S = 0.4
"""Nothing that was sent takes so long on this machine."""
LIMIT = 30


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Two workers."""
    folder = tmp_path_factory.mktemp("realtime")
    with serve(folder, one_node, redis_server, workers=2) as found:
        yield found


@pytest.fixture(scope="module")
def talker(program: Served) -> Person:
    """Somebody."""
    return person(program)


@pytest.fixture
def two(program: Served) -> tuple[Person, Person]:
    """Two whom a booking brings together."""
    one, other = person(program), person(program, role=Role.PROVIDER)
    bring_together(program, one, other)
    return one, other


@contextmanager
def raw(program: Served, **headers: str) -> Iterator[ClientConnection]:
    """A WebSocket that speaks what it likes; the server's greeting has been read."""
    sent = {"X-Forwarded-For": an_address(), **{k.replace("_", "-"): v for k, v in headers.items()}}
    where = f"ws://127.0.0.1:{program.port}/socket.io/?EIO=4&transport=websocket"
    with connect(where, additional_headers=sent) as socket:
        assert str(socket.recv(5)).startswith("0")
        yield socket


@contextmanager
def raw_of(program: Served, one: Person) -> Iterator[ClientConnection]:
    """The same, let in."""
    with raw(program) as socket:
        socket.send("40" + json.dumps({"token": one.ticket()}))
        assert str(socket.recv(5)).startswith('40{"sid"')
        yield socket


def is_ended(socket: ClientConnection) -> bool:
    """Whether the server ends it, now or soon."""
    try:
        while True:
            socket.recv(3)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


def test_a_line_comes_to_its_recipient_at_another_worker_and_to_nobody_else(
    program: Served, judge: Sockets, two: tuple[Person, Person]
) -> None:
    one, other = two
    third = person(program)
    bring_together(program, third, other)
    sender = judge.open(program, one.ticket())
    recipient = judge.open_elsewhere(program, other.ticket(), sender)
    beside = [
        judge.open(program, third.ticket()),
        judge.open_elsewhere(program, third.ticket(), sender),
    ]
    answer = judge.send(sender, line_to(other, "To you alone"))
    assert answer["success"] is True
    program.wait_until(lambda: bool(judge.events(recipient, "notification")))
    time.sleep(MOMENT_S)
    (came,) = judge.events(recipient)
    assert (came["id"], came["from"], came["content"]) == (answer["id"], one.id, "To you alone")
    (note,) = judge.events(recipient, "notification")
    assert note == {"kind": "message", "from": one.id, "bookingId": came["bookingId"]}
    for name in (sender, *beside):
        assert judge.events(name) == judge.events(name, "notification") == []
    assert lines_of(program, one) == ["To you alone"]


def test_lines_come_in_order_and_one_that_is_posted_comes_too(
    program: Served, judge: Sockets, two: tuple[Person, Person]
) -> None:
    one, other = two
    sender = judge.open(program, one.ticket())
    recipient = judge.open_elsewhere(program, other.ticket(), sender)
    texts = [f"line {number}" for number in range(10)]
    numbers = [judge.send_off(sender, line_to(other, text)) for text in texts]
    assert all(judge.answer(number)["success"] for number in numbers)
    booking = program.database["bookings"].find_one({}, sort=[("_id", -1)])
    assert booking is not None
    posted = one.client.post(f"{API}/chat/{booking['_id']}", json={"message": "by post"})
    assert posted.status_code == 201, posted.text
    program.wait_until(lambda: len(judge.events(recipient)) == 11)
    assert [came["content"] for came in judge.events(recipient)] == [*texts, "by post"]
    assert lines_of(program, one) == [*texts, "by post"]
    first = one.client.get(f"{API}/chat/{booking['_id']}?limit=6").json()
    rest = one.client.get(f"{API}/chat/{booking['_id']}?limit=6&before={first['next']}").json()
    read = [line["message"] for page in (first, rest) for line in page["messages"]]
    assert read == ["by post", *reversed(texts)]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": 1_700_000_000}, "ERR_TOKEN_EXPIRED_1003"),
        ({"typ": "at+jwt"}, "ERR_TOKEN_INVALID_1002"),
        ({"typ": "2fa+jwt"}, "ERR_TOKEN_INVALID_1002"),
        ({"sid": "another"}, "ERR_TOKEN_INVALID_1002"),
        ({"sub": "0" * 24}, "ERR_TOKEN_INVALID_1002"),
        ({"sub": "nobody"}, "ERR_TOKEN_INVALID_1002"),
        ({"key": "ADMIN_JWT_SECRET_KEY"}, "ERR_TOKEN_INVALID_1002"),
        ({"aud": "skillconnect:admin"}, "ERR_TOKEN_INVALID_1002"),
        (
            {"aud": "skillconnect:admin", "key": "ADMIN_JWT_SECRET_KEY"},
            "ERR_TOKEN_INVALID_1002",
        ),
    ],
)
def test_a_token_that_is_none_opens_nothing(
    program: Served, judge: Sockets, changes: dict[str, Any], code: str
) -> None:
    one = person(program)
    assert judge.open(program, ticket(program, one.account))
    _, line = judge.try_to_open(program, ticket(program, one.account, **changes))
    assert (line["what"], line["data"]) == ("refused", {"errorCode": code})


@pytest.mark.parametrize("token", [None, "", "abc", "a.b.c", {"$ne": ""}, 7, ["x"]])
def test_what_is_no_token_at_all_opens_nothing(program: Served, judge: Sockets, token: Any) -> None:
    _, line = judge.try_to_open(program, token)
    assert (line["what"], line["data"]) == ("refused", {"errorCode": "ERR_TOKEN_INVALID_1002"})


def test_administrators_get_no_ticket_and_the_token_of_one_opens_nothing(
    program: Served, judge: Sockets
) -> None:
    admin = person(program, role=Role.ADMIN)
    assert admin.client.post(f"{API}/auth/realtime-ticket").status_code == 403
    of_admins = {"aud": "skillconnect:admin", "key": "ADMIN_JWT_SECRET_KEY"}
    for changes in (of_admins, {}):
        _, line = judge.try_to_open(program, ticket(program, admin.account, **changes))
        assert line["what"] == "refused"


def test_an_access_token_of_the_cookie_opens_nothing(program: Served, judge: Sockets) -> None:
    one = person(program)
    _, line = judge.try_to_open(program, one.client.cookies["session"])
    assert line["data"] == {"errorCode": "ERR_TOKEN_INVALID_1002"}
    headers = {"Cookie": f"session={one.client.cookies['session']}"}
    _, line = judge.try_to_open(program, None, **headers)
    assert line["what"] == "refused"


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://localhost:5174"])
def test_a_page_of_a_foreign_origin_gets_no_connection(
    program: Served, judge: Sockets, origin: str
) -> None:
    one = person(program)
    _, line = judge.try_to_open(program, one.ticket(), Origin=origin)
    assert line["what"] == "refused"
    with pytest.raises(InvalidStatus) as refused, raw(program, Origin=origin):
        pass
    assert refused.value.response.status_code == 403
    assert b"ERR_INSUFFICIENT_PERMISSIONS" in refused.value.response.body


def test_nobody_writes_to_whom_no_booking_brings_together_with_them(
    program: Served, judge: Sockets, two: tuple[Person, Person]
) -> None:
    one, other = two
    stranger = person(program)
    sender, recipient = (judge.open(program, each.ticket()) for each in (stranger, other))
    for to in (other, stranger, one):
        answer = judge.send(sender, line_to(to))
        assert (answer["success"], answer["errorCode"]) == (False, "ERR_NOT_FOUND_3001")
    own = judge.open(program, one.ticket())
    assert judge.send(own, line_to(one))["errorCode"] == "ERR_NOT_FOUND_3001"
    time.sleep(MOMENT_S)
    assert judge.events(recipient) == []
    assert lines_of(program, stranger) == lines_of(program, one) == []


def test_objects_and_other_things_in_place_of_texts_are_refused(
    program: Served, judge: Sockets, two: tuple[Person, Person]
) -> None:
    one, other = two
    sender = judge.open(program, one.ticket())
    to, text = other.id, "x"
    for sent in (
        [{"recipientId": {"$ne": ""}, "message": text}],
        [{"recipientId": {"$in": [to]}, "message": text}],
        [{"recipientId": [to], "message": text}],
        [{"recipientId": to, "message": {"$gt": ""}}],
        [{"recipientId": to, "message": 7}],
        [{"recipientId": to, "message": ""}],
        [{"recipientId": to, "message": "\ud800"}],
        [{"recipientId": to, "message": "a\0b"}],
        [{"recipientId": to, "message": "x" * 2001}],
        [{"recipientId": to.upper() + "\n", "message": text}],
        [{"recipientId": to, "message": text, "sender": to}],
        [{"recipientId": to, "message": text}, "more"],
        ["text"],
        [None],
        [],
    ):
        answer = judge.send(sender, *sent)
        assert (answer["success"], answer["errorCode"]) == (False, "ERR_VALIDATION_FAILED_2001")
    assert lines_of(program, one) == []
    assert judge.send(sender, line_to(other))["success"]


def test_a_frame_that_is_too_long_ends_the_connection(
    program: Served, judge: Sockets, two: tuple[Person, Person]
) -> None:
    one, other = two
    for length in (20_000, 200_000):
        sender = judge.open(program, one.ticket())
        judge.send_off(sender, line_to(other, "x" * length))
        program.wait_until(lambda name=sender: judge.is_closed(name))
    assert lines_of(program, one) == []


def test_lines_are_limited_by_the_sender_on_all_workers_together(
    program: Served, judge: Sockets, two: tuple[Person, Person]
) -> None:
    one, other = two
    first = judge.open(program, one.ticket())
    second = judge.open_elsewhere(program, one.ticket(), first)
    sent = [judge.send_off(first, line_to(other)) for _ in range(LIMIT - 10)]
    sent += [judge.send_off(second, line_to(other)) for _ in range(20)]
    answers = [judge.answer(number) for number in sent]
    assert sum(answer["success"] for answer in answers) == LIMIT
    assert {one.get("errorCode") for one in answers} == {None, "ERR_RATE_LIMITED_4001"}
    assert len(lines_of(program, one)) == LIMIT


def test_handshakes_are_limited_by_address(program: Served) -> None:
    here = an_address()
    with ExitStack() as opened:
        for _ in range(LIMIT):
            opened.enter_context(raw(program, X_Forwarded_For=here))
        with pytest.raises(InvalidStatus) as refused:
            opened.enter_context(raw(program, X_Forwarded_For=here))
    assert refused.value.response.status_code == 429


def test_an_account_has_no_more_than_so_many_connections_at_a_worker(
    program: Served, judge: Sockets
) -> None:
    one = person(program)
    token = one.ticket()
    tried = [judge.try_to_open(program, token) for _ in range(41)]
    refused = [line["data"] for _, line in tried if line["what"] == "refused"]
    assert 1 <= len(refused) < 41
    assert all(data == {"errorCode": "ERR_RATE_LIMITED_4001"} for data in refused)


def log_out(one: Person) -> None:
    assert one.client.post(f"{API}/auth/logout").status_code == 200


def change_password(one: Person) -> None:
    fresh = secrets.token_urlsafe(18)
    sent = {"currentPassword": PASSWORD, "password": fresh, "confirmPassword": fresh}
    answer = one.client.put(f"{API}/user/password", json=sent)
    assert answer.status_code == 200, answer.text


def test_to_log_out_ends_the_connections_of_that_session_at_all_workers_at_once(
    program: Served, judge: Sockets
) -> None:
    one = person(program)
    here = judge.open(program, one.ticket())
    there = judge.open_elsewhere(program, one.ticket(), here)
    again = Person(one.account, program.login(one.account))
    others = judge.open(program, again.ticket())
    token = one.ticket()
    began = time.monotonic()
    log_out(one)
    program.wait_until(lambda: judge.is_closed(here) and judge.is_closed(there))
    assert time.monotonic() - began < 5
    assert not judge.is_closed(others)
    _, line = judge.try_to_open(program, token)
    assert line["data"] == {"errorCode": "ERR_TOKEN_INVALID_1002"}


def test_a_new_password_ends_the_connections_of_all_other_sessions(
    program: Served, judge: Sockets
) -> None:
    one = person(program)
    old = judge.open(program, one.ticket())
    again = Person(one.account, program.login(one.account))
    own = judge.open(program, again.ticket())
    change_password(again)
    program.wait_until(lambda: judge.is_closed(old))
    time.sleep(MOMENT_S)
    assert not judge.is_closed(own)


def test_a_client_cannot_call_what_the_library_calls_itself(
    program: Served, two: tuple[Person, Person]
) -> None:
    """An event of the name `disconnect` would make the server forget whose connection it is."""
    one, _ = two
    token = one.ticket()
    with raw_of(program, one) as socket:
        socket.send('42["disconnect"]')
        socket.send('42["\\u0064isconnect"]')
        socket.send(f'421["connect",{{}},{{"token":"{token}"}}]')
        socket.send('422["message",{}]')
        answer = str(socket.recv(5))
        assert answer.startswith("432[")
        assert "ERR_VALIDATION_FAILED_2001" in answer  # it is known whose connection it is
        log_out(one)
        assert is_ended(socket)


@pytest.mark.parametrize(
    "frame",
    [
        '451-["message",{"_placeholder":true,"num":0}]',
        '459999999999-["message"]',
        "461-[]",
        "43[]",
        "40/admin,",
        '42/admin,["message",{}]',
        "42{}",
        "42[]",
        "42",
        '42["message"',
        "42" + "[" * 9000,
        "44{}",
        "2probe",
        "5",
        "bAAAA",
        "",
        "x",
        b"\x00",
        '42["message","' + "é" * 9000 + '"]',
    ],
)
def test_what_is_not_spoken_here_ends_the_connection(
    program: Served, talker: Person, frame: str | bytes
) -> None:
    with raw_of(program, talker) as socket:
        socket.send(frame)
        assert is_ended(socket)


def test_a_flood_of_frames_ends_the_connection(program: Served, talker: Person) -> None:
    with raw_of(program, talker) as socket:
        with suppress(ConnectionClosed):
            for _ in range(1000):
                socket.send('42["typing"]')
        assert is_ended(socket)


def test_a_connection_says_once_who_it_is_and_has_no_second_try(program: Served) -> None:
    one = person(program)
    with raw(program) as socket:
        socket.send('40{"token":"abc"}')
        assert "ERR_TOKEN_INVALID" in str(socket.recv(5))
        socket.send("40" + json.dumps({"token": one.ticket()}))
        assert "ERR_RATE_LIMITED" in str(socket.recv(5))


def test_without_websocket_or_elsewhere_there_is_nothing(program: Served) -> None:
    where = f"{program.url}/socket.io/?EIO=4&transport=polling"
    answer = httpx.get(where, headers={"X-Forwarded-For": an_address()})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "ERR_INVALID_INPUT_2002")
    for path in ("/", "/socket.iox/?EIO=4&transport=websocket", "/api/v1/user/profile"):
        where = f"ws://127.0.0.1:{program.port}{path}"
        with pytest.raises(InvalidStatus) as refused, connect(where):
            pass
        assert refused.value.response.status_code == 404


def test_no_token_stands_in_the_logs(program: Served, judge: Sockets) -> None:
    one = person(program)
    token = one.ticket()
    judge.open(program, token)
    judge.try_to_open(program, token + "x")
    printed = "".join(path.read_text() for path in program.folder.rglob("*") if path.is_file())
    assert "realtime_connected" in printed
    assert token.rpartition(".")[2] not in printed
