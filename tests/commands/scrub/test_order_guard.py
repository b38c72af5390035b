"""A value that still opens our own database is not scrubbed; one that it refuses is."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from tests.commands.rotate.app import App, make, settings
from tests.commands.scrub.hiding import line, word
from tests.commands.scrub.team import commit, git
from tests.conftest import Ran, Skc
from tests.servers import make_user

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def app(tmp_path: Path, skc: Skc, one_node: Mongod, database: str) -> Iterator[App]:
    """A project at a real database, in a repository."""
    app = make(tmp_path, skc, one_node, database)
    git(app.root, "init", "-q", "-b", "main")
    (app.root / ".gitignore").write_text(".env\n.skc\n")
    git(app.root, "add", ".gitignore", "skc.yaml")
    git(app.root, "commit", "-q", "-m", "begin")
    yield app
    app.client.close()


def leaked(app: App, text: str) -> None:
    """In the history, and not in the newest commit."""
    commit(app.root, "old.env", f"MONGO_URI={text}\n", "leak")
    git(app.root, "rm", "-q", "old.env")
    git(app.root, "commit", "-q", "-m", "remove it")


def scrub(app: App, *values: str, dry: bool = False, admin: bool = True) -> Ran:
    """Scrub, with no word about rotation."""
    file = app.root.parent / "values"
    file.write_text("".join(f"{value}\n" for value in values))
    agreed = ("--dry-run",) if dry else ("--yes", "--confirm", "shop")
    env = {} if admin else {"SKC_MONGO_ADMIN_URI": ""}
    return app.run("scrub", "--values-from", str(file), "--plain-bundle", *agreed, env=env)


def refusals(app: App) -> list[str]:
    """Lines of the evidence ledger that tell one."""
    files = [path for path in (app.root / ".skc").rglob("*") if path.is_file()]
    lines = [each for path in files for each in path.read_text().splitlines()]
    return [each for each in lines if '"credential.refused"' in each]


@contextmanager
def listener() -> Iterator[tuple[str, list[object]]]:
    """Somebody else's server on this machine, and who came."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    connection, who = server.accept()
                except OSError:
                    return
                came.append(who)
                connection.close()

        threading.Thread(target=take, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", came
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def old(app: App, one_node: Mongod) -> str:
    """The URI of a user of before, who is still there."""
    return make_user(one_node, app.name, ["read"]).reveal()


def drop(app: App, uri: str) -> None:
    app.client[app.name].command("dropUser", uri.partition("//")[2].partition(":")[0])


def password_in(uri: str) -> str:
    return uri.partition("@")[0].rpartition(":")[2]


@pytest.mark.parametrize("what", ["the URI", "its password"])
def test_a_login_that_works_is_refused_until_it_is_rotated(app: App, old: str, what: str) -> None:
    leaked(app, old)
    value = old if what == "the URI" else password_in(old)
    ran = scrub(app, value)
    assert ran.code == 3, ran.stderr
    assert "still in use" in ran.stderr
    assert "logs in as u_" in ran.stderr
    assert password_in(old) not in ran.stdout + ran.stderr
    drop(app, old)
    ran = scrub(app, value, dry=True)
    assert ran.code == 0, ran.stderr
    assert refusals(app) == []
    ran = scrub(app, value)
    assert ran.code == 0, ran.stderr
    (proof,) = refusals(app)
    assert '"user":"u_' in proof.replace(" ", "")
    assert password_in(old) not in proof


def test_a_password_beside_other_hosts_and_users_is_judged_by_each_login_that_it_had(
    app: App, one_node: Mongod, old: str
) -> None:
    """The same password of two users: one is gone, the other one is not."""
    other = make_user(one_node, app.name, ["read"], password=password_in(old)).reveal()
    leaked(app, old)
    leaked(app, f"{other}   # and again: {old}")
    drop(app, old)
    assert scrub(app, password_in(old)).code == 3
    drop(app, other)
    ran = scrub(app, password_in(old))
    assert ran.code == 0, ran.stderr
    assert len(refusals(app)) == 2


def test_no_other_server_is_ever_contacted(app: App, old: str) -> None:
    with listener() as (elsewhere, came):
        head, _, rest = old.partition("@")
        ours = rest.partition("/")[0]
        foreign = [
            f"{head}@{elsewhere}/shop",
            f"{head}@{ours},{elsewhere}/shop",
            f"redis://:{word()}@{elsewhere}/0",
            f"{old}&authMechanism=MONGODB-AWS",
        ]
        for uri in foreign:
            leaked(app, uri)
        for value in (*foreign, password_in(foreign[2])):
            ran = scrub(app, value)
            assert ran.code == 3, ran.stderr
            assert "nobody knows" in ran.stderr
        assert came == []


def test_where_nobody_answers_it_is_as_unknown_as_before_and_that_is_said(
    app: App, old: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
    (app.root / ".env").write_text(f"MONGO_URI=mongodb://app:{word()}@{nobody}/shop\n")
    uri = f"mongodb://old:{word()}@{nobody}/shop"
    leaked(app, uri)
    ran = scrub(app, uri, admin=False)
    assert ran.code == 3
    assert f"a login at {nobody} told nothing" in ran.stderr
    assert "nobody knows" in ran.stderr


def test_an_administrator_s_uri_counts_as_our_own_database(app: App, one_node: Mongod) -> None:
    leaked(app, one_node.uri.reveal().replace("/?", "/other?"))
    ran = scrub(app, one_node.uri.reveal().replace("/?", "/other?"))
    assert ran.code == 3
    assert "still in use" in ran.stderr


def test_redis_is_asked_as_well(app: App, redis_server: Secret) -> None:
    own, password = redis_server.reveal(), word()
    where = own.partition("@")[2]
    with (app.root / ".env").open("a") as file:
        file.write(f"REDIS_URL={own}\n")
    more = "    secrets: {redis: {kind: redis, env: REDIS_URL}}\n"
    commit(app.root, "skc.yaml", settings(app.name, more), "settings")
    leaked(app, f"redis://:{password}@{where}")
    working = own.replace("redis://", "redis://default", 1)
    leaked(app, working)
    ran = scrub(app, working)
    assert ran.code == 3, ran.stderr
    assert "still in use" in ran.stderr
    ran = scrub(app, password)
    assert ran.code == 0, ran.stderr
    assert len(refusals(app)) == 1


@pytest.mark.parametrize("revoked", [("password",), ("password", "token")])
def test_a_retired_password_in_a_uri_says_nothing_of_another_secret_in_it(
    app: App, revoked: tuple[str, ...]
) -> None:
    given = {"password": secrets.token_hex(16), "token": secrets.token_hex(16)}
    uri = f"https://app:{quote(given['password'])}@api.invalid/v1?page=2&access_token={given['token']}"
    commit(app.root, "src/api.js", line(uri), "leak")
    for name in revoked:
        ran = app.skc(
            *("secrets", "ledger", "add", f"API_{name.upper()}", "--stdin"),
            *("--revoked-elsewhere", "--by", "Ada", "--yes"),
            cwd=app.root,
            env=app.env,
            stdin=given[name],
        )
        assert ran.code == 0, ran.stderr
    ran = scrub(app, uri)
    assert ran.code == (3 if revoked == ("password",) else 0), ran.stderr
    assert "API_PASSWORD" in ran.stderr or ran.code == 0


def test_a_secret_in_an_option_of_a_uri_in_use_is_in_use(app: App) -> None:
    token = secrets.token_hex(16)
    with (app.root / ".env").open("a") as file:
        file.write(f"API_URL=https://api.invalid/v2?access_token={token}\n")
    commit(app.root, "src/api.js", line(f"https://api.invalid/v1?access_token={token}"), "leak")
    for value in (token, f"https://api.invalid/v1?access_token={token}"):
        ran = scrub(app, value)
        assert ran.code == 3
        assert "still in use" in ran.stderr
