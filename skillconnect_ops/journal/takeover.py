"""Taking over what another machine left: its chain's escrow, and its journals, as if walked here.

The fence comes first, and what is taken is read after it: whatever the first machine seals later it
does not act upon. If this machine dies in between, taking over again goes on from there.
"""

import difflib
import errno
import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Raw, Struct
from msgspec.structs import replace

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused
from skillconnect_ops.core.plan import Person, Plan
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explain, explained
from skillconnect_ops.disk.lock import Owner
from skillconnect_ops.journal import lines
from skillconnect_ops.journal.closing import Ground
from skillconnect_ops.journal.errors import NoSuchJournal, RunIsOver
from skillconnect_ops.journal.events import (
    AnyEvent,
    Begin,
    Done,
    Entry,
    Failed,
    Final,
    Handed,
    Intent,
    Recorded,
    Sealed,
    Taken,
    Undo,
    Undone,
    Waived,
)
from skillconnect_ops.journal.handover import Bundle, HandoverNotReady, Mirror, unwrap
from skillconnect_ops.journal.handover import needs_passphrase as wants_passphrase
from skillconnect_ops.journal.history import History
from skillconnect_ops.journal.kinds import Kinds, encode
from skillconnect_ops.journal.log import FILE
from skillconnect_ops.journal.model import JournalState
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.runs import Runs


class WrongKey(Precondition):
    """The identity or passphrase does not open the handover."""


class HandoverDamaged(NeedsPerson):
    """What lies at the handover was altered, or written half."""


class TakenMeanwhile(Refused):
    """Another machine took the run over at the same moment."""


class NotAnothers(Refused):
    """The run is this machine's own already."""


class Offer(Struct, frozen=True, kw_only=True):
    """A run that can be taken over."""

    run: str
    chain: str
    holder: str
    """Who may act now, for people."""
    number: int
    passphrase: bool
    """Whether a passphrase opens it, not an identity."""


class Left(Struct, frozen=True, kw_only=True):
    """One run as the other machine left it."""

    bundle: Bundle
    entries: tuple[Entry, ...]
    plan: Plan
    over: bool
    """Whether nothing follows from it: it was rolled back."""

    @property
    def here(self) -> frozenset[str]:
        """The steps whose effect lies on one machine alone, so that this one does its own."""
        return frozenset(
            step.key for step in (*self.plan.steps, *self.plan.final) if type(step).here
        )


class Opened(Struct, frozen=True, kw_only=True):
    """A chain, opened; oldest run first."""

    key: bytes
    runs: tuple[Left, ...]

    @property
    def escrow(self) -> Mapping[str, bytes]:
        """The chain's escrow; it only grows, and each run has sealed what was there by then."""
        return {name: data for one in self.runs for name, data in one.bundle.escrow.items()}

    def __repr__(self) -> str:
        return f"Opened(runs={[one.bundle.run for one in self.runs]})"


class Takeover:
    """Takes runs over."""

    def __init__(self, ground: Ground, kinds: Kinds) -> None:
        self._ground = ground
        self._kinds = kinds

    def offered(self, name: str) -> Offer:
        """What lies at the handover of a run; see `Office.offered`."""
        relays = self._ground.relays
        handover = relays.mirror(name).handover
        place = handover.location / handover.project
        try:
            if not handover.location.is_dir():
                raise FileNotFoundError(
                    errno.ENOENT, os.strerror(errno.ENOENT), str(handover.location)
                )
            chains = self._ground.disk.names(place)
            of = {run: relays.mirror(one) for one in chains for run in relays.mirror(one).runs()}
            ended = name in chains and relays.mirror(name).ended
        except OSError as error:
            raise _unreachable(error) from error
        if ended:
            raise RunIsOver(
                f"the run {name} came to its end",
                why="a machine that had taken it over finished it, or put it back",
                fix="skc rotate status",
            )
        if name not in of:
            near = difflib.get_close_matches(name, of, n=3, cutoff=0.4) or sorted(of)[-3:]
            raise NoSuchJournal(
                f"no run {name} lies at the handover",
                why=f"there are {', '.join(near)}" if near else f"none at all lies in {place}",
                fix="ask for its id on the machine that began it: skc journal list",
            )
        mirror = of[name]
        try:
            number = max(mirror.numbers(), default=0)
            phrase = wants_passphrase(mirror.wrapped_key())
        except OSError as error:
            raise _unreachable(error) from error
        return Offer(
            run=name,
            chain=mirror.chain,
            holder=mirror.whose(number),
            number=number,
            passphrase=phrase,
        )

    def open(self, offer: Offer, secret: Secret) -> Opened:
        """What is offered, opened and read.

        Raises:
            WrongKey: the identity or passphrase does not open it.
            HandoverDamaged: a file was altered, or written half.
            UnknownKind: a plan is of another version of skc.
            HandoverNotReady: it cannot be reached.
        """
        mirror = self._ground.relays.mirror(offer.chain)
        try:
            key = unwrap(mirror.wrapped_key(), secret)
            if key is None:
                raise _wrong_key(offer)
            files = mirror.runs()
            bundles = [self._bundle(mirror, run, key) for run in sorted(files)]
        except OSError as error:
            raise _unreachable(error) from error
        return Opened(key=key, runs=tuple(self._left(one) for one in bundles))

    def take(
        self, offer: Offer, secret: Secret, *, runs: Runs, person: Person
    ) -> Sequence[JournalState]:
        """Fence the other machine, and make its runs ours; see `Office.take_over`."""
        mirror = self._ground.relays.mirror(offer.chain)
        first = self.open(offer, secret)  # a wrong key must not stop the other machine
        self._must_be_anothers(offer, first, runs)
        number = offer.number + 1
        try:
            mirror.raise_fence(number)
        except FileExistsError as error:
            raise TakenMeanwhile(
                f"the run {offer.run} was taken over meanwhile",
                why=f"by {mirror.whose(number)}",
                fix=f"skc journal take {offer.run}   # takes it from there, if that is meant",
            ) from error
        except OSError as error:
            raise _unreachable(error) from error
        opened = self.open(offer, secret)
        escrow = self._ground.relays.escrow(offer.chain)
        with explained("keep what is taken over"):
            escrow.adopt(opened.key, opened.escrow)
        for left in opened.runs:
            self._adopt(left, number, runs, person=person)
        return [runs.shelf.find(left.bundle.run) for left in opened.runs]

    def _bundle(self, mirror: Mirror, run: str, key: bytes) -> Bundle:
        path = mirror.runs()[run]
        bundle = mirror.read(run, path, key)
        if bundle is None:
            raise _damaged(run, f"{path} was altered, or written half")
        return bundle

    def _left(self, bundle: Bundle) -> Left:
        text = lines.read(bundle.log)
        if text.trouble is not None or text.torn or not text.entries:
            raise _damaged(bundle.run, text.trouble or "its last line is not whole")
        history = History(text.entries)
        if history.begin is None:
            raise _damaged(bundle.run, "its first line is gone")
        return Left(
            bundle=bundle,
            entries=text.entries,
            plan=self._kinds.decode(history.begin.plan),
            over=history.rolled_back,
        )

    def _must_be_anothers(self, offer: Offer, opened: Opened, runs: Runs) -> None:
        """A run that this machine holds by the highest number is no other's."""
        own = [runs.shelf.state(left.bundle.run) for left in opened.runs]
        if all(one is not None and one.fence == offer.number for one in own):
            raise NotAnothers(
                f"the run {offer.run} is this machine's own",
                why=f"it holds the highest number there, {offer.number}",
                fix=f"skc journal show {offer.run}",
            )

    def _adopt(self, left: Left, number: int, runs: Runs, *, person: Person) -> None:
        """Write a journal as this machine would have, and seal it for the next one."""
        ground, name = self._ground, left.bundle.run
        owner = runs.owner("journal take", name)
        root = ground.relays.mirror(left.bundle.chain).handover.root
        entries = _ours(left, number, root=str(root), owner=owner, now=ground.clock.now())
        text, digest = b"", b""
        for entry in entries:
            line, digest = lines.write(entry, digest)
            text += line
        folder = runs.shelf.folder(name)
        with explained("keep what is taken over"):
            ground.disk.make_private(folder)
            ground.disk.replace(folder / FILE, text)
        with runs.own(name, owner) as log:
            log.reserve()
            ground.relays.of(log, person=person).share()
            if left.over:
                ground.disk.remove(runs.shelf.lock(name))


def _ours(left: Left, number: int, *, root: str, owner: Owner, now: datetime) -> Sequence[Entry]:
    """The lines of a journal for this machine.

    Paths lead to this project's folder. What lies on one machine alone counts as not begun, so that
    it is done here, too; a run that was sealed, and whose old values wait for their end, is opened
    again for that, and goes forward only.
    """
    begin = left.entries[0].event
    if not isinstance(begin, Begin):
        raise _damaged(left.bundle.run, "its first line is gone")
    theirs = left.plan.subject.repository
    events: list[tuple[datetime, AnyEvent]] = [
        (
            left.entries[0].at,
            replace(
                begin,
                plan=Raw(encode(_moved(left.plan, root))),
                resources=tuple(_moved_resource(one, theirs, root) for one in begin.resources),
                fence=number,
            ),
        )
    ]
    turned = False
    for entry in left.entries[1:]:
        event = entry.event
        match event:
            case Intent(key=key) | Done(key=key) | Undo(key=key) | Undone(key=key):
                if key not in left.here:
                    events.append((entry.at, event))
            case Failed(key=key) if key in left.here:
                continue
            case Recorded() | Handed() | Waived():  # here it may be otherwise
                continue
            case Final() | Sealed():
                if not turned:
                    events.append((entry.at, Final()))
                turned = True
            case _:
                events.append((entry.at, event))
    if not left.over:
        events.append((now, Taken(owner=owner)))
    return [Entry(n, at, event) for n, (at, event) in enumerate(events, start=1)]


def _moved(plan: Plan, root: str) -> Plan:
    if plan.subject.repository is None:
        return plan
    return replace(plan, subject=replace(plan.subject, repository=root))


def _moved_resource(resource: Resource, theirs: str | None, root: str) -> Resource:
    if theirs is None or not resource.name.startswith(f"{theirs}/"):
        return resource
    return Resource(resource.kind, root + resource.name.removeprefix(theirs))


def _wrong_key(offer: Offer) -> WrongKey:
    what = "passphrase" if offer.passphrase else "identity"
    return WrongKey(
        f"this {what} does not open the handover",
        why="the run was begun with another one; the machine that holds it was not stopped",
        fix=f"skc journal take {offer.run}"
        + ("" if offer.passphrase else " --identity FILE   # one that belongs to a recipient"),
    )


def _damaged(run: str, why: str) -> HandoverDamaged:
    return HandoverDamaged(
        f"what lies at the handover of {run} is damaged",
        why=f"{why}; nothing was changed here",
        fix="bring the file back from a copy, or put right by hand what the run did: "
        "skc rotate status",
    )


def _unreachable(error: OSError) -> HandoverNotReady:
    return HandoverNotReady(
        "the handover cannot be reached",
        why=explain(error, "reach it").why,
        fix="mount it, then run this again",
    )
