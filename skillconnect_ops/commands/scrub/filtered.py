"""New objects that another program made, as a scrub needs them."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from skillconnect_ops.commands.scrub.errors import TagsBehind
from skillconnect_ops.commands.scrub.paths import Taken
from skillconnect_ops.core.ports.filtering import Filtering
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.ports.rewriting import Rewriting
from skillconnect_ops.history.anatomy import apart, entries, is_folder
from skillconnect_ops.history.holding import Survey
from skillconnect_ops.history.looking import Wanted, whole

_TAGS = "refs/tags/"
_SIGNED = b"\ngpgsig"
_KNOWS = (
    "it knows values only as they stand, in text files and messages; what it leaves (encodings, "
    "archives, binaries, names of files, authors, taggers) the proof names"
)
SAYS = (
    "git filter-repo makes the new commits on a copy; refs move at once all the same, remotes stay",
    _KNOWS,
    "it writes every commit anew that is signed or oddly made, value or not, and all that follow",
)
"""What to know before agreeing to it."""


class New(Struct, frozen=True, kw_only=True):
    """What came of it, whoever made it."""

    objects: Mapping[str, str]
    """Old and new ids."""
    names: Mapping[str, bytes]
    """Of new objects, the name of a file or folder each has."""
    ours: frozenset[str]
    """New objects, or what they lie in."""
    perhaps: frozenset[str]
    """What goes if nothing leads to it any more."""
    unsigned: int


def by_another(
    repository: Repository,
    rewriting: Rewriting,
    filtering: Filtering,
    *,
    seen: Survey,
    wanted: Wanted,
    gone: Taken,
) -> New:
    """Have it rewrite what refs and reflogs name, and tell which file became which.

    Raises:
        TagsBehind: it cannot; nothing leads to what it made.
    """
    starts = rewriting.named(reflogs=True).intersection(seen.commits)
    affected = seen.affected
    tags = [
        ref
        for ref in rewriting.refs()
        if ref.name.startswith(_TAGS)
        and ref.oid in seen.tags
        and (ref.oid in affected[ObjectKind.TAG] or _peeled(ref.oid, seen) in seen.commits)
    ]
    made = filtering.filtered(
        sorted(starts), tags, values=wanted.values, mask=wanted.mask, gone=sorted(gone.paths)
    )
    behind = [
        ref.name
        for ref in rewriting.refs()
        if ref.oid in seen.tags
        and ref.oid not in made.tags
        and _peeled(ref.oid, seen) in made.commits
    ]
    if behind:
        raise TagsBehind(behind)
    trees = {
        piece.oid: apart(piece.content)[0][0]
        for piece in _pieces(repository, set(made.commits.values()))
    }
    roots = {(seen.commits[old].leads_to[0], trees[new]) for old, new in made.commits.items()}
    files = _pairs(repository, roots, seen.holding[ObjectKind.BLOB])
    old = {oid for each in affected.values() for oid in each}
    return New(
        objects={**made.commits, **made.tags, **files},
        perhaps=frozenset((*old, *gone.blobs, *gone.places)),
        names={},
        ours=frozenset(made.packs),
        unsigned=sum(_SIGNED in piece.content for piece in _pieces(repository, made.commits)),
    )


def _peeled(oid: str, seen: Survey) -> str:
    while oid in seen.tags:
        oid = seen.tags[oid].leads_to[0]
    return oid


def _pairs(
    repository: Repository, roots: Iterable[tuple[str, str]], held: Iterable[str]
) -> dict[str, str]:
    """What each file that held a value became: old and new trees are walked side by side."""
    wanted = frozenset(held)
    found: dict[str, str] = {}
    level = {(old, new) for old, new in roots if old != new}
    done = set(level)
    while level:
        trees = {
            piece.oid: {
                name: (is_folder(mode), oid.hex())
                for mode, name, oid in entries(piece.content, len(piece.oid) // 2)
            }
            for piece in _pieces(repository, {oid for pair in level for oid in pair})
        }
        below: set[tuple[str, str]] = set()
        for old, new in level:
            for name, (folder, was) in trees[old].items():
                in_folder, now = trees[new].get(name, (folder, was))
                if now == was or in_folder != folder:
                    continue
                if folder:
                    below.add((was, now))
                elif was in wanted:
                    found[was] = now
        level = below - done
        done |= level
    return found


def _pieces(repository: Repository, oids: Iterable[str]) -> Iterator[Piece]:
    for piece in whole(repository.contents(sorted(oids), differences=False)):
        if isinstance(piece, Piece):
            yield piece
