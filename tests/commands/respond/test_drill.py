"""The drill, for real, and what it is judged by."""

import json
from pathlib import Path

import pytest

from skillconnect_ops.commands.respond.drill import script
from skillconnect_ops.commands.respond.drill_checks import AWAITED, Played, judged
from skillconnect_ops.commands.respond.drill_stage import Staged
from skillconnect_ops.core.secret import Secret
from tests.commands.demo.test_demo import processes_of
from tests.conftest import Skc


def test_a_drill_ends_contained_and_is_recorded_of_the_demo_target_alone(
    skc_process: Skc, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "t").mkdir()
    ran = skc_process(
        *("respond", "drill", "--format", "json"),
        cwd=project,
        env={"TMPDIR": str(tmp_path / "t")},
        timeout_s=280,
    )
    assert ran.code == 0, ran.stdout + ran.stderr
    drill = ran.json["facts"]["drill"]
    assert drill["score"] == 100
    assert drill["contained_s"] <= 60
    assert drill["keystrokes"] <= 3
    assert drill["whole_s"] <= 300
    assert ran.json["facts"]["recorded"] is True
    records = [
        json.loads(line)
        for path in (project / ".skc/evidence").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert [one["claim"] for one in records] == ["respond.drilled"]
    assert records[0]["subject"]["target"] == "demo"
    assert records[0]["holds"] is True
    assert list((tmp_path / "t").iterdir()) == []
    assert processes_of(tmp_path / "t") == []
    assert "mongodb://" not in ran.stdout + ran.stderr


SCRIPT = script(
    Staged(
        project=Path("drill-project"),
        variables={},
        root=Secret(""),
        told=Path("told"),
        before={},
        in_place=False,
    )
)


def played(**exits: int) -> list[Played]:
    found = []
    for words in SCRIPT:
        usual = 6 if words == AWAITED else 0
        name = words[2] if len(words) > 2 else words[1]
        found.append(Played(command=" ".join(words), exit=exits.get(name, usual), seconds=1.0))
    return found


def test_a_drill_that_takes_too_long_or_fails_says_so() -> None:
    fine = judged(played(), SCRIPT, contained_s=59, whole_s=299)
    assert all(one.holds for one in fine)
    slow = judged(played(), SCRIPT, contained_s=61, whole_s=301)
    assert [one.holds for one in slow] == [False, False, True]
    failed = judged(played(rotate=5), SCRIPT, contained_s=1, whole_s=1)
    assert [one.holds for one in failed] == [True, True, False]
    assert "respond step rotate --yes: 5" in failed[2].seen


def test_the_lines_that_contain_it_are_three() -> None:
    assert [words[2] for words in SCRIPT[:3]] == ["credentials-leaked", "strangers", "disarm"]


@pytest.mark.long
def test_a_drill_with_the_reference_api_ends_with_the_api_on_new_values(
    skc_process: Skc, tmp_path: Path
) -> None:
    (tmp_path / "t").mkdir()
    ran = skc_process(
        *("respond", "drill", "--api", "--format", "json"),
        env={"TMPDIR": str(tmp_path / "t")},
        timeout_s=280,
    )
    assert ran.code == 0, ran.stdout + ran.stderr
    drill = ran.json["facts"]["drill"]
    assert drill["score"] == 100
    assert any("the app is well" in one["what"] for one in drill["checks"])
    assert ran.json["facts"]["recorded"] is False
    assert list((tmp_path / "t").iterdir()) == []
    assert processes_of(tmp_path / "t") == []


def test_a_drill_of_a_deployment_goes_back_to_what_was_proven(
    skc_process: Skc, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "t").mkdir()
    ran = skc_process(
        *("respond", "drill", "deployment-failed", "--format", "json"),
        cwd=project,
        env={"TMPDIR": str(tmp_path / "t")},
    )
    assert ran.code == 0, ran.stdout + ran.stderr
    assert ran.json["facts"]["drill"]["score"] == 100
    (record,) = (
        json.loads(line)
        for path in (project / ".skc/evidence").glob("*.jsonl")
        for line in path.read_text().splitlines()
    )
    assert record["claim"] == "respond.drilled"
    assert record["subject"]["runbook"] == "deployment-failed"
    assert record["subject"]["target"] == "demo"
    assert list((tmp_path / "t").iterdir()) == []
    assert processes_of(tmp_path / "t") == []
