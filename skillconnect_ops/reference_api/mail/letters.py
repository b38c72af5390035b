"""Mails to one reader: what they are, and a folder that takes them while developing.

A mail of this service holds a token that lets somebody in. So it travels over TLS or not beyond
this machine, and neither its text nor what a server says of it is ever logged.
"""

import asyncio
import os
import re
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

_LONGEST_ADDRESS = 254
_LONGEST_LINE = 998
"""RFC 5322, 2.1.1."""
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]+@[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class MailRefused(ValueError):
    """An address or subject could make another mail of it (header injection), or more than one."""


class MailNotSent(Exception):
    """A mail did not go out. The reason holds nothing of the mail, its reader or the password."""


class Mail(Protocol):
    """Sends mails of plain text to one reader each."""

    async def send(self, *, to: str, subject: str, text: str) -> None:
        """Send one.

        Raises:
            MailRefused: of the address or the subject.
            MailNotSent: it did not go out, or it is not known whether.
        """


class FolderMail:
    """Lays each mail into a folder as a file that mail programs open; for development.

    Args:
        folder: it is made (0700) where it is not there.
        sender: the address that mails come from.
    """

    def __init__(self, folder: Path, *, sender: str = "skillconnect@localhost") -> None:
        self._folder = folder
        self._sender = one_address(sender)

    async def send(self, *, to: str, subject: str, text: str) -> None:
        """Write one `.eml` file (0600), which has its name only once it is whole.

        Raises:
            MailRefused: of the address or the subject.
            MailNotSent: it cannot be written.
        """
        message = letter(sender=self._sender, to=to, subject=subject, text=text)
        await in_a_thread(lambda: self._write(message))

    def _write(self, message: EmailMessage) -> None:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
        part = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(message.as_bytes())
            part.rename(self._folder / f"{name}.eml")
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise MailNotSent(plain_reason(error)) from None


def letter(*, sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """A mail of plain text.

    Raises:
        MailRefused: of the address or the subject.
    """
    to = one_address(to)
    if _CONTROL.search(subject):
        raise MailRefused("the subject has a line feed or another control character")
    international = not (to.isascii() and sender.isascii())
    message = EmailMessage(policy=SMTPUTF8 if international else SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    # as it is, where that can be: a link is not broken in two then
    plain = text.isascii() and all(len(line) < _LONGEST_LINE for line in text.splitlines())
    message.set_content(text.encode(errors="replace").decode(), cte="7bit" if plain else None)
    return message


def one_address(text: str) -> str:
    """Exactly one address, without a name.

    Raises:
        MailRefused: it is anything else.
    """
    if len(text) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(text) or _CONTROL.search(text):
        raise MailRefused("that is no mail address, or more than one")
    return text


def plain_reason(error: Exception) -> str:
    """What went wrong, in words that are the system's own."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host's name does not resolve"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


async def in_a_thread(work: Callable[[], None]) -> None:
    """Run it in a thread of its own.

    Not in the loop's pool: a mail server that hangs would hold the threads that passwords are
    verified in. And as a daemon, so that it does not hold up the end of the process.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        failure: BaseException | None = None
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            failure = error
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(settle, failure)

    threading.Thread(target=run, name="mail", daemon=True).start()
    await done
