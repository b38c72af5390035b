"""Runs of plans: begun, taken over when their process died, and closed."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version

from msgspec import Raw, Struct
from msgspec.structs import replace

from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.plan import Person, Plan
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.lock import Owner, hold, this_process
from skillconnect_ops.journal.closing import Closing, Ground
from skillconnect_ops.journal.engine import Engine
from skillconnect_ops.journal.errors import PastTheTurn, RunIsOver, UnknownKind
from skillconnect_ops.journal.events import Begin, Handed, Taken, Waived
from skillconnect_ops.journal.handover import Fenced, HandoverStops
from skillconnect_ops.journal.history import results
from skillconnect_ops.journal.kinds import Kinds, encode
from skillconnect_ops.journal.log import Log, broken
from skillconnect_ops.journal.model import JournalState, Outcome, Standing
from skillconnect_ops.journal.resources import Resource, holding
from skillconnect_ops.journal.shelf import Shelf, outline
from skillconnect_ops.journal.signals import Watch

_PACKAGE = "skillconnect-ops"


class Walked(Struct, frozen=True, kw_only=True):
    """A run that came to its end."""

    outcome: Outcome
    late: Exit | None = None
    """The signal that came when it could no longer be heeded."""


class Runs:
    """Begins runs, and takes over those whose process died."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._closing = Closing(ground)
        self.relays = ground.relays
        self.shelf = Shelf(ground.folder / "journal", disk=ground.disk)

    @property
    def project(self) -> str:
        """The project's id, which its private state is named after."""
        return self._ground.folder.name

    def name(self, command: str) -> str:
        """A new journal's id; ids sort by time."""
        slug = re.sub(r"[^a-z0-9]+", "-", command.lower()).strip("-")
        while True:
            at = f"{self._ground.clock.now():%Y-%m-%dT%H-%M-%SZ}"
            name = f"{at}-{slug}-{self._ground.token(2).hex()}"
            if not self.shelf.folder(name).exists():
                return name

    def owner(self, command: str, name: str) -> Owner:
        """This process, as the owner of locks."""
        return this_process(command=command, since=self._ground.clock.now(), journal=name)

    @contextmanager
    def holding(self, resources: Sequence[Resource], owner: Owner) -> Iterator[None]:
        """Hold the locks of resources.

        Raises:
            Locked: somebody living holds one of them.
            SkcError: a lock's file cannot be made.
        """
        locks = self._ground.folder / "locks"
        with ExitStack() as held:
            with explained("take a lock"):
                held.enter_context(
                    holding(resources, folder=locks, owner=owner, disk=self._ground.disk)
                )
            yield

    @contextmanager
    def own(self, name: str, owner: Owner) -> Iterator[Log]:
        """Hold one journal, and open it.

        Raises:
            Locked: a living process walks it.
            BrokenJournal: its text was altered.
            SkcError: it cannot be made or read.
        """
        disk, path = self._ground.disk, self.shelf.lock(name)
        with ExitStack() as held:
            with explained("take a journal's lock"):
                what = f"the journal {name}"
                held.enter_context(hold(path, owner=owner, disk=disk, what=what))
            yield Log(self.shelf.folder(name), disk=disk, clock=self._ground.clock)

    def walk(
        self,
        plan: Plan,
        *,
        name: str,
        chain: str | None,
        resources: Sequence[Resource],
        person: Person,
        owner: Owner,
        mirrored: bool = False,
    ) -> Walked:
        """Walk a new plan. The locks of its resources are held.

        Raises:
            HandoverNotReady: it is to be mirrored, and cannot be; nothing was touched.
            SkcError: it failed, as `Engine.forward` says.
            Stop: a signal came; everything was put back.
        """
        _must_be_sound(plan, self._ground.kinds)
        fence = self._fence(name, chain or name, person, owner) if mirrored else None
        begin = Begin(
            plan=Raw(encode(plan)),
            resources=tuple(resources),
            owner=owner,
            chain=chain or name,
            version=version(_PACKAGE),
            line=person.again(),
            fence=fence,
        )
        with self._ground.signals.watching() as watch, self.own(name, owner) as log:
            try:
                log.reserve()
                log.append(begin)
            except BaseException:
                with suppress(Exception):
                    log.discard()
                    self._ground.relays.drop(name, chain or name)
                raise
            return self._go(name, log, plan, person=person, watch=watch, back=False)

    def take(
        self,
        state: JournalState,
        *,
        person: Person,
        owner: Owner,
        back: bool,
        held: Sequence[Resource] = (),
        without: Sequence[str] = (),
    ) -> Walked:
        """Take over a run whose process died, and bring it to an end.

        Args:
            state: the journal as it was last read; it is read again under its lock.
            person: the one at the terminal.
            owner: this process.
            back: put its steps back, rather than walk on.
            held: the resources whose locks this process holds already.
            without: what it is to go on without, by name, from now on.

        Raises:
            Locked: its process lives, or somebody holds one of its resources.
            BrokenJournal: its text was altered.
            UnknownKind: it holds a step of another version.
            PastTheTurn: it cannot be put back.
            RunIsOver: it ended the other way.
            SkcError: it failed, as `Engine.forward` and `Engine.back` say.
        """
        if state.standing is Standing.BROKEN:
            raise broken(state.folder, state.trouble or "its text was altered")
        others = [resource for resource in state.resources if resource not in held]
        with (
            self._ground.signals.watching() as watch,
            self.holding(others, owner),
            self.own(state.id, owner) as log,
        ):
            plan = self.plan(log)
            if is_over(log, back=back):
                # it may have died right then, and left its escrow
                warnings = self._closing.close(log, person=person)
                return Walked(outcome=replace(_outcome(log, plan), warnings=warnings))
            try:
                self._ground.relays.of(log, person=person).check()
            except HandoverStops as error:
                self._stopped(log, error, person=person)
                error.journal = log.name
                raise
            _note_takeover(log, owner, back=back)
            for one in without:
                log.append(Waived(name=one), closing=back)
            return self._go(state.id, log, plan, person=person, watch=watch, back=back)

    def planned(self, state: JournalState) -> Plan:
        """The plan of a journal that may well be over; nothing is held or changed."""
        log = Log(self.shelf.folder(state.id), disk=self._ground.disk, clock=self._ground.clock)
        return self.plan(log)

    def plan(self, log: Log) -> Plan:
        """The plan of a journal.

        Raises:
            UnknownKind: it holds a step of another version.
        """
        begin = log.begin
        try:
            return self._ground.kinds.decode(begin.plan)
        except UnknownKind as error:
            error.what = f"this version of skc cannot read the plan of the journal {log.name}"
            error.fix = f"pip install {_PACKAGE}=={begin.version}"
            error.journal = log.name
            raise

    def _go(
        self, name: str, log: Log, plan: Plan, *, person: Person, watch: Watch, back: bool
    ) -> Walked:
        ground = self._ground
        engine = Engine(
            name=name,
            log=log,
            plan=plan,
            kinds=ground.kinds,
            person=person,
            escrow=self._closing.escrow(log),
            clock=ground.clock,
            watch=watch,
            relay=ground.relays.of(log),
        )
        try:
            if back:
                engine.back()
            else:
                engine.forward()
        except HandoverStops as error:
            self._stopped(log, error, person=person)
            raise
        finally:
            warnings = self._closing.close(log, person=person)
        outcome = _outcome(log, plan)
        return Walked(outcome=replace(outcome, walked=True, warnings=warnings), late=watch.first)

    def _fence(self, name: str, chain: str, person: Person, owner: Owner) -> int | None:
        """The number that a new run acts under, where it is mirrored."""
        try:
            return self._ground.relays.begin(name, chain, states=self.shelf.states(), person=person)
        except HandoverStops as error:
            if chain != name:
                with self.own(chain, owner) as log:
                    self._stopped(log, error, person=person)
            raise

    def _stopped(self, log: Log, error: HandoverStops, *, person: Person) -> None:
        """Remember that another machine goes on; else a later run here would act for this one."""
        if isinstance(error, Fenced) and not log.history.handed:
            with suppress(Exception):
                log.append(Handed(), closing=True)
                self._closing.close(log, person=person)


def is_over(log: Log, *, back: bool) -> bool:
    """Whether a run has ended in this direction already.

    Raises:
        RunIsOver: it ended in the other one.
        PastTheTurn: it is to go back, and cannot.
    """
    history, name = log.history, log.name
    if history.handed:
        raise RunIsOver(
            f"the run {name} is another machine's",
            why="that one has taken it over, and brings it to its end",
            fix=f"skc journal take {name}   # takes it back, once nobody works on it there",
            journal=name,
        )
    if history.sealed and back:
        raise RunIsOver(
            f"the run {name} is finished",
            why="all its steps are done; only a run that did not come to its end is put back",
            fix=f"skc journal show {name}",
            journal=name,
        )
    if history.rolled_back and not back:
        raise RunIsOver(
            f"the run {name} was rolled back",
            why="the world is as it was before it; there is nothing to go on from",
            fix=log.begin.line or f"skc {outline(log.begin).command}",
            journal=name,
        )
    if history.turned and back and not history.rolled_back:
        raise PastTheTurn(
            f"the run {name} cannot be rolled back",
            why="it has begun the steps that have no way back",
            fix=f"skc journal resume {name}",
            journal=name,
        )
    return history.sealed or history.rolled_back


def _note_takeover(log: Log, owner: Owner, *, back: bool) -> None:
    try:
        log.append(Taken(owner=owner), closing=back)
    except Exception:
        # Putting the world back comes before writing about it; going on does not.
        if not back:
            raise


def _outcome(log: Log, plan: Plan) -> Outcome:
    return Outcome(
        plan=plan,
        journal=log.name,
        steps=results(log.history, plan),
        facts=dict(log.history.facts),
        proofs=log.history.proofs,
    )


def _must_be_sound(plan: Plan, kinds: Kinds) -> None:
    keys = [step.key for step in (*plan.steps, *plan.final)]
    if len(set(keys)) != len(keys):
        raise ValueError(f"the plan of {plan.command} has two steps of one key")
    if not kinds.knows(plan):
        raise ValueError(f"the plan of {plan.command} has a step whose kind is not registered")
