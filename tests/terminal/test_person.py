"""Plans shown, consent asked at a real terminal, and never asked where nobody is."""

from io import StringIO
from pathlib import Path

import pytest

from skillconnect_ops.adapters.system import ProcessEnvironment, SystemClock
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.terminal.person import AtTerminal, chosen_rows, plan_lines
from skillconnect_ops.terminal.streams import Streams
from skillconnect_ops.terminal.text import command_line
from tests.conftest import Skc
from tests.terminal.program import PLAN, Paint
from tests.terminal.ptys import at_terminal

Environment = dict[str, str]


class Draft(Step, frozen=True, kw_only=True, tag="test.draft"):
    def says(self) -> str:
        return f"write {self.key}"

    def below(self) -> str:
        return "+one\n-t\x1bwo\n"


def test_a_plan_is_numbered_and_says_what_has_no_way_back() -> None:
    assert plan_lines(PLAN) == [
        "skc ask plan: target production · database app",
        "  1. paint the door",
        "  2. paint the wall",
        "  3. paint over the old sign  (no way back)",
        "  note: the smell stays for a day",
    ]


def test_a_plan_without_steps_says_so() -> None:
    plan = Plan(command="ask", subject=Subject(), state="s")
    assert plan_lines(plan) == ["skc ask", "  nothing to do"]


def test_long_plans_stay_aligned() -> None:
    steps = tuple(Paint(key=f"wall {n}") for n in range(12))
    lines = plan_lines(Plan(command="x", subject=Subject(target="t"), state="s", steps=steps))
    assert lines[1] == "   1. paint wall 0"
    assert lines[12] == "  12. paint wall 11"


def test_a_name_in_a_plan_cannot_steer_the_terminal() -> None:
    steps = (Paint(key="a\x1b[2Jb\nc"),)
    subject = Subject(database="x\x1b[31m\ny")
    lines = plan_lines(Plan(command="x", subject=subject, state="s", steps=steps))
    assert lines == ["skc x: database x\\x1b[31m\\ny", "  1. paint a\\x1b[2Jb\\nc"]


def test_a_name_in_a_plan_cannot_pretend_to_be_another_step() -> None:
    steps = (Paint(key="a\n  2. unlock\tall\r"), Paint(key="b"))
    notes = ("left alone: x\n  note: all is well",)
    lines = plan_lines(Plan(command="x", subject=Subject(), state="s", steps=steps, notes=notes))
    assert lines == [
        "skc x",
        "  1. paint a\\n  2. unlock\\tall\\x0d",
        "  2. paint b",
        "  note: left alone: x\\n  note: all is well",
    ]


def test_what_a_step_shows_below_its_line_is_indented_there() -> None:
    plan = Plan(command="x", subject=Subject(), state="s", steps=(Draft(key="a"),))
    assert plan_lines(plan)[1:] == ["  1. write a", "     +one", "     -t\\x1bwo"]
    assert plan.facts()["steps"][0]["says"] == "write a\n+one\n-t\x1bwo"


@pytest.mark.parametrize("argv", [("ask", "plan"), ("ask", "name")])
def test_without_a_terminal_consent_is_refused_and_nothing_hangs(
    child: Skc, argv: tuple[str, ...]
) -> None:
    ran = child(*argv)
    assert ran.code == 3
    assert ran.stdout == ""
    assert "nobody can be asked" in ran.stderr


def test_the_refusal_names_the_option_that_agrees(program: Skc) -> None:
    assert "fix:   skc ask plan --yes\n" in program("ask", "plan").stderr
    assert (
        "fix:   skc ask name --confirm app   # if that is meant\n" in program("ask", "name").stderr
    )


def test_the_refusal_repeats_the_command_line_as_it_was_typed(program: Skc) -> None:
    """Pasted, it must do what was meant, and not something with fewer words."""
    ran = program("ask", "plan", "--format=json", "--out", "a file")
    assert "fix:   skc ask plan --format=json --out 'a file' --yes\n" in ran.stderr


def test_a_command_line_is_fit_to_be_pasted() -> None:
    assert command_line(("restore", "a b", "--", "-x"), "--yes") == "skc restore 'a b' --yes -- -x"
    assert command_line(("x", "mongodb://u:hunter2@h/a")) == "skc x mongodb://***@h/a"


def test_yes_needs_no_terminal(program: Skc) -> None:
    assert program("ask", "plan", "--yes").stdout == "agreed: True\n"


def test_words_from_a_pipe_are_no_consent(skc_process: Skc, program: Skc) -> None:
    assert program("ask", "plan", stdin="y\n").code == 3


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("yeah\n", False)],
)
def test_a_person_is_asked_at_a_terminal(
    tmp_path: Path, clean_environment: Environment, typed: str, agreed: bool
) -> None:
    with at_terminal("ask", "plan", cwd=tmp_path, env=clean_environment) as terminal:
        shown = terminal.until("Go ahead? [y/N] ")
        assert "  3. paint over the old sign  (no way back)\n" in shown
        terminal.type(typed)
        assert terminal.ends() == 0
    assert f"agreed: {agreed}\n" in terminal.shown


def test_the_end_of_input_is_a_no(tmp_path: Path, clean_environment: Environment) -> None:
    with at_terminal("ask", "plan", cwd=tmp_path, env=clean_environment) as terminal:
        terminal.until("Go ahead? [y/N] ")
        terminal.type("\x04")
        assert terminal.ends() == 0
    assert "agreed: False\n" in terminal.shown


def test_ctrl_c_at_the_question_ends_the_command(
    tmp_path: Path, clean_environment: Environment
) -> None:
    with at_terminal("ask", "plan", cwd=tmp_path, env=clean_environment) as terminal:
        terminal.until("Go ahead? [y/N] ")
        terminal.type("\x03")
        assert terminal.ends() == 130
    assert "\nerror: interrupted\n" in terminal.shown.replace("\r", "")
    assert "fix:" not in terminal.shown  # nothing is broken
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize(("typed", "agreed"), [("app\n", True), ("ap\n", False), ("y\n", False)])
def test_what_is_destroyed_must_be_named(
    tmp_path: Path, clean_environment: Environment, typed: str, agreed: bool
) -> None:
    with at_terminal("ask", "name", cwd=tmp_path, env=clean_environment) as terminal:
        terminal.until('Type "app" to go ahead: ')
        terminal.type(typed)
        assert terminal.ends() == 0
    assert f"agreed: {agreed}\n" in terminal.shown


def test_what_was_typed_before_the_question_is_no_answer(
    tmp_path: Path, clean_environment: Environment
) -> None:
    with at_terminal("ask", "plan", cwd=tmp_path, env=clean_environment) as terminal:
        terminal.type("y\n")
        terminal.until("Go ahead? [y/N] ")
        terminal.type("n\n")
        assert terminal.ends() == 0
    assert "agreed: False\n" in terminal.shown


def test_answers_from_a_file_are_no_consent(tmp_path: Path, clean_environment: Environment) -> None:
    (tmp_path / "answers").write_text("y\n" * 9)
    with (
        (tmp_path / "answers").open() as answers,
        at_terminal(
            "ask", "plan", cwd=tmp_path, env=clean_environment, stdin=answers.fileno()
        ) as terminal,
    ):
        assert terminal.ends() == 3


def test_a_question_that_nobody_sees_is_not_asked(
    tmp_path: Path, clean_environment: Environment
) -> None:
    with (
        (tmp_path / "log").open("w") as log,
        at_terminal(
            "ask", "plan", cwd=tmp_path, env=clean_environment, stderr=log.fileno()
        ) as terminal,
    ):
        assert terminal.ends() == 3


def test_data_may_go_to_a_file_while_a_person_is_asked(
    tmp_path: Path, clean_environment: Environment
) -> None:
    with (
        (tmp_path / "data").open("w") as data,
        at_terminal(
            "ask", "plan", cwd=tmp_path, env=clean_environment, stdout=data.fileno()
        ) as terminal,
    ):
        terminal.until("Go ahead? [y/N] ")
        terminal.type("y\n")
        assert terminal.ends() == 0
    assert (tmp_path / "data").read_text() == "agreed: True\n"


def test_a_warning_is_said_once() -> None:
    streams = Streams(StringIO(), StringIO(), StringIO())
    person = AtTerminal(streams, ProcessEnvironment({}), clock=SystemClock())
    for _ in range(6):
        person.note("warning: the evidence is not recorded yet")
        person.note("a step")
    said = str(streams.stderr.getvalue())  # type: ignore[attr-defined]
    assert said.count("warning") == 1
    assert said.count("a step") == 6


def test_a_line_of_another_program_comes_each_time_and_steers_no_terminal() -> None:
    streams = Streams(StringIO(), StringIO(), StringIO())
    person = AtTerminal(streams, ProcessEnvironment({}), clock=SystemClock())
    for _ in range(2):
        person.relay("warning:\tdisk \x1b[2Jfull")
    assert streams.stderr.getvalue() == "warning:\tdisk \\x1b[2Jfull\n" * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("", (0, 1, 2)),
        ("all", (0, 1, 2)),
        ("None", ()),
        ("2", (1,)),
        ("3 1", (0, 2)),
        ("1-2, 2-3", (0, 1, 2)),
        ("0", None),
        ("4", None),
        ("2-1", None),
        ("x", None),
        ("-1", None),
        (",", None),
    ],
)
def test_an_answer_names_rows(answer: str, chosen: tuple[int, ...] | None) -> None:
    assert chosen_rows(answer, 3) == chosen


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [("\n", "(0, 1, 2)"), ("none\n", "()"), ("2-3\n", "(1, 2)"), ("\x04", "()")],
)
def test_rows_are_chosen_at_a_terminal(
    tmp_path: Path, clean_environment: Environment, typed: str, chosen: str
) -> None:
    plain = {**clean_environment, "NO_COLOR": "1"}
    with at_terminal("ask", "rows", cwd=tmp_path, env=plain) as terminal:
        shown = terminal.until("numbers as 1,3-5] ")
        assert [each.split() for each in shown.splitlines()[:-1]] == [
            ["#", "colour", "price"],
            ["1", "red", "1"],
            ["2", "green", "22"],
            ["3", "blue", "3"],
        ]
        terminal.type(typed)
        assert terminal.ends() == 0
    assert f"chosen: {chosen}" in terminal.shown


def test_who_is_not_understood_is_asked_again(
    tmp_path: Path, clean_environment: Environment
) -> None:
    with at_terminal("ask", "rows", cwd=tmp_path, env=clean_environment) as terminal:
        terminal.until("numbers as 1,3-5] ")
        terminal.type("7\n")
        terminal.until("rows have numbers 1 to 3.")
        # what is typed before the question is there again is no answer to it
        terminal.until_last("numbers as 1,3-5] ")
        terminal.type("1\n")
        assert terminal.ends() == 0
    assert "chosen: (0,)" in terminal.shown


def test_without_a_terminal_nobody_chooses(program: Skc) -> None:
    assert "chosen: None" in program("ask", "rows").stdout
