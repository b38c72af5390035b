"""`skc apply`: what is carried out is a fresh plan, and only if it equals the saved one."""

import json
import os
from pathlib import Path

import pytest

from skillconnect_ops.commands.apply.run import APPLICABLE
from tests.commandlines import verbs
from tests.commands.rotate.app import App, settings, trust


def save(app: App, *argv: str) -> Path:
    path = app.root.parent / "plan.json"
    ran = app.run(*argv, "--save-plan", str(path))
    assert ran.code == 0, ran.stderr
    return path


def resealed(path: Path, **parts: object) -> None:
    """The file with other parts, and a sum that is right."""
    from skillconnect_ops.journal import plans  # noqa: PLC0415

    file = json.loads(path.read_text())
    file["made"].update(parts)
    file["sum"] = plans._sum(json.dumps(file["made"], separators=(",", ":")).encode())
    path.write_text(json.dumps(file))


def test_the_commands_whose_plans_are_applied_are_those_that_save_them() -> None:
    saving = {name for name, verb in verbs() if "save_plan" in verb.run.__annotations__}
    assert saving == {f"skc {name}" for name in APPLICABLE}


def test_a_saved_plan_touches_nothing_and_is_then_carried_out(app: App) -> None:
    before, users = app.file.read_bytes(), app.users()
    path = save(app, "rotate", "--yes", "--reason", "leaked", "--only", "mongodb")
    assert (app.file.read_bytes(), app.users()) == (before, users)
    assert not list((app.state / "journal").glob("*")) if (app.state / "journal").exists() else True
    text = path.read_text()
    assert app.uri() not in text
    assert app.env["SKC_MONGO_ADMIN_URI"] not in text
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(text)["made"]["words"] == [
        *("rotate", "--reason", "leaked", "--only", "mongodb")
    ]
    admin = app.root.parent / "admin"
    admin.write_text(app.env["SKC_MONGO_ADMIN_URI"])
    admin.chmod(0o600)
    file = ("--admin-uri-file", str(admin))
    dry = app.run("apply", str(path), "--dry-run", *file, env={"SKC_MONGO_ADMIN_URI": ""})
    assert dry.code == 0, dry.stderr
    assert app.users() == users

    refused = app.run("apply", str(path))
    assert refused.code == 3
    assert "skc apply" in refused.json["error"]["fix"]
    assert app.users() == users

    ran = app.run("apply", str(path), "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    assert ran.json["facts"]["rotation"]["reason"] == "leaked"
    assert "create" in ran.stderr
    assert app.users() == {"app", "app_a"}
    assert app.opens(app.uri())

    again = app.run("apply", str(path), "--yes")
    assert again.code == 3  # the rotation is not finished: the command itself says so
    ended = app.run("apply", str(save(app, "rotate", "finish")), "--yes")
    assert ended.code == 0, ended.stderr
    assert app.users() == {"app_a"}


def test_a_stale_plan_is_refused_and_says_what_differs(app: App) -> None:
    path = save(app, "rotate")
    app.client[app.name].command("updateUser", "app", roles=["read"])
    ran = app.run("apply", str(path), "--yes")
    assert ran.code == 4, ran.stderr
    assert "stale" in ran.json["error"]["what"]
    assert "state" in ran.json["error"]["why"]
    assert app.users() == {"app"}

    app.client[app.name].command("updateUser", "app", roles=["readWrite"])
    (app.root / "skc.yaml").write_text(
        settings(app.name, "    consumers: {api: {reload: [touch, seen]}}\n")
    )
    trust(app, "api", "touch", "seen")
    ran = app.run("apply", str(path), "--yes")
    assert ran.code == 4
    assert "now also keep:api, reload:api" in ran.json["error"]["why"]
    assert not (app.root / "seen").exists()
    assert app.users() == {"app"}


def test_a_plan_of_another_project_or_version_is_refused(app: App) -> None:
    path = save(app, "rotate")
    for parts, why in (
        ({"project": "another"}, "of the project another"),
        ({"version": "0.0.0"}, "skc 0.0.0 made it"),
    ):
        resealed(path, **parts)
        ran = app.run("apply", str(path), "--yes")
        assert ran.code == 4
        assert why in ran.json["error"]["why"]
        assert ran.json["error"]["fix"]
    assert app.users() == {"app"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["secrets", "scan"], "not those of"),
        (["rotate", "finish"], "not those of"),
        (["rotate", "--yes"], "'--yes' is not taken"),
        (["rotate", "--out=x"], "'--out=x' is not taken"),
        (["rotate", "--admin-uri-file", "x"], "is not taken"),
        (["rotate", "--save-plan", "skc.yaml"], "is not taken"),
        ([], "not those of"),
    ],
)
def test_a_file_names_no_other_command_and_agrees_for_nobody(
    app: App, words: list[str], why: str
) -> None:
    path = save(app, "rotate")
    before = (app.root / "skc.yaml").read_bytes()
    resealed(path, words=words)
    ran = app.run("apply", str(path))
    assert ran.code == 4, ran.stdout
    assert why in ran.json["error"]["why"]
    assert (app.root / "skc.yaml").read_bytes() == before
    assert app.users() == {"app"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "input data was truncated"),
        (b"garbage \xff\xfe", "malformed"),
        (b'{"schema": "skc/plan/99"}', "skc/plan/99"),
        (b" " * (9 << 20), "larger than any plan"),
        (None, "no such file"),
    ],
)
def test_what_is_no_plan_is_a_clear_error(app: App, content: bytes | None, why: str) -> None:
    path = app.root.parent / "plan.json"
    if content is not None:
        path.write_bytes(content)
    ran = app.run("apply", str(path), "--yes")
    assert ran.code == 4, ran.stdout
    assert why in ran.json["error"]["why"].lower()


def test_a_pipe_or_folder_for_a_plan_hangs_nobody(app: App) -> None:
    pipe = app.root.parent / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, app.root):
        assert app.run("apply", str(path), "--yes").code == 4
    saved = app.run("rotate", "--save-plan", str(app.file))
    assert saved.code == 4
    assert "not overwritten" in saved.json["error"]["what"]
    assert app.opens(app.uri())


def test_a_prune_is_saved_and_applied(app: App) -> None:
    with (app.root / "skc.yaml").open("a") as file:
        file.write(
            f"    backups: {{location: {app.root.parent / 'backups'}, "
            "keep: {daily: 1, weekly: 0, monthly: 0}}\n"
        )
    for _ in range(2):
        ran = app.run("backup")
        assert ran.code == 0, ran.stderr
    path = save(app, "backup", "prune")
    assert len(app.run("backup", "list").json["facts"]["backups"]) == 2
    ran = app.run("apply", str(path), "--yes")
    assert ran.code == 0, ran.stderr
    assert len(app.run("backup", "list").json["facts"]["backups"]) == 1
    assert app.run("apply", str(path), "--yes").code == 4
