"""Accepted findings stay quiet, wherever they move; nothing guessable is published."""

import json
import secrets
from pathlib import Path

import pytest

from skillconnect_ops.detection import Blob, Match, Scanner, baseline, secrets_baseline
from skillconnect_ops.detection.baseline import Baseline, BaselineUnreadable, fingerprints

SCANNER = Scanner()


def scan(text: str, path: str = "a/app.env") -> list[Match]:
    return SCANNER.scan(Blob(path=path, content=text.encode()))


def test_a_baseline_comes_back_as_it_was_written() -> None:
    found = scan(f"DB_PASSWORD={secrets.token_hex(16)}\n")
    one = Baseline().with_matches("a/app.env", found, "rotated on Monday")
    again = baseline.read(baseline.write(one))
    assert again == one
    (name,) = fingerprints("a/app.env", found)
    assert again.reason(name) == "rotated on Monday"
    assert again.reason("0" * 64) is None


def test_a_baseline_is_written_alike_whatever_the_order() -> None:
    first, second = scan(f"A_PASSWORD={secrets.token_hex(16)}"), scan("B_SECRET=" + "k7Q!" * 9)
    one = Baseline().with_matches("a", first, "x").with_matches("b", second, "y")
    other = Baseline().with_matches("b", second, "y").with_matches("a", first, "x")
    assert baseline.write(one) == baseline.write(other)


def test_a_finding_that_moves_keeps_its_fingerprint() -> None:
    value = secrets.token_hex(16)
    here, there = scan(f"DB_PASSWORD={value}"), scan(f"\n\n# moved\nDB_PASSWORD={value}")
    assert fingerprints("p", here) == fingerprints("p", there)
    assert fingerprints("p", here) != fingerprints("q", here)


def test_equal_findings_of_one_file_have_fingerprints_of_their_own() -> None:
    value = secrets.token_hex(16)
    names = fingerprints("p", scan(f"DB_PASSWORD={value}\nDB_PASSWORD={value}\n"))
    assert len(set(names)) == 2


def test_accepting_twice_adds_nothing() -> None:
    found = scan(f"DB_PASSWORD={secrets.token_hex(16)}\n")
    once = Baseline().with_matches("p", found, "x")
    assert once.with_matches("p", found, "y") == once


def test_a_baseline_holds_neither_the_value_nor_its_hash() -> None:
    value = secrets.token_hex(16)
    data = baseline.write(Baseline().with_matches("p", scan(f"DB_PASSWORD={value}"), "x"))
    assert value.encode() not in data
    assert secrets_baseline.read(foreign(value)).accepts("p", value)  # the hash is the right one
    assert json.loads(foreign(value))["results"]["p"][0]["hashed_secret"].encode() not in data


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"schema": "x", "accepted": []}'])
def test_what_is_no_baseline_is_refused(data: bytes) -> None:
    with pytest.raises(BaselineUnreadable):
        baseline.read(data)


def foreign(value: str) -> bytes:
    return secrets_baseline.write(
        [("p", match) for match in scan(f"DB_PASSWORD={value}")],
        generated_at="2026-01-02T03:04:05Z",
        weak_too=True,
    ).data


def test_an_exported_file_is_read_by_detect_secrets_itself(tmp_path: Path) -> None:
    from detect_secrets.core import baseline as theirs  # noqa: PLC0415  slow to import

    value = secrets.token_hex(20)
    path = tmp_path / ".secrets.baseline"
    path.write_bytes(foreign(value))
    loaded = theirs.load(theirs.load_from_file(str(path)), str(path))
    ((name, secret),) = list(loaded)
    assert name == "p"
    assert secret.secret_hash == json.loads(foreign(value))["results"]["p"][0]["hashed_secret"]


def test_export_refuses_what_its_hash_would_give_away_and_says_which() -> None:
    strong = secrets.token_hex(20)
    found = [("p", match) for match in scan(f"A_PASSWORD=hello-77\nB_PASSWORD={strong}\n")]
    exported = secrets_baseline.write(found, generated_at="2026-01-02T03:04:05Z")
    assert [(one.path, one.line) for one in exported.refused] == [("p", 1)]
    known = secrets_baseline.read(exported.data)
    assert known.accepts("p", strong)
    assert not known.accepts("p", "hello-77")
    assert not known.accepts("q", strong)


def test_what_an_audit_called_a_true_secret_is_not_quieted() -> None:
    value = secrets.token_hex(20)
    file = json.loads(foreign(value))
    file["results"]["p"][0]["is_secret"] = True
    assert not secrets_baseline.read(json.dumps(file).encode()).accepts("p", value)
    file["results"]["p"][0]["is_secret"] = False
    assert secrets_baseline.read(json.dumps(file).encode()).accepts("p", value)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"version": 1, "results": []}'])
def test_what_is_no_secrets_baseline_is_refused(data: bytes) -> None:
    with pytest.raises(BaselineUnreadable):
        secrets_baseline.read(data)
