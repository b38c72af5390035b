"""Whether a mail server takes a user and password: what a rotation of such a password asks for."""

from enum import Enum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.secret import Secret


class MailSecurity(Enum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    """Begins in the clear and must change to TLS before anything else; usually port 587."""
    TLS = "tls"
    """TLS from the first byte; usually port 465."""
    NONE = "none"
    """In the clear: only to a server on this machine."""


class MailServer(Struct, frozen=True, kw_only=True):
    """Where to log in."""

    host: str
    port: int = 587
    security: MailSecurity = MailSecurity.STARTTLS
    authority: Path | None = None
    """A certificate authority besides those that this machine trusts (PEM)."""

    @property
    def where(self) -> str:
        """`host:port`, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class PasswordInTheClear(Precondition):
    """The password would cross a network that others may listen to. It was not sent."""


class MailAnswer(Enum):
    """What the server said to a user and password."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """535 or 534: the server does not take this user with this password."""
    UNSURE = "unsure"
    """It answers, and did not come to judge the password: no TLS, no such way to log in, 4xx."""
    UNREACHABLE = "unreachable"
    """No answer, or from somebody else: its certificate is not trusted."""


class MailLogin(Struct, frozen=True, kw_only=True):
    """One attempt. No text of it holds a password."""

    where: str
    answer: MailAnswer
    reason: str = ""


class MailLogins(Protocol):
    """Logs in to mail servers; never sends a mail."""

    def try_login(self, server: MailServer, *, user: str, password: Secret) -> MailLogin:
        """Log in once, on a fresh connection, and leave; never raises for an answer.

        One attempt is one: servers lock accounts after a few.

        Raises:
            PasswordInTheClear: if `security` is none, and the host is not this machine.
        """
