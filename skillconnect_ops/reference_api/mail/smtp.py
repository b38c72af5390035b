"""Mails by SMTP, with the standard library's client."""

import base64
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.mail.letters import (
    MailNotSent,
    in_a_thread,
    letter,
    one_address,
    plain_reason,
)

PATIENCE_S = 15.0
IMPLICIT_TLS_PORT = 465
_HELLO = "[127.0.0.1]"
"""What we call ourselves: a look-up of our own name may take long, and gives it away."""
_ACCEPTED = 235
_GO_ON = 334
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class SmtpMail:
    """Sends by a server, each mail with a connection of its own, in a thread.

    TLS is begun with the first byte on port 465, and by STARTTLS on any other; the certificate and
    the host's name are verified. A server that offers none is refused, with one exception: where
    it is on this machine (by the address that was reached, not by its name) and wants no login,
    since nobody is in between and no password is given away. It must be a mail server that sends
    on over TLS by itself.

    Args:
        host: the server's name, as its certificate has it.
        port: 465 for implicit TLS, else 587 (submission) or what the server listens at.
        user: None where no login is wanted.
        password: None where no login is wanted.
        sender: the address that mails come from.
        authority: a PEM file of a certificate authority to be trusted besides the system's.
        implicit_tls: whether TLS begins with the first byte, where the port does not tell.
        patience_s: for the connection and for each answer.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        user: str | None,
        password: Secret | None,
        sender: str,
        authority: Path | None = None,
        implicit_tls: bool | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        if (user is None) != (password is None):
            raise ValueError("a login wants both a user and a password")
        self._host = host
        self._port = port
        self._login = None if user is None or password is None else (user, password)
        self._sender = one_address(sender)
        self._authority = authority
        self._implicit_tls = port == IMPLICIT_TLS_PORT if implicit_tls is None else implicit_tls
        self._patience_s = patience_s

    async def send(self, *, to: str, subject: str, text: str) -> None:
        """Send one mail. Who is cancelled while waiting leaves the thread to its own patience.

        Raises:
            MailRefused: of the address or the subject.
            MailNotSent: it did not go out, or it is not known whether.
        """
        message = letter(sender=self._sender, to=to, subject=subject, text=text)
        await in_a_thread(lambda: self._send(message))

    def _send(self, message: EmailMessage) -> None:
        # `from None`: what the server said may repeat the mail, and would stand in the log
        try:
            with _leaving(self._connected()) as smtp:
                self._secure(smtp)
                if self._login is not None:
                    _log_in(smtp, *self._login)
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            status = _status(*next(iter(error.recipients.values())))
            raise MailNotSent(f"the reader was refused: {status}") from None
        except smtplib.SMTPResponseException as error:
            status = _status(error.smtp_code, error.smtp_error)
            raise MailNotSent(f"the server answered {status}") from None
        except ssl.SSLCertVerificationError as error:
            raise MailNotSent(f"TLS failed: {error.verify_message}") from None
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise MailNotSent(plain_reason(error)) from None

    def _connected(self) -> smtplib.SMTP:
        if self._implicit_tls:
            return smtplib.SMTP_SSL(
                self._host,
                self._port,
                local_hostname=_HELLO,
                timeout=self._patience_s,
                context=self._context(),
            )
        return smtplib.SMTP(self._host, self._port, local_hostname=_HELLO, timeout=self._patience_s)

    def _secure(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._implicit_tls:
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._context())
            smtp.ehlo()
        elif self._login is not None or not _is_on_this_machine(smtp):
            raise MailNotSent("the server offers no TLS; nothing was sent")

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._authority is not None:
            context.load_verify_locations(self._authority)
        return context


@contextmanager
def _leaving(smtp: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """Say goodbye at the end. What comes of that is not the mail's fate."""
    try:
        yield smtp
        with suppress(OSError, smtplib.SMTPException):
            smtp.docmd("QUIT")
    finally:
        smtp.close()


def _log_in(smtp: smtplib.SMTP, user: str, password: Secret) -> None:
    """One attempt, in UTF-8 (RFC 4616), which the library's own login does not speak."""
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        token = _encoded(f"\0{user}\0{password.reveal()}")
        code, said = smtp.docmd("AUTH", f"PLAIN {token}")
    elif "LOGIN" in offered:
        code, said = smtp.docmd("AUTH", f"LOGIN {_encoded(user)}")
        if code == _GO_ON:
            code, said = smtp.docmd(_encoded(password.reveal()))
    else:
        raise MailNotSent("the server offers no login with a password")
    if code != _ACCEPTED:
        raise MailNotSent(f"the login was refused: {_status(code, said)}")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _is_on_this_machine(smtp: smtplib.SMTP) -> bool:
    if smtp.sock is None:
        return False
    return ip_address(str(smtp.sock.getpeername()[0]).partition("%")[0]).is_loopback


def _status(code: int, said: bytes | str) -> str:
    """The numbers of an answer. Its words are the server's, and may repeat what it was sent."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    found = _STATUS.match(text)
    return f"{code} {found[0]}" if found else str(code)
