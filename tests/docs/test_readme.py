"""What the README and the help pages show is what `skc` takes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commandlines import entries, parse, verbs
from tests.conftest import Skc

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)


def typed(text: str) -> Iterator[str]:
    """The `skc` command lines of the console blocks; a `\\` joins lines, a pipe ends one."""
    for block in BLOCK.finditer(text):
        for line in block["body"].replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                for part in re.split(r"&&|;|\|", line.removeprefix("$ ")):
                    words = part.split(">")[0].strip()
                    if words.startswith("skc"):
                        yield words


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_the_commands_of_a_page_are_real(path: Path) -> None:
    for line in typed(path.read_text()):
        parse(line)


def test_the_readme_shows_commands() -> None:
    assert len(list(typed((ROOT / "README.md").read_text()))) >= 3


def test_console_blocks_are_found_and_taken_apart() -> None:
    text = (
        "x\n```console\n$ skc backup \\\n    list | head\nout\n"
        "$ ls && skc --help > f\n```\n$ skc no\n"
    )
    assert [" ".join(line.split()) for line in typed(text)] == ["skc backup list", "skc --help"]


@pytest.mark.parametrize(
    "line", ["skc no-such-command", "skc init --no-such-option", "skc init a b c"]
)
def test_a_line_that_skc_does_not_take_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no|unexpected"):
        parse(line)


@pytest.mark.parametrize("name", ["skc", *(name for name, _ in verbs())])
def test_a_help_page_fits_and_is_complete(skc: Skc, name: str) -> None:
    ran = skc(*name.split()[1:], "--help")
    assert ran.code == 0
    assert ran.stdout.startswith(f"usage: {name} ")
    assert max(map(len, ran.stdout.splitlines())) <= 82
    assert ran.stderr == ""


def test_the_front_page_names_every_command(skc: Skc) -> None:
    page = skc("--help").stdout
    for entry in entries():
        assert re.search(rf"^  {entry.name} +{re.escape(entry.summary)}$", page, re.MULTILINE)
