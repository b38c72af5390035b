"""With the declared indexes in place, no query of the API reads a whole collection."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from msgspec import Struct
from pymongo.database import Database as MongoDatabase

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.models.fields import Role
from tests.commands.indexes.store import project, with_database
from tests.conftest import environment_in, skc_in
from tests.reference_api.crowd import open_requests, slot
from tests.reference_api.people import API, Person, bring_together, person
from tests.reference_api.served import PASSWORD, Served, serve

MANY = 1500
COLLECTIONS = ("users", "servicerequests", "bookings", "chats")


class World(Struct, frozen=True):
    """The program, among many documents of others."""

    program: Served
    member: Person
    provider: Person
    request: str
    booking: str

    @property
    def database(self) -> MongoDatabase[dict[str, Any]]:
        return self.program.database


Wish = Callable[[World], httpx.Response]
WISHES: dict[str, Wish] = {
    "register": lambda world: world.program.client().post(
        f"{API}/auth/register",
        json={
            "username": f"new{ObjectId()}"[:20],
            "email": f"{ObjectId()}@example.org",
            "password": PASSWORD,
            "confirmPassword": PASSWORD,
            "role": "Community Member",
            "birthdate": "1990-01-01",
            "firstName": "New",
            "lastName": "Person",
            "phone": "491700000001",
        },
    ),
    "log in": lambda world: world.program.client().post(
        f"{API}/auth/login", json={"email": world.member.account.email, "password": PASSWORD}
    ),
    "a lost password": lambda world: world.program.client().post(
        f"{API}/auth/forgot-password", json={"email": world.member.account.email}
    ),
    "profile": lambda world: world.member.client.get(f"{API}/user/profile"),
    "providers": lambda world: world.member.client.get(f"{API}/provider"),
    "own requests": lambda world: world.member.client.get(f"{API}/service-request"),
    "open requests": lambda world: world.provider.client.get(f"{API}/service-request"),
    "older open requests": lambda world: world.provider.client.get(
        f"{API}/service-request", params={"before": world.request}
    ),
    "one request": lambda world: world.member.client.get(f"{API}/service-request/{world.request}"),
    "change a request": lambda world: world.member.client.put(
        f"{API}/service-request/{world.request}", json={"typeOfWork": "Painting"}
    ),
    "own bookings": lambda world: world.member.client.get(f"{API}/booking"),
    "a provider's bookings": lambda world: world.provider.client.get(f"{API}/booking"),
    "one booking": lambda world: world.member.client.get(f"{API}/booking/{world.booking}"),
    "book": lambda world: world.member.client.post(
        f"{API}/booking",
        json={
            "serviceRequestId": world.request,
            "providerId": world.provider.id,
            "slot": slot(),
        },
    ),
    "confirm a booking": lambda world: world.provider.client.patch(
        f"{API}/booking/{world.booking}", json={"status": "Completed"}
    ),
    "write a line": lambda world: world.member.client.post(
        f"{API}/chat/{world.booking}", json={"message": "Hello"}
    ),
    "read a chat": lambda world: world.member.client.get(f"{API}/chat/{world.booking}"),
}


@pytest.fixture(scope="module")
def world(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("declared")
    with serve(folder, one_node, redis_server) as program:
        fill(program.database)
        member, provider = person(program), person(program, role=Role.PROVIDER)
        (request,) = open_requests(program, [member])  # type: ignore[list-item]
        bring_together(program, member, provider)
        more = {"serviceRequest": ObjectId(request), "slot": datetime.now(UTC) - timedelta(days=1)}
        own = {"requester": ObjectId(member.id)}
        program.database["bookings"].update_one(own, {"$set": {**more, "createdAt": more["slot"]}})
        (booking,) = program.database["bookings"].find(own)
        apply(folder / "ops", with_database(one_node.uri, program.database.name))
        program.database.command("profile", 2)
        yield World(program, member, provider, request, str(booking["_id"]))
        program.database.command("profile", 0)


def fill(database: MongoDatabase[dict[str, Any]]) -> None:
    """Documents of others; what is common, as an open request, is so for many."""
    now = datetime.now(UTC)
    people = [ObjectId() for _ in range(MANY)]
    database["users"].insert_many(
        {
            "_id": one,
            "email": f"{one}@example.org",
            "username": f"u{one}",
            "role": "Service Provider" if n % 5 == 0 else "Community Member",
            "createdAt": now - timedelta(minutes=n),
        }
        for n, one in enumerate(people)
    )
    for name in ("servicerequests", "bookings"):
        database[name].insert_many(
            {
                "name": "Leaking tap",
                "typeOfWork": "Plumbing",
                "serviceRequest": ObjectId(),
                "booking": None,
                "slot": now + timedelta(hours=n),
                "requester": one,
                "provider": people[n % 50],
                "status": ("Open", "Pending", "Confirmed", "Completed")[n % 4],
                "createdAt": now - timedelta(minutes=n),
            }
            for n, one in enumerate(people)
        )
    database["chats"].insert_many(
        {
            "appointmentId": people[n % 100],
            "participants": [one, people[0]],
            "createdAt": now - timedelta(minutes=n),
        }
        for n, one in enumerate(people)
    )


def apply(root: Any, uri: str) -> None:
    """`skc indexes`, with the first app's own declaration."""
    project(root, uri)
    (root / "indexes.yaml").write_text(template("skillconnect/indexes.yaml"))
    skc = skc_in(root, environment_in(root))
    for words in (("indexes", "--yes"), ("indexes", "check")):
        ran = skc(*words)
        assert ran.code == 0, ran.stdout + ran.stderr


def reads(database: MongoDatabase[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the profiler saw of the four collections, but the inserts."""
    wanted = [f"{database.name}.{name}" for name in COLLECTIONS]
    found = database["system.profile"].find({"ns": {"$in": wanted}, "op": {"$ne": "insert"}})
    return [one for one in found if "planSummary" in one]


@pytest.mark.parametrize("name", WISHES)
def test_a_query_uses_an_index(world: World, name: str) -> None:
    before = len(reads(world.database))
    answer = WISHES[name](world)
    assert answer.status_code < 400, answer.text
    fresh = reads(world.database)[before:]
    assert fresh, name
    for one in fresh:
        said = f"{one['ns']} {one.get('command')}: {one['planSummary']}"
        assert one["planSummary"].startswith(("IXSCAN", "IDHACK")), said
        assert "COLLSCAN" not in one["planSummary"], said
