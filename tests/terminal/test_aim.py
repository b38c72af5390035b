"""What comes next stays at the target that was named, and guesses are good or not made."""

import pytest

from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.terminal.aim import aimed
from skillconnect_ops.terminal.usage import close


def takes(words: object) -> bool:
    return isinstance(words, list) and words[0] != "journal"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("skc backup", "skc backup --target old"),
        ("skc rotate --only a   # the rest", "skc rotate --only a --target old   # the rest"),
        ("skc backup --target new", "skc backup --target new"),
        ("skc journal list", "skc journal list"),
        ("skc api --embedded   # a", "skc api --embedded   # a"),
        ("chmod 600 .env", "chmod 600 .env"),
        ("skc backup, or skc restore", "skc backup, or skc restore"),
        ("skc", "skc"),
    ],
)
def test_a_command_that_takes_a_target_is_given_it(line: str, shown: str) -> None:
    error = ErrorFacts(what="a", why="b", fix=line)
    report = aimed(Report(command="x", next=(line,), error=error), "old", takes=takes)
    assert report.next == (shown,)
    assert report.error is not None
    assert report.error.fix == shown


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("bakup", "backup"),
        ("lst", "list"),
        ("sec", "secrets"),
        ("untrak", "untrack"),
        ("scan", None),
        ("audit", None),
        ("respond", None),
        ("s", None),
    ],
)
def test_a_guess_is_close_or_is_not_made(word: str, meant: str | None) -> None:
    known = ["backup", "restore", "secrets", "env", "rotate", "journal", "list", "untrack"]
    assert close(word, known) == ([] if meant is None else [meant])
