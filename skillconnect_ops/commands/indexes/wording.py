"""Indexes and values as the YAML of `indexes.yaml`, each on one line. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from skillconnect_ops.core.indexes import Declaration, Index


def text_of(declarations: Iterable[Declaration]) -> str:
    """The text of an `indexes.yaml` with these declarations; where each was found is a comment."""
    lines: list[str] = []
    by_collection: dict[str, list[Declaration]] = {}
    for one in declarations:
        by_collection.setdefault(one.collection, []).append(one)
    for collection, ones in by_collection.items():
        lines += [f"{scalar(collection)}:"]
        for one in ones:
            first, *rest = entry_lines(one.index)
            lines += [f"  - {first}", *(f"    {line}" for line in rest)]
        lines.append("")
    return "\n".join(lines)


def entry_lines(index: Index) -> list[str]:
    """One entry of the file, without its indentation."""
    return [f"{name}: {flow(value)}" for name, value in index.declared().items()]


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(name)}: {flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    return scalar(value)


_BARE = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$*-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def scalar(value: Any) -> str:
    """A text or number as YAML reads it back."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _BARE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    dumped = yaml.safe_dump(text, default_style='"', width=1_000_000, allow_unicode=True)
    return dumped.removesuffix("\n")
