"""Users of an Atlas project over the Admin API, with both sorts of key."""

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts
from skillconnect_ops.adapters.atlas.shapes import CREATION, NO_ROLES
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountError,
    AccountExists,
    AccountGone,
    AccountIsExternal,
    Accounts,
    PasswordRefused,
    Role,
)
from skillconnect_ops.core.ports.atlas import AtlasProject
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    DatabaseError,
    NotAuthorized,
    WrongPassword,
)
from skillconnect_ops.core.secret import Secret
from tests.adapters.atlas.conftest import Open
from tests.adapters.atlas.server import MOST_USERS, Answer, Atlas

APP = Account(
    name="app_a",
    database="admin",
    roles=frozenset({Role("readWrite", "app"), Role("read", "app", "audit")}),
    scopes=({"name": "alpha", "type": "CLUSTER"},),
    labels=({"key": "team", "value": "blue"},),
)


def password() -> Secret:
    return Secret(secrets.token_urlsafe(24))


def raw(atlas: Atlas, name: str = "app_a") -> dict[str, Any]:
    return atlas.users["admin", name]


def test_it_is_both_ports(opened: Open) -> None:
    project: AtlasProject = opened()
    any_deployment: Accounts = project
    assert any_deployment.names("admin") == []


def test_a_user_is_written_as_the_api_has_it(atlas: Atlas, accounts: AtlasAccounts) -> None:
    secret = password()
    accounts.create(APP, secret)
    written = raw(atlas)
    assert written["groupId"] == atlas.project
    assert written["password"] == secret.reveal()
    assert written["roles"] == [
        {"roleName": "read", "databaseName": "app", "collectionName": "audit"},
        {"roleName": "readWrite", "databaseName": "app"},
    ]
    assert written["scopes"] == [{"name": "alpha", "type": "CLUSTER"}]
    assert "deleteAfterDate" not in written
    assert accounts.find("app_a", "admin") == APP


def test_no_scopes_means_all_clusters_and_is_left_out(atlas: Atlas, opened: Open) -> None:
    opened().create(Account(name="u", database="admin", roles=APP.roles), password())
    assert "scopes" not in raw(atlas, "u")


@pytest.mark.parametrize(
    "name", ["a/b", "a b", "ü", "%2e", "..", ".", "a?b#c", "a%2Fb", "$x;:@&=+,"]
)
def test_any_name_stays_one_part_of_the_path(
    atlas: Atlas, accounts: AtlasAccounts, name: str
) -> None:
    other = APP.named("other")
    accounts.create(other, password())
    accounts.create(APP.named(name), password())
    secret = password()
    accounts.set_password(name, "admin", secret)
    assert raw(atlas, name)["password"] == secret.reveal()
    assert accounts.find(name, "admin") == APP.named(name)
    accounts.drop(name, "admin")
    assert accounts.names("admin") == ["other"]


def test_users_elsewhere_are_not_asked_for(atlas: Atlas, accounts: AtlasAccounts) -> None:
    assert accounts.find("app_a", "app") is None
    assert accounts.find("", "admin") is None
    accounts.drop("app_a", "app")
    with pytest.raises(AccountGone):
        accounts.set_password("app_a", "app", password())
    assert atlas.seen == []


def test_names_are_read_over_several_pages(atlas: Atlas, accounts: AtlasAccounts) -> None:
    atlas.page = 7
    for number in range(30):
        key = ("$external" if number % 3 == 0 else "admin", f"u{number:02}")
        atlas.users[key] = {"databaseName": key[0], "username": key[1], "roles": []}
    assert accounts.names("admin") == [f"u{number:02}" for number in range(30) if number % 3]
    assert len(accounts.names("$external")) == 10


def test_no_roles_are_written_as_the_least_there_is(atlas: Atlas, accounts: AtlasAccounts) -> None:
    accounts.create(APP, password())
    accounts.set_roles("app_a", "admin", frozenset())
    (role,) = raw(atlas)["roles"]
    assert role == {
        "roleName": "read",
        "databaseName": NO_ROLES.database,
        "collectionName": NO_ROLES.collection,
    }
    found = accounts.find("app_a", "admin")
    assert found is not None
    assert found.roles == frozenset()


def test_a_change_touches_nothing_else(atlas: Atlas, accounts: AtlasAccounts) -> None:
    accounts.create(APP, password(), expires_at=atlas.clock.now() + timedelta(days=1))
    before = dict(raw(atlas))
    accounts.set_password("app_a", "admin", password())
    after = dict(raw(atlas))
    assert before.pop("password") != after.pop("password")
    assert before == after


class TestExpiry:
    def test_a_user_can_delete_itself_and_be_kept_after_all(
        self, atlas: Atlas, accounts: AtlasAccounts
    ) -> None:
        at = atlas.clock.now() + timedelta(days=7)
        accounts.create(APP, password(), expires_at=at)
        assert raw(atlas)["deleteAfterDate"] == "2026-03-08T12:00:00Z"
        assert accounts.expires_at("app_a", "admin") == at
        accounts.make_permanent("app_a", "admin")
        assert accounts.expires_at("app_a", "admin") is None
        accounts.make_permanent("app_a", "admin")
        assert accounts.find("app_a", "admin") == APP

    @pytest.mark.parametrize("ahead", [timedelta(days=7, seconds=1), timedelta(0), timedelta(-1)])
    def test_a_time_out_of_range_is_refused_before_atlas_is_asked(
        self, atlas: Atlas, opened: Open, ahead: timedelta
    ) -> None:
        with pytest.raises(AccountError, match="cannot be told to delete itself"):
            opened().create(APP, password(), expires_at=atlas.clock.now() + ahead)
        assert atlas.seen == []

    def test_one_that_is_gone_already_is_said(self, opened: Open) -> None:
        with pytest.raises(AccountGone):
            opened().make_permanent("app_a", "admin")
        with pytest.raises(AccountGone):
            opened().expires_at("app_a", "admin")

    def test_an_expiry_that_atlas_keeps_is_no_success(self, atlas: Atlas, opened: Open) -> None:
        accounts = opened()
        at = atlas.clock.now() + timedelta(days=1)
        accounts.create(APP, password(), expires_at=at)

        def keeps(_seen: object) -> None:
            raw(atlas)["deleteAfterDate"] = "2026-03-02T12:00:00Z"

        atlas.meanwhile = keeps
        with pytest.raises(AccountError, match="will still delete itself") as raised:
            accounts.make_permanent("app_a", "admin")
        assert "2026-03-02T12:00:00Z" in raised.value.why

    def test_a_time_of_another_zone_is_written_in_utc(self, atlas: Atlas, opened: Open) -> None:
        zone = (atlas.clock.now() + timedelta(hours=1)).astimezone(tz=None)
        opened().create(APP, password(), expires_at=zone)
        assert raw(atlas)["deleteAfterDate"] == "2026-03-01T13:00:00Z"


class TestClusters:
    def test_each_cluster_takes_a_change_over_in_its_own_time(
        self, atlas: Atlas, accounts: AtlasAccounts
    ) -> None:
        secret = password()
        accounts.create(APP, secret)
        assert not atlas.logs_in("app_a", secret.reveal())
        polls = []
        while pending := accounts.pending():
            polls.append(list(pending))
        assert polls == [["alpha", "beta", "gamma"], ["beta", "gamma"], ["beta"], ["beta"]]
        assert atlas.logs_in("app_a", secret.reveal())

    def test_a_paused_one_is_noted_and_not_waited_for(
        self, atlas: Atlas, accounts: AtlasAccounts
    ) -> None:
        atlas.clusters[1].paused = True
        atlas.clusters[1].lag = 10_000
        accounts.create(APP, password())
        while accounts.pending():
            pass
        assert [(one.name, one.paused, one.applied) for one in accounts.clusters()] == [
            ("alpha", False, True),
            ("beta", True, False),
            ("gamma", False, True),
        ]

    def test_one_that_is_deleted_meanwhile_is_not_waited_for(
        self, atlas: Atlas, accounts: AtlasAccounts
    ) -> None:
        atlas.meanwhile = lambda seen: (
            atlas.clusters.clear() if seen.path.endswith("alpha/status") else None
        )
        assert accounts.pending() == ["alpha"] or accounts.pending() == []

    def test_a_project_without_clusters_has_none_pending(
        self, atlas: Atlas, accounts: AtlasAccounts
    ) -> None:
        atlas.clusters.clear()
        assert accounts.pending() == []

    def test_a_state_that_is_not_known_to_us_counts_as_pending(
        self, atlas: Atlas, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(atlas, "state", lambda _name: {"changeStatus": "THINKING"})
        assert opened().pending() == ["alpha", "beta", "gamma"]


def test_sessions_cannot_be_seen(opened: Open) -> None:
    assert isinstance(opened().sessions("app_a", "admin"), Missing)


class TestRefusals:
    def test_a_taken_name(self, atlas: Atlas, accounts: AtlasAccounts) -> None:
        first = password()
        accounts.create(APP, first)
        with pytest.raises(AccountExists):
            accounts.create(APP, password())
        assert raw(atlas)["password"] == first.reveal()

    def test_a_password_never_comes_back_in_an_error(self, atlas: Atlas, opened: Open) -> None:
        atlas.quotes_the_password = True
        with pytest.raises(PasswordRefused) as raised:
            opened().create(APP, Secret("s3 cr€t"))
        assert "The password *** is too short" in raised.value.why

    def test_more_users_than_a_project_may_have(self, atlas: Atlas, opened: Open) -> None:
        for number in range(MOST_USERS):
            atlas.users["admin", f"u{number}"] = {"databaseName": "admin", "username": f"u{number}"}
        with pytest.raises(AccountError, match="create the user") as raised:
            opened().create(APP, password())
        assert "as many database users as it may" in raised.value.why
        assert "delete users" in raised.value.fix

    def test_a_role_that_atlas_does_not_have(self, opened: Open) -> None:
        odd = Account(name="u", database="admin", roles=frozenset({Role("unknown", "app")}))
        with pytest.raises(AccountError) as raised:
            opened().create(odd, password())
        assert "UNSUPPORTED_ROLE" in raised.value.why

    @pytest.mark.parametrize(
        "odd",
        [
            Account(name="u", database="app", roles=APP.roles),
            Account(name="u", database="admin", custom_data={"a": 1}),
            Account(name="u", database="admin", restrictions=({"clientSource": ["::1"]},)),
        ],
    )
    def test_what_a_user_of_atlas_cannot_have(
        self, atlas: Atlas, opened: Open, odd: Account
    ) -> None:
        with pytest.raises(AccountError):
            opened().create(odd, password())
        assert atlas.seen == []

    def test_a_wrong_group_id(self, opened: Open) -> None:
        accounts = opened(project="0" * 24)
        calls: tuple[Callable[[], object], ...] = (
            lambda: accounts.find("app_a", "admin"),
            lambda: accounts.drop("app_a", "admin"),
            lambda: accounts.set_password("app_a", "admin", password()),
            lambda: accounts.create(APP, password()),
            lambda: accounts.names("admin"),
            accounts.pending,
        )
        for call in calls:
            with pytest.raises(DatabaseError) as raised:
                call()
            assert not isinstance(raised.value, AccountError)
            assert "group_id" in raised.value.fix

    def test_a_404_without_a_known_code_is_resolved_by_the_list(
        self, atlas: Atlas, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def odd(*_: object) -> None:
            raise Answer(404, "SOMETHING_NEW", "not here")

        accounts = opened()
        accounts.create(APP, password())
        monkeypatch.setattr(atlas, "of_user", odd)
        assert accounts.find("nobody", "admin") is None
        with pytest.raises(DatabaseError) as raised:
            accounts.find("app_a", "admin")
        assert "SOMETHING_NEW" in raised.value.why

    @pytest.mark.parametrize("sort", ["service_account", "api_key"])
    def test_a_wrong_key(self, atlas: Atlas, opened: Open, sort: str) -> None:
        good: str = getattr(atlas, sort)
        bad = good[:-1] + ("0" if good[-1] != "0" else "1")
        with pytest.raises(WrongPassword) as raised:
            opened(bad).find("app_a", "admin")
        assert "database.atlas.credentials" in raised.value.fix
        assert atlas.clock.waits == []

    def test_a_key_without_the_role(self, atlas: Atlas, accounts: AtlasAccounts) -> None:
        accounts.create(APP, password())
        atlas.roles = {"GROUP_READ_ONLY"}
        calls: tuple[Callable[[], None], ...] = (
            lambda: accounts.create(APP.named("b"), password()),
            lambda: accounts.set_password("app_a", "admin", password()),
            lambda: accounts.set_roles("app_a", "admin", frozenset()),
            lambda: accounts.drop("app_a", "admin"),
        )
        for call in calls:
            with pytest.raises(NotAuthorized) as raised:
                call()
            assert raised.value.role == "Project Database Access Admin"
            assert "Project Database Access Admin" in raised.value.fix

    def test_an_address_that_is_not_on_the_list_of_the_key(
        self, atlas: Atlas, accounts: AtlasAccounts
    ) -> None:
        atlas.allowed_here = False
        with pytest.raises(NotAuthorized) as raised:
            accounts.find("app_a", "admin")
        assert "203.0.113.9" in raised.value.why
        assert "access list of the key" in raised.value.fix

    def test_an_unpaid_invoice(
        self, atlas: Atlas, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unpaid(*_: object) -> None:
            raise Answer(402, "ACCOUNT_SUSPENDED", "unpaid for 30 days")

        monkeypatch.setattr(atlas, "create", unpaid)
        with pytest.raises(DatabaseError) as raised:
            opened().create(APP, password())
        assert "pay" in raised.value.fix


def test_the_key_is_shown_to_atlas_or_to_this_machine_alone(opened: Open) -> None:
    for other in ("http://cloud.mongodb.com", "https://cloud.mongodb.com.example.net"):
        with pytest.raises(CannotConnect, match="this machine"):
            opened(base_url=other)


def test_no_secret_is_logged_or_stands_in_an_address(
    atlas: Atlas, accounts: AtlasAccounts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first, second = password(), password()
    accounts.create(APP, first)
    accounts.set_password("app_a", "admin", second)
    accounts.check()
    accounts.drop("app_a", "admin")
    said = "\n".join(
        [*(record.getMessage() for record in caplog.records), *(one.path for one in atlas.seen)]
    )
    assert "databaseUsers" in said
    for value in (*atlas.values, first.reveal(), second.reveal()):
        assert value not in said
    assert CREATION not in said
    assert repr(accounts).find(atlas.private) == -1


def test_times_are_read_with_and_without_a_zone(atlas: Atlas, opened: Open) -> None:
    accounts = opened()
    atlas.users["admin", "u"] = {
        "username": "u",
        "databaseName": "admin",
        "deleteAfterDate": "2026-03-02T00:00:00",
    }
    assert accounts.expires_at("u", "admin") == datetime(2026, 3, 2, tzinfo=UTC)
    atlas.users["admin", "u"]["deleteAfterDate"] = "soon"
    with pytest.raises(AccountError, match="cannot be read"):
        accounts.expires_at("u", "admin")


def test_a_user_with_a_certificate_has_no_password(atlas: Atlas, opened: Open) -> None:
    atlas.users["$external", "CN=app"] = {"username": "CN=app", "databaseName": "$external"}
    accounts = opened()
    assert accounts.find("CN=app", "$external") is not None
    with pytest.raises(AccountIsExternal):
        accounts.set_password("CN=app", "$external", password())
