"""Every request of every call broken in every way: the change is made once, or nothing is told."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts, Limits
from skillconnect_ops.core.ports.accounts import AccountExists, Role
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    DatabaseError,
    NotMongoDB,
    ServerLost,
    Unreachable,
    WrongPassword,
)
from skillconnect_ops.core.secret import Secret
from tests.adapters.atlas.conftest import Open
from tests.adapters.atlas.server import DONE, Atlas, Fault, Seen
from tests.adapters.atlas.test_accounts import APP

SLOW_S = 0.25
OLD, NEW = Secret(secrets.token_urlsafe(20)), Secret(secrets.token_urlsafe(20))
OTHER = frozenset({Role("read", "app")})
KEY = ("admin", APP.name)

Call = Callable[[AtlasAccounts], Any]


def nothing_left(atlas: Atlas, _result: object) -> bool:
    return KEY not in atlas.users


def has(**fields: object) -> Callable[[Atlas, object], bool]:
    return lambda atlas, _result: all(
        atlas.users[KEY].get(name) == value for name, value in fields.items()
    )


def gives(expected: object) -> Callable[[Atlas, object], bool]:
    return lambda _atlas, result: result == expected


CALLS: dict[str, tuple[Call, Callable[[Atlas, object], bool]]] = {
    "create": (lambda port: port.create(APP.named("b"), NEW), lambda atlas, _: created(atlas)),
    "set_password": (
        lambda port: port.set_password(APP.name, "admin", NEW),
        has(password=NEW.reveal()),
    ),
    "set_roles": (
        lambda port: port.set_roles(APP.name, "admin", OTHER),
        has(roles=[{"roleName": "read", "databaseName": "app"}]),
    ),
    "make_permanent": (
        lambda port: port.make_permanent(APP.name, "admin"),
        has(deleteAfterDate=None),
    ),
    "drop": (lambda port: port.drop(APP.name, "admin"), nothing_left),
    "find": (lambda port: port.find(APP.name, "admin"), gives(APP)),
    "names": (lambda port: port.names("admin"), gives([APP.name])),
    "pending": (lambda port: port.pending(), gives(["beta", "gamma"])),
}


def created(atlas: Atlas) -> bool:
    return bool(atlas.users["admin", "b"]["password"] == NEW.reveal())


@pytest.fixture(params=["service_account", "api_key"])
def fresh(request: pytest.FixtureRequest, atlas: Atlas, opened: Open) -> Callable[..., Any]:
    """The project as it was, with one user, and the adapter as on its first day."""

    def make(**more: Any) -> AtlasAccounts:
        atlas.faults = lambda _number, _seen: None
        atlas.meanwhile = lambda _seen: None
        atlas.users.clear()
        for cluster in atlas.clusters:
            cluster.left = 0
        helper = opened(atlas.api_key)
        helper.create(APP, OLD, expires_at=atlas.clock.now() + timedelta(days=2))
        for cluster in atlas.clusters:
            cluster.left = {"alpha": 1}.get(cluster.name, 4)
        atlas.seen.clear()
        atlas.clock.waits.clear()
        return opened(getattr(atlas, request.param), **more)

    return make


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", CALLS)
def test_one_broken_request_changes_nothing_of_the_result(
    atlas: Atlas, fresh: Callable[..., AtlasAccounts], name: str, fault: Fault
) -> None:
    call, holds = CALLS[name]
    broken = 0
    for at in count():
        port = fresh(timeout_s=SLOW_S if fault is Fault.SLOW else 10.0)
        atlas.faults = lambda number, _seen, at=at: fault if number == at else None  # type: ignore[misc]
        result = call(port)
        assert holds(atlas, result), (name, fault, at, atlas.seen)
        if not any(seen.fault for seen in atlas.seen):
            break
        broken += 1
    assert broken >= 2  # the key's own request, and the call's


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", ["create", "set_password", "drop", "pending"])
def test_what_stays_broken_ends_in_time_and_is_told(
    atlas: Atlas, fresh: Callable[..., AtlasAccounts], name: str, fault: Fault
) -> None:
    port = fresh(timeout_s=SLOW_S if fault is Fault.SLOW else 10.0, limits=Limits(attempts=4))
    atlas.faults = lambda _number, _seen: fault
    with pytest.raises(DatabaseError) as raised:
        CALLS[name][0](port)
    expected = WrongPassword if fault is Fault.EXPIRED else ServerLost
    assert isinstance(raised.value, expected)
    assert len(atlas.clock.waits) <= 3
    assert sum(atlas.clock.waits) <= 120
    said = f"{raised.value.what} {raised.value.why} {raised.value.fix} {raised.value!r}"
    for value in (*atlas.values, OLD.reveal(), NEW.reveal()):
        assert value not in said
    assert raised.value.__cause__ is None or not str(raised.value.__cause__).count(NEW.reveal())


LOST = [fault for fault in Fault if fault in DONE]


class TestWhoseUserItIs:
    """The name is the lock: after a lost answer one's own user is told from another's."""

    @pytest.mark.parametrize("fault", [*LOST, Fault.DROPPED, Fault.UNAVAILABLE], ids=str)
    def test_another_machine_was_faster(self, atlas: Atlas, opened: Open, fault: Fault) -> None:
        theirs = Secret(secrets.token_urlsafe(20))
        other = opened(atlas.api_key)

        def faults(_number: int, seen: Seen) -> Fault | None:
            ours = seen.method == "POST" and "databaseUsers" in seen.path
            return fault if ours and arm and not arm.pop() else None

        arm = [False]
        other.create(APP, theirs)
        atlas.faults = faults
        with pytest.raises(AccountExists):
            opened(timeout_s=SLOW_S if fault is Fault.SLOW else 10.0).create(APP, NEW)
        assert atlas.users[KEY]["password"] == theirs.reveal()

    def test_another_machine_came_between(self, atlas: Atlas, opened: Open) -> None:
        """Our request was lost on the way there, and theirs, in all alike, was not."""
        theirs: dict[str, Any] = {}

        def faults(_number: int, seen: Seen) -> Fault | None:
            if seen.method != "POST" or "databaseUsers" not in seen.path or theirs:
                return None
            theirs.update(
                databaseName="admin", username=APP.name, password="theirs", roles=[], labels=[]
            )
            atlas.users[KEY] = theirs
            return Fault.DROPPED

        atlas.faults = faults
        with pytest.raises(AccountExists):
            opened().create(APP, NEW)
        assert atlas.users[KEY]["password"] == "theirs"

    def test_a_creation_that_was_lost_twice_is_still_ours(self, atlas: Atlas, opened: Open) -> None:
        atlas.faults = lambda number, _seen: {1: Fault.DROPPED, 3: Fault.RESET_AFTER}.get(number)
        opened().create(APP, NEW)
        assert atlas.users[KEY]["password"] == NEW.reveal()
        assert len([one for one in atlas.seen if one.path.endswith("databaseUsers")]) == 2


class TestWaiting:
    def test_retry_after_is_honoured(self, atlas: Atlas, opened: Open) -> None:
        atlas.retry_after = "42"
        atlas.faults = lambda number, _seen: Fault.LIMITED if number == 1 else None
        opened().names("admin")
        assert atlas.clock.waits == [42.0]

    def test_retry_after_may_be_a_date(self, atlas: Atlas, opened: Open) -> None:
        at = (atlas.clock.now() + timedelta(seconds=30)).astimezone(UTC)
        atlas.retry_after = format_datetime(at, usegmt=True)
        atlas.faults = lambda number, _seen: Fault.LIMITED if number == 1 else None
        opened().names("admin")
        assert atlas.clock.waits == [30.0]

    @pytest.mark.parametrize("text", ["", "soon", "-5", "1e9", "\u00b2"])
    def test_a_retry_after_that_is_none_is_passed_over(
        self, atlas: Atlas, opened: Open, text: str
    ) -> None:
        atlas.retry_after = text
        atlas.faults = lambda number, _seen: Fault.LIMITED if number == 1 else None
        opened().names("admin")
        assert atlas.clock.waits == [0.75]

    def test_a_wait_beyond_our_patience_is_told_at_once(self, atlas: Atlas, opened: Open) -> None:
        atlas.retry_after = "600"
        atlas.faults = lambda number, _seen: Fault.LIMITED if number else None
        with pytest.raises(ServerLost) as raised:
            opened().names("admin")
        assert "600 s" in raised.value.why
        assert atlas.clock.waits == []

    def test_waits_double_and_spread(self, atlas: Atlas, opened: Open) -> None:
        atlas.faults = lambda number, _seen: Fault.UNAVAILABLE if number else None
        spread = iter([0.0, 1.0, 0.0, 1.0, 0.5, 0.5, 0.5])
        with pytest.raises(ServerLost, match="gave no usable answer"):
            opened(jitter=lambda: next(spread)).names("admin")
        assert atlas.clock.waits == [0.5, 2.0, 2.0, 8.0, 12.0, 15.0]

    def test_a_wrong_request_is_not_sent_again(self, atlas: Atlas, opened: Open) -> None:
        atlas.roles = set()
        with pytest.raises(DatabaseError):
            opened().names("admin")
        assert len(atlas.seen) == 2


class TestTokens:
    def test_a_token_serves_for_its_hour_and_no_longer(self, atlas: Atlas, opened: Open) -> None:
        port = opened()
        for _ in range(4):
            port.names("admin")
            atlas.clock.passed_s += 1100
        assert len(atlas.tokens) == 1
        atlas.clock.passed_s += 100
        port.names("admin")
        assert len(atlas.tokens) == 2
        assert len(atlas.seen) == 2 + 5  # none was spent on hearing that it had expired

    def test_a_token_that_was_revoked_is_renewed_once(self, atlas: Atlas, opened: Open) -> None:
        port = opened()
        port.names("admin")
        atlas.tokens.clear()
        port.names("admin")
        tokens = [seen for seen in atlas.seen if seen.path == "/api/oauth/token"]
        assert len(tokens) == 2

    def test_a_key_that_was_deleted_meanwhile_is_said(self, atlas: Atlas, opened: Open) -> None:
        port = opened()
        port.names("admin")
        atlas.tokens.clear()
        atlas.client_secret = "mdb_sa_sk_" + secrets.token_urlsafe(30)
        with pytest.raises(WrongPassword):
            port.names("admin")

    def test_a_stale_nonce_of_a_digest_is_renewed(self, atlas: Atlas, opened: Open) -> None:
        port = opened(atlas.api_key)
        port.names("admin")
        assert len(atlas.seen) == 2
        port.names("admin")
        assert len(atlas.seen) == 3
        atlas.nonces = dict.fromkeys(atlas.nonces, 10**6)
        port.names("admin")
        assert len(atlas.seen) == 5


class TestSomethingElse:
    def test_nobody_listens(self, atlas: Atlas, opened: Open) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(Unreachable) as raised:
                opened(base_url=url).names("admin")
        assert "tried 7 times" in raised.value.why
        assert isinstance(raised.value, CannotConnect)

    @pytest.mark.parametrize("answer", ["<html>log in</html>", "[1, 2]", '{"results": 3}'])
    def test_something_else_answers(
        self, atlas: Atlas, opened: Open, monkeypatch: pytest.MonkeyPatch, answer: str
    ) -> None:
        monkeypatch.setattr("tests.adapters.atlas.server.json.dumps", lambda _body: answer)
        with pytest.raises(NotMongoDB):
            opened().names("admin")

    def test_a_listing_without_end_is_not_followed_for_ever(
        self, atlas: Atlas, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        endless = {"results": [{"username": "u"}], "totalCount": 10**9}
        monkeypatch.setattr(atlas, "listed", lambda *_: endless)
        with pytest.raises(NotMongoDB, match="is not the Admin API"):
            opened().names("admin")


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """The clock of these tests stands still but for waits: nothing really waits."""
    before = time.monotonic()
    yield
    assert time.monotonic() - before < 120
