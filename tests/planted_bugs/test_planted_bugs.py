"""The tests of rotation are tested: each planted bug makes one of them fail."""

import shutil
from pathlib import Path

import pytest

from tests.planted_bugs.bugs import BUGS, Bug
from tests.planted_bugs.planting import GREEN, ROOT, copy_to, judged, verdict

IDS = [bug.name.partition(":")[0].replace(" ", "-") for bug in BUGS]


@pytest.mark.parametrize("bug", BUGS, ids=IDS)
def test_every_bug_can_still_be_planted(tmp_path: Path, bug: Bug) -> None:
    for edit in bug.edits:
        (tmp_path / edit.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / edit.file, tmp_path / edit.file)
    before = {edit.file: (ROOT / edit.file).read_text() for edit in bug.edits}
    bug.plant(tmp_path)
    for file, text in before.items():
        changed = (tmp_path / file).read_text()
        assert changed != text
        compile(changed, file, "exec")


def test_there_are_twenty_of_them_and_each_names_its_tests() -> None:
    assert len(BUGS) >= 20
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    for bug in BUGS:
        for test in (*bug.tests, bug.calm):
            file, _, name = test.partition("::")
            assert f"def {name}" in (ROOT / file).read_text(), test


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_without_a_bug_the_same_tests_pass(tmp_path: Path) -> None:
    copy_to(tmp_path)
    tests = dict.fromkeys(test for bug in BUGS for test in (*bug.tests, bug.calm))
    code, said = verdict(tmp_path, list(tests))
    assert code == GREEN, said


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", BUGS, ids=IDS)
def test_every_planted_bug_is_caught_and_a_calm_run_passes_with_it(bug: Bug) -> None:
    trouble = judged(bug).trouble
    assert trouble is None, f"{bug.name}: {trouble}"
