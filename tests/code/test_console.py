"""What `console` is used for in a text is what Babel's own parser and scopes say of it."""

import json
import os
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from skillconnect_ops.code.console import console
from skillconnect_ops.code.console_files import console_uses, print_uses
from skillconnect_ops.code.console_origins import is_worth_parsing
from skillconnect_ops.code.discovery import content
from tests.npm import install
from tests.programs import needs

PACKAGES = ("@babel/parser@7.29.15", "@babel/traverse@7.29.15", "parse5@7.3.0")
ORACLE = Path(__file__).parent / "console_oracle.cjs"
CASES = Path(__file__).parents[1] / "commands/audit/cases"
Place = tuple[int, int, str, bool]
"""Line, column, level, and whether it is a call."""


def by_babel(packages: Path, files: Iterable[Path]) -> dict[str, set[Place]]:
    """What Babel says of each file; of one that it cannot parse at all nothing."""
    told = subprocess.run(
        [needs("node"), str(ORACLE)],
        input=json.dumps({"files": [str(path) for path in files]}),
        env={**os.environ, "NODE_PATH": str(packages / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        path: {(use[0], use[1], use[2], use[3]) for use in said["uses"]}
        for path, said in json.loads(told.stdout).items()
        if not said.get("lost")
    }


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds Babel, shared by all workers of this test run."""
    return install(tmp_path_factory.getbasetemp().parent / "babel", *PACKAGES)


def test_the_corpus_is_read_as_babel_reads_it(packages: Path) -> None:
    files = [
        path
        for check in ("console-call", "console-secret")
        for path in sorted((CASES / check).rglob("*"))
        if path.is_file() and path.suffix != ".txt"
    ]
    names = [path.relative_to(CASES).as_posix() for path in files]
    looked = console_uses(names, lambda path: content(CASES, path))
    truth = by_babel(packages, files)
    assert sum(map(len, truth.values())) >= 200
    ours = {
        str(path): {
            (one.line, one.column, one.level, one.call) for one in looked.found.get(name, ())
        }
        for name, path in zip(names, files, strict=True)
        if str(path) in truth
    }
    assert {path: uses ^ truth[path] for path, uses in ours.items() if uses != truth[path]} == {}


def test_the_judge_can_say_no(packages: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("console.log(1); function f(console) { console.log(2); }")
    assert by_babel(packages, [path]) == {str(path): {(1, 1, "log", True)}}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("console.log(a)", ()),
        ("console.log(user.password, token)", ("user.password", "token")),
        ("console.log(token, token)", ("token",)),
    ],
)
def test_what_is_printed_is_named_once(text: str, names: tuple[str, ...]) -> None:
    (use,) = console(text, "javascript").uses
    assert use.told == names


def test_what_stands_within_a_fault_is_marked() -> None:
    found = console("console.log(1);\n@@ console.log(2) ((;\n", "javascript")
    assert found.fault is not None
    assert [use.line for use in found.uses] == [1, 2]


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("// console.log(1)\n  // console.log(2)\n", False),
        ("/**\n * console.log(1)\n */\n", False),
        ("/**\n * console.log(1)\n */ console.log(2)\n", True),
        ("x; // console.log(1)\n", True),
        ("// eslint-disable-next-line no-console\nconsole.log(1);\n", True),
        ("// console", False),
        ("const t = `\n * ${console.log(1)}`;\n", True),
        ("const n = a\n  * console.log(1);\n", True),
        ("/* a */ const n = a\n  * console.log(1);\n", True),
    ],
)
def test_only_comments_of_whole_lines_are_passed_over_unparsed(text: str, worth: bool) -> None:
    assert is_worth_parsing(text) is worth


@pytest.mark.parametrize("seed", range(5))
def test_no_text_brings_it_down(seed: int) -> None:
    """Files that are cut, or of which a part is missing or doubled, as while somebody types."""
    chance = random.Random(seed)
    for path in sorted(one for one in CASES.rglob("*.*") if one.is_file()):
        data = path.read_bytes()
        begin, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        for text in (data[:end], data[:begin] + data[end:], data[:end] + data[begin:]):
            name = path.name.removesuffix(".txt")
            for look in (console_uses, print_uses):
                looked = look([name], lambda _, text=text: text)  # type: ignore[misc]
                lines = text.count(b"\n") + 1
                assert all(1 <= one.line <= lines for one in looked.found.get(name, ()))
