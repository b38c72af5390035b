"""Tables: aligned, whole, nothing cut; colour on a terminal only."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import (
    Block,
    FindingsByFile,
    FindingsHere,
    Frame,
    Lines,
    Pairs,
    Table,
    Text,
    Tone,
)
from skillconnect_ops.terminal.draw import draw, drawn
from skillconnect_ops.terminal.options import Format
from skillconnect_ops.terminal.render import rendered
from skillconnect_ops.terminal.streams import Screen
from tests.conftest import Skc
from tests.terminal.ptys import at_terminal

ID = "2026-11-22T15-44-03Z-app"
PIPE = Screen(width=None, colour=False)
PROSE = "it was taken at one instant and has been restored into an empty server to prove it"


def narrow(columns: int) -> Screen:
    return Screen(width=columns, colour=False)


def wide_table(rows: int = 2) -> Table:
    return Table(
        ("id", "size", "what is known"),
        tuple((ID, "1.2 GB", PROSE) for _ in range(rows)),
        right=(1,),
    )


def test_without_a_terminal_nothing_is_wrapped_or_cut() -> None:
    lines = draw(wide_table(), screen=PIPE).splitlines()
    assert len(lines) == 3
    assert all(PROSE in line for line in lines[1:])


def test_at_80_columns_prose_gives_way_and_identifiers_stay_whole() -> None:
    lines = draw(wide_table(), screen=narrow(80)).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(ID in line for line in lines) == 2
    assert " ".join(line[len(ID) + 10 :].strip() for line in lines[1:4]).startswith("it was taken")


def test_what_does_not_fit_side_by_side_is_stacked() -> None:
    names = tuple(f"{ID}-{n}" for n in range(4))
    text = draw(Table(("a", "b", "c", "d"), (names, names)), screen=narrow(80))
    assert text.count("\n\n") == 1
    for name, head in zip(names, "abcd", strict=True):
        assert text.count(f"{head}  {name}\n") == 2


def test_an_identifier_longer_than_the_terminal_is_still_whole() -> None:
    name = "x" * 200
    assert name in draw(Table(("id",), ((name,),)), screen=narrow(80))
    assert name in draw(Pairs((("id", name),)), screen=narrow(80))


def test_numbers_align_right_and_heads_with_them() -> None:
    text = draw(Table(("n", "bytes"), (("a", "1"), ("b", "100")), right=(1,)), screen=PIPE)
    assert text == "n  bytes\na      1\nb    100\n"


def test_wide_letters_count_double() -> None:
    lines = draw(Table(("n", "x"), (("日本", "1"), ("abcd", "2"))), screen=PIPE).splitlines()
    assert lines[1] == "日本  1"
    assert lines[2] == "abcd  2"


def test_an_empty_table_says_so() -> None:
    assert draw(Table(("id",), (), empty="no backups yet"), screen=PIPE) == "no backups yet\n"


def test_blocks_are_parted_by_an_empty_line() -> None:
    report = Report(command="x", view=(Lines(("a", "b")), Pairs((("k", "v"),), title="t")))
    assert drawn(report, screen=PIPE) == "a\nb\n\nt\nk  v\n"


@pytest.mark.parametrize(
    "block",
    [
        Lines(("a\x1b[2J\x07b\r\nc",)),
        Lines((Text("a\x1b[2J\x07b\r\nc", Tone.BAD),)),
        Pairs((("a\x1b[2J\x07b\r\nc", "x\u202ey"),)),
        Table(("a\x1b[2J\x07b\r\nc",), (("x\x9by",),), title="t\x1b"),
    ],
)
def test_what_steers_a_terminal_is_spelled_out(block: Block) -> None:
    text = draw(block, screen=PIPE)
    assert not set(text) & set("\x1b\x07\r\x9b\u202e")
    assert "\\x1b" in text


@given(
    st.lists(st.tuples(st.text(max_size=60), st.text(max_size=30)), min_size=1, max_size=5),
    st.integers(min_value=1, max_value=120),
)
def test_any_text_can_be_drawn_at_any_width(rows: list[tuple[str, str]], columns: int) -> None:
    for screen in (PIPE, narrow(columns), Screen(width=columns, colour=True)):
        text = draw(Table(("one", "two"), tuple(rows)), screen=screen)
        assert text.endswith("\n")
        assert "\\n" in text or not any("\n" in cell for row in rows for cell in row)


def test_colour_follows_the_tone() -> None:
    bad = Lines((Text("bad", Tone.BAD),))
    assert draw(bad, screen=Screen(width=80, colour=True)) == "\x1b[31mbad\x1b[0m\n"
    assert draw(bad, screen=narrow(80)) == "bad\n"


def test_a_terminal_gets_colour(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    with at_terminal("shelf", "list", cwd=tmp_path, env=clean_environment) as terminal:
        assert terminal.ends() == 0
    assert "\x1b[32mgood" in terminal.shown


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_color_and_a_dumb_terminal_are_honoured(
    tmp_path: Path, clean_environment: dict[str, str], env: dict[str, str]
) -> None:
    with at_terminal("shelf", "list", cwd=tmp_path, env={**clean_environment, **env}) as terminal:
        assert terminal.ends() == 0
    assert "\x1b" not in terminal.shown
    assert "good" in terminal.shown


def test_an_empty_no_color_is_none(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    env = {**clean_environment, "NO_COLOR": ""}
    with at_terminal("shelf", "list", cwd=tmp_path, env=env) as terminal:
        assert terminal.ends() == 0
    assert "\x1b[32m" in terminal.shown


def test_a_pipe_gets_no_colour(child: Skc) -> None:
    ran = child("shelf", "list", env={"TERM": "xterm-256color", "FORCE_COLOR": "1"})
    assert "\x1b" not in ran.stdout + ran.stderr


def test_the_terminal_s_own_width_counts(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    with at_terminal(
        "shelf", "list", cwd=tmp_path, env={**clean_environment, "NO_COLOR": "1"}, columns=30
    ) as terminal:
        assert terminal.ends() == 0
    assert f"id       {ID}\n" in terminal.shown
    assert os.environ.get("COLUMNS") != "30"


def finding(where: str = "target production") -> Finding:
    return Finding(
        id="admin-elsewhere",
        severity=Severity.HIGH,
        subject=where,
        message="SKC_MONGO_ADMIN_URI leads somewhere else, and that is a long story to tell here",
        remedy="unset SKC_MONGO_ADMIN_URI",
        fingerprint="f",
    )


def test_findings_stand_where_the_view_has_a_place_for_them() -> None:
    view = (FindingsHere(), Lines(("22 checks passed",)))
    text = drawn(Report(command="x", findings=(finding(),), view=view), screen=PIPE)
    assert text.index("1 finding") < text.index("22 checks")
    text = drawn(Report(command="x", findings=(finding(),), view=view[1:]), screen=PIPE)
    assert text.index("22 checks") < text.index("1 finding")


def test_findings_without_room_for_columns_are_two_lines_or_three() -> None:
    one = finding(f"/srv/{'x' * 60}/{ID}")
    text = drawn(Report(command="x", findings=(one,)), screen=narrow(80))
    lines = text.splitlines()
    assert lines[1].startswith("high      admin-elsewhere  /srv/")
    assert lines[2].startswith("          SKC_MONGO_ADMIN_URI leads somewhere else")
    assert max(map(len, lines[2:4])) <= 80
    assert "  unset SKC_MONGO_ADMIN_URI" in lines


def test_what_was_not_looked_at_has_no_endless_column() -> None:
    subject = "target production: " + ", ".join(f"check {n}" for n in range(20))
    report = Report(command="x", unknown=(Unknown(subject, "its server was not reached"),))
    lines = drawn(report, screen=narrow(80)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "not looked at"
    assert " ".join(" ".join(lines).split()).endswith("its server was not reached")
    assert lines[-1].startswith("  ")


def test_labels_stay_whole_and_a_word_that_is_too_long_sticks_out_alone() -> None:
    path = "/srv/" + "long/" * 12
    pairs = Pairs((("goes on with", "skc rotate finish"), ("file", path), ("why", "word " * 20)))
    lines = drawn(Report(command="x", view=(pairs,)), screen=Screen(width=40, colour=False))
    found = lines.splitlines()
    assert found[0] == "goes on with  skc rotate finish"
    assert f"file          {path}" in found
    assert all(len(line) <= 40 for line in found if path not in line)
    assert all(line.startswith(" " * 14 + "word") for line in found[3:])


def test_sentences_on_a_terminal_break_between_words_and_nothing_else_does() -> None:
    said = "JWT_SECRET_KEY is new in backend/.env; reloaded api and worker"
    for more in ((), (Text("", Tone.DIM),)):
        report = Report(command="x", view=(Lines((said, *more), prose=True),))
        lines = rendered(report, report_format=Format.TABLE, screen=narrow(30)).splitlines()
        assert max(map(len, lines)) <= 30
        assert " ".join(" ".join(lines).split()) == said
    as_it_is = Report(command="x", view=(Lines((said,)),))
    assert rendered(as_it_is, report_format=Format.TABLE, screen=narrow(30)) == f"{said}\n"
    piped = Report(command="x", view=(Lines((said,), prose=True),))
    assert rendered(piped, report_format=Format.TABLE, screen=PIPE) == f"{said}\n"


def test_findings_are_grouped_by_their_files_with_the_code_below() -> None:
    def found(path: str, line: int, mark: str) -> Finding:
        return Finding(
            id="x-y",
            severity=Severity.LOW,
            path=path,
            line=line,
            column=3,
            message="no",
            remedy="mend",
            fingerprint=mark,
        )

    frames = {"1": Frame(7, ("  a(", "b" * 90))}
    report = Report(
        command="c",
        findings=(found("a.js", 7, "1"), found("b.js", 1, "2")),
        unknown=(Unknown("c.js", "why"),),
        view=(FindingsByFile(frames), Lines(("last",))),
    )
    lines = drawn(report, screen=narrow(60)).splitlines()
    assert lines[:4] == [
        "a.js",
        "  7:3     low       x-y  no",
        "        7 |   a(",
        "          |   ^",
    ]
    assert lines[4] == f"        8 | {'b' * 47}…"
    assert "b.js" in lines
    assert lines[-1] == "last"
    assert any(line.startswith("c.js") for line in lines)
