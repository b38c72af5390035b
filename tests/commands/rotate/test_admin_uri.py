"""The administrator's URI: a variable, a file, a descriptor or a person; stored nowhere."""

import os

from tests.commands.rotate.app import App
from tests.terminal.ptys import at_terminal

NONE = {"SKC_MONGO_ADMIN_URI": ""}


def test_from_a_file(app: App) -> None:
    file = app.root / "admin"
    file.write_text(app.env["SKC_MONGO_ADMIN_URI"] + "\n")
    before = app.uri()
    ran = app.run("rotate", "--admin-uri-file", str(file), "--yes", env=NONE)
    assert ran.code == 0, ran.stderr + ran.stdout
    ended = app.run("rotate", "finish", "--admin-uri-file", str(file), "--yes", env=NONE)
    assert ended.code == 0, ended.stderr + ended.stdout
    assert not app.opens(before)
    secret = app.env["SKC_MONGO_ADMIN_URI"].partition("@")[0].rpartition(":")[2]
    kept = b"".join(path.read_bytes() for path in app.state.rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert all(secret not in one.stdout + one.stderr for one in (ran, ended))


def test_from_a_descriptor(app: App) -> None:
    reading, writing = os.pipe()
    os.write(writing, app.env["SKC_MONGO_ADMIN_URI"].encode())
    os.close(writing)
    ran = app.run("rotate", "--admin-uri-fd", str(reading), "--yes", env=NONE)
    os.close(reading)
    assert ran.code == 0, ran.stderr + ran.stdout
    assert app.users() == {"app", "app_a"}


def test_not_from_both(app: App) -> None:
    ran = app.run("rotate", "--admin-uri-fd", "0", "--admin-uri-file", "x", "--yes", env=NONE)
    assert ran.code == 2


def test_a_file_that_is_not_there_is_said(app: App) -> None:
    ran = app.run("rotate", "--admin-uri-file", "nowhere", "--yes", env=NONE)
    assert ran.code == 4
    assert "nowhere" in ran.json["error"]["what"] + ran.json["error"]["why"]


def test_a_wrong_one_is_said_without_its_password(app: App) -> None:
    file = app.root / "admin"
    head, _, rest = app.env["SKC_MONGO_ADMIN_URI"].rpartition("@")
    file.write_text(f"{head}wrong@{rest}")
    ran = app.run("rotate", "--admin-uri-file", str(file), "--yes", env=NONE)
    assert ran.code == 4
    assert head.rpartition(":")[2] not in ran.stdout + ran.stderr
    assert app.users() == {"app"}


def test_one_that_was_given_goes_before_the_variable(app: App) -> None:
    file = app.root / "admin"
    file.write_text(app.env["SKC_MONGO_ADMIN_URI"])
    wrong = {"SKC_MONGO_ADMIN_URI": app.uri()}
    assert app.run("rotate", "--admin-uri-file", str(file), "--yes", env=wrong).code == 0


def test_a_person_at_a_terminal_is_asked_for_it_and_types_it_unseen(
    app: App, clean_environment: dict[str, str]
) -> None:
    env = {**clean_environment, **NONE}
    with at_terminal("rotate", cwd=app.root, env=env, program="skillconnect_ops") as terminal:
        why = "URI, since SKC_MONGO_ADMIN_URI is not set: it makes and drops users (not shown): "
        terminal.until(why, timeout_s=60)
        terminal.type(app.env["SKC_MONGO_ADMIN_URI"] + "\n")
        terminal.until("Go ahead?", timeout_s=60)
        terminal.type("y\n")
        assert terminal.ends(timeout_s=120) == 0, terminal.shown
    assert app.users() == {"app", "app_a"}
    assert app.env["SKC_MONGO_ADMIN_URI"] not in terminal.shown


def test_enter_alone_says_which_variable_is_missing(
    app: App, clean_environment: dict[str, str]
) -> None:
    env = {**clean_environment, **NONE}
    with at_terminal("rotate", cwd=app.root, env=env, program="skillconnect_ops") as terminal:
        terminal.until("(not shown): ", timeout_s=60)
        terminal.type("\n")
        assert terminal.ends(timeout_s=60) == 4, terminal.shown
    assert "SKC_MONGO_ADMIN_URI is not set" in terminal.shown
    assert "UTF-8" not in terminal.shown


def test_the_name_of_the_target_is_typed_before_a_lockdown(
    app: App, clean_environment: dict[str, str]
) -> None:
    env = {**clean_environment, **app.env}
    words = ("rotate", "--lockdown")
    with at_terminal(*words, cwd=app.root, env=env, program="skillconnect_ops") as terminal:
        terminal.until("This cuts the app off from production", timeout_s=60)
        terminal.until('Type "production"', timeout_s=60)
        terminal.type("production\n")
        assert terminal.ends(timeout_s=120) == 0, terminal.shown
    assert app.users() == {"app_a"}
