"""A key is dead when nobody accepts it: what was not seen restarted is not told to be over."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.adapters.system import SystemClock
from skillconnect_ops.commands.rotate.kid import derived, generation
from skillconnect_ops.commands.rotate.ring import read
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests.commands.rotate.app import App, settings
from tests.commands.rotate.health import Consumer, consumer
from tests.commands.rotate.shop_ring import NAME, READS_NOT, RELOAD, Shop, make
from tests.conftest import Skc

SESSION = "SESSION_SECRET"
LEAKED = ("rotate", "--only", "jwt", "--reason", "leaked", "--yes")
CONFIRMED = ("rotate", "finish", "--confirm-reloaded", "--yes")
BY_HAND = "worker: {app_name: w}"


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Shop:
    made = make(tmp_path, skc)
    made.configure(consumers=f"api: {{reload: [sh, -c, '{RELOAD}']}}, {BY_HAND}")
    return made


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("consumers", "who"), [(BY_HAND, "worker"), ("", "whatever reads the env files")]
)
def test_a_leaked_key_that_somebody_accepts_is_not_told_dead_until_that_was_restarted(
    shop: Shop, consumers: str, who: str
) -> None:
    shop.configure(consumers=consumers)
    table = shop.skc(*LEAKED, cwd=shop.root)
    assert table.code == 0, table.stderr
    assert f"verifies until {who} is restarted" in words(table.stdout)
    assert "verifies nowhere" not in table.stdout
    assert "then: skc rotate finish --confirm-reloaded" in words(table.stderr)
    assert shop.remembers(shop.key) == 0, "told dead before it is"
    assert shop.standing() == f"the old key verifies until {who} is restarted, and it leaked"
    status = shop.ok("rotate", "status")
    assert status.json["next"] == ["skc rotate finish --confirm-reloaded"]

    refused = shop.run("rotate", "finish", "--yes")
    assert refused.code == 3, refused.stdout
    assert who in refused.json["error"]["why"]
    assert "skc rotate finish --confirm-reloaded" in refused.json["error"]["fix"]
    assert shop.standing().startswith("the old key verifies")

    ended = shop.ok(*CONFIRMED)
    assert ended.json["facts"]["rotation"]["secrets"] == ["jwt"]
    assert shop.remembers(shop.key) == 13
    assert shop.standing() == "live"
    assert not shop.ok("rotate", "finish", "--yes").json["facts"]["rotation"]["done"]
    assert not list((shop.state / "escrow").rglob("*"))


def test_it_is_overdue_after_minutes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.ok(*LEAKED)
    due = shop.run("rotate", "due")
    assert due.code == 11, due.stdout
    (finding,) = due.json["findings"]
    assert "worker accepts the old JWT_SECRET_KEY" in finding["message"]
    assert finding["remedy"] == "skc rotate finish --confirm-reloaded   # once worker is restarted"
    real = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda clock: real(clock) + timedelta(seconds=700))
    assert shop.run("rotate", "due").code == 12


def test_where_all_are_reloaded_it_is_dead_at_once(shop: Shop) -> None:
    shop.configure()
    told = shop.skc(*LEAKED, cwd=shop.root)
    assert "verifies nowhere" in words(told.stdout)
    assert shop.remembers(shop.key) == 13
    assert "then finish" not in told.stderr
    assert not shop.ok("rotate", "finish", "--yes").json["facts"]["rotation"]["done"]


def test_one_swap_for_an_app_that_reads_no_ring_waits_for_the_restart_as_well(shop: Shop) -> None:
    (shop.root / "auth.js").write_text(READS_NOT)
    shop.ok("rotate", "--yes")
    assert shop.standing() == "the old key verifies until worker is restarted"
    assert shop.run("rotate", "finish", "--yes").code == 3
    shop.ok(*CONFIRMED)
    assert shop.remembers(shop.key) in {12, 13}


def test_a_staged_key_is_not_said_to_be_finished(shop: Shop) -> None:
    told = shop.ok("rotate", "--yes")
    assert "restart worker by hand" in words(told.stderr)
    assert "then finish" not in words(told.stderr)
    assert "then: skc rotate --only jwt --confirm-reloaded" in words(told.stderr)


def test_an_emergency_does_not_wait_for_a_restart(shop: Shop) -> None:
    shop.ok(*LEAKED)
    second = shop.ring().signing
    shop.ok(*LEAKED)
    assert shop.ring().signing != second
    for _ in range(2):
        shop.ok(*CONFIRMED)
    assert shop.remembers(shop.key) == shop.remembers(second) == 13
    assert not shop.ok("rotate", "finish", "--yes").json["facts"]["rotation"]["done"]


def test_a_consumer_that_left_the_settings_has_to_be_restarted_nevertheless(shop: Shop) -> None:
    shop.ok(*LEAKED)
    shop.configure()
    assert shop.run("rotate", "finish", "--yes").code == 3
    shop.ok(*CONFIRMED)


def test_a_ring_that_goes_on_meanwhile_is_finished_beside_it(shop: Shop) -> None:
    shop.ok(*LEAKED)
    shop.ok("rotate", "--only", "jwt", "--yes")
    assert "staged" in shop.standing()
    assert shop.standing().startswith("the old key verifies until worker is restarted")
    shop.ok("rotate", "--only", "jwt", "--confirm-reloaded", "--yes")
    shop.ok("rotate", "finish", "--now", "--confirm-reloaded", "--yes")
    assert shop.remembers(shop.key) == 13
    assert shop.standing() == "live"


def test_a_key_that_is_ended_early_is_told_to_verify_until_the_restart(shop: Shop) -> None:
    shop.ok("rotate", "--yes")
    shop.ok("rotate", "--confirm-reloaded", "--yes")
    ended = shop.skc("rotate", "finish", "--now", "--yes", cwd=shop.root)
    assert ended.code == 0, ended.stderr
    assert "until worker is restarted" in words(ended.stdout)


# -- a health answer tells it without anybody saying so


@pytest.fixture
def api(shop: Shop) -> Iterator[Consumer]:
    strong = secrets.token_urlsafe(32)
    shop.file.write_text(f"{SESSION}={secrets.token_urlsafe(32)}\n{NAME}={strong}\n")
    restart(shop)
    with consumer(lambda: loaded(shop)) as made:
        shop.configure(
            consumers=f"api: {{health: '{made.url}', deadline: 1s}}",
            more=f", session: {{kind: random, env: {SESSION}}}",
        )
        yield made


def restart(shop: Shop) -> None:
    """The app starts anew, and reads its env file."""
    (shop.root / "seen").write_bytes(shop.file.read_bytes())


def loaded(shop: Shop) -> dict[str, Any]:
    found = parse((shop.root / "seen").read_bytes())
    ring = read(NAME, found.get)
    kids = [derived(ring.signing), *(derived(one.key) for one in ring.fallbacks)]
    return {"skc": {SESSION: generation(Secret(found.get(SESSION) or "")), NAME: kids}}


@pytest.mark.parametrize("name", ["jwt", "session"])
def test_an_app_that_says_it_runs_with_the_leaked_one_holds_the_end_up(
    shop: Shop, api: Consumer, name: str
) -> None:
    env = {"jwt": NAME, "session": SESSION}[name]
    old = parse(shop.file.read_bytes()).get(env)
    assert old is not None
    told = shop.ok("rotate", "--only", name, "--reason", "leaked", "--yes")
    assert told.json["next"] == ["skc rotate finish"]
    for argv in (("rotate", "finish", "--yes"), CONFIRMED):  # what it says itself counts
        early = shop.run(*argv)
        assert early.code == 5, early.stdout
        assert f"api does not run with the new {env}" in early.json["error"]["what"]
        assert shop.remembers(old) == 0
    restart(shop)
    shop.ok("rotate", "finish", "--yes")
    assert shop.remembers(old) == 13


@pytest.mark.parametrize("name", ["jwt", "session"])
def test_an_app_that_does_not_say_is_a_person_s_to_confirm(
    shop: Shop, api: Consumer, name: str
) -> None:
    shop.ok("rotate", "--only", name, "--reason", "leaked", "--yes")
    api.answer = lambda: {"skc": {}}
    early = shop.run("rotate", "finish", "--yes")
    assert early.code == 5, early.stdout
    assert "--confirm-reloaded" in early.json["error"]["fix"]
    shop.ok(*CONFIRMED)


def test_a_leaked_value_whose_reader_nobody_sees_is_a_person_s_to_confirm(shop: Shop) -> None:
    shop.configure(consumers=BY_HAND, more=", session: {kind: random, env: LOG}")
    shop.ok("rotate", "--only", "session", "--reason", "leaked", "--yes")
    assert shop.standing("session").endswith("and it leaked")
    assert shop.run("rotate", "finish", "--yes").code == 3
    shop.ok(*CONFIRMED)


# -- two things of one run


def test_a_user_and_a_key_that_leaked_together_end_together(app: App) -> None:
    app.file.write_text(app.file.read_text() + f"{NAME}={secrets.token_urlsafe(32)}\n")
    old = app.uri()
    more = f"    secrets: {{jwt: {{kind: jwt, env: {NAME}}}}}\n    consumers: {{{BY_HAND}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    ran = app.run("rotate", "--reason", "leaked", "--yes")
    assert ran.code == 0, ran.stdout
    assert ran.json["next"] == ["skc rotate finish --confirm-reloaded"]
    assert app.run("rotate", "finish", "--yes").code == 3
    assert app.opens(old)
    ended = app.run(*CONFIRMED)
    assert ended.code == 0, ended.stdout
    assert sorted(ended.json["facts"]["rotation"]["secrets"]) == ["jwt", "mongodb"]
    assert not app.opens(old)


def test_a_finish_looks_at_a_consumer_for_two_reasons_and_does_not_stumble(
    shop: Shop, api: Consumer
) -> None:
    """A value that waits for its end, and a ring whose time is over, of one and the same app."""
    shop.configure(
        consumers=f"api: {{reload: [sh, -c, '{RELOAD}'], health: '{api.url}', deadline: 1s}}",
        more=f", session: {{kind: random, env: {SESSION}}}",
    )
    shop.ok("rotate", "--only", "jwt", "--yes")
    shop.ok("rotate", "--only", "jwt", "--yes")
    shop.ok("rotate", "--only", "session", "--yes")
    shop.ok("rotate", "finish", "--now", "--yes")
