"""Whether a connection string works, on each node, and what its user may do."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from skillconnect_ops.adapters.mongo import ServerLogins, parse, with_login, with_password
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.accounts import Login, LoginAnswer
from skillconnect_ops.core.ports.database import MalformedUri, ServerLost, WrongPassword
from skillconnect_ops.core.secret import Secret
from tests.servers import make_user
from tests.wire import Loss, wire

ACCEPTED, REFUSED, UNREACHABLE = LoginAnswer.ACCEPTED, LoginAnswer.REFUSED, LoginAnswer.UNREACHABLE
WRONG = Secret("c4n4ry-%@")


def tried(uri: Secret, logins: ServerLogins | None = None) -> dict[str, Login]:
    """All answers by node, after looking for a password in them."""
    began = time.monotonic()
    found = (logins or ServerLogins()).try_everywhere(uri)
    assert time.monotonic() - began < 20
    password = parse(uri).password
    for login in found:
        assert "c4n4ry" not in login.reason
        assert password is None or password.reveal() not in login.reason
        assert bool(login.reason) or login.answer is not UNREACHABLE
    return {login.node: login for login in found}


@pytest.fixture
def trio(three_nodes: Mongod) -> Mongod:
    """Three nodes that all know the root user: one that lags refuses it, and is right to."""
    three_nodes.primary()
    until = time.monotonic() + 20
    while tried(three_nodes.uri) != everywhere(three_nodes, ACCEPTED):
        assert time.monotonic() < until
    return three_nodes


def everywhere(servers: Mongod, answer: LoginAnswer) -> dict[str, Login]:
    hosts = [f"127.0.0.1:{port}" for port in servers.ports]
    return {host: Login(node=host, answer=answer) for host in hosts}


class TestEveryNode:
    def test_a_right_password_is_accepted(self, trio: Mongod) -> None:
        uri = make_user(trio, "app", ["read"])
        until = time.monotonic() + 20  # it was written on a majority, and one node may lag
        while tried(uri) != everywhere(trio, ACCEPTED):
            assert time.monotonic() < until

    def test_one_seed_leads_to_all(self, trio: Mongod) -> None:
        one = f"127.0.0.1:{trio.ports[1]}"
        text = trio.uri.reveal()
        hosts = text.partition("@")[2].partition("/")[0]
        for query in ("", "&directConnection=true", "&authMechanism=SCRAM-SHA-256"):
            uri = Secret(text.replace(hosts, one) + query)
            assert tried(uri) == everywhere(trio, ACCEPTED)

    def test_a_wrong_password_is_refused(self, trio: Mongod) -> None:
        uri = with_password(trio.uri, WRONG)
        assert tried(uri) == everywhere(trio, REFUSED)

    def test_an_unknown_user_is_refused(self, trio: Mongod) -> None:
        uri = with_login(trio.uri, "nobody", WRONG)
        assert tried(uri) == everywhere(trio, REFUSED)

    def test_a_user_of_another_database_is_refused(self, one_node: Mongod) -> None:
        uri = make_user(one_node, "app", ["read"])
        elsewhere = Secret(uri.reveal().replace("/app?", "/app?authSource=other&"))
        assert tried(elsewhere) == everywhere(one_node, REFUSED)

    @pytest.mark.parametrize("how", ["stop", "pause"])
    def test_one_that_is_away_has_no_answer(self, trio: Mongod, how: str) -> None:
        member = (trio.primary() + 1) % 3
        away = f"127.0.0.1:{trio.ports[member]}"
        getattr(trio, how)(member)
        try:
            for uri, answer in (
                (trio.uri, ACCEPTED),
                (with_password(trio.uri, WRONG), REFUSED),
            ):
                found = tried(uri)
                assert found.pop(away) == Login(node=away, answer=UNREACHABLE, reason=ANY)
                assert {login.answer for login in found.values()} == {answer}
                assert len(found) == 2
        finally:
            (trio.start if how == "stop" else trio.unpause)(member)
            trio.primary()

    def test_a_standalone_server_answers_for_itself(self, standalone: Mongod) -> None:
        assert tried(standalone.uri) == everywhere(standalone, ACCEPTED)
        assert tried(with_password(standalone.uri, WRONG)) == everywhere(standalone, REFUSED)

    def test_mapped_addresses_are_used_and_the_sets_own_names_told(self, trio: Mongod) -> None:
        with ExitStack() as stack:
            wires = [stack.enter_context(wire(port)) for port in trio.ports]
            ways = zip(trio.ports, wires, strict=True)
            logins = ServerLogins({f"127.0.0.1:{port}": each.address for port, each in ways})
            assert tried(trio.uri, logins) == everywhere(trio, ACCEPTED)
            assert all(each.passed > 3 for each in wires)


class TestNotFooled:
    @pytest.mark.parametrize("loss", [Loss.REQUEST, Loss.ANSWER, Loss.HALF, Loss.STALL])
    @pytest.mark.parametrize("verb", ["saslStart", "saslContinue", "connectionStatus", "hello"])
    def test_a_cut_is_neither_accepted_nor_refused(
        self, one_node: Mongod, loss: Loss, verb: str
    ) -> None:
        host = f"127.0.0.1:{one_node.ports[0]}"
        with wire(one_node.ports[0]) as made:
            logins = ServerLogins({host: made.address}, patience_s=1.0)
            words = {"hello": ("hello", "ismaster", "isMaster", "helloOk")}.get(verb, (verb,))

            def cut(message: bytes) -> Loss:
                return (
                    loss
                    if any(word.encode() + b"\0" in message for word in words)
                    else (Loss.NOTHING)
                )

            made.rule = cut
            right = tried(one_node.uri, logins)[host].answer
            wrong = tried(with_password(one_node.uri, WRONG), logins)[host].answer
        assert made.lost
        assert right is UNREACHABLE
        assert wrong is (REFUSED if verb == "connectionStatus" else UNREACHABLE)

    @pytest.mark.parametrize(
        ("said", "answer"),
        [(b"bad auth : auth failed", REFUSED), (b"not allowed in tier M0", UNREACHABLE)],
    )
    def test_atlas_has_one_code_for_refusals_of_all_kinds(
        self, one_node: Mongod, said: bytes, answer: LoginAnswer
    ) -> None:
        port = one_node.ports[0]
        words = {
            b"\x10code\0\x12\0\0\0": b"\x10code\0\x40\x1f\0\0",  # 18 and 8000
            b"Authentication failed.": said,
        }
        assert all(len(one) == len(other) for one, other in words.items())
        with wire(port, words) as made:
            logins = ServerLogins({f"127.0.0.1:{port}": made.address})
            (login,) = tried(with_password(one_node.uri, WRONG), logins).values()
        assert login.answer is answer

    def test_a_server_without_access_control_is_told(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("open")
        with run_mongod(folder, MongodOptions(members=None, auth=False)) as servers:
            host = f"127.0.0.1:{servers.ports[0]}"
            with servers.client() as client:
                client.app.command("createUser", "u", pwd="right", roles=["read"])
            uri = Secret(f"mongodb://u:right@{host}/app")
            found = tried(uri)[host]
            assert found.answer is ACCEPTED
            assert "access control is off" in found.reason
            assert tried(with_password(uri, WRONG))[host].answer is REFUSED

    def test_the_exception_for_the_first_user_is_no_login(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        options = MongodOptions(members=None, auth=False, arguments=["--auth"])
        with run_mongod(tmp_path_factory.mktemp("first"), options) as servers:
            uri = Secret(
                f"mongodb://u:{WRONG.reveal().encode().hex()}@127.0.0.1:{servers.ports[0]}"
            )
            assert tried(uri) == everywhere(servers, REFUSED)

    def test_a_uri_without_a_user_is_refused_itself(self, one_node: Mongod) -> None:
        with pytest.raises(MalformedUri):
            ServerLogins().try_everywhere(Secret(f"mongodb://127.0.0.1:{one_node.ports[0]}"))

    def test_a_uri_without_a_password_has_no_answer(self, one_node: Mongod) -> None:
        uri = Secret(f"mongodb://root@127.0.0.1:{one_node.ports[0]}/?authSource=admin")
        assert {login.answer for login in tried(uri).values()} == {UNREACHABLE}

    def test_a_password_that_no_driver_sends_has_no_answer(self, one_node: Mongod) -> None:
        uri = with_password(
            Secret(f"{one_node.uri.reveal()}&authMechanism=SCRAM-SHA-256"), Secret("a\x07bell")
        )
        assert {login.answer for login in tried(uri).values()} == {UNREACHABLE}

    def test_a_node_without_its_data_and_an_arbiter(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """The first knows no users yet, so its refusal is none; the second never has any."""
        folder = tmp_path_factory.mktemp("arbiter")
        with run_mongod(folder, MongodOptions(members=3)) as servers:
            primary = servers.primary()
            member = (primary + 1) % 3
            host = f"127.0.0.1:{servers.ports[member]}"
            with servers.client(primary) as root:
                config = root.admin.command("replSetGetConfig")["config"]
                without = [each for each in config["members"] if each["host"] != host]
                version = config["version"]
                reconfigure(root, {**config, "members": without, "version": version + 1})
                servers.stop(member)
                shutil.rmtree(servers._data(member))
                Path(servers._data(member)).mkdir(mode=0o700)
                servers.start(member)

                alone = Secret(f"mongodb://root:x@{host}/?authSource=admin")
                found = tried(alone)[host]
                assert found.answer is UNREACHABLE
                assert "neither primary nor secondary" in found.reason

                root.admin.command("setDefaultRWConcern", 1, defaultWriteConcern={"w": 1})
                arbiter = {"_id": 9, "host": host, "arbiterOnly": True}
                config = {**config, "members": [*without, arbiter], "version": version + 2}
                reconfigure(root, config)
                until = time.monotonic() + 30
                with servers.client(member, root=False) as client:
                    while not client.admin.command("hello").get("arbiterOnly"):
                        assert time.monotonic() < until
            assert host in servers.uri.reveal()
            expected = everywhere(servers, ACCEPTED)
            del expected[host]
            assert tried(servers.uri) == expected


def reconfigure(root: Any, config: dict[str, Any]) -> None:
    root.admin.command("replSetReconfig", config)


class TestSrv:
    @pytest.fixture
    def names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Names below example.invalid lead to this machine; no other name is looked up."""
        real = socket.getaddrinfo

        def look_up(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            here = "127.0.0.1" if str(host).endswith(".example.invalid") else host
            return real(here, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    def test_the_name_is_resolved_with_its_options(
        self, trio: Mongod, names: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trio.primary()
        login = trio.uri.reveal().partition("://")[2].partition("@")[0]
        options = ["authSource=admin&replicaSet=rs0"]
        with name_server(trio.ports[:2], options, monkeypatch):
            for rest in ("?tls=false", "app?tls=false&srvMaxHosts=0", "app?ssl=false&w=1"):
                uri = Secret(f"mongodb+srv://{login}@cluster.example.invalid/{rest}")
                assert tried(uri) == everywhere(trio, ACCEPTED)
                assert tried(with_password(uri, WRONG)) == everywhere(trio, REFUSED)

    def test_tls_is_what_an_srv_name_means(
        self, one_node: Mongod, names: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uri = Secret("mongodb+srv://u:c4n4ry@cluster.example.invalid")
        with name_server(one_node.ports, [], monkeypatch):
            (login,) = tried(uri).values()
        assert login.answer is UNREACHABLE
        assert "does not speak TLS" in login.reason

    def test_a_name_that_does_not_resolve_has_no_answer(
        self, names: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uri = Secret("mongodb+srv://u:c4n4ry@none.example.invalid/app")
        with name_server([], [], monkeypatch):
            (login,) = tried(uri).values()
        assert login.answer is UNREACHABLE
        assert login.node == "none.example.invalid"


@contextmanager
def name_server(
    ports: Sequence[int], options: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A name server for `cluster.example.invalid` alone."""
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
                server.sendto(_answer(dns.message.from_wire(query), ports, options), caller)

        thread = threading.Thread(target=serve)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        try:
            yield
        finally:
            done.set()
            thread.join()


def _answer(query: dns.message.Message, ports: Sequence[int], options: Sequence[str]) -> bytes:
    answer = dns.message.make_response(query)
    asked = query.question[0]
    name, kind = asked.name.to_text(), dns.rdatatype.to_text(asked.rdtype)
    records = {
        ("_mongodb._tcp.cluster.example.invalid.", "SRV"): [
            f"0 0 {port} node{number}.example.invalid." for number, port in enumerate(ports)
        ],
        ("cluster.example.invalid.", "TXT"): [f'"{each}"' for each in options],
    }.get((name, kind), [])
    if records:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
    else:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


class TestCanary:
    def test_reads_and_writes_and_leaves_no_trace(
        self, one_node: Mongod, client: Any, database: str
    ) -> None:
        client[database].books.insert_one({"_id": 1})
        uri = make_user(one_node, database, ["readWrite"])
        canary = ServerLogins().canary(uri, database)
        assert canary.read == Known(f"{database}.books")
        assert canary.written == Known(f"{database}.skc_canary")
        assert client[database].list_collection_names() == ["books"]

    def test_of_an_empty_database(self, one_node: Mongod, client: Any, database: str) -> None:
        uri = make_user(one_node, database, ["readWrite"])
        canary = ServerLogins().canary(uri, database)
        assert canary.read == canary.written == Known(f"{database}.skc_canary")
        assert client[database].list_collection_names() == []

    def test_as_root(self, one_node: Mongod, client: Any, database: str) -> None:
        client[database].create_collection("seen", viewOn="books", pipeline=[])
        canary = ServerLogins().canary(one_node.uri, database)
        assert canary.written == Known(f"{database}.skc_canary")
        assert set(client[database].list_collection_names()) == {"seen", "system.views"}

    def test_who_may_read_alone_writes_nothing(
        self, one_node: Mongod, client: Any, database: str
    ) -> None:
        client[database].books.insert_one({"_id": 1})
        canary = ServerLogins().canary(make_user(one_node, database, ["read"]), database)
        assert canary.read == Known(f"{database}.books")
        assert isinstance(canary.written, Missing)
        assert "insert and remove" in canary.written.reason

    def test_who_has_no_rights_here_does_nothing(self, one_node: Mongod, database: str) -> None:
        canary = ServerLogins().canary(make_user(one_node, database, []), database)
        assert isinstance(canary.read, Missing)
        assert isinstance(canary.written, Missing)

    @pytest.mark.parametrize(
        ("collection", "actions", "read", "written"),
        [
            ("books", ["find"], "books", False),
            ("", ["listCollections"], "", False),
            ("", ["insert", "remove"], None, True),
            ("skc_canary", ["insert", "remove", "find"], "skc_canary", True),
            ("books", ["insert", "remove"], None, False),
            ("", ["insert"], None, False),
            ("system.js", ["find"], None, False),
        ],
    )
    def test_no_more_is_done_than_a_role_of_ones_own_allows(
        self,
        one_node: Mongod,
        client: Any,
        database: str,
        collection: str,
        actions: list[str],
        read: str | None,
        written: bool,
    ) -> None:
        client[database].books.insert_one({"_id": 1})
        resource = {"db": database, "collection": collection}
        client[database].command(
            "createRole", "own", privileges=[{"resource": resource, "actions": actions}], roles=[]
        )
        canary = ServerLogins().canary(make_user(one_node, database, ["own"]), database)
        client[database].command("dropRole", "own")
        place = None if read is None else f"{database}.{read}".rstrip(".")
        assert canary.read == (Missing(ANY) if place is None else Known(place))
        assert canary.written == (Known(f"{database}.skc_canary") if written else Missing(ANY))
        assert client[database].skc_canary.count_documents({}) == 0
        assert client[database].books.count_documents({}) == 1

    def test_a_collection_that_was_there_stays(
        self, one_node: Mongod, client: Any, database: str
    ) -> None:
        client[database].skc_canary.insert_one({"_id": "mine"})
        ServerLogins().canary(make_user(one_node, database, ["readWrite"]), database)
        assert list(client[database].skc_canary.find()) == [{"_id": "mine"}]

    def test_a_wrong_password_is_an_error(self, one_node: Mongod, database: str) -> None:
        uri = with_password(make_user(one_node, database, ["read"]), WRONG)
        with pytest.raises(WrongPassword):
            ServerLogins().canary(uri, database)

    @pytest.mark.parametrize("verb", ["insert", "delete", "drop"])
    @pytest.mark.parametrize("loss", [Loss.REQUEST, Loss.ANSWER, Loss.HALF])
    def test_no_trace_is_left_over_a_wire_that_loses_something(
        self, one_node: Mongod, client: Any, database: str, verb: str, loss: Loss
    ) -> None:
        port = one_node.ports[0]
        uri = make_user(one_node, database, ["readWrite"])
        with wire(port) as made:
            logins = ServerLogins({f"127.0.0.1:{port}": made.address})
            with made.losing(loss, verb):
                if verb == "insert":
                    with pytest.raises(ServerLost):
                        logins.canary(uri, database)
                else:
                    logins.canary(uri, database)
            assert made.lost == 1
        assert client[database].skc_canary.count_documents({}) == 0
        if verb != "insert":
            assert client[database].list_collection_names() == []


@pytest.mark.parametrize("password", ["%41+:@/?#[] &='\"\\$`é漢", "plain", "a:b@c"])
def test_a_password_is_taken_out_as_it_was_put_in_and_all_else_stays(password: str) -> None:
    logins = ServerLogins()
    uri = Secret("mongodb://us%65r:old@h1,h2:27018/shop?retryWrites=true&authSource=admin")
    made = logins.with_password(uri, Secret(password))
    assert logins.password_of(made) == Secret(password)
    head, _, rest = made.reveal().rpartition("@")
    assert head.startswith("mongodb://us%65r:")
    assert f"@{rest}" == uri.reveal()[uri.reveal().index("@") :]


def test_a_uri_without_a_password_has_none_to_take_out() -> None:
    for text in ("mongodb://h/shop", "mongodb://user@h/shop"):
        with pytest.raises(MalformedUri):
            ServerLogins().password_of(Secret(text))
