"""Runs a consumer's reload command, and lets no word of it tell a value that opens anything."""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import ring as rings
from skillconnect_ops.commands.rotate.choice import configured, variables_of
from skillconnect_ops.commands.rotate.errors import ConsumerGone, ReloadFailed, without_reload
from skillconnect_ops.commands.rotate.model import Kind, value_of
from skillconnect_ops.commands.rotate.ring_steps import turned_in
from skillconnect_ops.commands.rotate.values import parts_of
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.ports.processes import ProgramFailed
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import SecretSettings, Target

RELOAD_S = 300.0
"""How long a reload command may take."""


class Reload:
    """Runs a consumer's reload command, as the settings have it and this machine trusts it."""

    def __init__(self, house: House, target: Target, root: Path) -> None:
        self._house = house
        self._target = target
        self._root = root

    def __call__(self, consumer: str, walk: Walk) -> None:
        """Run it.

        Raises:
            ConsumerGone: the settings name none any more.
            ReloadFailed: it ended with an error, or not at all.
            Refused: nobody on this machine trusts it.
        """
        found = self._target.settings.consumers.get(consumer)
        if found is None or not found.reload:
            raise ConsumerGone(consumer, target=self._target.name)
        argv = found.reload
        try:
            self._house.hooks().must_trust({consumer: argv})
        except SkcError as error:
            error.past = without_reload(consumer)
            raise
        try:
            self._house.processes.run(
                *argv, folder=self._root, patience_s=RELOAD_S, hidden=self._hidden(walk)
            )
        except ProgramFailed as error:
            raise ReloadFailed(
                consumer,
                target=self._target.name,
                why=f"{error.what}: {error.why}",
                command=shlex.join(argv),
            ) from error

    def _hidden(self, walk: Walk) -> list[Secret]:
        """What it might print: the values in the files, and those that are under way.

        The old ones open the server still, and on the way back the new ones do.
        """
        in_files = self._house.env_values(self._target)
        values: list[str] = []
        for name, settings in configured(self._target).items():
            here = {one: in_files[one].reveal() for one in variables_of(settings) & in_files.keys()}
            values += [*here.values(), *_under_way(name, walk)]
            if settings.kind == Kind.JWT.value:
                for ring in (here, *turned_in(name, walk)):
                    values += [*ring.values(), *_keys(settings, ring)]
        return parts_of(dict.fromkeys(values))


def _under_way(secret: str, walk: Walk) -> Iterator[str]:
    for age in ("old", "new"):
        value = walk.escrow.get(value_of(secret, age=age))
        if value is not None:
            yield value.decode()


def _keys(settings: SecretSettings, ring: dict[str, str]) -> list[str]:
    """The keys of a ring one by one: in its variables they stand in another form."""
    with suppress(SkcError):  # masking never keeps a reload from happening
        return [key.reveal() for key in rings.read(settings.env, ring.get).keys]
    return []
