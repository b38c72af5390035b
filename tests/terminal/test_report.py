"""The report as JSON, `skc/report/1`, and as a table."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.core.view import Lines
from skillconnect_ops.terminal.options import Format
from skillconnect_ops.terminal.render import as_json, plain, rendered
from skillconnect_ops.terminal.streams import Screen
from tests.conftest import Skc
from tests.terminal.program import HIDDEN

KEYS = [
    "schema",
    "command",
    "subject",
    "status",
    "started_at",
    "seconds",
    "error",
    "journal",
    "next",
    "findings",
    "unknown",
    "steps",
    "facts",
]


@pytest.mark.parametrize(
    "argv",
    [
        ("shelf",),
        ("shelf", "list"),
        ("end", "error", "refused"),
        ("end", "findings"),
        ("end", "bug"),
        ("end", "stop"),
        ("no-such",),
    ],
)
def test_every_key_is_always_there(program: Skc, argv: tuple[str, ...]) -> None:
    assert list(program(*argv, "--format", "json").json) == KEYS


def test_the_values_have_the_forms_of_the_contract(program: Skc) -> None:
    report = program("shelf", "list", "--format", "json").json
    assert report["schema"] == "skc/report/1"
    assert report["subject"] == {"target": "production"}
    assert report["status"] == "ok"
    assert datetime.fromisoformat(report["started_at"]).tzinfo == UTC
    assert report["started_at"].endswith("Z")
    assert isinstance(report["seconds"], float)
    assert report["error"] is report["journal"] is None
    assert report["next"] == ["skc shelf show ID"]
    assert report["unknown"] == [{"subject": "attic", "reason": "locked"}]
    assert report["steps"] == [
        {"key": "k", "kind": "wall.paint", "outcome": "done", "seconds": 0.1}
    ]
    assert report["facts"] == {
        "at": "2026-11-22T15:44:03Z",
        "path": "a/b",
        "password": "***",
        "colours": ["red"],
        "ratio": None,
        "step": {"kind": "wall.paint", "key": "x"},
    }


def test_a_finding_has_all_its_fields(program: Skc) -> None:
    ran = program("end", "findings", "--format", "json")
    assert ran.code == 12
    assert ran.json["status"] == "findings"
    (finding,) = ran.json["findings"]
    assert set(finding) == {
        *("id", "severity", "confidence", "subject", "path", "line", "column", "end_line"),
        *("message", "remedy", "fingerprint", "suppressed"),
    }
    assert (finding["severity"], finding["confidence"]) == ("high", "high")


def test_an_error_is_an_object_and_names_the_journal(program: Skc) -> None:
    report = program("end", "error", "rolled_back", "--format", "json").json
    assert report["error"] == {"what": "it broke", "why": "it was old", "fix": "skc box open"}
    assert report["journal"] == "2026-j"
    assert report["next"] == ["skc box open"]


def test_json_and_nothing_else_is_on_stdout(program: Skc) -> None:
    ran = program("shelf", "list", "--format", "json")
    assert ran.json
    assert ran.stderr == ""


def test_times_of_other_zones_become_utc() -> None:
    there = datetime(2026, 1, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    assert plain(there) == "2026-01-01T10:30:00Z"


@pytest.mark.parametrize("value", [b"bytes", object(), lambda: None])
def test_what_is_no_fact_is_a_bug(value: Any) -> None:
    with pytest.raises(TypeError, match="a report cannot hold"):
        plain({"x": [value]})


def test_a_name_that_is_no_unicode_still_makes_json() -> None:
    text = as_json(Report(command="x", facts={"name": "caf\udce9"}))
    sent = text.encode("utf-8", "backslashreplace")
    assert json.loads(sent)["facts"]["name"] == "caf\udce9"


def test_a_secret_is_never_written(program: Skc) -> None:
    ran = program("shelf", "list", "--format", "json")
    assert HIDDEN not in ran.stdout + ran.stderr


def test_the_table_is_on_stdout_and_the_next_command_on_stderr(program: Skc) -> None:
    ran = program("shelf", "list")
    assert ran.stdout == (
        "shelf  upper\n"
        "state  good\n"
        "\n"
        "things\n"
        "id                            size  verdict\n"
        "2026-11-22T15-44-03Z-app  1,200 kB  fine\n"
        "\n"
        "not looked at  because\n"
        "attic          locked\n"
    )
    assert ran.stderr == "next: skc shelf show ID\n"


def test_a_failed_command_shows_what_it_found_and_else_nothing() -> None:
    error = ErrorFacts(what="it broke", why="w", fix="f")
    report = Report(command="x", status=Status.REFUSED, error=error)
    pipe = Screen(width=None, colour=False)
    assert rendered(report, report_format=Format.TABLE, screen=pipe) == ""
    found = msgspec.structs.replace(report, view=(Lines(("duplicates",)),))
    assert rendered(found, report_format=Format.TABLE, screen=pipe) == "duplicates\n"
    assert "it broke" in rendered(report, report_format=Format.JSON, screen=pipe)


def test_findings_are_shown_with_their_places(program: Skc) -> None:
    assert program("end", "findings").stdout == (
        "1 finding\n"
        "severity  id           where       what\n"
        "high      loose-board  a/b.js:3:5  a board is loose\n"
        "\n"
        "fix loose-board: a/b.js:3:5\n"
        "  nail it\n"
    )
