"""`skc init` lists this machine as a signer, and what it observes then counts as proven."""

import json
import subprocess
from pathlib import Path

import pytest

from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.init.signer import EnrollSigner, SignerEnroll, machine_name
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.keys import NAME
from skillconnect_ops.evidence.ledger import Ledger
from tests.commands.init.test_steps import Walking
from tests.conftest import Skc
from tests.evidence.bench import StillClock, proof

STEP = SignerEnroll(key="enroll:ana-laptop", name="ana-laptop", project="p1")


def books(root: Path, state: Path, project: str = "p1") -> Ledger:
    return Ledger(
        root=root,
        state=state,
        project=project,
        disk=Disk(),
        clock=StillClock(),
        environment=ProcessEnvironment({}),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def handler(root: Path, tmp_path: Path) -> EnrollSigner:
    return EnrollSigner(root, lambda _: books(root, tmp_path / "state"), Disk())


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_init_makes_proofs_of_what_this_machine_signs(skc: Skc, root: Path, tmp_path: Path) -> None:
    ran = skc("init", "--yes", "--format", "json", cwd=root)
    assert ran.code == 0, ran.stderr
    assert [step["kind"] for step in ran.json["steps"]] == ["file.write", "signer.enroll"]
    assert f"as {machine_name()} in .skc/allowed_signers" in ran.stderr
    project = ran.json["facts"]["init"]["project"]["id"]
    here = books(root, tmp_path / "state" / "skc" / project, project)
    here.record([proof()], command="x")
    assert [entry.signer for entry in here.read()] == [machine_name()]
    key = tmp_path / "state" / "skc" / project / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes().split(b":")[1].strip() not in b"".join(
        data for data in everything(root).values() if data
    )


def test_the_name_of_this_machine_is_one() -> None:
    assert NAME.fullmatch(machine_name())


def test_a_colleague_is_listed_beside(skc: Skc, root: Path, tmp_path: Path) -> None:
    assert skc("init", "--yes", cwd=root).code == 0
    before = (root / ".skc" / "allowed_signers").read_text()
    yaml = (root / "skc.yaml").read_bytes()
    there = {"XDG_STATE_HOME": str(tmp_path / "colleague")}
    asked = skc("init", "--enroll", "--as", "ben", cwd=root, env=there)
    assert asked.code == 3
    assert not (tmp_path / "colleague").exists()
    ran = skc("init", "--enroll", "--as", "ben", "--yes", "--format", "json", cwd=root, env=there)
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["signer"] == {
        "name": "ben",
        "file": ".skc/allowed_signers",
        "written": True,
    }
    after = (root / ".skc" / "allowed_signers").read_text()
    assert after.startswith(before)
    assert after.removeprefix(before).startswith("ben ed25519:")
    again = skc("init", "--enroll", "--yes", cwd=root, env=there)
    assert again.code == 0
    assert "listed already" in again.stderr
    assert (root / ".skc" / "allowed_signers").read_text() == after
    assert (root / "skc.yaml").read_bytes() == yaml


def test_replacing_the_file_keeps_the_signer(skc: Skc, root: Path) -> None:
    assert skc("init", "--yes", cwd=root).code == 0
    before = (root / ".skc" / "allowed_signers").read_bytes()
    (root / "skc.yaml").write_text((root / "skc.yaml").read_text() + "# by hand\n")
    ran = skc("init", "--replace", "--confirm", "skc.yaml", "--format", "json", cwd=root)
    assert [step["kind"] for step in ran.json["steps"]] == ["file.write"]
    assert (root / ".skc" / "allowed_signers").read_bytes() == before


def test_without_a_project_nobody_is_enrolled(skc: Skc, root: Path) -> None:
    ran = skc("init", "--enroll", "--yes", cwd=root)
    assert ran.code == 4
    assert "fix:   skc init\n" in ran.stderr
    assert everything(root) == {}


def test_a_name_that_is_none_is_a_mistake(skc: Skc, root: Path) -> None:
    assert skc("init", "--yes", cwd=root).code == 0
    assert skc("init", "--enroll", "--as", "a b", "--yes", cwd=root).code == 2
    assert skc("init", "--as", "ana", cwd=root).code == 2


def test_undo_leaves_nothing_of_it_in_the_project(handler: EnrollSigner, root: Path) -> None:
    walk = Walking()
    image = handler.before(STEP, walk)
    handler.undo(STEP, image, walk)
    assert everything(root) == {}
    handler.apply(STEP, walk)
    assert all(proof.holds for proof in handler.verify(STEP, walk))
    for _ in range(2):
        handler.undo(STEP, image, walk)
        assert everything(root) == {}
        assert not any(proof.holds for proof in handler.verify(STEP, walk))


def test_undo_keeps_the_lines_of_others(handler: EnrollSigner, root: Path, tmp_path: Path) -> None:
    books(root, tmp_path / "other").enroll("cem")
    (root / ".skc" / "allowed_signers").write_text(
        "# people\n" + (root / ".skc" / "allowed_signers").read_text()
    )
    before = everything(root)
    walk = Walking()
    image = handler.before(STEP, walk)
    handler.apply(STEP, walk)
    books(root, tmp_path / "third").enroll("dee")
    handler.undo(STEP, image, walk)
    after = (root / ".skc" / "allowed_signers").read_text()
    assert after.startswith((before[".skc/allowed_signers"] or b"").decode())
    assert [line.split()[0] for line in after.splitlines()] == ["#", "cem", "dee"]


def test_undo_keeps_a_line_that_was_there_before(handler: EnrollSigner, root: Path) -> None:
    walk = Walking()
    handler.apply(STEP, walk)
    before = everything(root)
    image = handler.before(STEP, walk)
    handler.apply(STEP, walk)
    handler.undo(STEP, image, walk)
    assert everything(root) == before


def test_undo_keeps_a_ledger_that_came_meanwhile(
    handler: EnrollSigner, root: Path, tmp_path: Path
) -> None:
    walk = Walking()
    image = handler.before(STEP, walk)
    handler.apply(STEP, walk)
    books(root, tmp_path / "state").record([proof()], command="x")
    handler.undo(STEP, image, walk)
    assert len(list((root / ".skc" / "evidence").glob("*.jsonl"))) == 1


def test_a_failed_enrollment_takes_the_settings_back(
    skc_process: Skc, root: Path, tmp_path: Path
) -> None:
    (root / ".skc").write_text("in the way")
    ran = skc_process("init", "--yes", cwd=root)
    assert ran.code == 5, ran.stderr
    assert everything(root) == {".skc": b"in the way"}


def test_git_sees_the_list(skc: Skc, root: Path) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    assert skc("init", "--yes", cwd=root).code == 0
    done = subprocess.run(
        ["git", "status", "--porcelain", "-uall"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ".skc/allowed_signers" in done.stdout
    assert json.dumps(machine_name()).strip('"') in (root / ".skc/allowed_signers").read_text()
