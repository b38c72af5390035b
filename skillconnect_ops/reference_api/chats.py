"""Lines of chats, as the database holds them; routes and real-time connections write them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from msgspec import Struct

from skillconnect_ops.reference_api.models.fields import BookingStatus
from skillconnect_ops.reference_api.models.told import ChatMessage
from skillconnect_ops.reference_api.stores import Document, Loaded

COLLECTION = "chats"
BOOKINGS = "bookings"


class Written(Struct, frozen=True, kw_only=True):
    """A line that was kept."""

    recipient: str
    """The other one's id."""
    booking: str
    shown: ChatMessage


async def written(
    loaded: Loaded, sender: ObjectId, message: str, booking: Mapping[str, Any]
) -> Written | None:
    """Keep a line of a chat; one of a booking that was cancelled is for reading alone.

    Args:
        loaded: the stores.
        sender: who writes.
        message: what.
        booking: which booking brings the two together, as a query; the newest that fits.

    Returns:
        What was kept; None where no such booking of the sender stands.
    """
    own = {"$or": [{"requester": sender}, {"provider": sender}]}
    found = await loaded.database[BOOKINGS].find_one(
        {"$and": [own, booking], "status": {"$ne": BookingStatus.CANCELLED.value}},
        {"requester": 1, "provider": 1},
        sort=[("_id", -1)],
    )
    if found is None:
        return None
    people = [found["requester"], found["provider"]]
    document = {
        "_id": ObjectId(),
        "appointmentId": found["_id"],
        "participants": people,
        "sender": sender,
        "message": message,
        "createdAt": datetime.now(UTC),
    }
    await loaded.database[COLLECTION].insert_one(document)
    other = people[people[0] == sender]
    return Written(recipient=str(other), booking=str(found["_id"]), shown=shown(document))


def with_person(other: str) -> dict[str, Any]:
    """Bookings that somebody has a part in."""
    person = ObjectId(other)
    return {"$or": [{"requester": person}, {"provider": person}]}


def shown(document: Document) -> ChatMessage:
    """A line as the two see it."""
    return ChatMessage(
        id=str(document["_id"]),
        sender=str(document["sender"]),
        message=document["message"],
        created_at=document["createdAt"],
    )
