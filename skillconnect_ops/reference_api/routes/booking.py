"""Bookings: a provider's hour for a service request, made in one transaction.

As the action plan writes it: the booking, the service request that it is for, and the provider's
counter change together or not at all. Changing the provider's counter is what makes two bookings of
one provider conflict: of two that saw the same hour free one begins anew, and then sees the other.
So an hour is never given twice, with or without an index. To look comes first: who comes too late
conflicts with nobody.
"""

from datetime import UTC, datetime
from typing import Any

import pymongo
from bson import ObjectId
from fastapi import APIRouter
from pymongo import ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from skillconnect_ops.reference_api.accounts import USERS, Account
from skillconnect_ops.reference_api.chats import BOOKINGS
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate.paths import PREFIX
from skillconnect_ops.reference_api.models.fields import BookingStatus, RequestStatus, Role
from skillconnect_ops.reference_api.models.sent import BookingChange, NewBooking
from skillconnect_ops.reference_api.models.told import Booking, BookingAnswer, Bookings, Done
from skillconnect_ops.reference_api.routes import service_request
from skillconnect_ops.reference_api.routes.shared import (
    Before,
    Exchanged,
    IdInPath,
    Limit,
    Person,
    failures,
    not_found,
    page,
)
from skillconnect_ops.reference_api.stores import Document, Loaded

COLLECTION = BOOKINGS
_TRANSACTION_S = 8.0
_UNAUTHORIZED, _EXISTS = 13, 48
"""MongoDB's codes."""
_STANDING = [BookingStatus.PENDING.value, BookingStatus.CONFIRMED.value]
_NEXT = {
    BookingStatus.CONFIRMED: {BookingStatus.PENDING.value},
    BookingStatus.COMPLETED: {BookingStatus.CONFIRMED.value},
    BookingStatus.CANCELLED: set(_STANDING),
}

router = APIRouter(prefix=f"{PREFIX}/booking", tags=["booking"])


@router.post(
    "",
    status_code=201,
    responses=failures(
        Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, Code.RESOURCE_CONFLICT, body=True
    ),
)
async def create(exchange: Exchanged, account: Person, sent: NewBooking) -> BookingAnswer:
    """Book a provider's hour for an open service request of one's own; nobody books themselves."""
    slot = _slot(sent.slot)
    if sent.provider_id == str(account.id):
        raise ApiError(Code.RESOURCE_CONFLICT, "nobody books themselves")
    database = exchange.loaded.database
    booking: dict[str, Any] = {
        "_id": ObjectId(),
        "requester": account.id,
        "provider": ObjectId(sent.provider_id),
        "serviceRequest": ObjectId(sent.service_request_id),
        "slot": slot,
        "status": BookingStatus.PENDING.value,
        "createdAt": datetime.now(UTC),
    }
    # most of those who come too late are told here, before they wait for each other
    await _must_be_free(database, booking, None)

    async def together(session: AsyncClientSession) -> None:
        await _book(database, booking, session)

    await _make_collection(exchange.loaded)
    await _in_transaction(exchange.loaded, together)
    return BookingAnswer(booking=_shown(booking))


@router.get("", responses=failures(Code.TOKEN_EXPIRED))
async def every(
    exchange: Exchanged, account: Person, limit: Limit = 20, before: Before = None
) -> Bookings:
    """One's own, the newest first: asked for, or given."""
    found, after = await page(
        exchange.loaded.database[COLLECTION], _own(account), limit=limit, before=before
    )
    return Bookings(bookings=[_shown(one) for one in found], next=after)


@router.get("/{booking_id}", responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND))
async def one(exchange: Exchanged, account: Person, booking_id: IdInPath) -> BookingAnswer:
    """One of one's own."""
    found = await exchange.loaded.database[COLLECTION].find_one(
        {"_id": ObjectId(booking_id), **_own(account)}
    )
    if found is None:
        raise not_found("booking")
    return BookingAnswer(booking=_shown(found))


@router.patch(
    "/{booking_id}",
    responses=failures(
        Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, Code.RESOURCE_CONFLICT, body=True
    ),
)
async def change(
    exchange: Exchanged, account: Person, booking_id: IdInPath, sent: BookingChange
) -> BookingAnswer:
    """The booking's provider confirms and completes; both may cancel."""
    if sent.status not in _NEXT:
        raise ApiError(Code.RESOURCE_CONFLICT, "no booking becomes this again")
    return BookingAnswer(booking=_shown(await _moved(exchange, account, booking_id, sent.status)))


@router.delete(
    "/{booking_id}",
    responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, Code.RESOURCE_CONFLICT),
)
async def cancel(exchange: Exchanged, account: Person, booking_id: IdInPath) -> Done:
    """Cancel one; the service request is open again."""
    await _moved(exchange, account, booking_id, BookingStatus.CANCELLED)
    return Done(message="The booking is cancelled.")


def _slot(text: str) -> datetime:
    try:
        slot = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError(
            Code.VALIDATION_FAILED, "there is no such day", fields=(("slot", "no such day"),)
        ) from error
    if slot <= datetime.now(UTC):
        raise ApiError(Code.RESOURCE_CONFLICT, "the slot is over")
    return slot


async def _make_collection(loaded: Loaded) -> None:
    """Have the collection before a transaction needs it.

    Where one makes it, another may still see none and yet everything else that the first has
    changed, and so gives the hour away again (met with MongoDB 6.0).
    """
    if loaded.holds_bookings:
        return
    try:
        await loaded.database.command("create", COLLECTION)
    except OperationFailure as error:
        if error.code not in {_EXISTS, _UNAUTHORIZED}:  # who may not make it has it
            raise
    loaded.holds_bookings = True


async def _in_transaction(loaded: Loaded, together: Any) -> None:
    """Run it as MongoDB's documentation asks: again at each conflict, majority both ways."""
    async with loaded.mongo.start_session() as session:
        # else it tries again for two minutes, which no client waits for
        with pymongo.timeout(_TRANSACTION_S):
            await session.with_transaction(
                together,
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=ReadPreference.PRIMARY,
            )


async def _book(
    database: AsyncDatabase[Document], booking: Document, session: AsyncClientSession
) -> None:
    await _must_be_free(database, booking, session)
    provider = await database[USERS].update_one(
        {"_id": booking["provider"], "role": Role.PROVIDER.value},
        {"$inc": {"totalJobsAssigned": 1}},
        session=session,
    )
    if not provider.matched_count:
        raise ApiError(Code.RESOURCE_NOT_FOUND, "there is no such provider")
    assigned = {"status": RequestStatus.ASSIGNED.value, "booking": booking["_id"]}
    request = await database[service_request.COLLECTION].update_one(
        {
            "_id": booking["serviceRequest"],
            "requester": booking["requester"],
            "status": RequestStatus.OPEN.value,
        },
        {"$set": assigned},
        session=session,
    )
    if not request.matched_count:
        raise ApiError(Code.RESOURCE_CONFLICT, "the service request is not yours, or not open")
    await database[COLLECTION].insert_one(booking, session=session)


async def _must_be_free(
    database: AsyncDatabase[Document], booking: Document, session: AsyncClientSession | None
) -> None:
    taken = await database[COLLECTION].find_one(
        {
            "provider": booking["provider"],
            "status": {"$in": _STANDING},
            "slot": booking["slot"],
        },
        {"_id": 1},
        session=session,
    )
    if taken:
        raise ApiError(Code.RESOURCE_CONFLICT, "the provider has another booking then")


async def _moved(
    exchange: Exchanged, account: Account, booking_id: str, status: BookingStatus
) -> Document:
    """The booking with its new status; what belongs to it changes in the same transaction."""
    database = exchange.loaded.database
    own = {"_id": ObjectId(booking_id), **_own(account)}
    may = {} if status is BookingStatus.CANCELLED else {"provider": account.id}
    moved: Document = {}

    async def together(session: AsyncClientSession) -> None:
        changed = await database[COLLECTION].find_one_and_update(
            {**own, **may, "status": {"$in": sorted(_NEXT[status])}},
            {"$set": {"status": status.value, "updatedAt": datetime.now(UTC)}},
            return_document=True,
            session=session,
        )
        if changed is None:
            there = await database[COLLECTION].find_one(own, {"provider": 1}, session=session)
            if there is None:
                raise not_found("booking")
            if may and there["provider"] != account.id:
                raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "it is the provider who says so")
            raise ApiError(Code.RESOURCE_CONFLICT, "its status does not allow that")
        await _follow(database, changed, status, session)
        moved.update(changed)

    await _in_transaction(exchange.loaded, together)
    return moved


async def _follow(
    database: AsyncDatabase[Document],
    booking: Document,
    status: BookingStatus,
    session: AsyncClientSession,
) -> None:
    """The service request, and the provider's counter, as they stand by now."""
    requests = database[service_request.COLLECTION]
    held = {"_id": booking["serviceRequest"], "booking": booking["_id"]}
    if status is BookingStatus.COMPLETED:
        closed = {"$set": {"status": RequestStatus.CLOSED.value}}
        await requests.update_one(held, closed, session=session)
    if status is BookingStatus.CANCELLED:
        opened = {"$set": {"status": RequestStatus.OPEN.value, "booking": None}}
        await requests.update_one(held, opened, session=session)
        less = {"$inc": {"totalJobsAssigned": -1}}
        await database[USERS].update_one({"_id": booking["provider"]}, less, session=session)


def _own(account: Account) -> dict[str, Any]:
    """Of either side: providers ask for work of others, too."""
    return {"$or": [{"requester": account.id}, {"provider": account.id}]}


def _shown(document: Document) -> Booking:
    return Booking(
        id=str(document["_id"]),
        requester=str(document["requester"]),
        provider=str(document["provider"]),
        service_request=str(document["serviceRequest"]),
        slot=document["slot"],
        status=BookingStatus(document["status"]),
        created_at=document["createdAt"],
    )
