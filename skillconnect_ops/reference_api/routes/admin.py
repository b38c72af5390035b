"""Administration: for administrators who logged in with a second factor."""

from bson import ObjectId
from fastapi import APIRouter, Depends

from skillconnect_ops.reference_api import accounts
from skillconnect_ops.reference_api.accounts import USERS
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.gate.paths import PREFIX
from skillconnect_ops.reference_api.models.sent import AccountChange
from skillconnect_ops.reference_api.models.told import Accounts, MeAnswer
from skillconnect_ops.reference_api.routes.shared import (
    Before,
    Exchanged,
    IdInPath,
    Limit,
    administrator,
    failures,
    not_found,
    page,
)

router = APIRouter(prefix=f"{PREFIX}/admin", tags=["admin"], dependencies=[Depends(administrator)])


@router.get("/user", responses=failures(Code.TOKEN_EXPIRED))
async def users(exchange: Exchanged, limit: Limit = 20, before: Before = None) -> Accounts:
    """All accounts, the newest first."""
    found, after = await page(
        exchange.loaded.database[USERS],
        {},
        limit=limit,
        before=before,
        projection={"password": 0, "sessions": 0, "totp.secret": 0, "totp.recovery": 0},
    )
    return Accounts(users=[accounts.me(one) for one in found], next=after)


@router.patch(
    "/user/{user_id}", responses=failures(Code.TOKEN_EXPIRED, Code.RESOURCE_NOT_FOUND, body=True)
)
async def change(exchange: Exchanged, user_id: IdInPath, sent: AccountChange) -> MeAnswer:
    """Say of an account that somebody has verified it, or not."""
    changed = await exchange.loaded.database[USERS].find_one_and_update(
        {"_id": ObjectId(user_id)}, {"$set": {"verified": sent.verified}}, return_document=True
    )
    if changed is None:
        raise not_found("account")
    return MeAnswer(user=accounts.me(changed))
