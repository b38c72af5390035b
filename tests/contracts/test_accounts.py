"""What every `Accounts` does, through the port alone: server commands and the Atlas Admin API."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from pytest import FixtureRequest  # noqa: PT013 - it has no other name

from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountExists,
    AccountGone,
    PasswordRefused,
)
from skillconnect_ops.core.ports.database import NotAuthorized, ServerLost
from skillconnect_ops.core.secret import Secret
from tests.contracts.accounts import (
    DEPLOYMENTS,
    Deployment,
    fresh_name,
    fresh_password,
    settle,
)


@pytest.fixture(params=DEPLOYMENTS)
def deployment(request: FixtureRequest) -> Deployment:
    made: Deployment = request.getfixturevalue(request.param)
    return made


def created(deployment: Deployment, password: Secret | None = None) -> Account:
    """A new user of the deployment."""
    account = deployment.whole(fresh_name())
    deployment.accounts.create(account, password or fresh_password())
    settle(deployment.accounts)
    return account


def again_if_lost(change: Callable[[], None]) -> None:
    """As a caller does: once more after an answer was lost, of which nothing is known."""
    try:
        change()
    except ServerLost:
        change()


class TestOneUser:
    def test_what_was_created_is_found_whole(self, deployment: Deployment) -> None:
        account = created(deployment)
        assert deployment.accounts.find(account.name, deployment.database) == account
        assert account.name in deployment.accounts.names(deployment.database)

    def test_nobody_is_found_by_a_name_that_is_free(self, deployment: Deployment) -> None:
        assert deployment.accounts.find(fresh_name(), deployment.database) is None

    def test_names_are_sorted(self, deployment: Deployment) -> None:
        created(deployment)
        created(deployment)
        names = deployment.accounts.names(deployment.database)
        assert list(names) == sorted(names)

    def test_a_copy_under_another_name_differs_by_name_alone(self, deployment: Deployment) -> None:
        first = created(deployment)
        found = deployment.accounts.find(first.name, deployment.database)
        assert found is not None
        second = found.named(fresh_name())
        deployment.accounts.create(second, fresh_password())
        assert deployment.accounts.find(second.name, deployment.database) == second
        assert second.named(first.name) == first

    def test_its_password_works_and_no_other(self, deployment: Deployment) -> None:
        password = fresh_password()
        account = created(deployment, password)
        assert deployment.logs_in(account.name, password)
        assert not deployment.logs_in(account.name, fresh_password())

    @pytest.mark.parametrize("password", ["%41+:@/?#[] &='\"\\$`é漢", "x" * 256])
    def test_an_awkward_password_works(self, deployment: Deployment, password: str) -> None:
        account = created(deployment, Secret(password))
        assert deployment.logs_in(account.name, Secret(password))

    def test_an_awkward_name_works(self, deployment: Deployment) -> None:
        password = fresh_password()
        account = deployment.whole(fresh_name() + "%41 +:@.'\"$é")
        deployment.accounts.create(account, password)
        settle(deployment.accounts)
        assert deployment.accounts.find(account.name, deployment.database) == account
        assert deployment.logs_in(account.name, password)
        deployment.accounts.drop(account.name, deployment.database)
        assert deployment.accounts.find(account.name, deployment.database) is None


class TestChanges:
    def test_another_password_replaces_the_first(self, deployment: Deployment) -> None:
        old, new = fresh_password(), fresh_password()
        account = created(deployment, old)
        deployment.accounts.set_password(account.name, account.database, new)
        settle(deployment.accounts)
        assert deployment.logs_in(account.name, new)
        assert not deployment.logs_in(account.name, old)
        assert deployment.accounts.find(account.name, account.database) == account

    def test_other_roles_replace_the_first_and_nothing_else(self, deployment: Deployment) -> None:
        account = created(deployment)
        wanted = deployment.other_roles()
        assert not wanted & account.roles
        deployment.accounts.set_roles(account.name, account.database, wanted)
        found = deployment.accounts.find(account.name, account.database)
        assert found is not None
        assert found.roles == wanted
        deployment.accounts.set_roles(account.name, account.database, account.roles)
        assert deployment.accounts.find(account.name, account.database) == account

    def test_a_dropped_user_is_gone_and_refused(self, deployment: Deployment) -> None:
        password = fresh_password()
        account = created(deployment, password)
        deployment.accounts.drop(account.name, account.database)
        settle(deployment.accounts)
        assert deployment.accounts.find(account.name, account.database) is None
        assert account.name not in deployment.accounts.names(account.database)
        assert not deployment.logs_in(account.name, password)


class TestRefusals:
    def test_a_name_is_taken_once(self, deployment: Deployment) -> None:
        first, second = fresh_password(), fresh_password()
        account = created(deployment, first)
        with pytest.raises(AccountExists) as caught:
            deployment.accounts.create(account, second)
        assert account.name in caught.value.what
        assert deployment.logs_in(account.name, first)
        assert not deployment.logs_in(account.name, second)

    def test_nobody_has_no_password_and_no_roles(self, deployment: Deployment) -> None:
        name = fresh_name()
        with pytest.raises(AccountGone) as caught:
            deployment.accounts.set_password(name, deployment.database, fresh_password())
        assert name in caught.value.what
        with pytest.raises(AccountGone):
            deployment.accounts.set_roles(name, deployment.database, deployment.other_roles())

    def test_dropping_nobody_is_fine(self, deployment: Deployment) -> None:
        deployment.accounts.drop(fresh_name(), deployment.database)

    def test_a_password_that_is_not_taken(self, deployment: Deployment) -> None:
        refused = deployment.refused_password()
        account = deployment.whole(fresh_name())
        with pytest.raises(PasswordRefused) as caught:
            deployment.accounts.create(account, refused)
        assert deployment.accounts.find(account.name, account.database) is None
        said = f"{caught.value.what} {caught.value.why} {caught.value.fix}"
        assert not refused or refused.reveal() not in said

    def test_a_password_that_is_not_taken_leaves_the_old_one(self, deployment: Deployment) -> None:
        password = fresh_password()
        account = created(deployment, password)
        with pytest.raises(PasswordRefused):
            deployment.accounts.set_password(
                account.name, account.database, deployment.refused_password()
            )
        assert deployment.logs_in(account.name, password)

    def test_one_without_rights_is_told_so(self, deployment: Deployment) -> None:
        account = created(deployment)
        with deployment.without_rights() as powerless:
            with pytest.raises(NotAuthorized):
                powerless.create(deployment.whole(fresh_name()), fresh_password())
            with pytest.raises(NotAuthorized):
                powerless.set_password(account.name, account.database, fresh_password())
            with pytest.raises(NotAuthorized):
                powerless.set_roles(account.name, account.database, frozenset())
            with pytest.raises(NotAuthorized):
                powerless.drop(account.name, account.database)
        assert deployment.accounts.find(account.name, account.database) == account


class TestLostAnswers:
    """The change took effect, and nobody was told: what was asked for is asked for again."""

    def test_of_create_is_decided_by_looking(self, deployment: Deployment) -> None:
        account, password = deployment.whole(fresh_name()), fresh_password()
        with deployment.next_answer_lost(), suppress(ServerLost):
            deployment.accounts.create(account, password)
        settle(deployment.accounts)
        assert deployment.accounts.find(account.name, account.database) == account
        assert deployment.logs_in(account.name, password)
        with pytest.raises(AccountExists):
            deployment.accounts.create(account, password)

    def test_of_set_password(self, deployment: Deployment) -> None:
        account, password = created(deployment), fresh_password()
        with deployment.next_answer_lost():
            again_if_lost(
                lambda: deployment.accounts.set_password(account.name, account.database, password)
            )
        settle(deployment.accounts)
        assert deployment.logs_in(account.name, password)

    def test_of_set_roles(self, deployment: Deployment) -> None:
        account, roles = created(deployment), deployment.other_roles()
        with deployment.next_answer_lost():
            again_if_lost(
                lambda: deployment.accounts.set_roles(account.name, account.database, roles)
            )
        found = deployment.accounts.find(account.name, account.database)
        assert found is not None
        assert found.roles == roles

    def test_of_drop(self, deployment: Deployment) -> None:
        account = created(deployment)
        with deployment.next_answer_lost():
            again_if_lost(lambda: deployment.accounts.drop(account.name, account.database))
        assert deployment.accounts.find(account.name, account.database) is None

    def test_a_request_that_never_arrived_is_no_success(self, deployment: Deployment) -> None:
        account, password = deployment.whole(fresh_name()), fresh_password()
        with deployment.next_request_lost():
            try:
                deployment.accounts.create(account, password)
            except ServerLost:
                assert deployment.accounts.find(account.name, account.database) is None
                deployment.accounts.create(account, password)
        settle(deployment.accounts)
        assert deployment.accounts.find(account.name, account.database) == account
        assert deployment.logs_in(account.name, password)


class TestSessions:
    def test_nobody_is_logged_in_as_a_user_that_is_not_there(self, deployment: Deployment) -> None:
        match deployment.accounts.sessions(fresh_name(), deployment.database):
            case Known(sessions):
                assert sessions == ()
            case Missing(reason):
                assert reason
