"""Which direct dependencies nobody should begin with any more, and what to take instead."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from msgspec import Struct, convert

from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.looked import IS_GONE
from skillconnect_ops.code.manifests import Dependency, Ecosystem, is_manifest, read
from skillconnect_ops.code.versions import LOCKS, Version, bounds, locked, version
from skillconnect_ops.commands.audit.selection import Selection
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.resources import template
from skillconnect_ops.disk.plain import plain_bytes

_DATA = "audit/dependencies.yaml"
REGISTRY = "registry"
"""The source of what the registry itself says of a package."""
_LARGEST_LOCK_BYTES = 64_000_000


class State(StrEnum):
    """What became of a package."""

    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    UNMAINTAINED = "unmaintained"
    LEGACY = "legacy"
    """Its makers mend it still, and advise against it for what is new."""
    RENAMED = "renamed"
    OUTDATED = "outdated"
    COMPROMISED = "compromised"


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one package; the data's own head says what each field means."""

    state: State
    instead: str
    severity: Severity
    source: str
    """An address, or `REGISTRY`."""
    since: date | None = None
    before: str | None = None
    only: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """Where it is said, for a person."""
        return "its registry says so beside it" if self.source == REGISTRY else self.source


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is known."""

    read: date
    npm: Mapping[str, Entry]
    python: Mapping[str, Entry]

    def of(self, one: Dependency) -> Entry | None:
        """What is known of a dependency."""
        table = self.npm if one.ecosystem is Ecosystem.NPM else self.python
        return table.get(one.name)


class Abandoned(Struct, frozen=True, kw_only=True):
    """A direct dependency that is known."""

    dependency: Dependency
    entry: Entry


class Dependencies(Struct, frozen=True, kw_only=True):
    """What a selection's manifests declare."""

    abandoned: tuple[Abandoned, ...] = ()
    files: tuple[str, ...] = ()
    declared: int = 0
    unknown: tuple[Unknown, ...] = ()


@cache
def known() -> Known:
    """The data that is shipped."""
    import yaml  # noqa: PLC0415 - slow to load, and only for whoever has a manifest

    return convert(yaml.safe_load(template(_DATA)), Known)


def dependencies(selection: Selection, text_of: Callable[[str], bytes | Skipped]) -> Dependencies:
    """Read every manifest of the selection, and what these take in.

    Args:
        selection: the files.
        text_of: gives their bytes.
    """
    todo = [path for path in selection.files if is_manifest(path)]
    files: dict[str, None] = {}
    declared: list[Dependency] = []
    unknown: list[Unknown] = []
    for path in todo:
        if path in files:
            continue
        data = text_of(path)
        if isinstance(data, Skipped):
            if data.reason != IS_GONE or not selection.has(path):
                unknown.append(Unknown(path, data.reason))
            continue
        files[path] = None
        manifest = read(path, data.decode("utf-8-sig", errors="replace"))
        declared += manifest.dependencies
        unknown += [Unknown(path, fault) for fault in manifest.faults]
        todo += [one for one in manifest.includes if not one.startswith("..")]
    if not declared:
        return Dependencies(files=tuple(files), unknown=tuple(unknown))
    judged = list(_judged(declared, selection.root))
    return Dependencies(
        abandoned=tuple(one for one in judged if isinstance(one, Abandoned)),
        files=tuple(files),
        declared=len(declared),
        unknown=(*unknown, *(one for one in judged if isinstance(one, Unknown))),
    )


def _judged(declared: Iterable[Dependency], root: Path) -> Iterator[Abandoned | Unknown]:
    every, locks = known(), _Locks(root)
    for one in declared:
        entry = every.of(one)
        if entry is None:
            continue
        affected = _is_affected(one, entry, locks)
        if affected:
            yield Abandoned(dependency=one, entry=entry)
        elif affected is None:
            said = f"line {one.line}: which version of {one.name} is installed is not told"
            yield Unknown(one.path, said)


def _is_affected(one: Dependency, entry: Entry, locks: "_Locks") -> bool | None:
    """Whether what is installed is meant; None where that cannot be told."""
    if entry.before is None and not entry.only:
        return True
    settled = locks.settled(one)
    if entry.only:
        exact = settled or one.wanted.strip().removeprefix("=").removeprefix("v")
        return exact in entry.only  # a range does not bring them: their registry took them back
    end = version(entry.before or "")
    return _is_below(settled, one.wanted, end) if end is not None else None


def _is_below(settled: str | None, wanted: str, end: Version) -> bool | None:
    installed = version(settled) if settled is not None else None
    if installed is not None:
        return installed < end
    span = bounds(wanted)
    if span is None:
        return None
    low, high = span
    if low >= end:
        return False
    return True if high <= end else None


class _Locks:
    """The lock files of a project, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str | None] = {}

    def settled(self, one: Dependency) -> str | None:
        """What the nearest lock file says, from the package's own folder upwards."""
        folder = posixpath.dirname(one.path)
        for place in (folder, *_above(folder)):
            inner = posixpath.relpath(folder or ".", place or ".")
            for name in LOCKS:
                text = self._text(posixpath.join(place, name))
                if text is None:
                    continue
                told = locked(
                    name,
                    text,
                    folder="" if inner == "." else inner,
                    name=one.name,
                    wanted=one.wanted,
                )
                if told is not None:
                    return told
        return None

    def _text(self, path: str) -> str | None:
        if path not in self._texts:
            self._texts[path] = self._read(self._root / path)
        return self._texts[path]

    def _read(self, path: Path) -> str | None:
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST_LOCK_BYTES:
                return None
            return (plain_bytes(path) or b"").decode("utf-8-sig", errors="replace")
        except OSError:
            return None


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder
