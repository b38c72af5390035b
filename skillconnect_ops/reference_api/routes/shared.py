"""What several routes need: who is logged in, a page of documents, and what an answer may be."""

from collections.abc import Mapping
from typing import Annotated, Any

from bson import ObjectId
from fastapi import Depends, Path, Query, Request
from pymongo.asynchronous.collection import AsyncCollection

from skillconnect_ops.reference_api import accounts, house
from skillconnect_ops.reference_api.accounts import Account
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate import count_owner
from skillconnect_ops.reference_api.gate.exchange import Exchange
from skillconnect_ops.reference_api.gate.exchange import of as exchange_of
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.models.told import Failure
from skillconnect_ops.reference_api.stores import Document

IdInPath = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hexadecimal digits.")]
Limit = Annotated[int, Query(ge=1, le=50, description="How many at most.")]
Before = Annotated[
    str | None,
    Query(pattern="^[0-9a-f]{24}$", description="Where the last page ended: its `next`."),
]


async def signed_in(request: Request) -> Account:
    """Who sent the request.

    Raises:
        ApiError: nobody who is logged in, or somebody who has sent too many.
    """
    exchange = exchange_of(request)
    claims = exchange.must_have_claims()
    account = await accounts.signed_in(exchange.loaded, claims)
    await count_owner(exchange, house.of(request).limiter, claims)
    exchange.user_id = str(account.id)
    return account


async def administrator(account: Annotated[Account, Depends(signed_in)]) -> Account:
    """An administrator who logged in with a second factor.

    Raises:
        ApiError: it is none.
    """
    if account.role is not Role.ADMIN:
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "it is for administrators")
    if not account.strong:
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "administrators log in with a second factor")
    return account


async def _person(account: Annotated[Account, Depends(signed_in)]) -> Account:
    if account.role is Role.ADMIN:
        raise ApiError(Code.INSUFFICIENT_PERMISSIONS, "administrators ask for no work")
    return account


async def _exchanged(request: Request) -> Exchange:
    """The exchange; what is not `async` would be called in a thread of its own."""
    return exchange_of(request)


SignedIn = Annotated[Account, Depends(signed_in)]
Person = Annotated[Account, Depends(_person)]
Exchanged = Annotated[Exchange, Depends(_exchanged)]


async def page(
    collection: AsyncCollection[Document],
    query: Mapping[str, Any],
    *,
    limit: int,
    before: str | None,
    projection: Mapping[str, int] | None = None,
) -> tuple[list[Document], str | None]:
    """The newest documents before a mark, and the mark of the next page.

    Ids alone tell seconds: of two that two workers make in one, either may be the smaller.
    """
    bound = await _before(collection, ObjectId(before)) if before else {}
    newest = [("createdAt", -1), ("_id", -1)]
    cursor = collection.find({"$and": [query, bound]}, projection).sort(newest).limit(limit + 1)
    found = await cursor.to_list()
    more = len(found) > limit
    return found[:limit], str(found[limit - 1]["_id"]) if more else None


async def _before(collection: AsyncCollection[Document], mark: ObjectId) -> dict[str, Any]:
    """What is older than a document, which may be gone by now."""
    found = await collection.find_one({"_id": mark}, {"createdAt": 1})
    at = found["createdAt"] if found else mark.generation_time
    return {"$or": [{"createdAt": {"$lt": at}}, {"createdAt": at, "_id": {"$lt": mark}}]}


def not_found(what: str) -> ApiError:
    """The same whether it is not there or another one's."""
    return ApiError(Code.RESOURCE_NOT_FOUND, f"there is no such {what} of yours")


def failures(*codes: Code, body: bool = False, account: bool = True) -> dict[int | str, Any]:
    """How a route fails, for the API's description.

    Args:
        codes: its own.
        body: whether it takes a body.
        account: whether one has to be logged in.
    """
    always = [
        Code.INVALID_INPUT,
        Code.INSUFFICIENT_PERMISSIONS,
        Code.VALIDATION_FAILED,
        Code.RATE_LIMITED,
        Code.INTERNAL_ERROR,
        Code.DATABASE_ERROR,
    ]
    more = [Code.TOKEN_INVALID] if account else []
    by_status: dict[int | str, list[Code]] = {}
    for code in (*more, *codes, *always):
        by_status.setdefault(code.status, []).append(code)
    if body:
        by_status |= {408: [Code.INVALID_INPUT], 413: [Code.INVALID_INPUT]}
        by_status[415] = [Code.INVALID_INPUT]
    return {status: _described(found) for status, found in sorted(by_status.items(), key=str)}


def _described(codes: list[Code]) -> dict[str, Any]:
    unique = list(dict.fromkeys(codes))
    examples = {
        code.wire: {
            "summary": code.safe,
            "value": {
                "success": False,
                "message": code.safe,
                "errorCode": code.wire,
                "requestId": "6f1c2b9d0e4a4d7f9a5b3c8e7d6f5a4b",
            },
        }
        for code in unique
    }
    return {
        "model": Failure,
        "description": "; ".join(code.safe.rstrip(".") for code in unique),
        "content": {"application/json": {"examples": examples}},
    }
