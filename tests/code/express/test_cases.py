"""Small Express projects, and the table that is made of each."""

import re
from pathlib import Path

import pytest
from msgspec import Struct

from skillconnect_ops.code.express import routes
from skillconnect_ops.code.express_model import State

CASES = Path(__file__).parent / "cases"
SHORT = {
    State.YES: "yes",
    State.NO: "no",
    State.CONDITIONAL: "partly",
    State.UNRESOLVED: "?",
    State.NOT_NEEDED: "-",
}


class Case(Struct, frozen=True):
    """A project, what its table says, and what is not told."""

    name: str
    files: dict[str, str]
    rows: list[str]
    unresolved: list[str]
    unparsed: list[str]


def cases() -> list[Case]:
    found: list[Case] = []
    for path in sorted(CASES.glob("*.cases")):
        for text in re.split(r"^#### ", path.read_text(), flags=re.MULTILINE)[1:]:
            name, _, rest = text.partition("\n")
            body, _, told = rest.partition("\n===")
            parts = re.split(r"^--- (\S+)\n", body + "\n", flags=re.MULTILINE)[1:]
            files = dict(zip(parts[::2], parts[1::2], strict=True))
            lines = [line for line in told.strip().splitlines() if line]
            found.append(
                Case(
                    f"{path.stem}: {name}",
                    files,
                    [line for line in lines if line[0] not in "?!"],
                    [line[2:] for line in lines if line[0] == "?"],
                    [line[2:] for line in lines if line[0] == "!"],
                )
            )
    return found


def test_there_are_good_bad_and_unknown_cases() -> None:
    kinds = [one.name.partition(":")[0] for one in cases()]
    assert len(kinds) >= 50
    assert all(kinds.count(kind) >= 10 for kind in ("good", "bad", "unknown"))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_table_of_a_project_says(case: Case, tmp_path: Path) -> None:
    for name, text in case.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = routes(tmp_path, sorted(case.files))
    rows = [
        " ".join(
            (
                one.method,
                one.path,
                *(SHORT[state] for state in (one.auth, one.validation, one.rate_limit, one.csrf)),
            )
        )
        for one in found.routes
    ]
    assert rows == case.rows
    unresolved = [f"{one.path}:{one.line} {one.reason}" for one in found.unresolved]
    assert len(unresolved) == len(case.unresolved), unresolved
    for told, wanted in zip(unresolved, case.unresolved, strict=True):
        place, _, words = wanted.partition(" ")
        assert told.startswith(f"{place} "), told
        assert words in told
    assert len(found.unparsed) == len(case.unparsed)
    for broken, wanted in zip(found.unparsed, case.unparsed, strict=True):
        path, _, words = wanted.partition(" ")
        assert broken.path == path
        assert words in broken.reason
