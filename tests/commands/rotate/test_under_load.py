"""A service works on while all its secrets are rotated at once: no operation fails.

It signs tokens of users and of administrators, and writes to MongoDB and to Redis. The naive order
(change the password in place, rewrite the file, restart) fails in the same harness.
"""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec import Struct

from skillconnect_ops.commands.rotate import ring as rings
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests.commands.rotate import hup, shop_redis
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.loading import Load, reloading, running
from tests.commands.rotate.service import LIFE_S, RINGS, Refused, Ring
from tests.commands.rotate.shop_redis import RedisShop, open_shop
from tests.conftest import Skc
from tests.programs import needs

ENOUGH = 200
"""Operations a second, of a machine that does nothing else; a tenth of it is load as well."""
MANY = 10
MONGO, REDIS = "MONGO_URI", shop_redis.NAME
NAMES = {MONGO, REDIS, *RINGS.values()}
READS = "".join(
    f"use(process.env.{name}, process.env.{name}_FALLBACKS);\n" for name in RINGS.values()
)


class Shop(Struct, frozen=True):
    """The project, its two servers, and its four secrets."""

    app: App
    redis: RedisShop

    def ok(self, *argv: str) -> None:
        """A command that has to succeed."""
        env = {shop_redis.ADMIN: self.redis.server.uri.reveal()}
        ran = self.app.run(*argv, "--yes", env=env)
        assert ran.code == 0, ran.stdout + ran.stderr

    def rotate(self) -> None:
        """All four, to the end; the old keys go when no token of theirs lives any more."""
        self.ok("rotate")
        self.ok("rotate")
        self.ok("rotate", "finish")
        time.sleep(LIFE_S)
        self.ok("rotate", "finish", "--now")

    def values(self) -> dict[str, str]:
        """What the service reads."""
        found = parse(self.app.file.read_bytes())
        return {name: found.get(name) or "" for name in NAMES}

    def retired(self) -> list[str]:
        """The names of what the ledger remembers."""
        listed = self.app.run("secrets", "ledger", "list").json["facts"]["retired"]
        return [one["name"] for one in listed]


@pytest.fixture
def shop(app: App, tmp_path: Path, skc: Skc, in_place: str) -> Iterator[Shop]:
    """The project, with a reload command by which the service reads anew."""
    reload = reloading(app.root)
    keys = [f"{kind}: {{kind: jwt, env: {name}, token_ttl: 1m}}" for kind, name in RINGS.items()]
    cache = f"cache: {{kind: redis, env: {REDIS}{in_place}}}"
    more = f"    secrets: {{{', '.join([*keys, cache])}}}\n"
    more += f"    consumers: {{service: {{reload: {json.dumps(reload)}}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    (app.root / "auth.js").write_text(READS)
    trust(app, "service", *reload)
    (tmp_path / "cache").mkdir()
    with open_shop(tmp_path / "cache", skc) as redis, app.file.open("a") as file:
        file.write(f"{REDIS}='{redis.uri()}'\n")
        file.writelines(f"{name}={secrets.token_urlsafe(32)}\n" for name in RINGS.values())
        file.flush()
        yield Shop(app, redis)


def say(load: Load) -> str:
    return (
        f"{load.operations} operations in {load.seconds:.1f} s, {load.rate:.0f} a second, "
        f"{sum(load.failed.values())} failed {load.failed}; verified {load.verified}"
    )


@pytest.mark.parametrize("in_place", ["", ", in_place: true"], ids=["two users", "two passwords"])
@pytest.mark.parametrize(
    "rotations", [1, pytest.param(MANY, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]
)
def test_no_operation_fails_while_all_secrets_are_rotated(shop: Shop, rotations: int) -> None:
    seen = [shop.values()]
    with running(shop.app.root, shop.app.name) as load:
        for _ in range(rotations):
            shop.rotate()
            seen.append(shop.values())
            assert len(shop.app.users()) == len(shop.redis.users()) == 1
    print(say(load))  # noqa: T201 - what was measured
    assert load.failed == {}
    assert load.rate >= (ENOUGH if rotations == MANY else ENOUGH / 10)
    for name in NAMES:
        assert len({values[name] for values in seen}) == rotations + 1
    *old, new = seen
    assert [shop.app.opens(values[MONGO]) for values in old] == [False] * rotations
    assert [shop.redis.opens(values[REDIS]) for values in old] == [False] * rotations
    assert shop.app.opens(new[MONGO])
    assert shop.redis.opens(new[REDIS])
    assert sorted(shop.retired()) == sorted([*NAMES] * rotations)
    for kind in RINGS:  # a token outlives the rotation of its key
        assert load.verified[f"{kind} by another key"] > 100 * rotations


@pytest.mark.parametrize("in_place", [""], ids=[""])
def test_the_naive_order_fails_in_the_same_harness(shop: Shop) -> None:
    app, password = shop.app, secrets.token_urlsafe(32)
    before = shop.values()
    with running(app.root, app.name) as load:
        app.client[app.name].command("updateUser", app.user, pwd=password)
        shop.redis.raw("ACL", "SETUSER", "app", "resetpass", f">{password}")
        time.sleep(1)
        found = parse(app.file.read_bytes())
        for name in NAMES:
            scheme, _, rest = before[name].partition("://")
            login = f"{scheme}://{quote(app.user)}:{password}@{rest.partition('@')[2]}"
            found = found.with_value(name, login if rest else secrets.token_urlsafe(32))
        app.file.write_bytes(found.bytes())
        assert hup.main(app.root) == 0
        time.sleep(0.5)
    print(say(load))  # noqa: T201 - what was measured
    assert load.failed.get("mongo: OperationFailure", 0) > 0
    assert load.failed.get("redis: AuthenticationError", 0) > 0
    assert load.failed.get("user: refused", 0) > 0
    assert load.failed.get("admin: refused", 0) > 0


def test_the_service_takes_the_keys_that_the_shipped_reader_takes(tmp_path: Path) -> None:
    now, hour = datetime.now(UTC).replace(microsecond=0), timedelta(hours=1)
    old, new, over = (Secret(secrets.token_urlsafe(32)) for _ in range(3))
    entries = (rings.Entry(old, now + hour), rings.Entry(over, now - hour))
    held = rings.variables("JWT", rings.Ring(new, entries))
    env = {name: value.reveal() for name, value in held.items() if value is not None}
    made = {key: Ring({"JWT": key.reveal()}, "JWT").sign("x") for key in (new, old, over)}
    (tmp_path / "ring.cjs").write_text(template("express/jwt-ring.cjs"))
    script = "const ring = require('./ring.cjs').jwtRing('JWT');"
    script += "console.log(JSON.stringify(process.argv.slice(1).map(ring.keyFor)))"
    ran = subprocess.run(
        [needs("node"), "-e", script, *(token.text for token in made.values())],
        cwd=tmp_path,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        check=True,
    )
    taken = [found == key.reveal() for found, key in zip(json.loads(ran.stdout), made, strict=True)]
    assert taken == [True, True, False]
    ring = Ring(env, "JWT")
    assert [ring.verify(made[key]) for key in (new, old)] == [False, True]
    with pytest.raises(Refused):
        ring.verify(made[over])
