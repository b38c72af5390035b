"""Which secrets were in older versions of the same files: those that a revision reaches.

A commit that touches a file brings a new blob, and with it every secret that the file had before.
Only what no older version of that path holds was brought by the commit.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from skillconnect_ops.core.ports.objects import Piece, Repository
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.history.model import NO_SECRET, Looked, Search, Where
from skillconnect_ops.history.places import Origin, Sighting, origins
from skillconnect_ops.history.versions import Versions

Place = tuple[str, Secret]
"""A path, and a secret in the file or, empty, the file's own name."""
_NAME = NO_SECRET


class _Wanted(Struct, frozen=True):
    """What is looked for in one path's versions."""

    secrets: dict[Secret, bytes | None]
    """With each, how it stands in a version; None where only searching can tell."""


def place_of(sighting: Sighting) -> Place | None:
    """What may have been there before; None where a sighting is of its commit alone."""
    if sighting.path is None:
        return None
    if sighting.where is Where.NAME:
        return sighting.path, _NAME
    # what stands for many secrets is none itself
    known = sighting.where is Where.BLOB and sighting.trace.secret != NO_SECRET
    return (sighting.path, sighting.trace.secret) if known else None


def earlier(
    repository: Repository, revision: str, sightings: Iterable[Sighting], *, search: Search
) -> dict[Place, Origin]:
    """Of places that were seen, those that older versions have, and the first commit that did.

    Args:
        repository: what was walked.
        revision: its history is what counts as older.
        sightings: what newer commits hold.
        search: what found them.
    """
    wanted = _by_path(sightings)
    if not wanted:
        return {}
    found: dict[Place, str] = {}
    versions: dict[str, list[tuple[str, str]]] = {}
    for one in repository.versions(wanted.keys(), revision):
        versions.setdefault(one.oid, []).append((one.path, one.commit))
        if _NAME in wanted[one.path].secrets:
            found.setdefault((one.path, _NAME), one.commit)
    versioned = Versions(search)

    def look(path: str, piece: Piece) -> Looked:
        return versioned(path, piece) if _is_whole(piece) else search(path, piece.content)

    for piece in repository.contents(versions):
        if not isinstance(piece, Piece):
            continue  # what it held is not known, so nothing is excused by it
        for path, commit in versions[piece.oid]:
            missing = {
                secret: plain
                for secret, plain in wanted[path].secrets.items()
                if (path, secret) not in found
            }
            for secret in _held(piece, path, missing, look):
                found[path, secret] = commit
    known = origins(repository, frozenset(found.values()))
    return {place: known[commit] for place, commit in found.items() if commit in known}


def _by_path(sightings: Iterable[Sighting]) -> dict[str, _Wanted]:
    wanted: dict[str, _Wanted] = {}
    for one in sightings:
        place = place_of(one)
        if place is not None:
            path, secret = place
            text = secret.reveal()
            plain = text.encode() if text.isascii() and not one.trace.form else None
            wanted.setdefault(path, _Wanted({})).secrets[secret] = plain
    return wanted


def _is_whole(piece: Piece) -> bool:
    return len(piece.content) == piece.size_bytes


def _held(
    piece: Piece,
    path: str,
    missing: Mapping[Secret, bytes | None],
    search: Callable[[str, Piece], Looked],
) -> list[Secret]:
    """Those of the missing ones that this version holds; it is searched only where it may."""
    content = piece.content
    wide = b"\0" in content  # UTF-16, or packed
    if not any(plain is None or wide or plain in content for plain in missing.values()):
        return []
    looked = search(path, piece)
    held = {trace.secret for trace in looked.traces}
    return [secret for secret in missing if secret in held]
