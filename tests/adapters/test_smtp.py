"""Logins at a real mail server on the loopback address: what it says, and what it is never told."""

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.adapters import smtp
from skillconnect_ops.adapters.smtp import SmtpLogins
from skillconnect_ops.core.ports.mail import (
    MailAnswer,
    MailLogin,
    MailLogins,
    MailSecurity,
    MailServer,
    PasswordInTheClear,
)
from skillconnect_ops.core.secret import Secret
from tests.certificates import Authority
from tests.post import USER, Post

LOGINS: MailLogins = SmtpLogins(patience_s=5)

Start = Callable[..., Post]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def password() -> str:
    return f"pä:ss {secrets.token_urlsafe(12)}"


@pytest.fixture
def start(password: str, authority: Authority) -> Iterator[Start]:
    running: list[Post] = []

    def go(security: MailSecurity, **options: Any) -> Post:
        if security is MailSecurity.STARTTLS:
            options = {"tls_context": authority.server(), "require_starttls": True, **options}
        else:
            options = {"auth_require_tls": False, **options}
        implicit = authority.server() if security is MailSecurity.TLS else None
        post = Post(password, implicit=implicit, **options)
        running.append(post)
        return post

    yield go
    for post in running:
        post.stop()


def tried(
    port: int,
    password: str,
    security: MailSecurity,
    authority: Authority | None = None,
    *,
    host: str = "localhost",
) -> MailLogin:
    server = MailServer(
        host=host, port=port, security=security, authority=authority.file if authority else None
    )
    return LOGINS.try_login(server, user=USER, password=Secret(password))


@pytest.mark.parametrize("security", MailSecurity)
@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_the_right_password_is_accepted_and_another_refused_with_one_attempt_each(
    start: Start, password: str, authority: Authority, security: MailSecurity, way: str
) -> None:
    other = {"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[way]
    post = start(security, auth_exclude_mechanism=[other])
    accepted = tried(post.port, password, security, authority, host="127.0.0.1")
    assert accepted.answer is MailAnswer.ACCEPTED, accepted.reason
    assert post.attempts == 1
    wrong = f"c4n4ry-{secrets.token_hex(8)}"
    refused = tried(post.port, wrong, security, authority, host="127.0.0.1")
    assert refused.answer is MailAnswer.REFUSED
    assert refused.reason.startswith("535")
    assert post.attempts == 2
    assert "c4n4ry" not in repr(refused)


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
def test_a_certificate_that_is_not_trusted_or_of_another_host_gets_no_password(
    start: Start, password: str, authority: Authority, tmp_path: Path, security: MailSecurity
) -> None:
    post = start(security)
    strange = tried(post.port, password, security, host="127.0.0.1")
    assert strange.answer is MailAnswer.UNREACHABLE
    assert "self-signed" in strange.reason
    other = Authority(tmp_path, name="mail.example.test")
    implicit = other.server() if security is MailSecurity.TLS else None
    options = {"tls_context": other.server()} if security is MailSecurity.STARTTLS else {}
    second = Post(password, implicit=implicit, **options)
    try:
        named = tried(second.port, password, security, other, host="127.0.0.1")
    finally:
        second.stop()
    assert named.answer is MailAnswer.UNREACHABLE
    assert "127.0.0.1" in named.reason
    assert (post.attempts, second.attempts) == (0, 0)


def test_a_server_that_hides_starttls_gets_no_password(start: Start, password: str) -> None:
    post = start(MailSecurity.NONE)
    stripped = tried(post.port, password, MailSecurity.STARTTLS, host="127.0.0.1")
    assert stripped.answer is MailAnswer.UNSURE
    assert "STARTTLS" in stripped.reason
    assert post.attempts == 0


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "0.0.0.0"])
def test_a_password_leaves_this_machine_only_encrypted(
    host: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*args: Any, **options: Any) -> None:
        raise AssertionError("contacted")

    monkeypatch.setattr(socket, "create_connection", nobody)
    with pytest.raises(PasswordInTheClear) as caught:
        tried(25, password, MailSecurity.NONE, host=host)
    assert host in caught.value.what
    assert password not in f"{caught.value.what}{caught.value.why}{caught.value.fix}"


def test_a_name_that_leads_elsewhere_the_second_time_gets_no_password(
    start: Start, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = start(MailSecurity.NONE)
    monkeypatch.setattr(smtp, "_refuse_others", lambda server: None)
    monkeypatch.setattr(smtp, "_is_loopback", lambda address: False)
    with pytest.raises(PasswordInTheClear):
        tried(post.port, password, MailSecurity.NONE, host="127.0.0.1")
    assert post.attempts == 0


def test_a_server_without_a_login_is_neither_accepted_nor_refused(
    start: Start, password: str
) -> None:
    post = start(MailSecurity.NONE, auth_exclude_mechanism=["PLAIN", "LOGIN"])
    login = tried(post.port, password, MailSecurity.NONE, host="127.0.0.1")
    assert login.answer is MailAnswer.UNSURE
    assert "no login with a password" in login.reason


def test_nobody_there_is_unreachable(password: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for security in MailSecurity:
        login = tried(port, password, security, host="127.0.0.1")
        assert login.answer is MailAnswer.UNREACHABLE
        assert "refused" in login.reason


def test_a_server_that_says_nothing_is_unreachable_in_time(password: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer(
            host="127.0.0.1", port=silent.getsockname()[1], security=MailSecurity.NONE
        )
        login = SmtpLogins(patience_s=0.3).try_login(server, user=USER, password=Secret(password))
    assert login.answer is MailAnswer.UNREACHABLE
    assert "no answer in time" in login.reason


@contextmanager
def scripted(*answers: str) -> Iterator[tuple[int, list[str]]]:
    """A server that gives these answers, whatever it is told."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rw", newline="\r\n") as stream:
                for answer in answers:
                    stream.write(answer + "\n")
                    stream.flush()
                    heard.append(stream.readline().strip())

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join(10)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("535 5.7.8 no", MailAnswer.REFUSED),
        ("534 5.7.9 Application-specific password required", MailAnswer.REFUSED),
        ("454 4.7.0 Temporary authentication failure", MailAnswer.UNSURE),
        ("421 4.7.0 Too many connections", MailAnswer.UNSURE),
        ("530 5.7.0 Must issue a STARTTLS command first", MailAnswer.UNSURE),
        ("538 5.7.11 Encryption required", MailAnswer.UNSURE),
        ("235 2.7.0 in", MailAnswer.ACCEPTED),
    ],
)
def test_what_is_no_verdict_counts_as_none(answer: str, wanted: MailAnswer, password: str) -> None:
    with scripted("220 hi", "250-hi\n250 AUTH PLAIN", answer, "221 bye") as (port, heard):
        login = tried(port, password, MailSecurity.NONE, host="127.0.0.1")
    assert login.answer is wanted, login.reason
    assert not any(word.upper().startswith(("MAIL", "RCPT", "DATA")) for word in heard)


@pytest.mark.parametrize("farewell", [["500 what"], ["421 4.4.2 too late"], []])
@pytest.mark.parametrize("verdict", ["235 2.7.0 in", "535 5.7.8 no"])
def test_a_verdict_is_not_lost_by_leaving(verdict: str, farewell: list[str], password: str) -> None:
    with scripted("220 hi", "250-hi\n250 AUTH PLAIN", verdict, *farewell) as (port, _):
        login = tried(port, password, MailSecurity.NONE, host="127.0.0.1")
    wanted = MailAnswer.ACCEPTED if verdict.startswith("235") else MailAnswer.REFUSED
    assert login.answer is wanted, login.reason


def test_what_a_server_repeats_of_a_password_is_not_shown(password: str) -> None:
    with scripted("554 go away " + password, "221 bye") as (port, _):
        login = tried(port, password, MailSecurity.NONE, host="127.0.0.1")
    assert login.answer is MailAnswer.UNSURE
    assert password not in login.reason
    assert "***" in login.reason
