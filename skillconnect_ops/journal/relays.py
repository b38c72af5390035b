"""Which runs of this machine another one can take over, and what they ask before they act."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.core.plan import Clock, Person
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.escrow import ChainEscrow
from skillconnect_ops.journal.handover import (
    Alone,
    Bundle,
    Handover,
    HandoverNotReady,
    Mirror,
    Mirrored,
    Relay,
    must_be_ready,
    wrap,
)
from skillconnect_ops.journal.log import FILE, Log
from skillconnect_ops.journal.model import JournalState

FIRST = 1
_NONE = (
    "no handover is set in skc.yaml: if this machine dies half-way, no other one can go on with it"
)
_NO_MORE = (
    "skc.yaml names no handover any more, so it is not known whether another machine has taken "
    "this run over"
)


class Relays:
    """Makes relays; nothing is asked or written before a run needs one."""

    def __init__(
        self, handover: Handover | None, *, folder: Path, disk: Disk, clock: Clock
    ) -> None:
        """Remember what they are made from.

        Args:
            handover: what the settings say.
            folder: the project's private state.
            disk: durable files.
            clock: the time.
        """
        self._handover = handover
        self._folder = folder
        self._disk = disk
        self._clock = clock
        self._passphrase: Secret | None = None

    @property
    def handover(self) -> Handover | None:
        """What the settings say."""
        return self._handover

    def mirror(self, chain: str) -> Mirror:
        """The place of a chain.

        Raises:
            HandoverNotReady: the settings name none.
        """
        if self._handover is None:
            raise HandoverNotReady(
                "there is no handover to take a run from",
                why="`handover` in skc.yaml names no folder",
                fix="write `handover: FOLDER`, as on the machine whose run it is",
            )
        return Mirror(self._handover, chain, disk=self._disk, clock=self._clock)

    def escrow(self, chain: str) -> ChainEscrow:
        """The escrow of a chain on this machine."""
        return ChainEscrow(self._folder / "escrow" / chain, disk=self._disk)

    def ready(self, person: Person, *, held: int | None, told: bool = False) -> None:
        """Ask what has to be asked before a run begins, and look whether it can be mirrored.

        Args:
            person: the one at the terminal.
            held: the fence that this machine holds of the run's chain; its key is there already.
            told: whether an earlier run has said that there is no handover; once is enough.

        Raises:
            HandoverNotReady: it cannot be.
            Refused: a passphrase is to be typed, and nobody can be asked.
        """
        if self._handover is None:
            if not told:
                person.note(_NONE)
            return
        must_be_ready(self._handover)
        if held is None and not self._handover.recipients and self._passphrase is None:
            self._passphrase = self._handover.passphrase(person)

    def begin(
        self, name: str, chain: str, *, states: Sequence[JournalState], person: Person
    ) -> int | None:
        """Take part in the handover with a new run; gives its fence, or None where there is none.

        Raises:
            HandoverNotReady: the place cannot be written.
            HandoverStops: another machine has taken the chain over, or that cannot be seen.
        """
        if self._handover is None:
            return None
        mirror, escrow = self.mirror(chain), self.escrow(chain)
        held = held_of(states, chain)
        self.ready(person, held=held)
        if held is not None:
            self._mirrored(mirror, name, number=held).check()
            return held
        try:
            key = escrow.key()
            mirror.make(wrap(key, self._handover, self._passphrase))
            mirror.raise_fence(FIRST)
        except OSError as error:
            if chain == name:
                escrow.remove()
            raise HandoverNotReady(
                "the handover cannot be written",
                why=explain(error, "write there").why,
                fix=f"look at {mirror.folder}",
            ) from error
        return FIRST

    def has_ended(self, state: JournalState) -> bool:
        """Whether some machine has brought a run's chain to its end; False where nobody knows."""
        if self._handover is None or state.chain is None:
            return False
        return self.mirror(state.chain).ended

    def drop(self, name: str, chain: str) -> None:
        """Take back what `begin` made for a run that did not begin.

        Raises:
            OSError: something could not be removed.
        """
        if self._handover is not None and chain == name and self.mirror(chain).folder.exists():
            self.mirror(chain).end(FIRST)

    def of(self, log: Log, *, person: Person | None = None) -> Relay:
        """The relay of a run that has begun."""
        begin = log.begin
        if begin.fence is None:
            return Alone()
        if self._handover is None:
            if person is not None:
                person.note(f"warning: {_NO_MORE}")
            return Alone()
        return self._mirrored(self.mirror(begin.chain), log.name, number=begin.fence)

    def end(self, log: Log) -> None:
        """Take a chain's mirror away; the chain is over.

        Raises:
            HandoverStops: it is another machine's by now, or cannot be looked at.
            OSError: something could not be removed.
        """
        if log.begin.fence is None or self._handover is None:
            return
        mirror = self.mirror(log.begin.chain)
        if not mirror.folder.exists() and mirror.handover.location.is_dir():
            return  # by an earlier try
        self.of(log).check()
        mirror.end(log.begin.fence)

    def _mirrored(self, mirror: Mirror, name: str, *, number: int) -> Mirrored:
        escrow = self.escrow(mirror.chain)
        text = self._folder / "journal" / name / FILE

        def bundle() -> tuple[Bundle, bytes]:
            made = Bundle(
                run=name,
                chain=mirror.chain,
                number=number,
                log=self._disk.read(text),
                escrow=escrow.files(),
            )
            return made, escrow.key()

        return Mirrored(mirror, number=number, bundle=bundle)


def held_of(states: Sequence[JournalState], chain: str) -> int | None:
    """The highest fence of a chain that this machine holds, by its journals."""
    numbers = [one.fence for one in states if one.chain == chain and one.fence is not None]
    return max(numbers, default=None)
