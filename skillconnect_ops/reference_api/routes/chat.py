"""Chats of the two people of a booking: kept in the database, and sent on at once."""

from bson import ObjectId
from fastapi import APIRouter, Request

from skillconnect_ops.reference_api import chats, house
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.gate.paths import PREFIX
from skillconnect_ops.reference_api.models.sent import NewMessage
from skillconnect_ops.reference_api.models.told import MessageAnswer, Messages
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

router = APIRouter(prefix=f"{PREFIX}/chat", tags=["chat"])


@router.post(
    "/{booking_id}",
    status_code=201,
    responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, body=True),
)
async def send(
    request: Request, exchange: Exchanged, account: Person, booking_id: IdInPath, sent: NewMessage
) -> MessageAnswer:
    """Write to the other one of a booking that was not cancelled."""
    written = await chats.written(
        exchange.loaded, account.id, sent.message, {"_id": ObjectId(booking_id)}
    )
    if written is None:
        raise not_found("standing booking")
    await house.of(request).realtime.tell(written)
    return MessageAnswer(message=written.shown)


@router.get("/{booking_id}", responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND))
async def read(
    exchange: Exchanged,
    account: Person,
    booking_id: IdInPath,
    limit: Limit = 20,
    before: Before = None,
) -> Messages:
    """What was written, the newest first."""
    found, after = await page(
        exchange.loaded.database[chats.COLLECTION],
        {"appointmentId": ObjectId(booking_id), "participants": account.id},
        limit=limit,
        before=before,
    )
    return Messages(messages=[chats.shown(one) for one in found], next=after)
