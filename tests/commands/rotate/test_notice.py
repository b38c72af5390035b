"""`notify.on_failure`: who has to know is told, and the failure itself stays what it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.rotate.test_sinks import Sinks
from tests.commands.rotate.test_sinks import sinks as sinks  # noqa: PLC0414 - a fixture

TELL = "cat > told; env > told.env"


def configure(sinks: Sinks, *commands: str, read: bool = True) -> None:
    sinks.configure("hook", read=read)
    text = (sinks.root / "skc.yaml").read_text()
    (sinks.root / "skc.yaml").write_text(
        text + f"notify: {{on_failure: [{', '.join(commands)}]}}\n"
    )
    sinks.trust()


def told(root: Path) -> dict[str, object]:
    return dict(json.loads((root / "told").read_text()))


def test_a_rotation_that_is_put_back_is_told_without_a_secret(sinks: Sinks) -> None:
    configure(sinks, f"[sh, -c, '{TELL}']")
    sinks.hold(SESSION_SECRET=sinks.value())
    sinks.breaks("prints")
    ran = sinks.rotate(env={"SKC_TEST_OF_OURS": "not theirs"})
    assert ran.code == 5
    said = told(sinks.root)
    assert (said["schema"], said["status"], said["exit"]) == ("skc/notice/1", "rolled_back", 5)
    assert (said["command"], said["target"]) == ("rotate", "production")
    assert said["journal"] == ran.json["journal"]
    assert said["error"] == ran.json["error"]
    assert "SKC_TEST_OF_OURS" not in (sinks.root / "told.env").read_text()
    given = {value for one in sinks.calls() for value in one.get("values", {}).values()}
    assert not [one for one in given if one[:12] in (sinks.root / "told").read_text()]


def test_one_that_needs_a_person_is_told_and_one_that_succeeds_is_not(sinks: Sinks) -> None:
    configure(sinks, f"[sh, -c, '{TELL}']", read=False)
    assert sinks.rotate().code == 0
    assert not (sinks.root / "told").exists()
    sinks.run("rotate", "finish", "--yes")
    sinks.breaks("fails always")
    assert sinks.rotate().code == 6
    assert (told(sinks.root)["status"], told(sinks.root)["exit"]) == ("needs_person", 6)


@pytest.mark.parametrize(
    "command", ["[sh, -c, 'exit 7']", "[./not-there]", "[sh, -c, 'kill -9 $$']"]
)
def test_its_own_failure_never_hides_the_first(sinks: Sinks, command: str) -> None:
    configure(sinks, command, f"[sh, -c, '{TELL}']")
    sinks.hold(SESSION_SECRET=sinks.value())
    sinks.breaks("fails")
    ran = sinks.rotate()
    assert ran.code == 5
    assert 'sink "vault"' in ran.json["error"]["what"]
    assert "nobody was told by notify on_failure 1" in ran.stderr
    assert told(sinks.root)["exit"] == 5


def test_one_that_nobody_trusts_is_said_before_anything_begins(sinks: Sinks) -> None:
    configure(sinks, f"[sh, -c, '{TELL}']")
    text = (sinks.root / "skc.yaml").read_text()
    (sinks.root / "skc.yaml").write_text(text.replace("cat > told", "cat > elsewhere"))
    ran = sinks.rotate()
    assert ran.code == 3
    assert "notify on_failure 1" in ran.json["error"]["what"]


def test_an_interrupted_rotation_is_told(sinks: Sinks, clean_environment: dict[str, str]) -> None:
    configure(sinks, f"[sh, -c, '{TELL}']")
    old = sinks.value()
    sinks.hold(SESSION_SECRET=old)
    sinks.breaks("hangs")
    child = subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", "rotate", "--only", "session", "--yes"],
        cwd=sinks.root,
        env=clean_environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while sinks.held() == {"SESSION_SECRET": old}:
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait(60) == 143
    assert sinks.held() == {"SESSION_SECRET": old}
    assert (told(sinks.root)["status"], told(sinks.root)["exit"]) == ("interrupted", 143)
