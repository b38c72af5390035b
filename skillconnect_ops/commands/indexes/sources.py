"""Where declarations come from besides `indexes.yaml`: the app's code, and the live database."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.discovery import discover
from skillconnect_ops.code.indexes import indexes
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.model import is_stand_in
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.ports.indexes import FoundCollection
from skillconnect_ops.core.report import Unknown

_BY_SERVER = {"v": 2, "2dsphereIndexVersion": 3, "textIndexVersion": 3}
"""What a server fills in by itself today; only another value is somebody's choice."""
_TEXT_DEFAULTS = {"default_language": "english", "language_override": "language"}


class Sources(Struct, frozen=True, kw_only=True):
    """What was found, in its order."""

    declared: tuple[Declaration, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    files: int = 0
    """How many files of code were looked into."""

    def __add__(self, other: "Sources") -> "Sources":
        return Sources(
            declared=self.declared + other.declared,
            unknown=self.unknown + other.unknown,
            files=self.files + other.files,
        )


def from_code(house: House, root: Path, paths: Sequence[Path] = ()) -> Sources:
    """What the code of a project declares.

    Args:
        house: the house.
        root: the project's folder.
        paths: only what is declared in or below these; names are followed everywhere.

    Raises:
        UsageError: a path lies outside, or is not there.
    """
    within = tuple(_within(root, house.environment.folder / path) for path in paths)
    with house.person.progress("reading the code", total=None, unit="file"):
        listing = discover(root, git=house.git)
        found = indexes(root, listing.files, within=within)
    return Sources(
        declared=found.declared,
        unknown=(
            *(Unknown(f"{each.path}:{each.line}", each.reason) for each in found.unresolved),
            *(Unknown(each.path, each.reason) for each in found.unparsed),
            *(Unknown(each.path, each.reason) for each in listing.closed),
        ),
        files=found.files,
    )


def from_database(connected: Connected) -> Sources:
    """What is there, as somebody would declare it; that of `_id` comes by itself."""
    listing = connected.indexes.listing(connected.name)
    declared: list[Declaration] = []
    unknown: list[Unknown] = []
    for collection in listing.collections:
        if collection.timeseries:
            unknown.append(Unknown(collection.name, "the indexes of a time series are left out"))
            continue
        for each in collection.indexes:
            place = f"{collection.name}.{each.index.called}"
            if each.unknown:
                unknown.append(Unknown(place, each.unknown))
            elif each.building:
                unknown.append(Unknown(place, "it is still being built"))
            elif is_stand_in(each.index.called):
                unknown.append(Unknown(place, "a run of skc has built it for a while only"))
            elif not each.index.is_id or each.index.clustered:
                index = as_declared(each.index, collection)
                declared.append(
                    Declaration(collection=collection.name, index=index, path="", line=0)
                )
                if index.other:
                    names = ", ".join(sorted(index.other))
                    unknown.append(Unknown(place, f"options that are not known here: {names}"))
    return Sources(declared=tuple(declared), unknown=tuple(unknown))


def as_declared(found: Index, collection: FoundCollection) -> Index:
    """An index as a person would write it down: without what the server fills in by itself."""
    changes: dict[str, Any] = {"prepare_unique": False, "other": found.other}
    if found.name == replace(found, name=None).called or found.is_text:
        changes["name"] = None if found.name == replace(found, name=None).called else found.name
    options = found.options()
    for name, field in (
        ("v", "version"),
        ("2dsphereIndexVersion", "sphere_version"),
        ("textIndexVersion", "text_version"),
    ):
        if options.get(name) == _BY_SERVER[name]:
            changes[field] = None
    for name, default in _TEXT_DEFAULTS.items():
        if options.get(name) == default:
            changes[name] = None
    if found.weights is not None and all(weight == 1 for weight in found.weights.values()):
        changes["weights"] = None
    changes["collation"] = _collation(found.collation, collection.collation)
    return replace(found, **changes)


def _collation(
    own: Mapping[str, Any] | None, inherited: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    if own == inherited:
        return None
    if own is None:
        return {"locale": "simple"}
    return {name: value for name, value in own.items() if name != "version"}


def _within(root: Path, path: Path) -> str:
    found = path.resolve()
    if not found.exists() or not found.is_relative_to(root.resolve()):
        raise UsageError(
            f"{path} is no file or folder of the project",
            why=f"the project is {root}",
            fix="skc indexes import   # reads all of the project's code",
        )
    return found.relative_to(root.resolve()).as_posix()
