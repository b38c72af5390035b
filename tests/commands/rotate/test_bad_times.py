"""An election, a full disk, a clock that jumps: each in the middle of a rotation."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops import wiring
from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.system import SystemClock
from skillconnect_ops.commands.rotate.ring import Entry, read
from skillconnect_ops.envfile import parse
from tests.commands.rotate.app import App, make, settings, trust
from tests.commands.rotate.shop_ring import ENDS, NAME, READS
from tests.conftest import Ran, Skc
from tests.faults import Fuse, fused
from tests.tiny import fills

NONE, MONTH = timedelta(0), timedelta(days=30)


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fuse]:
    """Lets something happen at a call to the server about its users."""

    def at(call: str, act: Callable[[], object], *, after: bool) -> Fuse:
        real, fuse = wiring.Wiring.accounts, Fuse(at=1, act=act, after=after)

        @contextmanager
        def accounts(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
            with real(self, *args, **kwargs) as managed:
                yield fused(managed, fuse, only={call})

        monkeypatch.setattr(wiring.Wiring, "accounts", accounts)
        return fuse

    return at


@pytest.fixture
def replicated(tmp_path: Path, skc: Skc, three_nodes: Mongod) -> Iterator[App]:
    """A project whose database has three nodes."""
    made = make(tmp_path, skc, three_nodes, f"t_{secrets.token_hex(5)}")
    yield made
    made.client[made.name].command("dropAllUsersFromDatabase")
    made.client.drop_database(made.name)
    made.client.close()


@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("call", ["create", "drop"])
def test_an_election_while_users_change_locks_nobody_out_and_the_next_command_ends_it(
    replicated: App, three_nodes: Mongod, act: Callable[..., Fuse], call: str, after: bool
) -> None:
    app, before = replicated, replicated.uri()
    elected = act(call, lambda: three_nodes.step_down(seconds=5), after=after)
    for argv in (("rotate",), ("rotate", "finish")):
        ran = app.run(*argv, "--yes")
        three_nodes.primary()
        assert app.opens(app.uri())
        if ran.code != 0:  # the answer was lost: put back, or half-way down a road without return
            assert ran.code == (5 if call == "create" else 6), ran.stdout
            (named,) = ran.json["next"] or ["skc rotate"]
            ok(app, *named.split()[1:], "--yes")
            assert app.opens(app.uri())
    assert elected.burned
    assert app.users() == {"app_a"}
    assert not app.opens(before)


@pytest.fixture
def signing(app: App) -> App:
    """A project that signs tokens as well, and reloads."""
    more = f"    secrets: {{jwt: {{kind: jwt, env: {NAME}}}}}\n"
    more += "    consumers: {api: {reload: ['true']}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    (app.root / "auth.js").write_text(READS)
    app.file.write_text(app.file.read_text() + f"{NAME}={secrets.token_urlsafe(32)}\n")
    trust(app, "api", "true")
    return app


def test_a_disk_that_is_full_under_the_env_file_changes_nothing_and_is_named(
    signing: App, tiny: Path
) -> None:
    app, file = signing, tiny / ".env"
    file.write_bytes(app.file.read_bytes())
    file.chmod(0o600)
    app.file.unlink()
    (app.root / "conf").symlink_to(tiny)
    found = (app.root / "skc.yaml").read_text()
    (app.root / "skc.yaml").write_text(found.replace("[.env]", "[conf/.env]"))
    for argv in (("rotate",), ("rotate",), ("rotate", "finish", "--now")):
        before, users = file.read_bytes(), app.users()
        fills(tiny)()
        ran = app.run(*argv, "--yes")
        assert ran.code == 5, ran.stdout
        assert ran.json["error"]["what"].endswith("conf/.env")
        assert "No space left" in ran.json["error"]["why"]
        assert f"df -h {tiny}`" in ran.json["error"]["fix"]
        assert (file.read_bytes(), app.users()) == (before, users)
        (tiny / "filler").unlink()
        again = app.run(*argv, "--yes")
        assert again.code == 0, again.stdout + again.stderr
    assert app.users() == {"app_a"}


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the clock forward or back."""
    real: Callable[[SystemClock], datetime] = SystemClock.now

    def by(length: timedelta) -> None:
        monkeypatch.setattr(SystemClock, "now", lambda clock: real(clock) + length)

    return by


def old_keys(app: App) -> tuple[Entry, ...]:
    return read(NAME, parse(app.file.read_bytes()).get).fallbacks


def ok(app: App, *argv: str) -> Ran:
    ran = app.run(*argv)
    assert ran.code == 0, ran.stdout + ran.stderr
    return ran


@pytest.mark.parametrize(("begun", "ended"), [(NONE, MONTH), (MONTH, NONE)], ids=["on", "back"])
def test_a_clock_that_jumps_between_a_rotation_and_its_end_is_no_trouble(
    signing: App, jump: Callable[[timedelta], None], begun: timedelta, ended: timedelta
) -> None:
    app, before = signing, signing.uri()
    jump(begun)
    ok(app, "rotate", "--yes")
    ok(app, "rotate", "--yes")
    jump(ended)
    ok(app, "rotate", "finish", "--yes")
    assert app.users() == {"app_a"}
    assert not app.opens(before)
    assert bool(old_keys(app)) is (begun > ended), "it ends by the clock of who finishes"
    for row in ok(app, "rotate", "status").json["facts"]["secrets"]:
        assert row["standing"].startswith(("live", "retiring until"))
    ok(app, "rotate", "finish", "--now", "--yes")
    jump(NONE)
    for argv in (("rotate",), ("rotate",), ("rotate", "finish")):
        ok(app, *argv, "--yes")
        assert app.opens(app.uri())
    assert len(app.users()) == 1


def test_a_clock_set_back_after_the_stage_ends_no_overlap_before_it_began(
    signing: App, jump: Callable[[timedelta], None]
) -> None:
    ok(signing, "rotate", "--only", "jwt", "--yes")
    staged_at = datetime.now(UTC)
    jump(-MONTH)
    ok(signing, "rotate", "--only", "jwt", "--yes")
    (old,) = old_keys(signing)
    assert old.not_after - staged_at > ENDS - timedelta(minutes=1)
