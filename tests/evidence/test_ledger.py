"""What is recorded, who stands behind it, and what never enters."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence.errors import SignersAreUnreadable, SigningKeyIsUnusable
from tests.evidence.bench import StillClock, chains, ledger, numbers, proof


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(1), proof(2)], command="backup verify", journal="2026-x")
    books.record([proof(3)], command="backup")
    first, _, last = books.read()
    assert (first.claim, first.subject) == ("backup.restorable", {"database": "app", "number": 1})
    assert first.facts == {"documents": 1, "rate": 1.5, "name": "Grüße"}
    assert (first.holds, first.command, first.journal) == (True, "backup verify", "2026-x")
    assert (last.subject["number"], last.journal) == (3, None)
    assert len(chains(tmp_path)) == 1


def test_a_record_of_an_unlisted_signer_is_a_claim(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof()], command="backup")
    (entry,) = books.read()
    assert entry.signer is None
    assert not entry.proven
    assert not (tmp_path / "repo" / ".skc" / "allowed_signers").exists()


def test_enrolling_makes_proofs_of_what_the_key_signed(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof()], command="backup")
    assert books.enroll("ops-laptop") == "ops-laptop"
    (entry,) = books.read()
    assert (entry.signer, entry.proven) == ("ops-laptop", True)


def test_enrolling_twice_keeps_the_first_name(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.enroll("first")
    assert books.enroll("second") == "first"
    assert (tmp_path / "repo" / ".skc" / "allowed_signers").read_text().count("\n") == 1


def test_a_list_that_people_wrote_is_kept(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    path = tmp_path / "repo" / ".skc" / "allowed_signers"
    path.parent.mkdir()
    path.write_text("# who may sign\n\n# nobody yet")
    books.enroll("me")
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# who may sign", "", "# nobody yet"]
    assert lines[3].startswith("me ed25519:")


@pytest.mark.parametrize("name", ["", "two words", "-x", "a\nb", "x" * 65])
def test_a_name_that_would_break_the_list_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        ledger(tmp_path).enroll(name)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "line", ["me", "me ed25519:AAAA", "me rsa:AAAA", "m/e ed25519:" + "A" * 43 + "=", "a b c"]
)
def test_a_bad_line_in_the_list_is_named(tmp_path: Path, line: str) -> None:
    books = ledger(tmp_path)
    books.enroll("me")
    path = tmp_path / "repo" / ".skc" / "allowed_signers"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(SignersAreUnreadable, match="line 2"):
        books.read()


def test_a_record_of_another_project_is_no_proof_here(tmp_path: Path) -> None:
    ledger(tmp_path, project="p2").record([proof()], command="backup")
    books = ledger(tmp_path, project="p1")
    books.enroll("me")
    assert [entry.proven for entry in books.read()] == [False]


def test_the_key_is_private_and_names_no_person(tmp_path: Path) -> None:
    os.umask(old := os.umask(0))
    os.umask(0)
    try:
        ledger(tmp_path).record([proof()], command="backup")
    finally:
        os.umask(old)
    key = tmp_path / "state" / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    (path,) = chains(tmp_path)
    writer, _, chain = path.stem.partition("-")
    assert int(writer, 16) >= 0
    assert int(chain, 16) >= 0
    assert key.read_text().strip() not in path.read_text()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof()], command="backup")
    (tmp_path / "state" / "signing.key").chmod(0o640)
    with pytest.raises(SigningKeyIsUnusable, match=r"signing\.key"):
        books.record([proof()], command="backup")


def test_a_key_from_the_environment_signs_and_is_not_stored(tmp_path: Path) -> None:
    ledger(tmp_path).enroll("ci")
    path = tmp_path / "state" / "signing.key"
    text = path.read_text()
    path.unlink()
    books = ledger(tmp_path, SKC_SIGNING_KEY=text)
    books.record([proof()], command="audit")
    assert [entry.signer for entry in books.read()] == ["ci"]
    assert not path.exists()


@pytest.mark.parametrize("text", ["no key", "ed25519-private:AA==", "ed25519-private:c2hvcnQ="])
def test_a_bad_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SigningKeyIsUnusable) as caught:
        ledger(tmp_path, SKC_SIGNING_KEY=text).record([proof()], command="audit")
    said = caught.value.what + caught.value.why + caught.value.fix
    assert text not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_secret_cannot_enter(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    with pytest.raises(TypeError):
        books.record([proof(1), proof(2, password=Secret("hunter2"))], command="backup")
    assert chains(tmp_path) == []


def test_nothing_to_record_makes_nothing(tmp_path: Path) -> None:
    ledger(tmp_path).record([], command="backup")
    assert not (tmp_path / "repo" / ".skc").exists()
    assert not (tmp_path / "state").exists()


def test_reading_makes_nothing(tmp_path: Path) -> None:
    assert ledger(tmp_path).read() == ()
    assert not (tmp_path / "state").exists()


def test_a_clock_moved_back_does_not_turn_the_order_round(tmp_path: Path) -> None:
    clock = StillClock()
    mine, other = (
        ledger(tmp_path, clock=clock),
        ledger(tmp_path, clock=clock, state=tmp_path / "other"),
    )
    mine.record([proof(1)], command="backup")
    clock.time -= timedelta(hours=2)
    mine.record([proof(2)], command="backup")
    clock.time += timedelta(hours=3)
    other.record([proof(3)], command="backup")
    assert numbers(mine) == [1, 2, 3]
    times = [entry.at for entry in mine.read()]
    assert times[1] < times[0] < times[2]
