"""Accounts and their sessions, as the database holds them.

The sessions lie within the account: one read by its id says who somebody is, and whether the
session of their token still stands, so that to log out, or to change a password, works at once.
"""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from msgspec import Struct

from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.models.told import Me
from skillconnect_ops.reference_api.proofs import passwords
from skillconnect_ops.reference_api.proofs.second_factor import digest
from skillconnect_ops.reference_api.proofs.tokens import Claims
from skillconnect_ops.reference_api.stores import Document, Loaded

USERS = "users"
MOST_SESSIONS = 20
"""Of one account; the oldest ends when another one begins."""
_GRACE = timedelta(seconds=10)
"""Two tabs may refresh at once: for so long the token of before is no sign of theft."""


class Account(Struct, frozen=True, kw_only=True):
    """Somebody who is logged in."""

    id: ObjectId
    role: Role
    session_id: str
    strong: bool
    """Whether the session began with a second factor."""
    document: Document


class NewSession(Struct, frozen=True, kw_only=True):
    """What a login begins."""

    id: str
    refresh: str
    """The refresh token; the database knows its digest alone."""


async def signed_in(loaded: Loaded, claims: Claims) -> Account:
    """The account of a token, whose session still stands.

    Raises:
        ApiError: it does not.
    """
    try:
        user_id = ObjectId(claims.user_id)
    except InvalidId as error:
        raise ApiError(Code.TOKEN_INVALID, "it names no account") from error
    found = await loaded.database[USERS].find_one(
        {"_id": user_id}, {"password": 0, "totp.secret": 0, "totp.recovery": 0}
    )
    session = _session(found, claims.session_id)
    if found is None or session is None:
        raise ApiError(Code.TOKEN_INVALID, "the session has ended")
    role = Role(found["role"])
    if claims.is_admin != (role is Role.ADMIN):
        raise ApiError(Code.TOKEN_INVALID, "the account is another one's by now")
    return Account(
        id=user_id,
        role=role,
        session_id=claims.session_id,
        strong=bool(session["strong"]),
        document=found,
    )


async def begin_session(loaded: Loaded, found: Document, *, strong: bool) -> NewSession:
    """Begin one; the oldest of many ends.

    Args:
        loaded: the stores.
        found: the account, with the proofs that were looked at.
        strong: whether the second factor was one of them.

    Raises:
        ApiError: those are its proofs no longer, so that nothing began by an old password.
    """
    session = NewSession(id=secrets.token_urlsafe(18), refresh=secrets.token_urlsafe(32))
    now = datetime.now(UTC)
    entry = {
        "sid": session.id,
        "refresh": digest(session.refresh),
        "strong": strong,
        "createdAt": now,
        "refreshedAt": now,
        "expiresAt": now + timedelta(seconds=loaded.settings.session_s),
    }
    factor: dict[str, Any] = {"totp.confirmed": {"$ne": True}}
    if strong:
        factor = {"totp.confirmed": True, "totp.secret": found["totp"]["secret"]}
    begun = await loaded.database[USERS].update_one(
        {"_id": found["_id"], "password": found["password"], **factor},
        {"$push": {"sessions": {"$each": [entry], "$slice": -MOST_SESSIONS}}},
    )
    if not begun.matched_count:
        raise ApiError(Code.AUTH_FAILED, "how one logs in was changed meanwhile")
    loaded.living.see(str(found["_id"]), session.id)
    return session


def check_password(password: str, document: Document) -> None:
    """A new password holds no name of its account.

    Raises:
        ApiError: it does.
    """
    problem = passwords.problem(password, document["username"], document["email"])
    if problem is not None:
        raise ApiError(Code.VALIDATION_FAILED, problem, fields=(("password", problem),))


async def refreshed(loaded: Loaded, token: str) -> tuple[Document, NewSession]:
    """Another refresh token for one that is good once.

    Args:
        loaded: the stores.
        token: `<user>.<session>.<refresh token>`.

    Returns:
        The account, and the session with its new token.

    Raises:
        ApiError: it is none, or was used before: then whoever has it, the session ends.
    """
    user_id, session_id, sent = split_refresh(token)
    users = loaded.database[USERS]
    found = await users.find_one({"_id": user_id})
    session = _session(found, session_id)
    if found is None or session is None:
        raise ApiError(Code.TOKEN_INVALID, "the session has ended")
    if not hmac.compare_digest(session["refresh"], digest(sent)):
        recent = datetime.now(UTC) - session["refreshedAt"] < _GRACE
        before = hmac.compare_digest(session.get("before") or "", digest(sent))
        # only who had a token of this session knows its name: a thief may be ahead by several
        if not (before and recent):
            await end_session(loaded, user_id, session_id)
        raise ApiError(Code.TOKEN_INVALID, "the refresh token was used before")
    fresh = NewSession(id=session_id, refresh=secrets.token_urlsafe(32))
    changed = await users.update_one(
        {
            "_id": user_id,
            "sessions": {"$elemMatch": {"sid": session_id, "refresh": session["refresh"]}},
        },
        {
            "$set": {
                "sessions.$.refresh": digest(fresh.refresh),
                "sessions.$.before": session["refresh"],
                "sessions.$.refreshedAt": datetime.now(UTC),
            }
        },
    )
    if not changed.modified_count:
        raise ApiError(Code.TOKEN_INVALID, "the refresh token was used before")
    return found, fresh


def split_refresh(token: str) -> tuple[ObjectId, str, str]:
    """The account, the session and the secret that a refresh token names.

    Raises:
        ApiError: it is none.
    """
    user_id, _, rest = token.partition(".")
    session_id, _, sent = rest.partition(".")
    if not ObjectId.is_valid(user_id) or not session_id or not sent:
        raise ApiError(Code.TOKEN_INVALID, "it is no refresh token")
    return ObjectId(user_id), session_id, sent


async def end_session_of(loaded: Loaded, user_id: ObjectId, session_id: str, sent: str) -> None:
    """End the session that a refresh token belongs to; no error where it has ended already."""
    await loaded.database[USERS].update_one(
        {"_id": user_id}, {"$pull": {"sessions": {"sid": session_id, "refresh": digest(sent)}}}
    )


async def end_session(loaded: Loaded, user_id: ObjectId, session_id: str) -> None:
    """End one."""
    await loaded.database[USERS].update_one(
        {"_id": user_id}, {"$pull": {"sessions": {"sid": session_id}}}
    )


def me(document: Document) -> Me:
    """An account as its owner, and administrators, see it."""
    return Me(
        id=str(document["_id"]),
        username=document["username"],
        email=document["email"],
        first_name=document["firstName"],
        last_name=document["lastName"],
        phone=document["phone"],
        address=document.get("address"),
        role=Role(document["role"]),
        skills=document.get("skills", []),
        verified=document["verified"],
        has_second_factor=bool(document.get("totp", {}).get("confirmed")),
        created_at=document["createdAt"],
        total_jobs_assigned=document.get("totalJobsAssigned", 0),
    )


def new_document(*, password_hash: str, role: Role, **fields: Any) -> Document:
    """An account that has just been made; `verified` is for administrators to say."""
    return {
        **fields,
        "password": password_hash,
        "role": role.value,
        "verified": False,
        "totalJobsAssigned": 0,
        "sessions": [],
        "createdAt": datetime.now(UTC),
    }


def _session(document: Document | None, session_id: str) -> dict[str, Any] | None:
    now = datetime.now(UTC)
    for session in (document or {}).get("sessions", ()):
        if session["sid"] == session_id and session["expiresAt"] > now:
            return dict(session)
    return None
