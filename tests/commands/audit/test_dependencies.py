"""The table of packages that is shipped, and what is told of a project's dependencies."""

import json
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.code.manifests import python_name
from skillconnect_ops.code.versions import version
from skillconnect_ops.commands.audit.dependencies import REGISTRY, Entry, State, known
from tests.conftest import Skc

EVERY = [*known().npm.items(), *known().python.items()]


def audit(skc: Skc, app: Path) -> Any:
    return skc("audit", "--select", "dependency-archived", "--format", "json", cwd=app).json


def test_the_table_is_as_large_as_was_promised() -> None:
    assert len(EVERY) >= 40
    assert len(known().python) >= 10


@pytest.mark.parametrize(("name", "entry"), EVERY, ids=[name for name, _ in EVERY])
def test_an_entry_says_what_to_take_and_where_it_is_said(name: str, entry: Entry) -> None:
    assert entry.source == REGISTRY or entry.source.startswith("https://")
    assert entry.instead.strip()
    assert entry.instead != name
    assert entry.since is None or entry.since <= known().read
    assert entry.before is None or version(entry.before) is not None
    assert not (entry.before and entry.only)
    assert (entry.state is State.OUTDATED) <= (entry.before is not None)
    assert (entry.state is State.COMPROMISED) <= bool(entry.only)
    assert all(version(one) is not None for one in entry.only)


@pytest.mark.parametrize("name", sorted(known().python))
def test_a_name_of_python_is_spelled_as_it_is_compared(name: str) -> None:
    assert name == python_name(name)


def test_the_finding_says_what_to_take_and_where_it_is_said(skc: Skc, app: Path) -> None:
    (app / "package.json").write_text('{\n "dependencies": {\n  "request": "^2"\n }\n}\n')
    (found,) = audit(skc, app)["findings"]
    assert found["message"] == "request: it is deprecated since 2020-02-11"
    assert "fetch" in found["remedy"]
    assert "https://github.com/request/request/issues/3142" in found["remedy"]


def test_a_fingerprint_outlives_a_new_version_and_a_move(skc: Skc, app: Path) -> None:
    place = app / "package.json"
    place.write_text('{"dependencies": {"request": "^2.1"}}')
    (before,) = audit(skc, app)["findings"]
    place.write_text('{"dependencies": {\n "express": "5",\n "request": "2.88.2"}}')
    (after,) = audit(skc, app)["findings"]
    assert after["fingerprint"] == before["fingerprint"]
    assert after["line"] == 3


def test_a_compromised_release_is_no_less_grave_for_developers(skc: Skc, app: Path) -> None:
    some = {"request": "2.88.2", "ua-parser-js": "1.0.0"}
    (app / "package.json").write_text(json.dumps({"devDependencies": some}))
    found = {one["severity"] for one in audit(skc, app)["findings"]}
    assert found == {"low", "critical"}


def test_what_a_lock_settled_on_counts_more_than_the_range(skc: Skc, app: Path) -> None:
    (app / "package.json").write_text('{"dependencies": {"jsonwebtoken": ">=8"}}')
    lock = app / "package-lock.json"
    for installed, findings in (("8.5.1", 1), ("9.0.2", 0)):
        lock.write_text(
            json.dumps({"packages": {"node_modules/jsonwebtoken": {"version": installed}}})
        )
        report = audit(skc, app)
        assert len(report["findings"]) == findings
        assert report["unknown"] == []
    lock.unlink()
    assert [one["subject"] for one in audit(skc, app)["unknown"]] == ["package.json"]


def test_without_a_manifest_it_does_not_apply(skc: Skc, app: Path) -> None:
    (app / "a.js").write_text("let x;")
    (told,) = audit(skc, app)["facts"]["checks"]
    assert told["outcome"] == "not applicable"


def test_nobody_is_asked_over_the_network(
    skc: Skc, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket  # noqa: PLC0415 - barred here alone

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", never)
    (app / "requirements.txt").write_text("motor\n")
    assert len(audit(skc, app)["findings"]) == 1


def test_files_that_include_each_other_are_read_once(skc: Skc, app: Path) -> None:
    (app / "requirements.txt").write_text("-r base\nmotor\n-r gone.txt\n-r ../outside.txt\n")
    (app / "base").write_text("-r requirements.txt\nnose\n")
    report = audit(skc, app)
    assert [one["path"] for one in report["findings"]] == ["base", "requirements.txt"]
    assert [one["subject"] for one in report["unknown"]] == ["gone.txt"]
