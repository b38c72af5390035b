"""Every field of every body, driven by the API's own description: operators, flags, other kinds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.app import application
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.models.examples import EXAMPLES
from skillconnect_ops.reference_api.models.fields import Role
from tests.reference_api.abuse import Session, contents, forget, refused, session
from tests.reference_api.served import Served, serve

OPENAPI = application().openapi()
INSTEAD: tuple[Any, ...] = (
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    {"$where": "sleep(1000)"},
    {"$oid": "6" * 24},
    ["x", {"$ne": 1}],
    [[]],
    7,
    1.5,
    True,
    "\x00",
    " ",
    "x" * 60_000,
    "\u202e$where\u0007",
)
"""In place of a text."""
MORE: dict[str, Any] = {
    "role": "Admin",
    "verified": True,
    "totalJobsAssigned": 99,
    "sessions": [],
    "_id": "6" * 24,
    "id": "6" * 24,
    "password_hash": "x",
    "createdAt": "2020-01-01T00:00:00Z",
    "totp": {"confirmed": False},
    "requester": "6" * 24,
    "status": "Assigned",
    "booking": "6" * 24,
    "sender": "6" * 24,
    "$set": {"role": "Admin"},
    "__proto__": {"role": "Admin"},
    "constructor": 1,
    "totp.confirmed": False,
    "first_name": "Eve",
}
"""What no form offers."""


def bodies() -> list[tuple[str, str, str]]:
    """Method, path, and the name of its body's model."""
    found = []
    for path, operations in OPENAPI["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                found.append((method.upper(), path, schema["$ref"].rpartition("/")[2]))
    return found


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("fields")
    with serve(folder, one_node, redis_server, production=True) as program:
        yield program


@pytest.fixture(scope="module")
def people(program: Served) -> dict[bool, Session]:
    """A member, and an administrator."""
    return {
        False: session(program, program.account()),
        True: session(program, program.account(Role.ADMIN), strong=True),
    }


@pytest.fixture(autouse=True)
def nothing_is_written(program: Served, people: dict[bool, Session]) -> Iterator[None]:
    before = contents(program)
    yield
    assert contents(program) == before


def send(
    program: Served, people: dict[bool, Session], method: str, path: str, sent: Any
) -> httpx.Response:
    forget(program)
    filled = path.replace("{", "6" * 24 + "{").split("{")[0] if "{" in path else path
    who = people["/admin/" in path]
    content = json.dumps(sent).encode()
    return program.client().request(
        method,
        filled,
        content=content,
        headers={**who.bearer, "Content-Type": "application/json"},
    )


def test_every_body_is_looked_at() -> None:
    assert len(bodies()) >= 17


@pytest.mark.parametrize(("method", "path", "model"), bodies())
def test_a_text_is_no_operator_and_nothing_else_either(
    program: Served, people: dict[bool, Session], method: str, path: str, model: str
) -> None:
    fields = OPENAPI["components"]["schemas"][model]["properties"]
    for name, about in fields.items():
        for wrong in INSTEAD:
            if isinstance(wrong, bool) and about.get("type") == "boolean":
                continue
            answer = send(program, people, method, path, {**EXAMPLES[model], name: wrong})
            if answer.status_code != 422 and _is_a_password(name, wrong):
                assert answer.status_code in {401, 422}, answer.text
                continue
            said = refused(answer, 422, Code.VALIDATION_FAILED)
            assert any(one["field"].split(".")[0] == name for one in said["fields"]), answer.text
            assert "sleep(1000)" not in answer.text
            assert len(answer.content) < 4_000


def _is_a_password(name: str, wrong: Any) -> bool:
    """Any text may be one."""
    return isinstance(wrong, str) and "assword" in name and len(wrong) < 128


@pytest.mark.parametrize(("method", "path", "model"), bodies())
def test_nobody_sets_what_no_form_offers(
    program: Served, people: dict[bool, Session], method: str, path: str, model: str
) -> None:
    fields = OPENAPI["components"]["schemas"][model]["properties"]
    extra = {name: value for name, value in MORE.items() if name not in fields}
    answer = send(program, people, method, path, {**EXAMPLES[model], **extra})
    said = refused(answer, 422, Code.VALIDATION_FAILED)
    assert {one["field"] for one in said["fields"]} >= set(extra)
    name, value = next(iter(extra.items()))
    answer = send(program, people, method, path, {**EXAMPLES[model], name: value})
    refused(answer, 422, Code.VALIDATION_FAILED)


@pytest.mark.parametrize(("method", "path", "model"), bodies())
def test_a_body_is_an_object_with_all_that_it_needs(
    program: Served, people: dict[bool, Session], method: str, path: str, model: str
) -> None:
    for wrong in ([], [EXAMPLES[model]], None, "x", 1):
        refused(send(program, people, method, path, wrong), 422, Code.VALIDATION_FAILED)
    for name in OPENAPI["components"]["schemas"][model].get("required", ()):
        less = {key: value for key, value in EXAMPLES[model].items() if key != name}
        said = refused(send(program, people, method, path, less), 422, Code.MISSING_REQUIRED_FIELD)
        assert {"field": name, "problem": "Field required"} in said["fields"]


def test_nobody_registers_as_an_administrator(program: Served, people: dict[bool, Session]) -> None:
    for role in ("Admin", "admin", "ADMIN", "", "Service Provider ", ["Admin"]):
        sent = {**EXAMPLES["Register"], "role": role}
        answer = send(program, people, "POST", "/api/v1/auth/register", sent)
        refused(answer, 422, Code.VALIDATION_FAILED)


@pytest.mark.parametrize(
    "when",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2000-01-01T00:00:00Z",
        "2999-01-01T00:00:00Z",
        "2030-01-01T00:00:00",
        "2030-13-45",
        "now",
    ],
)
def test_a_time_outside_the_calendar_is_refused(
    program: Served, people: dict[bool, Session], when: str
) -> None:
    sent = {**EXAMPLES["NewServiceRequest"], "expiresAt": when}
    answer = send(program, people, "POST", "/api/v1/service-request", sent)
    said = refused(answer, 422, Code.VALIDATION_FAILED)
    assert when not in json.dumps(said["fields"])


@pytest.mark.parametrize("slot", ["2020-01-01T10:00:00Z", "2050-02-30T10:00:00Z"])
def test_a_slot_is_an_hour_that_comes(
    program: Served, people: dict[bool, Session], slot: str
) -> None:
    sent = {**EXAMPLES["NewBooking"], "slot": slot}
    answer = send(program, people, "POST", "/api/v1/booking", sent)
    assert answer.status_code == (409 if slot.startswith("2020") else 422)


LISTS = [
    path
    for path, operations in OPENAPI["paths"].items()
    if any(one["name"] == "limit" for one in operations.get("get", {}).get("parameters", ()))
]


@pytest.mark.parametrize("path", LISTS)
def test_a_query_holds_no_operator(program: Served, people: dict[bool, Session], path: str) -> None:
    headers = people["/admin/" in path].bearer
    filled = path.replace("{booking_id}", "6" * 24)
    for query in (
        "limit=0",
        "limit=51",
        "limit=-1",
        "limit=1e3",
        "limit=%00",
        "limit=1&limit=x",
        f"limit={'9' * 5000}",
        "before=x",
        "before=%24ne",
        "before=" + "6" * 24 + "%0a",
        "before=" + "F" * 24,
        "before=" + "６" * 24,
        "before=%7B%22%24ne%22%3A1%7D",
        "before=%ff",
    ):
        forget(program)
        answer = program.client().get(f"{filled}?{query}", headers=headers)
        refused(answer, 422, Code.VALIDATION_FAILED)
    plain = program.client().get(filled, headers=headers)
    for query in ("before[$ne]=x", "limit[$gt]=1", "role=Admin", "$where=1", "%00=1", "a=b&&=;"):
        answer = program.client().get(f"{filled}?{query}", headers=headers)
        assert answer.status_code == 200
        assert answer.json() == plain.json()


@pytest.mark.parametrize(
    "sent",
    ["$ne", "%7B%22$ne%22:1%7D", "6" * 23, "6" * 25, "F" * 24, "６" * 24, "%ff", "-1", "6" * 9000],
)
@pytest.mark.parametrize("kind", ["booking", "service-request", "chat"])
def test_an_id_in_a_path_is_one_or_refused(
    program: Served, people: dict[bool, Session], kind: str, sent: str
) -> None:
    forget(program)
    answer = program.client().get(f"/api/v1/{kind}/{sent}", headers=people[False].bearer)
    refused(answer, 422, Code.VALIDATION_FAILED)
