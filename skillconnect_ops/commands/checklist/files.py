"""What a file says, for the proofs that are about one; pure but for the reading."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from skillconnect_ops.disk.plain import plain_bytes

_LARGEST_BYTES = 1 << 20
_COMMENT = re.compile(r"\s*(?:#|//|/?\*|--|<!--|;)")
_PROSE = (".md", ".rst", ".txt", ".adoc")
"""Texts, in which `#` begins a heading."""
_ANY = "*"


def matching(glob: str, paths: Sequence[str]) -> list[str]:
    """The paths that a glob names: `*` and `?` within a name, `**/` any folders or none."""
    pattern = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    )
    found = re.compile(pattern)
    return [path for path in paths if found.fullmatch(path)]


def fault(path: Path, *, key: str | None, has: str | None) -> str | None:
    """Why a file does not say what it should; None where it does.

    Args:
        path: the file; a link is none.
        key: names with dots between, `*` for any: a place in its YAML or JSON.
        has: what a value there, else a line that is no comment, must contain.
    """
    try:
        data = None if path.is_symlink() else plain_bytes(path)
    except OSError as error:
        return error.strerror or type(error).__name__
    if data is None or len(data) > _LARGEST_BYTES:
        return "it is not there" if data is None else "it is larger than 1 MB"
    text = data.decode("utf-8", errors="replace")
    if key is None:
        said = _said(text, has, prose=path.name.lower().endswith(_PROSE))
        return None if said else f"no line has {has}"
    return _fault_at(text, key, has)


def _fault_at(text: str, key: str, has: str | None) -> str | None:
    try:
        whole = yaml.safe_load(text)  # JSON is YAML
    except (yaml.YAMLError, ValueError, RecursionError):
        return "it is neither YAML nor JSON"
    values = list(_at(whole, key.split(".")))
    if not values:
        return f"it has no {key}"
    if has is None or any(_said(str(value), has) for value in values):
        return None
    return f"no {key} has {has}"


def _at(value: Any, names: Sequence[str]) -> Iterator[Any]:
    """The values at a place; of a list all its entries, where no name is left."""
    if not names:
        yield from value if isinstance(value, list) else (value,)
        return
    name, *rest = names
    if isinstance(value, dict):
        inner = list(value.values()) if name == _ANY else [value[name]] if name in value else []
    elif isinstance(value, list) and name == _ANY:
        inner = value
    else:
        return
    for one in inner:
        if one is not None:
            yield from _at(one, rest)


def _said(text: str, pattern: str | None, *, prose: bool = False) -> bool:
    if pattern is None:
        return True
    found = re.compile(pattern)
    lines = (line for line in text.splitlines() if prose or not _COMMENT.match(line))
    return any(found.search(line) for line in lines)
