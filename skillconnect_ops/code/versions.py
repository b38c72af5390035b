"""Versions as npm orders them, the ranges that say enough, and what lock files settled on; pure."""

import json
import re
from collections.abc import Iterator
from typing import Any

from skillconnect_ops.core.regex import regex

Version = tuple[int, int, int]
LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")

_VERSION = regex(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+][\w.+-]*)?")
_RANGE = regex(
    r"([\^~=]?)\s*v?(\d{1,9})(?:\.(\d{1,9}|x|X|\*))?(?:\.(\d{1,9}|x|X|\*))?(?:[-+][\w.+-]*)?"
)
_YAML_KEY = regex(r"( *)('[^']+'|\"[^\"]+\"|[^\s'\":#][^:]*):(?: +(\S+))? *")


def version(text: str) -> Version | None:
    """A whole version; what comes behind a dash is left out."""
    found = _VERSION.fullmatch(text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found is not None else None


def bounds(wanted: str) -> tuple[Version, Version] | None:
    """The least version that a range takes, and the first above it that it takes no more.

    None where the range is of another form than `1.2.3`, `^1.2`, `~1.2`, `1.x`.
    """
    found = _RANGE.fullmatch(wanted.strip())
    if found is None:
        return None
    major, minor, patch = (
        int(part) if part is not None and part.isdigit() else None for part in found.group(2, 3, 4)
    )
    if major is None:
        return None
    low = (major, minor or 0, patch or 0)
    if minor is None or (found[1] == "^" and major > 0):
        return low, (major + 1, 0, 0)
    if patch is None or found[1] == "~" or (found[1] == "^" and minor > 0):
        return low, (major, minor + 1, 0)
    return low, (major, minor, patch + 1)


def locked(lock: str, text: str, *, folder: str, name: str, wanted: str) -> str | None:
    """The version that a lock file settled on for a direct dependency; None where it says none.

    Args:
        lock: the file's name, which says its format.
        text: all of it.
        folder: of the package.json, relative to the lock; empty where they lie side by side.
        name: the dependency.
        wanted: the range.
    """
    try:
        if lock == "yarn.lock":
            return next(_of_yarn(text, name, wanted), None)
        if lock == "pnpm-lock.yaml":
            return _of_pnpm(text, folder, name)
        return _of_npm(json.loads(text), folder, name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # a lock that is none tells nothing


def _of_npm(document: Any, folder: str, name: str) -> str | None:
    packages = document.get("packages", {})
    inner = f"{folder}/node_modules/{name}" if folder else None
    for place in (inner, f"node_modules/{name}"):
        if place in packages:
            return str(packages[place]["version"])
    one = document.get("dependencies", {}).get(name)
    return str(one["version"]) if one is not None else None


def _of_yarn(text: str, name: str, wanted: str) -> Iterator[str]:
    """Of both formats: a head that names what was wanted, and `version` below it."""
    asked = {f"{name}@{wanted}", f"{name}@npm:{wanted}"}
    for found in re.finditer(r"(?m)^(\S[^\n]*):\n(?:[ \t][^\n]*\n)*?[ \t]+version:? +(\S+)", text):
        if asked & {part.strip().strip('"') for part in found[1].strip('"').split(",")}:
            yield found[2].strip('"')


def _of_pnpm(text: str, folder: str, name: str) -> str | None:
    """Told from its lines, as pnpm writes them: a parser of YAML is no match for a hostile file."""
    places = [("importers", folder or ".")] if "\nimporters:" in f"\n{text}" else [()]
    wanted = {
        (*place, section, name, *more)
        for place in places
        for section in ("dependencies", "optionalDependencies", "devDependencies")
        for more in ((), ("version",))
    }
    keys: list[str] = []
    for line in text.splitlines():
        found = _YAML_KEY.fullmatch(line)
        if found is None:
            continue
        del keys[len(found[1]) // 2 :]
        keys.append(found[2].strip("'\""))
        if keys == ["packages"]:
            return None
        if found[3] and tuple(keys) in wanted:
            return re.split(r"[(_]", found[3].strip("'\""))[0]
    return None
