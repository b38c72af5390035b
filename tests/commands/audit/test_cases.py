"""Each check finds what the corpus marks, nothing else, and says what it could not read."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.commands.audit import checks
from skillconnect_ops.commands.audit.checks import CHECKS
from tests.commands.audit.conftest import (
    CASES,
    IDS,
    Expected,
    expected,
    is_meant,
    laid_out,
    names,
    reasons,
)
from tests.conftest import Skc

_SAYS = {
    "console-call": re.compile(r"(?:console\.(\w+)|a (method) of console) is (called|handed on)"),
    "print-call": re.compile(r"(print) is (called|handed on)"),
}


def told(finding: Mapping[str, Any]) -> str:
    """A finding in the words of a mark."""
    message, check = str(finding["message"]), str(finding["id"])
    if check == "console-secret":
        return re.sub(r" (is|are) printed.*", "", message).replace(", ", "+")
    if check not in _SAYS:
        return str(finding["severity"])
    found = _SAYS[check].match(message)
    assert found is not None, message
    what, handed_on = found[1], found[found.re.groups] == "handed on"
    if check == "print-call":
        return "&" if handed_on else "call"
    return f"{'&' if handed_on else ''}{what or 'computed'}"


def retire(skc: Skc, root: Path, check: str, sort: str) -> None:
    """Put into the project's ledger what `retired` names, a line each: name, reason, value."""
    values = CASES / check / sort / "retired"
    if values.is_file():
        (root / "skc.yaml").write_text("version: 1\nproject: {id: abcdef, name: shop}\n")
        for line in values.read_text(encoding="utf-8").splitlines():
            name, reason, value = line.split(" ", 2)
            argv = ("secrets", "ledger", "add", name, "--stdin", "--yes", "--reason", reason)
            assert skc(*argv, stdin=value, cwd=root).code == 0


def found(
    skc: Skc, root: Path, check: str, sort: str
) -> tuple[list[Expected], list[tuple[str, str]]]:
    retire(skc, root, check, sort)
    report = skc("audit", "--select", check, "--format", "json", cwd=root).json
    open_ones = [one for one in report["findings"] if one["suppressed"] is None]
    # what is about a whole file is marked in its first line
    findings = sorted(Expected(one["path"], one["line"] or 1, told(one)) for one in open_ones)
    return findings, [(one["subject"], one["reason"]) for one in report["unknown"]]


@pytest.mark.parametrize("check", IDS)
def test_bad_cases_are_found_and_nothing_else(skc: Skc, tmp_path: Path, check: str) -> None:
    root = laid_out(check, "bad", tmp_path)
    findings, unknown = found(skc, root, check, "bad")
    wanted = expected(root, check=check, sort="bad")
    assert wanted
    assert findings == wanted
    assert unknown == []


@pytest.mark.parametrize("check", IDS)
def test_good_cases_are_quiet(skc: Skc, tmp_path: Path, check: str) -> None:
    root = laid_out(check, "good", tmp_path)
    assert expected(root, check=check, sort="good") == []
    assert found(skc, root, check, "good") == ([], [])


def fits(wanted: tuple[str, str], told: tuple[str, str]) -> bool:
    return wanted[0] == told[0] and is_meant(wanted[1], told[1])


@pytest.mark.parametrize("check", IDS)
def test_unknown_cases_are_listed_and_looked_at_all_the_same(
    skc: Skc, tmp_path: Path, check: str
) -> None:
    root = laid_out(check, "unknown", tmp_path)
    findings, unknown = found(skc, root, check, "unknown")
    assert findings == expected(root, check=check, sort="unknown")
    wanted = reasons(root, check)
    assert sorted({subject for subject, _ in wanted}) == names(check, "unknown")
    unsaid = [one for one in wanted if not any(fits(one, each) for each in unknown)]
    unasked = [each for each in unknown if not any(fits(one, each) for one in wanted)]
    assert (unsaid, unasked) == ([], [])


def test_the_corpus_is_as_large_as_was_promised(tmp_path: Path) -> None:
    bad = laid_out("console-call", "bad", tmp_path / "bad")
    assert len({(mark.path, mark.line) for mark in expected(bad)}) >= 80


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_has_one_name_in_four_places(check: Any) -> None:
    module = check.run.__module__
    assert module.rpartition(".")[2] == check.id.replace("-", "_")
    for sort in ("bad", "good", "unknown"):
        assert any((CASES / check.id / sort).iterdir()), sort


def test_every_check_is_listed() -> None:
    folder = Path(checks.__file__).parent
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert names == {check.id.replace("-", "_") for check in CHECKS}
    assert {path.name for path in CASES.iterdir()} == set(IDS)
