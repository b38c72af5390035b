"""Logins at mail servers, with the standard library's SMTP."""

import base64
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

from skillconnect_ops.core.ports.mail import (
    MailAnswer,
    MailLogin,
    MailSecurity,
    MailServer,
    PasswordInTheClear,
)
from skillconnect_ops.core.secret import Secret

PATIENCE_S = 15.0
HELLO = "[127.0.0.1]"
"""What we call ourselves; a look-up of our own name may take long, and gives it away."""
ACCEPTED = 235
GO_ON = 334
REFUSED = frozenset({534, 535})
"""534 as well: of this kind of password, where an application's own is wanted (RFC 4954)."""
SHORTEST_REDACTED = 3
_LONGEST = 300


class SmtpLogins:
    """Implements `core.ports.mail.MailLogins`.

    Args:
        patience_s: for the connection and for each answer.
    """

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s

    def try_login(self, server: MailServer, *, user: str, password: Secret) -> MailLogin:
        """Log in once."""
        try:
            if server.security is MailSecurity.NONE:
                _refuse_others(server)
            answer, reason = self._attempt(server, user, password)
        except ssl.SSLError as error:
            reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""
            answer, reason = MailAnswer.UNREACHABLE, f"TLS failed: {reason or error.reason}"
        except smtplib.SMTPResponseException as error:
            answer, reason = MailAnswer.UNSURE, _said(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError:
            answer, reason = MailAnswer.UNSURE, "it offers no STARTTLS; the password was not sent"
        except (OSError, smtplib.SMTPException) as error:
            answer, reason = MailAnswer.UNREACHABLE, _plain(error)
        return MailLogin(
            where=server.where, answer=answer, reason=_redacted(reason, user, password)
        )

    def _attempt(self, server: MailServer, user: str, password: Secret) -> tuple[MailAnswer, str]:
        with _leaving(self._connected(server)) as smtp:
            smtp.ehlo_or_helo_if_needed()
            if server.security is MailSecurity.STARTTLS:
                smtp.starttls(context=_context(server))
                smtp.ehlo()
            return _log_in(smtp, user, password)

    def _connected(self, server: MailServer) -> smtplib.SMTP:
        if server.security is MailSecurity.TLS:
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=HELLO,
                timeout=self._patience_s,
                context=_context(server),
            )
        kind = _OnThisMachine if server.security is MailSecurity.NONE else smtplib.SMTP
        return kind(server.host, server.port, local_hostname=HELLO, timeout=self._patience_s)


@contextmanager
def _leaving(smtp: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """Say goodbye at the end. What comes of that is no part of the verdict."""
    try:
        yield smtp
        with suppress(OSError, smtplib.SMTPException):
            smtp.docmd("QUIT")
    finally:
        smtp.close()


class _OnThisMachine(smtplib.SMTP):
    """Looks at the other side once more: a name may lead elsewhere the second time."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = socket.create_connection((host, port), timeout)
        if not _is_loopback(made.getpeername()[0]):
            made.close()
            raise _in_the_clear(f"{host}:{port}")
        return made


def _log_in(smtp: smtplib.SMTP, user: str, password: Secret) -> tuple[MailAnswer, str]:
    """One attempt, in UTF-8 (RFC 4616), which the library's own login does not speak."""
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        token = _encoded(f"\0{user}\0{password.reveal()}")
        code, said = smtp.docmd("AUTH", f"PLAIN {token}")
    elif "LOGIN" in offered:
        code, said = smtp.docmd("AUTH", f"LOGIN {_encoded(user)}")
        if code == GO_ON:
            code, said = smtp.docmd(_encoded(password.reveal()))
    else:
        ways = " ".join(offered) or "none"
        return MailAnswer.UNSURE, f"it offers no login with a password (ways offered: {ways})"
    if code == ACCEPTED:
        return MailAnswer.ACCEPTED, ""
    return (MailAnswer.REFUSED if code in REFUSED else MailAnswer.UNSURE), _said(code, said)


def _context(server: MailServer) -> ssl.SSLContext:
    """Certificate and host name are checked."""
    context = ssl.create_default_context()
    if server.authority is not None:
        context.load_verify_locations(server.authority)
    return context


def _refuse_others(server: MailServer) -> None:
    """Refuse before anybody is contacted.

    Raises:
        PasswordInTheClear: a name or address that leads elsewhere.
        OSError: the name does not resolve.
    """
    found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    if not all(_is_loopback(str(address[0])) for *_, address in found):
        raise _in_the_clear(server.where)


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


def _in_the_clear(where: str) -> PasswordInTheClear:
    return PasswordInTheClear(
        f"will not send a password to {where} unencrypted",
        why="security is none, and the server is not on this machine",
        fix="set security: starttls (port 587) or tls (port 465)",
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:_LONGEST]


def _plain(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "the host's name does not resolve"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())[:_LONGEST] or type(error).__name__


def _redacted(text: str, user: str, password: Secret) -> str:
    """What a server repeats of a login, as it was or encoded."""
    clear = password.reveal()
    for word in (clear, _encoded(clear), _encoded(f"\0{user}\0{clear}")):
        if len(word) >= SHORTEST_REDACTED:
            text = text.replace(word, "***")
    return text
