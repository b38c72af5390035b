"""Users of a server of one's own: parity, rights, elections, and wires that lose answers.

What all kinds of deployments have in common is in `tests/contracts/test_accounts.py`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import (
    ServerAccounts,
    connect_accounts,
    connection,
    parse,
    with_login,
    with_password,
)
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountError,
    AccountExists,
    AccountIsExternal,
    AccountsAreManaged,
    AccountSession,
    NotShown,
    PasswordRefused,
    Role,
)
from skillconnect_ops.core.ports.database import (
    DatabaseError,
    NotAuthorized,
    ServerLost,
    WrongPassword,
)
from skillconnect_ops.core.secret import Secret
from tests.adapters.mongo.test_connecting import everything_said
from tests.contracts.accounts import fresh_name, fresh_password
from tests.servers import make_user
from tests.wire import Loss, Wire, wire

READ = Role("read", "app")
WRITE = Role("readWrite", "app")


@pytest.fixture
def accounts(one_node: Mongod) -> Iterator[ServerAccounts]:
    one_node.primary()
    with connect_accounts(one_node.uri) as opened:
        yield opened


@pytest.fixture
def line(one_node: Mongod) -> Iterator[tuple[ServerAccounts, Wire]]:
    """An administrator's connection over a wire."""
    port = one_node.ports[one_node.primary()]
    with wire(port) as made, connect_accounts(one_node.uri, connect_map=mapped(made, port)) as one:
        yield one, made


def mapped(made: Wire, port: int) -> dict[str, str]:
    return {f"127.0.0.1:{port}": made.address}


def somebody(*roles: Role, mechanism: str = "SCRAM-SHA-256") -> Account:
    return Account(
        name=fresh_name(),
        database="app",
        roles=frozenset(roles),
        mechanisms=frozenset({mechanism}),
    )


@contextmanager
def logged_in(
    servers: Mongod,
    account: Account,
    password: Secret,
    *,
    member: int | None = None,
    app: str = "an-app",
) -> Iterator[MongoClient[Any]]:
    """An open connection of the user to the first member, or to one that may lag behind."""
    with MongoClient[Any](
        "127.0.0.1",
        servers.ports[member or 0],
        username=account.name,
        password=password.reveal(),
        authSource=account.database,
        directConnection=True,
        appname=app,
        serverSelectionTimeoutMS=10_000,
    ) as client:
        until = time.monotonic() + (0 if member is None else 20)
        while True:
            try:
                client.admin.command("ping")
                break
            except OperationFailure:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield client


def works(servers: Mongod, account: Account, password: Secret) -> bool:
    try:
        with logged_in(servers, account, password):
            return True
    except PyMongoError:
        return False


def at_last(act: Callable[[], Any]) -> Any:
    """As a caller does: ask again while the server is away."""
    until = time.monotonic() + 60
    while True:
        try:
            return act()
        except ServerLost:
            assert time.monotonic() < until
            time.sleep(0.1)


class TestParity:
    def test_a_new_password_adds_no_mechanism(self, accounts: ServerAccounts) -> None:
        """The server by itself makes credentials for all that it knows."""
        account = somebody(READ, mechanism="SCRAM-SHA-1")
        accounts.create(account, fresh_password())
        accounts.set_password(account.name, "app", fresh_password())
        assert accounts.find(account.name, "app") == account

    def test_empty_custom_data_is_not_none(self, accounts: ServerAccounts) -> None:
        account = Account(
            name=fresh_name(),
            database="app",
            custom_data={},
            mechanisms=frozenset({"SCRAM-SHA-256"}),
        )
        accounts.create(account, fresh_password())
        assert accounts.find(account.name, "app") == account

    def test_the_same_name_in_another_database_is_somebody_else(
        self, accounts: ServerAccounts
    ) -> None:
        account = somebody(READ)
        accounts.create(account, fresh_password())
        assert accounts.find(account.name, "other") is None
        assert account.name not in accounts.names("other")
        accounts.drop(account.name, "other")
        assert accounts.find(account.name, "app") == account

    @pytest.mark.parametrize(
        "account",
        [
            Account(name="x", database="app", scopes=({"name": "c", "type": "CLUSTER"},)),
            Account(name="x", database="app", labels=({"key": "a", "value": "b"},)),
            somebody(Role("read", "app", "one")),
        ],
    )
    def test_what_only_atlas_keeps_is_not_lost_in_silence(
        self, accounts: ServerAccounts, account: Account
    ) -> None:
        with pytest.raises(AccountError):
            accounts.create(account, fresh_password())
        assert accounts.find(account.name, "app") is None

    def test_a_role_that_is_not_there_is_named(self, accounts: ServerAccounts) -> None:
        with pytest.raises(DatabaseError) as caught:
            accounts.create(somebody(Role("none-such", "app")), fresh_password())
        assert "none-such@app" in caught.value.why


class TestPasswords:
    @pytest.mark.parametrize("password", ["", "half a pair \ud800", "a\0b", "b\x07ell", "\u0378"])
    def test_what_no_client_could_send_is_refused(
        self, accounts: ServerAccounts, password: str
    ) -> None:
        account = somebody(READ)
        with pytest.raises(PasswordRefused) as caught:
            accounts.create(account, Secret(password))
        if password:
            assert not any(password in said for said in everything_said(caught.value))
        assert accounts.find(account.name, "app") is None

    def test_no_error_holds_one(self, accounts: ServerAccounts, one_node: Mongod) -> None:
        password = Secret("c4n4ry'\"%\\{$")
        account = somebody(READ)
        accounts.create(account, password)
        with connect_accounts(make_user(one_node, "app", ["read"])) as powerless:
            attempts: list[Callable[[], None]] = [
                lambda: accounts.create(account, password),
                lambda: accounts.set_password("nobody", "app", password),
                lambda: accounts.create(somebody(Role("none", "app")), password),
                lambda: powerless.create(somebody(READ), password),
                lambda: powerless.set_password(account.name, "app", password),
            ]
            for attempt in attempts:
                with pytest.raises(DatabaseError) as caught:
                    attempt()
                assert not any("c4n4ry" in said for said in everything_said(caught.value))


class TestRights:
    @pytest.mark.parametrize(
        ("act", "action"),
        [
            (lambda one: one.find("root", "admin"), "viewUser"),
            (lambda one: one.names("app"), "viewUser"),
            (lambda one: one.create(somebody(READ), fresh_password()), "createUser"),
            (lambda one: one.drop("anybody", "app"), "dropUser"),
        ],
    )
    def test_the_lacking_action_is_named(
        self, one_node: Mongod, act: Callable[[ServerAccounts], None], action: str
    ) -> None:
        with (
            connect_accounts(make_user(one_node, "app", ["readWrite"])) as powerless,
            pytest.raises(NotAuthorized) as caught,
        ):
            act(powerless)
        assert caught.value.action == action
        assert caught.value.resource in {"app", "admin"}
        assert caught.value.role == f"userAdmin@{caught.value.resource}"

    def test_roles_elsewhere_ask_for_rights_everywhere(self, one_node: Mongod) -> None:
        with (
            connect_accounts(make_user(one_node, "app", ["userAdmin"])) as narrow,
            pytest.raises(NotAuthorized) as caught,
        ):
            narrow.create(somebody(Role("read", "other")), fresh_password())
        assert caught.value.role == "userAdminAnyDatabase@admin"

    def test_an_administrator_of_one_database_is_enough_for_its_users(
        self, one_node: Mongod
    ) -> None:
        """`updateUser` with roles asks for the right to take any role from anybody."""
        account = somebody(READ)
        with connect_accounts(make_user(one_node, "app", ["userAdmin"])) as narrow:
            narrow.create(account, fresh_password())
            for roles in ({WRITE, Role("dbAdmin", "app")}, {READ}, {READ}, set(), set()):
                narrow.set_roles(account.name, "app", frozenset(roles))
                found = narrow.find(account.name, "app")
                assert found is not None
                assert found.roles == roles
            narrow.drop(account.name, "app")


class TestOnesOwnPassword:
    """A role with `changeOwnPassword` alone."""

    @pytest.fixture
    def own(self, one_node: Mongod) -> Iterator[tuple[Secret, Account]]:
        role = f"r_{fresh_name()}"
        with one_node.client(one_node.primary()) as root:
            root.admin.command(
                "createRole",
                role,
                privileges=[
                    {
                        "resource": {"db": "app", "collection": ""},
                        "actions": ["changeOwnPassword"],
                    }
                ],
                roles=[],
            )
            uri = make_user(one_node, "app", [{"role": role, "db": "admin"}])
            yield uri, Account(name=str(parse(uri).user), database="app")
            root.admin.command("dropRole", role)

    def test_it_is_changed_and_the_connection_goes_on(
        self, one_node: Mongod, own: tuple[Secret, Account]
    ) -> None:
        uri, me = own
        first, second = fresh_password(), fresh_password()
        with connect_accounts(uri) as accounts:
            accounts.set_password(me.name, "app", first)
            assert works(one_node, me, first)
            found = accounts.find(me.name, "app")
            assert found is not None
            accounts._connection.close()  # its pool is empty, as after the server was restarted
            accounts.set_password(me.name, "app", second)
            accounts._connection.close()
            assert accounts.find(me.name, "app") == found
        assert works(one_node, me, second)
        assert not works(one_node, me, first)

    def test_nobody_elses_is(self, one_node: Mongod, own: tuple[Secret, Account]) -> None:
        with connect_accounts(own[0]) as accounts, pytest.raises(NotAuthorized):
            accounts.set_password("root", "admin", fresh_password())

    @pytest.mark.parametrize("loss", [Loss.REQUEST, Loss.ANSWER, Loss.HALF])
    def test_again_after_a_lost_answer_the_new_one_is_tried(
        self, one_node: Mongod, own: tuple[Secret, Account], loss: Loss
    ) -> None:
        uri, me = own
        password, port = fresh_password(), one_node.ports[0]
        with (
            wire(port) as made,
            connect_accounts(uri, connect_map=mapped(made, port)) as accounts,
        ):
            with made.losing(loss), pytest.raises(ServerLost):
                accounts.set_password(me.name, "app", password)
            accounts.set_password(me.name, "app", password)
            assert accounts.find(me.name, "app") is not None
        assert works(one_node, me, password)

    def test_neither_the_old_nor_the_new_one_is_told(
        self, one_node: Mongod, own: tuple[Secret, Account]
    ) -> None:
        uri, me = own
        third = fresh_password()
        with connect_accounts(uri) as accounts, connect_accounts(one_node.uri) as root:
            accounts._connection.close()  # its pool is empty, as after a restart
            root.set_password(me.name, "app", third)
            with pytest.raises(WrongPassword):
                accounts.set_password(me.name, "app", fresh_password())
        assert works(one_node, me, third)


class TestNotOurs:
    @pytest.mark.parametrize(
        "uri",
        [
            "mongodb+srv://u:p@cluster0.ab1cd.mongodb.net/app",
            "mongodb://u:p@a-shard-00-00.ab1cd.MongoDB.net:27017,b:1/app?tls=true",
            "mongodb://u:p@a-shard-00-00.ab1cd.mongodb.net./app",
            "mongodb+srv://u:p@cluster0.ab1cd.mongodbgov.net/app",
        ],
    )
    def test_a_host_of_atlas_is_refused_before_anything_is_contacted(
        self, uri: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("socket.getaddrinfo", None)
        with pytest.raises(AccountsAreManaged) as caught:
            connect_accounts(Secret(uri))
        assert "database.atlas" in caught.value.fix

    def test_so_is_another_name_that_leads_to_atlas(self, one_node: Mongod) -> None:
        port = one_node.ports[one_node.primary()]
        real = f"127.0.0.1:{port}".encode()
        with (
            wire(port, {real: b"m.mongodb.net:1"}) as made,
            pytest.raises(AccountsAreManaged),
        ):
            connect_accounts(one_node.uri, connect_map=mapped(made, port))

    def test_a_user_of_another_directory_is_refused(
        self, accounts: ServerAccounts, one_node: Mongod
    ) -> None:
        external = Account(name="CN=client", database="$external")
        attempts: list[Callable[[], object]] = [
            lambda: accounts.find(external.name, "$external"),
            lambda: accounts.create(external, fresh_password()),
            lambda: accounts.set_password(external.name, "$external", fresh_password()),
            lambda: accounts.set_roles(external.name, "$external", frozenset()),
            lambda: accounts.drop(external.name, "$external"),
        ]
        with one_node.client() as root:
            root["$external"].command("createUser", external.name, roles=[])
            for attempt in attempts:
                with pytest.raises(AccountIsExternal):
                    attempt()
            root["$external"].command("dropUser", external.name)


class TestWires:
    @pytest.mark.parametrize("loss", [Loss.REQUEST, Loss.ANSWER, Loss.HALF])
    def test_each_change_comes_to_its_end_when_asked_for_again(
        self, line: tuple[ServerAccounts, Wire], one_node: Mongod, loss: Loss
    ) -> None:
        accounts, made = line
        account, password = somebody(READ), fresh_password()
        for _ in range(3):
            with made.losing(loss, times=2):
                with suppress(AccountExists):
                    at_last(lambda: accounts.create(account, password))
                assert accounts.find(account.name, "app") == account
            with made.losing(loss, times=2):
                at_last(lambda: accounts.set_password(account.name, "app", password))
                assert works(one_node, account, password)
            with made.losing(loss, times=2):
                at_last(lambda: accounts.set_roles(account.name, "app", frozenset({WRITE})))
                assert accounts.find(account.name, "app") == Account(
                    name=account.name,
                    database="app",
                    roles=frozenset({WRITE}),
                    mechanisms=account.mechanisms,
                )
            with made.losing(loss, times=2):
                at_last(lambda: accounts.drop(account.name, "app"))
                assert accounts.find(account.name, "app") is None
        assert made.lost == 24

    @pytest.mark.parametrize("verb", ["usersInfo", "updateUser"])
    def test_a_wire_that_swallows_everything_does_not_hold_us(
        self,
        line: tuple[ServerAccounts, Wire],
        verb: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        accounts, made = line
        monkeypatch.setattr(connection, "SETTLE_S", 1.0)
        monkeypatch.setattr(connection, "PATIENCE_S", 1.0)
        began = time.monotonic()
        account = somebody(READ)
        accounts.create(account, fresh_password())
        with made.losing(Loss.STALL, verb), pytest.raises(ServerLost):
            accounts.set_password(account.name, "app", fresh_password())
        assert time.monotonic() - began < 15
        assert accounts.find(account.name, "app") == account


class TestThreeNodes:
    def test_an_ok_that_no_majority_stands_behind_is_no_success(
        self, three_nodes: Mongod, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server says `ok: 1` and adds a note; an election may undo the change."""
        primary = three_nodes.primary()
        others = [member for member in range(3) if member != primary]
        account, password = somebody(READ), fresh_password()
        with connect_accounts(three_nodes.uri) as accounts:
            accounts.create(account, password)
            with monkeypatch.context() as patch:
                patch.setattr(connection, "SETTLE_S", 0.3)  # the set elects after some 2 s
                for member in others:
                    three_nodes.pause(member)
                try:
                    for act in (
                        partial(accounts.create, somebody(READ), password),
                        partial(accounts.drop, account.name, "app"),
                        # that it is gone already is as uncertain as the drop itself
                        partial(accounts.drop, account.name, "app"),
                    ):
                        with pytest.raises(ServerLost):
                            act()
                finally:
                    for member in others:
                        three_nodes.unpause(member)
            three_nodes.primary()
            at_last(lambda: accounts.drop(account.name, "app"))
            assert at_last(lambda: accounts.find(account.name, "app")) is None

    def test_an_election_in_the_middle(self, three_nodes: Mongod) -> None:
        three_nodes.primary()
        account, password = somebody(READ), fresh_password()
        with connect_accounts(three_nodes.uri) as accounts:
            accounts.create(account, password)
            stepping = threading.Thread(target=lambda: three_nodes.step_down(seconds=10))
            stepping.start()
            seen: list[Known[tuple[AccountSession, ...]] | Missing] = []
            roles = [frozenset({READ}), frozenset({WRITE})]
            until = time.monotonic() + 4
            count = 0
            while time.monotonic() < until or stepping.is_alive():
                wanted = roles[count % 2]
                at_last(partial(accounts.set_roles, account.name, "app", wanted))
                found = at_last(lambda: accounts.find(account.name, "app"))
                assert found.roles == wanted
                seen.append(at_last(lambda: accounts.sessions(account.name, "app")))
                count += 1
            stepping.join()
            assert count > 1
            assert all(isinstance(one, Known) or one.reason for one in seen)
            assert at_last(lambda: accounts.sessions(account.name, "app")) == Known(())
            at_last(lambda: accounts.drop(account.name, "app"))

    def test_a_connection_to_any_node_is_seen(self, three_nodes: Mongod) -> None:
        three_nodes.primary()
        account, password = somebody(READ), fresh_password()
        with connect_accounts(three_nodes.uri) as accounts:
            accounts.create(account, password)
            for member, port in enumerate(three_nodes.ports):
                with logged_in(three_nodes, account, password, member=member, app=f"app-{member}"):
                    found = accounts.sessions(account.name, "app")
                    assert isinstance(found, Known)
                    (session,) = found.value
                    assert session.node == f"127.0.0.1:{port}"
                    assert session.app_name == f"app-{member}"
                    assert not session.active
                    assert str(session.client).startswith("127.0.0.1:")
            accounts.drop(account.name, "app")

    def test_one_to_a_hidden_node_is_seen(self, three_nodes: Mongod) -> None:
        member = (three_nodes.primary() + 1) % 3
        account, password = somebody(READ), fresh_password()
        hosts = three_nodes.uri.reveal().partition("@")[2].partition("/")[0]
        primary = f"127.0.0.1:{three_nodes.ports[three_nodes.primary()]}"
        uri = Secret(three_nodes.uri.reveal().replace(hosts, primary))
        with hidden(three_nodes, member), connect_accounts(uri) as accounts:
            accounts.create(account, password)
            with logged_in(three_nodes, account, password, member=member):
                found = accounts.sessions(account.name, "app")
            assert isinstance(found, Known)
            assert [one.node for one in found.value] == [f"127.0.0.1:{three_nodes.ports[member]}"]
            accounts.drop(account.name, "app")

    def test_a_node_that_cannot_be_reached_is_named(self, three_nodes: Mongod) -> None:
        member = (three_nodes.primary() + 1) % 3
        with connect_accounts(three_nodes.uri) as accounts:
            three_nodes.stop(member)
            try:
                found = accounts.sessions("anybody", "app")
            finally:
                three_nodes.start(member)
            assert isinstance(found, Missing)
            assert f"127.0.0.1:{three_nodes.ports[member]}" in found.reason
            assert "does not answer" in found.reason

    def test_mapped_addresses_are_used(self, three_nodes: Mongod) -> None:
        three_nodes.primary()
        account, password = somebody(READ), fresh_password()
        with ExitStack() as stack:
            wires = [stack.enter_context(wire(port)) for port in three_nodes.ports]
            ways = zip(three_nodes.ports, wires, strict=True)
            connect_map = {f"127.0.0.1:{port}": each.address for port, each in ways}
            accounts = stack.enter_context(
                connect_accounts(three_nodes.uri, connect_map=connect_map)
            )
            accounts.create(account, password)
            before = [each.passed for each in wires]
            with logged_in(three_nodes, account, password, member=2):
                found = accounts.sessions(account.name, "app")
            after = [each.passed for each in wires]
            accounts.drop(account.name, "app")
        assert isinstance(found, Known)
        assert [one.node for one in found.value] == [f"127.0.0.1:{three_nodes.ports[2]}"]
        assert all(now > then for then, now in zip(before, after, strict=True))


@contextmanager
def hidden(servers: Mongod, member: int) -> Iterator[None]:
    """The set with one member hidden, which no other names to a client."""
    host = f"127.0.0.1:{servers.ports[member]}"

    def configure(*, is_hidden: bool) -> None:
        with servers.client(servers.primary()) as root:
            config = root.admin.command("replSetGetConfig")["config"]
            for each in config["members"]:
                if each["host"] == host:
                    each.update(hidden=is_hidden, priority=0 if is_hidden else 1)
            root.admin.command("replSetReconfig", {**config, "version": config["version"] + 1})

    configure(is_hidden=True)
    try:
        yield
    finally:
        configure(is_hidden=False)
        servers.primary()


class TestSessions:
    def test_who_works_is_active(self, one_node: Mongod, accounts: ServerAccounts) -> None:
        account, password = somebody(READ), fresh_password()
        accounts.create(account, password)
        with one_node.client(one_node.primary()) as root:
            root.app.slow.insert_one({})
        with logged_in(one_node, account, password) as client:
            slow = threading.Thread(
                target=lambda: list(client.app.slow.find({"$where": "sleep(4000) || true"}))
            )
            slow.start()
            until = time.monotonic() + 4
            active: list[bool] = []
            while not any(active) and time.monotonic() < until:
                found = accounts.sessions(account.name, "app")
                assert isinstance(found, Known)
                active = [one.active for one in found.value]
            slow.join()
        assert any(active)
        accounts.drop(account.name, "app")

    def test_who_left_is_gone(self, one_node: Mongod, accounts: ServerAccounts) -> None:
        account, password = somebody(READ), fresh_password()
        accounts.create(account, password)
        with logged_in(one_node, account, password):
            found = accounts.sessions(account.name, "app")
            assert isinstance(found, Known)
            assert len(found.value) == 1
        until = time.monotonic() + 10
        while accounts.sessions(account.name, "app") != Known(()):
            assert time.monotonic() < until
        accounts.drop(account.name, "app")

    def test_the_same_name_elsewhere_is_not_meant(
        self, one_node: Mongod, accounts: ServerAccounts
    ) -> None:
        account, password = somebody(READ), fresh_password()
        accounts.create(account, password)
        with logged_in(one_node, account, password):
            assert accounts.sessions(account.name, "other") == Known(())
        accounts.drop(account.name, "app")

    def test_without_the_right_it_is_not_known(self, one_node: Mongod) -> None:
        with connect_accounts(make_user(one_node, "app", ["userAdmin"])) as narrow:
            found = narrow.sessions("anybody", "app")
        assert isinstance(found, NotShown)
        assert "inprog" in found.reason
        assert "clusterMonitor" in found.reason

    def test_a_user_sees_its_own_connections_without_any_right(self, one_node: Mongod) -> None:
        uri = make_user(one_node, "app", ["read"])
        name = parse(uri).user
        assert name is not None
        with (
            MongoClient[Any](uri.reveal(), appname="an-app") as client,
            connect_accounts(uri) as own,
        ):
            client.app.things.find_one()
            found = own.sessions(name, "app")
            assert isinstance(found, Known)
            assert {"an-app", "skc"} <= {one.app_name for one in found.value}
            other = own.sessions("somebody", "app")
        assert isinstance(other, NotShown)

    def test_a_standalone_server_has_users_and_sessions_too(self, standalone: Mongod) -> None:
        account, password = somebody(READ), fresh_password()
        with connect_accounts(standalone.uri) as accounts:
            accounts.create(account, password)
            with logged_in(standalone, account, password):
                found = accounts.sessions(account.name, "app")
                assert isinstance(found, Known)
                assert [one.node for one in found.value] == [f"127.0.0.1:{standalone.ports[0]}"]
            accounts.set_roles(account.name, "app", frozenset())
            accounts.drop(account.name, "app")
            assert accounts.find(account.name, "app") is None


class TestUris:
    def test_a_uri_for_another_user_logs_in(
        self, one_node: Mongod, accounts: ServerAccounts
    ) -> None:
        account, password = somebody(WRITE), Secret("+ %41:@/?#[]é'\"\\")
        accounts.create(account, password)
        plain = Secret(f"mongodb://127.0.0.1:{one_node.ports[0]}/app?replicaSet=rs0")
        with connect_accounts(with_login(plain, account.name, password)) as opened:
            assert opened.find(account.name, "app") == account
        changed = fresh_password()
        accounts.set_password(account.name, "app", changed)
        uri = with_password(with_login(plain, account.name, password), changed)
        with connect_accounts(uri) as opened:
            assert opened.find(account.name, "app") == account
        accounts.drop(account.name, "app")
