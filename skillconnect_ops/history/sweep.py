"""A whole repository, every object once: portions for the crew, and their harvests put together."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from skillconnect_ops.core.plan import Ticker
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.objects import (
    Introduction,
    Listed,
    ObjectKind,
    Passed,
    Repository,
    Unreadable,
)
from skillconnect_ops.history.jobs import ObjectJob, look_at_objects
from skillconnect_ops.history.model import Gap, Hit, PathClass, Search, Where
from skillconnect_ops.history.wire import Harvest, unpacked

PORTION_BYTES = 48 << 20
"""How much one job reads: enough that starting a `git` for it does not matter."""
_WORDS = str.maketrans("/\n", "  ")
_MESSAGES = (ObjectKind.COMMIT, ObjectKind.TAG)


class Sweep:
    """The walk over one repository's objects.

    Args:
        repository: what is walked.
        search: what looks at each content.
        path_class: a blob is searched once for each class of its paths.
        crew: who does the work.
        portion_bytes: how much one job reads.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        search: Search,
        path_class: PathClass,
        crew: Crew,
        portion_bytes: int = PORTION_BYTES,
    ) -> None:
        self._portion_bytes = portion_bytes
        self._repository = repository
        self._search = search
        self._path_class = path_class
        self._crew = crew
        self.paths: dict[str, list[tuple[str, str]]] = {}
        """Of each blob: the paths that it had, each with the commit that brought it there."""
        self.hits: list[Hit] = []
        self.gaps: list[Gap] = []
        self.pointers: dict[str, tuple[str, ...]] = {}
        self._names: set[str] = set()
        """Of files and folders, in trees."""
        self._in_index: dict[str, str] = {}
        """Of blobs that may be in the index alone: how they are called there."""
        self.objects = 0
        self.size_bytes = 0
        self.passed_over = 0
        self.broken = False
        """Whether so much could not be listed that nothing can be said of the whole."""

    def everything(self, ticker: Ticker) -> None:
        """Walk all objects that there are, reachable or not."""
        listed: list[Listed] = []
        for one in self._repository.listing():
            if isinstance(one, Unreadable):
                self.gaps.append(Gap(one.oid, one.reason))
                self.broken = True
            else:
                listed.append(one)
        total = sum(one.size_bytes for one in listed)
        self._walk(self._jobs(listed, ticker), total, ticker)
        self.objects = len(listed)

    def since(self, commits: Sequence[str], ticker: Ticker) -> None:
        """Walk what these commits brought: their messages, blobs and names."""
        brought = self._introduced(commits)
        self.paths = brought
        jobs = [
            *self._portions(ObjectKind.COMMIT, ((oid, (), 0) for oid in commits)),
            *self._portions(
                ObjectKind.BLOB, ((oid, self._unlike(places), 0) for oid, places in brought.items())
            ),
        ]
        self._walk(jobs, 0, ticker)
        names = {path for places in brought.values() for path, _ in places}
        self._look_at_names(names, Where.NAME)
        self.objects = len(commits) + len(brought)

    def look_at_refs(self) -> None:
        """The names of branches, tags and all other refs."""
        self._look_at_names(self._repository.refs(), Where.REF)

    def _walk(self, jobs: Iterable[ObjectJob], total: int, ticker: Ticker) -> None:
        for result in self._crew.spread(look_at_objects, jobs, size_bytes=total):
            harvest = unpacked(result)
            self._take(harvest)
            self._names |= harvest.names
            ticker.advance(harvest.size_bytes)
        self._put_in_order()
        self._look_at_names(self._names, Where.NAME)

    def _put_in_order(self) -> None:
        """Whatever order packs and children had: by path, and of a path the oldest version first.

        What stands for many places is the first of them, on every machine.
        """
        ages = {oid: age for age, oid in enumerate(self.paths)}

        def place(hit: Hit) -> tuple[str, str, int, str]:
            oid = hit.oid or ""
            return hit.where, hit.path or "", ages.get(oid, len(ages)), oid

        self.hits.sort(key=place)

    def _take(self, harvest: Harvest) -> None:
        self.hits += harvest.hits
        self.gaps += harvest.gaps
        self.broken = self.broken or harvest.unreadable > 0
        for oid, paths in harvest.pointers.items():
            self.pointers[oid] = tuple(dict.fromkeys((*self.pointers.get(oid, ()), *paths)))
        self.size_bytes += harvest.size_bytes
        self.passed_over += harvest.passed_over

    def _jobs(self, listed: Sequence[Listed], ticker: Ticker) -> Iterator[ObjectJob]:
        """Messages first: while children read these, the paths of blobs are found."""
        of = {kind: [one for one in listed if one.kind is kind] for kind in ObjectKind}
        for kind in _MESSAGES:
            yield from self._portions(kind, ((one.oid, (), one.size_bytes) for one in of[kind]))
        trees = self._unpassed(of[ObjectKind.TREE], of[ObjectKind.COMMIT], ticker)
        yield from self._portions(ObjectKind.TREE, ((one.oid, (), one.size_bytes) for one in trees))
        self._in_index = {oid: path for path, oid in self._repository.index().items()}
        yield from self._portions(ObjectKind.BLOB, self._in_order(of[ObjectKind.BLOB]))

    def _portions(
        self, kind: ObjectKind, items: Iterable[tuple[str, tuple[str, ...], int]]
    ) -> Iterator[ObjectJob]:
        portion: list[tuple[str, tuple[str, ...]]] = []
        size_bytes = 0
        for oid, paths, of_one in items:
            portion.append((oid, paths))
            size_bytes += of_one
            if size_bytes >= self._portion_bytes:
                yield self._job(kind, portion)
                portion, size_bytes = [], 0
        if portion:
            yield self._job(kind, portion)

    def _job(self, kind: ObjectKind, items: Sequence[tuple[str, tuple[str, ...]]]) -> ObjectJob:
        return ObjectJob(
            repository=self._repository,
            search=self._search,
            path_class=self._path_class,
            kind=kind,
            items=tuple(items),
        )

    def _unpassed(
        self, trees: Sequence[Listed], commits: Sequence[Listed], ticker: Ticker
    ) -> list[Listed]:
        """The paths of blobs are found; of trees, those are left that no commit led through."""
        passed = Passed(frozenset(), frozenset())
        for one in self._repository.introductions_and_names([commit.oid for commit in commits]):
            if isinstance(one, Passed):
                passed = one
            else:
                _note(self.paths, one)
        self._names |= passed.names
        left = [tree for tree in trees if tree.oid not in passed.trees]
        read_bytes = sum(one.size_bytes for one in trees) - sum(one.size_bytes for one in left)
        self.size_bytes += read_bytes
        ticker.advance(read_bytes)
        return left

    def _introduced(self, commits: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        places: dict[str, list[tuple[str, str]]] = {}
        for one in self._repository.introductions(commits):
            _note(places, one)
        return places

    def _unlike(self, places: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """Of a blob's paths the oldest of each class; nearly all blobs have a single path."""
        if len(places) == 1:
            return (places[0][0],)
        of: dict[Hashable, str] = {}
        for path, _ in places:
            of.setdefault(self._path_class(path), path)
        return tuple(of.values())

    def _in_order(self, blobs: Iterable[Listed]) -> Iterator[tuple[str, tuple[str, ...], int]]:
        """What is stored as a difference right behind its base, else version behind version.

        They are searched as such: a content by how it differs from the one before it. Of versions
        of a path the oldest comes first.
        """
        of = {one.oid: one for one in blobs}
        versions: dict[str, list[str]] = {}
        for oid, places in self.paths.items():
            if oid in of:
                versions.setdefault(places[0][0], []).append(oid)
        ordered = chain.from_iterable(versions[path] for path in sorted(versions))
        for oid in by_base(chain(ordered, of), {oid: one.base for oid, one in of.items()}):
            yield oid, self._searched_as(oid), of[oid].size_bytes

    def _searched_as(self, oid: str) -> tuple[str, ...]:
        if oid in self.paths:
            return self._unlike(self.paths[oid])
        return (self._in_index[oid],) if oid in self._in_index else ()

    def _look_at_names(self, names: Iterable[str], where: Where) -> None:
        """All names at once, a line each; their parts are words, as no slash joins them."""
        for portion in _some(sorted(names), 50_000):
            text = "\n".join(name.translate(_WORDS) for name in portion).encode()
            for trace in self._search(None, text).traces:
                name = portion[trace.line - 1]
                self.hits.append(Hit(where=where, path=name, traces=(trace,)))


def _note(places: dict[str, list[tuple[str, str]]], one: Introduction) -> None:
    """Keep the first commit of each path: introductions come oldest first."""
    known = places.setdefault(one.oid, [])
    if not any(path == one.path for path, _ in known):
        known.append((one.path, one.commit))


def by_base(oids: Iterable[str], bases: Mapping[str, str | None]) -> Iterator[str]:
    """Every one once, in the order given, but each directly behind what it is a difference to.

    Args:
        oids: what is to be put in order.
        bases: of all of them, what they are stored as differences to.
    """
    derived: dict[str, list[str]] = {}
    left = dict.fromkeys(oids)
    for oid in left:
        if (base := bases[oid]) is not None:
            derived.setdefault(base, []).append(oid)
    for root in list(left):
        passed = {root}
        while (base := bases[root]) is not None and base in left and base not in passed:
            passed.add(root := base)
        waiting = [root]
        while waiting:
            oid = waiting.pop()
            if oid in left:
                del left[oid]
                yield oid
                waiting += reversed(derived.get(oid, ()))


def _some(names: Sequence[str], most: int) -> Iterator[list[str]]:
    rest = iter(names)
    while portion := list(islice(rest, most)):
        yield portion
