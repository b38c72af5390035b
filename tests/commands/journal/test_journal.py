"""`skc journal` as it is typed, over journals of runs that were really killed."""

from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.journal.office import Office
from skillconnect_ops.wiring import Wiring
from tests.campaigns import children
from tests.campaigns.world import OLD, Arena, Fault, killed
from tests.conftest import Skc
from tests.faults import Fuse, die

SKC_YAML = """\
version: 1
project: {id: journal-test, name: shop}
targets: {}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arena:
    """A project whose office knows the steps of the arena."""
    arena = Arena(tmp_path / "project", final=True).build()
    (arena.root / "skc.yaml").write_text(SKC_YAML)

    def office(self: Wiring, *, state: Path | None = None) -> Office:
        self.project()
        return arena.office()

    monkeypatch.setattr(Wiring, "office", office)
    return arena


def dies(arena: Arena, name: str, number: int) -> str:
    """Kill a run after its n-th call of that name; the journal's id."""
    fuse = Fuse(at=0, act=die)
    copy = Arena(arena.root / "count", final=bool(arena.final)).build()
    copy.run(copy.office(fuse))
    at = [n for n, call in enumerate(fuse.calls, start=1) if call == name][number - 1]
    assert killed(children.run(arena, "run", Fault(at=at, after=True)))
    return arena.office().journals()[0].id


def journal_of(ran: Any) -> Any:
    return ran.json["facts"]["journal"]


def test_no_journal_yet(skc: Skc, project: Arena) -> None:
    ran = skc("journal", cwd=project.root)
    assert (ran.code, ran.stdout) == (0, "no journal yet\n")
    assert skc("journal", "list", "--format", "json", cwd=project.root).json["facts"] == {
        "journals": []
    }


def test_a_run_that_was_killed_is_listed_shown_and_rolled_back(skc: Skc, project: Arena) -> None:
    name = dies(project, "apply", 2)
    ran = skc("journal", cwd=project.root)
    assert ran.code == 0
    assert name in ran.stdout
    assert "half-way" in ran.stdout
    assert f"next: skc journal rollback {name}   # puts the world as it was" in ran.stderr
    assert f"next: skc journal resume {name}   # goes on" in ran.stderr

    ran = skc("journal", "show", name, cwd=project.root)
    assert ran.code == 0
    for word in ("put:a", "move:b", "begun", "not begun", "no way back"):
        assert word in ran.stdout

    ran = skc("journal", "show", name, "--format", "json", cwd=project.root)
    shown = journal_of(ran)
    assert shown["standing"] == "interrupted"
    assert [step["progress"] for step in shown["steps"]] == ["done", "open", *["waiting"] * 3]
    assert ran.json["journal"] == name
    assert ran.json["next"] == [f"skc journal rollback {name}", f"skc journal resume {name}"]

    ran = skc("journal", "rollback", name, "--dry-run", cwd=project.root)
    assert ran.stdout.splitlines() == ["would undo move:b", "would undo put:a"]
    assert project.now() != OLD

    refused = skc("journal", "rollback", name, cwd=project.root)
    assert refused.code == 3
    assert "  1. undo: move:b\n  2. undo: put:a\n" in refused.stderr
    assert f"fix:   skc journal rollback {name} --yes" in refused.stderr
    assert project.now() != OLD

    ran = skc("journal", "rollback", name, "--yes", "--format", "json", cwd=project.root)
    assert ran.code == 0
    assert project.now() == OLD
    assert [step["outcome"] for step in ran.json["steps"]][:2] == ["undone", "undone"]
    again = skc("journal", "rollback", name, cwd=project.root)
    assert again.code == 0
    assert "nothing to do" in again.stdout
    assert skc("journal", "--open", "--format", "json", cwd=project.root).json["facts"] == {
        "journals": []
    }
    ran = skc("journal", "list", "--open", cwd=project.root)
    assert ran.stdout == "no run stands open; 1 run finished\n"
    assert "0.0 s" not in skc("journal", "show", name, cwd=project.root).stdout


def test_a_run_that_was_killed_is_resumed(skc: Skc, project: Arena) -> None:
    name = dies(project, "apply", 4)
    ran = skc("journal", "rollback", name, cwd=project.root)
    assert ran.code == 3
    assert f"fix:   skc journal resume {name}" in ran.stderr
    ran = skc("journal", "resume", name, "--dry-run", cwd=project.root)
    assert ran.stdout.splitlines() == ["would walk drop:y", "would walk drop:z"]
    refused = skc("journal", "resume", name, cwd=project.root)
    assert refused.code == 3
    assert "  1. drop:y  (no way back)\n" in refused.stderr
    assert skc("journal", "resume", name, "--yes", cwd=project.root).code == 0
    assert project.now() == project.goal
    refused = skc("journal", "rollback", name, cwd=project.root)
    assert refused.code == 3
    assert "is finished" in refused.stderr


def test_an_id_that_is_not_there_names_the_nearest(skc: Skc, project: Arena) -> None:
    name = dies(project, "apply", 1)
    ran = skc("journal", "show", name[:-1] + "x", cwd=project.root)
    assert ran.code == 4
    assert name in ran.stderr


def test_a_damaged_journal_is_shown_and_never_walked(skc: Skc, project: Arena) -> None:
    name = dies(project, "apply", 2)
    log = project.state / "journal" / name / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"old a"', b'"0ld a"'))
    ran = skc("journal", "show", name, cwd=project.root)
    assert ran.code == 0
    assert "line 2 is damaged" in ran.stdout
    between = project.now()
    for way in ("resume", "rollback"):
        ran = skc("journal", way, name, cwd=project.root)
        assert ran.code == 6  # also without consent: there is nothing to agree to
        assert "rm -r" in ran.stderr
    assert project.now() == between


def test_the_real_program_lists_the_journals_of_its_project(
    skc_process: Skc, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    """Through the real wiring, where this plan's kinds are unknown: shown, but never walked."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "skc.yaml").write_text(SKC_YAML)
    arena = Arena(tmp_path / "arena", final=True).build()
    name = dies(arena, "apply", 2)
    home = Path(clean_environment["XDG_STATE_HOME"]) / "skc"
    home.mkdir(mode=0o700, parents=True)
    (home / "journal-test").symlink_to(arena.state)
    ran = skc_process("journal", "--format", "json", cwd=root)
    assert ran.code == 0
    (listed,) = ran.json["facts"]["journals"]
    assert (listed["id"], listed["standing"]) == (name, "interrupted")
    between = arena.now()
    ran = skc_process("journal", "rollback", name, "--yes", cwd=root)
    assert ran.code == 6
    assert "file.put" in ran.stderr
    assert arena.now() == between


def test_the_list_shows_a_line_a_run_and_the_newest_alone(skc: Skc, project: Arena) -> None:
    for _ in range(3):
        project.run(project.office())
        for name, text in OLD.items():
            project.files.put(name, text)
        project.files.folder.joinpath("c").unlink(missing_ok=True)
    ran = skc("journal", "--last", "2", cwd=project.root)
    lines = ran.stdout.splitlines()
    assert [line.split()[0] for line in lines[:1]] == ["journal"]
    assert sum("finished" in line for line in lines) == 2
    assert lines[-1] == "1 older run left out; --last 0 lists all"
    assert "failed with" not in ran.stdout
    assert "left out" not in skc("journal", "--last", "0", cwd=project.root).stdout
