"""A rotation goes on when the consumers say that they run with the new value; it never guesses."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.commands.rotate.kid import derived, generation
from skillconnect_ops.commands.rotate.ring import read
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.atlas_app import AtlasApp
from tests.commands.rotate.health import Consumer, consumer
from tests.commands.rotate.shop_ring import NAME, RELOAD, Shop, make
from tests.conftest import Skc

SESSION = "SESSION_SECRET"


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Shop:
    made = make(tmp_path, skc)
    strong = secrets.token_urlsafe(32)
    made.file.write_text(f"{SESSION}={secrets.token_urlsafe(32)}\n{NAME}={strong}\n")
    (made.root / "seen").write_bytes(made.file.read_bytes())
    return made


def loaded(shop: Shop) -> dict[str, Any]:
    """What an app says that has read the file `seen` at its last start."""
    found = parse((shop.root / "seen").read_bytes())
    ring = read(NAME, found.get)
    kids = [derived(ring.signing), *(derived(one.key) for one in ring.fallbacks)]
    return {"skc": {SESSION: generation(Secret(found.get(SESSION) or "")), NAME: kids}}


@pytest.fixture
def api(shop: Shop) -> Iterator[Consumer]:
    with consumer(lambda: loaded(shop)) as made:
        yield made


def configure(shop: Shop, url: str, *, reload: str | None = RELOAD, deadline: str = "2s") -> None:
    command = f"reload: [sh, -c, '{reload}'], " if reload else ""
    shop.configure(
        consumers=f"api: {{{command}health: '{url}', deadline: {deadline}}}",
        more=f", session: {{kind: random, env: {SESSION}}}",
    )
    if reload:
        shop.trust(reload)


def test_a_consumer_that_runs_with_the_new_value_is_seen(shop: Shop, api: Consumer) -> None:
    configure(shop, api.url)
    ran = shop.ok("rotate", "--only", "session", "--yes")
    assert ran.json["facts"]["rotation"]["steps"]["observe:api"]["observed"] is True
    shop.ok("rotate", "finish", "--yes")


def test_one_end_may_see_a_consumer_before_a_value_goes_and_after_a_key_did(
    shop: Shop, api: Consumer
) -> None:
    configure(shop, api.url)
    shop.ok("rotate", "--only", "jwt", "--yes")
    shop.ok("rotate", "--only", "jwt", "--yes", "--confirm-reloaded")
    shop.ok("rotate", "--only", "session", "--yes")
    ended = shop.run("rotate", "finish", "--now", "--yes")
    assert ended.code == 0, ended.stdout + ended.stderr


def test_one_that_did_not_read_the_new_value_has_everything_put_back(
    shop: Shop, api: Consumer
) -> None:
    configure(shop, api.url, reload="true")
    before = shop.file.read_bytes()
    ran = shop.run("rotate", "--only", "session", "--yes")
    assert ran.code == 5, ran.stdout
    assert "api does not run with the new SESSION_SECRET" in ran.json["error"]["what"]
    assert "--force-recreate" in ran.json["error"]["fix"]
    assert shop.file.read_bytes() == before


def test_one_that_does_not_come_back_has_everything_put_back(shop: Shop, api: Consumer) -> None:
    api.answer = lambda: (503, "") if (shop.root / "down").exists() else loaded(shop)
    configure(shop, api.url, reload="touch down")
    before = shop.file.read_bytes()
    ran = shop.run("rotate", "--only", "session", "--yes")
    assert ran.code == 5, ran.stdout
    assert "does not answer since it was reloaded" in ran.json["error"]["what"]
    assert shop.file.read_bytes() == before


@pytest.mark.parametrize("answer", [(200, "OK"), (503, ""), {"skc": {}}, None])
def test_one_that_never_said_anything_is_not_observable(
    shop: Shop, api: Consumer, answer: object
) -> None:
    api.answer = lambda: answer
    configure(shop, api.url, deadline="1s")
    ran = shop.ok("rotate", "--only", "session", "--yes")
    assert "not observable whether api runs with the new SESSION_SECRET" in ran.stderr
    seen = ran.json["facts"]["rotation"]["steps"]["observe:api"]
    assert (seen["observed"], seen["not_observable"]) == (False, [SESSION])


def test_one_that_was_not_well_before_is_named_up_front_and_at_the_end(
    shop: Shop, api: Consumer
) -> None:
    api.answer = lambda: (503, "")
    configure(shop, api.url, deadline="1s")
    planned = shop.ok("rotate", "--only", "session", "--dry-run")
    assert "note: api is not well now, before anything is changed (" in planned.stderr
    ran = shop.skc("rotate", "--only", "session", "--yes", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert "api was not well before, and is not seen to be well now" in ran.stdout


def test_one_that_comes_up_with_the_new_value_is_said_to_be_well_now(
    shop: Shop, api: Consumer
) -> None:
    script = f"{RELOAD}; touch up"
    api.answer = lambda: loaded(shop) if (shop.root / "up").exists() else (503, "")
    configure(shop, api.url, reload=script, deadline="1s")
    ran = shop.skc("rotate", "--only", "session", "--yes", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert "api was not well before, and is well now" in ran.stdout


def test_one_that_is_restarted_by_hand_is_seen_before_the_old_value_goes(
    shop: Shop, api: Consumer
) -> None:
    configure(shop, api.url, reload=None, deadline="1s")
    shop.ok("rotate", "--only", "session", "--yes")
    early = shop.run("rotate", "finish", "--yes")
    assert early.code == 5, early.stdout
    assert "api does not run with the new" in early.json["error"]["what"]
    (shop.root / "seen").write_bytes(shop.file.read_bytes())
    shop.ok("rotate", "finish", "--yes")


def test_a_leaked_value_that_nothing_cuts_off_does_not_go_while_an_app_runs_with_it(
    shop: Shop, api: Consumer
) -> None:
    configure(shop, api.url, reload=None, deadline="1s")
    shop.ok("rotate", "--only", "session", "--yes", "--reason", "leaked")
    early = shop.run("rotate", "finish", "--yes")
    assert early.code == 5, early.stdout
    assert "api does not run with the new SESSION_SECRET" in early.json["error"]["what"]
    (shop.root / "seen").write_bytes(shop.file.read_bytes())
    shop.ok("rotate", "finish", "--yes")


def test_a_staged_key_signs_once_the_health_answer_knows_it(shop: Shop, api: Consumer) -> None:
    configure(shop, api.url, reload=None)
    shop.ok("rotate", "--only", "jwt", "--yes")
    early = shop.run("rotate", "--only", "jwt", "--yes")
    assert early.code == 3, early.stdout
    (shop.root / "seen").write_bytes(shop.file.read_bytes())
    swapped = shop.ok("rotate", "--only", "jwt", "--yes")
    assert swapped.json["facts"]["rotation"]["moves"] == {"jwt": "swap"}


def test_a_reload_that_did_not_reach_everybody_is_found_out_before_the_swap(
    shop: Shop, api: Consumer
) -> None:
    configure(shop, api.url)
    shop.ok("rotate", "--only", "jwt", "--yes")
    api.answer = lambda: {"skc": {NAME: [derived(shop.ring().signing)]}}
    early = shop.run("rotate", "--only", "jwt", "--yes")
    assert early.code == 3, early.stdout
    confirmed = shop.run("rotate", "--only", "jwt", "--yes", "--confirm-reloaded")
    assert confirmed.code == 5, confirmed.stdout  # it says itself that it does not run with it


def test_where_nobody_can_see_who_is_connected_the_deadline_is_waited_for(
    atlas_app: AtlasApp,
) -> None:
    app = atlas_app
    app.settings("    consumers: {api: {reload: ['true'], deadline: 2s}}\n")
    Hooks(app.state, disk=Disk()).trust({"api": ("true",)})
    assert app.run("rotate", "--yes").code == 0
    began = time.monotonic()
    ran = app.run("rotate", "finish", "--yes")
    assert ran.code == 0, ran.stdout + ran.stderr
    assert 2 < time.monotonic() - began < 60
    assert "not observable" in ran.stderr
    drained = ran.json["facts"]["rotation"]["steps"][f"drain:{app.user}"]
    assert (drained["observed"], drained["waited_s"]) == (False, 2)


def test_where_nobody_can_see_it_the_health_answer_does(atlas_app: AtlasApp) -> None:
    app = atlas_app
    with consumer(lambda: {"skc": {"MONGO_URI": generation(Secret(app.uri()))}}) as api:
        app.settings(f"    consumers: {{api: {{reload: ['true'], health: '{api.url}'}}}}\n")
        Hooks(app.state, disk=Disk()).trust({"api": ("true",)})
        assert app.run("rotate", "--yes").code == 0
        began = time.monotonic()
        ran = app.run("rotate", "finish", "--yes")
    assert ran.code == 0, ran.stdout + ran.stderr
    assert time.monotonic() - began < 60
    drained = ran.json["facts"]["rotation"]["steps"][f"drain:{app.user}"]
    assert (drained["observed"], drained["by"]) == (True, "health")


def test_a_mongo_user_reaches_a_file_of_its_own_and_both_go_back_together(app: App) -> None:
    more = (
        "    consumers: {api: {reload: [sh, -c, 'test ! -e broken']}}\n"
        "    sinks: {uri: {env: MONGO_URI, file: uri}}\n"
    )
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    trust(app, "api", "sh", "-c", "test ! -e broken")
    (app.root / "uri").write_text(app.uri())
    (app.root / "broken").touch()
    before = app.uri()
    assert app.run("rotate", "--yes").code in {5, 6}
    assert (app.uri(), (app.root / "uri").read_text(), app.users()) == (before, before, {"app"})
    (app.root / "broken").unlink()
    assert app.run("rotate", "--yes").code == 0
    assert (app.root / "uri").read_text() == app.uri() != before
    with MongoClient[Any]((app.root / "uri").read_text()) as there:
        assert there[app.name].things.find_one() == {"_id": 1}
