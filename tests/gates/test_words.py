"""Words that stand in no file where they do not belong."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = re.compile(
    r"skillconnect(?![_-]ops)|\bservice[ _-]?requests?\b|\bbookings?\b|\bproviders?\b|\bchats?\b",
    re.IGNORECASE,
)
HOMES_OF_DOMAIN = ("templates/skillconnect/", "skillconnect_ops/reference_api/", "checklists.yaml")
SHIPPED = ("skillconnect_ops", "templates")
INDEX = re.compile(r"index-url|extra-index|trusted-host|find-links|https?://")
CONFIGURATION = (
    "Makefile",
    "constraints.txt",
    "pyproject.toml",
    ".ci/run",
    ".pre-commit-config.yaml",
)


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "cache" not in str(path.relative_to(ROOT)):
                yield path


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for path in files(*folders):
        if path.suffix == ".py":
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def found(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    hits = []
    for path in paths:
        name = str(path.relative_to(ROOT))
        text = path.read_text(errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                hits.append(f"{name}:{number}: {line.strip()}")
        if pattern.search(name):
            hits.append(name)
    return hits


def test_no_word_of_the_first_app_stands_outside_its_profile() -> None:
    hits = found(DOMAIN, files(*SHIPPED))
    assert [hit for hit in hits if not hit.startswith(HOMES_OF_DOMAIN)] == []


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("the SkillConnect app", True),
        ("service_requests", True),
        ("a service request", True),
        ("Bookings", True),
        ("provider", True),
        ("chat", True),
        ("skillconnect_ops.core", False),
        ("skillconnect-ops", False),
        ("provided", False),
        ("chatty", False),
    ],
)
def test_the_words_are_told_from_their_neighbours(text: str, hit: bool) -> None:
    assert bool(DOMAIN.search(text)) is hit


def test_nothing_is_printed_past_the_terminal() -> None:
    """stdout is data: what goes there goes through `terminal`."""
    hits = [
        f"{name}:{node.lineno}"
        for name, tree in sources("skillconnect_ops")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "print"
    ]
    assert hits == []


def test_only_the_terminal_knows_the_process_s_streams() -> None:
    hits = {
        name
        for name, tree in sources("skillconnect_ops")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr", "stdin", "argv"}
        if isinstance(node.value, ast.Name) and node.value.id == "sys"
    }
    assert hits <= {
        "skillconnect_ops/__main__.py",
        "skillconnect_ops/terminal/streams.py",
        # programs of their own
        "skillconnect_ops/adapters/embedded/keeper.py",
        "skillconnect_ops/adapters/services/keeper.py",
        "skillconnect_ops/reference_api/__main__.py",
    }


def test_click_is_not_imported() -> None:
    """Typer brings its own; the public one is another library with other classes."""
    hits = []
    for name, tree in sources("skillconnect_ops", "tests"):
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            hits += [
                f"{name}:{module}"
                for module in modules
                if module.split(".")[0] == "click" or module.startswith("typer._")
            ]
    assert hits == []


def test_the_environment_is_read_in_one_place() -> None:
    hits = {
        name
        for name, tree in sources("skillconnect_ops")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
    }
    # the second one is that of a program of its own
    assert hits <= {
        "skillconnect_ops/adapters/system.py",
        "skillconnect_ops/reference_api/process.py",
    }


def test_no_configuration_names_where_packages_come_from() -> None:
    """Whoever installs has settings of their own; an address here would overrule them."""
    paths = (ROOT / name for name in CONFIGURATION)
    assert found(INDEX, (path for path in paths if path.exists())) == []


def test_no_file_names_a_place_of_this_machine() -> None:
    places = {str(ROOT), f"{Path.home()}/", sys.prefix}
    pattern = re.compile("|".join(rf"(?<![\w.~]){re.escape(place)}" for place in places))
    assert found(pattern, files(*SHIPPED, "tests")) == []
    assert found(pattern, (ROOT / name for name in CONFIGURATION)) == []
