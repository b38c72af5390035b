"""A deployment that failed: back to what was proven, by the team's own command."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from msgspec import Struct

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.respond.conftest import git
from tests.commands.respond.test_respond import steps
from tests.conftest import Ran, Skc

NOW = ("cat", "running")
BACK = ("sh", "-c", 'test ! -e stuck && printf %s "$SKC_RELEASE" > running')


class Shop(Struct):
    """A project whose release is what stands in a file."""

    root: Path
    skc: Skc
    well: list[bool]

    def run(self, *words: str) -> Ran:
        return self.skc(*words, "--format", "json", cwd=self.root)

    def deploy(self, name: str, *, well: bool = True) -> None:
        (self.root / "running").write_text(name)
        self.well[0] = well

    @property
    def running(self) -> str:
        return (self.root / "running").read_text()


@pytest.fixture
def shop(project: Path, skc: Skc) -> Iterator[Shop]:
    well = [True]

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if well[0] else 503)
            self.end_headers()
            self.wfile.write(b'{"skc": {"JWT_SECRET": "abcdefgh"}}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    words = [", ".join(json.dumps(word) for word in argv) for argv in (NOW, BACK)]
    with (project / "skc.yaml").open("a") as file:
        file.write(
            f"    consumers: {{api: {{health: 'http://127.0.0.1:{server.server_address[1]}/'}}}}\n"
            f"    releases: {{now: [{words[0]}], roll_back: [{words[1]}]}}\n"
        )
    state = project.parent / "state" / "skc" / "respond00001"
    Hooks(state, disk=Disk()).trust({"a": NOW, "b": BACK})
    git(project, "add", "--all")
    made = Shop(project, skc, well)
    yield made
    server.shutdown()
    server.server_close()


def enrolled(shop: Shop) -> None:
    """List this machine's key, as `skc init` does."""
    text = "".join(path.read_text() for path in (shop.root / ".skc/evidence").glob("*.jsonl"))
    key = json.loads(text.splitlines()[0])["key"]
    (shop.root / ".skc/allowed_signers").write_text(f"ada {key}\n")


def test_a_release_that_is_well_is_recorded_and_one_that_is_not_is_not(shop: Shop) -> None:
    shop.deploy("v1")
    ran = shop.run("respond", "release")
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"] == {"release": "v1", "loaded": {"api": {"JWT_SECRET": "abcdefgh"}}}
    shop.deploy("v2", well=False)
    assert shop.run("respond", "release").code == 4


def test_back_to_the_last_release_that_a_listed_signer_proved(shop: Shop) -> None:
    shop.deploy("v1")
    assert shop.run("respond", "release").code == 0
    enrolled(shop)
    shop.deploy("v2", well=False)
    assert shop.run("respond", "start", "deployment-failed").code == 0
    assert shop.run("respond", "step", "look").code == 0
    assert shop.run("respond", "step", "stop", "--evidence", "pipeline 7 cancelled").code == 0
    found = shop.run("respond", "step", "proven")
    assert found.code == 0, found.stderr
    assert shop.run("respond", "step", "fits", "--choose", "fits").code == 0
    assert shop.run("respond", "step", "roll-back", "--yes").code == 3
    assert shop.running == "v2"
    ran = shop.run("respond", "step", "roll-back", "--confirm", "production")
    assert ran.code == 0, ran.stderr
    assert shop.running == "v1"
    ill = shop.run("respond", "step", "verify")
    assert ill.code == 12
    shop.well[0] = True
    assert shop.run("respond", "step", "verify").code == 0
    assert steps(shop.run("respond"))["verify"] == "done"


def test_a_release_that_nobody_listed_has_proven_is_none(shop: Shop) -> None:
    shop.deploy("v1")
    assert shop.run("respond", "release").code == 0
    shop.deploy("v2", well=False)
    assert shop.run("respond", "start", "deployment-failed").code == 0
    assert shop.run("respond", "step", "look").code == 0
    ran = shop.run("respond", "step", "proven")
    assert ran.code == 4
    assert "no other release was ever proven" in ran.stderr


def test_a_roll_back_that_fails_goes_forward_only(shop: Shop) -> None:
    shop.deploy("v1")
    assert shop.run("respond", "release").code == 0
    enrolled(shop)
    shop.deploy("v2", well=False)
    (shop.root / "stuck").touch()
    assert shop.run("respond", "start", "deployment-failed").code == 0
    assert shop.run("respond", "step", "look").code == 0
    assert shop.run("respond", "step", "proven").code == 0
    assert shop.run("respond", "step", "fits", "--choose", "fits").code == 0
    ran = shop.run("respond", "step", "roll-back", "--confirm", "production")
    assert ran.code == 6, ran.stderr
    assert shop.running == "v2"
    (shop.root / "stuck").unlink()
    assert shop.run("journal", "resume", ran.json["journal"], "--yes").code == 0
    assert shop.running == "v1"
