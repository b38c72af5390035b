"""Whom the cases come from: accounts with sessions, and what they own, so that cases reach deep."""

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from msgspec import Struct
from redis import Redis

from skillconnect_ops.reference_api.gate import csrf
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.proofs import tokens
from skillconnect_ops.reference_api.proofs.second_factor import digest, new_secret
from skillconnect_ops.reference_api.routes.auth import ticket_of
from skillconnect_ops.reference_api.settings import Settings
from tests.reference_api.served import PASSWORD, Served

MEMBERS, PROVIDERS, ADMINS = 50, 40, 20
OPEN_REQUESTS, BOOKINGS = 12, 400
SPARES = 60
"""Of each thing that is good once."""


class Person(Struct, kw_only=True):
    """Somebody with two sessions: one to work with, one to log out of."""

    id: str
    email: str
    role: Role
    access: str
    other_access: str
    refresh: str
    csrf: str
    totp: str
    """The secret of the second factor, where there is one."""
    recovery: list[str]
    requests: list[str] = []
    bookings: list[str] = []


class Pool(Struct, kw_only=True):
    """All of them, and tokens from mails that nobody has opened yet."""

    password: str
    members: list[Person]
    providers: list[Person]
    admins: list[Person]
    enrolling: list[Person]
    """Whose second factor waits to be confirmed."""
    guarded: list[Person]
    """Who have one; each is asked for it once."""
    tickets: list[list[str]]
    """Of logins that wait for the second factor, with a code for each."""
    registrations: list[str]
    resets: list[str]


def pool(program: Served, settings: Settings) -> Pool:
    """Insert them."""
    members = _people(program, settings, MEMBERS)
    providers = _people(program, settings, PROVIDERS, role=Role.PROVIDER)
    _work(program, members, providers)
    guarded = _people(program, settings, SPARES, confirmed=True)
    made = Pool(
        password=PASSWORD,
        members=members,
        providers=providers,
        admins=_people(program, settings, ADMINS, role=Role.ADMIN),
        enrolling=_people(program, settings, SPARES, confirmed=False),
        guarded=guarded,
        tickets=[
            [_ticket(program, settings, one), code] for one in guarded for code in one.recovery[1:]
        ],
        registrations=[secrets.token_urlsafe(32) for _ in range(SPARES)],
        resets=[secrets.token_urlsafe(32) for _ in range(SPARES)],
    )
    _mailed(program, settings, made, forgetful=_people(program, settings, SPARES))
    return made


def _people(
    program: Served,
    settings: Settings,
    number: int,
    *,
    role: Role = Role.MEMBER,
    confirmed: bool | None = None,
) -> list[Person]:
    return [_person(program, settings, role, confirmed) for _ in range(number)]


def _person(program: Served, settings: Settings, role: Role, confirmed: bool | None) -> Person:
    now = datetime.now(UTC)
    sessions = [secrets.token_urlsafe(9) for _ in range(2)]
    refresh = secrets.token_urlsafe(32)
    times = {"createdAt": now, "refreshedAt": now, "expiresAt": now + timedelta(days=1)}
    entries = [
        {"sid": one, "refresh": digest(refresh), "strong": role is Role.ADMIN, **times}
        for one in sessions
    ]
    secret, codes = new_secret().reveal(), [_recovery_code() for _ in range(3)]
    totp: dict[str, Any] = {"secret": secret, "confirmed": confirmed, "lastStep": 0}
    totp["recovery"] = [digest(code) for code in codes]
    fields = {} if confirmed is None else {"totp": totp}
    account = program.account(role, sessions=entries, **fields)
    access, other = (
        tokens.issued(
            settings,
            tokens.Kind.ACCESS,
            user_id=account.id,
            session_id=one,
            admin=role is Role.ADMIN,
        )
        for one in sessions
    )
    return Person(
        id=account.id,
        email=account.email,
        role=role,
        access=access,
        other_access=other,
        refresh=f"{account.id}.{sessions[0]}.{refresh}",
        csrf=csrf.token(settings.users, sessions[0]),
        totp=secret,
        recovery=codes,
    )


def _recovery_code() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(16))


def _ticket(program: Served, settings: Settings, person: Person) -> str:
    return ticket_of(settings, _document(program, person))


def _document(program: Served, person: Person) -> dict[str, Any]:
    found = program.database["users"].find_one({"_id": ObjectId(person.id)})
    assert found is not None
    return found


def _work(program: Served, members: list[Person], providers: list[Person]) -> None:
    """Open service requests, and bookings that wait for their provider."""
    now = datetime.now(UTC)
    first = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=3_000)
    requests, bookings, lines = [], [], []
    for number in range(OPEN_REQUESTS * len(members)):
        member = members[number % len(members)]
        requests.append(_request(member, "Open", None))
        member.requests.append(str(requests[-1]["_id"]))
    for number in range(BOOKINGS):
        member, provider = members[number % len(members)], providers[number % len(providers)]
        booking = ObjectId()
        requests.append(_request(member, "Assigned", booking))
        bookings.append(
            {
                "_id": booking,
                "requester": ObjectId(member.id),
                "provider": ObjectId(provider.id),
                "serviceRequest": requests[-1]["_id"],
                "slot": first + timedelta(hours=number),
                "status": "Pending",
                "createdAt": now,
            }
        )
        lines.append(
            {
                "appointmentId": booking,
                "participants": [ObjectId(member.id), ObjectId(provider.id)],
                "sender": ObjectId(member.id),
                "message": "Is ten o'clock fine?",
                "createdAt": now,
            }
        )
        member.bookings.append(str(booking))
        provider.bookings.append(str(booking))
    program.database["servicerequests"].insert_many(requests)
    program.database["bookings"].insert_many(bookings)
    program.database["chats"].insert_many(lines)


def _request(member: Person, status: str, booking: ObjectId | None) -> dict[str, Any]:
    return {
        "_id": ObjectId(),
        "requester": ObjectId(member.id),
        "name": "Leaking tap",
        "typeOfWork": "Plumbing",
        "status": status,
        "booking": booking,
        "createdAt": datetime.now(UTC),
    }


def _mailed(program: Served, settings: Settings, made: Pool, *, forgetful: list[Person]) -> None:
    """What registrations and forgotten passwords leave in Redis until a mail is opened."""
    stored = _document(program, forgetful[0])["password"]
    with Redis.from_url(settings.redis_url.reveal()) as redis:
        for token in made.registrations:
            name = f"r{secrets.token_hex(6)}"
            fields = {"username": name, "email": f"{name}@example.org", "role": "Community Member"}
            fields |= {"firstName": "Test", "lastName": "Person", "phone": "491700000000"}
            kept = {"known": False, "password": stored, "fields": fields}
            redis.set(f"registration:{digest(token)}", json.dumps(kept), ex=3_600)
        for token, person in zip(made.resets, forgetful, strict=True):
            redis.set(f"reset:{digest(token)}", f"{person.id} {digest(stored)}", ex=3_600)
