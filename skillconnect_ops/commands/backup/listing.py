"""What a backup will hold: the collections of a server that were asked for."""

import difflib
import fnmatch
import hashlib
from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.commands.backup.dump import Listed
from skillconnect_ops.commands.backup.staging import is_ours
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.database import CollectionSize, Database
from skillconnect_ops.core.view import listed as shown

SYSTEM_DATABASES = frozenset({"admin", "config", "local"})


class Wanted(Struct, frozen=True, kw_only=True):
    """Which part of a deployment is meant."""

    databases: tuple[str, ...]
    """Empty for all but the system's own."""
    collections: tuple[str, ...] = ()
    """Empty for all."""
    exclude: tuple[str, ...] = ()
    """Names or shell patterns."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left out of the databases."""
        return not self.collections and not self.exclude


class NoSuchDatabase(Precondition):
    """The database is not there, or holds nothing that this user may see."""


class RestoreUnderWay(Precondition):
    """Collections of a restore stand beside the real ones; some may be missing for a moment."""


class NoSuchCollection(Precondition):
    """A collection that was named is not there."""


def list_wanted(database: Database, wanted: Wanted) -> list[Listed]:
    """The collections to dump, sorted by namespace.

    Raises:
        NoSuchDatabase: one is empty or missing; those that can be seen are named.
        NoSuchCollection: one that was named is missing; the nearest is named.
    """
    names = wanted.databases or tuple(
        name for name in database.databases() if name not in SYSTEM_DATABASES
    )
    found = [one for name in sorted(names) for one in _of_database(database, name, wanted)]
    missing = set(wanted.collections) - {one.collection.name for one in found}
    if missing:
        raise _no_collection(sorted(missing), database, names)
    if not found:
        raise _nothing_left(wanted)
    return found


def identity(listed: Sequence[Listed]) -> str:
    """Digest of names, UUIDs, options and index definitions; counts have no part in it."""
    digest = hashlib.sha256()
    for one in listed:
        for part in (
            one.namespace.encode(),
            one.collection.kind.value.encode(),
            (one.collection.uuid or "").encode(),
            one.collection.options,
            *sorted(one.collection.indexes),
        ):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _of_database(database: Database, name: str, wanted: Wanted) -> list[Listed]:
    collections = database.collections(name)
    if not collections:
        raise _no_database(name, database)
    staged = [one.name for one in collections if is_ours(one.name)]
    if staged:
        raise RestoreUnderWay(
            f"a restore of {name} is under way, or one died there",
            why=f"{shown(staged)} are its collections, so others may not be in their place",
            fix="skc journal list   # shows which; resume it or roll it back first",
        )
    sizes = database.sizes(name)
    none = CollectionSize(documents=0, size_bytes=0)
    return [
        Listed(database=name, collection=one, size=sizes.get(one.name, none))
        for one in collections
        if (not wanted.collections or one.name in wanted.collections)
        and not any(_matches(one.name, pattern) for pattern in wanted.exclude)
    ]


def _matches(name: str, pattern: str) -> bool:
    """A name that looks like a pattern still means itself."""
    return name == pattern or fnmatch.fnmatchcase(name, pattern)


def _no_database(name: str, database: Database) -> NoSuchDatabase:
    others = [other for other in database.databases() if other not in SYSTEM_DATABASES]
    seen = shown(others) if others else "none"
    near = difflib.get_close_matches(name, others, n=1)
    return NoSuchDatabase(
        f"there is no database {name} here",
        why=f"it is missing or empty; databases that this user may see: {seen}",
        fix=f"skc backup --db {near[0]}" if near else "skc doctor   # shows who is connected where",
    )


def _no_collection(
    missing: Sequence[str], database: Database, names: Sequence[str]
) -> NoSuchCollection:
    known = [one.name for name in names for one in database.collections(name)]
    near = difflib.get_close_matches(missing[0], known, n=1)
    return NoSuchCollection(
        f"there is no collection {shown(missing)} in {shown(names)}",
        why=f"the nearest name is {near[0]}" if near else f"there are {shown(known)}",
        fix=f"--collection {near[0]}" if near else "leave --collection out to take them all",
    )


def _nothing_left(wanted: Wanted) -> Precondition:
    if not wanted.collections and not wanted.exclude:
        return NoSuchDatabase(
            "there is nothing to back up",
            why="no database of this server holds a collection that this user may see",
            fix="skc doctor   # shows who is connected where",
        )
    return NoSuchCollection(
        "nothing is left to back up",
        why=f"--exclude {shown(wanted.exclude)} leaves no collection",
        fix="exclude less, or leave --exclude out",
    )
