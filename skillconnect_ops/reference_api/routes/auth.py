"""Accounts begin here, and sessions begin, go on and end.

Nothing tells whether an address has an account: what is said, and how long it takes, is the same.
So an account is made by the token in a mail, not by the request that asked for it; and whoever
registers an address that has an account is answered as everybody is, while its owner gets a mail.

The token alone makes none: it takes the password that was chosen, too. So nobody, by a click in a
mail, confirms an account that somebody else has asked for and knows the password of.
"""

import json
import secrets
from contextlib import suppress
from typing import Any

from bson import ObjectId
from fastapi import APIRouter, Request, Response
from pymongo.errors import DuplicateKeyError
from redis.exceptions import RedisError

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import accounts, house
from skillconnect_ops.reference_api.accounts import USERS, NewSession
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate import cookies, csrf, devices, limits, require_own_page
from skillconnect_ops.reference_api.gate.exchange import Exchange
from skillconnect_ops.reference_api.gate.limits import Policy, Wanted
from skillconnect_ops.reference_api.gate.paths import PREFIX
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.models.sent import (
    Forgot,
    Login,
    Register,
    Reset,
    SecondFactor,
    Verify,
)
from skillconnect_ops.reference_api.models.told import (
    CsrfAnswer,
    Done,
    LoggedIn,
    RealtimeTicket,
    Ticket,
)
from skillconnect_ops.reference_api.proofs import passwords
from skillconnect_ops.reference_api.proofs import second_factor as factors
from skillconnect_ops.reference_api.proofs.second_factor import digest
from skillconnect_ops.reference_api.proofs.tokens import Kind, issued, verified
from skillconnect_ops.reference_api.routes.shared import Exchanged, Person, SignedIn, failures
from skillconnect_ops.reference_api.settings import Settings
from skillconnect_ops.reference_api.stores import Document, Loaded

REGISTRATION_S = 3_600
RESET_S = 900
_TICKET_S = 600
"""For so long a ticket that was used is remembered; it is over before that."""
_LOCK_S = 10
MAILS = Policy(name="mails", limit=5, window_s=60 * 60)
"""Mails to one address that strangers can ask for; beyond it none goes out, and nobody is told."""
_SENT = "If this address can be written to, a mail is on its way."

router = APIRouter(prefix=f"{PREFIX}/auth", tags=["auth"])


@router.post(
    "/register",
    status_code=202,
    responses=failures(Code.RESOURCE_ALREADY_EXISTS, body=True, account=False),
)
async def register(request: Request, exchange: Exchanged, sent: Register) -> Done:
    """Ask for an account; a mail with a token goes to the address."""
    loaded = exchange.loaded
    users = loaded.database[USERS]
    password_hash = await passwords.hashed(Secret(sent.password))
    token = secrets.token_urlsafe(32)
    if await users.find_one({"username": sent.username}, {"_id": 1}):
        raise ApiError(Code.RESOURCE_ALREADY_EXISTS, "the user name is taken")
    known = await users.find_one({"email": sent.email}, {"_id": 1})
    is_new = await _reserve(loaded, sent)
    fields = sent.model_dump(mode="json", by_alias=True, exclude={"password", "confirm_password"})
    # kept in both cases, so that both take the same time; that of a known address opens nothing
    kept = {"known": bool(known), "password": password_hash, "fields": fields}
    key = f"registration:{digest(token)}"
    try:
        await loaded.redis.set(key, json.dumps(kept), ex=REGISTRATION_S)
    except BaseException:
        if is_new:
            await _release(loaded, sent.username)
        raise
    if await _may_be_written_to(request, exchange, sent.email):
        text = _ALREADY if known else _CONFIRM.format(token=token, frontend=_frontend(exchange))
        house.of(request).outbox.post(
            loaded.settings, to=sent.email, subject="Your SkillConnect account", text=text
        )
    return Done(message=_SENT)


@router.post(
    "/verify-email",
    status_code=201,
    responses=failures(Code.RESOURCE_ALREADY_EXISTS, Code.AUTH_FAILED, body=True, account=False),
)
async def verify_email(exchange: Exchanged, sent: Verify) -> Done:
    """Make the account that was asked for, by the token from the mail and the password chosen."""
    loaded = exchange.loaded
    key = f"registration:{digest(sent.token)}"
    kept = await loaded.redis.get(key)
    registration: dict[str, Any] = json.loads(kept) if kept else {"known": True}
    if registration["known"]:
        raise ApiError(Code.AUTH_FAILED, "no registration has this token")
    if not await passwords.fits(Secret(sent.password), registration["password"]):
        raise ApiError(Code.AUTH_FAILED, "it is not the password that was chosen")
    fields = registration["fields"]
    await _insert(loaded, fields, registration["password"])
    # only now: a database that is not there for a moment costs nobody their registration
    await loaded.redis.delete(key, _reserved(fields["username"]))
    return Done(message="The account is ready. Log in to go on.")


@router.post(
    "/login",
    responses=failures(Code.AUTH_FAILED, body=True, account=False),
)
async def login(
    request: Request, response: Response, exchange: Exchanged, sent: Login
) -> LoggedIn | Ticket:
    """Begin a session; with a second factor it takes another step."""
    loaded = exchange.loaded
    account = digest(sent.email)
    kept = exchange.cookies.get(cookies.device(exchange.settings), "")
    device = devices.known(exchange.settings.users, account, kept)
    who = f"device:{device}" if device else account
    await count_try(request, exchange, limits.ACCOUNT, who)
    found = await loaded.database[USERS].find_one({"email": sent.email})
    password = Secret(sent.password)
    if not await passwords.fits(password, found["password"] if found else None) or found is None:
        raise ApiError(Code.AUTH_FAILED, "the address or the password is wrong")
    if passwords.is_old(found["password"]):
        fresh = await passwords.hashed(password)
        renewed = await loaded.database[USERS].update_one(
            {"_id": found["_id"], "password": found["password"]}, {"$set": {"password": fresh}}
        )
        if renewed.modified_count:
            found["password"] = fresh
    exchange.user_id = str(found["_id"])
    if found.get("totp", {}).get("confirmed"):
        return Ticket(ticket=ticket_of(loaded.settings, found))
    session = await accounts.begin_session(loaded, found, strong=False)
    _remember(response, exchange, found)
    return _logged_in(response, exchange, found, session)


@router.post(
    "/second-factor",
    responses=failures(
        Code.AUTH_FAILED, Code.TOKEN_INVALID, Code.TOKEN_EXPIRED, body=True, account=False
    ),
)
async def second_factor(
    request: Request, response: Response, exchange: Exchanged, sent: SecondFactor
) -> LoggedIn:
    """The second step: a code from the authenticator, or a recovery code; each is good once.

    So is the ticket of the first step, which ends with the password that it was given for.
    """
    loaded = exchange.loaded
    claims = verified(loaded.settings, sent.ticket, Kind.TICKET)
    found = await loaded.database[USERS].find_one({"_id": ObjectId(claims.user_id)})
    if found is None or claims.is_admin != (found["role"] == Role.ADMIN):
        raise ApiError(Code.TOKEN_INVALID, "it names no account")
    if claims.session_id.rpartition(".")[2] != passwords.mark(found["password"]):
        raise ApiError(Code.TOKEN_INVALID, "it was given for another password")
    used = f"ticket:{digest(claims.session_id)}"
    if await loaded.redis.exists(used):  # before a recovery code is spent on it
        raise ApiError(Code.TOKEN_INVALID, "the ticket was used")
    await use_code(request, exchange, found, sent.code)
    if not await loaded.redis.set(used, "1", nx=True, ex=_TICKET_S):
        raise ApiError(Code.TOKEN_INVALID, "the ticket was used")
    exchange.user_id = claims.user_id
    session = await accounts.begin_session(loaded, found, strong=True)
    _remember(response, exchange, found)
    return _logged_in(response, exchange, found, session)


@router.post("/refresh", responses=failures(Code.TOKEN_EXPIRED))
async def refresh(request: Request, response: Response, exchange: Exchanged) -> LoggedIn:
    """Another access token, by the refresh token in its cookie, which is good once."""
    token = exchange.cookies.get(cookies.refresh(exchange.settings), "")
    require_own_page(exchange)
    user_id, _, _ = accounts.split_refresh(token)
    try:
        found, session = await accounts.refreshed(exchange.loaded, token)
    except ApiError:  # perhaps it has ended the session
        _look_at(request, user_id)
        raise
    exchange.user_id = str(found["_id"])
    return _logged_in(response, exchange, found, session)


@router.post("/logout", responses=failures())
async def logout(request: Request, response: Response, exchange: Exchanged) -> Done:
    """End the session."""
    token = exchange.cookies.get(cookies.refresh(exchange.settings), "")
    if token and not (exchange.claims and not exchange.by_cookie):
        user_id, session_id, sent = accounts.split_refresh(token)
        require_own_page(exchange)
        await accounts.end_session_of(exchange.loaded, user_id, session_id, sent)
    else:
        claims = exchange.must_have_claims()
        if exchange.by_cookie:
            require_own_page(exchange)
        user_id = ObjectId(claims.user_id)
        await accounts.end_session(exchange.loaded, user_id, claims.session_id)
    _look_at(request, user_id)
    cookies.drop_all(response, exchange.settings)
    return Done(message="Logged out.")


@router.get("/csrf", responses=failures())
async def csrf_token(response: Response, exchange: Exchanged, account: SignedIn) -> CsrfAnswer:
    """Another CSRF token for this session, in the cookie too."""
    return CsrfAnswer(csrf_token=_csrf(response, exchange, account.session_id))


@router.post("/realtime-ticket", responses=failures())
async def realtime_ticket(exchange: Exchanged, account: Person) -> RealtimeTicket:
    """A token for the handshake of a real-time connection; it is good for a minute."""
    ticket = issued(
        exchange.settings,
        Kind.REALTIME,
        user_id=str(account.id),
        session_id=account.session_id,
        admin=False,
    )
    return RealtimeTicket(ticket=ticket)


@router.post("/forgot-password", status_code=202, responses=failures(body=True, account=False))
async def forgot_password(request: Request, exchange: Exchanged, sent: Forgot) -> Done:
    """Have a mail sent with a token for a new password."""
    loaded = exchange.loaded
    found = await loaded.database[USERS].find_one({"email": sent.email}, {"password": 1})
    token = secrets.token_urlsafe(32)
    # it is for the password of now: once that is another one, older mails are good for nothing
    owner = f"{found['_id']} {digest(found['password'])}" if found else ""
    await loaded.redis.set(f"reset:{digest(token)}", owner, ex=RESET_S)
    if await _may_be_written_to(request, exchange, sent.email) and found:
        text = _RESET.format(token=token, frontend=_frontend(exchange))
        house.of(request).outbox.post(
            loaded.settings, to=sent.email, subject="Your SkillConnect password", text=text
        )
    return Done(message=_SENT)


@router.post(
    "/reset-password",
    responses=failures(Code.AUTH_FAILED, body=True, account=False),
)
async def reset_password(request: Request, exchange: Exchanged, sent: Reset) -> Done:
    """Set a new password by the token from the mail; all sessions end.

    A second factor stays: whoever reads somebody's mail has not their phone, and would be rid of it
    by a mail alone. Who has lost it logs in with a recovery code.
    """
    loaded = exchange.loaded
    key = f"reset:{digest(sent.token)}"
    owner: Any = await loaded.redis.get(key)
    user_id, _, before = str(owner or b"", "ascii").partition(" ")
    users = loaded.database[USERS]
    wanted = {"password": 1, "username": 1, "email": 1}
    found = await users.find_one({"_id": ObjectId(user_id)}, wanted) if user_id else None
    if found is None or digest(found["password"]) != before:
        raise ApiError(Code.AUTH_FAILED, "no one asked for this token")
    accounts.check_password(sent.password, found)
    fresh = await passwords.hashed(Secret(sent.password))
    # of two at once one finds the password of the token; and until then the token is good, also
    # where the database is not there for a moment
    changed = await users.update_one(
        {"_id": found["_id"], "password": found["password"]},
        {"$set": {"password": fresh, "sessions": []}},
    )
    if not changed.matched_count:
        raise ApiError(Code.AUTH_FAILED, "the password was changed meanwhile")
    with suppress(RedisError):  # it is good for nothing any more
        await loaded.redis.delete(key)
    _look_at(request, found["_id"])
    return Done(message="The password is new. Log in to go on.")


def ticket_of(settings: Settings, found: Document) -> str:
    """For the second step of a login; it ends with the password that was right."""
    return issued(
        settings,
        Kind.TICKET,
        user_id=str(found["_id"]),
        session_id=f"{secrets.token_urlsafe(12)}.{passwords.mark(found['password'])}",
        admin=found["role"] == Role.ADMIN,
    )


async def use_code(request: Request, exchange: Exchange, found: Document, code: str) -> None:
    """Take a code of the second factor, which is good for nothing any more then.

    Raises:
        ApiError: it is wrong, was used, or too many were wrong.
    """
    await count_try(request, exchange, limits.CODES, str(found["_id"]))
    users, totp = exchange.loaded.database[USERS], found.get("totp") or {}
    if not totp:
        raise ApiError(Code.AUTH_FAILED, "there is no second factor")
    if not code.isdigit():
        used = await users.update_one(
            {"_id": found["_id"], "totp.confirmed": True, "totp.recovery": digest(code)},
            {"$pull": {"totp.recovery": digest(code)}},
        )
    else:
        step = factors.step_of(Secret(totp["secret"]), code, after=totp["lastStep"])
        if step is None:
            raise ApiError(Code.AUTH_FAILED, "the code is wrong, or was used")
        used = await users.update_one(
            {"_id": found["_id"], "totp.secret": totp["secret"], "totp.lastStep": {"$lt": step}},
            {"$set": {"totp.lastStep": step}},
        )
    if not used.modified_count:
        raise ApiError(Code.AUTH_FAILED, "the code is wrong, or was used")


async def count_try(request: Request, exchange: Exchange, policy: Policy, who: str) -> None:
    """Count a try on an account; one that succeeds is taken back when it is answered.

    Raises:
        ApiError: there were too many.
    """
    limiter = house.of(request).limiter
    (hit,) = await limiter.count(exchange.loaded.redis, [Wanted(policy, who)])
    exchange.hits.insert(0, hit)
    if not hit.passes:
        raise ApiError(Code.RATE_LIMITED, policy.what)


async def _may_be_written_to(request: Request, exchange: Exchange, address: str) -> bool:
    """Whether an address gets this mail, too; it is counted whether there is an account or not."""
    limiter = house.of(request).limiter
    (hit,) = await limiter.count(exchange.loaded.redis, [Wanted(MAILS, digest(address))])
    return hit.passes


async def _reserve(loaded: Loaded, sent: Register) -> bool:
    """Keep a user name until its mail is opened; whoever asked may ask again, as mails get lost.

    Gives whether nobody had it.

    Raises:
        ApiError: another address has it.
    """
    key, owner = _reserved(sent.username), digest(sent.email)
    if await loaded.redis.set(key, owner, nx=True, ex=REGISTRATION_S):
        return True
    kept: Any = await loaded.redis.get(key)
    if kept is not None and str(kept, "ascii") != owner:
        raise ApiError(Code.RESOURCE_ALREADY_EXISTS, "the user name is taken")
    await loaded.redis.set(key, owner, ex=REGISTRATION_S)
    return False


async def _release(loaded: Loaded, username: str) -> None:
    with suppress(RedisError):  # then it is free within the hour
        await loaded.redis.delete(_reserved(username))


def _reserved(username: str) -> str:
    return f"registration:name:{username}"


async def _insert(loaded: Loaded, fields: dict[str, Any], password_hash: str) -> None:
    """Make the account; no two of one address or name, with or without unique indexes."""
    lock = f"registration:lock:{digest(fields['email'])}"
    if not await loaded.redis.set(lock, "1", nx=True, ex=_LOCK_S):
        raise ApiError(Code.RESOURCE_ALREADY_EXISTS, "the account is being made just now")
    users = loaded.database[USERS]
    made = accounts.new_document(
        password_hash=password_hash, **{**fields, "role": Role(fields["role"])}
    )
    try:
        taken = await users.find_one(
            {"$or": [{"email": fields["email"]}, {"username": fields["username"]}]}, {"_id": 1}
        )
        if taken:
            raise ApiError(Code.RESOURCE_ALREADY_EXISTS, "there is such an account by now")
        await users.insert_one(made)
    except DuplicateKeyError as error:
        raise ApiError(Code.RESOURCE_ALREADY_EXISTS, "there is such an account by now") from error
    finally:
        await loaded.redis.delete(lock)


def _look_at(request: Request, user_id: ObjectId) -> None:
    """Real-time connections end with their session."""
    house.of(request).realtime.look_at(str(user_id))


def _logged_in(
    response: Response, exchange: Exchange, found: Document, session: NewSession
) -> LoggedIn:
    """The session's cookies, and what its page needs to know."""
    settings = exchange.settings
    access = issued(
        settings,
        Kind.ACCESS,
        user_id=str(found["_id"]),
        session_id=session.id,
        admin=found["role"] == Role.ADMIN,
    )
    name = cookies.session(settings)
    cookies.put(response, settings, name, access, max_age_s=settings.access_s)
    token = f"{found['_id']}.{session.id}.{session.refresh}"
    name = cookies.refresh(settings)
    cookies.put(response, settings, name, token, max_age_s=settings.session_s)
    return LoggedIn(
        user=accounts.me(found),
        csrf_token=_csrf(response, exchange, session.id),
        expires_in=settings.access_s,
    )


def _remember(response: Response, exchange: Exchange, found: Document) -> None:
    """The device, so that strangers' guesses do not count against it."""
    settings = exchange.settings
    made = devices.made(settings.users, digest(found["email"]))
    cookies.put(response, settings, cookies.device(settings), made, max_age_s=devices.LIVES_S)


def _csrf(response: Response, exchange: Exchange, session_id: str) -> str:
    settings = exchange.settings
    made = csrf.token(settings.users, session_id)
    cookies.put(response, settings, cookies.csrf(settings), made, max_age_s=settings.session_s)
    return made


def _frontend(exchange: Exchange) -> str:
    return exchange.settings.frontend_url.rstrip("/")


_CONFIRM = """Somebody, probably you, wants an account at SkillConnect with this address.

To confirm it: {frontend}/verify-email#token={token}

There the password is asked for that was chosen with it. The token is good for an hour.
If it was not you, there is nothing to do: without that password there will be no account.
"""
_ALREADY = """Somebody, perhaps you, wanted an account at SkillConnect with this address.

You have one already. If you have forgotten your password, ask for a new one.
If it was not you, there is nothing to do.
"""
_RESET = """Somebody, probably you, wants a new password for SkillConnect.

To set it: {frontend}/reset-password#token={token}

The token is good for a quarter of an hour, once. If it was not you, there is nothing to do.
"""
