"""The command that carries out what was only looked at."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.shell import word
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.journal.plans import without_looking


def going_on(house: House, choices: Choices) -> str:
    """The same words without `--dry-run`, since each of them makes another plan; or the saved one.

    Args:
        house: the house.
        choices: of a run that looked only.
    """
    if choices.save_plan is not None:
        return f"skc apply {word(str(choices.save_plan))}"
    return without_looking(house.person.again())
