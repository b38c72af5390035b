"""A group with a bare verb: which words are subcommands, and what every command is given."""

import pytest

from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.front import Entry, Section
from skillconnect_ops.terminal.group import Group
from tests.conftest import Skc
from tests.terminal import program as declared
from tests.terminal.program import commands


def test_the_first_word_is_a_subcommand_if_it_equals_one(program: Skc) -> None:
    assert program("shelf", "list", "--format", "json").json["command"] == "shelf list"


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        ((), []),
        (("cup", "jar"), ["cup", "jar"]),
        (("./list",), ["./list"]),
        (("--deep", "3", "list"), ["list"]),
        (("--format", "json", "--", "list"), ["list"]),
        (("lis",), ["lis"]),
        (("(bare)",), ["(bare)"]),
        (("",), [""]),
    ],
)
def test_everything_else_belongs_to_the_bare_verb(
    program: Skc, argv: tuple[str, ...], names: list[str]
) -> None:
    words = argv if "--" in argv else (*argv, "--format", "json")
    ran = program("shelf", *words)
    assert ran.code == 0, ran.stderr
    assert ran.json["command"] == "shelf"
    assert ran.json["facts"]["names"] == names


def test_the_help_of_a_bare_verb_has_its_options_and_the_subcommands(program: Skc) -> None:
    page = program("shelf", "--help").stdout
    assert page.startswith("usage: skc shelf [options] [NAME…]\n       skc shelf SUBCOMMAND …\n")
    assert "  list  List what is on the shelf.\n" in page
    assert "--deep N" in page
    assert "They stay there until somebody takes them." in page
    assert "never shown" not in page
    assert "(bare)" not in page
    assert "  $ skc shelf --deep 3\n" in page


def test_help_may_stand_after_other_words(program: Skc) -> None:
    assert program("shelf", "cup", "--help").stdout == program("shelf", "--help").stdout
    assert program("shelf", "list", "--help").stdout.startswith("usage: skc shelf list [options]\n")


def test_a_group_without_a_bare_verb_shows_its_help(program: Skc) -> None:
    ran = program("box")
    assert ran.code == 0
    assert ran.stdout == program("box", "--help").stdout
    assert "  open  Open the box.\n" in ran.stdout


def test_one_bare_verb_alone_is_a_command(program: Skc) -> None:
    page = program("outer", "--help").stdout
    assert page.startswith("usage: skc outer [options] WORD…\n")
    assert "SUBCOMMAND" not in page


def test_every_command_has_format_out_and_help(program: Skc) -> None:
    for argv in (("shelf",), ("shelf", "list"), ("box", "open"), ("outer",)):
        page = program(*argv, "--help").stdout
        for option in ("--format table|json", "--out FILE", "--help"):
            assert option in page


def test_the_house_is_given_and_is_no_option(program: Skc) -> None:
    assert "house" not in program("shelf", "--help").stdout.lower()


def test_common_options_stand_in_a_section_of_their_own(program: Skc) -> None:
    page = program("shelf", "--help").stdout
    assert page.index("\noptions:") < page.index("\ncommon options:") < page.index("\noutput:")
    assert page.index("\ncommon options:") < page.index("--target NAME") < page.index("\noutput:")


def test_annotations_as_text_are_understood(program: Skc, monkeypatch: pytest.MonkeyPatch) -> None:
    group = Group("late")

    def late(house: "object", *, deep: "int" = 4) -> "Report":
        """Have late annotations."""
        return Report(command="", facts={"deep": deep})

    group.bare(examples=("skc late",))(late)
    monkeypatch.setattr(declared, "LATE", group, raising=False)
    with commands((Section("x", (Entry("late", "L.", declared.__name__),)),)):
        assert program("late", "--deep", "5", "--format", "json").json["facts"] == {"deep": 5}
