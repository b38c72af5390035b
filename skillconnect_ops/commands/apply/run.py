"""`skc apply`: has the command that made a plan look again, and carry out what it then finds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.plans import SavedPlan, forbidden

APPLICABLE = ("audit", "backup prune", "indexes", "indexes undo", "rotate", "rotate finish")
"""The commands whose plans can be saved; a test holds that they are those with `--save-plan`."""


class NotApplicable(Precondition):
    """The file names a command line that no saved plan has."""

    def __init__(self, path: Path, *, why: str) -> None:
        super().__init__(
            f"{path} cannot be applied",
            why=why,
            fix="make a new one with --save-plan, and look at it",
        )


def apply(house: House, path: Path, *, own: Mapping[str, object]) -> Report:
    """Carry out the plan that the saved one's command makes now, if both are equal.

    Gives the report of that command, its errors included.

    Args:
        house: the house.
        path: the saved plan.
        own: the options of this run, which no plan holds; those that are None or False are not
            given.

    Raises:
        NotAPlan: the file cannot be read, was edited, or is of another project or version.
        NotApplicable: it names another command than those whose plans are saved.
    """
    saved = house.office().read_plan(house.environment.folder / path)
    _must_be_applicable(path, saved)
    given = [
        option if value is True else f"{option}={value}"
        for option, value in own.items()
        if value is not None and value is not False
    ]
    return house.commands.applying(saved.plan).finish(*_with(saved.words, given))


def _must_be_applicable(path: Path, saved: SavedPlan) -> None:
    words = saved.words
    known = [name for name in APPLICABLE if list(words[: name.count(" ") + 1]) == name.split()]
    if saved.plan.command != max(known, key=len, default=None):
        raise NotApplicable(path, why=f"its words are not those of {saved.plan.command!r:.60}")
    word = forbidden(words)
    if word is not None:
        raise NotApplicable(path, why=f"{word!r:.60} is not taken from a file")


def _with(words: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """The words of the saved plan and those of this run, before a `--` if there is one."""
    end = words.index("--") if "--" in words else len(words)
    return (*words[:end], *given, *words[end:])
