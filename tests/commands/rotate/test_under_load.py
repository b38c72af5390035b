"""Two instances of a service work on while their secrets are rotated: no operation fails.

The naive order (change the password in place, rewrite the file, restart) fails in the same harness.
"""

import json
import secrets
import time
from urllib.parse import quote

import pytest

from tests.commands.rotate import hup
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.loading import reloading, running
from tests.commands.rotate.shop_ring import NAME, READS


@pytest.fixture
def shop(app: App) -> App:
    """The project with a signing key and a reload command, by which the service reads anew."""
    reload = reloading(app.root)
    more = f"    secrets: {{jwt: {{kind: jwt, env: {NAME}, token_ttl: 1m}}}}\n"
    more += f"    consumers: {{service: {{reload: {json.dumps(reload)}}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    (app.root / "auth.js").write_text(READS)
    app.file.write_text(app.file.read_text() + f"{NAME}={secrets.token_urlsafe(32)}\n")
    trust(app, "service", *reload)
    return app


@pytest.mark.parametrize(
    "rotations", [2, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]
)
def test_no_operation_fails_while_user_and_key_are_rotated(shop: App, rotations: int) -> None:
    key, uris = shop.file.read_text(), set()
    with running(shop.root, "service", shop.name) as load:
        for _ in range(rotations):
            for argv in (("rotate",), ("rotate",), ("rotate", "finish", "--now")):
                ran = shop.run(*argv, "--yes")
                assert ran.code == 0, ran.stdout + ran.stderr
            uris.add(shop.uri())
            assert len(shop.users()) == 1
    assert load.failed == {}
    assert load.done > 100 * rotations
    assert len(uris) == rotations
    assert shop.file.read_text() != key
    retired = shop.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert sorted(one["name"] for one in retired) == sorted(["MONGO_URI", NAME] * rotations)


def test_the_naive_order_fails_in_the_same_harness(shop: App) -> None:
    password = secrets.token_urlsafe(32)
    with running(shop.root, "service", shop.name) as load:
        shop.client[shop.name].command("updateUser", shop.user, pwd=password)
        time.sleep(1)
        tail = shop.uri().partition("@")[2]
        uri = f"mongodb://{quote(shop.user)}:{password}@{tail}"
        kept = [line for line in shop.file.read_text().splitlines() if line.startswith("#")]
        fresh = [f"MONGO_URI={uri}", f"{NAME}={secrets.token_urlsafe(32)}"]
        shop.file.write_text("\n".join([*kept, *fresh]) + "\n")
        assert hup.main(shop.root) == 0
        time.sleep(0.5)
    assert load.failed.get("mongo: OperationFailure", 0) > 0
    assert load.failed.get("token: refused", 0) > 0
