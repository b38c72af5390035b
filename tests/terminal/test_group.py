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


@pytest.mark.parametrize(
    ("argv", "label", "names"),
    [
        ((), None, []),
        (("--label",), "", []),
        (("--label", "--deep", "3"), "", []),
        (("a", "--label"), "", ["a"]),
        (("--label", "red"), "red", []),
        (("--label=red", "a"), "red", ["a"]),
        (("--label", "--", "--label"), "", ["--label"]),
    ],
)
def test_a_value_in_brackets_may_be_left_out(
    program: Skc, argv: tuple[str, ...], label: str | None, names: list[str]
) -> None:
    facts = program("shelf", "--format", "json", *argv).json["facts"]
    assert (facts["label"], facts["names"]) == (label, names)


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
    assert "  open    Open the box.\n" in ran.stdout


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


def test_a_group_within_a_group_is_listed_with_its_summary(program: Skc) -> None:
    page = program("box").stdout
    assert "  open    Open the box.\n  drawer  The drawers of the box.\n" in page
    assert "sticks" not in page


def test_a_group_within_a_group_has_a_page_of_its_own(program: Skc) -> None:
    ran = program("box", "drawer")
    assert ran.code == 0
    assert ran.stdout == program("box", "drawer", "--help").stdout
    assert ran.stdout.startswith("usage: skc box drawer SUBCOMMAND …\n\nThe drawers of the box.\n")
    assert "Each of them sticks a little." in ran.stdout
    assert "  add   Add a drawer.\n  list  List the drawers.\n" in ran.stdout
    assert "`skc box drawer SUBCOMMAND --help` tells more." in ran.stdout


def test_a_command_two_levels_down_is_run_and_named_by_all_its_words(program: Skc) -> None:
    ran = program("box", "drawer", "add", "top", "--format", "json")
    assert (ran.code, ran.json["command"]) == (0, "box drawer add")
    assert ran.json["facts"] == {"name": "top"}
    page = program("box", "drawer", "add", "--help").stdout
    assert page.startswith("usage: skc box drawer add [options] NAME\n")
    assert "--format table|json" in page


def test_what_is_mistyped_two_levels_down_names_the_nearest(program: Skc) -> None:
    ran = program("box", "drawer", "ad")
    assert (ran.code, ran.stdout) == (2, "")
    assert "error: there is no command skc box drawer ad\n" in ran.stderr
    assert "fix:   skc box drawer add\n" in ran.stderr
    assert "fix:   skc box drawer list --wide\n" in program("box", "drawer", "list", "--wid").stderr
    assert "error: skc box drawer add needs NAME\n" in program("box", "drawer", "add").stderr


def test_a_bare_verb_may_stand_beside_a_group(
    program: Skc, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = Group("outside")

    def outside(house: "object", *, deep: "int" = 4) -> "Report":
        """Stand outside."""
        return Report(command="", facts={"deep": deep})

    group.bare(examples=("skc outside",))(outside)
    group.group("inside", about="What is inside.").bare(examples=("skc outside inside",))(outside)
    monkeypatch.setattr(declared, "OUTSIDE", group, raising=False)
    entry = Entry("outside", "Stand outside.", declared.__name__)
    with commands((Section("x", (entry,)),)):
        bare = program("outside", "--deep", "5", "--format", "json").json
        inner = program("outside", "inside", "--deep", "6", "--format", "json").json
        page = program("outside", "--help").stdout
    assert (bare["command"], bare["facts"]) == ("outside", {"deep": 5})
    assert (inner["command"], inner["facts"]) == ("outside inside", {"deep": 6})
    assert "  inside  Stand outside.\n" in page


def test_a_word_names_one_command_only() -> None:
    group = Group("twice")
    group.group("part", about="A part.")
    with pytest.raises(ValueError, match="twice part is declared twice"):
        group.group("part", about="Another.")
    with pytest.raises(ValueError, match="twice part is declared twice"):
        group.command("part", examples=())(declared.box_open)


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("skc box ", 2, {"open", "drawer"}),
        ("skc box drawer ", 3, {"add", "list"}),
        ("skc box drawer l", 3, {"list"}),
        ("skc box drawer list --wi", 4, {"--wide"}),
    ],
)
def test_a_shell_completes_on_every_level(
    child: Skc, line: str, word: int, offered: set[str]
) -> None:
    asked = {"_SKC_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    assert set(child(env=asked).stdout.split()) == offered
