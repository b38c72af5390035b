"""The real program serves on while `skc rotate` renews all that it logs in and signs with."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import Struct
from pymongo import MongoClient
from redis import Redis

from skillconnect_ops.adapters.embedded import Mongod, RedisServer, run_redis
from skillconnect_ops.envfile import parse
from tests.conftest import Skc
from tests.reference_api.loading import load, say
from tests.reference_api.served import Served, serve

LIFE_S = 12
"""How long an access token lives here."""
SECRETS = ("MONGO_URI", "REDIS_URL", "JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY")


class Shop(Struct, frozen=True):
    """The program's project, and the commands run in it."""

    program: Served
    redis: RedisServer
    mongod: Mongod
    skc: Skc

    def run(self, *argv: str) -> Any:
        """A command in the program's folder."""
        env = {
            "SKC_MONGO_ADMIN_URI": self.mongod.uri.reveal(),
            "SKC_REDIS_ADMIN_URI": self.redis.uri.reveal(),
        }
        folder = self.program.env_file.parent
        return self.skc(*argv, "--yes", "--format", "json", cwd=folder, env=env)

    def ok(self, *argv: str) -> None:
        """One that has to succeed."""
        ran = self.run(*argv)
        assert ran.code == 0, ran.stdout + ran.stderr

    def rotate(self) -> None:
        """All secrets, to the end; the old keys go once no token of theirs lives any more."""
        self.ok("rotate")
        self.program.wait_until(self._knows_what_is_staged, patience_s=60)
        self.ok("rotate")
        self.ok("rotate", "finish")
        time.sleep(LIFE_S)
        self.ok("rotate", "finish", "--now")

    def _knows_what_is_staged(self) -> bool:
        """Whether all workers do: till then `skc` refuses to let a new key sign."""
        said = self.program.health()["skc"]
        return all(isinstance(said[name], list) and len(said[name]) == 2 for name in RINGS)

    def values(self) -> dict[str, str]:
        """What the program reads."""
        found = parse(self.program.env_file.read_bytes())
        return {name: found.get(name) or "" for name in SECRETS}


@pytest.fixture
def shop(tmp_path: Path, one_node: Mongod, skc: Skc) -> Iterator[Shop]:
    """The program with two workers, and its `skc.yaml`."""
    (tmp_path / "cache").mkdir()
    with run_redis(tmp_path / "cache") as redis:
        password = secrets.token_urlsafe(32)
        with Redis.from_url(redis.uri.reveal()) as root:
            root.execute_command("ACL", "SETUSER", "api", "on", f">{password}", "~*", "&*", "+@all")
        login = f"redis://api:{quote(password)}@127.0.0.1:{redis.port}/0"
        folder = tmp_path / "api"
        folder.mkdir()
        with serve(
            folder,
            one_node,
            redis.uri,
            workers=2,
            REDIS_URL=login,
            JWT_EXPIRE=f"{LIFE_S}s",
        ) as program:
            (folder / "skc.yaml").write_text(_settings(program))
            (folder / "keys.js").write_text(
                "".join(f"use(process.env.{one}, process.env.{one}_FALLBACKS);\n" for one in RINGS)
            )
            yield Shop(program, redis, one_node, skc)


RINGS = ("JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY")


def _settings(program: Served) -> str:
    keys = ", ".join(f"{name.lower()}: {{kind: jwt, env: {name}, token_ttl: 1m}}" for name in RINGS)
    return (
        "version: 1\n"
        f"project: {{id: test-{program.database.name}, name: api}}\n"
        "targets:\n"
        "  production:\n"
        "    env_files: [.env]\n"
        "    database: {uri: env:MONGO_URI}\n"
        f"    secrets: {{mongodb: {{kind: mongodb, env: MONGO_URI}}, {keys},"
        " cache: {kind: redis, env: REDIS_URL}}\n"
        f"    consumers: {{api: {{app_name: skillconnect-api, health: '{program.url}/health'}}}}\n"
    )


@pytest.mark.parametrize(
    ("rotations", "rate"),
    [
        (1, 40),
        pytest.param(10, 230, marks=[pytest.mark.long, pytest.mark.timeout(3000)]),
    ],
)
def test_no_request_fails_while_everything_is_rotated(
    shop: Shop, rotations: int, rate: int
) -> None:
    seen = [shop.values()]
    with load(shop.program, shop.mongod, rate) as told:
        for _ in range(rotations):
            shop.rotate()
            seen.append(shop.values())
        time.sleep(1)
    print(say(told))  # noqa: T201 - what was measured
    assert told["failed"] == {}
    assert set(told["counts"]) == {
        "GET user/profile",
        "GET provider",
        "POST auth/login",
        "POST auth/refresh",
        "POST service-request",
        "POST booking",
    }
    for name in SECRETS:
        assert len({values[name] for values in seen}) == rotations + 1
    _is_consistent(shop, booked=told["counts"]["POST booking"])


def _is_consistent(shop: Shop, *, booked: int) -> None:
    """Each booking changed its service request and its provider's counter, and once."""
    with MongoClient[Any](shop.mongod.uri.reveal()) as client:
        database = client[shop.program.database.name]
        assert database.bookings.count_documents({}) == booked
        assert database.servicerequests.count_documents({"status": "Assigned"}) == booked
        sums = database.users.aggregate(
            [{"$group": {"_id": None, "all": {"$sum": "$totalJobsAssigned"}}}]
        )
        assert next(iter(sums))["all"] == booked
