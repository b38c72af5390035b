"""What clients are told: answers, the parts of answers, and every error's body."""

from enum import StrEnum
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)
from pydantic.alias_generators import to_camel

from skillconnect_ops.reference_api.models.fields import (
    BookingStatus,
    Id,
    Moment,
    RequestStatus,
    Role,
)


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
    workers: list[Worker] = Field(description="Those that live; one that starts has generation 0.")
    workers_wanted: int
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
