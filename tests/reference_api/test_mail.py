"""The outbox: nobody waits for a mail, and what goes wrong is a line in the log."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from msgspec.structs import replace

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import logs
from skillconnect_ops.reference_api.mail import Outbox, by_settings
from skillconnect_ops.reference_api.mail.letters import FolderMail, MailNotSent
from skillconnect_ops.reference_api.mail.smtp import SmtpMail
from skillconnect_ops.reference_api.proofs.ring import Key, Ring
from skillconnect_ops.reference_api.settings import Settings, Smtp

READER = "reader@example.test"
TOKEN = secrets.token_urlsafe(16)
RING = Ring("KEY", Key(Secret(secrets.token_hex(32)), None))
SETTINGS = Settings(
    production=False,
    mongo_uri=Secret(""),
    database="",
    redis_url=Secret(""),
    users=RING,
    admins=RING,
    access_s=1,
    session_s=1,
    base_url="https://api.example.test:4000/api",
    frontend_url="",
    origins=frozenset(),
)
MAIL = {"to": READER, "subject": "reset", "text": f"use {TOKEN}"}


class Gate:
    """A mail server that lets mails through when it is told so, and notes how many wait."""

    def __init__(self, *, failure: Exception | None = None) -> None:
        self.opened = asyncio.Event()
        self.at_once = 0
        self.most = 0
        self._failure = failure

    async def send(self, *, to: str, subject: str, text: str) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.opened.wait()
            if self._failure is not None:
                raise self._failure
        finally:
            self.at_once -= 1


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Any]:
    """What was logged, so far; no mail's text is ever in it."""

    def read() -> list[dict[str, Any]]:
        raw = b"".join(each.read_bytes() for each in tmp_path.glob("combined-*.log"))
        assert TOKEN.encode() not in raw
        assert READER.encode() not in raw
        return [json.loads(line) for line in raw.splitlines()]

    with logs.configure(folder=tmp_path, level="info", development=True):
        yield read


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_mail_is_sent_behind_the_back_of_who_posts_it(tmp_path: Path, lines: Any) -> None:
    async def go() -> Outbox:
        async with Outbox(lambda _: FolderMail(tmp_path / "mails")) as outbox:
            with structlog.contextvars.bound_contextvars(request_id="r1"):
                outbox.post(SETTINGS, **MAIL)
            assert outbox.sent == 0
        return outbox

    outbox = asyncio.run(go())
    assert (outbox.sent, outbox.failed) == (1, 0)
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 1
    (event,) = lines()
    assert (event["event"], event["request_id"]) == ("mail sent", "r1")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (MailNotSent("the server answered 554"), "the server answered 554"),
        (RuntimeError(f"somebody else's words: {TOKEN}"), "RuntimeError"),
        (KeyError(TOKEN), "KeyError"),
    ],
    ids=range(3),
)
def test_a_mail_that_fails_is_logged_and_nobodys_trouble(
    failure: Exception, reason: str, lines: Any
) -> None:
    async def go() -> Outbox:
        gate = Gate(failure=failure)
        gate.opened.set()
        async with Outbox(lambda _: gate) as outbox:
            outbox.post(SETTINGS, **MAIL)
        return outbox

    outbox = asyncio.run(go())
    assert (outbox.sent, outbox.failed) == (0, 1)
    (event,) = lines()
    assert (event["level"], event["event"], event["reason"]) == ("error", "mail not sent", reason)
    assert "exception" not in event


def test_a_refused_address_is_logged_and_nobodys_trouble(tmp_path: Path, lines: Any) -> None:
    async def go() -> None:
        async with Outbox(lambda _: FolderMail(tmp_path / "mails")) as outbox:
            outbox.post(SETTINGS, to=f"{READER}\nBcc: {READER}", subject="s", text="t")

    asyncio.run(go())
    (event,) = lines()
    assert event["reason"] == "that is no mail address, or more than one"


def test_only_so_many_are_sent_at_once_and_only_so_many_wait(lines: Any) -> None:
    async def go() -> tuple[Outbox, Gate]:
        gate = Gate()
        async with Outbox(lambda _: gate, at_once=3, waiting=10) as outbox:
            for _ in range(12):
                outbox.post(SETTINGS, **MAIL)
            await turns()
            assert gate.at_once == 3
            gate.opened.set()
        return outbox, gate

    outbox, gate = asyncio.run(go())
    assert gate.most == 3
    assert (outbox.sent, outbox.failed) == (10, 2)
    reasons = [each["reason"] for each in lines() if each["level"] == "error"]
    assert reasons == ["too many mails are waiting"] * 2


def test_at_the_end_what_hangs_is_given_up_and_said(lines: Any) -> None:
    async def go() -> Outbox:
        gate = Gate()
        outbox = Outbox(lambda _: gate, at_once=1)
        outbox.post(SETTINGS, **MAIL)
        outbox.post(SETTINGS, **MAIL)
        await outbox.close(patience_s=0.01)
        outbox.post(SETTINGS, **MAIL)
        return outbox

    outbox = asyncio.run(go())
    assert (outbox.sent, outbox.failed) == (0, 3)
    reasons = [each["reason"] for each in lines()]
    assert reasons == ["the service is ending", "the service is ending", "closed"]


def test_a_mail_that_takes_too_long_makes_room_for_the_next(lines: Any) -> None:
    async def go() -> Outbox:
        gate = Gate()
        async with Outbox(lambda _: gate, at_once=1, patience_s=0.01) as outbox:
            outbox.post(SETTINGS, **MAIL)
            outbox.post(SETTINGS, **MAIL)
        return outbox

    assert asyncio.run(go()).failed == 2
    assert [each["reason"] for each in lines()] == ["no answer in time"] * 2


def test_while_developing_mails_go_to_their_folder_and_name_the_host(tmp_path: Path) -> None:
    mail = by_settings(replace(SETTINGS, mail_dir=tmp_path, smtp=Smtp(host="smtp.example.test")))
    asyncio.run(mail.send(**MAIL))
    (file,) = tmp_path.glob("*.eml")
    assert b"From: no-reply@api.example.test" in file.read_bytes()


def test_mails_come_from_who_logs_in_at_the_server() -> None:
    kept = Secret(secrets.token_hex(8))
    mail = by_settings(
        replace(SETTINGS, smtp=Smtp(host="smtp.example.test", user=READER, password=kept))
    )
    assert isinstance(mail, SmtpMail)
    assert (mail._sender, mail._login) == (READER, (READER, kept))


def test_a_server_without_a_password_is_spoken_to_without_login() -> None:
    mail = by_settings(replace(SETTINGS, smtp=Smtp(host="localhost", user="us")))
    assert isinstance(mail, SmtpMail)
    assert (mail._sender, mail._login) == ("no-reply@api.example.test", None)


def test_without_any_way_to_send_mails_each_is_told_to_be_lost(lines: Any) -> None:
    async def go() -> None:
        async with Outbox() as outbox:
            outbox.post(SETTINGS, **MAIL)

    asyncio.run(go())
    assert [each["reason"] for each in lines()] == ["SMTP_HOST is not set"]
