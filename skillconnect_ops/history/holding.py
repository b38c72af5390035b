"""Which objects hold a value that is looked for, and which reach one that does.

Every object is read once, reachable or not: blobs, commits and tags are searched; of trees the
names are, and it is noted what they lead to. From there the way leads upwards, to trees, commits
and tags.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from skillconnect_ops.core.plan import Ticker
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.objects import Listed, ObjectKind, Repository, Unreadable
from skillconnect_ops.history.looking import Harvest, Job, Line, Wanted, look_for, portions
from skillconnect_ops.history.model import Gap


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


def survey(
    repository: Repository,
    wanted: Wanted,
    *,
    crew: Crew,
    ticker: Ticker,
    removed: Collection[str] = (),
    strict: bool = False,
    leads: bool = True,
    listing: Iterable[Listed | Unreadable] | None = None,
) -> Survey:
    """Look at every object.

    Args:
        repository: what is looked at.
        wanted: the values.
        crew: who does the work.
        ticker: counts bytes.
        removed: trees out of which something is taken by its path, whatever it holds.
        strict: whether archives that cannot be opened are among the gaps.
        leads: whether what reaches an object that holds something is told as affected, too.
        listing: what the repository lists, where that is known already.
    """
    gaps: list[Gap] = []
    of: dict[ObjectKind, list[Listed]] = {kind: [] for kind in ObjectKind}
    for one in repository.listing() if listing is None else listing:
        if isinstance(one, Unreadable):
            gaps.append(Gap(one.oid, one.reason))
        else:
            of[one.kind].append(one)
    gathered = Harvest()

    def walk(kind: ObjectKind, affected: frozenset[bytes] = frozenset()) -> None:
        # in the order of the packs: what is alike is stored side by side
        jobs = (
            Job(
                repository=repository,
                wanted=wanted,
                kind=kind,
                sizes=sizes,
                affected=affected,
                strict=strict,
                leads=leads,
            )
            for sizes in portions(of[kind])
        )
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
    commits = onwards(lines[ObjectKind.COMMIT], holding[ObjectKind.COMMIT], trees)
    blobs_held = frozenset(holding[ObjectKind.BLOB])
    below = trees | commits | blobs_held
    tags = onwards(lines[ObjectKind.TAG], holding[ObjectKind.TAG], below)
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


def onwards(
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
