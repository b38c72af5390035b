"""What is left to do once a run has ended: evidence, escrow, reserve, lock file."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.plan import Clock, Person, Proof, Subject
from skillconnect_ops.core.ports.evidence import EvidenceLedger
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.causes import cause_of
from skillconnect_ops.journal.escrow import ChainEscrow
from skillconnect_ops.journal.events import Recorded
from skillconnect_ops.journal.handover import Fenced
from skillconnect_ops.journal.kinds import Kinds
from skillconnect_ops.journal.log import Log
from skillconnect_ops.journal.relays import Relays
from skillconnect_ops.journal.shelf import Shelf, outline
from skillconnect_ops.journal.signals import Signals


class Ground(Struct, frozen=True, kw_only=True):
    """What every run of a project stands on."""

    folder: Path
    """The project's private state."""
    disk: Disk
    clock: Clock
    kinds: Kinds
    ledger: Callable[[], EvidenceLedger] | None
    signals: Signals
    token: Callable[[int], bytes]
    """So many random bytes."""
    relays: Relays


class Closing:
    """Closes runs that are over.

    Whatever fails here undoes nothing: it is said aloud, and tried again by the next run of this
    project, which knows by the lock file that something is left.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._shelf = Shelf(ground.folder / "journal", disk=ground.disk)

    def close(self, log: Log, *, person: Person) -> tuple[str, ...]:
        """Close a run, if it is over; its lock is held.

        Returns:
            What failed, in words.
        """
        if log.history.handed:
            return self._let_go(log)
        if not (log.history.sealed or log.history.rolled_back):
            return ()
        warnings = tuple(
            f"{trouble}: {cause_of(error, step=None, journal=log.name, signalled=None).line()}"
            for trouble, work in (
                ("the evidence is not recorded yet", self._record),
                ("the handover is not up to date yet", self._hand_on),
                ("the escrow is not deleted yet", self._empty_escrow),
                ("some disk space is not given back yet", Log.release),
            )
            if (error := _tried(work, log)) is not None
        )
        if not warnings:
            with suppress(Exception):
                self._ground.disk.remove(self._shelf.lock(log.name))
        for warning in warnings:
            person.note(f"warning: {warning}")
        return warnings

    def escrow(self, log: Log) -> ChainEscrow:
        """The escrow of the chain that a run belongs to."""
        relay = self._ground.relays.of(log)
        folder = self._ground.folder / "escrow" / log.begin.chain
        return ChainEscrow(folder, disk=self._ground.disk, after_put=relay.share)

    def _record(self, log: Log) -> None:
        history = log.history
        due = history.sealed and not history.recorded and history.proofs
        if not due or self._ground.ledger is None:
            return
        plan = outline(log.begin)
        proofs = [_placed(proof, plan.subject) for proof in history.proofs]
        self._ground.ledger().record(proofs, command=plan.command, journal=log.name)
        log.append(Recorded(), closing=True)

    def _hand_on(self, log: Log) -> None:
        """What another machine would take over is what is the case now; at the end, nothing."""
        relays = self._ground.relays
        with suppress(Fenced):  # then what lies there is that machine's
            if _ends_chain(log):
                relays.end(log)
            else:
                relays.of(log).share()

    def _empty_escrow(self, log: Log) -> None:
        if _ends_chain(log):
            self.escrow(log).remove()

    def _let_go(self, log: Log) -> tuple[str, ...]:
        """Another machine goes on. What is kept here is a copy, until that one is at the end."""
        relays = self._ground.relays
        with suppress(Exception):
            log.release()
            if relays.handover is None or not relays.mirror(log.begin.chain).ended:
                return ()
            self.escrow(log).remove()
            self._ground.disk.remove(self._shelf.lock(log.name))
        return ()


def _placed(proof: Proof, subject: Subject) -> Proof:
    """A proof says of which target it is, and at which cluster: else it would count for none."""
    where = {"target": subject.target, "cluster": subject.cluster}
    known = {name: part for name, part in where.items() if part is not None}
    return replace(proof, subject={**known, **proof.subject})


def _ends_chain(log: Log) -> bool:
    """A sealed plan ends its chain unless another follows; an undone one ends its own."""
    begin = log.begin
    return outline(begin).then is None if log.history.sealed else begin.chain == log.name


def _tried(work: Callable[[Log], None], log: Log) -> Exception | None:
    try:
        work(log)
    except Exception as error:  # noqa: BLE001 - the run is over; nothing may undo that
        return error
    return None
