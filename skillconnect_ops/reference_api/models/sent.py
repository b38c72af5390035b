"""What clients send: every field with its bounds, and none besides.

Unknown fields are refused, so nobody sets a role or a flag that no form offers; and a field that is
a text takes no object, so no operator of the database gets into a query.
"""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    model_validator,
)
from pydantic.alias_generators import to_camel

from skillconnect_ops.reference_api.models.fields import (
    Address,
    Birthdate,
    BookingStatus,
    Email,
    Id,
    LongText,
    Name,
    Otp,
    Password,
    PersonName,
    Phone,
    Role,
    Skills,
    Slot,
    Token,
    TypedPassword,
    Username,
    Work,
    coming,
    iso,
    member,
)
from skillconnect_ops.reference_api.proofs import passwords


class Sent(BaseModel):
    """A request's body."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


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
    role: Annotated[Literal[Role.MEMBER, Role.PROVIDER], member(Role)]
    skills: Skills = []

    def _names(self) -> tuple[str, ...]:
        return self.username, self.email


class Verify(Sent):
    """The token from the mail, and the password that was chosen when it was asked for."""

    token: Token
    password: TypedPassword


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
    expires_at: Annotated[AwareDatetime, BeforeValidator(iso), AfterValidator(coming)] | None = None


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

    status: Annotated[BookingStatus, member(BookingStatus)]


class NewMessage(Sent):
    """A line of a chat."""

    message: LongText


class AccountChange(Sent):
    """What administrators change of an account."""

    verified: bool
