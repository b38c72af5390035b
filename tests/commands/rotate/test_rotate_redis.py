"""`skc rotate` on a real redis-server: a second user, saved and proven; the first one proven dead."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import RedisOptions
from tests.commands.rotate.shop_redis import ADMIN, NAME, TAIL, RedisShop, open_shop
from tests.conftest import Skc


@pytest.fixture(params=[False, True], ids=["config file", "acl file"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, skc: Skc) -> Iterator[RedisShop]:
    with open_shop(tmp_path, skc, options=RedisOptions(acl_file=request.param)) as shop:
        yield shop


def test_a_user_gets_a_successor_and_both_work_until_the_end(shop: RedisShop) -> None:
    before, text = shop.uri(), shop.file.read_text()
    ran = shop.ok("rotate", "--yes")
    after = shop.uri()
    assert shop.file.read_text() == text.replace(before, after)
    assert after.partition("@")[2] == before.partition("@")[2]
    assert after.endswith(TAIL)
    assert shop.users() == {"app", "app_a"}
    assert shop.rights("app_a") == shop.rights("app")
    assert shop.opens(before)
    assert shop.opens(after)
    assert ran.json["next"] == ["skc rotate finish"]
    assert shop.standing().startswith("retiring")

    shop.restart()
    assert shop.opens(after), "what was made is saved"
    shop.ok("rotate", "finish", "--yes")
    assert shop.users() == {"app_a"}
    assert not shop.opens(before)
    assert shop.opens(after)
    shop.restart()
    assert shop.users() == {"app_a"}, "what was removed is saved"
    assert shop.retired() == [(NAME, "scheduled", "proven")]
    assert shop.remembers(before) in {12, 13}
    assert not list((shop.state / "escrow").rglob("*"))
