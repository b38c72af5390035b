"""Other variables that hold what is renewed: they would go on with a credential that dies."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile import parse
from skillconnect_ops.evidence.forms import password_of

_SHORTEST = 8
"""A shorter value stands in two variables by chance."""


def left_behind(house: House, target: Target, secrets: Sequence[Named]) -> tuple[str, ...]:
    """A warning for each variable of the env files that holds a renewed credential, too.

    Args:
        house: the house.
        target: whose env files.
        secrets: what is renewed; a ring of keys is looked after elsewhere.
    """
    renewed = {one.settings.env for one in secrets}
    root = house.project().root
    held = {file: _held(root, file) for file in target.settings.env_files}
    values = house.env_values(target)
    warnings = []
    for one in secrets:
        value = values.get(one.settings.env)
        if one.kind is Kind.JWT or value is None:
            continue
        for file, found in held.items():
            warnings += [
                f"warning: {name} in {file} holds the credential of {one.settings.env}, too, and "
                "keeps it: rotate it with this one, or what reads it is refused in the end"
                for name, other in found.items()
                if name not in renewed and _same(other, value.reveal())
            ]
    return tuple(warnings)


def _held(root: Path, file: str) -> dict[str, str]:
    with explained(f"read {file}"):
        try:
            found = parse((root / file).read_bytes())
        except FileNotFoundError:
            return {}
    named = {entry.key: found.get(entry.key) for entry in found.entries}
    return {name: value for name, value in named.items() if value}


def _same(other: str, value: str) -> bool:
    password = password_of(value) or value
    return len(password) >= _SHORTEST and password in {other, password_of(other)}
