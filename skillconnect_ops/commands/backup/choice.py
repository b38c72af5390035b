"""Which part of a backup is restored, and under which names; pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.backup.listing import SYSTEM_DATABASES
from skillconnect_ops.commands.backup.model import Manifest
from skillconnect_ops.commands.backup.restore_model import Piece
from skillconnect_ops.commands.backup.staging import is_ours
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.view import listed

_LONGEST_NAMESPACE = 255
_LONGEST_DATABASE = 63
_NOT_IN_DATABASES = frozenset('/\\. "$*<>:|?\0')
_STORED_FUNCTIONS = "system.js"


class Selection(Struct, frozen=True, kw_only=True):
    """Which part of a backup is restored, and to where."""

    databases: tuple[str, ...] = ()
    """Of the backup; empty for all."""
    collections: tuple[str, ...] = ()
    """Empty for all."""
    into: str | None = None
    """Another database to restore to."""
    renames: Mapping[str, str] = {}
    """Collection -> the name it gets."""

    @property
    def complete(self) -> bool:
        """Whether whole databases are restored."""
        return not self.collections


class NotInBackup(UsageError):
    """The backup does not hold what was asked for."""


class NameNotAllowed(UsageError):
    """A name that no database or collection may have, or that is not ours to give."""


def choose(manifest: Manifest, selection: Selection) -> list[Piece]:
    """The collections to restore, each with the place it gets.

    Raises:
        NotInBackup: something that was named is not there, or `--into` fits several databases.
        NameNotAllowed: a name to give that no collection or database may have.
    """
    _known("database", selection.databases, manifest.subject.databases)
    selection = _plain(selection, manifest)
    entries = [
        entry
        for entry in manifest.collections
        if not selection.databases or entry.database in selection.databases
    ]
    names = [entry.name for entry in entries]
    _known("collection", (*selection.collections, *selection.renames), names)
    databases = {entry.database for entry in entries}
    if selection.into is not None and len(databases) > 1:
        raise NotInBackup(
            f"--into {selection.into} cannot take several databases",
            why=f"the backup holds {listed(sorted(databases))}",
            fix=f"skc restore {manifest.id} --db {min(databases)} --into {selection.into}",
        )
    _renamed_are_chosen(selection)
    pieces = [
        Piece(
            entry=entry.namespace,
            kind=entry.kind,
            database=entry.database if selection.into is None else selection.into,
            name=selection.renames.get(entry.name, entry.name),
            documents=entry.documents,
            size_bytes=entry.size_bytes,
            content=entry.content,
        )
        for entry in entries
        if not selection.collections or entry.name in selection.collections
    ]
    _distinct(pieces)
    _allowed(pieces)
    return pieces


def _plain(selection: Selection, manifest: Manifest) -> Selection:
    """`show` writes `database.collection`: taken where one database is all there is to mean."""
    names = {entry.name for entry in manifest.collections}
    wanted = selection.databases or manifest.subject.databases
    prefix = f"{wanted[0]}." if len(wanted) == 1 else None

    def plain(name: str) -> str:
        return name if prefix is None or name in names else name.removeprefix(prefix)

    return replace(
        selection,
        collections=tuple(map(plain, selection.collections)),
        renames={plain(old): new for old, new in selection.renames.items()},
    )


def _renamed_are_chosen(selection: Selection) -> None:
    for old in selection.renames:
        if selection.collections and old not in selection.collections:
            raise NotInBackup(
                f"--rename {old}=… renames what is not restored",
                why=f"--collection chooses {listed(selection.collections)}",
                fix=f"--collection {old}   # besides, or leave --rename out",
            )


def _known(noun: str, wanted: Sequence[str], names: Sequence[str]) -> None:
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise NotInBackup(
                f"the backup holds no {noun} {name}",
                why=f"the nearest is {near[0]}" if near else f"it holds {listed(names)}",
                fix="skc backup show ID   # lists what it holds",
            )


def _distinct(pieces: Sequence[Piece]) -> None:
    seen: set[tuple[str, str]] = set()
    for piece in pieces:
        place = (piece.database, piece.name)
        if place in seen:
            raise NotInBackup(
                f"two collections would become {piece.database}.{piece.name}",
                why="--rename or --into gives them the same name",
                fix="give each a name of its own",
            )
        seen.add(place)


def _allowed(pieces: Sequence[Piece]) -> None:
    """Source: MongoDB manual, "Naming Restrictions"."""
    for piece in pieces:
        place = f"{piece.database}.{piece.name}"
        for wrong in (*_wrong_database(piece.database), *_wrong_collection(piece.name)):
            raise NameNotAllowed(
                f"nothing can be restored to {place}",
                why=wrong,
                fix="--into NAME or --rename A=B with another name",
            )
        if len(place.encode()) > _LONGEST_NAMESPACE:
            raise NameNotAllowed(
                f"nothing can be restored to {place[:60]}…",
                why=f"the name has more than {_LONGEST_NAMESPACE} bytes",
                fix="--into NAME or --rename A=B with a shorter name",
            )


def _wrong_database(name: str) -> Iterator[str]:
    if name in SYSTEM_DATABASES:
        yield f"{name} is the server's own database"
    if not name or len(name.encode()) > _LONGEST_DATABASE or not _NOT_IN_DATABASES.isdisjoint(name):
        yield f'a database has 1 to {_LONGEST_DATABASE} bytes, and none of / \\ . " $ * < > : | ?'


def _wrong_collection(name: str) -> Iterator[str]:
    if not name or name.startswith(".") or "$" in name or "\0" in name:
        yield "a collection's name is not empty, begins with no dot, and has no $"
    if name.startswith("system.") and name != _STORED_FUNCTIONS:
        yield "names that begin with system. are the server's own"
    if is_ours(name):
        yield "names that begin so are those of restores under way"
