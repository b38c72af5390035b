"""What the Admin API says, in the words of the port; pure."""

from skillconnect_ops.core.ports.accounts import AccountError, PasswordRefused
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    DatabaseError,
    NotAuthorized,
    NotMongoDB,
    ServerLost,
    TlsMismatch,
    Unreachable,
    WrongPassword,
)

ROLE = "Project Database Access Admin"
"""The built-in role of a key with the least rights that manages database users."""
NO_PROJECT = frozenset({"GROUP_NOT_FOUND", "NOT_IN_GROUP", "INVALID_GROUP_ID"})
NO_USER = frozenset({"USERNAME_NOT_FOUND", "USER_NOT_FOUND"})
USER_EXISTS = "USER_ALREADY_EXISTS"
_FROM_ELSEWHERE = frozenset({"IP_ADDRESS_NOT_ON_ACCESS_LIST", "ORG_REQUIRES_ACCESS_LIST"})
_FULL = ("MAX", "LIMIT", "EXCEED", "TOO_MANY")


class KeyRefused(WrongPassword):
    """Atlas does not know the key, or not in this project's organization."""


class AddressNotAllowed(NotAuthorized):
    """The key has an access list, and this machine's address is not on it."""


class NoSuchProject(DatabaseError):
    """There is no project of that id, for this key."""


class PaymentDue(DatabaseError):
    """The organization owes money, and Atlas takes no changes until it is paid."""


class TooManyUsers(AccountError):
    """The project has as many database users as it may (100, unless Atlas raised it)."""


class RateLimited(ServerLost):
    """Atlas wants fewer requests, for longer than we wait."""


class Rejected(Exception):
    """An answer that is not ok, before anybody knows what it means for the call.

    Args:
        status: of HTTP.
        code: Atlas' own `errorCode`, or empty.
        detail: a sentence, without any secret of the request.
        fields: the fields of the request that it complains of.
    """

    def __init__(
        self, status: int, *, code: str = "", detail: str = "", fields: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields

    @property
    def said(self) -> str:
        """The answer in a line."""
        label = f"{self.status} {self.code}".strip()
        return f"Atlas says: {self.detail} ({label})" if self.detail else f"Atlas answers {label}"


def explained(error: Rejected, *, project: str, doing: str) -> DatabaseError:
    """The port's error for an answer that a call has no meaning of its own for.

    Args:
        error: the answer.
        project: the project's id.
        doing: what was tried, to follow "cannot".
    """
    what = f"cannot {doing} in the Atlas project {project}"
    if error.code in _FROM_ELSEWHERE:
        return AddressNotAllowed(
            what,
            why=f"the key may not be used from this address; {error.said}",
            fix="add this machine's address to the access list of the key itself (Atlas: Access "
            "Manager, the key, API Access List), which is not the Network Access of the clusters",
        )
    if error.code in NO_PROJECT or error.status == 404:
        return NoSuchProject(
            what,
            why=f"the key sees no such project; {error.said}",
            fix="correct database.atlas.group_id: Atlas shows it as Project ID in the project's "
            "settings",
        )
    match error.status:
        case 401:
            return KeyRefused(
                what,
                why=f"the key is wrong, expired or deleted, or belongs to another organization; "
                f"{error.said}",
                fix="make a new secret for it in Atlas (Access Manager), and put it into the "
                "variable that database.atlas.credentials names",
            )
        case 402:
            return PaymentDue(what, why=error.said, fix="pay the organization's invoice in Atlas")
        case 403:
            lacking = NotAuthorized(
                what,
                why=f"the key's role does not allow it; {error.said}",
                fix=f"give the key the role {ROLE} in this project (Atlas: Project Access)",
            )
            lacking.action, lacking.resource, lacking.role = doing, f"project {project}", ROLE
            return lacking
        case _:
            return AccountError(what, why=error.said, fix="see what Atlas says, and try again")


def refused(error: Rejected, *, project: str, doing: str) -> DatabaseError:
    """The same for a change of a user: what can be wrong with the user itself comes first."""
    what = f"cannot {doing} in the Atlas project {project}"
    if error.status in {400, 409} and ("PASSWORD" in error.code or "password" in error.fields):
        return PasswordRefused(
            what,
            why=f"Atlas does not take that password; {error.said}",
            fix="use a longer one of letters and digits",
        )
    if error.status in {400, 403, 409} and any(word in error.code for word in _FULL):
        return TooManyUsers(
            what,
            why=f"the project has as many database users as it may; {error.said}",
            fix="delete users that nobody needs (Atlas: Database Access), or ask for a higher "
            "limit",
        )
    return explained(error, project=project, doing=doing)


def lost(where: str, doing: str, reason: str, *, tried: int) -> ServerLost:
    """No answer to a request that may have been carried out."""
    return ServerLost(
        f"{where} gave no usable answer to {doing}",
        why=f"{reason}; tried {tried} times" if tried > 1 else reason,
        fix="try again: what was done already is found and not done twice",
    )


def unreachable(where: str, reason: str, *, tried: int) -> CannotConnect:
    """No request got there."""
    if "certificate" in reason.lower() or "ssl" in reason.lower():
        return TlsMismatch(
            f"the connection to {where} is not trusted",
            why=reason,
            fix="see which proxy stands between, and trust its certificate (SSL_CERT_FILE)",
        )
    return Unreachable(
        f"{where} cannot be reached",
        why=f"{reason}; tried {tried} times" if tried > 1 else reason,
        fix="check the network and the proxy settings, then try again",
    )


def rate_limited(where: str, *, wait_s: float) -> RateLimited:
    """Asked to wait, for too long."""
    return RateLimited(
        f"{where} limits the rate of requests",
        why=f"it asks to wait {wait_s:.0f} s more" if wait_s else "it did not say for how long",
        fix="try again in a minute or two",
    )


def not_atlas(where: str, reason: str) -> NotMongoDB:
    """Something else answered."""
    return NotMongoDB(
        f"what answers at {where} is not the Admin API",
        why=reason,
        fix="see whether a proxy or a log-in page of the network stands between",
    )
