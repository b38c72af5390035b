"""Which secret a word after `--only` means, and what is said of a word that means none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.rotate.shop_redis import NAME, RedisShop, open_shop
from tests.conftest import Skc

MORE = "}, session: {kind: random, env: PORT}, a_first: {kind: random, env: LOG"


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Iterator[RedisShop]:
    with open_shop(tmp_path, skc) as shop:
        shop.configure(more=MORE)
        yield shop


def test_a_variable_stands_for_the_secret_that_renews_it(shop: RedisShop) -> None:
    ran = shop.ok("rotate", "--only", NAME, "--only", "session", "--only", "PORT", "--dry-run")
    assert ran.json["facts"]["rotation"]["secrets"] == ["cache", "session"]


def test_a_word_that_means_none_rotates_no_other(shop: RedisShop) -> None:
    ran = shop.run("rotate", "--only", "nothere", "--yes")
    assert ran.code == 4
    assert ran.json["next"] == []
    assert "a_first, cache, session" in ran.json["error"]["why"]
    near = shop.run("rotate", "--only", "cahce", "--yes")
    assert near.json["next"] == ["skc rotate --only cache"]


def test_a_reader_that_is_not_there_is_no_secret(shop: RedisShop) -> None:
    shop.configure(consumers="api: {}", more=", consumers: [apu]")
    ran = shop.run("rotate", "--yes")
    assert ran.code == 4
    assert ran.json["error"]["what"] == 'the consumer "apu" of the secret cache is not there'
    assert ran.json["error"]["fix"] == "write api below secrets.cache.consumers"


def test_what_cannot_be_locked_down_is_not_said_to_end_at_once(shop: RedisShop) -> None:
    ran = shop.run("rotate", "--lockdown", "--only", "cache", "--confirm", "production")
    assert ran.code == 3
    error = ran.json["error"]
    assert "its old value works until `skc rotate finish`" in error["why"]
    assert error["fix"].startswith("skc rotate --only cache --reason leaked   # then at once: ")
    both = shop.run("rotate", "--lockdown", "--confirm", "production")
    assert "which is not done for cache" in both.json["error"]["why"]
    assert both.json["error"]["fix"].startswith("skc rotate --reason leaked")


def test_a_finish_ends_the_rotation_of_one_secret_and_leaves_the_others(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--only", "session", "--yes")
    shop.ok("rotate", "--only", "cache", "--yes")
    assert shop.run("rotate", "finish", "--only", "nothere", "--yes").code == 4
    other = shop.ok("rotate", "finish", "--only", "a_first", "--yes")
    assert other.json["facts"]["rotation"]["done"] is False
    ended = shop.ok("rotate", "finish", "--only", NAME, "--yes")
    assert ended.json["facts"]["rotation"]["secrets"] == ["cache"]
    assert ended.json["next"] == ["skc rotate finish"]
    assert not shop.opens(before)
    left = shop.ok("rotate", "finish", "--yes")
    assert left.json["facts"]["rotation"]["secrets"] == ["session"]


def test_what_one_run_has_renewed_ends_together_and_that_is_said(shop: RedisShop) -> None:
    shop.ok("rotate", "--only", "session", "--only", "cache", "--yes")
    told = shop.ok("rotate", "finish", "--only", "session", "--dry-run")
    assert "not apart: cache: the same run has renewed it" in told.stderr


def test_what_is_due_is_what_comes_next_and_what_is_fresh_is_left_alone(shop: RedisShop) -> None:
    assert shop.ok("rotate", "status").json["next"] == ["skc rotate --dry-run"]
    shop.configure(more=", every: 30d" + MORE)
    assert shop.ok("rotate", "status").json["next"] == ["skc rotate --only cache"]
    assert shop.run("rotate", "due").json["next"] == ["skc rotate --only cache"]
    shop.ok("rotate", "--yes")
    assert shop.ok("rotate", "status").json["next"] == ["skc rotate finish"]
    shop.ok("rotate", "finish", "--yes")
    assert shop.ok("rotate", "status").json["next"] == ["skc status"]
    assert shop.ok("rotate", "due").json["next"] == ["skc rotate status"]
