"""`skc env set`: one value, nothing else, and never a trace of it."""

import os
import secrets
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from skillconnect_ops.disk.acl import ATTRIBUTE
from skillconnect_ops.disk.attributes import acl_of
from skillconnect_ops.disk.errors import NotPermitted
from skillconnect_ops.disk.shared import must_be_writable
from tests.commands.env.conftest import TEXT
from tests.conftest import Skc
from tests.disk.test_attributes import listing
from tests.disk.test_shared import as_somebody_without_rights
from tests.terminal.ptys import at_terminal


def test_a_value_is_set_and_nothing_else_changes(skc: Skc, project: Path) -> None:
    value = secrets.token_hex(16)
    ran = skc("env", "set", "JWT_KEY", "--stdin", "--yes", cwd=project, stdin=value + "\n")
    assert ran.code == 0, ran.stderr
    env = project / "backend" / ".env"
    assert env.read_bytes() == TEXT.replace(b"'old'", f"'{value}'".encode())
    assert [entry.name for entry in env.parent.iterdir()] == [".env"]


def test_the_value_is_nowhere_but_in_the_file(skc: Skc, project: Path, tmp_path: Path) -> None:
    value = secrets.token_hex(16)
    words = ("env", "set", "JWT_KEY", "--stdin", "--yes", "--format", "json")
    ran = skc(*words, cwd=project, stdin=value)
    assert ran.code == 0, ran.stderr
    assert value not in ran.stdout + ran.stderr
    holding = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and value.encode() in path.read_bytes()
    ]
    assert holding == [project / "backend" / ".env"]


def test_a_new_name_gets_a_line_of_its_own(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "NEW", "--stdin", "--yes", cwd=project, stdin="a b\n")
    assert ran.code == 0, ran.stderr
    assert (project / "backend" / ".env").read_bytes() == TEXT + b"NEW='a b'\n"


def test_a_dry_run_changes_nothing(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "NEW", "--stdin", "--dry-run", cwd=project, stdin="fresh-value")
    assert ran.code == 0
    assert "add NEW in backend/.env" in ran.stderr
    assert "fresh-value" not in ran.stderr
    assert (project / "backend" / ".env").read_bytes() == TEXT


def test_what_was_only_shown_is_typed_again_with_the_same_words(skc: Skc, project: Path) -> None:
    words = ("env", "set", "NEW", "--file", "backend/.env.local", "--not-for", "bash")
    ran = skc(*words, "--stdin", "--dry-run", cwd=project, stdin="fresh-value")
    assert f"next: skc {' '.join(words)}\n" in ran.stderr


def test_it_works_without_a_skc_yaml(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    ran = skc("env", "set", "A", "--stdin", "--yes", cwd=folder, stdin="x")
    assert ran.code == 0, ran.stderr
    assert (folder / ".env").read_bytes() == b"A=x\n"
    assert "next: skc env check" in ran.stderr
    named = skc("env", "set", "A", "--stdin", "--yes", "--target", "x", cwd=folder, stdin="y")
    assert (named.code, "skc init" in named.stderr) == (4, True)


@pytest.mark.parametrize(
    ("name", "code"), [("nodir/.env", 4), ("folder", 3), ("pipe", 3), ("/dev/null", 3)]
)
def test_what_is_no_file_to_write_is_refused_before_anything_begins(
    skc: Skc, project: Path, name: str, code: int
) -> None:
    (project / "folder").mkdir()
    os.mkfifo(project / "pipe")
    ran = skc("env", "set", "A", "--stdin", "--yes", "--file", name, cwd=project, stdin="x")
    assert ran.code == code, ran.stderr
    assert "journal:" not in ran.stderr
    assert "nothing to do" not in ran.stderr


def test_a_folder_that_cannot_be_written_is_refused_at_once() -> None:
    with tempfile.TemporaryDirectory() as name, as_somebody_without_rights(Path(name)):
        Path(name).chmod(0o500)
        with pytest.raises(NotPermitted):
            must_be_writable(Path(name) / ".env")


def test_a_pipe_for_an_env_file_holds_nobody_up(skc: Skc, project: Path) -> None:
    (project / "backend" / ".env").unlink()
    os.mkfifo(project / "backend" / ".env", 0o600)
    for words in (("check",), ("example", "--dry-run")):
        ran = skc("env", *words, cwd=project)
        assert ran.code in {4, 10, 14}
        assert "it is a device or a pipe" in ran.stdout + ran.stderr
    assert skc("env", "set", "A", "--stdin", "--yes", cwd=project, stdin="x").code == 4


def test_empty_and_a_value_do_not_go_together(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "A", "--stdin", "--empty", "--yes", cwd=project, stdin="x")
    assert ran.code == 2
    assert (project / "backend" / ".env").read_bytes() == TEXT


def test_a_run_that_died_without_a_skc_yaml_can_be_looked_at(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    assert skc("journal", "list", cwd=folder).code == 4
    assert skc("env", "set", "A", "--stdin", "--yes", cwd=folder, stdin="x").code == 0
    ran = skc("journal", "list", "--format", "json", cwd=folder)
    assert [each["command"] for each in ran.json["facts"]["journals"]] == ["env set"]


def test_without_consent_nothing_is_done(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "NEW", "--stdin", cwd=project, stdin="x")
    assert ran.code == 3
    assert (project / "backend" / ".env").read_bytes() == TEXT


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("it's $5", "single quotes"),
        ("a\rb", "carriage return"),
        ("${HOME}", "python-dotenv"),
        ("ends with \\", "backslash"),
    ],
)
def test_a_value_that_is_read_differently_is_refused(
    skc: Skc, project: Path, value: str, why: str
) -> None:
    ran = skc("env", "set", "JWT_KEY", "--stdin", "--yes", cwd=project, stdin=value)
    assert ran.code == 4
    assert why in ran.stderr
    assert value not in ran.stderr
    assert (project / "backend" / ".env").read_bytes() == TEXT


def test_a_name_that_is_none_is_refused(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "BAD KEY=x\nEVIL", "--stdin", "--yes", cwd=project, stdin="x")
    assert ran.code == 4
    assert (project / "backend" / ".env").read_bytes() == TEXT


def test_a_name_that_stands_twice_is_refused_unless_all_are_meant(skc: Skc, project: Path) -> None:
    env = project / "backend" / ".env"
    env.write_bytes(b"A=1\nA=2\n")
    assert skc("env", "set", "A", "--stdin", "--yes", cwd=project, stdin="x").code == 3
    assert env.read_bytes() == b"A=1\nA=2\n"
    ran = skc("env", "set", "A", "--stdin", "--yes", "--all", cwd=project, stdin="x")
    assert ran.code == 0, ran.stderr
    assert env.read_bytes() == b"A=x\nA=x\n"


def test_a_reader_that_never_sees_the_file_may_be_left_out(skc: Skc, project: Path) -> None:
    env = project / "backend" / ".env"
    env.write_bytes(b"A=1\nURL=<later>\n")
    ran = skc("env", "set", "A", "--stdin", "--yes", cwd=project, stdin="x")
    assert ran.code == 4
    assert "line 2" in ran.stderr
    again = ("env", "set", "A", "--stdin", "--yes", "--not-for", "bash")
    assert skc(*again, cwd=project, stdin="x").code == 0
    assert env.read_bytes() == b"A=x\nURL=<later>\n"


def test_a_file_that_is_not_there_is_made_for_the_owner_alone(skc: Skc, project: Path) -> None:
    words = ("env", "set", "A", "--stdin", "--yes", "--file", "backend/.env.local")
    ran = skc(*words, cwd=project, stdin="x")
    assert ran.code == 0, ran.stderr
    made = project / "backend" / ".env.local"
    assert made.read_bytes() == b"A=x\n"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has them so")
def test_whom_an_access_control_list_lets_in_is_told_and_stays_in(skc: Skc, project: Path) -> None:
    env = project / "backend" / ".env"
    try:
        os.setxattr(env, ATTRIBUTE, listing(somebody=4))
    except OSError:
        pytest.skip("this file system keeps no access control lists")
    ran = skc("env", "set", "PORT", "--stdin", "--yes", cwd=project, stdin="1\n")
    assert ran.code == 0, ran.stderr
    assert "note: the file's ACL lets user 23456 in, and will go on to" in ran.stderr
    assert "the ACL of .env lets user 23456 in, as before" in ran.stderr
    assert "no longer will" not in ran.stderr
    acl = acl_of(env)
    assert acl is not None
    assert acl.lets_in == ("user 23456",)


def test_a_file_open_to_others_is_closed_with_a_notice(skc: Skc, project: Path) -> None:
    env = project / "backend" / ".env"
    env.chmod(0o644)
    ran = skc("env", "set", "PORT", "--stdin", "--yes", cwd=project, stdin="4000")
    assert ran.code == 0
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert "backend/.env was open to others (mode 0644)" in ran.stderr


def test_a_link_is_followed_and_stays_one(skc: Skc, project: Path, tmp_path: Path) -> None:
    env = project / "backend" / ".env"
    env.rename(tmp_path / "real.env")
    env.symlink_to(tmp_path / "real.env")
    ran = skc("env", "set", "PORT", "--stdin", "--yes", cwd=project, stdin="4000")
    assert ran.code == 0, ran.stderr
    assert env.is_symlink()
    assert b"PORT=4000" in (tmp_path / "real.env").read_bytes()


def test_the_same_value_again_is_nothing_to_do(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "NAME", "--stdin", cwd=project, stdin="shop")
    assert ran.code == 0
    assert "nothing to do" in ran.stderr


def test_a_value_comes_from_a_descriptor(skc_process: Skc, skc: Skc, project: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"from-a-pipe\n")
    os.close(writing)
    ran = skc("env", "set", "NAME", "--fd", str(reading), "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    assert b"NAME=from-a-pipe\n" in (project / "backend" / ".env").read_bytes()
    both = skc("env", "set", "NAME", "--fd", "9", "--stdin", cwd=project)
    assert both.code == 2
    closed = skc_process("env", "set", "NAME", "--fd", "87", "--yes", cwd=project)
    assert closed.code == 4


def test_a_typed_value_is_not_shown(project: Path, clean_environment: dict[str, str]) -> None:
    value = secrets.token_hex(12)
    words = ("env", "set", "NAME")
    with at_terminal(
        *words, cwd=project, env=clean_environment, program="skillconnect_ops"
    ) as terminal:
        terminal.until("not shown")
        terminal.type(value + "\n")
        terminal.until("once more (not shown)")
        terminal.type(value + "\n")
        terminal.until("[y/N]")
        terminal.type("y\n")
        assert terminal.ends() == 0, terminal.shown
    assert value not in terminal.shown
    assert f"NAME={value}\n".encode() in (project / "backend" / ".env").read_bytes()


def test_two_values_that_were_typed_are_refused(
    project: Path, clean_environment: dict[str, str]
) -> None:
    words = ("env", "set", "NAME")
    with at_terminal(
        *words, cwd=project, env=clean_environment, program="skillconnect_ops"
    ) as terminal:
        terminal.until("not shown")
        terminal.type("first-value\n")
        terminal.until("once more (not shown)")
        terminal.type("second-value\n")
        assert terminal.ends() == 3, terminal.shown
    assert "the two values are not the same" in terminal.shown
    assert "-value" not in terminal.shown
    assert (project / "backend" / ".env").read_bytes() == TEXT


def test_one_line_end_is_cut_off_and_another_one_is_noted(skc: Skc, project: Path) -> None:
    words = ("env", "set", "NAME", "--stdin", "--not-for", "bash", "--dry-run")
    assert "2 lines" not in skc(*words, cwd=project, stdin="a\n").stderr
    assert "the value has 2 lines" in skc(*words, cwd=project, stdin="a\n\n").stderr


def test_a_pipe_that_gives_nothing_wipes_no_secret(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "JWT_KEY", "--stdin", "--yes", cwd=project, stdin="")
    assert ran.code == 4
    assert "nothing came from there" in ran.stderr
    assert (project / "backend" / ".env").read_bytes() == TEXT


def test_a_variable_is_emptied_when_that_is_said(skc: Skc, project: Path) -> None:
    ran = skc("env", "set", "JWT_KEY", "--empty", "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    assert b"old" not in (project / "backend" / ".env").read_bytes()


def test_a_value_typed_behind_the_name_is_refused_and_not_repeated(skc: Skc, project: Path) -> None:
    value = secrets.token_hex(8)
    ran = skc("env", "set", f"JWT_KEY={value}", cwd=project)
    assert ran.code == 2
    assert value not in ran.stdout + ran.stderr
    assert "skc env set JWT_KEY " in ran.stderr
