"""Secret values come in unseen, and leave no trace on the way."""

import os
import secrets
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.conftest import Skc
from tests.terminal.ptys import at_terminal

ASKS = "the value (not shown): "


def digest(value: str) -> str:
    return sha256(value.encode()).hexdigest() + "\n"


def test_what_is_typed_is_not_shown(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    value = secrets.token_hex(8)
    with at_terminal("ask", "secret", cwd=tmp_path, env=clean_environment) as terminal:
        terminal.until(ASKS)
        terminal.type(f"{value}\n")
        assert terminal.ends() == 0
    assert digest(value) in terminal.shown
    assert value not in terminal.shown


def test_the_terminal_shows_again_what_is_typed_afterwards(
    tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    script = (
        f"{sys.executable} -m tests.terminal.program ask secret; stty -a | grep -o -- '-*echo '"
    )
    env = {**clean_environment, "PYTHONPATH": str(Path(__file__).parents[2])}
    master, slave = os.openpty()
    with subprocess.Popen(
        ["/bin/sh", "-c", script], cwd=tmp_path, env=env, stdin=slave, stdout=slave, stderr=slave
    ) as child:
        os.close(slave)
        shown = b""
        while ASKS.encode() not in shown:
            shown += os.read(master, 1000)
        os.write(master, b"abc\n")
        try:
            while part := os.read(master, 1000):
                shown += part
        except OSError:
            pass
        child.wait()
    os.close(master)
    assert shown.split()[-1] == b"echo"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_line_end_is_no_part_of_what_stdin_gives(program: Skc, end: str) -> None:
    value = secrets.token_hex(8)
    ran = program("ask", "secret", "--stdin", stdin=f" {value} {end}")
    assert (ran.code, ran.stdout) == (0, digest(f" {value} "))
    more = program("ask", "secret", "--stdin", stdin=f"{value}\n\n")
    assert more.stdout == digest(f"{value}\n")


def test_a_descriptor_is_read_to_its_end(program: Skc) -> None:
    value = secrets.token_hex(40_000)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, value.encode())
        os._exit(0)
    os.close(writer)
    ran = program("ask", "secret", "--fd", str(reader))
    os.wait()
    os.close(reader)
    assert (ran.code, ran.stdout) == (0, digest(value))


@pytest.mark.parametrize("given", ["", "\n", "a\0b"])
def test_what_is_no_value_is_refused(program: Skc, given: str) -> None:
    ran = program("ask", "secret", "--stdin", stdin=given)
    assert ran.code == 4
    assert "error: the value cannot be read from stdin\n" in ran.stderr


def test_a_descriptor_that_gives_no_text_is_refused_without_showing_it(program: Skc) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"hunter\xff")
    os.close(writer)
    ran = program("ask", "secret", "--fd", str(reader))
    os.close(reader)
    assert ran.code == 4
    assert "no UTF-8 text" in ran.stderr
    assert "hunter" not in ran.stderr
    assert program("ask", "secret", "--fd", "987").code == 4


def test_without_a_terminal_nobody_is_asked(skc_process: Skc, program: Skc) -> None:
    ran = program("ask", "secret")
    assert ran.code == 3
    assert "fix:   add --stdin" in ran.stderr


def test_a_command_within_a_command_takes_no_stdin(program: Skc) -> None:
    for words in (("ask", "secret"), ("ask", "secret", "--stdin")):
        ran = program("outer", "--format", "json", "--", *words, stdin="value")
        assert ran.json["facts"]["exit"] == 3


def test_a_command_within_a_command_may_be_given_a_descriptor(program: Skc) -> None:
    reader, writer = os.pipe()
    os.write(writer, secrets.token_hex(8).encode())
    os.close(writer)
    argv = ("ask", "secret", "--fd", str(reader))
    ran = program("outer", "--format", "json", "--", *argv)
    os.close(reader)  # it was left open
    assert ran.json["facts"]["exit"] == 0


def test_two_sources_are_a_mistake(program: Skc) -> None:
    assert program("ask", "secret", "--stdin", "--fd", "0").code == 2


def test_a_book_is_no_secret(program: Skc) -> None:
    ran = program("ask", "secret", "--stdin", stdin="x" * 1_000_001)
    assert ran.code == 4
    assert "1,000,000 characters" in ran.stderr
