"""`skc` itself: help, version, unknown commands, completion, and what it may import."""

import subprocess
import sys
from pathlib import Path

import skillconnect_ops
from skillconnect_ops import app
from tests.conftest import Skc

HEAVY = ("pymongo", "bson", "git", "rich", "cryptography", "yaml", "jinja2", "pyrage", "dotenv")


def test_skc_alone_shows_the_help_on_stdout(program: Skc) -> None:
    alone, asked = program(), program("--help")
    assert alone.code == asked.code == 0
    assert alone.stdout == asked.stdout
    assert alone.stderr == asked.stderr == ""


def test_the_help_is_aligned_and_fits_80_columns(program: Skc) -> None:
    lines = program("--help").stdout.splitlines()
    rows = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    things = rows[: rows.index(next(row for row in rows if "--version" in row))]
    assert len(things) == 5
    assert len({len(row) - len(row.split(maxsplit=1)[1]) for row in things}) == 1
    assert max(map(len, lines)) <= 82
    assert lines == [line.rstrip() for line in lines]


def test_the_version_is_the_package_s(skc: Skc) -> None:
    ran = skc("--version")
    assert ran.stdout == f"skc {skillconnect_ops.__version__}\n"


def test_an_unknown_command_names_the_nearest_one(program: Skc) -> None:
    ran = program("shef")
    assert ran.code == 2
    assert ran.stdout == ""
    assert ran.stderr == (
        "error: there is no command skc shef\n"
        "why:   the nearest one is skc shelf\n"
        "fix:   skc shelf\n"
    )


def test_an_unknown_command_that_resembles_none_points_to_the_help(program: Skc) -> None:
    assert "fix:   skc --help\n" in program("xyzzy").stderr


def test_an_unknown_subcommand_names_the_nearest_one(program: Skc) -> None:
    ran = program("end", "findngs")
    assert ran.code == 2
    assert "fix:   skc end findings\n" in ran.stderr


def test_an_unknown_option_names_the_nearest_one(program: Skc) -> None:
    ran = program("shelf", "--dep", "3")
    assert ran.code == 2
    assert ran.stderr.startswith("error: skc shelf has no option --dep\n")
    assert "fix:   skc shelf --deep\n" in ran.stderr


def test_a_wrong_value_and_a_missing_one_are_told_by_name(program: Skc) -> None:
    wrong, missing = program("shelf", "--deep", "x"), program("end", "error")
    assert (wrong.code, missing.code) == (2, 2)
    assert wrong.stderr.startswith("error: --deep has no usable value\n")
    assert missing.stderr.startswith("error: skc end error needs KIND\n")


def test_a_value_that_does_not_follow_its_option_is_missed(program: Skc) -> None:
    ran = program("shelf", "--deep")
    assert ran.code == 2
    assert "requires an argument" in ran.stderr


def test_a_password_in_a_misplaced_word_is_not_repeated(program: Skc) -> None:
    for argv in (("box", "open", "mongodb://u:pa55@h/x"), ("mongodb://u:pa55@h/x",)):
        ran = program(*argv)
        assert ran.code == 2
        assert "pa55" not in ran.stderr


def test_an_escape_sequence_in_a_word_is_spelled_out(program: Skc) -> None:
    ran = program("\x1b[31mred")
    assert "\x1b" not in ran.stderr
    assert "\\x1b[31mred" in ran.stderr


def test_a_word_with_a_line_end_keeps_the_form_of_an_error(program: Skc) -> None:
    for argv in (("x\ny",), ("box", "open", "x\ny"), ("box", "--x\ny")):
        lines = program(*argv).stderr.splitlines()
        assert [line[:6] for line in lines] == ["error:", "why:  ", "fix:  "]


def test_a_usage_error_is_json_where_json_is_asked_for(program: Skc) -> None:
    for argv in (("shelf", "--nope", "--format", "json"), ("--format=json",)):
        ran = program(*argv)
        assert ran.code == 2
        assert ran.json["status"] == "usage"
        assert ran.json["error"]["what"] in ran.stderr


def test_help_imports_nothing_heavy_and_no_domain() -> None:
    assert _imported("--help").isdisjoint({*HEAVY, *_domains()})


def test_a_command_imports_its_own_domain_only() -> None:
    named = app.COMMANDS[0].entries[0]
    loaded = _imported(named.name, "--help") & _domains()
    assert loaded == {_domain(named.module)}


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, skillconnect_ops; sys.exit('typer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_shell_gets_the_commands_that_begin_so(clean_environment: dict[str, str]) -> None:
    first = app.COMMANDS[0].entries[0].name
    assert _completed(f"skc {first[:3]}", 1, clean_environment) == [first]


def test_a_shell_gets_the_options_of_a_bare_verb(clean_environment: dict[str, str]) -> None:
    first = app.COMMANDS[0].entries[0].name
    assert "--format" in _completed(f"skc {first} --fo", 2, clean_environment)


def test_completion_scripts_are_given(skc_process: Skc) -> None:
    ran = skc_process(
        "--show-completion", "bash", env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    )
    assert ran.code == 0
    assert "_SKC_COMPLETE" in ran.stdout


def _completed(line: str, word: int, environment: dict[str, str]) -> list[str]:
    script = Path(sys.executable).with_name("skc")
    done = subprocess.run(
        [script],
        env={
            **environment,
            "_SKC_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(word),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _imported(*argv: str) -> set[str]:
    code = (
        "import sys; from skillconnect_ops import app; app.main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def _domain(module: str) -> str:
    return module.rpartition(".")[0]


def _domains() -> set[str]:
    return {_domain(entry.module) for section in app.COMMANDS for entry in section.entries}


def test_the_help_names_the_exit_codes_and_promises_nothing(skc: Skc) -> None:
    shown = skc("--help").stdout
    assert "exit codes: 0 done" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    names = {entry.name for section in app.COMMANDS for entry in section.entries}
    if "rotate" not in names:
        assert "rotation" not in shown


def test_help_and_complaints_are_not_in_the_parser_s_words(skc: Skc) -> None:
    shown = skc("backup", "--help").stdout
    assert "<=" not in shown
    assert "[default" not in shown
    assert "(1 to 19, by default 1)" in shown
    ran = skc("backup", "--level", "99")
    assert "why:   it should be less than or equal to 19\n" in ran.stderr
    assert "parse" not in skc("backup", "--level", "abc").stderr


def test_why_and_fix_are_not_the_same_sentence(skc: Skc) -> None:
    for argv in (("xyzzy",), ("backup", "--xyzzy")):
        _, why, fix = skc(*argv).stderr.splitlines()
        command = fix.removeprefix("fix:").strip()
        assert command.endswith("--help")
        assert command not in why
