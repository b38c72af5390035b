"""Work that people ask for."""

from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from fastapi import APIRouter

from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate.paths import PREFIX
from skillconnect_ops.reference_api.models.fields import RequestStatus, Role
from skillconnect_ops.reference_api.models.sent import NewServiceRequest, ServiceRequestChange
from skillconnect_ops.reference_api.models.told import (
    Done,
    ServiceRequest,
    ServiceRequestAnswer,
    ServiceRequests,
)
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
from skillconnect_ops.reference_api.stores import Document

COLLECTION = "servicerequests"
"""As Mongoose names the collection of the model `ServiceRequest`."""

router = APIRouter(prefix=f"{PREFIX}/service-request", tags=["service request"])


@router.post("", status_code=201, responses=failures(Code.TOKEN_EXPIRED, body=True))
async def create(
    exchange: Exchanged, account: Person, sent: NewServiceRequest
) -> ServiceRequestAnswer:
    """Ask for work."""
    made: dict[str, Any] = {
        **sent.model_dump(by_alias=True),
        "requester": account.id,
        "status": RequestStatus.OPEN.value,
        "booking": None,
        "createdAt": datetime.now(UTC),
    }
    done = await exchange.loaded.database[COLLECTION].insert_one(made)
    return ServiceRequestAnswer(service_request=_shown({**made, "_id": done.inserted_id}))


@router.get("", responses=failures(Code.TOKEN_EXPIRED))
async def every(
    exchange: Exchanged, account: Person, limit: Limit = 20, before: Before = None
) -> ServiceRequests:
    """One's own, the newest first; a provider sees the open ones of all, without addresses."""
    provider = account.role is Role.PROVIDER
    query = {"status": RequestStatus.OPEN.value} if provider else {"requester": account.id}
    found, after = await page(
        exchange.loaded.database[COLLECTION], query, limit=limit, before=before
    )
    shown = [_shown(one, private=one["requester"] == account.id) for one in found]
    return ServiceRequests(service_requests=shown, next=after)


@router.get("/{request_id}", responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND))
async def one(exchange: Exchanged, account: Person, request_id: IdInPath) -> ServiceRequestAnswer:
    """One of one's own."""
    found = await exchange.loaded.database[COLLECTION].find_one(
        {"_id": ObjectId(request_id), "requester": account.id}
    )
    if found is None:
        raise not_found("service request")
    return ServiceRequestAnswer(service_request=_shown(found))


@router.put(
    "/{request_id}",
    responses=failures(
        Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, Code.RESOURCE_CONFLICT, body=True
    ),
)
async def change(
    exchange: Exchanged, account: Person, request_id: IdInPath, sent: ServiceRequestChange
) -> ServiceRequestAnswer:
    """Change an open one."""
    requests = exchange.loaded.database[COLLECTION]
    own = {"_id": ObjectId(request_id), "requester": account.id}
    fields = sent.model_dump(by_alias=True, exclude_none=True)
    changed = await requests.find_one_and_update(
        {**own, "status": RequestStatus.OPEN.value},
        {"$set": {**fields, "updatedAt": datetime.now(UTC)}},
        return_document=True,
    )
    if changed is not None:
        return ServiceRequestAnswer(service_request=_shown(changed))
    raise await _why_not(exchange, own)


@router.delete(
    "/{request_id}",
    responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, Code.RESOURCE_CONFLICT),
)
async def delete(exchange: Exchanged, account: Person, request_id: IdInPath) -> Done:
    """Take an open one back."""
    own = {"_id": ObjectId(request_id), "requester": account.id}
    done = await exchange.loaded.database[COLLECTION].delete_one(
        {**own, "status": RequestStatus.OPEN.value}
    )
    if not done.deleted_count:
        raise await _why_not(exchange, own)
    return Done(message="The service request is gone.")


async def _why_not(exchange: Exchanged, own: dict[str, Any]) -> ApiError:
    if await exchange.loaded.database[COLLECTION].find_one(own, {"_id": 1}):
        return ApiError(Code.RESOURCE_CONFLICT, "somebody has taken it on already")
    return not_found("service request")


def _shown(document: Document, *, private: bool = True) -> ServiceRequest:
    booking = document.get("booking")
    return ServiceRequest(
        id=str(document["_id"]),
        requester=str(document["requester"]),
        name=document["name"],
        address=document.get("address") if private else None,
        phone=document.get("phone") if private else None,
        type_of_work=document["typeOfWork"],
        description=document.get("description"),
        status=RequestStatus(document["status"]),
        booking=str(booking) if booking else None,
        expires_at=document.get("expiresAt"),
        created_at=document["createdAt"],
    )
