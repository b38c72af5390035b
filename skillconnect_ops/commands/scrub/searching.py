"""Values that nobody has to type: what a scan of the history finds, and the ledger knows."""

from skillconnect_ops.commands import retired as known
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.model import LEAST_BYTES, Value
from skillconnect_ops.commands.scrub.paths import Taken
from skillconnect_ops.commands.scrub.sources import judged
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.detection import path_class
from skillconnect_ops.history.model import NO_SECRET, Trace


class LedgerUnread(Precondition):
    """What is retired cannot be told."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "the ledger of retired secrets cannot be compared", why=why, fix=known.TAKE_KEY
        )


def searched(
    house: House, repository: Repository, *, found: bool, retired: bool
) -> tuple[Value, ...]:
    """What the detectors find anywhere in the history, the surest first.

    Args:
        house: for the crew, and the ledger.
        repository: what is searched.
        found: all that they are sure of.
        retired: what the ledger knows, however sure they are.

    Raises:
        LedgerUnread: `retired`, and it cannot be read here.
    """
    from skillconnect_ops.commands.searching import Detectors  # noqa: PLC0415 - slow to load
    from skillconnect_ops.history.sweep import Sweep  # noqa: PLC0415

    sweep = Sweep(repository, search=Detectors(), path_class=path_class, crew=house.crew)
    with house.person.progress("searching the history", total=None, unit="B") as ticker:
        sweep.everything(ticker)
    sweep.look_at_refs()
    seen: dict[Secret, tuple[Trace, str]] = {}
    for hit in sweep.hits:
        for trace in hit.traces:
            if trace.secret != NO_SECRET and trace.allowed is None:
                for secret in (trace.secret, trace.whole):
                    place = f"{hit.path or hit.where}:{trace.line}"
                    seen.setdefault(secret, (trace, place))
    held = known.compared(house, seen) if retired else known.Compared()
    if held.unread is not None:
        raise LedgerUnread(held.unread)
    return tuple(
        Value(secret=secret, label=f"{trace.what} ({place})")
        for secret, (trace, place) in seen.items()
        if len(secret.reveal().encode()) >= LEAST_BYTES
        and (
            secret in held.found
            or (found and secret == trace.secret and trace.confidence is Confidence.HIGH)
        )
    )


def within(house: House, repository: Repository, gone: Taken) -> tuple[Value, ...]:
    """The secrets in files that go by their path: those that detectors find, each judged."""
    if not gone.blobs:
        return ()
    from skillconnect_ops.commands.searching import Detectors  # noqa: PLC0415 - slow to load

    search = Detectors()
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
