"""The house gives whoever rotates the users of the right deployment, as the right user."""

from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import parse, with_login
from skillconnect_ops.adapters.system import ProcessEnvironment, SystemClock
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.ports.accounts import AccountsAreManaged, LoginAnswer
from skillconnect_ops.core.ports.database import NotAuthorized, WrongPassword
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.terminal.person import Silent
from skillconnect_ops.wiring import Ran, Wiring
from tests.contracts.accounts import fresh_password
from tests.servers import make_user

ADMIN = "SKC_MONGO_ADMIN_URI"
SETTINGS = """version: 1
project: {id: abc, name: shop}
targets:
  production:
    env_files: [.env]
    database: {uri: env:MONGO_URI}
"""


def never(*_: object) -> Ran:
    raise AssertionError("no command is run")


@pytest.fixture
def app_uri(one_node: Mongod) -> Secret:
    return make_user(one_node, "app", ["readWrite"])


@pytest.fixture
def house(
    tmp_path: Path, app_uri: Secret, one_node: Mongod, monkeypatch: pytest.MonkeyPatch
) -> House:
    (tmp_path / "skc.yaml").write_text(SETTINGS)
    (tmp_path / ".env").write_text(f"MONGO_URI={app_uri.reveal()}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(ADMIN, one_node.uri.reveal())
    return Wiring(
        environment=ProcessEnvironment(), clock=SystemClock(), person=Silent(()), run=never
    )


def test_users_are_managed_as_the_admin_user(house: House, app_uri: Secret) -> None:
    name = str(parse(app_uri).user)
    with house.accounts(house.target(None)) as accounts:
        assert accounts.find(name, "app") is not None


def test_or_as_the_apps_own(house: House) -> None:
    with (
        house.accounts(house.target(None), admin=False) as accounts,
        pytest.raises(NotAuthorized),
    ):
        accounts.names("admin")


def test_or_by_a_uri_that_was_given(house: House, app_uri: Secret) -> None:
    name = str(parse(app_uri).user)
    target = house.target(None)
    with house.accounts(target, uri=app_uri) as accounts, pytest.raises(NotAuthorized):
        accounts.names("admin")
    with (
        pytest.raises(WrongPassword),
        house.accounts(target, uri=with_login(app_uri, name, fresh_password())),
    ):
        pass


def test_a_host_of_atlas_is_refused_and_its_variable_named(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADMIN, "mongodb+srv://u:p@cluster0.ab1cd.mongodb.net/")
    with pytest.raises(AccountsAreManaged) as caught, house.accounts(house.target(None)):
        pass
    assert ADMIN in caught.value.why


def test_logins_are_tried_at_the_target(house: House, app_uri: Secret) -> None:
    (login,) = house.logins(house.target(None)).try_everywhere(app_uri)
    assert login.answer is LoginAnswer.ACCEPTED
