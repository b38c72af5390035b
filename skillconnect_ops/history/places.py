"""Where a content lives: which commit brought it, who and when, what still reaches it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.ports.objects import Listed, ObjectKind, Piece, Repository
from skillconnect_ops.core.regex import regex
from skillconnect_ops.history.model import Hit, PathClass, Trace, Where

_OF_HEAD = "the history of HEAD"
_NOTES = "refs/notes/"
_ID = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?$")
_IN_FILES = frozenset({Where.BLOB, Where.WORK_TREE, Where.STAGED, Where.LFS, Where.GIT_FILE})
NAMING = frozenset({Where.NAME, Where.REF, Where.COMMIT, Where.TAG})
"""Where a secret may be part of a name that is shown with other findings: a path, ref, author."""


class Origin(Struct, frozen=True, kw_only=True):
    """The commit that brought a content."""

    commit: str
    author: str
    at: datetime | None
    reached_by: str | None
    """A ref or reflog entry that reaches the commit; None where nothing does any more."""
    rank: int = 0
    """Its place among all commits that were asked about, oldest first; by who is whose parent."""


class Sighting(Struct, frozen=True, kw_only=True):
    """One trace at one place."""

    where: Where
    trace: Trace
    oid: str | None = None
    path: str | None = None
    part: str | None = None
    origin: Origin | None = None
    in_head: bool = False
    held_by: str | None = None
    """Of an object that no commit brought: what holds it, if anything does."""


def spot(sighting: Sighting) -> tuple[str | None, str | None]:
    """The path of a sighting, or else in words where it is."""
    noted = _noted(sighting)
    if noted is None and sighting.where in _IN_FILES and sighting.path is not None:
        return sighting.path, None
    short = (sighting.oid or "")[:12]
    match sighting.where:
        case Where.COMMIT:
            return None, f"commit {short}, {_part(sighting.part)}"
        case Where.TAG:
            return None, f"{sighting.held_by or f'tag {short}'}, {_part(sighting.part)}"
        case Where.NAME:
            return None, f"the file name {sighting.path}"
        case Where.REF:
            return None, f"the ref name {sighting.path}"
        case _:
            return None, noted or f"blob {short}"


def _noted(sighting: Sighting) -> str | None:
    """`git notes` keeps the note on a commit in a file that is named by the commit's id."""
    kept_by = (sighting.origin.reached_by if sighting.origin else None) or ""
    name = (sighting.path or "").replace("/", "")
    if sighting.where is not Where.BLOB or not kept_by.startswith(_NOTES) or not _ID.match(name):
        return None
    return f"the note on commit {name[:12]} ({kept_by})"


def _part(part: str | None) -> str:
    return "message" if part in {None, "message"} else f"{part} line"


def freshness(sighting: Sighting) -> tuple[int, int]:
    """What is on disk now before what HEAD has, before the past, which begins at its beginning."""
    order = sighting.origin.rank if sighting.origin else -1
    rank = 0 if sighting.where in {Where.WORK_TREE, Where.STAGED} else 1
    return (rank if rank == 0 else 2 - sighting.in_head, order)


class Places:
    """Finds out where hits live. Each question is asked of git once, when first needed.

    Args:
        repository: what the hits were found in.
        paths: of each blob, paths and the commits that brought it there.
        path_class: a hit in a blob speaks for those of its paths that are of its own path's class.
        sources: what the repository's `sources` gives, if it was asked before.
    """

    def __init__(
        self,
        repository: Repository,
        paths: Mapping[str, list[tuple[str, str]]],
        *,
        path_class: PathClass,
        sources: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self._repository = repository
        self._path_class = path_class
        self._paths = paths
        self._sources = sources or repository.sources
        self._commits: dict[str, Origin] = {}

    def sightings(self, hits: Iterable[Hit]) -> Iterator[Sighting]:
        """Every hit at every place that it has."""
        hits = list(hits)
        self._read_commits(hits)
        strays = {hit.oid for hit in hits if hit.where is Where.BLOB and hit.oid} - set(self._paths)
        held = self._holders(strays)
        for hit in hits:
            for place in self._places(hit, held):
                for trace in hit.traces:
                    yield _with_trace(place, trace)

    def _places(self, hit: Hit, held: Mapping[str, tuple[str | None, str]]) -> Iterator[Sighting]:
        bare, oid = _Bare(hit), hit.oid or ""
        if hit.where is Where.COMMIT:
            yield bare(origin=self._commits.get(oid), in_head=oid in self._ancestors)
        elif hit.where is Where.TAG:
            yield bare(held_by=self._tags.get(oid))
        elif hit.where is Where.NAME:
            yield bare(in_head=any(hit.path in path.split("/") for path in self._head))
        elif hit.where is Where.BLOB and oid in self._paths:
            for path, commit in self._spoken_for(hit, self._paths[oid]):
                in_head = self._head.get(path) == oid
                yield bare(path=path, origin=self._commits.get(commit), in_head=in_head)
        elif hit.where is Where.BLOB and oid in held:
            name, holder = held[oid]
            yield bare(path=name, held_by=holder)
        else:
            yield bare()

    def _spoken_for(self, hit: Hit, places: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if len(places) == 1 or hit.path is None:
            return places
        own = self._path_class(hit.path)
        return [place for place in places if self._path_class(place[0]) == own]

    @cached_property
    def _head(self) -> Mapping[str, str]:
        return self._repository.head_paths()

    @cached_property
    def _ancestors(self) -> frozenset[str]:
        return self._repository.ancestors()

    @cached_property
    def _tags(self) -> dict[str, str]:
        return {oid: name for name, oid in self._repository.tags().items()}

    def _read_commits(self, hits: Iterable[Hit]) -> None:
        """Author and time of every commit that a hit leads to."""
        wanted: dict[str, None] = {}
        for hit in hits:
            if hit.oid is None:
                continue
            if hit.where is Where.COMMIT:
                wanted[hit.oid] = None
            wanted |= {commit: None for _, commit in self._paths.get(hit.oid, ())}
        if not wanted:
            return
        sources = self._sources()
        for oid, origin in origins(self._repository, wanted).items():
            reached_by = _OF_HEAD if oid in self._ancestors else sources.get(oid)
            self._commits[oid] = replace(origin, reached_by=reached_by)

    def _holders(self, strays: set[str]) -> dict[str, tuple[str | None, str]]:
        """Blobs that no commit brought: a tag, the index, a loose tree, or nothing holds them."""
        held: dict[str, tuple[str | None, str]] = {}
        if not strays:
            return held
        trees = [
            one.oid
            for one in self._repository.listing()
            if isinstance(one, Listed) and one.kind is ObjectKind.TREE
        ]
        within = self._within(trees, strays)
        for oid in strays & within.keys():
            holder = f"tree {within[oid][0][:12]}, which no commit has"
            held[oid] = (_whole_path(oid, within), holder)
        for path, oid in self._repository.index().items():
            if oid in strays:
                held[oid] = (path, "the index")
        for name, oid in self._repository.refs().items():
            if oid in strays:
                held[oid] = (None, name)
        return held

    def _within(self, trees: Sequence[str], oids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Of objects, and of the trees that they lie in: one tree with it, and its name there."""
        within: dict[str, tuple[str, str]] = {}
        wanted = set(oids)
        while wanted:
            raw = {bytes.fromhex(oid): oid for oid in wanted}
            for piece in self._repository.contents(trees):
                if not isinstance(piece, Piece):
                    continue
                for digest, oid in raw.items():
                    name = _name_in_tree(piece.content, digest)
                    if name is not None:
                        within[oid] = (piece.oid, name)
            wanted = {within[oid][0] for oid in wanted if oid in within} - within.keys()
        return within


def _whole_path(oid: str, within: Mapping[str, tuple[str, str]]) -> str:
    """The names of an object and of all that it lies in, from the outside in."""
    names: list[str] = []
    while oid in within:
        oid, name = within[oid]
        names.append(name)
    return "/".join(reversed(names))


def origins(repository: Repository, commits: Collection[str]) -> dict[str, Origin]:
    """Author, time and order of commits; what reaches them is not asked."""
    ranks = {oid: rank for rank, oid in enumerate(repository.oldest_first(commits))}
    return {
        piece.oid: _origin(piece, ranks.get(piece.oid, len(ranks)))
        for piece in repository.contents(commits)
        if isinstance(piece, Piece) and piece.line == 1
    }


class _Bare:
    """Makes sightings of one hit, its trace still to come."""

    def __init__(self, hit: Hit) -> None:
        self._hit = hit

    def __call__(
        self,
        *,
        path: str | None = None,
        origin: Origin | None = None,
        in_head: bool = False,
        held_by: str | None = None,
    ) -> Sighting:
        hit = self._hit
        return Sighting(
            where=hit.where,
            trace=hit.traces[0],
            oid=hit.oid,
            path=path or hit.path,
            part=hit.part,
            origin=origin,
            in_head=in_head,
            held_by=held_by,
        )


def _with_trace(place: Sighting, trace: Trace) -> Sighting:
    return Sighting(
        where=place.where,
        trace=trace,
        oid=place.oid,
        path=place.path,
        part=place.part,
        origin=place.origin,
        in_head=place.in_head,
        held_by=place.held_by,
    )


def _origin(commit: Piece, rank: int) -> Origin:
    """The `author` header of a commit object: `author NAME <MAIL> SECONDS ZONE`."""
    author, at = "", None
    for line in commit.content.split(b"\n"):
        if line.startswith(b"author "):
            who, _, when = line[len(b"author ") :].rpartition(b"> ")
            author = f"{who.decode('utf-8', 'replace')}>"
            at = _time(when)
            break
    return Origin(commit=commit.oid, author=author, at=at, reached_by=None, rank=rank)


def _time(when: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(when.split()[0]), UTC)
    except (ValueError, IndexError, OverflowError, OSError):
        return None


def _name_in_tree(content: bytes, digest: bytes) -> str | None:
    at = content.find(b"\0" + digest)
    if at < 0:
        return None
    begin = content.rfind(b" ", 0, at) + 1
    return content[begin:at].decode("utf-8", "backslashreplace")
