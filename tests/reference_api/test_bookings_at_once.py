"""Bookings at once: an hour is given once, and counters stay exact."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.models.fields import Role
from tests.reference_api.abuse import refused, session
from tests.reference_api.crowd import (
    at_once,
    booking,
    is_consistent,
    members,
    open_requests,
    providers,
    slot,
    statuses,
)
from tests.reference_api.served import Served, serve


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("at-once")
    with serve(folder, one_node, redis_server, workers=2) as program:
        program.wait_until(lambda: len(program.health()["workers"]) == 2)
        yield program


@pytest.fixture(autouse=True)
def emptied(program: Served) -> Iterator[None]:
    yield
    for name in ("users", "bookings", "servicerequests", "chats"):
        program.database[name].delete_many({})


def test_no_transaction_makes_the_collection_that_it_looks_into(program: Served) -> None:
    """Two that did so at once both gave the same hour away (MongoDB 6.0)."""
    (who,) = members(program, 1)
    (request,) = open_requests(program, [who])
    nobody = who.account.id[::-1]
    assert statuses(at_once(program, [booking(who, request, nobody, slot())])) == {404: 1}
    assert "bookings" in program.database.list_collection_names()


def test_of_two_hundred_who_want_one_hour_one_gets_it(program: Served) -> None:
    people, (provider,) = members(program, 200), providers(program, 1)
    requests = open_requests(program, people)
    answers = at_once(
        program,
        [
            booking(who, request, provider, slot())
            for who, request in zip(people, requests, strict=True)
        ],
    )
    assert statuses(answers) == {201: 1, 409: 199}
    for answer in answers:
        if answer.status_code == 409:
            refused_(answer)
    assert is_consistent(program) == 1
    program.wait_until(lambda: program.health()["limits"] == "redis")


def refused_(answer: object) -> None:
    refused(answer, 409, Code.RESOURCE_CONFLICT)  # type: ignore[arg-type]


def test_many_on_many_hours_are_counted_to_the_last_one(program: Served) -> None:
    people, workers = members(program, 60), providers(program, 4)
    requests = open_requests(program, people)
    wishes = [
        booking(who, request, workers[number % 4], slot(number % 12 // 4))
        for number, (who, request) in enumerate(zip(people, requests, strict=True))
    ]
    answers = at_once(program, wishes)
    assert statuses(answers) == {201: 12, 409: 48}
    assert is_consistent(program) == 12


def test_one_request_is_assigned_once_whoever_is_asked(program: Served) -> None:
    (person,), workers = members(program, 1), providers(program, 20)
    (request,) = open_requests(program, [person])
    answers = at_once(program, [booking(person, request, provider, slot()) for provider in workers])
    assert statuses(answers) == {201: 1, 409: 19}
    assert is_consistent(program) == 1


def test_what_is_cancelled_and_booked_at_once_stays_exact(program: Served) -> None:
    people, workers = members(program, 16), providers(program, 2)
    requests = open_requests(program, people)
    pick = random.Random(5)
    made: dict[int, str] = {}
    for _ in range(5):
        wishes, whose = [], []
        for number, who in enumerate(people):
            if number in made:
                path = f"/api/v1/booking/{made[number]}"
                wishes += [("DELETE", path, who.bearer, None)] * 2
                whose += [number] * 2
            else:
                wished = (workers[number % 2], slot(pick.randrange(4)))
                wishes.append(booking(who, requests[number], *wished))
                whose.append(number)
        answers = at_once(program, wishes)
        assert set(statuses(answers)) <= {200, 201, 409}
        cancelled = [whose[n] for n, one in enumerate(answers) if one.status_code == 200]
        assert len(cancelled) == len(set(cancelled)) == len(made)
        made = {
            whose[number]: answer.json()["booking"]["id"]
            for number, answer in enumerate(answers)
            if answer.status_code == 201
        }
        assert is_consistent(program) == len(made)


def test_a_provider_who_asks_for_work_has_that_booking_too(program: Served) -> None:
    """One's own is what one has a part in; the booking's provider says how it goes on."""
    asking, working = (session(program, program.account(Role.PROVIDER)) for _ in range(2))
    (request,) = open_requests(program, [asking])
    own = booking(asking, request, asking.account.id, slot())
    (answer,) = at_once(program, [own])
    refused_(answer)
    (answer,) = at_once(program, [booking(asking, request, working.account.id, slot())])
    made = answer.json()["booking"]["id"]
    path = f"/api/v1/booking/{made}"
    for one in (asking, working):
        client = program.client()
        client.headers.update(one.bearer)
        assert client.get(path).status_code == 200
        listed = client.get("/api/v1/booking").json()["bookings"]
        assert [each["id"] for each in listed] == [made]
    for who, status, expected in (
        (asking, "Confirmed", 403),
        (working, "Completed", 409),
        (working, "Confirmed", 200),
        (asking, "Completed", 403),
        (asking, "Cancelled", 200),
    ):
        (answer,) = at_once(program, [("PATCH", path, who.bearer, {"status": status})])
        assert answer.status_code == expected, answer.text
    assert is_consistent(program) == 0


def test_a_chat_is_for_reading_alone_once_its_booking_is_cancelled(program: Served) -> None:
    (person,), working = members(program, 1), session(program, program.account(Role.PROVIDER))
    (request,) = open_requests(program, [person])
    (answer,) = at_once(program, [booking(person, request, working.account.id, slot())])
    made = answer.json()["booking"]["id"]
    chat = f"/api/v1/chat/{made}"
    line = ("POST", chat, person.bearer, {"message": "Hello"})
    (answer,) = at_once(program, [line])
    assert answer.status_code == 201, answer.text
    (answer,) = at_once(program, [("DELETE", f"/api/v1/booking/{made}", person.bearer, None)])
    assert answer.status_code == 200
    (answer,) = at_once(program, [line])
    refused(answer, 404, Code.RESOURCE_NOT_FOUND)
    (answer,) = at_once(program, [("GET", chat, working.bearer, None)])
    assert [one["message"] for one in answer.json()["messages"]] == ["Hello"]
