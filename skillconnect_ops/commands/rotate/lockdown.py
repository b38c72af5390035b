"""`skc rotate --lockdown`: cut the old user off first, then make a new one. An outage, on purpose.

A rotation keeps the old user working until the new one does. Where somebody uses the leaked one at
this moment that is minutes too long, so the order is turned round: the first step takes all rights
from the user, over open connections, too. From there on there is no way back to it, only forward.
"""

from collections.abc import Sequence
from hashlib import sha256

from skillconnect_ops.commands.rotate import plan as plans
from skillconnect_ops.commands.rotate import sink_plan
from skillconnect_ops.commands.rotate.ending_plan import held
from skillconnect_ops.commands.rotate.errors import LockdownIsForUsers
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.plan import Standing
from skillconnect_ops.commands.rotate.publish_steps import ConsumerReload, EnvPublish, ValueRetire
from skillconnect_ops.commands.rotate.user_steps import UserCreate, UserDrop, UserRevoke
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import duration, listed
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Outcome, TypeName


def consent(target: Target) -> TypeName:
    """What a person has to type."""
    return TypeName(target.name, does="cuts the app off from")


def meant(secrets: Sequence[Named], only: Sequence[str]) -> tuple[tuple[Named, ...], str]:
    """The secrets that can be locked down, and a line on the others.

    Raises:
        LockdownIsForUsers: another one was named, or there is none.
    """
    users = tuple(one for one in secrets if one.kind is Kind.MONGODB)
    others = [one.name for one in secrets if one.kind is not Kind.MONGODB]
    if not users or (only and others):
        overlapping = [one.name for one in secrets if one.kind in {Kind.REDIS, Kind.MANUAL}]
        raise LockdownIsForUsers(others, only=only, overlapping=overlapping)
    left = f"not now: {listed(others)}; next: skc rotate --reason leaked" if others else ""
    return users, left


def plan(standings: Sequence[Standing], *, subject: Subject, more: Sequence[str]) -> Plan:
    """The plan; `more` are notes of others."""
    readers = plans.readers([one.named for one in standings])
    revoked: list[Step] = []
    final: list[Step] = []
    after: list[Step] = []
    for one in standings:
        if one.user is None or one.database is None:
            raise AssertionError("lockdown is for users")
        named, user, database = one.named, one.user, one.database
        env = named.settings.env
        revoked.append(UserRevoke(key=f"revoke:{user}", user=user, database=database))
        final += plans.made(one, Reason.LEAKED)
        after += [
            EnvPublish(key=f"publish:{env}@{path}", secret=named.name, path=path, env=env)
            for path in named.files
        ]
        after += sink_plan.publish_steps(named)
    final += after
    final += [ConsumerReload(key=f"reload:{name}", consumer=name) for name in readers]
    final += [held(one, final) for one in final if isinstance(one, UserCreate)]
    for one in standings:
        final.append(
            UserDrop(
                key=f"drop:{one.user}",
                user=str(one.user),
                database=str(one.database),
                secret=one.named.name,
            )
        )
        final.append(
            ValueRetire(
                key=f"retire:{one.named.settings.env}",
                secret=one.named.name,
                env=one.named.settings.env,
                sort="mongodb URI",
                reason=Reason.LEAKED.value,
                refused=True,
            )
        )
    identity = ["lockdown", plans.digest(standings, Reason.LEAKED)]
    return Plan(
        command="rotate",
        subject=subject,
        state=sha256("\0".join(identity).encode()).hexdigest(),
        steps=tuple(revoked),
        final=tuple(final),
        notes=(*_notes(standings, readers), *more),
    )


def _notes(standings: Sequence[Standing], readers: Sequence[str]) -> tuple[str, ...]:
    users = listed([str(one.user) for one in standings])
    envs = listed([one.named.settings.env for one in standings])
    until = f"{listed(readers)} reloaded" if readers else f"restarted by hand with the new {envs}"
    outage = (
        f"OUTAGE: {users} may do nothing from the first step on, over open connections, too; the "
        f"app has no database until: {until}"
    )
    notes = [
        outage,
        *(line for one in standings for line in one.crowd),
        *sink_plan.notes([one.named for one in standings]),
        "the first step can be taken back; from then on there is only forward: skc journal resume",
    ]
    if any(one.managed for one in standings):
        notes.append("Atlas takes each change over within about 20 s, so the outage is longer")
    by_hand = {name for one in standings for name, reader in one.named.consumers}
    by_hand -= set(readers)
    if by_hand:
        notes.append(f"no reload command: restart {listed(sorted(by_hand))} by hand at once")
    return tuple(notes)


def said(outcome: Outcome) -> tuple[str, ...]:
    """What has come true: who is gone, and how long nobody had a database."""
    gone = [step for step in outcome.plan.final if isinstance(step, UserDrop)]
    reloaded = any(isinstance(step, ConsumerReload) for step in outcome.plan.final)
    last = "reload:" if reloaded else "publish:"
    places = [n for n, one in enumerate(outcome.steps, start=1) if one.key.startswith(last)]
    seconds = sum(one.seconds for one in outcome.steps[: max(places, default=0)])
    until = (
        "to the last reload"
        if reloaded
        else "until the env file named the new one; whoever reads it is to be restarted by hand now"
    )
    return (
        *(
            f"the user {step.user} is gone, cut off before the new one was made; its password is "
            "refused on every node"
            for step in gone
        ),
        f"the outage lasted {duration(seconds)}: {until}",
    )
