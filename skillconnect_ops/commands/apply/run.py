"""`skc apply`: has the command that made a plan look again, and carry out what it then finds."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.journal.plans import SavedPlan, forbidden

APPLICABLE = ("backup prune", "rotate", "rotate finish")
"""The commands whose plans can be saved; a test holds that they are those with `--save-plan`."""


class NotApplicable(Precondition):
    """The file names a command line that no saved plan has."""

    def __init__(self, path: Path, *, why: str) -> None:
        super().__init__(
            f"{path} cannot be applied",
            why=why,
            fix="make a new one with --save-plan, and look at it",
        )


def apply(house: House, path: Path, *, choices: Choices) -> Report:
    """Carry out the plan that the saved one's command makes now, if both are equal.

    Gives the report of that command, its errors included.

    Raises:
        NotAPlan: the file cannot be read, was edited, or is of another project or version.
        NotApplicable: it names another command than those whose plans are saved.
    """
    saved = house.office().read_plan(house.environment.folder / path)
    _must_be_applicable(path, saved)
    own = [
        *(["--dry-run"] if choices.dry_run else []),
        *(["--yes"] if choices.yes else []),
        *([f"--confirm={choices.confirm}"] if choices.confirm is not None else []),
    ]
    return house.commands.applying(saved.plan).run(*_with(saved.words, own))


def _must_be_applicable(path: Path, saved: SavedPlan) -> None:
    words = saved.words
    known = [name for name in APPLICABLE if list(words[: name.count(" ") + 1]) == name.split()]
    if saved.plan.command != max(known, key=len, default=None):
        raise NotApplicable(path, why=f"its words are not those of {saved.plan.command!r:.60}")
    word = forbidden(words)
    if word is not None:
        raise NotApplicable(path, why=f"{word!r:.60} is not taken from a file")


def _with(words: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """The words of the saved plan and our own, before a `--` if there is one."""
    end = words.index("--") if "--" in words else len(words)
    return (*words[:end], *own, *words[end:])
