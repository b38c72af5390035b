"""Tells others that a rotation did not come to its end, whatever else goes wrong meanwhile.

Each command of `notify.on_failure` gets one line of JSON on its input, of the schema
`skc/notice/1`; no value of any secret is in it:

    {"schema": "skc/notice/1", "command": "rotate", "target": "production",
     "status": "rolled_back", "exit": 5, "error": {"what": "…", "why": "…", "fix": "…"},
     "journal": "…", "at": "2026-01-31T02:00:00Z"}
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured, variables_of
from skillconnect_ops.commands.rotate.values import parts_of
from skillconnect_ops.core.errors import NeedsPerson, RolledBack, SkcError, Stop
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.redaction import redacted
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.hooks import of_notice

SCHEMA = "skc/notice/1"
PATIENCE_S = 30.0
"""How long a command may take: somebody waits for the prompt."""
_LEAST = 16
"""A shorter value is rather a word that an error may well say."""


_STOPPED = {
    "what": "a signal ended it",
    "why": "what had begun was put back",
    "fix": "skc rotate status",
}


class Ending(Struct, frozen=True):
    """How it ended."""

    status: Status
    code: int
    said: Mapping[str, str]
    journal: str | None


@contextmanager
def told_of_failure(house: House, command: str, *, target: str | None) -> Iterator[None]:
    """Run the commands where the block is put back, needs a person, or is interrupted.

    The failure leaves the block as it came: what these commands do never takes its place.
    """
    try:
        yield
    except (RolledBack, NeedsPerson) as error:
        said = {"what": error.what, "why": error.why, "fix": error.fix}
        ending = Ending(error.status, int(error.exit), said, error.journal)
        _tell(house, ending, command=command, target=target)
        raise
    except Stop as stop:
        ending = Ending(Status.INTERRUPTED, int(stop.exit), _STOPPED, stop.journal)
        _tell(house, ending, command=command, target=target)
        raise


def _tell(house: House, ending: Ending, *, command: str, target: str | None) -> None:
    """Run each command; whatever becomes of it is a note at most."""
    try:
        notify = house.project().settings.notify
        if not notify.on_failure:
            return
        hidden = _values(house, target)
        told = {
            "schema": SCHEMA,
            "command": command,
            "target": house.target(target).name,
            "status": ending.status.value,
            "exit": ending.code,
            "error": {name: redacted(text, hidden) for name, text in ending.said.items()},
            "journal": ending.journal,
            "at": house.clock.now(),
        }
    except (SkcError, OSError) as trouble:
        house.person.note(f"nobody was told of this failure: {trouble}")
        return
    for name, argv in of_notice(notify).items():
        try:
            house.hooks().must_trust({name: argv})
            _run(house, argv, told, hidden)
        except SkcError as trouble:
            house.person.note(f"nobody was told by {name}: {trouble.what}: {trouble.why}")
        except (OSError, ValueError) as trouble:
            house.person.note(f"nobody was told by {name}: {type(trouble).__name__}")
        except (Stop, KeyboardInterrupt):
            house.person.note(f"{name} was ended by a signal, and those after it were not run")
            return


def _run(house: House, argv: Sequence[str], told: dict[str, Any], hidden: list[Secret]) -> None:
    house.processes.run(
        *argv,
        folder=house.project().root,
        given=Secret(msgspec.json.encode(told).decode()),
        patience_s=PATIENCE_S,
        hidden=hidden,
    )


def _values(house: House, target: str | None) -> list[Secret]:
    """What may stand in no notice: an error has none of it, and this makes sure."""
    aim = house.target(target)
    names = {env for one in configured(aim).values() for env in variables_of(one)}
    values = (one.reveal() for name, one in house.env_values(aim).items() if name in names)
    return parts_of(value for value in values if len(value) >= _LEAST)
