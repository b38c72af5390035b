"""Sends mails while nobody waits: an HTTP answer neither takes longer nor fails for one.

That is more than convenience. An answer that takes longer when there is such a user tells that
there is one.
"""

import asyncio
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from skillconnect_ops.reference_api import logs
from skillconnect_ops.reference_api.mail.letters import FolderMail, Mail, MailNotSent, MailRefused
from skillconnect_ops.reference_api.mail.smtp import SmtpMail
from skillconnect_ops.reference_api.settings import Settings

AT_ONCE = 4
WAITING = 500
MAIL_PATIENCE_S = 60.0
CLOSING_PATIENCE_S = 5.0

log = logs.get()


def by_settings(settings: Settings) -> Mail:
    """What sends mails: the folder where there is one (never in production), else the server.

    Mails come from the user who logs in, where that is an address, else from `no-reply` at the
    host of BASE_URL.

    Raises:
        MailNotSent: neither is set.
        MailRefused: the sender is no address.
    """
    sender = f"no-reply@{urlsplit(settings.base_url).hostname}"
    if settings.mail_dir is not None:
        return FolderMail(settings.mail_dir, sender=sender)
    smtp = settings.smtp
    if smtp is None:
        raise MailNotSent("SMTP_HOST is not set")
    login = bool(smtp.user and smtp.password)
    return SmtpMail(
        smtp.host,
        smtp.port,
        user=smtp.user if login else None,
        password=smtp.password if login else None,
        sender=smtp.user if "@" in smtp.user else sender,
    )


class Outbox:
    """Mails on their way. What goes wrong is logged and counted, never raised.

    Used as a context (`async with Outbox() as outbox`), it is closed at the end.

    Args:
        choose: what sends mails by these settings. Settings change while the service runs, so each
            mail goes by those of the request that asked for it.
        at_once: so many are being sent at a time.
        waiting: so many are kept, those on their way included; the next one is given up, so that
            a mail server that hangs does not cost the memory.
        patience_s: for one mail.
    """

    def __init__(
        self,
        choose: Callable[[Settings], Mail] = by_settings,
        *,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        patience_s: float = MAIL_PATIENCE_S,
    ) -> None:
        self._choose = choose
        self._turn = asyncio.Semaphore(at_once)
        self._waiting = waiting
        self._patience_s = patience_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.sent = 0
        self.failed = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def post(self, settings: Settings, *, to: str, subject: str, text: str) -> None:
        """Send a mail later. It returns at once and raises nothing.

        The log lines about it carry the context (request id, user id) of who called.
        """
        if self._closed or len(self._tasks) >= self._waiting:
            self._gave_up("closed" if self._closed else "too many mails are waiting")
            return
        sending = self._send(settings, to=to, subject=subject, text=text)
        task = asyncio.get_running_loop().create_task(sending, name="mail")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, *, patience_s: float = CLOSING_PATIENCE_S) -> None:
        """Take no more, wait some seconds for those on their way, and give up the rest."""
        self._closed = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _send(self, settings: Settings, *, to: str, subject: str, text: str) -> None:
        try:
            async with self._turn, asyncio.timeout(self._patience_s):
                await self._choose(settings).send(to=to, subject=subject, text=text)
        except asyncio.CancelledError:
            self._gave_up("the service is ending")
            raise
        except TimeoutError:
            self._gave_up("no answer in time")
        except (MailNotSent, MailRefused) as error:
            self._gave_up(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, its words may hold the mail
            self._gave_up(type(error).__name__)
        else:
            self.sent += 1
            log.info("mail sent")

    def _gave_up(self, reason: str) -> None:
        self.failed += 1
        log.error("mail not sent", reason=reason)
