"""What can go wrong on the way to a server: each a named error, soon, and without the password."""

import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from skillconnect_ops.adapters.mongo import connect, parse
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    DatabaseError,
    MalformedUri,
    NoPrimary,
    NotMongoDB,
    PortRefused,
    TlsMismatch,
    UnknownHost,
    Unreachable,
    WrongPassword,
)
from skillconnect_ops.core.secret import Secret
from tests.servers import make_user

CANARY = "c4n4ry-p%ss"
QUOTED = "c4n4ry-p%25ss"
QUICK_S = 1.5


def refusal(uri: str, *, patience_s: float = QUICK_S) -> DatabaseError:
    """The error of an attempt, after looking for the password in all it could be read from."""
    began = time.monotonic()
    with pytest.raises(DatabaseError) as caught:
        connect(Secret(uri), patience_s=patience_s).close()
    assert time.monotonic() - began < patience_s + 2
    error = caught.value
    for text in everything_said(error):
        assert CANARY not in text
        assert QUOTED not in text
        assert "c4n4ry" not in text
    return error


def everything_said(error: BaseException) -> Iterator[str]:
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield from (str(one), repr(one), repr(one.args), repr(vars(one)))
        todo += [one.__cause__, one.__context__]
    yield "".join(traceback.format_exception(error))


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on the loopback address that does `talk` with each caller."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with closing(caller):
                    try:
                        talk(caller)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def http(caller: socket.socket) -> None:
    caller.recv(4096)
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def hang_up(caller: socket.socket) -> None:
    caller.recv(4096)


class TestTheServerIsThereAndTheUserIsNot:
    def test_a_wrong_password_names_host_user_and_where_it_was_looked_up(
        self, one_node: Mongod
    ) -> None:
        host = f"127.0.0.1:{one_node.ports[0]}"
        error = refusal(f"mongodb://root:{QUOTED}@{host}/?authSource=admin")
        assert isinstance(error, WrongPassword)
        assert host in error.what
        assert "root" in error.what
        assert "'admin', as authSource says" in error.why

    def test_without_auth_source_the_database_in_the_path_is_told(self, one_node: Mongod) -> None:
        host = f"127.0.0.1:{one_node.ports[0]}"
        error = refusal(f"mongodb://root:{QUOTED}@{host}/app")
        assert isinstance(error, WrongPassword)
        assert "'app', because the URI has no authSource" in error.why
        assert "authSource=admin" in error.fix

    def test_an_unknown_user_looks_the_same(self, one_node: Mongod) -> None:
        host = f"127.0.0.1:{one_node.ports[0]}"
        assert isinstance(refusal(f"mongodb://no-one:{QUOTED}@{host}/app"), WrongPassword)

    def test_a_uri_without_a_user_is_told_that_one_is_wanted(self, one_node: Mongod) -> None:
        uri = Secret(f"mongodb://127.0.0.1:{one_node.ports[0]}/app")
        with connect(uri) as opened, pytest.raises(WrongPassword) as caught:
            opened.collections("app")
        assert "wants a user" in caught.value.what

    def test_a_password_of_odd_characters_works_percent_encoded(self, one_node: Mongod) -> None:
        odd = "p@ss:w/rd?#%[]+ ü"
        uri = make_user(one_node, "odd", ["read"], password="PLACEHOLDER").reveal()
        with one_node.client() as root:
            user = parse(Secret(uri)).user
            root["odd"].command("updateUser", user, pwd=odd)
        with connect(Secret(uri.replace("PLACEHOLDER", quote(odd, safe="")))) as opened:
            assert opened.server().user == f"{user}@odd"
            assert opened.collections("odd") == ()
        parsed = parse(Secret(uri.replace("PLACEHOLDER", quote(odd, safe=""))))
        assert parsed.password == Secret(odd)


class TestNobodyIsThere:
    def test_a_refused_port(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{port}/app")
        assert isinstance(error, PortRefused)
        assert f"127.0.0.1:{port}" in error.what

    def test_a_host_that_drops_every_packet(self) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            where = server.getsockname()
            waiting = [socket.socket() for _ in range(4)]  # they fill the queue
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(where)
            error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{where[1]}/app")
            for one in waiting:
                one.close()
        assert isinstance(error, Unreachable)
        assert f"127.0.0.1:{where[1]}" in error.what

    def test_a_server_that_says_nothing(self) -> None:
        quiet = threading.Event()

        def wait(_: socket.socket) -> None:
            quiet.wait(8)

        with listening(wait) as port:
            error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{port}/app")
            quiet.set()
        assert isinstance(error, Unreachable)

    def test_the_default_patience_is_below_ten_seconds(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(PortRefused):
            connect(Secret(f"mongodb://127.0.0.1:{port}"))
        assert time.monotonic() - began < 10

    def test_an_unknown_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = socket.getaddrinfo

        def numbers_only(host: str, port: int, *args: int, **more: int) -> object:
            return real(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

        monkeypatch.setattr(socket, "getaddrinfo", numbers_only)  # no name server is asked
        error = refusal(f"mongodb://root:{QUOTED}@mongo.example.invalid:27017/app")
        assert isinstance(error, UnknownHost)
        assert "mongo.example.invalid:27017" in error.what

    @pytest.mark.parametrize("answers", [True, False])
    def test_an_unknown_srv_name(self, monkeypatch: pytest.MonkeyPatch, answers: bool) -> None:
        with name_server(answers=answers) as port:
            resolver = dns.resolver.Resolver(configure=False)
            resolver.nameservers, resolver.port = ["127.0.0.1"], port
            monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
            error = refusal(f"mongodb+srv://root:{QUOTED}@cluster.example.invalid/app")
        assert isinstance(error, UnknownHost)
        assert "cluster.example.invalid" in error.what

    @pytest.mark.parametrize("talk", [http, hang_up])
    def test_something_else_listens(self, talk: Callable[[socket.socket], None]) -> None:
        with listening(talk) as port:
            error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{port}/app")
        assert isinstance(error, NotMongoDB)
        assert f"127.0.0.1:{port}" in error.what

    def test_a_set_without_a_primary(self, one_node: Mongod) -> None:
        one_node.step_down(seconds=60)
        try:
            error = refusal(
                f"mongodb://root:{QUOTED}@127.0.0.1:{one_node.ports[0]}/?replicaSet=rs0"
            )
        finally:
            with one_node.client() as root:
                root.admin.command("replSetFreeze", 0)
            one_node.primary()
        assert isinstance(error, NoPrimary)

    def test_another_set_name(self, one_node: Mongod) -> None:
        where = f"127.0.0.1:{one_node.ports[0]}"
        error = refusal(f"mongodb://root:{QUOTED}@{where}/?replicaSet=other")
        assert isinstance(error, CannotConnect)
        assert where in error.what


@contextmanager
def name_server(*, answers: bool) -> Iterator[int]:
    """A name server that knows no name, or never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                try:
                    query, caller = server.recvfrom(4096)
                except TimeoutError:
                    continue
                if answers:
                    answer = dns.message.make_response(dns.message.from_wire(query))
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                    server.sendto(answer.to_wire(), caller)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, authority: Path) -> Iterator[Mongod]:
    """A server that takes TLS alone; the harness's own plain clients cannot reach it."""
    arguments = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(authority)]
    options = MongodOptions(members=None, auth=False, arguments=arguments)
    with run_mongod(tmp_path_factory.mktemp("encrypted"), options) as servers:
        yield servers


class TestTls:
    def test_a_server_with_tls_and_a_client_without(self, encrypted: Mongod) -> None:
        error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{encrypted.ports[0]}/app")
        assert isinstance(error, TlsMismatch)
        assert "wants TLS" in error.what
        assert "tls=true" in error.fix

    def test_a_client_with_tls_and_a_server_without(self, one_node: Mongod) -> None:
        error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{one_node.ports[0]}/app?tls=true")
        assert isinstance(error, TlsMismatch)
        assert "does not speak TLS" in error.what

    def test_a_certificate_of_an_unknown_authority(self, encrypted: Mongod) -> None:
        error = refusal(f"mongodb://root:{QUOTED}@127.0.0.1:{encrypted.ports[0]}/app?tls=true")
        assert isinstance(error, TlsMismatch)
        assert "not trusted" in error.what
        assert "tlsCAFile" in error.fix

    def test_a_certificate_for_another_name(self, encrypted: Mongod, authority: Path) -> None:
        where = f"localhost:{encrypted.ports[0]}"
        error = refusal(f"mongodb://{where}/app?tls=true&tlsCAFile={authority}")
        assert isinstance(error, TlsMismatch)
        assert "not trusted" in error.what

    def test_a_missing_authority_file(self, encrypted: Mongod) -> None:
        where = f"127.0.0.1:{encrypted.ports[0]}"
        error = refusal(f"mongodb://root:{QUOTED}@{where}/app?tls=true&tlsCAFile=none.pem")
        assert isinstance(error, TlsMismatch)
        assert where in error.what

    def test_the_right_authority_connects(self, encrypted: Mongod, authority: Path) -> None:
        uri = f"mongodb://127.0.0.1:{encrypted.ports[0]}/app?tls=true&tlsCAFile={authority}"
        with connect(Secret(uri), patience_s=QUICK_S) as opened:
            assert opened.server().tls


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    ssl.create_default_context().load_verify_locations(file)
    return file


class TestUris:
    @pytest.mark.parametrize(
        "uri",
        [
            f"mongodb://root:{CANARY}@x@127.0.0.1/app",
            f"mongodb://root:a:{CANARY}@127.0.0.1/app",
            f"mongodb://root:a/{CANARY}@127.0.0.1/app",
            f"mongodb://root:{CANARY}/x@127.0.0.1/app",
            f"mongodb://root:a?{CANARY}@127.0.0.1/app",
            f"mongodb://root:a#{CANARY}@127.0.0.1/app",
            f"mongodb://root:{CANARY}%zz@127.0.0.1/app",
            f"mongodb://root:{QUOTED}@127.0.0.1:port/app",
            f"mongodb://root:{QUOTED}@127.0.0.1:99999/app",
            f"mongodb+srv://root:{QUOTED}@a.b.invalid:27017/app",
            f"mongodb://:{QUOTED}@127.0.0.1/app",
            f"mongodb://root:{QUOTED}@/app",
            f"postgres://root:{QUOTED}@127.0.0.1/app",
            f"root:{QUOTED}@127.0.0.1",
            "mongodb://",
            "",
        ],
    )
    def test_a_malformed_one_is_told_without_its_password(self, uri: str) -> None:
        error = refusal(uri)
        assert isinstance(error, MalformedUri)
        if CANARY in uri:
            assert "percent-encode" in error.fix

    def test_the_parts_are_those_that_the_driver_sees(self) -> None:
        uri = parse(Secret("mongodb://us%40er:p%40%3A%2Fw@h1,h2:27018,[::1]:3/my-app?tls=true"))
        assert uri.hosts == ("h1:27017", "h2:27018", "[::1]:3")
        assert (uri.user, uri.password) == ("us@er", Secret("p@:/w"))
        assert (uri.database, uri.auth_source, uri.says_auth_source) == ("my-app", "my-app", False)
        assert uri.tls
        assert uri.where == "h1:27017,h2:27018,[::1]:3"

    def test_srv_means_tls_and_nothing_is_looked_up(self) -> None:
        uri = parse(Secret("mongodb+srv://u:p@cluster0.example.invalid/app?retryWrites=true"))
        assert uri.srv
        assert uri.tls
        assert uri.where == "cluster0.example.invalid"

    def test_options_of_other_drivers_are_let_be(self, one_node: Mongod) -> None:
        uri = f"{one_node.uri.reveal()}&useNewUrlParser=true&useUnifiedTopology=1&socketTimeoutMS=1"
        with connect(Secret(uri)) as opened:
            assert opened.server().set_name == "rs0"

    def test_the_app_name_is_ours(self, one_node: Mongod) -> None:
        with connect(Secret(f"{one_node.uri.reveal()}&appName=app")) as opened:
            pipeline = [{"$currentOp": {"allUsers": True, "idleConnections": True}}]
            answer = opened.command("admin", {"aggregate": 1, "pipeline": pipeline, "cursor": {}})
        names = {operation.get("appName") for operation in answer["cursor"]["firstBatch"]}
        assert "skc" in names
        assert "app" not in names
