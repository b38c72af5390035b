"""Reads and writes an incident's lines: each is signed and on the disk before anything goes on."""

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.events import Child, EventFacts, Happened, events, proof
from skillconnect_ops.commands.respond.standing import Folded, Incident, fold
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.redaction import Mask
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import credentials

COMMAND = "respond"
_LEAST = 8
"""A shorter value of an env file stands in many a sentence."""


class Log:
    """The lines of one project's incidents.

    Args:
        house: the house.
        person: who acts, as they call themselves; else the name that the key is listed under.
    """

    def __init__(self, house: House, *, person: str | None) -> None:
        self._house = house
        self._ledger = house.ledger()
        self._person = person
        self._masks: dict[str, Mask] = {}

    @property
    def person(self) -> str:
        """Who acts."""
        get = self._house.environment.get
        name = self._person or self._ledger.signer().name or get("USER") or get("LOGNAME")
        return name or "somebody"

    @property
    def machine(self) -> str:
        """This machine, as others know it."""
        return socket.gethostname()

    @property
    def listed(self) -> bool:
        """Whether what is written counts as proven."""
        return self._ledger.signer().name is not None

    def read(self) -> Folded:
        """Every incident, as it stands.

        Raises:
            SkcError: a chain of the ledger is broken: which file, which record.
        """
        return fold(events(self._ledger.read()))

    def write(
        self,
        happened: Happened,
        facts: EventFacts,
        *,
        incident: str,
        target: str,
        holds: bool = True,
        journal: str | None = None,
    ) -> None:
        """Write one line; on the disk before this returns.

        Raises:
            SkcError: it cannot be written.
        """
        mask = self._mask(target)
        told = replace(
            facts,
            person=self.person,
            machine=self.machine,
            text=None if facts.text is None else mask.over(facts.text),
            reason=None if facts.reason is None else mask.over(facts.reason),
            children=tuple(self._child(one, mask) for one in facts.children),
        )
        line = proof(happened, told, incident=incident, target=target, holds=holds)
        self._ledger.record([line], command=COMMAND, journal=journal)

    def _child(self, child: Child, mask: Mask) -> Child:
        """A command as others may read it: no secret, and no folder of this machine."""
        state = str(self._house.project().state)

        def told(text: str | None) -> str | None:
            return None if text is None else mask.over(text.replace(state, "…"))

        command = child.command.replace(state, "…")
        return replace(child, command=command, what=told(child.what), fix=told(child.fix))

    def join(self, incident: Incident) -> None:
        """Say that this person is with it, where no line of theirs is in it yet."""
        if self.person not in incident.people:
            self.write(Happened.JOINED, EventFacts(), incident=incident.id, target=incident.target)

    def mask(self, target: str, text: str) -> str:
        """A text of somebody else's without the target's secrets."""
        return self._mask(target).over(text)

    def _mask(self, target: str) -> Mask:
        if target not in self._masks:
            self._masks[target] = Mask(_hidden(self._values(target)))
        return self._masks[target]

    def _values(self, target: str) -> list[str]:
        """The credentials of the env files as they are now; a file that is not there has none."""
        try:
            values = self._house.env_values(self._house.target(target))
        except SkcError:
            return []
        return [values[one.env].reveal() for one in credentials(values) if one.env in values]


def _hidden(values: Iterable[str]) -> list[Secret]:
    """What must stand in no line: whole values, of a URI its password."""
    found = []
    for value in values:
        try:
            password = urlsplit(value).password if "://" in value else value
        except ValueError:
            password = value
        if password and len(password) >= _LEAST:
            found.append(Secret(password))
    return found
