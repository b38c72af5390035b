"""The fields that bodies are made of, each with its bounds."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    EmailStr,
    Field,
    StringConstraints,
)

from skillconnect_ops.reference_api.proofs import passwords


class Role(StrEnum):
    """What an account is for."""

    MEMBER = "Community Member"
    PROVIDER = "Service Provider"
    ADMIN = "Admin"


class RequestStatus(StrEnum):
    """How far a service request is."""

    OPEN = "Open"
    ASSIGNED = "Assigned"
    CLOSED = "Closed"


class BookingStatus(StrEnum):
    """How far a booking is."""

    PENDING = "Pending"
    CONFIRMED = "Confirmed"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


_PLAIN = r"^[^\x00-\x20\x7f][^\x00-\x08\x0b-\x1f\x7f]*$"
"""No control characters but line ends and tabs, and no space in front."""


def _text(least: int, most: int, pattern: str = _PLAIN) -> StringConstraints:
    return StringConstraints(min_length=least, max_length=most, pattern=pattern)


def iso(value: Any) -> Any:
    """In JSON a time is a text, which strict models take from JSON alone."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:  # its own words repeat what was sent
        raise ValueError("it is no time, as 2030-05-04T10:00:00Z is") from error


def _iso_date(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError("it is no date, as 1990-05-04 is") from error


def coming(value: datetime) -> datetime:
    """Times near the ends of the calendar have no UTC, so no place in the database."""
    now = datetime.now(UTC)
    if not now < value < now + timedelta(days=3660):
        raise ValueError("it is over, or too far away")
    return value.astimezone(UTC)


def member(kind: type[StrEnum]) -> BeforeValidator:
    """In JSON a member is a text, which strict models do not take for one."""
    known = {one.value: one for one in kind}

    def read(value: Any) -> Any:
        if isinstance(value, str) and value not in known:
            raise ValueError("it is none of those that are known")
        return known[value] if isinstance(value, str) else value

    return BeforeValidator(read)


def _born(value: date) -> date:
    if not date(1900, 1, 1) <= value <= datetime.now(UTC).date() - timedelta(days=18 * 365):
        raise ValueError("it is no birthdate of an adult")
    return value


def _lower(value: str) -> str:
    return value.lower()


Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
Name = Annotated[str, _text(3, 100, r"^[a-zA-Z0-9 \-_.]+$")]
"""The action plan's pattern, less the line ends that its `\\s` takes."""
PersonName = Annotated[str, _text(1, 60)]
Username = Annotated[
    str,
    StringConstraints(min_length=3, max_length=30, pattern=r"^[A-Za-z0-9_.\-]+$"),
    AfterValidator(_lower),
]
Email = Annotated[EmailStr, Field(max_length=254), AfterValidator(_lower)]
Phone = Annotated[str, StringConstraints(pattern=r"^[\+]?[1-9][0-9]{0,15}$")]
Address = Annotated[str, _text(5, 200)]
Work = Annotated[str, _text(2, 50)]
LongText = Annotated[str, _text(1, 2_000)]
Password = Annotated[
    str,
    StringConstraints(min_length=passwords.LEAST, max_length=passwords.MOST),
]
TypedPassword = Annotated[str, StringConstraints(min_length=1, max_length=passwords.MOST)]
Token = Annotated[str, StringConstraints(min_length=20, max_length=2_000)]
Otp = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[a-z2-7]{16})$")]
"""A code by time, or a recovery code."""
Slot = Annotated[
    str,
    StringConstraints(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):00:00Z$"
    ),
]
"""An hour in UTC."""
Birthdate = Annotated[date, BeforeValidator(_iso_date), AfterValidator(_born)]
Skills = Annotated[list[Work], Field(max_length=20)]
Moment = AwareDatetime
