"""The rewriting itself: blobs, then the trees and commits that reach them, then tags.

Each object is made anew from the old one's bytes, so that whatever is not a value, or an id that
has changed, stays as it was; objects that reach nothing of the kind are not touched at all.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from msgspec import Struct

from skillconnect_ops.commands.scrub.paths import NOTHING, Taken
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Ticker
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository, Unreadable
from skillconnect_ops.core.ports.rewriting import NewPack
from skillconnect_ops.core.regex import regex
from skillconnect_ops.history.anatomy import apart, entries, is_folder, parts
from skillconnect_ops.history.holding import Survey
from skillconnect_ops.history.looking import Line, Wanted, whole
from skillconnect_ops.history.needles import Needles

NAME_MASK = b"REMOVED"
_SUBMODULES = b'[submodule "'
"""In names of files and refs, where stars may not stand."""
_AT_ONCE = 4096
_ID = regex(rb"(?<![0-9A-Za-z])[0-9a-f]{7,64}(?![0-9A-Za-z])")
_SIGNATURE = regex(rb"(?m)^-----BEGIN (?:PGP|SSH) SIGNATURE-----$|^-----BEGIN SIGNED MESSAGE-----$")
_SIGNED = (b"gpgsig", b"gpgsig-sha256")
_NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})


class ObjectLost(Precondition):
    """An object that was there a moment ago cannot be read."""

    def __init__(self, oid: str, *, why: str) -> None:
        super().__init__(
            f"the object {oid} cannot be read",
            why=why,
            fix="git fsck --full, and mend what it names",
        )


class Rewritten(Struct, frozen=True, kw_only=True):
    """What became of the objects."""

    objects: Mapping[str, str]
    """Old and new ids; those of trees as they are where nothing goes by its path."""
    commits: Mapping[str, str]
    names: Mapping[str, bytes]
    """Of new blobs and trees, the name of a file or folder."""
    unsigned: int
    """How many lost a signature, which would be wrong by now."""

    @property
    def gone(self) -> frozenset[str]:
        """What is to be dropped."""
        return frozenset(old for old, new in self.objects.items() if old != new)


def without(content: bytes, needles: Needles, *, in_names: Needles) -> bytes:
    """A file's content with no value in it.

    What lists submodules is told by names and paths, so it gets the mask of names, as they do.
    """
    return (in_names if content.lstrip().startswith(_SUBMODULES) else needles).without(content)


class Rewriter:
    """Makes new objects for all that are affected.

    Args:
        repository: where the old ones are.
        survey: which are affected.
        wanted: the values.
        taken: what goes by its path.
        pack: takes the new ones.
        ticker: counts objects.
        known: old and new ids of what was made before, and is not made once more.
    """

    def __init__(
        self,
        repository: Repository,
        survey: Survey,
        wanted: Wanted,
        *,
        taken: Taken = NOTHING,
        pack: NewPack,
        ticker: Ticker,
        known: Mapping[str, str] = _NOTHING_KNOWN,
    ) -> None:
        self._repository = repository
        self._survey = survey
        self._needles = wanted.needles
        self._in_names = Wanted(wanted.values, NAME_MASK).needles
        self._taken = taken
        self._pack = pack
        self._ticker = ticker
        self._new: dict[str, str] = dict(known)
        self._placed: dict[tuple[str, bytes], str | None] = {}
        """Of trees out of which something goes by path: by place; None where nothing is left."""
        self._commits = {old: new for old, new in known.items() if old in survey.commits}
        self._names: dict[str, bytes] = {}
        self._unsigned = 0
        self._short: dict[str, list[str]] = {}
        """Of all commits, by the first seven digits: ids in messages are often cut."""

    def run(self) -> Rewritten:
        """Do all of it.

        Raises:
            ObjectLost: something cannot be read any more.
        """
        affected = self._survey.affected
        for oid in self._survey.commits:
            self._short.setdefault(oid[:7], []).append(oid)
        for piece in self._read(affected[ObjectKind.BLOB]):
            plain = without(piece.content, self._needles, in_names=self._in_names)
            self._new[piece.oid] = self._add(ObjectKind.BLOB, plain)
        for level in _levels(affected[ObjectKind.TREE], self._survey.within):
            for piece in self._read(level):
                self._trees(piece)
        for oids in in_order(affected[ObjectKind.COMMIT], self._survey.commits):
            contents = {piece.oid: piece.content for piece in self._read(oids)}
            for oid in oids:
                self._commits[oid] = self._new[oid] = self._commit(contents[oid])
        for oids in in_order(affected[ObjectKind.TAG], self._survey.tags):
            contents = {piece.oid: piece.content for piece in self._read(oids)}
            for oid in oids:
                self._new[oid] = self._tag(contents[oid])
        return Rewritten(
            objects=self._new,
            commits=self._commits,
            names=self._names,
            unsigned=self._unsigned,
        )

    def _read(self, oids: Iterable[str]) -> Iterator[Piece]:
        for piece in whole(self._repository.contents(oids, differences=False)):
            if isinstance(piece, Unreadable):
                raise ObjectLost(piece.oid, why=piece.reason)
            yield piece

    def _add(self, kind: ObjectKind, content: bytes) -> str:
        self._ticker.advance(1)
        return self._pack.add(kind, content)

    def _trees(self, piece: Piece) -> None:
        """A tree as it is anywhere, and as it is where something of it goes by path."""
        found = entries(piece.content, len(piece.oid) // 2)
        holds = self._in_names.plainly(piece.content)
        for folder in self._taken.places.get(piece.oid, ()):
            self._placed[piece.oid, folder] = self._tree(piece, found, folder, holds=holds)
        self._new[piece.oid] = self._tree(piece, found, None, holds=holds) or piece.oid

    def _tree(
        self,
        piece: Piece,
        found: Sequence[tuple[bytes, bytes, bytes]],
        folder: bytes | None,
        *,
        holds: bool,
    ) -> str | None:
        gone = self._taken.names.get((piece.oid, folder), frozenset()) if folder is not None else ()
        made: list[tuple[bytes, bytes, bytes]] = []
        names: dict[bytes, bytes] = {}
        if holds:
            names = new_names([name for _, name, _ in found if name not in gone], self._in_names)
        for mode, name, oid in found:
            if name in gone:
                continue
            old = oid.hex()
            new: str | None = self._new.get(old, old)
            if folder is not None and is_folder(mode):
                new = self._placed.get((old, folder + name + b"/"), new)
            if new is None:
                continue  # git keeps no empty folders
            plain = names.get(name, name)
            if new != old:
                self._names.setdefault(new, plain)
            made.append((mode, plain, oid if new == old else bytes.fromhex(new)))
        if not made and folder:
            return None
        if names:
            made.sort(key=lambda one: one[1] + (b"/" if is_folder(one[0]) else b""))
        content = b"".join([b"%s %s\0%s" % one for one in made])
        if content == piece.content:
            return piece.oid
        return self._add(ObjectKind.TREE, content)

    def _commit(self, content: bytes) -> str:
        (tree, *parents), rest = apart(content)
        placed = self._placed.get((tree, b""))
        lines = [b"tree %s\n" % (placed or self._new.get(tree, tree)).encode()]
        lines += [b"parent %s\n" % self._commits.get(oid, oid).encode() for oid in parents]
        head, gap, message = rest.partition(b"\n\n")
        if b"gpgsig" in head or b"mergetag" in head:
            head = self._without_signatures(head + b"\n")[:-1]
        plain = [head + gap, message]
        if self._needles.plainly(rest):
            plain = [
                self._needles.without(part) if is_text else part
                for part, is_text in parts(head + gap + message)
            ]
        plain[-1] = self._with_new_ids(plain[-1])
        return self._add(ObjectKind.COMMIT, b"".join((*lines, *plain)))

    def _without_signatures(self, head: bytes) -> bytes:
        """Headers, each with its further lines, which begin with a space."""
        headers: list[list[bytes]] = []
        for line in head.splitlines(keepends=True):
            if line.startswith(b" ") and headers:
                headers[-1].append(line)
            else:
                headers.append([line])
        kept = []
        for lines in headers:
            name = lines[0].split(b" ", 1)[0]
            whole = b"".join(lines)
            stale = name in _SIGNED or (name == b"mergetag" and self._is_stale(whole))
            self._unsigned += stale
            kept.append(b"" if stale else whole)
        return b"".join(kept)

    def _is_stale(self, mergetag: bytes) -> bool:
        target = mergetag.split(b"\n", 1)[0].rpartition(b" ")[2].decode("ascii", "replace")
        return target in self._new or bool(self._needles.held(mergetag))

    def _with_new_ids(self, message: bytes) -> bytes:
        return _ID.sub(self._new_id, message)

    def _new_id(self, found: re.Match[bytes]) -> bytes:
        text = found[0]
        short = text.decode()
        meant = [oid for oid in self._short.get(short[:7], ()) if oid.startswith(short)]
        if len(meant) != 1 or meant[0] not in self._commits:
            return text
        return self._commits[meant[0]][: len(short)].encode()

    def _tag(self, content: bytes) -> str:
        (target, *_), rest = apart(content)
        head, gap, message = rest.partition(b"\n\n")
        signature = _SIGNATURE.search(message)
        if signature is not None:
            message = message[: signature.start()]
            self._unsigned += 1
        plain: list[bytes] = []
        for part, is_text in parts(head + gap + message):
            needles = self._in_names if plain[-1:] == [b"tag "] else self._needles
            plain.append(needles.without(part) if is_text else part)
        plain[-1] = self._with_new_ids(plain[-1])
        placed = self._placed.get((target, b""))
        new = placed or self._new.get(target, target)
        return self._add(ObjectKind.TAG, b"".join((b"object %s\n" % new.encode(), *plain)))


def new_names(names: Iterable[bytes], in_names: Needles) -> dict[bytes, bytes]:
    """Of the names in one folder, those that hold a value, with what they are called instead.

    It goes by the names alone, so that trees, an index and a work tree come to the same ones.
    """
    every = sorted(names)
    plain = {name: in_names.without(name) for name in every if in_names.plainly(name)}
    dirty = {name: new for name, new in plain.items() if new != name}
    taken = set(every).difference(dirty)
    for name, new in dirty.items():
        dirty[name] = unlike(new, taken)
        taken.add(dirty[name])
    return dirty


def new_paths(paths: Iterable[bytes], in_names: Needles) -> dict[bytes, bytes]:
    """Of every path, what it is called afterwards; folder by folder, as trees are."""
    every = [path.split(b"/") for path in paths]
    names: dict[tuple[bytes, ...], set[bytes]] = {}
    for words in every:
        for at, word in enumerate(words):
            names.setdefault(tuple(words[:at]), set()).add(word)
    new = {folder: new_names(found, in_names) for folder, found in names.items()}
    return {
        b"/".join(words): b"/".join(
            new[tuple(words[:at])].get(word, word) for at, word in enumerate(words)
        )
        for words in every
    }


def unlike(name: bytes, taken: Collection[bytes]) -> bytes:
    """The name, or with a number before its ending where something is called so already."""
    stem, dot, ending = name.rpartition(b".")
    head, tail = (stem, dot + ending) if stem else (name, b"")
    number, fresh = 1, name
    while fresh in taken:
        number += 1
        fresh = b"%s-%d%s" % (head, number, tail)
    return fresh


def _levels(trees: frozenset[str], within: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Trees, those within others before them."""
    left = {oid: len(set(within.get(oid, ()))) for oid in trees}
    outer: dict[str, list[str]] = {}
    for oid in trees:
        for inner in set(within.get(oid, ())):
            outer.setdefault(inner, []).append(oid)
    level = [oid for oid, number in left.items() if not number]
    while level:
        yield level
        above: list[str] = []
        for oid in level:
            for tree in outer.get(oid, ()):
                left[tree] -= 1
                if not left[tree]:
                    above.append(tree)
        level = above


def in_order(oids: frozenset[str], lines: Mapping[str, Line]) -> Iterator[list[str]]:
    """Commits or tags in portions, each behind those that it leads to."""
    left = {oid: len({one for one in lines[oid].leads_to if one in oids}) for oid in oids}
    after: dict[str, list[str]] = {}
    for oid in oids:
        for one in {each for each in lines[oid].leads_to if each in oids}:
            after.setdefault(one, []).append(oid)
    waiting = [oid for oid, number in left.items() if not number]
    ordered: list[str] = []
    while waiting:
        oid = waiting.pop()
        ordered.append(oid)
        for one in after.get(oid, ()):
            left[one] -= 1
            if not left[one]:
                waiting.append(one)
    rest = iter(ordered)
    while portion := list(islice(rest, _AT_ONCE)):
        yield portion
