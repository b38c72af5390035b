"""One's own account, and the providers that all may see."""

from typing import Any

from bson import ObjectId
from fastapi import APIRouter, Depends, Request

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import accounts, house
from skillconnect_ops.reference_api.accounts import USERS
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate import limits
from skillconnect_ops.reference_api.gate.exchange import Exchange
from skillconnect_ops.reference_api.gate.paths import PREFIX
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.models.sent import (
    ChangePassword,
    EndSecondFactor,
    Profile,
    WithCode,
    WithPassword,
)
from skillconnect_ops.reference_api.models.told import (
    Done,
    Enrolment,
    MeAnswer,
    Provider,
    Providers,
    RecoveryCodes,
)
from skillconnect_ops.reference_api.proofs import passwords
from skillconnect_ops.reference_api.proofs import second_factor as factors
from skillconnect_ops.reference_api.routes.auth import count_try, use_code
from skillconnect_ops.reference_api.routes.shared import (
    Before,
    Exchanged,
    Limit,
    SignedIn,
    failures,
    page,
    signed_in,
)
from skillconnect_ops.reference_api.stores import Document

router = APIRouter(prefix=PREFIX, tags=["user"])


@router.get("/user/profile", responses=failures(Code.TOKEN_EXPIRED))
async def profile(account: SignedIn) -> MeAnswer:
    """One's own account."""
    return MeAnswer(user=accounts.me(account.document))


@router.put("/user/profile", responses=failures(Code.TOKEN_EXPIRED, body=True))
async def change_profile(exchange: Exchanged, account: SignedIn, sent: Profile) -> MeAnswer:
    """Change what one says of oneself; what is left out stays."""
    users = exchange.loaded.database[USERS]
    fields = sent.model_dump(by_alias=True, exclude_none=True)
    if fields:
        await users.update_one({"_id": account.id}, {"$set": fields})
    return MeAnswer(user=accounts.me({**account.document, **fields}))


@router.put("/user/password", responses=failures(Code.AUTH_FAILED, body=True))
async def change_password(
    request: Request, exchange: Exchanged, account: SignedIn, sent: ChangePassword
) -> Done:
    """Set a new password; all other sessions end."""
    found = await _proven(request, exchange, account.id, sent.current_password)
    accounts.check_password(sent.password, found)
    fresh = await passwords.hashed(Secret(sent.password))
    others = {"sid": {"$ne": account.session_id}}
    changed = await exchange.loaded.database[USERS].update_one(
        {"_id": account.id, "password": found["password"]},
        {"$set": {"password": fresh}, "$pull": {"sessions": others}},
    )
    if not changed.matched_count:
        raise ApiError(Code.AUTH_FAILED, "the password was changed meanwhile")
    house.of(request).realtime.look_at(str(account.id))
    return Done(message="The password is new; other sessions have ended.")


@router.post(
    "/user/second-factor",
    responses=failures(Code.AUTH_FAILED, Code.RESOURCE_CONFLICT, body=True),
)
async def begin_second_factor(
    request: Request, exchange: Exchanged, account: SignedIn, sent: WithPassword
) -> Enrolment:
    """Begin to use a second factor: what the authenticator app is to read."""
    await _proven(request, exchange, account.id, sent.password)
    secret = factors.new_secret()
    totp: dict[str, Any] = {"secret": secret.reveal(), "confirmed": False, "lastStep": 0}
    changed = await exchange.loaded.database[USERS].update_one(
        {"_id": account.id, "totp.confirmed": {"$ne": True}}, {"$set": {"totp": totp}}
    )
    if not changed.matched_count:
        raise ApiError(Code.RESOURCE_CONFLICT, "there is a second factor already")
    uri = factors.uri(secret, account.document["email"])
    return Enrolment(uri=uri, qr_svg=factors.qr_svg(uri))


@router.post(
    "/user/second-factor/confirm",
    responses=failures(Code.AUTH_FAILED, Code.RESOURCE_CONFLICT, body=True),
)
async def confirm_second_factor(
    request: Request, exchange: Exchanged, account: SignedIn, sent: WithCode
) -> RecoveryCodes:
    """Prove that the app has it; from now on it is asked for. Recovery codes are shown once."""
    users = exchange.loaded.database[USERS]
    found = await users.find_one({"_id": account.id})
    if found is None or found.get("totp", {}).get("confirmed"):
        raise ApiError(Code.RESOURCE_CONFLICT, "there is nothing to confirm")
    await use_code(request, exchange, found, sent.code)
    codes = factors.new_recovery_codes()
    changed = await users.update_one(
        {
            "_id": account.id,
            "totp.confirmed": False,
            "totp.secret": found["totp"]["secret"],
            "sessions.sid": account.session_id,
        },
        {
            "$set": {
                "totp.confirmed": True,
                "totp.recovery": [factors.digest(code) for code in codes],
                "sessions.$.strong": True,
            }
        },
    )
    if not changed.modified_count:
        raise ApiError(Code.RESOURCE_CONFLICT, "there is nothing to confirm")
    # sessions that began without it end: they prove less than is asked for now
    weak = {"sid": {"$ne": account.session_id}}
    await users.update_one({"_id": account.id}, {"$pull": {"sessions": weak}})
    house.of(request).realtime.look_at(str(account.id))
    return RecoveryCodes(recovery_codes=list(codes))


@router.delete(
    "/user/second-factor",
    responses=failures(Code.AUTH_FAILED, body=True),
)
async def end_second_factor(
    request: Request, exchange: Exchanged, account: SignedIn, sent: EndSecondFactor
) -> Done:
    """Go back to the password alone; administrators then see no administration."""
    found = await _proven(request, exchange, account.id, sent.password)
    await use_code(request, exchange, found, sent.code)
    await exchange.loaded.database[USERS].update_one(
        {"_id": account.id, "totp.secret": found["totp"]["secret"]},
        {"$unset": {"totp": ""}, "$set": {"sessions.$[].strong": False}},
    )
    return Done(message="There is no second factor any more.")


@router.get("/provider", responses=failures(Code.TOKEN_EXPIRED), dependencies=[Depends(signed_in)])
async def providers(exchange: Exchanged, limit: Limit = 20, before: Before = None) -> Providers:
    """Who does work, the newest first."""
    found, after = await page(
        exchange.loaded.database[USERS],
        {"role": Role.PROVIDER.value},
        limit=limit,
        before=before,
        projection={"username": 1, "skills": 1, "totalJobsAssigned": 1},
    )
    return Providers(providers=[_provider(one) for one in found], next=after)


async def _proven(
    request: Request, exchange: Exchange, user_id: ObjectId, password: str
) -> Document:
    """The account, whose password was typed once more.

    Raises:
        ApiError: it is wrong.
    """
    await count_try(request, exchange, limits.ACCOUNT, str(user_id))
    found = await exchange.loaded.database[USERS].find_one({"_id": user_id})
    if found is None or not await passwords.fits(Secret(password), found["password"]):
        raise ApiError(Code.AUTH_FAILED, "the password is wrong")
    return found


def _provider(document: Document) -> Provider:
    return Provider(
        id=str(document["_id"]),
        username=document["username"],
        skills=document.get("skills", []),
        total_jobs_assigned=document.get("totalJobsAssigned", 0),
    )
