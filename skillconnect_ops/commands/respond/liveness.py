"""Whether somebody still works at an attempt that has no end: the world says, not the log."""

import socket
from collections.abc import Sequence
from enum import StrEnum

from skillconnect_ops.commands.respond.standing import Attempt
from skillconnect_ops.journal.model import JournalState, Standing


class Life(StrEnum):
    """What is known of an open attempt."""

    ALIVE = "alive"
    """Its process runs on this machine."""
    DEAD = "dead"
    """Its process ran here, and is gone."""
    AWAY = "away"
    """It was begun on another machine, or by hand: nobody here can see."""


def life(attempt: Attempt) -> Life:
    """What is known of an open attempt; a look at this machine's processes."""
    owner = attempt.begun.facts.owner if attempt.begun is not None else None
    if owner is None or owner.host != socket.gethostname():
        return Life.AWAY
    return Life.ALIVE if owner.lives else Life.DEAD


def runs_of(attempt: Attempt, journals: Sequence[JournalState]) -> tuple[JournalState, ...]:
    """The plans that the process of an attempt walked, oldest first."""
    owner = attempt.begun.facts.owner if attempt.begun is not None else None
    if owner is None:
        return ()
    mine = (owner.pid, owner.boot_id, owner.started, owner.host)
    found = [
        one
        for one in journals
        if one.owner is not None
        and (one.owner.pid, one.owner.boot_id, one.owner.started, one.owner.host) == mine
        and one.begun_at is not None
        and attempt.begun is not None
        and one.begun_at >= attempt.begun.at
    ]
    return tuple(sorted(found, key=lambda one: str(one.begun_at)))


def unfinished(runs: Sequence[JournalState]) -> JournalState | None:
    """The run that must be brought to its end before the step goes on."""
    return next((one for one in runs if not one.standing.over), None)


def sealed(
    runs: Sequence[JournalState], words: Sequence[str], *, known: Sequence[str | None]
) -> JournalState | None:
    """The run of a command line that came to its end, though nobody was left to say so.

    Args:
        runs: of the process.
        words: the command line, without `skc`.
        known: the runs of lines before it.
    """
    line = " ".join(words)
    return next(
        (
            one
            for one in runs
            if one.standing is Standing.SEALED
            and one.id not in known
            and (line == one.command or line.startswith(f"{one.command} "))
        ),
        None,
    )
