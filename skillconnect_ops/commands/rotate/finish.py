"""`skc rotate finish`: the old values of a rotation go, and are proven dead."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import acl_plan, plan, sink_plan
from skillconnect_ops.commands.rotate.acl_making import AclMade
from skillconnect_ops.commands.rotate.admin import AdminSource, take_admin
from skillconnect_ops.commands.rotate.ending_look import stands
from skillconnect_ops.commands.rotate.errors import NothingToFinish, OverlapNotOver
from skillconnect_ops.commands.rotate.publish_steps import EnvPublish
from skillconnect_ops.commands.rotate.ring_plan import Turn
from skillconnect_ops.commands.rotate.ring_state import Move
from skillconnect_ops.commands.rotate.rings import Held, all_held, readable
from skillconnect_ops.commands.rotate.run import resources_of
from skillconnect_ops.commands.rotate.sink_steps import SinkCall, SinkFile
from skillconnect_ops.commands.rotate.user_steps import UserCreate
from skillconnect_ops.commands.rotate.waiting import Waiting, waiting
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.hooks import Hook, of_notice, of_sink
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Ask, Choices, JournalState, Standing
from skillconnect_ops.journal.resources import Resource


def finish(
    house: House,
    *,
    target: str | None,
    now: bool,
    patience_s: int | None,
    reason: Reason | None,
    choices: Choices,
    admin: AdminSource,
    revoked_by: str | None = None,
    publish_again: bool = False,
) -> Report:
    """Retire the old values of the oldest rotation that waits for it, and old signing keys.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        now: whether old signing keys go whose time is not over.
        patience_s: how long to wait for users of an old user.
        reason: why the old values go.
        choices: what the person chose.
        admin: where an administrator's URI comes from.
        revoked_by: who says to have revoked what skc cannot.
        publish_again: whether the new values are first brought back to where they were published.

    Raises:
        NothingToFinish: none waits.
        OverlapNotOver: an old key still verifies, and nobody said that it ends now.
        RolledBack: somebody still uses an old user, or a reload failed; nothing was changed.
        NeedsPerson: an old user is gone, and not yet proven refused.
    """
    aim = house.target(target)
    take_admin(house, aim, admin, needed=_drops_users(house, aim))
    finished = None if choices.looks_only else _walked_on(house, aim)
    found = waiting(house, aim)
    one = found[0] if found else None
    rings = _closing(house, aim, now=now, needed=one is None and finished is None)
    if finished is not None and one is None and not rings:
        return _that_was_it(finished)
    house.hooks().must_trust(
        {
            **sink_plan.hooks([ring.named for ring in rings]),
            **(_hooks(aim, one) if one is not None and publish_again else {}),
            **of_notice(house.project().settings.notify),
        }
    )

    def look() -> Plan:
        closing = _closing(house, aim, now=now, needed=one is None)
        return plan.end(
            one.plan if one is not None else None,
            closing,
            subject=_subject(house, aim, one, closing),
            reason=reason,
            patience_s=patience_s,
            journal=one.id if one is not None else None,
            since_s=(house.clock.now() - one.since).total_seconds() if one and one.since else 0.0,
            since=one.began if one is not None else None,
            revoked_by=revoked_by,
            target=aim,
            stands=stands(house, aim, one.plan) if one is not None else None,
            publish_again=publish_again,
        )

    with ExitStack() as opened:
        if one is not None and any(isinstance(step, UserCreate) for step in one.plan.steps):
            opened.enter_context(house.accounts(aim))
        outcome = house.office().carry_out(
            look,
            person=house.person,
            resources=_resources(house, aim, one, rings),
            consent=Ask(),
            choices=choices,
            mirrored=True,
            chain=one.id if one is not None else None,
        )
    left = len(found) - 1 if outcome.walked else len(found)
    names = (*(one.secrets if one is not None else ()), *(ring.named.name for ring in rings))
    return Report(
        command=plan.FINISH,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "rotation": {
                "began": one.id if one is not None else None,
                "secrets": list(names),
                "done": outcome.walked,
                "steps": outcome.facts,
            }
        },
        view=(Lines(_said(one, names, outcome.facts)),) if outcome.walked else (),
        next=("skc rotate finish",) if left > 0 else ("skc rotate status",),
    )


def _drops_users(house: House, target: Target) -> bool:
    found = waiting(house, target)
    return bool(found) and any(isinstance(step, UserCreate) for step in found[0].plan.steps)


def _walked_on(house: House, target: Target) -> JournalState | None:
    """Runs that died are brought to their end; a finish among them that is done by that."""
    office = house.office()
    dead = [
        one.id
        for one in office.journals()
        if one.command == plan.FINISH
        and one.subject.target == target.name
        and not one.standing.over
    ]
    office.recover(resources_of(house, target), person=house.person)
    ended = [one for one in map(office.journal, dead) if one.standing is Standing.SEALED]
    return ended[0] if ended else None


def _that_was_it(finished: JournalState) -> Report:
    """What had died half-way is done, and nothing else waits: no reason to fail."""
    return Report(
        command=plan.FINISH,
        subject=finished.subject.facts(),
        journal=finished.id,
        facts={"rotation": {"began": finished.chain, "secrets": [], "done": True, "steps": {}}},
        view=(Lines((f"the run {finished.id} came to its end; nothing else waits for one",)),),
        next=("skc rotate status",),
    )


def _closing(house: House, target: Target, *, now: bool, needed: bool) -> tuple[Turn, ...]:
    """The rings whose old keys go.

    Args:
        house: the house.
        target: whose.
        now: whether those go whose time is not over.
        needed: whether there is nothing else to finish.
    """
    rings, turns, until = all_held(house, target), [], list[Held]()
    for one in readable(rings.values()):
        over = one.state.ends(house.clock.now())
        if one.state.old and (over or now):
            turns.append(
                Turn(
                    named=one.named,
                    state=one.state,
                    move=Move.CLOSE,
                    reads=Missing("it makes no difference"),
                    early=not over,
                )
            )
        elif one.state.until is not None:
            until.append(one)
    troubles = [one for one in rings.values() if isinstance(one, SkcError)]
    if needed and not turns:
        if troubles:
            raise troubles[0]
        for one in until:
            if one.state.until is not None:
                raise OverlapNotOver(one.named.settings.env, until=one.state.until)
        raise NothingToFinish(target.name)
    for trouble in troubles:
        house.person.note(f"left as it is: {trouble.what}: {trouble.why}")
    return tuple(turns)


def _subject(house: House, target: Target, one: Waiting | None, closing: Sequence[Turn]) -> Subject:
    if one is not None:
        return one.plan.subject
    secrets = [ring.named for ring in closing]
    return Subject(
        target=target.name,
        repository=str(house.project().root),
        files=tuple(dict.fromkeys(file for one in secrets for file in one.files)),
        sinks=sink_plan.names(secrets),
    )


def _resources(
    house: House, target: Target, one: Waiting | None, closing: Sequence[Turn]
) -> tuple[Resource, ...]:
    root = house.project().root
    files = dict.fromkeys(
        file for ring in closing for file in (*ring.named.files, *sink_plan.files([ring.named]))
    )
    if one is not None:  # what is published there is looked at, and perhaps published again
        steps = one.plan.steps
        files |= dict.fromkeys(s.path for s in steps if isinstance(s, EnvPublish | SinkFile))
    names = (*(one.secrets if one is not None else ()), *(ring.named.name for ring in closing))
    return (
        *(Resource("env", str((root / file).resolve())) for file in files),
        *(Resource("secret", f"{target.name}/{name}") for name in names),
    )


def _hooks(target: Target, one: Waiting) -> dict[str, Hook]:
    """The commands that publishing again may run."""
    found = {name: each.reload for name, each in target.settings.consumers.items() if each.reload}
    delivered = {step.sink for step in one.plan.steps if isinstance(step, SinkFile | SinkCall)}
    for name, sink in target.settings.sinks.items():
        if name in delivered:
            found |= of_sink(name, sink)
    return found


def _said(
    one: Waiting | None, names: Sequence[str], facts: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    made = plan.made_in(one.plan) if one is not None else ()
    users = [step.like for step in made if isinstance(step, UserCreate)]
    lines = [f"the user {user} is gone; its password is refused on every node" for user in users]
    lines += [
        f"whether somebody still used {user} before: not observable"
        for user in users
        if facts.get(f"drain:{user}", {}).get("observed") is False
    ]
    lines += [acl_plan.said(step) for step in made if isinstance(step, AclMade)]
    return (*lines, f"retired for good: the old {', '.join(names)}; recorded in the ledger")
