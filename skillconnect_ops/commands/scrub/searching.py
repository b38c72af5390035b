"""Values that nobody has to type: what a scan of the history finds, and the ledger knows."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands import retired as known
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.found import Candidate
from skillconnect_ops.commands.scrub.model import LEAST_BYTES, Value
from skillconnect_ops.commands.scrub.paths import Taken
from skillconnect_ops.commands.scrub.sources import in_use, judged
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.finding import Confidence, Marks
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.redaction import MASK, Mask
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import listed
from skillconnect_ops.detection import path_class
from skillconnect_ops.envfile import credentials
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.looking import Wanted, in_content, whole
from skillconnect_ops.history.model import NO_SECRET, Search, Trace, Where
from skillconnect_ops.history.places import NAMING, Places, Sighting, freshness, spot
from skillconnect_ops.history.sweep import Sweep
from skillconnect_ops.history.wire import unpacked

_LFS = "lfs/"


def _detectors() -> Search:
    """All of them; a scrub of values that are known needs none."""
    from skillconnect_ops.commands.searching import Detectors  # noqa: PLC0415 - slow to load

    return Detectors()


class LedgerUnread(Precondition):
    """What is retired cannot be told."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "the ledger of retired secrets cannot be compared", why=why, fix=known.TAKE_KEY
        )


class _Group(Struct, frozen=True, kw_only=True):
    """One secret at one place, as the findings of a scan are made of them."""

    trace: Trace
    """The one whose line a scan shows."""
    place: str
    shown: str
    """The place, with the line where it is a file."""
    fingerprint: str
    commit: str | None
    sure: bool
    beside: bool
    """Whether it is no part of the history: a reflog, a message in the making."""


def searched(
    house: House, repository: Repository, *, found: bool, retired: bool
) -> tuple[Candidate, ...]:
    """What the detectors find anywhere in the history, each judged.

    Args:
        house: for the crew, and the ledger.
        repository: what is searched.
        found: all that they find; whether they are sure is told.
        retired: what the ledger knows, however sure they are.

    Raises:
        LedgerUnread: `retired`, and it cannot be read here.
    """
    sweep = Sweep(repository, search=_detectors(), path_class=path_class, crew=house.crew)
    with house.person.progress("searching the history", total=None, unit="B") as ticker:
        sweep.everything(ticker)
    sweep.look_at_refs()
    places = Places(repository, sweep.paths, path_class=path_class)
    sightings = (*places.sightings(sweep.hits), *_beside(house, repository))
    of: dict[Secret, list[_Group]] = {}
    for group in _grouped(sightings):
        for secret in dict.fromkeys((group.trace.secret, group.trace.whole)):
            of.setdefault(secret, []).append(group)
    held = known.compared(house, of) if retired else known.Compared()
    if held.unread is not None:
        raise LedgerUnread(held.unread)
    mask = Mask(of)
    candidates = [
        candidate
        for secret, groups in of.items()
        if len(secret.reveal().encode(errors="surrogatepass")) >= LEAST_BYTES
        if not all(one.beside for one in groups)
        for candidate in (_candidate(secret, groups, mask, retired=secret in held.found),)
        if candidate.retired or (found and any(one.trace.secret == secret for one in groups))
    ]
    values = judged(house, [one.value for one in candidates])
    return tuple(replace(one, value=value) for one, value in zip(candidates, values, strict=True))


def _candidate(secret: Secret, groups: Sequence[_Group], mask: Mask, *, retired: bool) -> Candidate:
    own = [one for one in groups if one.trace.secret == secret]
    first = next((one for one in own if one.sure and not one.beside), groups[0])
    place = mask.over(first.shown)
    return Candidate(
        value=Value(secret=secret, label=f"{first.trace.what} ({place})"),
        what=first.trace.what,
        detector=first.trace.detector,
        commit=first.commit,
        place=place,
        more=len({one.place for one in groups}) - 1,
        preview=mask.over(first.trace.context),
        sure=any(one.sure for one in own),
        retired=retired,
        fingerprints=tuple(
            dict.fromkeys((first.fingerprint, *(one.fingerprint for one in groups)))
        ),
    )


def _grouped(sightings: Sequence[Sighting]) -> Iterator[_Group]:
    """Each secret once at each place, in the order and with the fingerprints of a scan."""
    clean = _cleaner(sightings)
    by_place: dict[tuple[str, Secret, str, str | None, str | None], list[Sighting]] = {}
    for one in sightings:
        trace = one.trace
        path, said = (clean(part) for part in spot(one))
        counted = trace.context if trace.whole == NO_SECRET else ""
        by_place.setdefault((trace.detector, trace.whole, counted, path, said), []).append(one)
    marks = Marks()
    for (*_, path, said), ones in by_place.items():
        freshest = min(ones, key=freshness)
        trace = freshest.trace
        place = path or said or ""
        mark = marks.next(trace.detector, place, trace.context)
        if trace.secret != NO_SECRET and trace.allowed is None:
            sure = any(one.trace.confidence is Confidence.HIGH for one in ones)
            yield _Group(
                trace=trace,
                place=place,
                shown=f"{place}:{trace.line}" if path else place,
                fingerprint=mark,
                commit=freshest.origin.commit if freshest.origin is not None else None,
                sure=sure,
                beside=all(one.where is Where.GIT_FILE for one in ones),
            )


def _beside(house: House, repository: Repository) -> Iterator[Sighting]:
    """What stands in the git folder's own files; it tells more places of what is in history."""
    items = tuple(
        (f".git/{name}", path) for name, path in repository.own_files() if not name.startswith(_LFS)
    )
    job = FileJob(search=_detectors(), where=Where.GIT_FILE, items=items)
    for result in house.crew.spread(look_at_files, [job], size_bytes=0):
        for hit in unpacked(result).hits:
            for trace in hit.traces:
                yield Sighting(where=hit.where, trace=trace, path=hit.path)


def _cleaner(sightings: Iterable[Sighting]) -> Callable[[str | None], str | None]:
    """Takes secrets that stand in names out of places, as a scan does."""
    in_names = {
        secret.reveal()
        for one in sightings
        if one.where in NAMING
        for secret in (one.trace.whole, one.trace.secret)
        if secret != NO_SECRET
    }
    longest_first = sorted(in_names, key=len, reverse=True)

    def clean(text: str | None) -> str | None:
        for value in longest_first:
            text = text.replace(value, MASK) if text else text
        return text

    return clean


def still_used(
    house: House, repository: Repository, gone: Taken
) -> tuple[tuple[Value, ...], tuple[str, ...]]:
    """What env files hold now that stands in a file which goes by its path.

    Returns:
        Those that are credentials, by name or look; and what is to be said of the others.
    """
    used = in_use(house) if gone.blobs else ()
    if not used:
        return (), ()
    each = [Value(secret=value, label=f"{name}, as it is now") for name, value in used]
    contents = tuple(dict.fromkeys(one.data for one in each))
    needles = Wanted(contents).needles
    held: set[bytes] = set()
    for piece in whole(repository.contents(sorted(gone.blobs))):
        if isinstance(piece, Piece) and piece.kind is ObjectKind.BLOB:
            held.update(contents[index] for index in in_content(needles, piece.content))
    same = {name: one for (name, _), one in zip(used, each, strict=True) if one.data in held}
    dear = {one.env for one in credentials({name: one.secret for name, one in same.items()})}
    others = [name for name in same if name not in dear]
    notes = (
        (f"the same in env files now; rotate what is secret: {listed(others)}",) if others else ()
    )
    return judged(house, [one for name, one in same.items() if name in dear]), notes


def within(house: House, repository: Repository, gone: Taken) -> tuple[Value, ...]:
    """The secrets in files that go by their path: those that detectors find, each judged."""
    if not gone.blobs:
        return ()
    search = _detectors()
    paths = sorted(gone.paths)
    name = paths[0].decode("utf-8", "replace") if paths else ""
    found: dict[Secret, Value] = {}
    for piece in repository.contents(sorted(gone.blobs)):
        if isinstance(piece, Piece) and piece.kind is ObjectKind.BLOB:
            for trace in search(name, piece.content).traces:
                if trace.secret != NO_SECRET and trace.confidence is Confidence.HIGH:
                    label = f"{trace.what} in {name}"
                    found.setdefault(trace.secret, Value(secret=trace.secret, label=label))
    return judged(house, found.values())
