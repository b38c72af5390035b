"""What `skc rotate finish` does about runs that died, and says where nothing is left to do."""

from collections.abc import Sequence

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.claims import all_claims
from skillconnect_ops.commands.rotate.errors import LeakedHalfWay, NotAtItsEnd
from skillconnect_ops.commands.rotate.half_way import half_way
from skillconnect_ops.commands.rotate.plan import FINISH
from skillconnect_ops.commands.rotate.rings import all_held, readable
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import JournalState, Standing


def must_be_decided(house: House, target: Target) -> None:
    """No rotation stands half-way that would bring a leaked value back if it were put back.

    Raises:
        LeakedHalfWay: one does.
    """
    office = house.office()
    for one in _not_over(house, target):
        if one.standing is Standing.INTERRUPTED and one.command != FINISH:
            leaked = _leaked(office.plan(one.id))
            if leaked:
                raise LeakedHalfWay(leaked, journal=one.id)


def brought_to_an_end(house: House, target: Target) -> tuple[JournalState, ...]:
    """Runs that died are put back, or walked on where there is no way back; as they ended."""
    office = house.office()
    dead = [one.id for one in _not_over(house, target)]
    office.recover(all_claims(house, target), person=house.person)
    return tuple(one for one in map(office.journal, dead) if one.standing.over)


def nothing_left(
    house: House, target: Target, ended: Sequence[JournalState], *, only: Sequence[str]
) -> Report:
    """Nothing waits, or not yet: that is no failure.

    Args:
        house: the house.
        target: whose rotations.
        ended: the runs that have been brought to their end just now.
        only: the secrets that are meant; all where none is named.

    Raises:
        NotAtItsEnd: a run died half-way, and was only to be looked at, or is not ours to end.
    """
    for dead in half_way(house, target):
        fix = (*dead.commands(), "skc rotate status")[0]
        raise NotAtItsEnd(dead.id, says=dead.says(), fix=fix)
    lines = [_said(one) for one in ended]
    until = [
        (one.named.settings.env, one.state.until)
        for one in readable(all_held(house, target).values())
        if one.state.old and one.state.until is not None
        if not only or one.named.name in only
    ]
    lines += [
        f"nothing to do until {end:%Y-%m-%d %H:%M} UTC: the old key of {env} verifies until then, "
        "so that nobody is logged out"
        for env, end in until
    ]
    if not until:
        lines.append(
            f"nothing to finish: no rotation of {', '.join(only) or f'the target {target.name}'} "
            "waits for its old value to be retired"
        )
    done = [one for one in ended if one.standing is Standing.SEALED]
    first = min((end for _, end in until), default=None)
    then = f"skc rotate finish   # from {first:%Y-%m-%d %H:%M} UTC on" if first else ""
    return Report(
        command=FINISH,
        subject={"target": target.name},
        journal=done[0].id if done else None,
        facts={
            "rotation": {
                "began": done[0].chain if done else None,
                "secrets": [],
                "done": bool(done),
                "until": first,
                "steps": {},
            }
        },
        view=(Lines(tuple(lines), prose=True),),
        next=(then or "skc rotate status",),
    )


def _not_over(house: House, target: Target) -> list[JournalState]:
    """Runs of this target that did not come to their end."""
    return [
        one
        for one in house.office().journals()
        if one.command in {"rotate", FINISH}
        and one.subject.target == target.name
        and not one.standing.over
    ]


def _leaked(plan: Plan) -> tuple[str, ...]:
    """The secrets of a rotation that leaked, each once."""
    steps = (*plan.steps, *plan.final)
    leaked = [one for one in steps if getattr(one, "reason", None) == Reason.LEAKED.value]
    return tuple(dict.fromkeys(str(getattr(one, "secret", one.key)) for one in leaked))


def _said(one: JournalState) -> str:
    if one.standing is Standing.SEALED:
        return f"the run {one.id} had stopped half-way, and is done"
    return f"the run {one.id} had stopped half-way, and was put back: the old values are in use"
