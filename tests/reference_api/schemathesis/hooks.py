"""What schemathesis loads: who sends each case, and what that person can send with success.

Until an operation has succeeded once, and every other time afterwards, a well-formed case gets what
exists: ids, passwords, codes and tokens, so that answers of success are checked, too. It is drawn
with `secrets`, since hypothesis draws the same of `random` again and again.
"""

import atexit
import json
import os
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import requests
import schemathesis
from requests.adapters import HTTPAdapter

from tests.reference_api.schemathesis.people import Person, Pool

POOL = msgspec.json.decode(Path(os.environ["SKC_ST_POOL"]).read_bytes(), type=Pool)
COUNTS = Path(os.environ["SKC_ST_COUNTS"])
_MARK = "Bearer anybody"
_ID = re.compile(r"[0-9a-f]{24}")
_counts: dict[str, Counter[int]] = defaultdict(Counter)
_owners: dict[str, Person] = {}
"""Who made what, of all that cases made."""
_sent: dict[str, Person] = {}
_signatures: dict[str, dict[str, str]] = {}
"""What is sent in place of a mark; so cases themselves stay as they were drawn."""

atexit.register(lambda: COUNTS.write_text(json.dumps(_counts)))


@schemathesis.auth()
class Anybody:
    """Marks what is sent with a valid session: it tells the tool that a login is meant to work."""

    def get(self, case: Any, context: Any) -> str:
        return _MARK

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": data}


class _Proxy(HTTPAdapter):
    """Each request comes from an address of its own, also those that a check sends."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        mark = request.headers.get("Authorization", "")
        if mark in _signatures:
            del request.headers["Authorization"]
            request.headers.update(_signatures[mark])
        address = ".".join(str(1 + secrets.randbelow(250)) for _ in range(4))
        request.headers.update({"X-Forwarded-For": address, "X-Forwarded-Proto": "https"})
        return super().send(request, *args, **kwargs)


requests.sessions.HTTPAdapter = _Proxy  # type: ignore[attr-defined]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Give the case a person, and often what lets it succeed."""
    if (case.headers or {}).get("Authorization") != _MARK:
        return
    label = case.operation.label
    person = _sent[case.id] = _person(label, case)
    mark = f"{_MARK} {len(_signatures)}"
    _signatures[mark] = _signature(label, person)
    case.headers = {**case.headers, "Authorization": mark}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    _existing_ids(case, person, always=_is_due(label))
    if label in _COMPLETED and (_is_due(label) or secrets.randbelow(2)):
        case.body = _COMPLETED[label](case.body if isinstance(case.body, dict) else {}, person)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count the answer, and remember what was made."""
    label = case.operation.label
    _counts[label][response.status_code] += 1
    if response.status_code == 201 and case.id in _sent:
        for found in _ID.findall(response.text.partition('"requester"')[0]):
            _owners[found] = _sent[case.id]
    if label == "POST /api/v1/auth/refresh" and response.status_code == 200:
        fresh = dict(one.split(";")[0].split("=", 1) for one in response.headers["set-cookie"])
        _sent[case.id].refresh = fresh["__Host-refresh"]
        _sent[case.id].csrf = fresh["__Host-csrf"]


def _is_due(label: str) -> bool:
    """Whether no case of an operation has succeeded yet."""
    return not any(status < 300 for status in _counts[label])


def _person(label: str, case: Any) -> Person:
    """Somebody who may do it, nearly always."""
    known = [_owners[value] for value in (case.path_parameters or {}).values() if value in _owners]
    if known and secrets.randbelow(8):
        return known[0]
    everybody = POOL.members + POOL.providers + POOL.admins
    if not _is_due(label) and not secrets.randbelow(8):
        return secrets.choice(everybody)
    if "/admin/" in label:
        return secrets.choice(POOL.admins)
    if label == "PATCH /api/v1/booking/{booking_id}":
        return secrets.choice(POOL.providers)
    if _ONCE.get(label):
        return _ONCE[label].pop()
    if "service-request" in label or label == "POST /api/v1/booking":
        return secrets.choice(POOL.members)
    return secrets.choice(POOL.members + POOL.providers)


_ONCE = {
    "POST /api/v1/user/second-factor/confirm": POOL.enrolling,
    "DELETE /api/v1/user/second-factor": POOL.guarded,
}


def _signature(label: str, person: Person) -> dict[str, str]:
    """By the header, or by cookies as pages do; what logs out uses the person's other session."""
    if label.endswith("/auth/logout"):
        return {"Authorization": f"Bearer {person.other_access}"}
    if not label.endswith("/auth/refresh") and secrets.randbelow(4):
        return {"Authorization": f"Bearer {person.access}"}
    pairs = {"session": person.access, "refresh": person.refresh, "csrf": person.csrf}
    cookies = "; ".join(f"__Host-{name}={value}" for name, value in pairs.items())
    return {"Cookie": cookies, "X-CSRF-Token": person.csrf}


def _existing_ids(case: Any, person: Person, *, always: bool) -> None:
    found = dict(case.path_parameters or {})
    for name, value in found.items():
        if value in _owners or not _ID.fullmatch(str(value)):
            continue
        if always or secrets.randbelow(4):
            choices = {
                "request_id": person.requests,
                "booking_id": person.bookings,
                "user_id": [one.id for one in POOL.members],
            }[name]
            found[name] = secrets.choice(choices) if choices else value
    if found != (case.path_parameters or {}):
        case.path_parameters = found


def _with_new_password(body: dict[str, Any], person: Person) -> dict[str, Any]:
    return {**body, "password": POOL.password, "confirmPassword": POOL.password}


def _registered(body: dict[str, Any], person: Person) -> dict[str, Any]:
    name = f"s{secrets.token_hex(6)}"
    named = {"username": name, "email": f"{name}@example.org", "birthdate": "1990-01-01"}
    return {**_with_new_password(body, person), **named}


def _verified(body: dict[str, Any], person: Person) -> dict[str, Any]:
    token = POOL.registrations.pop() if POOL.registrations else body["token"]
    return {**body, "token": token, "password": POOL.password}


def _reset(body: dict[str, Any], person: Person) -> dict[str, Any]:
    token = POOL.resets.pop() if POOL.resets else body["token"]
    return {**_with_new_password(body, person), "token": token}


def _login(body: dict[str, Any], person: Person) -> dict[str, Any]:
    return {**body, "email": person.email, "password": POOL.password}


def _second_step(body: dict[str, Any], person: Person) -> dict[str, Any]:
    if not POOL.tickets:
        return body
    ticket, code = POOL.tickets.pop()
    return {**body, "ticket": ticket, "code": code}


def _changed_password(body: dict[str, Any], person: Person) -> dict[str, Any]:
    return {**_with_new_password(body, person), "currentPassword": POOL.password}


def _booked(body: dict[str, Any], person: Person) -> dict[str, Any]:
    if not person.requests:
        return body
    day = f"{1 + secrets.randbelow(28):02d}T{secrets.randbelow(24):02d}:00:00Z"
    return {
        "serviceRequestId": secrets.choice(person.requests),
        "providerId": secrets.choice(POOL.providers).id,
        "slot": f"20{60 + secrets.randbelow(40)}-{1 + secrets.randbelow(12):02d}-{day}",
    }


def _moved(body: dict[str, Any], person: Person) -> dict[str, Any]:
    return {"status": secrets.choice(["Confirmed", "Completed", "Cancelled"])}


_COMPLETED: dict[str, Callable[[dict[str, Any], Person], dict[str, Any]]] = {
    "POST /api/v1/auth/register": _registered,
    "POST /api/v1/auth/verify-email": _verified,
    "POST /api/v1/auth/reset-password": _reset,
    "POST /api/v1/auth/login": _login,
    "POST /api/v1/auth/second-factor": _second_step,
    "PUT /api/v1/user/password": _changed_password,
    "POST /api/v1/user/second-factor": lambda body, _: {"password": POOL.password},
    "POST /api/v1/user/second-factor/confirm": (
        lambda body, person: {"code": pyotp.TOTP(person.totp).now()}
    ),
    "DELETE /api/v1/user/second-factor": (
        lambda body, person: {"password": POOL.password, "code": person.recovery[0]}
    ),
    "POST /api/v1/booking": _booked,
    "PATCH /api/v1/booking/{booking_id}": _moved,
}
