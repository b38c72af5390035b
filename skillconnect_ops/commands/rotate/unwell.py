"""Consumers that do not answer before anything is changed: said up front, and at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.loaded import ask
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.core.outcome import Missing

_KEPT = "keep:"


def notes(house: House, secrets: Sequence[Named]) -> tuple[str, ...]:
    """A line for each that has a health answer, is to be reloaded, and is not well now."""
    consumers = {name: one for secret in secrets for name, one in secret.consumers}
    asked = {
        name: ask(house, one)
        for name, one in consumers.items()
        if one.health is not None and one.reload
    }
    return tuple(
        f"{name} is not well now, before anything is changed ({seen.reason}): that it runs with "
        "the new value cannot be seen, and is no reason to go back"
        for name, seen in asked.items()
        if isinstance(seen, Missing)
    )


def said(facts: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """What became of them, by the facts of the steps."""
    before = [
        key.removeprefix(_KEPT)
        for key, found in facts.items()
        if key.startswith(_KEPT) and found.get("well_before") is False
    ]
    return tuple(
        f"{name} was not well before, and is well now"
        if facts.get(f"observe:{name}", {}).get("observed")
        else f"{name} was not well before, and is not seen to be well now: look into its log"
        for name in before
    )
