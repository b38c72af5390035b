"""Changing one variable of an env file, so that all its readers read the new value alike.

What is written is tried on every reader before it is handed out: alone, to see whether the value
can be written at all, and within its file, where a quote three lines above may swallow it.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise

from msgspec import Struct

from skillconnect_ops.envfile.errors import BadName, DuplicateKey, NoSuchKey, NotPortable
from skillconnect_ops.envfile.readers import EVERY_READER, Reader, Reading, reading, readings
from skillconnect_ops.envfile.tree import Entry, Opaque, Piece, joined

Pieces = tuple[Piece, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_COMPOSE_EXPANDS = frozenset("$\\")
"""Within double quotes docker compose takes more escapes, and more for a variable, than others."""
_FORMS = ("", "'", '"')
_CARRIAGE_GUARD = b" #"
"""bash takes the CR of a CRLF line end into the value, unless a comment swallows it."""


class Written(Struct, frozen=True):
    """A changed file, and what every reader makes of it."""

    data: bytes
    readings: Mapping[Reader, Reading]


def set_value(
    file: Pieces,
    key: str,
    value: str,
    *,
    before: Mapping[Reader, Reading],
    after: str | None = None,
    every: bool = False,
    readers: AbstractSet[Reader] = EVERY_READER,
) -> Written:
    """The file with one variable set; every other byte is as before.

    A name that is not there gets a line of its own, with the line ends of the file.

    Args:
        file: the pieces of the file.
        key: the name.
        value: what every reader shall read.
        before: what every reader makes of the file as it is.
        after: the name whose line a new one follows; by default it is the file's last.
        every: write to each of several lines with this name.
        readers: who has to read it; a reader left out may read something else.

    Raises:
        BadName: the name is none.
        DuplicateKey: the name is there more than once.
        NoSuchKey: the name to follow is not there.
        NotPortable: the readers would not read it alike, or another variable would change.
    """
    if not _NAME.fullmatch(key):
        raise BadName(key)
    there = _only(file, key, every=every)
    refusal: NotPortable | None = None
    for written in _spellings(value, there):
        pieces = (
            _replaced(file, there, written) if there else _added(file, key, written, after=after)
        )
        data = joined(pieces)
        now = readings(data)
        refused = _refusal(before, now, key=key, value=value, readers=readers)
        if refused is None:
            return Written(data, now)
        refusal = refusal or refused
    if refusal is None or not portable(value, readers=readers):
        raise _unwritable(key, value)
    raise refusal


def remove(file: Pieces, key: str, *, every: bool = False) -> bytes:
    """The file without the line of a variable, if there is one.

    Raises:
        DuplicateKey: the name is there more than once.
    """
    gone = set(map(id, _only(file, key, every=every)))
    kept: list[bytes] = []
    for before, piece in pairwise((Opaque(raw=b""), *file)):
        if id(piece) not in gone:
            kept.append(_without_line_end(piece.raw) if id(before) in gone else piece.raw)
    return b"".join(kept)


def portable(value: str, *, readers: AbstractSet[Reader] = EVERY_READER) -> bool:
    """Whether there is a way to write the value that all these readers read alike."""
    return any(_alone(value, form, readers=readers) for form in _FORMS)


def _all_of(file: Pieces, key: str) -> tuple[Entry, ...]:
    return tuple(piece for piece in file if isinstance(piece, Entry) and piece.key == key)


def _only(file: Pieces, key: str, *, every: bool) -> tuple[Entry, ...]:
    found = _all_of(file, key)
    if len(found) > 1 and not every:
        raise DuplicateKey(key, tuple(entry.line for entry in found))
    return found


def _spellings(value: str, there: tuple[Entry, ...]) -> Iterator[bytes]:
    """The ways to write a value, the one of the old value first."""
    old = there[0].quote if there and there[0].written else ""
    for form in sorted(_FORMS, key=lambda form: form != old):
        spelled = _spelled(value, form)
        if spelled is not None:
            yield spelled


def _spelled(value: str, form: str) -> bytes | None:
    """The value in these quotes; None where that would be no value, or another one."""
    if form == "" and not _BARE.fullmatch(value):
        return None
    if form == '"' and not _COMPOSE_EXPANDS.isdisjoint(value):
        return None
    if "\0" in value or "\r" in value or (form and form in value):
        return None
    try:
        return f"{form}{value}{form}".encode()
    except UnicodeEncodeError:
        return None


def _alone(value: str, form: str, *, readers: AbstractSet[Reader]) -> bool:
    """Whether a value in these quotes is read alike where nothing else is in the file."""
    spelled = _spelled(value, form)
    return spelled is not None and all(
        reading(b"KEY=" + spelled + b"\n", reader).values.get("KEY") == value for reader in readers
    )


def _replaced(file: Pieces, there: tuple[Entry, ...], written: bytes) -> Iterator[Piece]:
    chosen = set(map(id, there))
    for piece, following in pairwise((*file, Opaque(raw=b""))):
        if isinstance(piece, Entry) and id(piece) in chosen:
            crlf = following.raw.startswith(b"\r\n")
            guard = _CARRIAGE_GUARD if crlf and not piece.comment else b""
            yield Opaque(raw=piece.head + written + guard + piece.tail)
        else:
            yield piece


def _added(file: Pieces, key: str, written: bytes, *, after: str | None) -> Iterator[Piece]:
    data = joined(file)
    line_end = b"\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else b"\n"
    guard = _CARRIAGE_GUARD if line_end == b"\r\n" else b""
    line = key.encode() + b"=" + written + guard
    if after is None:
        whole = not data or data.endswith((b"\n", b"\r"))
        yield Opaque(raw=data)
        yield Opaque(raw=line + line_end if whole else line_end + line)
        return
    followed = _all_of(file, after)
    if not followed:
        raise NoSuchKey(after)
    for piece in file:
        yield piece
        if piece is followed[-1]:
            yield Opaque(raw=line_end + line)


def _without_line_end(raw: bytes) -> bytes:
    for end in (b"\r\n", b"\n", b"\r"):
        if raw.startswith(end):
            return raw[len(end) :]
    return raw


def _refusal(
    before: Mapping[Reader, Reading],
    after: Mapping[Reader, Reading],
    *,
    key: str,
    value: str,
    readers: AbstractSet[Reader],
) -> NotPortable | None:
    """Why the new file will not do, if it will not."""
    for reader in Reader:
        if reader in readers and after[reader].values.get(key) != value:
            return _misread(key, reader, after[reader])
    app = after[Reader.NODE_DOTENV]
    for reader in Reader:
        if reader in readers or reader is Reader.NODE_DOTENV:
            name = _harmed(before[reader], after[reader], app, but=key)
            if name is not None:
                return _would_change(key, name, reader)
    return None


def _harmed(before: Reading, after: Reading, app: Reading, *, but: str) -> str | None:
    """The name of another variable that would be read differently from now on.

    Another reader may come to read what the app reads (a quote that swallowed a line is closed).
    """
    if before.trouble is not None:
        return None
    for name in {**before.values, **after.values}:
        will = after.values.get(name)
        changes = name != but and will != before.values.get(name)
        if changes and (after is app or will != app.values.get(name)):
            return name
    return None


def _unwritable(key: str, value: str) -> NotPortable:
    """The error for a value that no quotes make the same for all."""
    return NotPortable(
        f"the value for {key} cannot be written so that all read the same",
        why=_what_is_in_it(value),
        fix="choose a value of letters, digits and any of _ - . / : @ % + , = (skc secrets"
        " generate makes one)",
    )


def _what_is_in_it(value: str) -> str:
    reasons = (
        ("\0" in value, "it holds a NUL, which no environment can hold"),
        ("\r" in value, "it holds a carriage return, which readers drop or turn into a line feed"),
        (
            re.search(r"\$\{[^}]*\}", value) is not None,
            "it holds ${…}, for which python-dotenv puts in another variable, even within quotes",
        ),
        ("'" in value, "it holds ' beside what only single quotes keep as it is ($ ` \\ or \")"),
        ("\\" in value, "it holds a backslash where readers disagree: doubled, or at the end"),
    )
    found = [reason for holds, reason in reasons if holds]
    return found[0] if found else "no way of quoting it is read alike by all"


def _misread(key: str, reader: Reader, found: Reading) -> NotPortable:
    if found.trouble is not None:
        return NotPortable(
            f"{reader.label} cannot read the file, so it would not read {key}",
            why=f"line {found.line}: {found.trouble}",
            fix=f"quote or mend line {found.line}, or add --not-for {reader.value} if that reader"
            " never sees the file",
        )
    return NotPortable(
        f"{reader.label} would not read the new value of {key}",
        why="how the line is written, or a quote in the lines around it, hides the value from it",
        fix=f"write the line as {key}=… with plain quotes around it, or add"
        f" --not-for {reader.value} if that reader never sees the file",
    )


def _would_change(key: str, name: str, reader: Reader) -> NotPortable:
    return NotPortable(
        f"setting {key} would change what {reader.label} reads for another name",
        why=f"a quote that is not closed ties {key} and {name} together",
        fix=f"close the quotes in the lines of {key} and {name} by hand, then run it again",
    )
