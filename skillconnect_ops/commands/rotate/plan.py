"""What is and what is wanted -> the plan; pure."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import assert_never

from msgspec import Struct

from skillconnect_ops.commands.rotate import (
    acl_plan,
    in_place,
    observe_plan,
    ring_plan,
    sink_plan,
)
from skillconnect_ops.commands.rotate.accepting import accepted_in, readers_of
from skillconnect_ops.commands.rotate.acl_making import AclAdmit, AclCreate, AclMade, AclReplace
from skillconnect_ops.commands.rotate.acl_plan import AclStanding, Way
from skillconnect_ops.commands.rotate.atlas_steps import LIVES_S, UserSettle
from skillconnect_ops.commands.rotate.ending_plan import Made, held, made_again, seen
from skillconnect_ops.commands.rotate.in_place import PasswordChange, WindowClose
from skillconnect_ops.commands.rotate.manual import ManualStanding
from skillconnect_ops.commands.rotate.manual_steps import ValueRevoked, ValueTake
from skillconnect_ops.commands.rotate.model import Kind, Named, slots
from skillconnect_ops.commands.rotate.observe_steps import Loads
from skillconnect_ops.commands.rotate.publish_steps import (
    ConsumerKeep,
    ConsumerReload,
    EnvPublish,
    ValueMake,
    ValueRetire,
)
from skillconnect_ops.commands.rotate.ring_plan import Turn
from skillconnect_ops.commands.rotate.ring_steps import RingTurn
from skillconnect_ops.commands.rotate.sharing import Going, last_words
from skillconnect_ops.commands.rotate.user_steps import (
    UserCreate,
    UserDisarm,
    UserDrain,
    UserDrop,
)
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.matching import Reason

FINISH = "rotate finish"
PATIENCE_S = {Reason.SCHEDULED: 300, Reason.OFFBOARDING: 300, Reason.LEAKED: 600}
"""How long the old user is waited for; a leaked one is overlapped by 10 minutes at most."""


class Standing(Struct, frozen=True, kw_only=True):
    """A secret as it was found."""

    named: Named
    user: str | None = None
    """MongoDB: the user of the present connection string."""
    database: str | None = None
    """MongoDB: where it is looked up."""
    rights: str = ""
    """MongoDB: a digest of the user's roles and restrictions."""
    managed: bool = False
    """MongoDB: whether its users belong to an Atlas project."""
    in_place: bool = False
    """MongoDB: whether the user stays and its password is changed."""
    leaked: bool = False
    """Whether it counts as leaked, whatever the reason of the others is."""
    crowd: tuple[str, ...] = ()
    """MongoDB: what is to be said of others on the same user, a line each."""
    acl: AclStanding | None = None
    """Redis: the user of the present connection string."""
    manual: ManualStanding | None = None
    """A value that a person makes."""
    turn: Turn | None = None
    """A ring of signing keys: what is done to it."""


class Stands(Struct, frozen=True, kw_only=True):
    """How the new values of a rotation stand when its end is planned."""

    identity: tuple[str, ...] = ()
    """What the app reads and the server knows, without a secret."""
    gone: tuple[str, ...] = ()
    """The keys of the steps whose user the server knows no more."""


def begin(
    standings: Sequence[Standing], *, subject: Subject, reason: Reason, left_out: Sequence[str] = ()
) -> Plan:
    """The plan of `skc rotate`: everything that can be taken back, and records of what cannot.

    Args:
        standings: the secrets as they were found.
        subject: where.
        reason: why.
        left_out: secrets that were not named and are not meant now, a line each.
    """
    turns = [one.turn for one in standings if one.turn is not None]
    inside = [one for one in standings if one.in_place]
    late = [*inside, *(one for one in standings if one.acl and one.acl.way is Way.INSTEAD)]
    steps = [
        step for one in standings if one not in late for step in made(one, _reason(one, reason))
    ]
    reading = readers([one.named for one in standings])
    waits = len(turns) + len(inside) < len(standings) or any(one.by_hand for one in turns)
    steps += [ConsumerKeep(key=f"keep:{name}", consumer=name) for name in reading]
    # after the keepers: on the way back the server has the old password before anybody is reloaded
    steps += [step for one in late for step in made(one, _reason(one, reason))]
    steps += [step for one in standings for step in _published(one)]
    steps += [ConsumerReload(key=f"reload:{name}", consumer=name) for name in reading]
    steps += [_closing(one) for one in inside]
    new = [one for one in steps if isinstance(one, Made | PasswordChange)]
    steps += [seen(one, steps, begins=True) for one in new]
    steps += observe_plan.after_reload([one.named for one in standings])
    return Plan(
        command="rotate",
        subject=subject,
        state=digest(standings, reason),
        steps=tuple(steps),
        final=tuple(
            ring_plan.retire_step(one.turn, reason=_reason(one, reason), command="rotate")
            for one in standings
            if one.turn is not None and one.turn.retires
        )
        + tuple(held(one, steps) for one in new if isinstance(one, PasswordChange))
        + tuple(_retired_at_once(one, _reason(one, reason)) for one in inside),
        notes=(*_notes(standings, reason, waits=waits), *left_out),
        then=FINISH if waits else None,
    )


def end(
    begun: Plan | None,
    closing: Sequence[Turn],
    *,
    subject: Subject,
    reason: Reason | None,
    patience_s: int | None,
    journal: str | None,
    since_s: float = 0.0,
    since: datetime | None = None,
    revoked_by: str | None = None,
    target: Target | None = None,
    stands: Stands | None = None,
    publish_again: bool = False,
    confirmed: bool = False,
    going: Sequence[Going] = (),
) -> Plan:
    """The plan of `skc rotate finish`: the old values of a rotation go.

    Args:
        begun: the plan of that rotation, where one waits.
        closing: the rings whose old keys go.
        subject: where.
        reason: why the old values go, where a person says another one than when it began.
        patience_s: how long the old users are waited for, where a person says so.
        journal: the id of that rotation's journal.
        since_s: how long ago it came to its end; for a leaked value that counts as waiting.
        since: when it began.
        revoked_by: who says to have revoked what skc cannot.
        target: whose consumers are looked at before the old values go.
        stands: how the new values stand now, by what the app reads and the server knows.
        publish_again: whether they are brought back to where they were published.
        confirmed: whether a person says that what skc did not reload was restarted.
        going: the old users, and who is connected as each.
    """
    made = made_in(begun) if begun is not None else ()
    begun_steps = begun.steps if begun is not None else ()
    why = reason or max(
        (Reason(one.reason) for one in made), key=list(Reason).index, default=Reason.SCHEDULED
    )
    wait = PATIENCE_S[why] if patience_s is None else patience_s
    if why is Reason.LEAKED and patience_s is None:
        wait = min(wait, max(0, wait - int(since_s)))
    leaked = why is Reason.LEAKED
    accepted = accepted_in(begun, reason=reason) if begun is not None else ()
    rings = [one for one in accepted if isinstance(one, RingTurn)]
    steps: list[Step] = []
    if publish_again and target is not None:
        known = target.settings.consumers
        reading = [name for name, consumer in known.items() if consumer.reload]
        gone = stands.gone if stands is not None else ()
        steps += made_again(made, begun_steps, gone=gone, readers=reading)
    steps += [_revoked(one, revoked_by) for one in made if isinstance(one, ValueTake)]
    steps += [seen(one, begun_steps) for one in made if not isinstance(one, ValueTake)]
    if target is not None:
        doubted = () if confirmed else readers_of(accepted)
        asked = _to_be_seen(made, rings, journal)
        steps += observe_plan.before_end(target, asked, cut_off=leaked, doubted=doubted)
    parts = [_drained(one, patience_s=wait, cut_off=leaked, since=since) for one in made]
    steps += [step for part in parts for step in part[:1]]
    steps += _closed(closing)
    if any(parts) or closing:  # that took its time, and from here on the old ones end
        steps += [seen(one, begun_steps, verb="see-again") for one in made]
    steps += [step for part in parts for step in part[1:]]
    final = list[Step]()
    for one in made:
        final += [held(one, begun_steps), *_dropped(one, cut_off=leaked)]
    final += [_retired(one, why) for one in made]
    final += [
        ring_plan.settled_step(
            one, reason=reason or Reason(one.reason), command=FINISH, begun=str(journal)
        )
        for one in rings
    ]
    final += [
        ring_plan.retire_step(one, reason=reason or Reason.SCHEDULED, command=FINISH)
        for one in closing
    ]
    identity = "\0".join([str(journal), why.value, *(one.identity() for one in closing)])
    identity += "\0".join(stands.identity) if stands is not None else ""
    return Plan(
        command=FINISH,
        subject=subject,
        state=sha256(identity.encode()).hexdigest(),
        steps=tuple(steps),
        final=tuple(final),
        notes=(*last_words(going, cut_off=leaked), *_end_notes(made, closing, cut_off=leaked)),
    )


def _to_be_seen(
    made: Sequence[Made], rings: Sequence[RingTurn], journal: str | None
) -> tuple[Loads, ...]:
    """The new values that the consumers are to run with before the old ones go."""
    values = [
        Loads(secret=one.secret, env=one.env, ring=False, own=isinstance(one, ValueMake))
        for one in made
    ]
    keys = [
        Loads(secret=one.secret, env=one.env, ring=True, begun=journal, own=True) for one in rings
    ]
    return (*values, *keys)


def made_in(begun: Plan) -> tuple[Made, ...]:
    """The steps of a rotation that made a new credential."""
    return tuple(step for step in begun.steps if isinstance(step, Made))


def _drained(
    one: Made, *, patience_s: int, cut_off: bool, since: datetime | None
) -> tuple[Step, ...]:
    """The steps that see an old credential fall out of use; they can be taken back."""
    match one:
        case UserCreate():
            return (
                UserDrain(
                    key=f"drain:{one.like}",
                    user=one.like,
                    database=one.database,
                    patience_s=patience_s,
                    cut_off=cut_off,
                    secret=one.secret,
                    env=one.env,
                ),
                UserDisarm(key=f"disarm:{one.like}", user=one.like, database=one.database),
            )
        case AclCreate() | AclAdmit() | AclReplace():
            return acl_plan.drained(one, patience_s=patience_s, cut_off=cut_off, since=since)
        case ValueMake() | ValueTake():
            return ()
        case never:
            assert_never(never)


def _dropped(one: Made, *, cut_off: bool) -> tuple[Step, ...]:
    """The final steps that end an old credential, and see it refused."""
    match one:
        case UserCreate():
            return (
                UserDrop(
                    key=f"drop:{one.like}", user=one.like, database=one.database, secret=one.secret
                ),
            )
        case AclCreate() | AclAdmit() | AclReplace():
            return (acl_plan.dropped(one, cut_off=cut_off),)
        case ValueMake() | ValueTake():
            return ()
        case never:
            assert_never(never)


def _retired(one: Made, why: Reason) -> Step:
    """The final step that remembers an old value."""
    match one:
        case UserCreate():
            sort = "mongodb URI"
        case AclCreate() | AclAdmit() | AclReplace():
            sort = "redis URI"
        case ValueMake() | ValueTake():
            sort = "value"
        case never:
            assert_never(never)
    return ValueRetire(
        key=f"retire:{one.env}",
        secret=one.secret,
        env=one.env,
        sort=sort,
        reason=why.value,
        refused=not isinstance(one, ValueMake | ValueTake),
    )


def _revoked(one: ValueTake, by: str | None) -> Step:
    """The first step of an end: what skc cannot end was ended by somebody."""
    return ValueRevoked(
        key=f"revoked:{one.env}",
        secret=one.secret,
        env=one.env,
        where=one.where,
        login=one.login,
        by=by,
    )


def _closed(closing: Sequence[Turn]) -> list[Step]:
    """The old keys of rings leave the env files, and those who read them."""
    reading = readers([one.named for one in closing])
    steps = [ring_plan.turn_step(one, reason=Reason.SCHEDULED) for one in closing]
    steps += [ConsumerKeep(key=f"keep:{name}", consumer=name) for name in reading]
    steps += [step for one in closing for step in ring_plan.publish_steps(one)]
    steps += [ConsumerReload(key=f"reload:{name}", consumer=name) for name in reading]
    steps += observe_plan.after_reload([one.named for one in closing], of="/keys")
    return steps


def readers(secrets: Sequence[Named]) -> tuple[str, ...]:
    """The consumers that have a reload command, each once."""
    named = (pair for one in secrets for pair in one.consumers)
    return tuple(dict.fromkeys(name for name, consumer in named if consumer.reload))


def _published(one: Standing) -> tuple[Step, ...]:
    if one.turn is not None:
        return ring_plan.publish_steps(one.turn)
    return tuple(
        EnvPublish(
            key=f"publish:{one.named.settings.env}@{path}",
            secret=one.named.name,
            path=path,
            env=one.named.settings.env,
        )
        for path in one.named.files
    ) + sink_plan.publish_steps(one.named)


def made(one: Standing, reason: Reason) -> tuple[Step, ...]:
    """The steps that make a new credential; nobody uses it yet."""
    named = one.named
    if one.turn is not None:
        return (ring_plan.turn_step(one.turn, reason=reason),)
    if one.acl is not None:
        return (acl_plan.made(named, one.acl, reason=reason),)
    if one.manual is not None:
        take = ValueTake(
            key=f"take:{named.settings.env}",
            secret=named.name,
            env=named.settings.env,
            reason=reason.value,
            where=one.manual.where,
            token=one.manual.token,
            login=one.manual.login,
        )
        return (take,)
    if named.kind is Kind.RANDOM or one.user is None or one.database is None:
        make = ValueMake(
            key=f"make:{named.name}",
            secret=named.name,
            env=named.settings.env,
            reason=reason.value,
            by_hand=named.by_hand,
        )
        return (make,)
    if one.in_place:
        change = PasswordChange(
            key=f"change:{one.user}",
            user=one.user,
            database=one.database,
            secret=named.name,
            env=named.settings.env,
            reason=reason.value,
        )
        return (change,)
    successor = slots(one.user).next
    create = UserCreate(
        key=f"create:{successor}",
        user=successor,
        database=one.database,
        like=one.user,
        secret=named.name,
        env=named.settings.env,
        reason=reason.value,
        lives_s=LIVES_S if one.managed else 0,
    )
    settle = UserSettle(key=f"settle:{successor}", user=successor, database=one.database)
    return (create, settle) if one.managed else (create,)


def _closing(one: Standing) -> Step:
    return WindowClose(
        key=f"measure:{one.user}",
        user=str(one.user),
        database=str(one.database),
        secret=one.named.name,
        by_hand=_by_hand(one),
    )


def _by_hand(one: Standing) -> tuple[str, ...]:
    return tuple(name for name, consumer in one.named.consumers if not consumer.reload)


def _retired_at_once(one: Standing, reason: Reason) -> Step:
    """The old password ends with the change itself."""
    return ValueRetire(
        key=f"retire:{one.named.settings.env}",
        secret=one.named.name,
        env=one.named.settings.env,
        sort="mongodb URI",
        reason=reason.value,
        refused=True,
    )


def _reason(one: Standing, reason: Reason) -> Reason:
    return Reason.LEAKED if one.leaked else reason


def _notes(standings: Sequence[Standing], reason: Reason, *, waits: bool) -> tuple[str, ...]:
    """The blast radius, the worst first."""
    leaked = [one for one in standings if _reason(one, reason) is Reason.LEAKED]
    due = [one for one in standings if one not in leaked]
    notes = [
        *(line for one in standings for line in one.crowd),
        *ring_plan.notes([one.turn for one in leaked if one.turn], reason=Reason.LEAKED),
        *ring_plan.notes([one.turn for one in due if one.turn], reason=reason),
    ]
    notes += sink_plan.notes([one.named for one in standings])
    blind = [one.named.name for one in standings if one.named.kind is Kind.RANDOM]
    if blind:
        notes.append(
            f"{', '.join(blind)}: from its reload on an app takes the new value alone; what was "
            "made with the old one (sessions, signatures, cookies) is refused from then on"
        )
    consumers = {name: one for each in standings for name, one in each.named.consumers}
    by_hand = sorted(name for name, one in consumers.items() if not one.reload)
    if not consumers:
        notes.append("no consumer is named in skc.yaml: restart whatever reads the env files")
    elif by_hand:
        then = ", then finish" if waits else ""
        self_made = all(consumers[name].health for name in by_hand)
        unless = ", unless it reads its env files anew by itself" if self_made else ""
        notes.append(f"no reload command: restart {', '.join(by_hand)} by hand{unless}{then}")
    notes += ring_plan.confirms([one.turn for one in standings if one.turn])
    for one in standings:
        if one.in_place:
            reloaded = readers([one.named])
            notes += in_place.notes(str(one.user), reloaded, _by_hand(one), leaked=one in leaked)
    if any(one.user is not None and not one.in_place for one in standings):
        notes.append("sessions end: none; the old user works until `skc rotate finish`")
    if any(one.managed for one in standings):
        notes.append(
            "Atlas takes a change over cluster by cluster, mostly within 20 s: every cluster is "
            "asked until it has, then logins decide"
        )
    notes += [
        f"skc cannot revoke the old {one.named.settings.env}: do that before `skc rotate finish`, "
        f"and not before the consumers are reloaded: {one.manual.where}"
        for one in standings
        if one.manual is not None
    ]
    notes += acl_plan.notes([one.acl for one in standings if one.acl is not None])
    if any(one.turn is None and not one.in_place for one in leaked):
        notes.append("it leaked: finish at once; the old value works until then")
    return tuple(notes)


def _end_notes(made: Sequence[Made], closing: Sequence[Turn], *, cut_off: bool) -> tuple[str, ...]:
    notes = list(ring_plan.notes(closing, reason=Reason.SCHEDULED))
    notes += sink_plan.notes([one.named for one in closing])
    blind = [
        one.env
        for one in made
        if isinstance(one, ValueMake) or (isinstance(one, ValueTake) and one.login is None)
    ]
    if blind:
        notes.append(f"that the old {', '.join(blind)} is refused cannot be seen from here")
    if any(isinstance(one, UserCreate) and one.lives_s for one in made):
        notes.append(
            "who is connected is not observable on Atlas: see that every consumer was reloaded"
        )
    if any(isinstance(one, UserCreate | AclCreate) for one in made):
        notes.append("whoever still uses an old user then is cut off, and cannot come back")
    notes += acl_plan.end_notes([one for one in made if isinstance(one, AclMade)], cut_off=cut_off)
    return tuple(notes)


def digest(standings: Sequence[Standing], reason: Reason) -> str:
    """What a plan is made from."""
    parts = [reason.value]
    for one in standings:
        named = one.named
        parts += ["leaked"] if one.leaked else []
        parts += ["in place"] if one.in_place else []
        parts += [named.name, named.settings.env, *named.files, str(one.user), str(one.database)]
        parts += [one.rights, *(name for name, _ in named.consumers)]
        parts += [sink_plan.identity(named)] if named.sinks else []
        parts += [one.manual.identity()] if one.manual is not None else []
        parts += [one.acl.identity()] if one.acl is not None else []
        parts += [one.turn.identity()] if one.turn is not None else []
    return sha256("\0".join(parts).encode()).hexdigest()
