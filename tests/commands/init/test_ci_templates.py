"""The files that `skc init --ci` writes: valid by their schemas, and their shell lines run."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
import yaml
from msgspec import Struct

from skillconnect_ops.commands.baseline import OF_AUDIT
from skillconnect_ops.commands.init.ci import FILES, HOOKS, JOB, WORKFLOW, About, System, drawn
from skillconnect_ops.commands.init.steps import FileWrite
from tests import pip
from tests.programs import needs

SCHEMAS = "check-jsonschema==0.39.0"
"""Holds the schemas of SchemaStore and of GitLab as files; they are not ours to ship."""
LINTER = "zizmor==1.32.0"
ROOT = Path(__file__).parents[3]
PACKAGE = "skillconnect-ops==1.2.3"
FAULT = "console.log(password);\n"


def texts() -> dict[str, str]:
    """What is written where nothing is there."""
    return {
        one.path: one.step.text
        for system in System
        for one in drawn(
            system, dict.fromkeys(FILES[system]), About(version="1.2.3", branch="main")
        )
        if isinstance(one.step, FileWrite)
    }


def parsed(name: str) -> Any:
    """A file as YAML 1.2 has it: `on` is a word there."""
    document = yaml.safe_load(texts()[name])
    return {"on" if key is True else key: value for key, value in document.items()}


# schemas


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    packages = pip.install(tmp_path_factory.getbasetemp().parent / "schemas", SCHEMAS)
    return packages / "check_jsonschema" / "builtin_schemas" / "vendor"


def valid(schema: Path, document: Any) -> bool:
    return bool(jsonschema_rs.validator_for(json.loads(schema.read_text())).is_valid(document))


def test_the_workflow_is_valid_by_its_schema(schemas: Path) -> None:
    schema, workflow = schemas / "github-workflows.json", parsed(WORKFLOW)
    assert valid(schema, workflow)
    assert not valid(schema, {**workflow, "jobs": {"audit": {"steps": []}}})
    assert not valid(schema, {**workflow, "permission": {}})


def test_the_job_is_valid_by_gitlab_s_schema(schemas: Path) -> None:
    schema, job = schemas / "gitlab-ci.json", parsed(JOB)
    assert valid(schema, job)
    assert valid(schema, parsed(".gitlab-ci.yml"))
    wrong = {**job["skc-audit"], "artifacts": {"reports": {"junit": 1}}}
    assert not valid(schema, {"skc-audit": wrong})


def test_the_hook_is_valid_by_pre_commit_itself(tmp_path: Path) -> None:
    file = tmp_path / HOOKS
    words = [sys.executable, "-m", "pre_commit", "validate-config", str(file)]
    file.write_text(texts()[HOOKS])
    assert subprocess.run(words, check=False, capture_output=True).returncode == 0
    file.write_text(texts()[HOOKS].replace("- id:", "- idd:"))
    assert subprocess.run(words, check=False, capture_output=True).returncode == 1


def test_a_linter_of_workflows_has_nothing_to_say(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    packages = pip.install(tmp_path_factory.getbasetemp().parent / "zizmor", LINTER)
    file = tmp_path / WORKFLOW
    file.parent.mkdir(parents=True)

    def linted(text: str) -> subprocess.CompletedProcess[str]:
        file.write_text(text)
        words = [str(packages / "bin" / "zizmor"), "--offline", "--persona=pedantic", str(file)]
        return subprocess.run(words, check=False, capture_output=True, text=True)

    ran = linted(texts()[WORKFLOW])
    assert ran.returncode == 0, ran.stdout
    assert linted(texts()[WORKFLOW].replace("persist-credentials: false", "")).returncode != 0


def test_only_what_is_needed_may_be_done_and_all_is_pinned() -> None:
    workflow = parsed(WORKFLOW)
    job = workflow["jobs"]["audit"]
    assert workflow["permissions"] == {}
    assert job["permissions"] == {
        "contents": "read",
        "actions": "read",
        "security-events": "write",
    }
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert len(used) == 3
    assert all(len(one.partition("@")[2]) == 40 for one in used)
    for name in (WORKFLOW, JOB, HOOKS):
        assert f'"{PACKAGE}"' in texts()[name]


# the shell lines


class Runner(Struct, frozen=True):
    """Somebody's clone on a machine of CI."""

    folder: Path
    origin: Path
    environment: dict[str, str]
    calls: Path
    """What `pip` was called with."""

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
        return subprocess.run(
            ["git", *who, *words],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def put(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / name.replace("_", ".")).write_text(text)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "work")

    def accept(self) -> None:
        """Accept all that is there, in the baseline of the clone."""
        (self.folder / ".skc").mkdir(exist_ok=True)
        subprocess.run(
            ["skc", "audit", "--format", "baseline", "--out", OF_AUDIT],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
        )
        assert (self.folder / OF_AUDIT).is_file()

    def retire(self, value: str) -> str:
        """Put a value into the ledger of the project on another machine; gives the key."""
        self.put(skc_yaml="version: 1\nproject: {id: abcdef, name: shop}\n")
        there = {**self.environment, "XDG_STATE_HOME": str(self.folder.parent / "elsewhere")}
        said = ""
        for more in (("add", "OLD", "--stdin", "--yes", "--reason", "leaked"), ("key", "--reveal")):
            said = subprocess.run(
                ["skc", "secrets", "ledger", *more],
                cwd=self.folder,
                env=there,
                input=value if more[0] == "add" else "",
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        return said

    def run(self, script: str, *shell: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*shell, "-c", script],
            cwd=self.folder,
            env={**self.environment, **more},
            check=False,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def runner(tmp_path: Path, clean_environment: dict[str, str]) -> Runner:
    """A clone of a repository whose `main` has a fault of old, on a branch without one."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, line in (
        ("skc", f'exec "{sys.executable}" -m skillconnect_ops "$@"'),
        ("pip", f'echo "$@" >> "{tmp_path / "pip-calls"}"'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    environment = {
        **clean_environment,
        "PATH": f"{tools}{os.pathsep}{clean_environment['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    origin, folder = tmp_path / "origin.git", tmp_path / "clone"
    for words in (["init", "-q", "--bare", "-b", "main", str(origin)],):
        subprocess.run(["git", *words], env=environment, check=True)
    subprocess.run(
        ["git", "clone", "-q", str(origin), str(folder)],
        env=environment,
        check=True,
        capture_output=True,
    )
    ci = Runner(folder, origin, environment, tmp_path / "pip-calls")
    ci.git("checkout", "-q", "-b", "main")
    ci.put(old_js=FAULT)
    ci.commit()
    ci.git("push", "-q", "origin", "main")
    ci.git("checkout", "-q", "-b", "topic")
    ci.put(new_js="let x;\n")
    ci.commit()
    return ci


def steps() -> dict[str, str]:
    """The shell lines of the workflow, by the step's name."""
    every = parsed(WORKFLOW)["jobs"]["audit"]["steps"]
    return {step["name"]: step["run"] for step in every if "run" in step}


BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""As a runner of GitHub starts it for `shell: bash`."""


class GitHub:
    """The steps, as a runner of GitHub runs them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.summary = runner.folder.parent / "summary.md"

    def audit(
        self, base: str, *, key: str = "", stranger: str = "false"
    ) -> subprocess.CompletedProcess[str]:
        more = {"BASE": base, "GITHUB_STEP_SUMMARY": str(self.summary), "STRANGER": stranger}
        return self._runner.run(steps()["Audit"], *BASH, **more, SKC_LEDGER_KEY=key)


@pytest.fixture
def github(runner: Runner) -> GitHub:
    needs("bash")
    return GitHub(runner)


def test_what_is_installed_is_the_skc_that_wrote_the_file(runner: Runner) -> None:
    assert runner.run(steps()["Install skc"], *BASH).returncode == 0
    (line,) = parsed(JOB)["skc-audit"]["before_script"]
    assert runner.run(line, "sh", "-e").returncode == 0
    calls = runner.calls.read_text().splitlines()
    assert calls == [f"install --disable-pip-version-check {PACKAGE}"] * 2


def test_a_pull_request_without_a_fault_of_its_own_is_green(runner: Runner, github: GitHub) -> None:
    runner.git("checkout", "-q", "--detach", "main")
    runner.git("merge", "-q", "--no-ff", "-m", "merge", "topic")  # what is checked out for one
    ran = github.audit("main")
    assert ran.returncode == 0, ran.stderr
    assert "old.js" not in ran.stdout
    assert "no finding" in github.summary.read_text()
    assert "nothing is accepted" in github.summary.read_text()


def test_a_pull_request_with_a_fault_in_its_lines_is_red(runner: Runner, github: GitHub) -> None:
    runner.put(new_js=f"let x;\n{FAULT}")
    runner.commit()
    ran = github.audit("main")
    assert ran.returncode == 12
    assert "::error file=new.js,line=2," in ran.stdout
    assert "`new.js:2`" in github.summary.read_text()
    assert "old.js" not in ran.stdout + github.summary.read_text()


def test_a_pull_request_cannot_accept_its_own_fault(runner: Runner, github: GitHub) -> None:
    runner.put(new_js=f"let x;\n{FAULT}")
    runner.accept()
    runner.commit()
    ran = github.audit("main")
    assert ran.returncode == 12
    assert "that does not count: it is read at origin/main" in ran.stdout
    assert "that does not count" in github.summary.read_text()


def test_a_comment_that_a_pull_request_brings_is_named(runner: Runner, github: GitHub) -> None:
    why = "console-call,console-secret it is a sample"
    runner.put(new_js=f"let x;\n{FAULT.rstrip()} // skc: allow {why}\n")
    runner.commit()
    ran = github.audit("main")
    assert ran.returncode == 0
    assert "::notice file=new.js,line=2,title=silenced by this change::" in ran.stdout
    assert "it is a sample" in github.summary.read_text()


def test_main_is_asked_about_all_lines_and_its_own_baseline_counts(
    runner: Runner, github: GitHub
) -> None:
    assert github.audit("").returncode == 12
    runner.accept()
    assert github.audit("").returncode == 12  # on disk, and in no commit
    runner.commit()
    ran = github.audit("")
    assert ran.returncode == 0, ran.stdout


def test_the_exit_is_skc_s_own(runner: Runner, github: GitHub) -> None:
    runner.put(new_js="console.log(1);\n")
    runner.commit()
    assert github.audit("main").returncode == 0
    runner.put(skc_yaml="version: 1\nproject: {id: abcdef, name: shop}\naudit: {fail_on: low}\n")
    assert github.audit("main").returncode == 11
    assert github.audit("no-such-branch").returncode == 4
    runner.put(skc_yaml="version: [\n")
    assert github.audit("main").returncode == 4


def test_a_retired_value_is_known_by_the_project_s_key_and_never_called_fine_without(
    runner: Runner, github: GitHub
) -> None:
    value = secrets.token_urlsafe(24)
    key = runner.retire(value)
    runner.commit()
    assert github.audit("main", key=key).returncode == 0
    assert github.audit("main").returncode == 14
    assert github.audit("main", stranger="true").returncode == 0
    runner.put(notes_txt=f"it was {value}\n")
    runner.commit()
    ran = github.audit("main", key=key)
    assert ran.returncode == 13
    assert "file=notes.txt,line=1" in ran.stdout
    assert value not in ran.stdout + ran.stderr + github.summary.read_text()


def test_a_branch_s_name_is_no_command(runner: Runner, github: GitHub) -> None:
    evil = "x$(touch${IFS}pwned)`touch${IFS}pwned`;touch pwned"
    assert github.audit(evil).returncode == 4
    assert not (runner.folder / "pwned").exists()


def test_sarif_is_of_everything_and_never_red_for_a_finding(runner: Runner) -> None:
    ran = runner.run(steps()["Write SARIF"], *BASH)
    assert ran.returncode == 0, ran.stderr
    document = json.loads((runner.folder / "skc-audit.sarif").read_text())
    assert {one["ruleId"] for one in document["runs"][0]["results"]} == {
        "console-call",
        "console-secret",
    }
    runner.put(skc_yaml="version: [\n")
    assert runner.run(steps()["Write SARIF"], *BASH).returncode != 0


# GitLab

GitLab = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def gitlab(runner: Runner) -> GitLab:
    """The script of the job, in the poorer one of the shells that an image may have."""
    (script,) = parsed(JOB)["skc-audit"]["script"]

    def run(
        target: str, *, shell: Sequence[str] = ("sh", "-e"), **more: str
    ) -> subprocess.CompletedProcess[str]:
        ids = {"CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_PROJECT_ID": "1"}
        known = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target} if target else {}
        return runner.run(script, *shell, **{**ids, **known, **more})

    return run


def test_a_merge_request_is_red_for_its_own_lines_alone(runner: Runner, gitlab: GitLab) -> None:
    bash = (needs("bash"), "-eo", "pipefail")
    runner.git("update-ref", "-d", "refs/remotes/origin/main")  # what a job checks out has none
    ran = gitlab("main")
    assert ran.returncode == 0, ran.stderr
    runner.put(new_js=f"let x;\n{FAULT}")
    runner.accept()
    runner.commit()
    ran = gitlab("main", shell=bash)
    assert ran.returncode == 12, ran.stderr
    assert "2:1     high      console-secret" in ran.stdout
    assert "that does not count" in ran.stdout


def test_its_reports_are_what_gitlab_reads(runner: Runner, gitlab: GitLab) -> None:
    runner.put(new_js=FAULT)
    runner.commit()
    assert gitlab("main").returncode == 12
    reports = parsed(JOB)["skc-audit"]["artifacts"]["reports"]
    suite = ET.fromstring((runner.folder / reports["junit"]).read_text())
    assert {one.get("file") for one in suite.iter("testcase")} == {"new.js"}
    issues = json.loads((runner.folder / reports["codequality"]).read_text())
    assert {one["location"]["path"] for one in issues} == {"new.js", "old.js"}
    for one in issues:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert one["location"]["lines"]["begin"] == 1
    assert len({one["fingerprint"] for one in issues}) == len(issues)
    assert (runner.folder / "skc-audit.sarif").is_file()


def test_the_default_branch_is_asked_about_all(runner: Runner, gitlab: GitLab) -> None:
    assert gitlab("").returncode == 12
    runner.accept()
    runner.commit()
    assert gitlab("").returncode == 0


def test_of_a_fork_the_target_is_fetched_from_where_it_is(runner: Runner, gitlab: GitLab) -> None:
    runner.git("update-ref", "-d", "refs/remotes/origin/main")
    runner.git("remote", "set-url", "origin", "/nowhere")
    url = str(runner.origin).removesuffix(".git")
    more = {"CI_MERGE_REQUEST_PROJECT_ID": "2", "CI_MERGE_REQUEST_PROJECT_URL": url}
    runner.retire(secrets.token_urlsafe(24))  # its key is not given to a fork
    assert gitlab("main", **more).returncode == 0
    assert gitlab("main").returncode != 0


def test_without_the_key_of_retired_values_nothing_is_called_fine(
    runner: Runner, gitlab: GitLab
) -> None:
    key = runner.retire(secrets.token_urlsafe(24))
    runner.commit()
    assert gitlab("main").returncode == 14
    assert gitlab("main", SKC_LEDGER_KEY=key).returncode == 0


def test_where_nothing_was_looked_at_the_exit_says_so(runner: Runner, gitlab: GitLab) -> None:
    runner.put(skc_yaml="version: [\n")
    assert gitlab("main").returncode == 4


# pre-commit


def test_the_hook_stops_a_commit_with_a_fault_and_no_other(runner: Runner, tmp_path: Path) -> None:
    whole = texts()[HOOKS]
    dependency = f'        additional_dependencies: ["{PACKAGE}"]\n'
    assert dependency in whole  # which no registry has for a test: the skc at hand is taken
    local = whole.replace(dependency, "").replace("language: python", "language: system")
    (runner.folder / HOOKS).write_text(local)
    runner.commit()
    store = {"PRE_COMMIT_HOME": str(tmp_path / "store")}
    ran = runner.run(f'"{sys.executable}" -m pre_commit install', "sh", "-e", **store)
    assert ran.returncode == 0, ran.stderr
    assert (runner.folder / ".git/hooks/pre-merge-commit").is_file()
    who = "git -c user.name=Ada -c user.email=ada@shop.invalid commit -qm work"
    runner.put(new_js=FAULT)
    runner.git("add", "-A")
    ran = runner.run(who, "sh", "-e", **store)
    assert ran.returncode == 1
    assert "password is printed" in ran.stdout + ran.stderr
    runner.put(new_js="let y;\n")
    runner.git("add", "-A")
    ran = runner.run(who, "sh", "-e", **store)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (runner.folder / ".env").write_text(f"DB_PASSWORD={secrets.token_urlsafe(18)}\n")
    runner.git("add", "-Af")
    ran = runner.run(who, "sh", "-e", **store)
    assert ran.returncode == 1, ran.stdout  # files of any sort are looked at
    assert "env-tracked" in ran.stdout + ran.stderr
