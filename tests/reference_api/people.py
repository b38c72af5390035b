"""People who use the API in tests."""

from typing import Any

import httpx
from bson import ObjectId
from msgspec import Struct

from tests.reference_api.served import Account, Served

API = "/api/v1"


class Person(Struct, frozen=True):
    """Somebody who is logged in."""

    account: Account
    client: httpx.Client

    @property
    def id(self) -> str:
        """The account's."""
        return self.account.id

    def ticket(self) -> str:
        """A token for a handshake, from the program."""
        answer = self.client.post(f"{API}/auth/realtime-ticket")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ticket"])


def person(program: Served, **fields: Any) -> Person:
    """Somebody new."""
    account = program.account(**fields)
    return Person(account, program.login(account))


def bring_together(program: Served, one: Person, other: Person) -> None:
    """Give two a booking."""
    program.database["bookings"].insert_one(
        {"requester": ObjectId(one.id), "provider": ObjectId(other.id), "status": "Confirmed"}
    )


def line_to(other: Person, text: str = "Hello") -> dict[str, Any]:
    """What is sent to somebody."""
    return {"recipientId": other.id, "message": text}


def lines_of(program: Served, sender: Person) -> list[str]:
    """What somebody has written, as the database holds it."""
    found = program.database["chats"].find({"sender": ObjectId(sender.id)}).sort("createdAt", 1)
    return [one["message"] for one in found]
