"""An incident goes to another machine in a sealed file, and two machines merge through git."""

import json
import shutil
from pathlib import Path

import pyrage
import pytest

from tests.commands.respond.conftest import git
from tests.commands.respond.test_respond import lines, steps
from tests.conftest import Skc

PASS = {"SKC_HANDOVER_PASSPHRASE": "correct horse"}


@pytest.fixture
def other(started: Path, tmp_path: Path) -> Path:
    """A clone on another machine: a private state of its own."""
    folder = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(started), str(folder))
    shutil.copy(started / ".env", folder / ".env")
    return folder


@pytest.fixture
def there(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state-of-other"), **PASS}


def test_what_is_handed_over_goes_on_elsewhere(
    skc: Skc, started: Path, other: Path, there: dict[str, str]
) -> None:
    (started / "shot.png").write_bytes(b"pixels")
    assert skc("respond", "step", "keep", cwd=started).code == 0
    assert skc("respond", "step", "shut", "--begin", "--as", "ada", cwd=started).code == 0
    before = lines(skc, started)
    ran = skc("respond", "handover", "h.skc", "--as", "ada", cwd=started, env=PASS)
    assert ran.code == 0, ran.stderr
    text = (started / "h.skc").read_text()
    assert "incident.begun" not in text
    shutil.copy(started / "h.skc", other / "h.skc")
    refused = skc("respond", "take", "h.skc", cwd=other, env=there)
    assert refused.code == 3
    assert not (other / ".skc").exists()
    taken = skc("respond", "take", "h.skc", "--as", "bo", "--yes", cwd=other, env=there)
    assert taken.code == 0, taken.stderr
    now = lines(skc, other)
    assert set(before) <= set(now)
    shown = skc("respond", "--format", "json", cwd=other, env=there)
    assert steps(shown)["keep"] == "done"
    busy = skc("respond", "step", "shut", "--as", "bo", cwd=other, env=there)
    assert busy.code == 3
    assert "begun by ada" in busy.stderr
    done = skc("respond", "step", "shut", "--again", "--as", "bo", cwd=other, env=there)
    assert done.code == 0, done.stderr


def test_a_wrong_passphrase_opens_nothing(
    skc: Skc, started: Path, other: Path, there: dict[str, str]
) -> None:
    assert skc("respond", "handover", "../h.skc", cwd=started, env=PASS).code == 0
    wrong = {**there, "SKC_HANDOVER_PASSPHRASE": "another"}
    ran = skc("respond", "take", "../h.skc", "--yes", cwd=other, env=wrong)
    assert ran.code == 4
    assert "does not open" in ran.stderr


def test_recipients_of_backups_open_it_too(
    skc: Skc, started: Path, other: Path, there: dict[str, str], tmp_path: Path
) -> None:
    identity = pyrage.x25519.Identity.generate()
    with (started / "skc.yaml").open("a") as file:
        file.write(f"    backups: {{location: ../b, recipients: [{identity.to_public()}]}}\n")
    (tmp_path / "key").write_text(str(identity))
    assert skc("respond", "handover", "../h.skc", cwd=started).code == 0
    words = ("respond", "take", "../h.skc", "--yes", "--identity", "../key")
    assert skc(*words, cwd=other, env=there).code == 0


def test_a_handover_of_another_project_is_refused(
    skc: Skc, started: Path, other: Path, there: dict[str, str]
) -> None:
    assert skc("respond", "handover", "../h.skc", cwd=started, env=PASS).code == 0
    text = (other / "skc.yaml").read_text().replace("respond00001", "respond00002")
    (other / "skc.yaml").write_text(text)
    assert skc("respond", "take", "../h.skc", "--yes", cwd=other, env=there).code == 4


def test_a_chain_that_has_gone_on_in_both_places_is_refused(
    skc: Skc, started: Path, other: Path, there: dict[str, str]
) -> None:
    assert skc("respond", "handover", "../h.skc", cwd=started, env=PASS).code == 0
    assert skc("respond", "take", "../h.skc", "--yes", cwd=other, env=there).code == 0
    (chain,) = (started / ".skc/evidence").glob("*.jsonl")
    own = other / ".skc/evidence" / chain.name
    all_lines = own.read_text().splitlines(keepends=True)
    own.write_text("".join(all_lines[:-1]))
    assert skc("respond", "note", "more", cwd=started).code == 0
    assert skc("respond", "handover", "../i.skc", cwd=started, env=PASS).code == 0
    assert skc("respond", "take", "../i.skc", "--yes", cwd=other, env=there).code == 0
    assert set(lines(skc, started)) <= set(lines(skc, other))


def test_two_people_on_two_machines_merge_through_git(
    skc: Skc, started: Path, other: Path, there: dict[str, str]
) -> None:
    git(started, "add", ".skc")
    git(started, "commit", "--quiet", "-m", "An incident")
    git(other, "pull", "--quiet", "origin", "main")
    assert skc("respond", "step", "keep", "--as", "ada", cwd=started).code == 0
    assert skc("respond", "note", "seen it, too", "--as", "bo", cwd=other, env=there).code == 0
    for folder in (started, other):
        git(folder, "add", ".skc")
        git(folder, "commit", "--quiet", "-m", "More")
    git(other, "pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    git(started, "pull", "--quiet", str(other), "main")
    here = skc("respond", "export", "--format", "json", cwd=started).json["facts"]
    away = skc("respond", "export", "--format", "json", cwd=other, env=there).json["facts"]
    assert here["timeline"] == away["timeline"]
    assert {one["person"] for one in here["timeline"]} >= {"ada", "bo"}
    assert json.dumps(here["incident"]) == json.dumps(away["incident"])
