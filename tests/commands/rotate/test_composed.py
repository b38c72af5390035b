"""Consumers that Compose runs: the plan proposes to make them anew, and warns of a restart."""

from pathlib import Path

import pytest

from skillconnect_ops.code.documents import services
from skillconnect_ops.commands.rotate.composed import keeps_environment
from skillconnect_ops.core.settings.hooks import hooks_of
from skillconnect_ops.core.settings.reader import read
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.shop_ring import Shop, make
from tests.conftest import Skc

COMPOSE = """
services:
  api:
    image: shop
    env_file:
      - path: ./.env
        required: true
  worker:
    image: shop
    environment: [JWT_SECRET_KEY, "PORT=3000"]
  cron:
    image: shop
    environment: {KEY: "${JWT_SECRET_KEY:?}"}
  keys:
    image: shop
    secrets: [jwt, {source: other}]
  web:
    image: nginx
    env_file: web.env
secrets:
  jwt: {file: ./run/jwt}
  other: {environment: OTHER}
"""


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Shop:
    made = make(tmp_path, skc)
    (made.root / "compose.yaml").write_text(COMPOSE)
    return made


def planned(shop: Shop, consumers: str) -> str:
    shop.configure(consumers=consumers)
    commands = hooks_of(read((shop.root / "skc.yaml").read_text()))
    Hooks(shop.state, disk=Disk()).trust(commands)
    ran = shop.run("rotate", "--dry-run")
    assert ran.code == 0, ran.stdout
    return " ".join(ran.stderr.split())


def test_what_a_service_gets_from_compose_is_read() -> None:
    found = {one.name: (one.files, sorted(one.variables)) for one in services(COMPOSE)}
    assert found == {
        "api": (("./.env",), []),
        "worker": ((), ["JWT_SECRET_KEY", "PORT"]),
        "cron": ((), ["JWT_SECRET_KEY", "KEY"]),
        "keys": (("./run/jwt",), []),
        "web": (("web.env",), []),
    }


@pytest.mark.parametrize(
    "text", ["", "services: 3", "services: [", "a: &a [*a]", "services: {x: }"]
)
def test_what_is_no_compose_file_has_no_service_that_gets_anything(text: str) -> None:
    assert not [one for one in services(text) if one.files or one.variables]


def test_a_consumer_without_a_reload_is_proposed_to_be_made_anew(shop: Shop) -> None:
    said = planned(shop, "api: {}, web: {}")
    assert "api: {reload: [docker, compose, up, -d, --force-recreate, api]}" in said
    assert "--force-recreate, web" not in said
    assert "--force-recreate, worker" not in said


def test_without_consumers_each_service_that_gets_the_value_is_proposed(shop: Shop) -> None:
    said = planned(shop, "")
    for name in ("api", "worker", "cron"):
        assert f"{name}: {{reload: [docker, compose, up, -d, --force-recreate, {name}]}}" in said
    assert "--force-recreate, web" not in said


def test_a_compose_file_that_compose_does_not_find_by_itself_is_named(shop: Shop) -> None:
    (shop.root / "compose.yaml").rename(shop.root / "compose.prod.yml")
    said = planned(shop, "api: {}")
    assert "[docker, compose, -f, compose.prod.yml, up, -d, --force-recreate, api]" in said


def test_a_consumer_that_has_a_reload_is_left_alone(shop: Shop) -> None:
    assert "--force-recreate" not in planned(shop, "api: {reload: [kill, -HUP, '1']}")


def test_a_restart_is_warned_of(shop: Shop) -> None:
    said = planned(shop, "api: {reload: [docker, compose, -f, x.yml, restart, api]}")
    assert "keeps its old environment" in said
    assert "reload: [docker, compose, -f, x.yml, up, -d, --force-recreate, api]" in said


@pytest.mark.parametrize(
    ("argv", "keeps"),
    [
        (("docker", "compose", "restart", "api"), True),
        (("/usr/bin/docker-compose", "restart", "api"), True),
        (("docker", "restart", "shop-api-1"), True),
        (("docker", "compose", "up", "-d", "--force-recreate", "api"), False),
        (("systemctl", "restart", "api"), False),
    ],
)
def test_which_commands_keep_the_environment(argv: tuple[str, ...], *, keeps: bool) -> None:
    assert keeps_environment(argv) is keeps
