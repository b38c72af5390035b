"""Retired secrets are found again in every form, and by nobody without the key."""

import hashlib
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence import retired_keys
from skillconnect_ops.evidence.errors import LedgerKeyIsMissing
from skillconnect_ops.evidence.forms import forms, password_of
from skillconnect_ops.evidence.matching import Matcher, Reason, Refusal, Retired, Retirement
from skillconnect_ops.evidence.retired_keys import LedgerKeyIsUnusable, Ring
from tests.evidence.bench import ledger
from tests.evidence.shelves import (
    both,
    chains,
    knows,
    password,
    private,
    retire,
    retirement,
    shelf,
    strong,
    uri,
)


def test_a_retired_value_is_known_again_and_no_other_is(tmp_path: Path) -> None:
    books, value = shelf(tmp_path), strong()
    retire(books, value, name="JWT_SECRET_KEY")
    found = books.check(Secret(value))
    assert found is not None
    assert (found.retirement.name, found.retirement.reason) == ("JWT_SECRET_KEY", Reason.LEAKED)
    for other in (strong(), value[:-1], value + "0", value.upper(), value[1:]):
        assert not knows(books, other)


@pytest.mark.parametrize("written", range(6))
def test_a_uri_is_known_by_its_password_in_every_form(tmp_path: Path, written: int) -> None:
    value = password()
    found = (
        uri(value),
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        f"redis://:{quote(value, safe='')}@other.example.net:6379/0",
    )[written]
    books = shelf(tmp_path)
    retire(books, uri(value))
    assert knows(books, found)
    assert knows(books, f"  {found}\n")


def test_a_password_that_was_retired_alone_is_known_within_a_uri(tmp_path: Path) -> None:
    books, value = shelf(tmp_path), password()
    retire(books, value)
    assert knows(books, uri(value))
    assert knows(books, f"mongodb://app:{value}@h/app")  # as nobody should write it
    assert not knows(books, uri(strong()))


@settings(max_examples=300)
@given(st.text(min_size=1, max_size=40).map(str.strip).filter(bool))
def test_any_password_meets_itself_whichever_side_is_encoded(value: str) -> None:
    encoded = quote(value, safe="")
    within = f"amqp://u:{encoded}@h/"
    assert password_of(within) == value
    for one in (encoded, within):
        for other in (encoded, within):
            assert set(forms(one)) & set(forms(other))
    assert value in set(forms(value)) & set(forms(within))


@pytest.mark.parametrize(
    "plain",
    [
        "https://example.net:8080/a@b",
        "https://example.net/x",
        "https://user@example.net/x",
        "mongodb://h1:27017,h2:27017/app",
        "user:pass@host",
        "redis://:@host",
        "://a:b@c",
        "",
    ],
)
def test_what_has_no_password_gives_none(plain: str) -> None:
    assert password_of(plain) is None


def test_nothing_of_a_value_is_written_anywhere(tmp_path: Path) -> None:
    books, evidence = both(tmp_path)
    value, weak = password(), "hunter2"
    retire(books, uri(value), evidence=evidence)
    retire(books, weak, evidence=evidence)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for form in (*forms(uri(value)), weak):
        assert form.encode() not in written
        assert hashlib.sha256(form.encode()).hexdigest().encode() not in written


def test_fingerprints_need_the_key(tmp_path: Path) -> None:
    one, two, value = shelf(tmp_path / "a"), shelf(tmp_path / "b"), strong()
    for books in (one, two):
        books.ensure_key()
    first, second = retirement(one, value), retirement(two, value)
    assert first.key != second.key
    assert set(first.fingerprints).isdisjoint(second.fingerprints)


def test_what_could_be_guessed_stays_on_this_machine(tmp_path: Path) -> None:
    books, evidence = both(tmp_path)
    retire(books, "S3cret-2024!", evidence=evidence)
    assert chains(tmp_path) == []
    assert len(private(tmp_path)) == 1
    assert knows(books, "S3cret-2024!")
    (entry,) = evidence.read()
    assert entry.facts["private"] is True
    assert not {"writer", "digest", "fingerprints", "key"} & entry.facts.keys()
    (read,) = books.read().entries
    assert read.retirement.private


def test_a_guessable_password_in_a_long_uri_is_guessable(tmp_path: Path) -> None:
    books = shelf(tmp_path)
    retire(books, uri("summer2024"))
    assert chains(tmp_path) == []


def test_the_key_is_private_and_the_first_one_writes(tmp_path: Path) -> None:
    books = shelf(tmp_path)
    made = books.ensure_key()
    assert books.ensure_key() == made
    path = tmp_path / "state" / "ledger.key"
    assert path.stat().st_mode & 0o777 == 0o600
    given = retired_keys.make()
    assert books.take_key(given.text()) == (given.id,)
    assert books.ring().ids == (given.id, made)
    assert retirement(books, strong()).key == given.id


def test_ci_reads_with_the_key_that_it_is_given(tmp_path: Path) -> None:
    value = strong()
    retire(shelf(tmp_path), value)
    text = (tmp_path / "state" / "ledger.key").read_text()
    there = shelf(tmp_path, state=tmp_path / "ci", SKC_LEDGER_KEY=text)
    assert knows(there, value)
    assert not knows(there, strong())
    assert not (tmp_path / "ci" / "ledger.key").exists()


@pytest.mark.parametrize("other", [False, True], ids=["lost", "different"])
def test_without_the_right_key_nothing_is_called_fine(tmp_path: Path, other: bool) -> None:
    value = strong()
    books = shelf(tmp_path)
    ledger(tmp_path).enroll("ana-laptop")
    retire(books, value)
    (wanted,) = books.ring().ids
    elsewhere, text = tmp_path / "elsewhere", retired_keys.make().text().reveal()
    there = shelf(tmp_path, state=elsewhere)
    if other:
        there = shelf(tmp_path, state=elsewhere, SKC_LEDGER_KEY=text)
    for asked in (value, strong()):
        with pytest.raises(LedgerKeyIsMissing) as caught:
            there.check(Secret(asked))
        assert caught.value.wanted == (wanted,)
        assert wanted in caught.value.what
        assert "ana-laptop wrote with it" in caught.value.why
    matches = there.match([Secret(value)])
    assert (matches.hits, matches.unread) == ((), (wanted,))


def test_without_its_key_a_ledger_is_not_quietly_split(tmp_path: Path) -> None:
    retire(shelf(tmp_path), strong())
    there = shelf(tmp_path, state=tmp_path / "elsewhere")
    with pytest.raises(LedgerKeyIsMissing):
        there.ensure_key()
    assert not (tmp_path / "elsewhere" / "ledger.key").exists()
    value = strong()
    there.ensure_key(anew=True)
    there.add(retirement(there, value), command="x")
    assert knows(there, value)
    with pytest.raises(LedgerKeyIsMissing):
        there.check(Secret(strong()))


@pytest.mark.parametrize("text", ["", "x", "skc-ledger:AAAA", "skc-ledger:!!!!", "AAAA" * 11])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    books = shelf(tmp_path)
    with pytest.raises(LedgerKeyIsUnusable) as caught:
        books.take_key(Secret(text))
    assert text not in f"{caught.value.what} {caught.value.why}" or len(text) < 2
    assert not (tmp_path / "state" / "ledger.key").exists()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    books = shelf(tmp_path)
    books.ensure_key()
    os.chmod(tmp_path / "state" / "ledger.key", 0o644)  # noqa: PTH101
    with pytest.raises(LedgerKeyIsUnusable, match="ledger key"):
        books.ring()


def test_recording_twice_records_once(tmp_path: Path) -> None:
    books, value = shelf(tmp_path), strong()
    assert retire(books, value) == retire(books, value)
    assert len(books.read().entries) == 1


def test_the_gravest_reason_speaks(tmp_path: Path) -> None:
    books, value = shelf(tmp_path), strong()
    books.ensure_key()
    for reason in (Reason.SCHEDULED, Reason.LEAKED, Reason.OFFBOARDING):
        books.add(retirement(books, value, reason=reason), command="x")
    found = books.check(Secret(value))
    assert found is not None
    assert found.retirement.reason is Reason.LEAKED


def test_who_recorded_counts_once_listed(tmp_path: Path) -> None:
    books, evidence = both(tmp_path)
    value = strong()
    retire(books, value, evidence=evidence)
    assert [entry.signer for entry in books.read().entries] == [None]
    evidence.enroll("ana-laptop")
    assert [entry.signer for entry in books.read().entries] == ["ana-laptop"]


def test_many_candidates_are_matched_in_one_pass(tmp_path: Path) -> None:
    books, values = shelf(tmp_path), [strong() for _ in range(5)]
    for value in values:
        retire(books, value)
    found = [strong(), values[3], uri(values[1]), strong(), values[3]]
    matches = books.match(Secret(value) for value in found)
    assert [hit.candidate.reveal() for hit in matches.hits] == [found[1], found[2], found[4]]
    assert matches.unread == ()


def test_matching_is_pure(tmp_path: Path) -> None:
    key = retired_keys.make()
    value = strong()
    what = Retirement(
        name="K",
        kind="value",
        reason=Reason.SCHEDULED,
        refusal=Refusal.PROVEN,
        by=None,
        key=key.id,
        fingerprints=(key.fingerprint(value),),
        private=False,
    )
    entry = Retired(
        retirement=what,
        at=datetime.now(UTC),
        writer="w",
        seq=1,
        signer=None,
    )
    assert Matcher([entry], Ring((key,))).check(Secret(value)) is entry
    assert Matcher([entry], Ring()).unread == (key.id,)


def test_an_algorithm_of_another_version_is_unread_not_ignored(tmp_path: Path) -> None:
    books = shelf(tmp_path)
    value = strong()
    books.ensure_key()
    what = retirement(books, value)
    newer = f"blake9:{what.key}"
    entry = Retired(
        retirement=structs.replace(what, key=newer),
        at=datetime.now(UTC),
        writer="w",
        seq=1,
        signer=None,
    )
    assert Matcher([entry], books.ring()).unread == (newer,)


def test_a_value_keeps_its_signs(tmp_path: Path) -> None:
    books = shelf(tmp_path)
    value = f"{secrets.token_hex(12)}ü {secrets.token_hex(12)}\ud83d\ude00".encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16")
    retire(books, value)
    assert knows(books, value)
    assert knows(books, quote(value))
