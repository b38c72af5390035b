"""`skc rotate` of the user `default`: in place, because skc.yaml says so, and without a window."""

import json
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from skillconnect_ops.adapters.embedded import RedisOptions
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.shop_redis import ADMIN, NAME, TAIL, RedisShop, open_shop
from tests.conftest import Skc

NOBODY = {ADMIN: ""}
"""`default` may do everything, and is its own administrator."""


@pytest.fixture(params=[False, True], ids=["config file", "acl file"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, skc: Skc) -> Iterator[RedisShop]:
    options = RedisOptions(acl_file=request.param)
    with open_shop(tmp_path, skc, user=None, options=options) as shop:
        shop.configure(more=", in_place: true")
        yield shop


def old_password(shop: RedisShop) -> str:
    return shop.server.uri.reveal().split("@")[0].rsplit(":", 1)[1]


def test_default_is_not_replaced_unasked(shop: RedisShop) -> None:
    shop.configure()
    before = shop.file.read_bytes()
    ran = shop.run("rotate", "--yes")
    assert ran.code == 4
    assert "`in_place: true` below secrets.cache" in ran.json["error"]["fix"]
    assert shop.file.read_bytes() == before


def test_both_passwords_let_in_until_the_end_and_the_old_one_is_nowhere_then(
    shop: RedisShop,
) -> None:
    before, text = shop.uri(), shop.file.read_text()
    ran = shop.ok("rotate", "--yes", env=NOBODY)
    assert "in place, without a window" in ran.stderr
    after = shop.uri()
    assert shop.file.read_text() == text.replace(before, after)
    assert after.startswith("redis://:")
    assert after.endswith(TAIL)
    for _ in range(2):
        assert (shop.opens(before), shop.opens(after)) == (True, True)
        shop.restart()
    shop.ok("rotate", "finish", "--yes", env=NOBODY)
    for _ in range(2):
        assert (shop.opens(before), shop.opens(after)) == (False, True)
        shop.restart()
    for file in (shop.server.settings_file, shop.server.acl_file):
        if file.exists():
            assert old_password(shop) not in file.read_text(), file
    listed = shop.ok("secrets", "ledger", "list", env=NOBODY).json["facts"]["retired"]
    assert [(one["name"], one["refusal"]) for one in listed] == [(NAME, "proven")]


def test_an_administrator_that_is_default_itself_goes_on_with_the_new_password(
    shop: RedisShop,
) -> None:
    shop.ok("rotate", "--yes")
    shop.ok("rotate", "finish", "--yes")
    assert shop.opens(shop.uri())
    shop.ok("rotate", "--yes")
    shop.ok("rotate", "finish", "--yes")
    assert shop.opens(shop.uri())


def test_a_leaked_one_ends_the_connections_that_it_opened(shop: RedisShop) -> None:
    before = shop.uri()
    with shop.client(before) as thief:
        thief.ping()
        shop.ok("rotate", "--reason", "leaked", "--yes", env=NOBODY)
        ran = shop.ok("rotate", "finish", "--wait", "0", "--yes", env=NOBODY)
        assert "all its connections are ended now" in ran.stderr
        with pytest.raises((RedisError, OSError)):
            thief.ping()
    assert not shop.opens(before)


def test_connections_from_before_the_rotation_are_waited_for(shop: RedisShop) -> None:
    before = shop.uri()
    with shop.client(before) as left:
        left.ping()
        shop.ok("rotate", "--yes", env=NOBODY)
        with shop.client(shop.uri()) as fresh:
            fresh.ping()
            ran = shop.run("rotate", "finish", "--wait", "2", "--yes", env=NOBODY)
            assert ran.code == 5, ran.stdout
            assert ran.json["error"]["why"].count("from 127.0.0.1:") == 1
            assert left.ping()
    assert shop.opens(before)
    with shop.client(shop.uri()) as fresh:
        fresh.ping()
        shop.ok("rotate", "finish", "--wait", "0", "--yes", env=NOBODY)
        assert fresh.ping()


def test_what_a_reload_connects_is_not_waited_for(shop: RedisShop) -> None:
    shop.ok("rotate", "--yes", env=NOBODY)
    with shop.client(shop.uri()) as soon:
        soon.ping()
        shop.ok("rotate", "finish", "--wait", "0", "--yes", env=NOBODY)


def test_after_a_restart_of_the_server_no_connection_is_an_old_one(shop: RedisShop) -> None:
    for _ in range(5):
        shop.raw("PING")
    shop.ok("rotate", "--yes", env=NOBODY)
    shop.restart()
    time.sleep(2.2)  # ages are told in whole seconds, of either end
    with shop.client(shop.uri()) as fresh:
        fresh.ping()
        shop.ok("rotate", "finish", "--wait", "3", "--yes", env=NOBODY)


def test_the_passwords_of_others_stay(shop: RedisShop) -> None:
    other = secrets.token_urlsafe(12)
    shop.raw("ACL", "SETUSER", "default", f">{other}")
    theirs = f"redis://:{other}@127.0.0.1:{shop.server.port}"
    before = shop.uri()
    ran = shop.ok("rotate", "--yes", env=NOBODY)
    assert "has 2 passwords already" in ran.stderr
    ended = shop.ok("rotate", "finish", "--yes", env=NOBODY)
    assert [shop.opens(one) for one in (before, shop.uri(), theirs)] == [False, True, True]
    assert "replace that line by hand" in ended.stderr
    shop.restart()
    assert [shop.opens(one) for one in (before, shop.uri(), theirs)] == [False, True, True]


def test_a_reload_that_fails_takes_the_new_password_away_again(shop: RedisShop) -> None:
    shop.configure(more=", in_place: true", consumers="api: {reload: ['false']}")
    shop.trust("false")
    before, users = shop.file.read_bytes(), shop.raw("ACL", "LIST")
    assert shop.run("rotate", "--yes", env=NOBODY).code in {5, 6}
    assert (shop.file.read_bytes(), shop.raw("ACL", "LIST")) == (before, users)


def test_a_user_that_takes_any_password_is_left_alone(tmp_path: Path, skc: Skc) -> None:
    with open_shop(tmp_path, skc) as shop:
        shop.configure(more=", in_place: true")
        shop.raw("ACL", "SETUSER", "app", "nopass")
        ran = shop.run("rotate", "--yes")
        assert ran.code == 4
        assert "nopass" in ran.json["error"]["what"]


def test_a_named_user_may_be_renewed_in_place_as_well(tmp_path: Path, skc: Skc) -> None:
    with open_shop(tmp_path, skc) as shop:
        shop.configure(more=", in_place: true")
        before = shop.uri()
        shop.ok("rotate", "--yes")
        after = shop.uri()
        assert after.startswith("redis://app:")
        assert (shop.opens(before), shop.opens(after), shop.users()) == (True, True, {"app"})
        shop.ok("rotate", "finish", "--yes")
        assert (shop.opens(before), shop.opens(after), shop.users()) == (False, True, {"app"})


def test_a_server_without_users_has_a_window_that_the_plan_tells(tmp_path: Path, skc: Skc) -> None:
    options = RedisOptions(settings=('rename-command ACL ""',))
    with open_shop(tmp_path, skc, user=None, options=options) as shop:
        assert shop.run("rotate", "--yes").code == 4
        shop.configure(more=", in_place: true")
        before = shop.uri()
        told = shop.ok("rotate", "--yes", env=NOBODY)
        assert "in place, with a window" in told.stderr
        assert (shop.opens(before), shop.opens(shop.uri())) == (False, True)
        shop.restart()
        assert (shop.opens(before), shop.opens(shop.uri())) == (False, True)
        shop.ok("rotate", "finish", "--yes", env=NOBODY)
        assert shop.opens(shop.uri())

        shop.configure(more=", in_place: true", consumers="api: {reload: ['false']}")
        shop.trust("false")
        kept = shop.file.read_bytes()
        assert shop.run("rotate", "--yes", env=NOBODY).code in {5, 6}
        assert shop.file.read_bytes() == kept
        assert shop.opens(shop.uri())


PING = """
import os, sys
from redis import Redis
from skillconnect_ops.envfile import parse
uri = parse(open(".env", "rb").read()).get("REDIS_URL")
try:
    said = str(Redis.from_url(uri).ping())
except Exception as error:
    said = type(error).__name__
open("seen", "a").write(said + " ")
"""


def test_who_is_reloaded_on_the_way_back_finds_the_old_password_in_force(
    tmp_path: Path, skc: Skc
) -> None:
    options = RedisOptions(settings=('rename-command ACL ""',))
    with open_shop(tmp_path, skc, user=None, options=options) as shop:
        (shop.root / "ping.py").write_text(PING)
        reload = [sys.executable, "ping.py"]
        shop.configure(
            more=", in_place: true",
            consumers=f"api: {{reload: {json.dumps(reload)}}}, worker: {{reload: ['false']}}",
        )
        hooks = Hooks(shop.state, disk=Disk())
        hooks.trust({"api": tuple(reload), "worker": ("false",)})
        before = shop.file.read_bytes()
        assert shop.run("rotate", "--yes", env=NOBODY).code in {5, 6}
        assert shop.file.read_bytes() == before
        assert (shop.root / "seen").read_text().split() == ["True", "True"]
