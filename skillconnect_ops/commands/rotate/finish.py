"""`skc rotate finish`: the old values of a rotation go, and are proven dead."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import acl_plan, plan, sink_plan
from skillconnect_ops.commands.rotate.accepting import accepted_in, readers_of, unseen
from skillconnect_ops.commands.rotate.acl_making import AclMade
from skillconnect_ops.commands.rotate.admin import AdminSource, take_admin
from skillconnect_ops.commands.rotate.choice import configured, names_of
from skillconnect_ops.commands.rotate.ended import brought_to_an_end, must_be_decided, nothing_left
from skillconnect_ops.commands.rotate.ending_look import stands
from skillconnect_ops.commands.rotate.errors import NoSuchSecret, StillAccepted
from skillconnect_ops.commands.rotate.going_on import going_on
from skillconnect_ops.commands.rotate.publish_steps import EnvPublish
from skillconnect_ops.commands.rotate.ring_plan import Turn
from skillconnect_ops.commands.rotate.ring_state import Move
from skillconnect_ops.commands.rotate.rings import all_held, readable
from skillconnect_ops.commands.rotate.sharing import Going, consent
from skillconnect_ops.commands.rotate.sink_steps import SinkCall, SinkFile
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.commands.rotate.trusting import must_be_trusted
from skillconnect_ops.commands.rotate.user_steps import UserCreate
from skillconnect_ops.commands.rotate.waiting import Waiting, waiting
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.accounts import NotShown
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.hooks import Hook, of_sink
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines, listed
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Choices, Consent
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
    confirmed: bool = False,
    secrets: tuple[str, ...] = (),
    asks: Consent | None = None,
    only: str | None = None,
) -> Report:
    """Retire the old values of the oldest rotation that waits for it, and old signing keys.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        now: whether old signing keys go whose time is not over, and nobody is waited for.
        patience_s: how long to wait for users of an old user.
        reason: why the old values go.
        choices: what the person chose.
        admin: where an administrator's URI comes from.
        revoked_by: who says to have revoked what skc cannot.
        publish_again: whether the new values are first brought back to where they were published.
        confirmed: whether a person says that what skc did not reload was restarted.
        secrets: whose rotations are meant, by name or variable; all where none is named.
        asks: what is to be agreed to, where a command of more weight ends it on its way; then
            nobody waits for what was not reloaded.
        only: the rotation that is meant, by its journal; then no ring is.

    Raises:
        NoSuchSecret: one is named that is not there.
        StillAccepted: nobody says so, and no health answer tells it.
        LeakedHalfWay: the old value of one leaked that is half-way; nothing was put back.
        NotAtItsEnd: a run died half-way, and was only to be looked at.
        RolledBack: somebody still uses an old user, or a reload failed; nothing was changed.
        NeedsPerson: an old user is gone, and not yet proven refused.
    """
    aim = house.target(target)
    named = _meant(house, aim, secrets)
    must_be_decided(house, aim)
    take_admin(house, aim, admin, needed=_drops_users(_of(waiting(house, aim), named, only)))
    ended = () if choices.looks_only else brought_to_an_end(house, aim)
    every = waiting(house, aim)
    found = _of(every, named, only)
    one = found[0] if found else None

    def closed() -> tuple[Turn, ...]:
        if only is not None:
            return ()
        turns = _closing(house, aim, now=now, needed=one is None and not ended)
        return tuple(turn for turn in turns if not named or turn.named.name in named)

    rings = closed()
    if one is None and not rings:
        return nothing_left(house, aim, ended, only=named)
    together = [name for name in one.all_secrets if name not in named] if named and one else []
    if together:
        house.person.note(
            f"not apart: {listed(together)}: the same run has renewed it, and it ends with it"
        )
    more = _hooks(aim, one) if one is not None and publish_again else {}
    must_be_trusted(house, [ring.named for ring in rings], choices, more=more)

    def look() -> Plan:
        if one is not None and not confirmed and asks is None:
            _must_be_restarted(one, aim, reason)
        closing = closed()
        return plan.end(
            one.plan if one is not None else None,
            closing,
            subject=_subject(house, aim, one, closing),
            reason=reason,
            patience_s=0 if now and patience_s is None else patience_s,
            journal=one.id if one is not None else None,
            since_s=(house.clock.now() - one.since).total_seconds() if one and one.since else 0.0,
            since=one.began if one is not None else None,
            revoked_by=revoked_by,
            target=aim,
            stands=stands(house, aim, one.plan) if one is not None else None,
            publish_again=publish_again,
            confirmed=confirmed or asks is not None,
            going=going,
        )

    with ExitStack() as opened:
        if one is not None and any(isinstance(step, UserCreate) for step in one.plan.steps):
            opened.enter_context(house.accounts(aim))
        going = _going(house, aim, one)
        outcome = house.office().carry_out(
            look,
            person=house.person,
            resources=_resources(house, aim, one, rings),
            consent=asks or consent(aim, going),
            choices=choices,
            mirrored=True,
            chain=one.id if one is not None else None,
        )
    left = len(every) - 1 if outcome.walked and one is not None else len(every)
    told = _confirmed(one, aim, reason) if one is not None and confirmed else ()
    mine = one.all_secrets if one is not None else ()
    names = tuple(dict.fromkeys((*mine, *(ring.named.name for ring in rings))))
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
                "plan": None if outcome.walked else outcome.plan.facts(),
            }
        },
        view=(Lines((*_said(one, names, outcome.facts), *_until(rings), *told), prose=True),)
        if outcome.walked
        else (),
        next=(_next(house, choices, walked=outcome.walked, left=left),),
    )


def _must_be_restarted(one: Waiting, target: Target, reason: Reason | None) -> None:
    """Whoever nobody can see is said by a person not to accept an old value any more.

    Raises:
        StillAccepted: nobody says so.
    """
    accepted = accepted_in(one.plan, reason=reason)
    who = unseen(readers_of(accepted), target)
    if who:
        raise StillAccepted([step.env for step in accepted], who=who)


def _confirmed(one: Waiting, target: Target, reason: Reason | None) -> tuple[str, ...]:
    """What is taken from a person's word, and was not seen."""
    who = unseen(readers_of(accepted_in(one.plan, reason=reason)), target)
    return (f"not seen by skc, but said: {', '.join(who)} was restarted",) if who else ()


def _until(closing: Sequence[Turn]) -> Iterator[str]:
    """Old keys that go before their time, and are known to those that nobody reloaded."""
    for one in closing:
        by_hand, until = one.named.by_hand, one.state.until
        if one.early and by_hand and until is not None:
            yield (
                f"the old key of {one.env} verifies until {', '.join(by_hand)} is restarted by "
                f"hand, or until {until:%Y-%m-%d %H:%M} UTC"
            )


def _meant(house: House, target: Target, words: tuple[str, ...]) -> tuple[str, ...]:
    """The secrets whose rotations are meant, by name; of one that waits the settings may be gone.

    Raises:
        NoSuchSecret: a word means none.
    """
    waits = [name for one in waiting(house, target) for name in one.all_secrets]
    known = {*configured(target), *waits}
    names = names_of(target, words)
    for name in names:
        if name not in known:
            raise NoSuchSecret(name, known=sorted(known))
    return names


def _next(house: House, choices: Choices, *, walked: bool, left: int) -> str:
    if not walked and choices.looks_only:
        return going_on(house, choices)
    return "skc rotate finish" if left > 0 else "skc rotate status"


def _of(waits: Sequence[Waiting], named: Sequence[str], run: str | None) -> list[Waiting]:
    """Those that renewed one of these secrets, or the one run; all where none is named."""
    return [
        one
        for one in waits
        if run in {None, one.id} and (not named or {*one.all_secrets} & {*named})
    ]


def _going(house: House, target: Target, one: Waiting | None) -> tuple[Going, ...]:
    """The users that go, and who is connected as each.

    Where the administrator may not look, the user itself may: that is done when its end begins.
    """
    steps = plan.made_in(one.plan) if one is not None else ()
    users = [step for step in steps if isinstance(step, UserCreate)]
    if not users:
        return ()
    with house.accounts(target) as accounts:
        found = [
            Going(
                secret=step.secret,
                user=step.like,
                seen=accounts.sessions(step.like, step.database),
            )
            for step in users
        ]
    return tuple(one for one in found if is_managed(target) or not isinstance(one.seen, NotShown))


def _drops_users(found: Sequence[Waiting]) -> bool:
    return bool(found) and any(isinstance(step, UserCreate) for step in found[0].plan.steps)


def _closing(house: House, target: Target, *, now: bool, needed: bool) -> tuple[Turn, ...]:
    """The rings whose old keys go.

    Args:
        house: the house.
        target: whose.
        now: whether those go whose time is not over.
        needed: whether there is nothing else to finish.
    """
    rings, turns = all_held(house, target), list[Turn]()
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
    troubles = [one for one in rings.values() if isinstance(one, SkcError)]
    if needed and not turns and troubles:
        raise troubles[0]
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
    mine = one.all_secrets if one is not None else ()
    if one is not None:  # what is published there is looked at, and perhaps published again
        steps = one.plan.steps
        files |= dict.fromkeys(s.path for s in steps if isinstance(s, EnvPublish | SinkFile))
    names = dict.fromkeys((*mine, *(ring.named.name for ring in closing)))
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
