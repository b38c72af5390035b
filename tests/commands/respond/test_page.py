"""The post-mortem tells the truth, with its gaps; runbooks can be printed."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from skillconnect_ops.commands.respond import page, reading
from skillconnect_ops.commands.respond.events import Ending, EventFacts, Happened
from skillconnect_ops.commands.respond.exporting import TEMPLATES, json_schema
from skillconnect_ops.commands.respond.gaps import gaps
from skillconnect_ops.commands.respond.telling import _SENTENCES
from skillconnect_ops.core.ports.evidence import Evidence
from skillconnect_ops.core.resources import template
from tests.commands.respond.conftest import RUNBOOK, SECRET
from tests.commands.respond.test_fold import BEGAN, START, begun, ended, folded, record
from tests.conftest import Skc

NOW = BEGAN + timedelta(hours=1)


def kinds(records: Sequence[Evidence]) -> set[tuple[str, str]]:
    return {(gap.kind, gap.about) for gap in gaps(folded(records), now=NOW)}


def test_every_event_has_its_sentence() -> None:
    assert set(_SENTENCES) == set(Happened)


def test_what_was_never_done_or_late_is_a_gap() -> None:
    found = kinds([START, ended("keep", "x", Ending.DONE, seconds=600), begun("shut", "y")])
    assert ("late", "keep") in found
    assert ("interrupted", "shut") in found
    assert ("never-done", "ask") in found


def test_a_record_from_the_future_and_a_clock_moved_back_are_gaps() -> None:
    found = kinds([START, begun("keep", "x", seconds=86_400), begun("shut", "y", seconds=5)])
    assert {kind for kind, _ in found} >= {"future", "clock-moved-back"}


def test_time_in_which_nothing_was_logged_is_a_gap() -> None:
    found = kinds([START, begun("keep", "x", seconds=60)])
    assert ("quiet", "2026-11-29 02:01:00Z to 2026-11-29 03:00:00Z") in found
    busy = [record(Happened.NOTED, EventFacts(text="x"), seconds=n * 1200) for n in range(1, 4)]
    assert "quiet" not in {kind for kind, _ in kinds([START, *busy])}


def test_lines_of_an_unlisted_key_are_claims() -> None:
    line = record(Happened.NOTED, EventFacts(person="eve", text="x"), seconds=1)
    unsigned = Evidence(
        at=line.at,
        claim=line.claim,
        subject=line.subject,
        holds=True,
        command="respond",
        facts=line.facts,
        writer="b",
        signer=None,
    )
    assert ("claimed", "eve") in kinds([START, unsigned])


def test_a_step_out_of_its_order_is_a_gap() -> None:
    facts = EventFacts(
        person="bo", step="shut", attempt="x", out_of_order=("keep",), reason="no time"
    )
    assert ("out-of-order", "shut") in kinds([START, record(Happened.BEGUN, facts, seconds=1)])


def test_a_name_that_would_steer_markdown_is_escaped() -> None:
    facts = EventFacts(person="<b>|x", text="| `a` |\n# b")
    incident = folded([START, record(Happened.NOTED, facts, seconds=1)])
    text = page.post_mortem(incident, (), now=NOW)
    assert r"\<b\>\|x" in text
    assert "\n# b" not in text


def test_the_page_comes_out_of_the_command(skc: Skc, started: Path) -> None:
    assert skc("respond", "step", "keep", "--evidence", "seen | there", cwd=started).code == 0
    ran = skc("respond", "export", "--format", "markdown", "--out", "pm.md", cwd=started)
    assert ran.code == 0, ran.stderr
    text = (started / "pm.md").read_text()
    assert "# Post-mortem: A small one" in text
    assert r"keep done by hand: seen \| there" in text
    assert "## Gaps" in text
    told = skc("respond", "export", "--format", "json", cwd=started).json["facts"]
    assert [one["what"] for one in told["timeline"]] == ["started", "joined", "ended"]
    assert SECRET not in text


@pytest.mark.parametrize("name", reading.shipped())
def test_a_runbook_is_printed_without_a_project(skc: Skc, name: str) -> None:
    ran = skc("respond", "print", name, "--format", "markdown")
    assert ran.code == 0, ran.stderr
    book = reading.read(template(f"runbooks/{name}.yaml"), file=name)
    assert ran.stdout.count("\n### ") == len(book.steps)
    for step in book.steps:
        assert page.text(step.title) in ran.stdout


def test_the_schema_takes_what_is_read_and_nothing_else(skc: Skc) -> None:
    ran = skc("respond", "schema")
    schema = json.loads(ran.stdout)
    assert schema == json.loads(json.dumps(json_schema()))
    valid = jsonschema_rs.validator_for(schema)
    for name in reading.shipped():
        assert valid.is_valid(yaml.safe_load(template(f"runbooks/{name}.yaml")))
    good = yaml.safe_load(RUNBOOK)
    assert valid.is_valid(good)
    good["phases"][0]["steps"][0]["auto"] = ["rm -rf /"]
    assert not valid.is_valid(good)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_comes_out_as_it_is(skc: Skc, tmp_path: Path, name: str) -> None:
    ran = skc("respond", "print", name, "--out", "out")
    assert ran.code == 0, ran.stderr
    assert (tmp_path / "out").read_text() == template(TEMPLATES[name])


def test_the_alert_rules_are_rules_with_everything_that_they_need() -> None:
    found = yaml.safe_load(template(TEMPLATES["alerts"]))
    rules = [rule for group in found["groups"] for rule in group["rules"]]
    assert {rule["alert"] for rule in rules} >= {
        *("ApiDown", "ErrorRate", "FailedLogins", "BackupOverdue", "RotationOverdue"),
        *("RotationDue", "IndexDrift", "IncidentOverdue"),
    }
    for rule in rules:
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]


@pytest.mark.parametrize("name", ["compose-rollout", "skc-metrics"])
def test_a_script_is_one_for_any_shell(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(template(TEMPLATES[name]))
    done = subprocess.run(("sh", "-n", path), capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_the_workflow_is_yaml_whose_words_reach_a_shell_by_variables_alone() -> None:
    found = yaml.safe_load(template(TEMPLATES["github-rollout"]))
    for job in found["jobs"].values():
        for step in job["steps"]:
            assert "inputs." not in step.get("run", "")


def test_metrics_of_a_project_are_what_prometheus_reads(
    project: Path, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    skc = tmp_path / "bin" / "skc"
    root = Path(__file__).parents[3]
    skc.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m skillconnect_ops "$@"\n')
    skc.chmod(0o755)
    script = tmp_path / "metrics"
    script.write_text(template(TEMPLATES["skc-metrics"]))
    env = {**clean_environment, "PATH": f"{tmp_path / 'bin'}:{clean_environment['PATH']}"}
    done = subprocess.run(
        ("sh", script, "production"),
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert 'skc_check_exit{check="incident",target="production"} 0' in lines
    assert 'skc_backup_newest_timestamp_seconds{target="production"} 0' in lines
    assert all(re.fullmatch(r"[a-z_]+\{[^}]*\} \d+", line) for line in lines)
