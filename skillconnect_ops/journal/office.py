"""Where plans are carried out: the one door to the gait for every command that changes things."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from skillconnect_ops.core.plan import Clock, Person, Plan
from skillconnect_ops.core.ports.evidence import EvidenceLedger
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.closing import Ground
from skillconnect_ops.journal.gait import Errand, Gait
from skillconnect_ops.journal.handover import Handover
from skillconnect_ops.journal.kinds import Kind, Kinds
from skillconnect_ops.journal.model import Choices, Consent, JournalState, Outcome, Standing
from skillconnect_ops.journal.plans import SavedPlan, read_plan
from skillconnect_ops.journal.recovery import Recovery
from skillconnect_ops.journal.relays import Relays
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.runs import Runs, Walked
from skillconnect_ops.journal.signals import Signals
from skillconnect_ops.journal.takeover import Offer, Opened, Takeover


class Office:
    """Carries out the plans of one project, and brings the runs that died to their end."""

    def __init__(
        self,
        *,
        folder: Path,
        disk: Disk,
        clock: Clock,
        kinds: Sequence[Kind],
        ledger: Callable[[], EvidenceLedger] | None = None,
        signals: Signals | None = None,
        token: Callable[[int], bytes] = os.urandom,
        expected: Plan | None = None,
        handover: Handover | None = None,
    ) -> None:
        """Open the office; nothing is read or made yet.

        Args:
            folder: the project's private state.
            disk: durable files.
            clock: the time.
            kinds: every kind of step of this version; a journal of an older run may hold any.
            ledger: gives the evidence ledger when there is something to record.
            signals: the signals of the process.
            token: gives random bytes.
            expected: the saved plan that is applied: whatever is carried out has to be equal to
                it in command, subject, state and steps. What is walked is the fresh plan.
            handover: where another machine finds what it needs to go on with a run.
        """
        self._disk = disk
        self._expected = expected
        self._kinds = Kinds(kinds)
        ground = Ground(
            folder=folder,
            disk=disk,
            clock=clock,
            kinds=self._kinds,
            ledger=ledger,
            signals=signals or Signals(),
            token=token,
            relays=Relays(handover, folder=folder, disk=disk, clock=clock),
        )
        self._takeover = Takeover(ground, self._kinds)
        self._runs = Runs(ground)
        self._recovery = Recovery(ground, self._runs)

    @property
    def applies(self) -> bool:
        """Whether a saved plan is applied, so that no other one may be carried out before it."""
        return self._expected is not None

    def carry_out(
        self,
        look: Callable[[], Plan],
        *,
        person: Person,
        resources: Sequence[Resource],
        consent: Consent | Callable[[Plan], Consent],
        choices: Choices,
        chain: str | None = None,
        prepare: Callable[[], None] | None = None,
        mirrored: bool = False,
    ) -> Outcome:
        """Look, show, ask, lock, look again, walk, seal.

        `look` runs twice, the second time under the locks. When it gives the same `state` again,
        the plan that was shown is the one walked. Runs that died while they held one of these
        resources are brought to an end before the second look.

        Args:
            look: looks at the world and makes the plan; changes nothing.
            person: the one at the terminal.
            resources: what nobody else may change meanwhile.
            consent: what the person has to agree to, or what gives it by the plan.
            choices: what the person chose on the command line.
            chain: the journal's id of the plan that this one goes on from, whose escrow it uses.
            prepare: runs once the person agreed, while no lock is held; a safety backup, say.
            mirrored: whether another machine has to be able to go on with it, since it changes
                more than this one; where the settings name no handover, that is said.

        Returns:
            How it ended; `walked` is False after a dry run, a saved plan, or when there was
            nothing to do.

        Raises:
            NotAgreed: the person did not agree (3); nothing was touched.
            PlanIsStale: the world changed between the looks, or is not what the saved plan was
                made from (4); nothing was touched.
            Locked: somebody holds a resource (4); nothing was touched.
            Precondition: the first step, or the journal, failed before anything was touched (4).
            PutBack: a reversible step failed, and everything was put back (5).
            NeedsPerson: putting back, or a step without a way back, failed; another machine has
                taken the run over (6).
            Stop: a signal came; everything was put back (130, 143).
        """
        return self._carry_out(
            Errand(
                look=look,
                person=person,
                resources=tuple(resources),
                consent=consent,
                choices=choices,
                chain=chain,
                prepare=prepare,
                expected=self._expected,
                mirrored=mirrored,
            )
        )

    def recover(self, resources: Sequence[Resource], *, person: Person) -> bool:
        """Bring runs that died while they held one of these resources to their end.

        For commands whose first look would take what such a run left for somebody's property.

        Returns:
            Whether there was one.

        Raises:
            Locked: somebody living holds one of them.
            SkcError: one could not be brought to its end.
        """
        name = self._runs.name("recover")
        owner = self._runs.owner("recover", name)
        with self._runs.holding(resources, owner):
            return self._recovery.recover(resources, person=person, owner=owner)

    @contextmanager
    def holding(self, resources: Sequence[Resource], *, command: str) -> Iterator[None]:
        """Hold resources without a plan, for what only reads but must not be disturbed.

        Raises:
            Locked: somebody living holds one of them.
        """
        name = self._runs.name(command)
        with self._runs.holding(resources, self._runs.owner(command, name)):
            yield

    def read_plan(self, path: Path) -> SavedPlan:
        """A plan that `--save-plan` wrote; its words say whose look makes the fresh one.

        Raises:
            NotAPlan: there is no such file, it is none of ours, of another project or version.
        """
        return read_plan(path, project=self._runs.project, kinds=self._kinds, disk=self._disk)

    def journals(self) -> Sequence[JournalState]:
        """All journals, newest first."""
        return self._runs.shelf.states()

    def journal(self, name: str) -> JournalState:
        """One journal, by its id.

        Raises:
            NoSuchJournal: there is none; the nearest ids are named.
        """
        return self._runs.shelf.find(name)

    def plan(self, name: str) -> Plan:
        """The plan that a run walked.

        Raises:
            NoSuchJournal: there is no such journal.
            UnknownKind: it holds a step of another version.
        """
        return self._runs.planned(self.journal(name))

    def is_elsewhere(self, state: JournalState) -> bool:
        """Whether another machine has taken a run over, and is not known to have ended it."""
        return state.standing is Standing.HANDED_OVER and not self._runs.relays.has_ended(state)

    def resume(self, name: str, person: Person, *, without: Sequence[str] = ()) -> Outcome:
        """Walk a run whose process died on to its end; one that is sealed is left as it is.

        Args:
            name: the journal's id.
            person: the one at the terminal.
            without: what it is to go on without, as `Step.waivable` names it.

        Raises:
            NoSuchJournal: there is no such journal.
            Locked: its process lives, or somebody holds one of its resources.
            RunIsOver: it was rolled back.
            SkcError: as `carry_out`.
        """
        return self._take(name, person, back=False, without=without)

    def rollback(self, name: str, person: Person, *, without: Sequence[str] = ()) -> Outcome:
        """Put back a run whose process died; one that was put back is left as it is.

        Args:
            name: the journal's id.
            person: the one at the terminal.
            without: what it is to go on without, as `Step.waivable` names it.

        Raises:
            NoSuchJournal: there is no such journal.
            Locked: its process lives, or somebody holds one of its resources.
            PastTheTurn: it has begun its steps without a way back.
            RunIsOver: it is sealed.
            NeedsPerson: something could not be put back (6).
        """
        return self._take(name, person, back=True, without=without)

    def offered(self, name: str) -> Offer:
        """What lies at the handover of a run of another machine; nothing is opened yet.

        Raises:
            HandoverNotReady: the place is not named, or cannot be looked at.
            NoSuchJournal: no run of that id lies there.
        """
        return self._takeover.offered(name)

    def open(self, offer: Offer, secret: Secret) -> Opened:
        """What is offered, opened and read.

        Raises:
            SkcError: as `Takeover.open` says; nothing was changed anywhere.
        """
        return self._takeover.open(offer, secret)

    def take_over(self, offer: Offer, secret: Secret, *, person: Person) -> Sequence[JournalState]:
        """Fence the other machine, and make its runs ours.

        Raises:
            TakenMeanwhile: another machine was faster.
            SkcError: as `open` says.
        """
        return self._takeover.take(offer, secret, runs=self._runs, person=person)

    def _carry_out(self, errand: Errand) -> Outcome:
        gait = Gait(errand, runs=self._runs, recovery=self._recovery, disk=self._disk)
        return gait.carry_out()

    def _take(self, name: str, person: Person, *, back: bool, without: Sequence[str]) -> Outcome:
        state = self.journal(name)
        owner = self._runs.owner("journal rollback" if back else "journal resume", name)
        walked: Walked = self._runs.take(
            state, person=person, owner=owner, back=back, without=without
        )
        if walked.late is not None:
            person.note(f"the wish to stop came too late: skc {state.command} is done")
        return walked.outcome
