"""What is given new values besides the env files: all of them hold the new one, or none does."""

import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.shop_ring import NAME, OTHERS, READS
from tests.conftest import Ran, Skc

HOOK = Path(__file__).with_name("hook.py")


class Sinks(Struct, frozen=True):
    """A project with one opaque value, a ring of keys, and sinks."""

    root: Path
    state: Path
    skc: Skc

    @property
    def file(self) -> Path:
        return self.root / "run" / "session"

    def configure(self, *sinks: str, timeout: str = "20s", read: bool = True) -> None:
        """Write `skc.yaml`, and agree to its commands."""
        hook = f"[{sys.executable}, {HOOK}]"
        reads = f", read: {hook}" if read else ""
        known = {
            "file": "file: {env: SESSION_SECRET, file: run/session}",
            "hook": f"vault: {{env: SESSION_SECRET, hook: {hook}, timeout: {timeout}{reads}}}",
            "ring": f"vault: {{env: {NAME}, hook: {hook}{reads}}}",
            "ring file": f"keys: {{env: {OTHERS}, file: run/others}}",
        }
        (self.root / "skc.yaml").write_text(
            "version: 1\n"
            "project: {id: test-sinks, name: shop}\n"
            "targets:\n"
            "  production:\n"
            "    env_files: [.env]\n"
            "    secrets:\n"
            "      session: {kind: random, env: SESSION_SECRET}\n"
            f"      jwt: {{kind: jwt, env: {NAME}}}\n"
            f"    sinks: {{{', '.join(known.get(one, one) for one in sinks)}}}\n"
        )
        self.trust()

    def trust(self) -> None:
        """Agree to all commands, as `skc doctor --trust` does."""
        from skillconnect_ops.core.settings.hooks import hooks_of  # noqa: PLC0415
        from skillconnect_ops.core.settings.reader import read  # noqa: PLC0415

        commands = hooks_of(read((self.root / "skc.yaml").read_text()))
        Hooks(self.state, disk=Disk()).trust(commands)

    def run(self, *argv: str, **more: Any) -> Ran:
        return self.skc(*argv, "--format", "json", cwd=self.root, **more)

    def rotate(self, name: str = "session", **more: Any) -> Ran:
        return self.run("rotate", "--only", name, "--yes", **more)

    def value(self, name: str = "SESSION_SECRET") -> str:
        return parse((self.root / ".env").read_bytes()).get(name) or ""

    def held(self) -> dict[str, str]:
        return dict(json.loads((self.root / "held.json").read_text()))

    def hold(self, **values: str) -> None:
        (self.root / "held.json").write_text(json.dumps(values))

    def calls(self) -> list[dict[str, Any]]:
        lines = (self.root / "calls.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def breaks(self, how: str) -> None:
        (self.root / how).touch()

    def mended(self, how: str) -> None:
        (self.root / how).unlink()


@pytest.fixture
def sinks(tmp_path: Path, skc: Skc) -> Sinks:
    root = tmp_path / "shop"
    (root / "run").mkdir(parents=True)
    old = secrets.token_urlsafe(32)
    (root / ".env").write_text(f"SESSION_SECRET={old}\n{NAME}={secrets.token_urlsafe(32)}\n")
    (root / ".env").chmod(0o600)
    (root / "run" / "session").write_text(old + "\n")
    (root / "run" / "session").chmod(0o600)
    (root / "auth.js").write_text(READS)
    return Sinks(root=root, state=tmp_path / "state" / "skc" / "test-sinks", skc=skc)


def test_a_file_gets_the_new_value_and_keeps_its_owner_and_its_line_end(sinks: Sinks) -> None:
    sinks.configure("file")
    before, old = sinks.file.stat(), sinks.value()
    ran = sinks.rotate()
    assert ran.code == 0, ran.stdout + ran.stderr
    after = sinks.file.stat()
    assert sinks.value() != old
    assert sinks.file.read_text() == sinks.value() + "\n"
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (
        before.st_uid,
        before.st_gid,
        0o600,
    )
    assert ran.json["subject"]["sinks"] == ["file"]


def test_a_file_that_is_not_there_is_made_for_this_user_alone(sinks: Sinks) -> None:
    sinks.configure("file")
    sinks.file.unlink()
    previous = os.umask(0)
    try:
        assert sinks.rotate().code == 0
    finally:
        os.umask(previous)
    assert sinks.file.read_text() == sinks.value()
    assert stat.S_IMODE(sinks.file.stat().st_mode) == 0o600


def test_a_file_that_holds_another_value_is_nobody_s_to_overwrite(sinks: Sinks) -> None:
    sinks.configure("file")
    env = (sinks.root / ".env").read_bytes()
    sinks.file.write_text("theirs")
    ran = sinks.rotate()
    assert ran.code == 4, ran.stdout
    assert "file" in ran.json["error"]["what"]
    assert sinks.file.read_text() == "theirs"
    assert (sinks.root / ".env").read_bytes() == env


@pytest.mark.parametrize("by", ["fingerprint", "value"])
def test_a_hook_gets_the_value_on_its_input_and_is_asked_for_it(sinks: Sinks, by: str) -> None:
    sinks.configure("file", "hook")
    sinks.hold(SESSION_SECRET=sinks.value())
    if by == "value":
        sinks.breaks("by value")
    ran = sinks.rotate(env={"SKC_TEST_OF_OURS": "not theirs"})
    assert ran.code == 0, ran.stdout + ran.stderr
    assert sinks.held() == {"SESSION_SECRET": sinks.value()}
    calls = sinks.calls()
    assert [one["action"] for one in calls] == ["read", "write", "read", "read"]
    assert {one["schema"] for one in calls} == {"skc/sink/1"}
    assert all("SKC_TEST_OF_OURS" not in one["env"] and "HOME" not in one["env"] for one in calls)
    assert "values" not in calls[0]
    assert "not readable back: 0" in ran.stderr


def test_a_variable_that_is_named_is_passed_on(sinks: Sinks) -> None:
    hook = f"[{sys.executable}, {HOOK}]"
    sinks.configure(f"vault: {{env: SESSION_SECRET, hook: {hook}, variables: [VAULT_TOKEN]}}")
    assert sinks.rotate(env={"VAULT_TOKEN": "t"}).code == 0
    assert "VAULT_TOKEN" in sinks.calls()[0]["env"]


def test_the_plan_names_the_sinks_and_says_which_cannot_be_read_back(sinks: Sinks) -> None:
    sinks.configure("file", "hook", read=False)
    ran = sinks.run("rotate", "--only", "session", "--dry-run")
    assert ran.code == 0
    assert "sinks besides the env files: 2 (file, vault); not readable back: 1 (vault)" in (
        ran.stderr
    )
    assert "sinks file, vault" in ran.stderr
    assert not (sinks.root / "calls.jsonl").exists()


def test_a_hook_that_nobody_here_trusts_is_not_run(sinks: Sinks) -> None:
    sinks.configure("file", "hook")
    (sinks.state / "trusted-hooks.json").unlink()
    ran = sinks.rotate()
    assert ran.code == 3
    assert "sink vault" in ran.json["error"]["what"]
    assert not (sinks.root / "calls.jsonl").exists()


def test_a_trusted_hook_that_gets_another_secret_is_to_be_trusted_anew(sinks: Sinks) -> None:
    sinks.configure("hook")
    text = (sinks.root / "skc.yaml").read_text()
    (sinks.root / "skc.yaml").write_text(text.replace("{env: SESSION_SECRET", f"{{env: {NAME}"))
    assert sinks.rotate("jwt").code == 3


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize("how", ["refuses", "fails", "hangs", "prints"])
def test_a_hook_that_refuses_half_way_has_everything_put_back(
    sinks: Sinks, how: str, *, read: bool
) -> None:
    sinks.configure("file", "hook", timeout="2s", read=read)
    old = sinks.value()
    sinks.hold(SESSION_SECRET=old)
    before = (sinks.root / ".env").read_bytes(), sinks.file.read_bytes()
    sinks.breaks(how)
    ran = sinks.rotate()
    assert ran.code == 5, ran.stdout + ran.stderr
    assert ((sinks.root / ".env").read_bytes(), sinks.file.read_bytes()) == before
    assert sinks.held() == {"SESSION_SECRET": old}
    given = {value for one in sinks.calls() for value in one.get("values", {}).values()}
    put_back = [one for one in sinks.calls() if one["action"] == "put_back"]
    assert len(put_back) == (0 if how == "refuses" else 1)
    for secret in given:
        parts = [secret[at : at + 8] for at in range(len(secret) - 7)]
        assert not [part for part in parts if part in ran.stdout + ran.stderr]
    journals = b"".join(one.read_bytes() for one in sinks.state.rglob("*") if one.is_file())
    assert not [secret for secret in given if secret.encode() in journals]
    sinks.mended(how)
    assert sinks.rotate().code == 0
    assert sinks.held() == {"SESSION_SECRET": sinks.value()}


def test_a_hook_that_says_done_and_did_nothing_is_found_out_by_reading(sinks: Sinks) -> None:
    sinks.configure("file", "hook", timeout="1s")
    old = sinks.value()
    sinks.hold(SESSION_SECRET=old)
    sinks.breaks("ignores")
    ran = sinks.rotate()
    assert ran.code == 5, ran.stdout
    assert "holds the old value" in ran.json["error"]["why"]
    assert (sinks.value(), sinks.file.read_text()) == (old, old + "\n")


def test_a_sink_that_takes_nothing_back_needs_a_person_and_the_rest_is_put_back(
    sinks: Sinks,
) -> None:
    sinks.configure("file", "hook", read=False)
    old = sinks.value()
    sinks.hold(SESSION_SECRET=old)
    sinks.breaks("fails always")
    ran = sinks.rotate()
    assert ran.code == 6, ran.stdout
    assert (sinks.value(), sinks.file.read_text()) == (old, old + "\n")
    sinks.mended("fails always")
    back = sinks.run(*ran.json["error"]["fix"].split()[1:], "--yes")
    assert back.code == 0, back.stdout
    assert sinks.held() == {"SESSION_SECRET": old}


def test_a_run_killed_while_a_hook_runs_is_put_back_by_the_next_one(
    sinks: Sinks, clean_environment: dict[str, str]
) -> None:
    sinks.configure("file", "hook", timeout="60s")
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
        assert child.poll() is None
        time.sleep(0.05)
    given = sinks.held()["SESSION_SECRET"]
    child.send_signal(signal.SIGKILL)
    child.wait()
    sinks.mended("hangs")
    while not (sinks.root / "hung").exists():  # the hook outlives skc; nobody can end it any more
        assert time.monotonic() < until
        time.sleep(0.05)
    ran = sinks.rotate()
    assert ran.code == 0, ran.stdout + ran.stderr
    actions = [one["action"] for one in sinks.calls()]
    assert "put_back" in actions
    assert sinks.held() == {"SESSION_SECRET": sinks.value()} != {"SESSION_SECRET": given}
    assert sinks.file.read_text() == sinks.value() + "\n"


def test_both_variables_of_a_ring_are_given_in_one_go_at_every_deploy(sinks: Sinks) -> None:
    sinks.configure("ring", "ring file")
    sinks.hold(**{NAME: sinks.value(NAME), OTHERS: ""})
    for argv in (["--only", "jwt"], ["--only", "jwt", "--confirm-reloaded"]):
        ran = sinks.run("rotate", *argv, "--yes")
        assert ran.code == 0, ran.stdout + ran.stderr
        assert sinks.held() == {NAME: sinks.value(NAME), OTHERS: sinks.value(OTHERS)}
        assert (sinks.root / "run" / "others").read_text() == sinks.value(OTHERS)
    ran = sinks.run("rotate", "finish", "--now", "--yes")
    assert ran.code == 0, ran.stdout + ran.stderr
    assert sinks.value(OTHERS) == ""
    assert sinks.held() == {NAME: sinks.value(NAME), OTHERS: ""}
    assert (sinks.root / "run" / "others").read_text() == ""


def test_what_a_person_types_reaches_a_sink_as_well(sinks: Sinks) -> None:
    sinks.configure("hook")
    text = (sinks.root / "skc.yaml").read_text()
    (sinks.root / "skc.yaml").write_text(
        text.replace("kind: random", "kind: manual, where: the account page")
    )
    sinks.hold(SESSION_SECRET=sinks.value())
    made = "four words #'" + secrets.token_hex(8) + "ü"
    ran = sinks.run("rotate", "--only", "session", "--stdin", "--yes", stdin=made + "\n")
    assert ran.code == 0, ran.stdout + ran.stderr
    assert sinks.held() == {"SESSION_SECRET": made}


def test_a_file_that_git_would_take_along_is_warned_of(sinks: Sinks) -> None:
    sinks.configure("file")
    subprocess.run(["git", "init", "-q", sinks.root], check=True)
    said = sinks.run("rotate", "--only", "session", "--dry-run").stderr
    assert "run/session gets a secret and is not ignored by git" in " ".join(said.split())
    (sinks.root / ".gitignore").write_text("run/\n.env\n")
    assert "not ignored" not in sinks.run("rotate", "--only", "session", "--dry-run").stderr


def test_a_sink_of_a_variable_that_nothing_renews_is_an_error(sinks: Sinks) -> None:
    sinks.configure("x: {env: SESSION_SECRETS, file: run/x}")
    ran = sinks.rotate()
    assert ran.code == 4
    assert "SESSION_SECRET" in ran.json["error"]["why"]


def test_a_mistyped_setting_of_a_sink_is_an_error_with_the_nearest_one(sinks: Sinks) -> None:
    (sinks.root / "skc.yaml").write_text(
        "version: 1\nproject: {id: test-sinks, name: shop}\ntargets:\n  production:\n"
        "    sinks:\n      x: {env: A, fiel: run/x}\n"
    )
    ran = sinks.rotate()
    assert ran.code == 4
    assert "line 6" in ran.json["error"]["what"]
    assert "file" in ran.json["error"]["fix"]


@pytest.mark.parametrize(
    "sink",
    [
        "{env: A}",
        "{env: A, file: x, hook: [y]}",
        "{env: A, file: x, read: [y]}",
        "{env: A, file: x, variables: [HOME]}",
        "{env: A, hook: [y], timeout: long}",
        "{env: 'A B', hook: [y]}",
    ],
)
def test_a_sink_that_makes_no_sense_is_an_error(sinks: Sinks, sink: str) -> None:
    (sinks.root / "skc.yaml").write_text(
        "version: 1\nproject: {id: test-sinks, name: shop}\ntargets:\n  production:\n"
        f"    sinks:\n      x: {sink}\n"
    )
    assert sinks.rotate().code == 4
