"""Who else is at work on a database's indexes, on whatever machine."""

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.following import LEASE_S
from skillconnect_ops.core.ports.indexes import IndexesLocked
from skillconnect_ops.journal.model import Choices


def refuse_locked(house: House, connected: Connected, choices: Choices) -> None:
    """Refuse while another machine is at work; a run that died on this one is gone on with.

    Raises:
        IndexesLocked: one is.
    """
    holder = connected.indexes.lock_holder(connected.name)
    if holder is None or not holder.lives:
        return
    if holder.run in {state.id for state in house.office().journals()}:
        return
    if choices.looks_only:
        house.person.note(f"somebody else is at work there: {holder.line()}")
        return
    raise locked(connected.name, holder.line())


def locked(database: str, holder: str) -> IndexesLocked:
    """Somebody else is at work there."""
    return IndexesLocked(
        f"somebody else changes the indexes of {database}",
        why=f"it is {holder}; two at once would undo each other's work",
        fix="wait until it is done, then try again; the lock of a dead run ends by itself within "
        f"{LEASE_S:.0f} s",
    )
