"""What a rotation holds while it runs: its secrets, and the files that their values stand in."""

from collections.abc import Iterable

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.journal.resources import Resource


def claims(
    house: House, target: Target, *, files: Iterable[str], names: Iterable[str]
) -> tuple[Resource, ...]:
    """Those of some secrets."""
    root = house.project().root
    return (
        *(Resource("env", str((root / file).resolve())) for file in files),
        *(Resource("secret", f"{target.name}/{name}") for name in names),
    )


def all_claims(house: House, target: Target) -> tuple[Resource, ...]:
    """All that a rotation of this target may hold."""
    names = sorted(configured(target))
    sinks = [one.file for one in target.settings.sinks.values() if one.file is not None]
    return claims(house, target, files=(*target.settings.env_files, *sinks), names=names)
