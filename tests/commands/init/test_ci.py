"""`skc init --ci` on real folders, through the front door."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from skillconnect_ops.terminal.person import AtTerminal
from tests.commands.init.test_init import everything, git_init
from tests.conftest import Skc

WORKFLOW = ".github/workflows/skc-audit.yml"
JOB = ".gitlab/skc-audit.yml"
SETTINGS = "version: 1\nproject: {id: abcdef, name: shop}\n"
ALL = ("--ci", "github", "--ci", "gitlab", "--ci", "pre-commit")
HOOKS = ".pre-commit-config.yaml"
OWN = {"github": WORKFLOW, "gitlab": JOB}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository that has its `skc.yaml`."""
    root = tmp_path / "shop"
    root.mkdir()
    git_init(root)
    (root / "skc.yaml").write_text(SETTINGS)
    return root


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_a_project_that_has_its_settings_gets_the_files_of_ci_alone(
    skc: Skc, project: Path
) -> None:
    ran = skc("init", *ALL, "--yes", "--format", "json", cwd=project)
    assert ran.code == 0, ran.stderr
    names = {name for name in everything(project) if (project / name).is_file()}
    assert names == {"skc.yaml", WORKFLOW, JOB, ".gitlab-ci.yml", ".pre-commit-config.yaml"}
    assert (project / "skc.yaml").read_text() == SETTINGS
    assert {one["state"] for one in ran.json["facts"]["ci"]} == {"written"}
    assert ran.json["next"][-1] == "pre-commit install"
    assert (project / WORKFLOW).stat().st_mode & 0o777 == 0o644
    for name in names:
        assert read(project / name)


def test_a_new_project_gets_both_in_one_plan(skc: Skc, tmp_path: Path) -> None:
    git_init(tmp_path / "new")
    ran = skc("init", "--ci", "github", "--yes", cwd=tmp_path / "new")
    assert ran.code == 0, ran.stderr
    assert (tmp_path / "new/skc.yaml").is_file()
    assert (tmp_path / "new" / WORKFLOW).is_file()
    assert ran.stderr.count("skc init: ") == 1


def test_a_second_run_changes_nothing_and_asks_nobody(skc: Skc, project: Path) -> None:
    assert skc("init", *ALL, "--yes", cwd=project).code == 0
    before = everything(project)
    again = skc("init", *ALL, cwd=project)
    assert again.code == 0, again.stderr
    assert again.stdout.count("is as it would be written") == 4
    assert everything(project) == before


def test_the_diff_is_shown_and_without_consent_nothing_is_written(skc: Skc, project: Path) -> None:
    before = everything(project)
    dry = skc("init", *ALL, "--dry-run", cwd=project)
    assert dry.code == 0
    assert "+    runs-on: ubuntu-latest" in dry.stderr
    assert "+  - local: .gitlab/skc-audit.yml" in dry.stderr
    refused = skc("init", *ALL, cwd=project)
    assert refused.code == 3
    assert "skc init --ci github --ci gitlab --ci pre-commit --yes" in refused.stderr
    assert everything(project) == before


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_what_somebody_else_wrote_is_left_as_it_is(skc: Skc, project: Path, system: str) -> None:
    (project / OWN[system]).parent.mkdir(parents=True)
    (project / OWN[system]).write_text("mine: true\n")
    before = everything(project)
    ran = skc("init", *ALL, "--yes", cwd=project)
    assert ran.code == 3
    assert f"{OWN[system]} is there already" in ran.stderr
    assert "skc did not write it; nothing was changed" in ran.stderr
    assert "--replace" in ran.stderr
    assert everything(project) == before
    words = ("init", "--ci", system, "--replace")
    assert skc(*words, "--yes", cwd=project).code == 3
    assert (project / OWN[system]).read_text() == "mine: true\n"
    done = skc(*words, "--confirm", OWN[system], cwd=project)
    assert done.code == 0, done.stderr
    assert "-mine: true" in done.stderr
    assert "mine" not in (project / OWN[system]).read_text()
    assert (project / "skc.yaml").read_text() == SETTINGS


def test_a_file_of_an_older_skc_is_written_anew_and_an_edited_one_is_not(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skillconnect_ops.commands.init.ci_run.version", lambda _: "0.0.9")
    assert skc("init", "--ci", "github", "--yes", cwd=project).code == 0
    old = (project / WORKFLOW).read_text()
    assert "skillconnect-ops==0.0.9" in old
    monkeypatch.undo()
    ran = skc("init", "--ci", "github", "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    assert '-        run: pip install --disable-pip-version-check "***"' in ran.stderr
    new = (project / WORKFLOW).read_text()
    assert f"skillconnect-ops=={version('skillconnect-ops')}" in new
    (project / WORKFLOW).write_text(old.replace("timeout-minutes: 15", "timeout-minutes: 5"))
    ran = skc("init", "--ci", "github", "--yes", cwd=project)
    assert ran.code == 3
    assert "skc wrote it, and it was edited since" in ran.stderr
    (project / WORKFLOW).write_bytes(new.replace("\n", "\r\n").encode())
    assert skc("init", "--ci", "github", "--yes", cwd=project).code == 3


def test_a_hook_is_added_to_those_that_are_there(skc: Skc, project: Path) -> None:
    text = (
        "# ours\nrepos:\n  - repo: local  # here\n    hooks:\n      - id: lint\n"
        "        name: lint\n        entry: make lint\n        language: system\n\nci: {}  # end\n"
    )
    (project / HOOKS).write_text(text)
    (project / HOOKS).chmod(0o640)
    ran = skc("init", "--ci", "pre-commit", "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    assert "add 10 lines to .pre-commit-config.yaml, after line 8" in ran.stderr
    assert "make lint" not in ran.stderr
    new = (project / HOOKS).read_text()
    begin = new.index("  - repo: local\n    hooks:\n      - id: skc-audit")
    assert new[:begin] + new[new.index("\nci: {}") :] == text
    hooks = [one["id"] for repo in read(project / HOOKS)["repos"] for one in repo["hooks"]]
    assert hooks == ["lint", "skc-audit"]
    assert (project / HOOKS).stat().st_mode & 0o777 == 0o640
    again = skc("init", "--ci", "pre-commit", cwd=project)
    assert again.code == 0
    assert (project / HOOKS).read_text() == new


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: https://git.invalid/skc\n  rev: v1\n  hooks: [{id: skc-audit}]\n",
        "repos: [{repo: local, hooks: [{id: x, entry: skc audit --staged --strict}]}]\n",
    ],
)
def test_a_hook_that_is_there_in_any_form_is_enough(skc: Skc, project: Path, text: str) -> None:
    (project / HOOKS).write_text(text)
    assert skc("init", "--ci", "pre-commit", cwd=project).code == 0
    assert (project / HOOKS).read_text() == text


def test_a_job_is_included_beside_what_is_there_in_a_stage_of_the_project(
    skc: Skc, project: Path
) -> None:
    text = "# ours\nstages: [lint, deploy]\ninclude:\n- local: a.yml # a\njob:\n  script: [make]\n"
    (project / ".gitlab-ci.yml").write_text(text)
    ran = skc("init", "--ci", "gitlab", "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    new = (project / ".gitlab-ci.yml").read_text()
    assert new == text.replace("# a\n", f"# a\n- local: {JOB}\n")
    assert read(project / JOB)["skc-audit"]["stage"] == "lint"
    assert skc("init", "--ci", "gitlab", cwd=project).code == 0
    assert (project / ".gitlab-ci.yml").read_text() == new


@pytest.mark.parametrize("text", [f"include: {JOB}\n", f"include:\n  local: /{JOB}\n"])
def test_a_job_that_is_included_in_any_form_is_enough(skc: Skc, project: Path, text: str) -> None:
    (project / ".gitlab-ci.yml").write_text(text)
    assert skc("init", "--ci", "gitlab", "--yes", cwd=project).code == 0
    assert (project / ".gitlab-ci.yml").read_text() == text


@pytest.mark.parametrize(
    ("system", "name", "text"),
    [
        ("gitlab", ".gitlab-ci.yml", "include: other.yml\n"),
        ("gitlab", ".gitlab-ci.yml", "spec: {}\n---\njob: {script: [make]}\n"),
        ("pre-commit", ".pre-commit-config.yaml", "repos: [\n"),
    ],
)
def test_what_has_no_place_for_it_stays_and_a_person_is_told(
    skc: Skc, project: Path, system: str, name: str, text: str
) -> None:
    (project / name).write_text(text)
    ran = skc("init", "--ci", system, "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    assert "by hand: - " in ran.stderr + ran.stdout
    assert "by hand" in ran.stdout
    assert (project / name).read_text() == text
    if system == "gitlab":
        assert (project / JOB).is_file()


@pytest.mark.parametrize(
    "make",
    [
        lambda root: (root / WORKFLOW).mkdir(parents=True),
        lambda root: (root / ".github").symlink_to(root.parent),
        lambda root: (
            (root / ".github/workflows").mkdir(parents=True),
            (root / WORKFLOW).symlink_to("elsewhere.yml"),
        ),
    ],
)
def test_nothing_is_written_through_a_link(skc: Skc, project: Path, make: object) -> None:
    make(project)  # type: ignore[operator]
    ran = skc("init", "--ci", "github", "--yes", cwd=project)
    assert ran.code == 3, ran.stderr
    assert "is a link or a folder" in ran.stderr
    assert not (project / ".github/workflows/elsewhere.yml").exists()
    assert not (project.parent / "workflows").exists()


def test_the_branch_is_the_repository_s_own(skc: Skc, project: Path) -> None:
    def branch() -> object:
        return read(project / WORKFLOW)[True]["push"]["branches"]

    who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
    for words in (("checkout", "-q", "-b", "it's: odd"[:4]), ("add", "."), ("commit", "-qm", "a")):
        subprocess.run(["git", *who, *words], cwd=project, check=True, capture_output=True)
    assert skc("init", "--ci", "github", "--yes", cwd=project).code == 0
    assert branch() == ["it's"]
    subprocess.run(["git", "branch", "master"], cwd=project, check=True)
    assert skc("init", "--ci", "github", "--yes", cwd=project).code == 0
    assert branch() == ["master"]


def test_a_folder_below_the_root_is_no_place_for_ci(skc: Skc, project: Path) -> None:
    (project / "backend").mkdir()
    (project / "backend/skc.yaml").write_text(SETTINGS)
    ran = skc("init", ".", "--ci", "github", "--yes", cwd=project / "backend")
    assert ran.code == 4
    assert "is not the root of its repository" in ran.stderr
    assert skc("init", "--ci", "github", "--yes", cwd=project / "backend").code == 0
    assert (project / WORKFLOW).is_file()


def test_without_a_repository_it_is_written_all_the_same(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/skc.yaml").write_text("version: [\n")  # and settings that cannot be read
    assert skc("init", "--ci", "github", "--yes", cwd=tmp_path / "p").code == 0


@pytest.mark.parametrize(
    ("words", "code"), [(("--ci", "jenkins"), 2), (("--ci", "github", "--enroll"), 2)]
)
def test_what_makes_no_sense_is_a_mistake(
    skc: Skc, project: Path, words: tuple[str, ...], code: int
) -> None:
    ran = skc("init", *words, cwd=project)
    assert ran.code == code
    assert not (project / ".github").exists()


def test_a_failed_write_is_put_back_with_its_folders(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "repos:\n  - repo: local\n    hooks: []\n"
    (project / HOOKS).write_text(text)
    (project / ".gitlab").mkdir()
    before = everything(project)
    real = os.replace
    broken: list[str] = []

    def full(source: str, target: str) -> None:
        if str(target).endswith(broken[-1]):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    for name in (".gitlab-ci.yml", ".pre-commit-config.yaml"):
        broken.append(name)
        ran = skc("init", *ALL, "--yes", cwd=project)
        assert ran.code == 5, ran.stderr
        assert everything(project) == before
    monkeypatch.undo()
    assert skc("init", *ALL, "--yes", cwd=project).code == 0


def test_no_line_of_the_project_s_own_gets_into_the_journal(
    skc: Skc, project: Path, tmp_path: Path
) -> None:
    (project / HOOKS).write_text("repos:\n  - repo: hunter2\n    hooks: []\n")
    ran = skc("init", *ALL, "--yes", "--format", "json", cwd=project)
    assert ran.code == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"skc-audit" in kept
    assert b"hunter2" not in kept + (ran.stdout + ran.stderr).encode()
    assert "hunter2" not in json.dumps(ran.json)


def test_a_file_that_changed_while_somebody_thought_is_left(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / HOOKS).write_text("repos:\n  - repo: local\n    hooks: []\n")

    def agrees(self: object, plan: object) -> bool:
        (project / HOOKS).write_text("repos: []\n")
        return True

    monkeypatch.setattr(AtTerminal, "agrees", agrees)
    ran = skc("init", "--ci", "pre-commit", cwd=project)
    assert ran.code == 4
    assert (project / HOOKS).read_text() == "repos: []\n"


@pytest.mark.parametrize("then", ["resume", "rollback"])
def test_a_run_that_was_killed_is_brought_to_its_end_or_back(
    skc: Skc, project: Path, clean_environment: dict[str, str], then: str
) -> None:
    (project / HOOKS).write_text("repos:\n  - repo: local\n    hooks: []\n")
    before = everything(project)
    dying = (
        "import os, signal\n"
        "from skillconnect_ops import app\n"
        "from skillconnect_ops.commands.init.steps import InsertLines\n"
        "InsertLines.verify = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"app.main(['init', *{ALL!r}, '--yes'])\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", dying],
        cwd=project,
        env={**clean_environment, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
        capture_output=True,
    )
    assert died.returncode == -signal.SIGKILL
    assert b"skc-audit" in (project / HOOKS).read_bytes()
    (journal,) = skc("journal", "list", "--format", "json", cwd=project).json["facts"]["journals"]
    ran = skc("journal", then, journal["id"], "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    if then == "rollback":
        assert everything(project) == before
    else:
        assert len(read(project / HOOKS)["repos"]) == 2
        assert skc("init", *ALL, cwd=project).code == 0  # nothing is left to do
