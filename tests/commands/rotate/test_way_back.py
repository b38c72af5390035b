"""A rotation that is to be put back after its old value died: the one that works is kept."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.shop_redis import RedisShop, open_shop
from tests.conftest import Ran, Skc

RELOAD = "test -e mended || {{ {}; }}"
"""What a consumer does when it is reloaded, until it is mended."""


class World(Struct, frozen=True):
    """A project whose one rotation can be broken."""

    root: Path
    name: str
    """Of the secret."""
    env: Mapping[str, str]
    run: Callable[..., Ran]
    reloads_by: Callable[[str], None]
    """Sets and trusts what the consumer does."""
    ends_old: Callable[[], object]
    """Somebody removes the user that the project had in the beginning."""
    users: Callable[[], set[str]]
    opens: Callable[[], bool]
    """Whether what stands in the env file lets the app in."""

    def breaks(self, how: str, environment: Mapping[str, str]) -> int:
        """A rotation in a process of its own whose reload does this; its exit code."""
        self.reloads_by(RELOAD.format(how))
        done = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", "rotate", "--yes"],
            cwd=self.root,
            env={**environment, **self.env},
            capture_output=True,
            check=False,
        )
        return done.returncode

    def mend(self) -> None:
        """From now on a reload succeeds."""
        (self.root / "mended").touch()


@pytest.fixture(params=["redis", "redis in place", "mongodb"])
def world(request: pytest.FixtureRequest, tmp_path: Path, skc: Skc) -> Iterator[World]:
    if request.param == "mongodb":
        yield _mongodb(request.getfixturevalue("app"))
        return
    with open_shop(tmp_path, skc) as shop:
        yield _redis(shop, in_place=request.param == "redis in place")


def _mongodb(app: App) -> World:
    def reloads_by(script: str) -> None:
        consumers = f"    consumers: {{api: {{reload: [sh, -c, {json.dumps(script)}]}}}}\n"
        (app.root / "skc.yaml").write_text(settings(app.name, consumers))
        trust(app, "api", "sh", "-c", script)

    return World(
        root=app.root,
        name="mongodb",
        env=app.env,
        run=app.run,
        reloads_by=reloads_by,
        ends_old=lambda: app.client[app.name].command("dropUser", "app"),
        users=app.users,
        opens=lambda: app.opens(app.uri()),
    )


def _redis(shop: RedisShop, *, in_place: bool) -> World:
    line = next(one for one in shop.raw("ACL", "LIST") if one.startswith("user app "))
    old = next(word for word in line.split() if word.startswith("#"))

    def reloads_by(script: str) -> None:
        shop.configure(
            consumers=f"api: {{reload: [sh, -c, {json.dumps(script)}]}}",
            more=", in_place: true" if in_place else "",
        )
        shop.trust("sh", "-c", script)

    def ends_old() -> None:
        if in_place:
            shop.raw("ACL", "SETUSER", "app", f"!{old[1:]}")
        else:
            shop.raw("ACL", "DELUSER", "app")

    return World(
        root=shop.root,
        name="cache",
        env={"SKC_REDIS_ADMIN_URI": shop.server.uri.reveal()},
        run=shop.run,
        reloads_by=reloads_by,
        ends_old=ends_old,
        users=shop.users,
        opens=lambda: shop.opens(shop.uri()),
    )


@pytest.mark.parametrize("again", ["rotate", "rollback"])
def test_what_works_is_kept_where_the_old_user_is_gone_before_the_way_back(
    world: World, again: str, clean_environment: dict[str, str]
) -> None:
    assert world.breaks("kill -9 $PPID; sleep 1", clean_environment) == -9
    world.ends_old()
    file, users = (world.root / ".env").read_bytes(), world.users()
    (dead,) = world.run("journal", "--open").json["facts"]["journals"]
    argv = ("rotate",) if again == "rotate" else ("journal", "rollback", dead["id"])
    for _ in range(2):
        ran = world.run(*argv, "--yes")
        assert ran.code == 6, ran.stdout + ran.stderr
        assert ((world.root / ".env").read_bytes(), world.users()) == (file, users)
        assert ran.json["error"]["what"].startswith(f"the old value of {world.name} is refused")
        assert ran.json["error"]["fix"] == f"skc journal resume {dead['id']}"
        assert world.opens()
    world.mend()
    assert world.run("journal", "resume", dead["id"], "--yes").code == 0
    assert world.run("rotate", "finish", "--yes", "--wait", "1").code == 0
    assert world.opens()


def test_a_failed_rotation_keeps_what_works_and_tells_why_it_had_failed(
    world: World, clean_environment: dict[str, str]
) -> None:
    ended = "until test -e ended; do sleep 0.05; done; exit 3"
    world.reloads_by(RELOAD.format(f"touch asked; {ended}"))
    child = subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", "rotate", "--yes", "--format", "json"],
        cwd=world.root,
        env={**clean_environment, **world.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    while not (world.root / "asked").exists():
        assert child.poll() is None
    world.ends_old()
    (world.root / "ended").touch()
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 6
    report = json.loads(said)
    assert "is refused, so nothing was put back" in report["error"]["what"]
    assert "the run had failed before" in report["error"]["why"]
    assert world.opens()
    world.mend()
    assert world.run(*report["error"]["fix"].split()[1:], "--yes").code == 0
    assert world.opens()


def test_a_finish_goes_on_where_somebody_has_dropped_the_old_user_by_hand(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    app.client[app.name].command("dropUser", "app")
    ran = app.run("rotate", "finish", "--yes")
    assert ran.code == 0, ran.stdout
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())
