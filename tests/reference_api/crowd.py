"""Many clients at once, each an account of their own."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from bson import ObjectId

from skillconnect_ops.reference_api.models.fields import Role
from tests.reference_api.abuse import Session, fresh_address, session
from tests.reference_api.served import Served

Wish = tuple[str, str, dict[str, str], Any]
"""Method, path, headers and body."""


def members(program: Served, count: int) -> list[Session]:
    """Accounts that are logged in."""
    return [session(program, program.account()) for _ in range(count)]


def providers(program: Served, count: int) -> list[str]:
    """Who does work."""
    return [program.account(Role.PROVIDER).id for _ in range(count)]


def open_requests(program: Served, people: Iterable[Session]) -> list[str]:
    """A service request of each."""
    documents = [
        {
            "_id": ObjectId(),
            "name": "Leaking tap",
            "typeOfWork": "Plumbing",
            "requester": ObjectId(one.account.id),
            "status": "Open",
            "booking": None,
            "createdAt": datetime.now(UTC),
        }
        for one in people
    ]
    program.database["servicerequests"].insert_many(documents)
    return [str(one["_id"]) for one in documents]


def slot(hours: int = 0) -> str:
    """An hour that is to come."""
    day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    return (day + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:00:00Z")


def booking(who: Session, request: str, provider: str, when: str) -> Wish:
    """Somebody wants an hour of a provider."""
    sent = {"serviceRequestId": request, "providerId": provider, "slot": when}
    return ("POST", "/api/v1/booking", who.bearer, sent)


def at_once(program: Served, wishes: Sequence[Wish]) -> list[httpx.Response]:
    """Send all at the same time, and wait for all."""

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=program.url, timeout=60, limits=limits, verify=False
        ) as client:
            return await asyncio.gather(
                *(
                    client.request(
                        method,
                        path,
                        headers={"X-Forwarded-For": fresh_address(), **headers},
                        json=sent,
                    )
                    for method, path, headers, sent in wishes
                )
            )

    return asyncio.run(run())


def statuses(answers: Iterable[httpx.Response]) -> Counter[int]:
    """How often which."""
    return Counter(one.status_code for one in answers)


def is_consistent(program: Served) -> int:
    """Each standing booking has its request and its provider's count; gives how many stand."""
    database = program.database
    standing = list(database["bookings"].find({"status": {"$in": ["Pending", "Confirmed"]}}))
    held = Counter((one["provider"], one["slot"]) for one in standing)
    assert all(count == 1 for count in held.values()), "an hour was given twice"
    counted = Counter(one["provider"] for one in standing)
    for one in database["users"].find({"role": Role.PROVIDER.value}):
        assert one["totalJobsAssigned"] == counted[one["_id"]]
    assigned = {
        one["_id"]: one["booking"]
        for one in database["servicerequests"].find({"status": "Assigned"})
    }
    assert assigned == {one["serviceRequest"]: one["_id"] for one in standing}
    assert not list(database["servicerequests"].find({"status": "Open", "booking": {"$ne": None}}))
    return len(standing)
