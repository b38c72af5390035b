"""What clients send and get: every field with its bounds, and none besides.

Names are `camelCase` on the wire, as the action plan has them. Unknown fields are refused, so
nobody sets a role or a flag that no form offers; and a field that is a text takes no object, so no
operator of the database gets into a query.
"""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from skillconnect_ops.reference_api import passwords


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


class Sent(BaseModel):
    """A request's body."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Told(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="forbid"
    )
    success: Literal[True] = True


class Part(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="forbid"
    )


_PLAIN = r"^[^\x00-\x20\x7f][^\x00-\x08\x0b-\x1f\x7f]*$"
"""No control characters but line ends and tabs, and no space in front."""


def _text(least: int, most: int, pattern: str = _PLAIN) -> StringConstraints:
    return StringConstraints(min_length=least, max_length=most, pattern=pattern)


def _iso(value: Any) -> Any:
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


def _coming(value: datetime) -> datetime:
    """Times near the ends of the calendar have no UTC, so no place in the database."""
    now = datetime.now(UTC)
    if not now < value < now + timedelta(days=3660):
        raise ValueError("it is over, or too far away")
    return value.astimezone(UTC)


def _member(kind: type[StrEnum]) -> BeforeValidator:
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


class NewPassword(Sent):
    """A password that is to be, twice."""

    password: Password
    confirm_password: Password

    @model_validator(mode="after")
    def _good(self) -> Self:
        if self.password != self.confirm_password:
            raise ValueError("the two passwords differ")
        problem = passwords.problem(self.password, *self._names())
        if problem is not None:
            raise ValueError(problem)
        return self

    def _names(self) -> tuple[str, ...]:
        """What the password must not hold."""
        return ()


class Register(NewPassword):
    """A new account; nobody makes themselves an administrator."""

    username: Username
    email: Email
    first_name: PersonName
    last_name: PersonName
    phone: Phone
    address: Address | None = None
    birthdate: Birthdate
    role: Annotated[Literal[Role.MEMBER, Role.PROVIDER], _member(Role)]
    skills: Skills = []

    def _names(self) -> tuple[str, ...]:
        return self.username, self.email


class WithToken(Sent):
    """A token from a mail."""

    token: Token


class Login(Sent):
    """Who, and the proof."""

    email: Email
    password: TypedPassword


class SecondFactor(Sent):
    """The second half of a login."""

    ticket: Token
    code: Otp


class Forgot(Sent):
    """Where the mail goes."""

    email: Email


class Reset(NewPassword):
    """A new password, by a token from a mail."""

    token: Token


class ChangePassword(NewPassword):
    """A new password in place of the old one."""

    current_password: TypedPassword


class WithPassword(Sent):
    """The password once more, for what changes how one logs in."""

    password: TypedPassword


class WithCode(Sent):
    """A code of the second factor."""

    code: Otp


class EndSecondFactor(Sent):
    """Both proofs."""

    password: TypedPassword
    code: Otp


class Profile(Sent):
    """What people change of themselves; what is left out stays."""

    first_name: PersonName | None = None
    last_name: PersonName | None = None
    phone: Phone | None = None
    address: Address | None = None
    skills: Skills | None = None


class NewServiceRequest(Sent):
    """Work that somebody asks for; the action plan's `serviceRequestSchema`."""

    name: Name
    address: Address | None = None
    phone: Phone | None = None
    type_of_work: Work
    description: LongText | None = None
    expires_at: Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_coming)] | None = (
        None
    )


class ServiceRequestChange(Sent):
    """What may be changed of an open one."""

    name: Name | None = None
    address: Address | None = None
    phone: Phone | None = None
    type_of_work: Work | None = None
    description: LongText | None = None


class NewBooking(Sent):
    """A provider's hour for a service request."""

    service_request_id: Id
    provider_id: Id
    slot: Slot


class BookingChange(Sent):
    """The next step of a booking."""

    status: Annotated[BookingStatus, _member(BookingStatus)]


class NewMessage(Sent):
    """A line of a chat."""

    message: LongText


class AccountChange(Sent):
    """What administrators change of an account."""

    verified: bool


class Done(Told):
    """It is done."""

    message: str


class Ticket(Told):
    """The password was right; the second factor is missing."""

    second_factor: Literal[True] = True
    ticket: str


class LoggedIn(Told):
    """A session; its tokens are in cookies."""

    second_factor: Literal[False] = False
    user: "Me"
    csrf_token: str
    expires_in: int = Field(description="Seconds until the access token ends.")


class Me(Part):
    """One's own account."""

    id: Id
    username: str
    email: str
    first_name: str
    last_name: str
    phone: str
    address: str | None
    role: Role
    skills: list[str]
    verified: bool
    has_second_factor: bool
    created_at: Moment
    total_jobs_assigned: int


class MeAnswer(Told):
    """One's own account."""

    user: Me


class CsrfAnswer(Told):
    """To be sent in the header X-CSRF-Token with all that changes something."""

    csrf_token: str


class RealtimeTicket(Told):
    """For the handshake of a real-time connection."""

    ticket: str


class Enrolment(Told):
    """A second factor, until it is confirmed by a code."""

    uri: str = Field(description="otpauth://, for an authenticator app.")
    qr_svg: str = Field(description="The same as a QR code, an inline SVG.")


class RecoveryCodes(Told):
    """Shown once; each is good once."""

    recovery_codes: list[str]


class Provider(Part):
    """Somebody who does work, as everybody sees them."""

    id: Id
    username: str
    skills: list[str]
    total_jobs_assigned: int


class Providers(Told):
    """A page of them."""

    providers: list[Provider]
    next: Id | None


class ServiceRequest(Part):
    """Work that somebody asked for."""

    id: Id
    requester: Id
    name: str
    address: str | None
    phone: str | None
    type_of_work: str
    description: str | None
    status: RequestStatus
    booking: Id | None
    expires_at: Moment | None
    created_at: Moment


class ServiceRequestAnswer(Told):
    """One of them."""

    service_request: ServiceRequest


class ServiceRequests(Told):
    """A page of them, the newest first."""

    service_requests: list[ServiceRequest]
    next: Id | None


class Booking(Part):
    """A provider's hour."""

    id: Id
    requester: Id
    provider: Id
    service_request: Id
    slot: Moment
    status: BookingStatus
    created_at: Moment


class BookingAnswer(Told):
    """One of them."""

    booking: Booking


class Bookings(Told):
    """A page of them, the newest first."""

    bookings: list[Booking]
    next: Id | None


class ChatMessage(Part):
    """A line of a chat."""

    id: Id
    sender: Id
    message: str
    created_at: Moment


class MessageAnswer(Told):
    """One of them."""

    message: ChatMessage


class Messages(Told):
    """A page of them, the newest first."""

    messages: list[ChatMessage]
    next: Id | None


class Accounts(Told):
    """A page of accounts, the newest first."""

    users: list[Me]
    next: Id | None


class HealthCheck(StrEnum):
    """How one part is."""

    UP = "UP"
    DOWN = "DOWN"


class Worker(Part):
    """One process of the program."""

    pid: int
    generation: int = Field(description="How many times it has loaded its settings.")
    loaded_at: str
    loaded: dict[str, str | list[str | None] | None]
    refused: str | None = Field(description="Why it is not on the settings as they stand.")


class Health(Part):
    """How the program is."""

    status: Literal["UP", "DEGRADED"]
    timestamp: Moment
    uptime: float = Field(description="Seconds that this worker runs.")
    checks: dict[str, HealthCheck]
    limits: str = Field(description="Who counts requests.")
    workers: list[Worker]
    skc: dict[str, str | list[str | None] | None] = Field(
        description="Which generation of each secret all workers have loaded."
    )


class Ready(Part):
    """Whether requests can be served."""

    ready: bool


class WrongField(BaseModel):
    """A field that was refused."""

    field: str
    problem: str


class Failure(BaseModel):
    """Every error's body."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    success: Literal[False] = False
    message: str
    error_code: str
    request_id: str
    fields: list[WrongField] | None = None
    details: str | None = Field(default=None, description="In development alone.")


LoggedIn.model_rebuild()
