"""Mails through a real server: over TLS or not at all, and not a word of them in an error."""

import asyncio
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import Envelope

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.mail import smtp as mail_smtp
from skillconnect_ops.reference_api.mail.letters import MailNotSent, MailRefused
from skillconnect_ops.reference_api.mail.smtp import SmtpMail
from tests.certificates import Authority
from tests.post import USER, Post

READER = "reader@example.test"
TOKEN = secrets.token_urlsafe(16)
TEXT = f"Grüße\n.\nhttps://example.test/reset?token={TOKEN}\n"


class Mailbox(Post):
    """Keeps what it takes."""

    answer = "250 OK"

    def __init__(self, *args: Any, **options: Any) -> None:
        self.taken: list[Envelope] = []
        super().__init__(*args, **options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return self.answer

    @property
    def messages(self) -> list[EmailMessage]:
        return [
            message_from_bytes(cast("bytes", each.content), policy=policy.default)
            for each in self.taken
        ]


Start = Callable[..., Mailbox]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def password() -> Secret:
    return Secret(f"pä:ss {secrets.token_urlsafe(12)}")


@pytest.fixture
def start(password: Secret) -> Iterator[Start]:
    running: list[Mailbox] = []

    def go(**options: Any) -> Mailbox:
        running.append(Mailbox(password.reveal(), **options))
        return running[-1]

    yield go
    for post in running:
        post.stop()


def send(
    port: int, password: Secret | None, authority: Authority | None = None, **options: Any
) -> None:
    mail = SmtpMail(
        "127.0.0.1",
        port,
        user=None if password is None else USER,
        password=password,
        sender="us@example.test",
        authority=None if authority is None else authority.file,
        patience_s=5,
        **options,
    )
    asyncio.run(mail.send(to=READER, subject="Ihr Paßwort", text=TEXT))


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_a_mail_arrives_over_tls_by_who_has_logged_in(
    start: Start, authority: Authority, password: Secret, implicit: bool, way: str
) -> None:
    other = {"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[way]
    options: dict[str, Any] = {"auth_exclude_mechanism": [other]}
    if implicit:
        # the server counts TLS from the first byte as none
        options |= {"implicit": authority.server(), "auth_require_tls": False}
    else:
        options |= {"tls_context": authority.server(), "auth_required": True}
    post = start(**options)
    send(post.port, password, authority, implicit_tls=implicit)
    (envelope,), (message,) = post.taken, post.messages
    assert post.attempts == 1
    assert (envelope.mail_from, envelope.rcpt_tos) == ("us@example.test", [READER])
    assert message["Subject"] == "Ihr Paßwort"
    assert message.get_content() == TEXT.replace("\n", "\r\n")


def test_port_465_is_tls_from_the_first_byte() -> None:
    def implicit(port: int) -> bool:
        made = SmtpMail("127.0.0.1", port, user=None, password=None, sender=READER)
        return made._implicit_tls

    assert (implicit(465), implicit(587), implicit(25)) == (True, False, False)


@pytest.mark.parametrize("implicit", [False, True])
def test_a_certificate_that_is_not_trusted_or_of_another_host_gets_nothing(
    start: Start, authority: Authority, password: Secret, tmp_path: Path, implicit: bool
) -> None:
    for offered, trusted in (
        (authority, None),
        ((other := Authority(tmp_path, name="mail.example.test")), other),
    ):
        server = {"implicit" if implicit else "tls_context": offered.server()}
        post = start(auth_require_tls=False, **server)
        with pytest.raises(MailNotSent, match=r"^TLS failed: "):
            send(post.port, password, trusted, implicit_tls=implicit)
        assert (post.attempts, post.taken) == (0, [])


def test_no_password_is_given_away_in_the_clear_not_even_on_this_machine(
    start: Start, password: Secret
) -> None:
    post = start(auth_require_tls=False)
    with pytest.raises(MailNotSent, match="offers no TLS; nothing was sent"):
        send(post.port, password)
    assert (post.attempts, post.taken) == (0, [])


def test_on_this_machine_a_server_without_tls_and_login_is_used(start: Start) -> None:
    post = start()
    send(post.port, None)
    assert len(post.taken) == 1


def test_elsewhere_a_server_without_tls_gets_no_mail(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_smtp, "_is_on_this_machine", lambda smtp: False)
    post = start()
    with pytest.raises(MailNotSent, match="offers no TLS; nothing was sent"):
        send(post.port, None)
    assert post.taken == []


class _Connected:
    def __init__(self, address: str) -> None:
        self.sock = self
        self._address = address

    def getpeername(self) -> tuple[str, int]:
        return self._address, 25


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
        ("203.0.113.7", False),
    ],
)
def test_it_is_the_address_that_tells_where_a_server_is(address: str, here: bool) -> None:
    assert mail_smtp._is_on_this_machine(cast("Any", _Connected(address))) is here


def test_what_goes_wrong_is_told_without_words_of_the_server(
    start: Start, authority: Authority, password: Secret
) -> None:
    post = start(tls_context=authority.server())
    post.answer = f"554 5.7.1 spam: {TOKEN} for {READER}"
    with pytest.raises(MailNotSent) as refused:
        send(post.port, password, authority)
    assert str(refused.value) == "the server answered 554 5.7.1"
    assert refused.value.__suppress_context__
    with pytest.raises(MailNotSent) as denied:
        send(post.port, Secret("wrong"), authority)
    assert str(denied.value) == "the login was refused: 535 5.7.8"


def test_a_half_login_is_refused(password: Secret) -> None:
    with pytest.raises(ValueError, match="both a user and a password"):
        SmtpMail("127.0.0.1", 587, user=None, password=password, sender=READER)


def test_a_sender_of_two_lines_is_refused() -> None:
    with pytest.raises(MailRefused):
        SmtpMail("127.0.0.1", 587, user=None, password=None, sender="a@example.test\nBcc: b")


def test_nobody_at_the_port_is_told_as_such() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(MailNotSent, match=r"^Connection refused$"):
            send(taken.getsockname()[1], None)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail = SmtpMail(
            "127.0.0.1",
            silent.getsockname()[1],
            user=None,
            password=None,
            sender=READER,
            patience_s=0.2,
        )
        with pytest.raises(MailNotSent, match=r"^no answer in time$"):
            asyncio.run(mail.send(to=READER, subject="s", text="t"))


def test_a_mail_that_was_taken_is_sent_whatever_comes_of_the_goodbye() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_rude, args=(server,))
        thread.start()
        send(server.getsockname()[1], None)
        thread.join()


def _rude(server: socket.socket) -> None:
    """Takes a mail, and answers to the goodbye with an error."""
    talk, _ = server.accept()
    with talk, talk.makefile("rwb", buffering=0) as lines:
        lines.write(b"220 hello\r\n")
        while line := lines.readline():
            word = line[:4].upper()
            if word == b"DATA":
                lines.write(b"354 go on\r\n")
                while lines.readline() != b".\r\n":
                    pass
            lines.write(b"421 no\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return
