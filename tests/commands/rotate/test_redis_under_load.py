"""Two instances of a service work on while their user at Redis is rotated: no operation fails.

The naive order (change the password in place, rewrite the file, restart) fails in the same harness.
"""

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.rotate import hup
from tests.commands.rotate.loading import reloading, running
from tests.commands.rotate.shop_redis import RedisShop, open_shop
from tests.conftest import Skc

SERVICE = "service_redis"


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Iterator[RedisShop]:
    """The project with a reload command, by which the service reads anew."""
    with open_shop(tmp_path, skc) as shop:
        shop.trust(*reloading(shop.root))
        yield shop


def configure(shop: RedisShop, *, more: str = "") -> None:
    reload = json.dumps(reloading(shop.root))
    shop.configure(consumers=f"api: {{reload: {reload}}}", more=more)


@pytest.mark.parametrize("in_place", [False, True], ids=["two users", "two passwords"])
@pytest.mark.parametrize(
    "rotations", [2, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]
)
def test_no_operation_fails_while_the_user_is_rotated(
    shop: RedisShop, rotations: int, in_place: bool
) -> None:
    configure(shop, more=", in_place: true" if in_place else "")
    uris = {shop.uri()}
    with running(shop.root, SERVICE) as load:
        for _ in range(rotations):
            shop.ok("rotate", "--yes")
            shop.ok("rotate", "finish", "--yes")
            uris.add(shop.uri())
    assert load.failed == {}
    assert load.done > 100 * rotations
    assert len(uris) == rotations + 1
    assert [shop.opens(uri) for uri in uris].count(True) == 1
    assert len(shop.retired()) == rotations


def test_the_naive_order_fails_in_the_same_harness(shop: RedisShop) -> None:
    password = secrets.token_urlsafe(32)
    with running(shop.root, SERVICE) as load:
        shop.raw("ACL", "SETUSER", "app", "resetpass", f">{password}")
        time.sleep(1)
        tail = shop.uri().partition("@")[2]
        shop.file.write_text(f"REDIS_URL='redis://app:{password}@{tail}'\n")
        assert hup.main(shop.root) == 0
        time.sleep(0.5)
    assert load.failed.get("redis: AuthenticationError", 0) > 0
