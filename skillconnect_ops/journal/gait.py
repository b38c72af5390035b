"""The gait of every changing command: look, plan, show, ask, lock, look again, walk, seal."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import assert_never

from msgspec import Struct

from skillconnect_ops.core.plan import Person, Plan, Subject
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.lock import Owner
from skillconnect_ops.journal.errors import NotAgreed, PlanIsStale
from skillconnect_ops.journal.model import Ask, Choices, Consent, NotNeeded, Outcome, TypeName
from skillconnect_ops.journal.plans import must_equal, same_effects, write_plan
from skillconnect_ops.journal.recovery import Recovery
from skillconnect_ops.journal.relays import held_of
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.runs import Runs


class Errand(Struct, frozen=True, kw_only=True):
    """What a command hands over."""

    look: Callable[[], Plan]
    person: Person
    resources: Sequence[Resource]
    consent: Consent | Callable[[Plan], Consent]
    """What a person has to agree to; where that depends on what is planned, by the plan."""
    choices: Choices
    chain: str | None = None
    expected: Plan | None = None
    """The saved plan that is to be applied, if it is one."""
    mirrored: bool = False
    """Whether another machine has to be able to go on with it: it changes more than this one."""
    prepare: Callable[[], None] | None = None
    """What must have happened before the locks are taken, once the person agreed."""


class Gait:
    """Carries one errand out."""

    def __init__(self, errand: Errand, *, runs: Runs, recovery: Recovery, disk: Disk) -> None:
        self._errand = errand
        self._runs = runs
        self._recovery = recovery
        self._disk = disk

    def carry_out(self) -> Outcome:
        """From the first look to the seal.

        Raises:
            SkcError: as `Office.carry_out` says.
            Stop: a signal came.
        """
        errand = self._errand
        plan = self._look()
        errand.person.show(plan)
        if errand.choices.save_plan is not None:
            self._save(errand.choices.save_plan, plan)
        pending = self._recovery.pending(errand.resources)
        if errand.choices.looks_only:
            for state in pending:
                errand.person.note(f"the run {state.id} did not come to its end; it comes first")
            return Outcome(plan=plan)
        name = self._runs.name(plan.command)
        owner = self._runs.owner(plan.command, name)
        self._recovery.tidy(person=errand.person, owner=owner)
        if _is_empty(plan) and not pending:
            return Outcome(plan=plan)
        if not _is_empty(plan):
            self._agree(plan)
            self._be_ready(plan.command)
            if errand.prepare is not None:
                errand.prepare()
        with self._runs.holding(errand.resources, owner):
            return self._under_lock(plan, name, owner)

    def _under_lock(self, agreed: Plan, name: str, owner: Owner) -> Outcome:
        errand = self._errand
        recovered = self._recovery.recover(errand.resources, person=errand.person, owner=owner)
        plan = self._settled(agreed, self._look(), recovered=recovered)
        if _is_empty(plan):
            return Outcome(plan=plan)
        walked = self._runs.walk(
            plan,
            name=name,
            chain=errand.chain,
            resources=errand.resources,
            person=errand.person,
            owner=owner,
            mirrored=errand.mirrored,
        )
        if walked.late is not None:
            errand.person.note(f"the wish to stop came too late: skc {plan.command} is done")
        return walked.outcome

    def _be_ready(self, command: str) -> None:
        errand, runs = self._errand, self._runs
        if errand.mirrored:
            states = runs.shelf.states()
            held = held_of(states, errand.chain) if errand.chain else None
            told = errand.chain is not None or any(one.command == command for one in states)
            runs.relays.ready(errand.person, held=held, told=told)

    def _save(self, path: Path, plan: Plan) -> None:
        person = self._errand.person
        write_plan(path, plan, line=person.again(), project=self._runs.project, disk=self._disk)
        person.note(f"saved; carry it out with: skc apply {shlex.quote(str(path))}")

    def _look(self) -> Plan:
        plan = self._errand.look()
        if self._errand.expected is not None:
            must_equal(self._errand.expected, plan)
        return plan

    def _settled(self, agreed: Plan, fresh: Plan, *, recovered: bool) -> Plan:
        """The plan to walk, now that nobody else can change the world."""
        if fresh.state == agreed.state and (_is_empty(agreed) == _is_empty(fresh)):
            return agreed
        if not recovered:
            raise PlanIsStale(
                "the world has changed since the plan was made",
                why="what it was made from is no longer the same, so nothing was touched",
                fix=f"{self._errand.person.again()}   # and look at the new plan",
            )
        self._errand.person.show(fresh)
        if not _is_empty(fresh) and not same_effects(agreed, fresh):
            self._agree(fresh)
        return fresh

    def _agree(self, plan: Plan) -> None:
        person, choices = self._errand.person, self._errand.choices
        asked = self._errand.consent
        match asked(plan) if callable(asked) else asked:
            case NotNeeded():
                return
            case Ask():
                if not choices.yes and not person.agrees(plan):
                    raise _not_agreed("the answer was no", "")
            case TypeName(name=name, does=does):
                given = choices.confirm
                if given is not None and given != name:
                    why = f"--confirm names {given}, and it {does} {name}"
                    raise _not_agreed(why, person.again("--confirm", name))
                where = _where(plan.subject)
                if given is None and not person.confirm(name, where=where, does=does):
                    why = f"it {does} {name}, and that name was not typed"
                    raise _not_agreed(why, person.again())
            case never:
                assert_never(never)


def _is_empty(plan: Plan) -> bool:
    return not plan.steps and not plan.final


def _where(subject: Subject) -> str:
    """Where the thing is that will be destroyed: `at HOST (target T)`."""
    at = f" at {subject.cluster}" if subject.cluster else ""
    inside = f" in {subject.repository}" if subject.repository and not at else ""
    target = f" (target {subject.target})" if subject.target else ""
    return f"{at}{inside}{target}".strip()


def _not_agreed(why: str, fix: str) -> NotAgreed:
    return NotAgreed("nothing was done", why=why, fix=fix)
