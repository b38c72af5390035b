"""`skc status`: one screen, no server, one next command."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.commands.status.model import Urgency
from skillconnect_ops.commands.status.sources import SOURCES, Asked, backups
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.core.settings.model import Project
from skillconnect_ops.core.settings.reader import read
from tests.conftest import Skc

YAML = """\
version: 1
project: {id: a1, name: shop}
targets:
  production:
    env_files: [.env]
    database: {uri: env:MONGO_URI}
    backups: {location: ~/backups}
"""
SECOND = YAML.partition("targets:\n")[2].replace("production", "staging")
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "skc.yaml").write_text(YAML)
    return root


class Clock:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class Door:
    """A front door behind which `backup list` says what a test wants."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.asked: list[tuple[str, ...]] = []

    def run(self, *argv: str) -> Report:
        self.asked.append(argv)
        return self.report


class Rooms:
    """As much of a house as the source looks at."""

    def __init__(self, report: Report) -> None:
        self.clock = Clock()
        self.commands = Door(report)


def row(
    *,
    hours: float = 1,
    drill: str | None = None,
    target: str = "production",
    safety: bool = False,
    only: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> Any:
    at = NOW - timedelta(hours=hours)
    return {
        "id": at.strftime("%Y-%m-%dT%H-%M-%SZ-shop"),
        "target": target,
        "created_at": at,
        "size_bytes": 1_000_000,
        "safety": safety,
        "only": only,
        "without": without,
        "consistency": {},
        "drill": drill and {"verdict": drill, "at": at},
    }


def asked(report: Report, yaml: str = YAML) -> tuple[Any, Rooms]:
    rooms: Any = Rooms(report)
    project = Project(
        root=Path("/p"), file=Path("/p/skc.yaml"), settings=read(yaml), state=Path("/s")
    )
    return backups(Asked(rooms, project)), rooms


def listed(*rows: Mapping[str, Any]) -> Report:
    return Report(command="backup list", facts={"backups": list(rows)})


@pytest.mark.parametrize(
    ("rows", "next_command", "urgency"),
    [
        ([], "skc backup", Urgency.SOON),
        ([row()], f"skc backup verify {row()['id']} --drill", Urgency.CAN_WAIT),
        ([row(drill="passed")], None, Urgency.NOTHING),
        ([row(drill="failed")], "skc backup", Urgency.NOW),
        ([row(hours=30, drill="passed")], "skc backup", Urgency.SOON),
        ([row(hours=30)], "skc backup", Urgency.SOON),
        ([row(hours=30, drill="failed"), row(drill="passed")], None, Urgency.NOTHING),
        ([row(drill="passed", target="another")], "skc backup", Urgency.SOON),
        ([row(drill="passed", safety=True)], "skc backup", Urgency.SOON),
        ([row(drill="passed", only=("users",))], "skc backup", Urgency.SOON),
        (
            [row(hours=0, safety=True), row(drill="passed", without=("logs",))],
            None,
            Urgency.NOTHING,
        ),
    ],
)
def test_what_the_newest_backup_asks_for(
    rows: list[Any], next_command: str | None, urgency: Urgency
) -> None:
    known, _ = asked(listed(*rows))
    assert (known.next, known.urgency) == (next_command, urgency)


def test_with_several_targets_the_most_urgent_is_named() -> None:
    report = listed(row(drill="passed"), row(drill="failed", target="staging"))
    known, rooms = asked(report, YAML + SECOND)
    assert known.next == "skc backup --target staging"
    assert [words[-1] for words in rooms.commands.asked] == ["production", "staging"]


def test_a_list_that_cannot_be_read_is_said_and_not_fine() -> None:
    broken = Report(
        command="backup list",
        status=Status.PRECONDITION,
        error=ErrorFacts(what="no", why="locked", fix="unlock"),
    )
    known, _ = asked(broken)
    assert known.trouble == "no: locked"
    assert known.facts == {"backups": {"production": None}}


def test_the_sources_are_registered_by_hand() -> None:
    assert [source.__name__ for source in SOURCES] == [
        "project",
        "incidents",
        "journals",
        "retired",
        "backups",
        "bundles",
        "indexes",
        "evidence",
    ]


def test_without_a_skc_yaml_the_next_command_is_init(skc: Skc, tmp_path: Path) -> None:
    ran = skc("status", cwd=tmp_path)
    assert ran.code == 0
    assert "no skc.yaml" in ran.stdout
    assert ran.stderr == "next: skc init\n"


def test_a_broken_skc_yaml_is_an_error(skc: Skc, root: Path) -> None:
    (root / "skc.yaml").write_text("version: 3")
    assert skc("status", cwd=root).code == 4


def test_a_new_project_is_told_to_back_up(skc: Skc, root: Path) -> None:
    ran = skc("status", "--format", "json", cwd=root)
    assert ran.code == 0, ran.stderr
    assert ran.json["next"] == ["skc backup"]
    assert ran.json["facts"]["status"]["targets"] == ["production"]
    assert ran.json["facts"]["status"]["evidence"] == {"count": 0, "proven": 0}
    assert not ran.json["unknown"]


def test_without_a_target_the_next_command_is_doctor(skc: Skc, root: Path) -> None:
    (root / "skc.yaml").write_text("version: 1\nproject: {id: a1, name: shop}\n")
    assert skc("status", cwd=root).stderr == "next: skc doctor\n"


def test_it_changes_nothing(skc_process: Skc, root: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    assert skc_process("status", cwd=root).code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_bundle_of_a_scrub_is_told_and_to_be_deleted_in_its_time(
    skc: Skc, root: Path, tmp_path: Path
) -> None:
    """It holds every secret, and nobody remembers it."""
    project = skc("status", "--format", "json", cwd=root).json["facts"]["status"]["project"]["id"]
    home = tmp_path / "state" / "skc" / project / "scrub"
    for name, day in (("one", "2000-01-01"), ("other", "2999-01-01")):
        (home / name).mkdir(parents=True)
        about = {"repository": str(root), "made": "2000-01-01", "delete_by": day}
        text = json.dumps({**about, "values": 1, "sealed": True})
        (home / name / "scrub.json").write_text(text)
    ran = skc("status", "--format", "json", cwd=root)
    told = ran.json["facts"]["status"]["bundles"]
    assert [one["delete_by"] for one in told] == ["2000-01-01", "2999-01-01"]
    shown = skc("status", cwd=root).stdout
    assert f"{home / 'one'}: all that {root} was, secrets too; delete it now" in shown
    assert f"{home / 'other'}: all that {root} was, secrets too; delete it by 2999-01-01" in shown


def test_a_run_that_died_comes_first(
    skc: Skc, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skillconnect_ops.journal import writing  # noqa: PLC0415 - patched

    def dies(*_: object) -> None:
        raise AssertionError("the process dies here")

    (root / "skc.yaml").unlink()
    monkeypatch.setattr(writing.WriteFile, "verify", dies)
    monkeypatch.setattr(writing.WriteFile, "undo", dies)
    assert skc("init", "--yes", cwd=root).code in {1, 6}
    monkeypatch.undo()
    ran = skc("status", "--format", "json", cwd=root)
    (unfinished,) = ran.json["facts"]["status"]["journals"]["unfinished"]
    assert unfinished["command"] == "init"
    assert ran.json["next"][0].startswith("skc journal ")
    assert ran.json["next"][0].endswith(unfinished["id"])
