"""One calm rotation of each sort and its end: nothing goes wrong, and every command exits 0.

A planted bug has to pass the one that it concerns (`tests/planted_bugs`): a change that breaks
every run at once would be noticed by anything, and says nothing about the tests.
"""

import secrets
import sys
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.rotate.kid import derived, generation
from skillconnect_ops.commands.rotate.ring import read
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.hooks import hooks_of
from skillconnect_ops.core.settings.reader import read as read_settings
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.health import consumer
from tests.commands.rotate.shop_ring import NAME, RELOAD, make
from tests.commands.rotate.test_sinks import HOOK
from tests.conftest import Skc

SESSION = "SESSION_SECRET"


def test_a_user_is_renewed_and_the_old_one_goes(app: App) -> None:
    script = "test -e .env"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    for argv in (("rotate",), ("rotate", "finish")):
        ran = app.run(*argv, "--yes")
        assert ran.code == 0, ran.stderr + ran.stdout
        assert app.opens(app.uri())
    assert app.users() == {"app_a"}


def test_a_key_is_staged_signs_and_the_old_one_goes(tmp_path: Path, skc: Skc) -> None:
    shop = make(tmp_path, skc)
    for argv in (("rotate",), ("rotate",), ("rotate", "finish", "--now")):
        shop.ok(*argv, "--yes")


def test_a_key_is_replaced_at_once(tmp_path: Path, skc: Skc) -> None:
    shop = make(tmp_path, skc)
    shop.ok("rotate", "--reason", "leaked", "--yes")
    assert shop.ring().signing.reveal() != shop.key


def test_a_value_goes_to_a_hook_and_a_health_answer_tells_it(tmp_path: Path, skc: Skc) -> None:
    shop = make(tmp_path, skc)
    shop.file.write_text(
        f"{SESSION}={secrets.token_urlsafe(32)}\n{NAME}={secrets.token_urlsafe(32)}\n"
    )
    (shop.root / "seen").write_bytes(shop.file.read_bytes())

    def loaded() -> dict[str, Any]:
        found = parse((shop.root / "seen").read_bytes())
        session = Secret(found.get(SESSION) or "")
        keys = [derived(read(NAME, found.get).signing)]
        return {"skc": {SESSION: generation(session), NAME: keys}}

    with consumer(loaded) as api:
        shop.configure(
            consumers=f"api: {{reload: [sh, -c, '{RELOAD}'], health: '{api.url}', deadline: 5s}}",
            more=f", session: {{kind: random, env: {SESSION}}}",
        )
        text = (shop.root / "skc.yaml").read_text()
        hook = f"[{sys.executable}, {HOOK}]"
        sinks = f"    sinks: {{vault: {{env: {SESSION}, hook: {hook}, read: {hook}}}}}\n"
        (shop.root / "skc.yaml").write_text(text + sinks)
        Hooks(shop.state, disk=Disk()).trust(hooks_of(read_settings(text + sinks)))
        shop.ok("rotate", "--only", "session", "--yes")
        shop.ok("rotate", "finish", "--yes")
