"""Whatever breaks at whichever call: the app gets in all the time, and one command mends it.

Each test counts the calls to the server of a whole run, and breaks them one by one. Looked at
before and after each call: what stands in `.env` lets the app in.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from skillconnect_ops import wiring
from skillconnect_ops.core.ports.acl import AclUnreachable
from tests.commands.rotate.shop_redis import RedisShop, open_shop
from tests.commands.rotate.wired import FusedServers, Watching
from tests.conftest import Skc
from tests.faults import raising
from tests.wire import Loss, redis_message, wire

LOST = AclUnreachable("the connection is lost", why="somebody cut it", fix="try again")
BUG = RuntimeError("nobody thought of this")
EVERY = 11
"""Of the many calls of a run; all of them in the long campaign."""
SHARE = [1, pytest.param(0, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]
"""Which calls: a sample that begins at the first one, or all."""

DIES = """
import sys
from skillconnect_ops import app, wiring
from tests.commands.rotate.wired import FusedServers, Watching
from tests.faults import die
at, after, argv = int(sys.argv[1]), sys.argv[2] == "after", sys.argv[3:]
fused = FusedServers(Watching(at=at, act=die, after=after))
wiring.Wiring.acl = property(lambda self: fused)
sys.exit(int(app.main(argv)))
"""


class World:
    """The project, and what a look at it has found wrong."""

    def __init__(self, shop: RedisShop, patch: pytest.MonkeyPatch, environment: Any) -> None:
        self.shop = shop
        self.locked_out: list[str] = []
        self._patch = patch
        self._environment = environment

    def look(self) -> None:
        try:
            with Redis.from_url(self.shop.uri()) as app:
                app.ping()
        except RedisError as error:
            self.locked_out.append(repr(error))

    def fuse(self, *, at: int = 0, error: BaseException = LOST, **options: Any) -> Watching:
        """From now on commands reach the server through this one."""
        fuse = Watching(at=at, act=raising(error), look=self.look, **options)
        fused = FusedServers(fuse)
        self._patch.setattr(wiring.Wiring, "acl", property(lambda _: fused))
        return fuse

    def die(self, at: int, when: str, *argv: str) -> int:
        """A command that is killed at its n-th call."""
        done = subprocess.run(
            [sys.executable, "-c", DIES, str(at), when, *argv],
            cwd=self.shop.root,
            env={
                **self._environment,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "SKC_REDIS_ADMIN_URI": self.shop.server.uri.reveal(),
            },
            capture_output=True,
            check=False,
        )
        return done.returncode

    def begin(self) -> None:
        """A project whose user is `app`, and nothing under way."""
        self.fuse()
        for name in self.shop.users():
            self.shop.raw("ACL", "DELUSER", name)
        password = os.urandom(12).hex()
        self.shop.raw("ACL", "SETUSER", "app", "on", f">{password}", "~app:*", "+@all")
        uri = f"redis://app:{password}@127.0.0.1:{self.shop.server.port}/0"
        self.shop.file.write_text(f"PORT=1\nREDIS_URL={uri}\n")

    def count(self, *argv: str) -> int:
        """How many calls a run of it makes."""
        fuse = self.fuse()
        self.shop.ok(*argv)
        return len(fuse.calls)

    def at(self, calls: int, share: int) -> Iterator[int]:
        """Which calls are broken."""
        assert calls > 5
        yield from range(1, calls + 1, EVERY if share else 1)

    def is_well(self) -> None:
        """The app gets in, also after a restart; no old user is left, and nothing is retiring."""
        assert self.locked_out == []
        self.look()
        self.shop.restart()
        self.look()
        assert self.locked_out == []


@pytest.fixture
def world(
    tmp_path: Path, skc: Skc, monkeypatch: pytest.MonkeyPatch, clean_environment: dict[str, str]
) -> Iterator[World]:
    with open_shop(tmp_path, skc) as shop:
        yield World(shop, monkeypatch, clean_environment)


Break = Callable[[World], None]


@pytest.mark.parametrize("in_place", [False, True], ids=["two users", "two passwords"])
@pytest.mark.parametrize("share", SHARE)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "error", [LOST, pytest.param(BUG, marks=pytest.mark.long)], ids=["lost", "bug"]
)
def test_a_rotation_that_breaks_is_put_back_and_can_be_run_again(
    world: World, in_place: bool, share: int, after: bool, error: Exception
) -> None:
    shop = world.shop
    shop.configure(more=", in_place: true" if in_place else "")
    world.begin()
    calls = world.count("rotate", "--yes")
    shop.ok("rotate", "finish", "--yes")
    for at in world.at(calls, share):
        world.begin()
        before, users = shop.file.read_bytes(), shop.raw("ACL", "LIST")
        fuse = world.fuse(at=at, error=error, after=after)
        ran = shop.run("rotate", "--yes")
        assert fuse.burned
        if ran.code == 0:  # what was lost was no more than giving the claim back
            shop.raw("FLUSHALL")
        else:
            assert ran.code in {1, 4, 5}, ran.stdout
            assert (shop.file.read_bytes(), shop.raw("ACL", "LIST")) == (before, users)
            world.fuse()
            shop.raw("FLUSHALL")
            shop.ok("rotate", "--yes")
        world.is_well()
        world.fuse()
        shop.ok("rotate", "finish", "--yes")
        world.is_well()


@pytest.mark.parametrize("share", SHARE)
def test_a_server_that_is_gone_for_good_is_put_back_once_it_is_there_again(
    world: World, share: int
) -> None:
    shop = world.shop
    world.begin()
    calls = world.count("rotate", "--yes")
    shop.ok("rotate", "finish", "--yes")
    for at in world.at(calls, share):
        world.begin()
        before, users = shop.file.read_bytes(), shop.raw("ACL", "LIST")
        world.fuse(at=at, lasting=True)
        ran = shop.run("rotate", "--yes")
        assert ran.code in {0, 4, 5, 6}, ran.stdout
        world.fuse()
        if ran.code == 6:
            shop.ok("journal", "rollback", ran.json["journal"], "--yes")
        if ran.code != 0:
            assert (shop.file.read_bytes(), shop.raw("ACL", "LIST")) == (before, users)
            shop.raw("FLUSHALL")
            shop.ok("rotate", "--yes")
        shop.ok("rotate", "finish", "--yes")
        world.is_well()


@pytest.mark.parametrize("in_place", [False, True], ids=["two users", "two passwords"])
@pytest.mark.parametrize("share", SHARE)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "for good"])
def test_an_end_that_breaks_is_put_back_or_goes_on(
    world: World, in_place: bool, share: int, after: bool, lasting: bool
) -> None:
    shop = world.shop
    shop.configure(more=", in_place: true" if in_place else "")
    world.begin()
    shop.ok("rotate", "--yes")
    calls = world.count("rotate", "finish", "--yes")
    for at in world.at(calls, share):
        world.begin()
        old = shop.uri()
        shop.ok("rotate", "--yes")
        world.fuse(at=at, after=after, lasting=lasting)
        ran = shop.run("rotate", "finish", "--yes")
        world.fuse()
        assert ran.code in {0, 4, 5, 6}, ran.stdout
        if ran.code in {4, 5}:
            assert shop.opens(old)
            shop.ok("rotate", "finish", "--yes")
        elif ran.code == 6:
            fix = ran.json["error"]["fix"]
            shop.ok("journal", fix.split()[2], ran.json["journal"], "--yes")
            if "rollback" in fix:
                shop.ok("rotate", "finish", "--yes")
        world.is_well()
        assert not shop.opens(old)
        assert shop.standing() == "live"


@pytest.mark.parametrize("share", [2, SHARE[1]])
@pytest.mark.parametrize("then", ["resume", "rollback", "again"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rotation_that_is_killed_is_walked_on_or_put_back(
    world: World, share: int, then: str, when: str
) -> None:
    shop = world.shop
    world.begin()
    calls = world.count("rotate", "--yes")
    shop.ok("rotate", "finish", "--yes")
    for at in range(calls // 2, calls + 1, calls // 3 if share else 1):
        world.begin()
        before, users = shop.file.read_bytes(), shop.raw("ACL", "LIST")
        assert world.die(at, when, "rotate", "--yes") == -9
        world.look()
        shop.raw("FLUSHALL")
        hanging = [
            one["id"]
            for one in shop.ok("journal", "list").json["facts"]["journals"]
            if one["standing"] == "interrupted"
        ]
        if then != "again" and hanging:
            shop.ok("journal", then, hanging[0], "--yes")
        if then == "rollback" or not hanging:
            assert (shop.file.read_bytes(), shop.raw("ACL", "LIST")) == (before, users)
        if then != "resume" or not hanging:
            shop.ok("rotate", "--yes")
        world.is_well()
        shop.ok("rotate", "finish", "--yes")
        world.is_well()
        assert len(shop.users()) == 1


@pytest.mark.parametrize("share", [2, SHARE[1]])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_end_that_is_killed_comes_to_its_end(world: World, share: int, when: str) -> None:
    shop = world.shop
    world.begin()
    shop.ok("rotate", "--yes")
    calls = world.count("rotate", "finish", "--yes")
    for at in range(1, calls + 1, calls // 3 if share else 1):
        world.begin()
        old = shop.uri()
        shop.ok("rotate", "--yes")
        assert world.die(at, when, "rotate", "finish", "--yes") == -9
        world.look()
        ran = shop.run("rotate", "finish", "--yes")
        assert ran.code in {0, 3}, ran.stdout  # 3: bringing it to its end was all there was to do
        world.is_well()
        assert not shop.opens(old)
        assert shop.standing() == "live"
        assert len(shop.users()) == 1


@pytest.mark.parametrize("in_place", [False, True], ids=["two users", "two passwords"])
def test_a_rotation_whose_connection_is_lost_can_be_run_again_at_once(
    world: World, in_place: bool
) -> None:
    """The claim that it could not give back bars nobody, since it was put back."""
    shop = world.shop
    port = shop.server.port
    with wire(port, read=redis_message) as lossy:
        lossy.rule = lambda asked: Loss.ANSWER if b"SETUSER" in asked else Loss.NOTHING
        where = f"connect_map: {{'127.0.0.1:{port}': '{lossy.address}'}}"
        shop.configure(more=f", {where}" + (", in_place: true" if in_place else ""))
        before, users = shop.file.read_bytes(), shop.raw("ACL", "LIST")
        lost = iter([Loss.ANSWER])
        lossy.rule = lambda asked: next(lost, Loss.NOTHING) if b"SETUSER" in asked else Loss.NOTHING
        assert shop.run("rotate", "--yes").code == 5
        assert lossy.lost == 1
        assert (shop.file.read_bytes(), shop.raw("ACL", "LIST")) == (before, users)
        assert shop.raw("KEYS", "*") == []
        shop.ok("rotate", "--yes")
    world.is_well()


def test_a_way_back_that_dies_before_it_saves_is_saved_when_it_goes_on(world: World) -> None:
    """Or the server would have the new user again once it restarts."""
    shop = world.shop
    script = "if test -e broken; then mv broken was; exit 1; fi"
    shop.configure(consumers=f"api: {{reload: [sh, -c, '{script}']}}")
    shop.trust("sh", "-c", script)
    broken = shop.root / "broken"
    broken.touch()
    fuse = world.fuse()
    assert shop.run("rotate", "--yes").code == 5
    broken.touch()
    world.fuse(at=fuse.calls.index("drop") + 1, after=True, lasting=True)
    ran = shop.run("rotate", "--yes")
    assert ran.code == 6
    assert shop.users() == {"app"}
    world.fuse()
    shop.ok("journal", "rollback", ran.json["journal"], "--yes")
    shop.restart()
    assert shop.users() == {"app"}
