"""Which objects hold a value that is looked for, and which reach one that does.

Every object is read once, reachable or not: blobs, commits and tags are searched; of trees the
names are, and it is noted what they lead to. From there the way leads upwards, to trees, commits
and tags.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.plan import Ticker
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.objects import (
    Listed,
    ObjectKind,
    Piece,
    Repository,
    Unreadable,
)
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.view import size
from skillconnect_ops.history.archives import LARGEST_BYTES, Budget, Skipped, members
from skillconnect_ops.history.model import Gap
from skillconnect_ops.history.needles import MASK, Needles
from skillconnect_ops.history.repacked import may_pack
from skillconnect_ops.history.sweep import by_base

PORTION_BYTES = 48 << 20
_ENTRY = rb"(?s)([0-7]+) ([^\0]+)\0(.{%d})"
"""A mode, a name, and an id of so many bytes."""
_FOLDER = b"40000"
"""Some programs wrote it with a zero before it, which git reads as well."""
_PEOPLE = frozenset((b"author", b"committer", b"tagger"))
_FIXED = frozenset((b"type", b"encoding"))
NONE: frozenset[int] = frozenset()
_HEADERS = (b"tree ", b"parent ", b"object ")


class Wanted(Struct, frozen=True):
    """What is looked for; plain data, since it is handed to child processes."""

    values: tuple[bytes, ...]
    mask: bytes = MASK

    @property
    def needles(self) -> Needles:
        """What finds it; got ready once in a process."""
        return _needles(self)


class Line(Struct, frozen=True, gc=False):
    """One commit, or one tag: what it leads to."""

    oid: str
    leads_to: tuple[str, ...]
    """A commit's tree and then its parents; a tag's object."""


class Job(Struct, frozen=True, kw_only=True):
    """Objects of one kind."""

    repository: Repository
    wanted: Wanted
    kind: ObjectKind
    oids: tuple[str, ...]
    strict: bool = False
    """Whether an archive that cannot be opened is told."""
    affected: frozenset[bytes] = frozenset()
    """Of a job of trees: the blobs that hold something."""


class Harvest(Struct, kw_only=True):
    """What one job saw."""

    holding: dict[str, tuple[int, ...]] = {}
    """With each object, which of the values."""
    lines: list[Line] = []
    above: list[tuple[bytes, bytes]] = []
    """Trees, each with the trees within it, one id behind the other."""
    leading: list[str] = []
    """Trees that lead to a blob which holds something."""
    unreadable: list[tuple[str, str]] = []
    size_bytes: int = 0


class Survey(Struct, frozen=True, kw_only=True):
    """What a repository holds of the values."""

    holding: Mapping[ObjectKind, Mapping[str, tuple[int, ...]]]
    """Objects that hold one themselves (of trees, a name does), and which."""
    affected: Mapping[ObjectKind, frozenset[str]]
    """Those, and all that reach one."""
    commits: Mapping[str, Line]
    """All that there are."""
    tags: Mapping[str, Line]
    within: Mapping[str, tuple[str, ...]]
    """Of affected trees, the affected ones within them."""
    oids: frozenset[str]
    """Of all objects that there are."""
    size_bytes: int
    gaps: tuple[Gap, ...]
    """What could not be read."""

    @property
    def objects(self) -> int:
        """How many there are."""
        return len(self.oids)

    @property
    def is_clean(self) -> bool:
        """Whether nothing holds anything."""
        return not any(self.holding.values())


@lru_cache(4)
def _needles(wanted: Wanted) -> Needles:
    return Needles(wanted.values, mask=wanted.mask)


def survey(
    repository: Repository,
    wanted: Wanted,
    *,
    crew: Crew,
    ticker: Ticker,
    removed: Collection[str] = (),
    strict: bool = False,
) -> Survey:
    """Look at every object.

    Args:
        repository: what is looked at.
        wanted: the values.
        crew: who does the work.
        ticker: counts bytes.
        removed: trees out of which something is taken by its path, whatever it holds.
        strict: whether archives that cannot be opened are among the gaps.
    """
    gaps: list[Gap] = []
    of: dict[ObjectKind, list[Listed]] = {kind: [] for kind in ObjectKind}
    for one in repository.listing():
        if isinstance(one, Unreadable):
            gaps.append(Gap(one.oid, one.reason))
        else:
            of[one.kind].append(one)
    gathered = Harvest()

    def walk(kind: ObjectKind, affected: frozenset[bytes] = frozenset()) -> None:
        jobs = _jobs(repository, wanted, kind, of[kind], affected, strict=strict)
        # known values are found some five times as fast as unknown ones, which the crew reckons
        # with; what is little for that is read sooner here than children start
        total = sum(one.size_bytes for one in of[kind]) // 5
        for result in crew.spread(look_for, jobs, size_bytes=total):
            harvest = msgspec.msgpack.decode(result, type=Harvest)
            for oid, values in harvest.holding.items():
                known = gathered.holding.get(oid, ())
                gathered.holding[oid] = tuple(sorted({*known, *values}))
            gathered.lines += harvest.lines
            gathered.above += harvest.above
            gathered.leading += harvest.leading
            gaps.extend(Gap(oid, reason) for oid, reason in harvest.unreadable)
            gathered.size_bytes += harvest.size_bytes
            ticker.advance(harvest.size_bytes)

    holding: dict[ObjectKind, dict[str, tuple[int, ...]]] = {}
    lines: dict[ObjectKind, dict[str, Line]] = {}
    for kind in (ObjectKind.BLOB, ObjectKind.COMMIT, ObjectKind.TAG, ObjectKind.TREE):
        blobs = holding.get(ObjectKind.BLOB, {})
        gathered.holding, gathered.lines = {}, []
        walk(kind, frozenset(map(bytes.fromhex, blobs)) if kind is ObjectKind.TREE else frozenset())
        holding[kind] = gathered.holding
        lines[kind] = {line.oid: line for line in gathered.lines}
    begin = {*holding[ObjectKind.TREE], *gathered.leading, *removed}
    trees = _upwards(begin, gathered.above)
    commits = _onwards(lines[ObjectKind.COMMIT], holding[ObjectKind.COMMIT], trees)
    blobs_held = frozenset(holding[ObjectKind.BLOB])
    below = trees | commits | blobs_held
    tags = _onwards(lines[ObjectKind.TAG], holding[ObjectKind.TAG], below)
    return Survey(
        holding=holding,
        affected={
            ObjectKind.BLOB: blobs_held,
            ObjectKind.TREE: trees,
            ObjectKind.COMMIT: commits,
            ObjectKind.TAG: tags,
        },
        commits=lines[ObjectKind.COMMIT],
        tags=lines[ObjectKind.TAG],
        within=_within(trees, gathered.above),
        oids=frozenset(one.oid for listed in of.values() for one in listed),
        size_bytes=gathered.size_bytes,
        gaps=tuple(gaps),
    )


def _jobs(
    repository: Repository,
    wanted: Wanted,
    kind: ObjectKind,
    listed: Sequence[Listed],
    affected: frozenset[bytes],
    *,
    strict: bool,
) -> Iterator[Job]:
    """Portions; what is stored as a difference comes right behind what it differs from."""

    def job(oids: tuple[str, ...]) -> Job:
        return Job(
            repository=repository,
            wanted=wanted,
            kind=kind,
            oids=oids,
            affected=affected,
            strict=strict,
        )

    sizes = {one.oid: one.size_bytes for one in listed}
    portion: list[str] = []
    size_bytes = 0
    for oid in by_base(sizes, {one.oid: one.base for one in listed}):
        portion.append(oid)
        size_bytes += sizes[oid]
        if size_bytes >= PORTION_BYTES:
            yield job(tuple(portion))
            portion, size_bytes = [], 0
    if portion:
        yield job(tuple(portion))


def whole(
    pieces: Iterable[Piece | Unreadable], *, up_to_bytes: int | None = None
) -> Iterator[Piece | Unreadable]:
    """Objects as a whole, of large ones the pieces put together; still larger ones in pieces."""
    together: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, Unreadable):
            together = []
        elif up_to_bytes is not None and piece.size_bytes > up_to_bytes:
            pass
        elif len(piece.content) < piece.size_bytes:
            together.append(piece.content[piece.repeats :])
            if sum(map(len, together)) == piece.size_bytes:
                yield replace(piece, content=b"".join(together), line=1, repeats=0)
                together = []
            continue
        yield piece


def look_for(job: Job) -> bytes:
    """Do the job; gives a packed `Harvest`."""
    harvest = Harvest()
    needles = job.wanted.needles
    pieces = job.repository.contents(job.oids, differences=False)
    most = LARGEST_BYTES if job.kind is ObjectKind.BLOB else None
    for piece in whole(pieces, up_to_bytes=most):
        if isinstance(piece, Unreadable):
            harvest.unreadable.append((piece.oid, piece.reason))
            continue
        harvest.size_bytes += len(piece.content)
        match job.kind:
            case ObjectKind.BLOB:
                holds = in_content(needles, piece.content)
                if job.strict:
                    harvest.unreadable += [(piece.oid, why) for why in _unopened(piece)]
            case ObjectKind.TREE:
                holds = _look_at_tree(needles, piece, job.affected, harvest)
            case ObjectKind.COMMIT | ObjectKind.TAG:
                heads, rest = apart(piece.content)
                harvest.lines.append(Line(piece.oid, heads))
                holds = NONE
                if needles.plainly(rest):
                    holds = needles.held(free_text(piece.content))
        if holds:
            known = harvest.holding.get(piece.oid, ())
            harvest.holding[piece.oid] = tuple(sorted({*known, *holds}))
    return msgspec.msgpack.encode(harvest)


def _unopened(piece: Piece) -> Iterator[str]:
    """Why something of an archive stays packed."""
    if not may_pack(piece.content):
        return
    if len(piece.content) < piece.size_bytes:
        yield f"an archive of {size(piece.size_bytes)}, which was not opened"
        return
    for one in members(piece.content, Budget()):
        if isinstance(one, Skipped):
            yield f"not opened: {one.reason}"


def in_content(needles: Needles, content: bytes) -> frozenset[int]:
    """Which values a blob or a file holds, packed members included."""
    suspect = needles.plainly(content) or may_pack(content)
    return needles.held(content) if suspect else NONE


def apart(content: bytes) -> tuple[tuple[str, ...], bytes]:
    """The ids at the head of a commit or tag, and the rest, in which something may stand."""
    oids: list[str] = []
    at = 0
    while content.startswith(_HEADERS, at):
        end = content.index(b"\n", at)
        oids.append(content[at:end].split(b" ")[1].decode("ascii"))
        at = end + 1
    return tuple(oids), content[at:]


def free_text(content: bytes) -> bytes:
    """What of a commit or tag is looked through."""
    return b"\n".join(part for part, is_text in parts(apart(content)[1]) if is_text)


def parts(rest: bytes) -> Iterator[tuple[bytes, bool]]:
    """What comes behind the ids of a commit or tag, in parts, and whether each is free text.

    Free text is names, addresses and the message. Words, times and zones of headers are none: a
    value of six digits may stand in each of them.
    """
    head, gap, message = rest.partition(b"\n\n")
    for line in head.splitlines(keepends=True):
        word, space, text = line.partition(b" ")
        if word in _PEOPLE:
            who, _, when = text.rpartition(b"> ")
            yield word + space, False
            yield who + b">", True
            yield b" " + when, False
        elif word in _FIXED:
            yield line, False
        elif word:
            yield word + space, False
            yield text, True
        else:
            yield line, True  # a further line of the header before it
    yield gap, False
    yield message, True


def is_folder(mode: bytes) -> bool:
    """Whether an entry of a tree is a tree."""
    return mode.lstrip(b"0") == _FOLDER


def entries(content: bytes, digest_bytes: int) -> list[tuple[bytes, bytes, bytes]]:
    """Modes, names and ids of a tree."""
    return regex(_ENTRY % digest_bytes).findall(content)


def _look_at_tree(
    needles: Needles, piece: Piece, affected: frozenset[bytes], harvest: Harvest
) -> frozenset[int]:
    found = entries(piece.content, len(piece.oid) // 2)
    within = [oid for mode, _, oid in found if is_folder(mode)]
    if within:
        harvest.above.append((bytes.fromhex(piece.oid), b"".join(within)))
    if affected and not affected.isdisjoint([oid for _, _, oid in found]):
        harvest.leading.append(piece.oid)
    if not needles.plainly(piece.content):
        return NONE
    return NONE.union(*(needles.held(name) for _, name, _ in found))


def _upwards(begin: Iterable[str], above: Sequence[tuple[bytes, bytes]]) -> frozenset[str]:
    """Those trees, and all that they are within."""
    size = len(above[0][0]) if above else 20
    outer: dict[bytes, list[bytes]] = {}
    for tree, within in above:
        for at in range(0, len(within), size):
            outer.setdefault(within[at : at + size], []).append(tree)
    waiting = [bytes.fromhex(oid) for oid in begin]
    found = set(waiting)
    while waiting:
        for tree in outer.get(waiting.pop(), ()):
            if tree not in found:
                found.add(tree)
                waiting.append(tree)
    return frozenset(tree.hex() for tree in found)


def _within(
    trees: frozenset[str], above: Sequence[tuple[bytes, bytes]]
) -> dict[str, tuple[str, ...]]:
    found = {}
    for tree, within in above:
        oid = tree.hex()
        if oid in trees:
            whole, digits = within.hex(), len(oid)
            parts = (whole[at : at + digits] for at in range(0, len(whole), digits))
            found[oid] = tuple(part for part in parts if part in trees)
    return found


def _onwards(
    lines: Mapping[str, Line], holding: Collection[str], below: Collection[str]
) -> frozenset[str]:
    """Those that hold something, lead to what does, or come after one of these."""
    after: dict[str, list[str]] = {}
    found = set(holding)
    for line in lines.values():
        for oid in line.leads_to:
            if oid in lines:
                after.setdefault(oid, []).append(line.oid)
            if oid in below:
                found.add(line.oid)
    waiting = list(found)
    while waiting:
        for oid in after.get(waiting.pop(), ()):
            if oid not in found:
                found.add(oid)
                waiting.append(oid)
    return frozenset(found)
