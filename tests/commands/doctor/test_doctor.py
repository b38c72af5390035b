"""`skc doctor` through the front door, with real repositories and a real server."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.system import ProcessEnvironment, SystemClock
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.ledger import Ledger
from tests.conftest import Ran, Skc
from tests.servers import make_user

YAML = """\
version: 1
project: {id: a1, name: shop}
targets:
  production:
    env_files: [back end/.env]
    database: {uri: env:MONGO_URI}
    backups: {location: ~/backups}
"""


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "a shop's"
    (root / "back end").mkdir(parents=True)
    git(root, "init", "--quiet")
    (root / ".gitignore").write_text(".env\n")
    (root / "skc.yaml").write_text(YAML)
    env = root / "back end" / ".env"
    env.write_text("OTHER=1\n")
    env.chmod(0o600)
    git(root, "add", "skc.yaml", ".gitignore")
    return root


def marks(ran: Ran) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for check in ran.json["facts"]["doctor"]["checks"]:
        found.setdefault(check["id"], set()).add(check["mark"])
    return found


def failing(ran: Ran) -> set[str]:
    return {finding["id"] for finding in ran.json["findings"]}


def everything(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size, path.lstat().st_mode)
        for path in folder.rglob("*")
    }


def test_a_sound_project_has_nothing_to_mend(
    skc: Skc, project: Path, one_node: Mongod, database: str, client: MongoClient[Any]
) -> None:
    client[database]["users"].insert_one({})
    uri = make_user(one_node, database, ["readWrite"])
    (project / "back end" / ".env").write_text(f"MONGO_URI={uri.reveal()}\n")
    ran = skc("doctor", "--format", "json", cwd=project / "back end")
    assert failing(ran) == {"backups-in-clear"}
    assert ran.code == 10
    facts = ran.json["facts"]["doctor"]["targets"]["production"]
    assert facts["database"] == database
    assert facts["server"]["topology"] == "replica_set"
    password = uri.reveal().partition("//")[2].partition("@")[0].partition(":")[2]
    assert password not in ran.stdout + ran.stderr


def test_a_time_series_needs_a_role_and_the_script_is_shown(
    skc: Skc, project: Path, one_node: Mongod, database: str, client: MongoClient[Any]
) -> None:
    client[database].create_collection("ts", timeseries={"timeField": "t"})
    client[database]["ts"].insert_one({"t": datetime.now(UTC)})
    uri = make_user(one_node, database, ["readWrite"])
    ran = skc("doctor", cwd=project, env={"MONGO_URI": uri.reveal()})
    assert ran.code == 12
    assert f"may not find in {database}.system.buckets.ts" in ran.stdout
    assert "grantRolesToUser" in ran.stdout
    assert "SKC_MONGO_ADMIN_URI" in ran.stdout


def test_a_standalone_server_is_called_fuzzy(skc: Skc, project: Path, standalone: Mongod) -> None:
    env = {"MONGO_URI": standalone.uri.reveal().replace("/?", "/nothing?")}
    ran = skc("doctor", "--format", "json", cwd=project, env=env)
    assert {"no-snapshot", "database-empty"} <= failing(ran)


@pytest.mark.parametrize(
    ("uri", "words", "check"),
    [
        ("mongodb://u:hunter2@127.0.0.1:1/app", "127.0.0.1:1", "server-unreachable"),
        ("mongodb://u:hunt@er2@127.0.0.1:1/app", "percent-encode", "uri-malformed"),
        ("postgres://u:hunter2@h/app", "mongodb://", "uri-malformed"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_without_the_password(
    skc: Skc, project: Path, uri: str, words: str, check: str
) -> None:
    ran = skc("doctor", "--format", "json", cwd=project, env={"MONGO_URI": uri})
    checks = {"server-unreachable", "uri-malformed", "password-refused"}
    assert failing(ran) & checks == {check}
    assert ran.code == 12
    assert words in ran.stdout
    assert "hunt" not in ran.stdout + ran.stderr
    (unknown,) = (row for row in ran.json["unknown"] if row["reason"].endswith("not reached"))
    assert "rights for skc backup" in unknown["subject"]


def test_a_wrong_password_is_said(skc: Skc, project: Path, one_node: Mongod) -> None:
    hosts = one_node.uri.reveal().partition("@")[2]
    ran = skc("doctor", cwd=project, env={"MONGO_URI": f"mongodb://root:hunter2@{hosts}"})
    assert "password-refused" in ran.stdout
    assert "server-unreachable" not in ran.stdout
    assert "in the environment" in ran.stdout
    assert "hunter2" not in ran.stdout + ran.stderr


def test_without_a_skc_yaml_it_names_init(skc: Skc, tmp_path: Path) -> None:
    ran = skc("doctor", "--format", "json", cwd=tmp_path)
    assert failing(ran) == {"settings-missing", "no-repository"}
    assert ran.json["next"] == ["skc init"]
    assert ran.code == 11


def test_a_broken_skc_yaml_is_a_finding(skc: Skc, project: Path) -> None:
    (project / "skc.yaml").write_text(YAML.replace("backups:", "backup:"))
    ran = skc("doctor", cwd=project)
    assert ran.code == 12
    assert "did you mean backups?" in ran.stdout


def test_a_tracked_and_readable_env_file_is_found(skc: Skc, project: Path) -> None:
    (project / "back end" / ".env").chmod(0o644)
    git(project, "add", "-f", "back end/.env")
    ran = skc("doctor", "--format", "json", cwd=project)
    assert failing(ran) >= {"env-tracked", "env-readable-by-others", "uri-missing"}
    assert "env-not-ignored" not in failing(ran)
    (finding,) = (one for one in ran.json["findings"] if one["id"] == "env-readable-by-others")
    assert finding["path"] == "back end/.env"
    assert finding["remedy"] == "chmod 600 'back end/.env'"


def test_an_env_file_in_a_submodule_is_judged_there(skc: Skc, project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    (inner / ".env").write_text("A=1\n")
    git(inner, "add", ".env")
    (project / "skc.yaml").write_text(YAML.replace("back end/.env", "inner/.env"))
    ran = skc("doctor", "--format", "json", cwd=project)
    remedies = {each["id"]: each["remedy"] for each in ran.json["findings"]}
    assert remedies["env-tracked"].startswith("cd inner && skc env untrack, and change")


def test_what_it_says_to_type_for_env_files_are_skcs_own_commands(skc: Skc, project: Path) -> None:
    more = "  staging:\n    env_files: [s.env]\n    database: {uri: env:MONGO_URI}\n"
    more += "  dev:\n    env_files: [s.env, t.env]\n    database: {uri: env:MONGO_URI}\n"
    (project / "skc.yaml").write_text(YAML + more)
    (project / "s.env").write_text("A=1\n")
    git(project, "add", "-f", "back end/.env")
    ran = skc("doctor", "--format", "json", cwd=project)
    remedies = {each["remedy"] for each in ran.json["findings"]}
    assert remedies >= {
        "skc env untrack, and change every password in it: history keeps the old ones",
        "skc env untrack   # adds the rules",
        "skc env set MONGO_URI --target production",
        "skc env set MONGO_URI --target staging",
        "skc env set MONGO_URI --file s.env",
    }


def test_backups_in_the_repository_are_found(skc: Skc, project: Path) -> None:
    (project / "skc.yaml").write_text(YAML.replace("~/backups", "./kept/here"))
    assert "backups-in-repository" in failing(skc("doctor", "--format", "json", cwd=project))


def test_a_recipient_that_is_none_is_found(skc: Skc, project: Path) -> None:
    good = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    for recipients, wrong in ((good, False), (good[:-1], True), ("ssh-ed25519 AAAA", True)):
        yaml = YAML.replace("~/backups", f'~/backups, recipients: ["{recipients}"]')
        (project / "skc.yaml").write_text(yaml)
        ran = skc("doctor", "--format", "json", cwd=project)
        assert ("recipient-invalid" in failing(ran)) is wrong


def test_it_changes_nothing(
    skc_process: Skc, project: Path, tmp_path: Path, one_node: Mongod, database: str
) -> None:
    uri = make_user(one_node, database, ["readWrite"])
    os.utime(project / ".gitignore", (1, 1))
    git(project, "add", ".")
    (tmp_path / "home").mkdir(exist_ok=True)
    before = everything(tmp_path)
    for variables in ({"MONGO_URI": uri.reveal()}, {}):
        assert skc_process("doctor", cwd=project, env=variables).code in {10, 11, 12}
    assert everything(tmp_path) == before


def test_a_target_is_picked_and_a_wrong_one_refused(skc: Skc, project: Path) -> None:
    more = "  staging: {env_files: [no/.env]}\n"
    (project / "skc.yaml").write_text(YAML + more)
    both = skc("doctor", "--format", "json", cwd=project).json["facts"]["doctor"]["targets"]
    assert set(both) == {"production", "staging"}
    ran = skc("doctor", "--target", "staging", "--format", "json", cwd=project)
    assert set(ran.json["facts"]["doctor"]["targets"]) == {"staging"}
    assert skc("doctor", "--target", "stagin", cwd=project).code == 4


def test_strict_wants_everything_looked_at(skc: Skc, project: Path) -> None:
    (project / "skc.yaml").write_text(
        "version: 1\nproject: {id: a1, name: shop}\ntargets:\n"
        "  one: {env_files: [back end/.env, loop]}\n"
    )
    (project / "loop").symlink_to("loop")
    assert skc("doctor", cwd=project).code == 0
    assert skc("doctor", "--strict", cwd=project).code == 14


def test_a_check_that_could_not_run_at_all_is_incomplete(skc: Skc, project: Path) -> None:
    (project / "skc.yaml").write_text(
        "version: 1\nproject: {id: a1, name: shop}\ntargets:\n  one: {env_files: [loop]}\n"
    )
    (project / "loop").symlink_to("loop")
    ran = skc("doctor", "--format", "json", cwd=project)
    assert ran.code == 14
    assert ran.json["status"] == "incomplete"


def test_without_git_what_git_knows_is_unknown(skc: Skc, project: Path, tmp_path: Path) -> None:
    ran = skc("doctor", "--format", "json", cwd=project, env={"PATH": str(tmp_path)})
    assert "git-missing" in failing(ran)
    assert marks(ran)["env-tracked"] == {"unknown"}


def test_an_admin_uri_for_another_server_is_found_and_said(
    skc: Skc, project: Path, one_node: Mongod, standalone: Mongod
) -> None:
    """Exported for one server, it would lead the commands of every target there."""
    env = {
        "MONGO_URI": one_node.uri.reveal().replace("/?", "/shop?"),
        "SKC_MONGO_ADMIN_URI": standalone.uri.reveal(),
    }
    ran = skc("doctor", "--format", "json", cwd=project, env=env)
    assert "admin-elsewhere" in failing(ran)
    own, other = (
        server.uri.reveal().rpartition("@")[2].partition("/")[0]
        for server in (one_node, standalone)
    )
    (warning,) = (line for line in ran.stderr.splitlines() if line.startswith("warning:"))
    assert "SKC_MONGO_ADMIN_URI leads to " + other in warning
    assert own in warning
    same = skc(
        "doctor",
        "--format",
        "json",
        cwd=project,
        env={**env, "MONGO_URI": env["SKC_MONGO_ADMIN_URI"]},
    )
    assert "admin-elsewhere" not in failing(same)
    assert "warning" not in same.stderr


def test_an_error_on_the_way_to_a_server_names_the_variable(
    skc: Skc, project: Path, one_node: Mongod
) -> None:
    hosts = one_node.uri.reveal().partition("@")[2].replace("/?", "/shop?")
    env = project / "back end" / ".env"
    env.write_text(f"MONGO_URI=mongodb://root:hunter2@{hosts}\n")
    ran = skc("backup", "--yes", cwd=project)
    assert ran.code == 4
    assert "the URI is that of MONGO_URI in back end/.env" in ran.stderr


def test_a_skc_yaml_that_git_does_not_hold_is_said(skc: Skc, project: Path) -> None:
    git(project, "rm", "--cached", "--quiet", "skc.yaml")
    ran = skc("doctor", "--format", "json", cwd=project)
    (finding,) = (one for one in ran.json["findings"] if one["id"] == "not-committed")
    assert finding["remedy"] == "git add skc.yaml && git commit"


def test_a_damaged_ledger_and_a_key_that_is_not_listed_are_said(
    skc: Skc, project: Path, tmp_path: Path
) -> None:
    ledger = Ledger(
        root=project,
        state=tmp_path / "state" / "skc" / "a1",
        project="a1",
        disk=Disk(),
        clock=SystemClock(),
        environment=ProcessEnvironment({}),
    )
    ledger.record([Proof(claim="a.b", subject={}, holds=True)] * 2, command="backup")
    ran = skc("doctor", "--format", "json", cwd=project)
    (finding,) = (one for one in ran.json["findings"] if one["id"] == "signer-not-listed")
    key = ledger.signer().key or "?"
    assert key in finding["remedy"]
    subprocess.run(finding["remedy"], shell=True, cwd=project, check=True)
    assert ledger.signer().name
    assert "signer-not-listed" not in failing(skc("doctor", "--format", "json", cwd=project))

    (chain,) = (project / ".skc" / "evidence").glob("*.jsonl")
    chain.write_bytes(chain.read_bytes().replace(b'"holds":true', b'"holds":false', 1))
    ran = skc("doctor", "--format", "json", cwd=project)
    (finding,) = (one for one in ran.json["findings"] if one["id"] == "ledger-damaged")
    assert finding["severity"] == "high"
    assert "never committed" in finding["remedy"]
    shown = skc("status", cwd=project)
    assert "could not be read" in shown.stdout
    assert "next: skc doctor\n" in shown.stderr
    aside = finding["remedy"].rpartition(": ")[2]
    subprocess.run(aside, shell=True, cwd=project, check=True)
    assert "ledger-damaged" not in failing(skc("doctor", "--format", "json", cwd=project))


def test_findings_come_first_the_worst_at_the_top_and_what_is_well_is_one_line(
    skc: Skc, project: Path
) -> None:
    (project / "back end" / ".env").chmod(0o644)
    ran = skc("doctor", cwd=project)
    grades = [
        one["severity"] for one in skc("doctor", "--format", "json", cwd=project).json["findings"]
    ]
    order = ["critical", "high", "medium", "low"]
    assert grades == sorted(grades, key=order.index)
    assert ran.stdout.index("finding") < ran.stdout.index("checks passed")
    assert len(ran.stdout.splitlines()) < 30
    assert "next: skc doctor" not in ran.stderr
    assert "well: repository" in skc("doctor", "--verbose", cwd=project).stdout


def test_a_line_that_bash_does_not_read_is_told_before_a_rotation(skc: Skc, project: Path) -> None:
    env = project / "back end" / ".env"
    env.write_text(env.read_text() + "OTHER=http://h/?a=1&b=2\n")
    lines = len(env.read_text().splitlines())
    ran = skc("doctor", "--format", "json", cwd=project)
    (finding,) = (one for one in ran.json["findings"] if one["id"] == "env-line-unread")
    assert finding["severity"] == "low"
    assert f"bash (source) stops at line {lines}" in finding["message"]
