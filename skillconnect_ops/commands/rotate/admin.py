"""Where the administrator's connection string comes from; it is never stored, and never in argv.

A file, a descriptor, else the variable that the settings name, else whoever sits at the terminal.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.model import Kind
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.commands.rotate.users import admin_variable, has_admin
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.terminal.unseen import NothingTyped, TwoSources, taken

LABEL = "the administrator's MongoDB URI"


class AdminSource(Struct, frozen=True, kw_only=True):
    """What the command line says of it."""

    file: Path | None = None
    descriptor: int | None = None


def take_admin(house: House, target: Target, source: AdminSource, *, needed: bool) -> None:
    """Have the administrator's URI at hand for all that this command does.

    Args:
        house: the house.
        target: whose deployment is meant.
        source: where it is to come from.
        needed: whether there is nothing to be done without one, so that a person is asked.

    Raises:
        TwoSources: a file and a descriptor were named.
        Precondition: nothing can be read there.
    """
    uri = _given(house, source)
    if uri is None and needed and not is_managed(target) and not has_admin(house, target):
        label = f"{LABEL}, since {admin_variable(target)} is not set: it makes and drops users"
        try:
            uri = taken(house.person, label=label)
        except (Refused, NothingTyped):  # nobody to ask, or no answer: the command says what lacks
            return
    if uri is not None:
        house.take_admin_uri(target, uri)
        variable = admin_variable(target)
        house.person.note(
            f"{LABEL} is kept for this run alone; to resume a run that died, export {variable}"
        )


def needs_admin(target: Target, only: Sequence[str]) -> bool:
    """Whether one of the secrets that are meant is a user that cannot renew itself."""
    return any(
        settings.kind == Kind.MONGODB and not settings.in_place
        for name, settings in configured(target).items()
        if not only or name in only
    )


def _given(house: House, source: AdminSource) -> Secret | None:
    if source.file is not None and source.descriptor is not None:
        raise TwoSources("--admin-uri-file and --admin-uri-fd")
    if source.descriptor is not None:
        return taken(house.person, label=LABEL, fd=source.descriptor)
    if source.file is None:
        return None
    with explained(f"read {source.file}"), source.file.open("rb") as opened:
        return taken(house.person, label=LABEL, fd=opened.fileno())
