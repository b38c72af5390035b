"""What a server says to a login, each answer told apart, on real servers."""

import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import RedisOptions, run_redis
from skillconnect_ops.adapters.redis import RedisServers, parse, try_login
from skillconnect_ops.core.ports.acl import AclAnswer, AclUnreachable
from skillconnect_ops.core.secret import Secret
from tests.certificates import Authority

SERVERS = RedisServers()


def test_accepted_refused_and_none_given(redis_server: Secret) -> None:
    here = redis_server.reveal().rpartition("@")[2]
    accepted = SERVERS.try_login(redis_server)
    assert accepted.answer is AclAnswer.ACCEPTED
    assert not accepted.answer.refused
    assert accepted.where == here.partition("/")[0]
    wrong = SERVERS.try_login(Secret(f"redis://:{secrets.token_hex(8)}@{here}"))
    assert wrong.answer is AclAnswer.WRONG_PASSWORD
    assert wrong.answer.refused
    assert "WRONGPASS" in wrong.reason
    none = SERVERS.try_login(Secret(f"redis://{here}"))
    assert none.answer is AclAnswer.PASSWORD_WANTED
    assert none.answer.refused
    assert "NOAUTH" in none.reason


def test_a_right_password_without_rights_counts_as_alive(redis_server: Secret) -> None:
    here = redis_server.reveal().rpartition("@")[2]
    name, password = f"u{secrets.token_hex(4)}", secrets.token_hex(12)
    with SERVERS.manage(redis_server) as acl:
        like = acl.find("default")
        assert like is not None
        acl.create(name, like=like, password=Secret(password))
        user = acl.find(name)
        assert user is not None
        acl.restore(name, Secret(user.image.reveal().replace("+@all", "-@all")))
        login = SERVERS.try_login(Secret(f"redis://{name}:{password}@{here}"))
        assert login.answer is AclAnswer.NOT_PERMITTED
        assert not login.answer.refused
        assert "NOPERM" in login.reason
        acl.drop(name)


def test_a_server_without_a_password_proves_nothing(tmp_path: Path) -> None:
    with run_redis(tmp_path, RedisOptions(password=False)) as server:
        here = server.uri.reveal().removeprefix("redis://")
        for login in ("", ":anything@", "default:anything@"):
            tried = SERVERS.try_login(Secret(f"redis://{login}{here}"))
            assert tried.answer is AclAnswer.OPEN, login
            assert not tried.answer.refused
        nobody = SERVERS.try_login(Secret(f"redis://nobody:anything@{here}"))
        assert nobody.answer is AclAnswer.WRONG_PASSWORD


def test_nobody_there_is_neither_accepted_nor_refused(tmp_path: Path) -> None:
    with run_redis(tmp_path) as server:
        server.pause()
        try:
            silent = try_login(parse(server.uri), patience_s=0.5)
        finally:
            server.unpause()
        assert silent.answer is AclAnswer.UNREACHABLE
        server.stop()
        gone = SERVERS.try_login(server.uri)
        assert gone.answer is AclAnswer.UNREACHABLE
        assert "refused" in gone.reason
        assert not gone.answer.refused
    nowhere = SERVERS.try_login(Secret(f"unix://:x@{tmp_path}/no.sock"))
    assert nowhere.answer is AclAnswer.UNREACHABLE


def test_a_server_that_is_full_gives_no_answer(tmp_path: Path) -> None:
    with run_redis(tmp_path, RedisOptions(settings=("maxclients 1",))) as server:
        port = server.port
        with socket.create_connection(("127.0.0.1", port)) as only:
            only.sendall(b"PING\r\n")
            only.recv(10)
            assert SERVERS.try_login(server.uri).answer is AclAnswer.UNREACHABLE


def test_a_socket_works_as_well(tmp_path: Path) -> None:
    # the path of a socket is at most 107 bytes
    folder = Path("/tmp") / f"skc-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    path = folder / "s"
    try:
        with run_redis(tmp_path, RedisOptions(settings=(f"unixsocket {path}",))) as server:
            password = server.uri.reveal().partition("@")[0].removeprefix("redis://:")
            uri = Secret(f"unix://:{password}@{path}?db=0")
            assert SERVERS.try_login(uri).answer is AclAnswer.ACCEPTED
            with SERVERS.manage(uri) as acl:
                assert acl.server().where == str(path)
                sessions = acl.sessions("default")
                assert not getattr(sessions, "value", None)
    finally:
        with suppress(OSError):
            path.unlink()
        folder.rmdir()


@contextmanager
def tls_before(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """TLS in front of a plain server, as stunnel does it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, port, context), daemon=True).start()
        yield listening.getsockname()[1]
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, port: int, context: ssl.SSLContext) -> None:
    while True:
        try:
            raw, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_pass_on, args=(raw, port, context), daemon=True).start()


def _pass_on(raw: socket.socket, port: int, context: ssl.SSLContext) -> None:
    with (
        suppress(OSError, ValueError),
        raw,
        context.wrap_socket(raw, server_side=True) as outer,
        socket.create_connection(("127.0.0.1", port)) as inner,
    ):
        while said := outer.recv(4096):
            inner.sendall(said)
            outer.sendall(inner.recv(65536))


def test_tls_is_checked(tmp_path: Path, redis_server: Secret) -> None:
    authority = Authority(tmp_path)
    login, _, here = redis_server.reveal().removeprefix("redis://").partition("@")
    with tls_before(int(here.partition(":")[2].partition("/")[0]), authority.server()) as port:
        trusting = f"rediss://{login}@localhost:{port}/0?ssl_ca_certs={authority.file}"
        assert SERVERS.try_login(Secret(trusting)).answer is AclAnswer.ACCEPTED
        strange = Secret(f"rediss://{login}@localhost:{port}/0")
        tried = SERVERS.try_login(strange)
        assert tried.answer is AclAnswer.UNREACHABLE
        assert "certificate" in tried.reason.lower()
        with pytest.raises(AclUnreachable, match="TLS"), SERVERS.manage(strange):
            pass
