"""`skc rotate`: look, plan, hand over to the gait, and say what comes next."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import (
    acl_look,
    composed,
    exposed,
    manual,
    plan,
    sink_plan,
)
from skillconnect_ops.commands.rotate import lockdown as outage
from skillconnect_ops.commands.rotate.admin import AdminSource, needs_admin, take_admin
from skillconnect_ops.commands.rotate.choice import chosen, configured
from skillconnect_ops.commands.rotate.copies import left_behind
from skillconnect_ops.commands.rotate.elsewhere import goes_on
from skillconnect_ops.commands.rotate.errors import (
    NotFinishedYet,
    NoUser,
    SlotTaken,
)
from skillconnect_ops.commands.rotate.in_place import windows
from skillconnect_ops.commands.rotate.leaks import Leaks, leaks
from skillconnect_ops.commands.rotate.manual import Source, forget, must_fit, take
from skillconnect_ops.commands.rotate.model import Kind, Named, slots
from skillconnect_ops.commands.rotate.pending import named_first
from skillconnect_ops.commands.rotate.plan import Standing
from skillconnect_ops.commands.rotate.ring_plan import Turn, move_of
from skillconnect_ops.commands.rotate.ring_state import Move, Phase
from skillconnect_ops.commands.rotate.ring_steps import RingTurn
from skillconnect_ops.commands.rotate.rings import (
    Code,
    all_held,
    held,
    must_be_apart,
    must_be_reloaded,
    readable,
    sharing,
)
from skillconnect_ops.commands.rotate.sharing import must_be_known, must_be_named_once
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.commands.rotate.told import next_command, said
from skillconnect_ops.commands.rotate.user_steps import dropping
from skillconnect_ops.commands.rotate.users import (
    has_admin,
    managing,
    must_be_manageable,
    place_of,
    rights_of,
    stale_admin,
)
from skillconnect_ops.commands.rotate.waiting import waiting
from skillconnect_ops.commands.rotate.writable import must_take
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.hooks import of_notice
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource

NOBODY = Source()
"""No pipe: who is at the terminal is asked."""


class Wish(Struct, frozen=True, kw_only=True):
    """What a person asked for."""

    only: tuple[str, ...]
    reason: Reason
    confirmed: bool
    """Whether the person says that every instance knows the staged keys."""
    source: Source = NOBODY
    """Where a value is taken from that a person has made."""
    lockdown: bool = False
    """Whether an outage is accepted, so that the old user is cut off before all else."""
    leaks: Leaks = Leaks()

    def leaked(self, name: str) -> bool:
        """Whether a secret leaked: a person says so, or the project knows."""
        return self.reason is Reason.LEAKED or name in self.leaks.why


def rotate(
    house: House,
    *,
    target: str | None,
    only: tuple[str, ...],
    reason: Reason,
    confirmed: bool,
    choices: Choices,
    lockdown: bool,
    admin: AdminSource,
    source: Source = NOBODY,
) -> Report:
    """Renew secrets; the old values work until `skc rotate finish`. A ring goes one state on.

    Raises:
        Refused: nobody agreed; an earlier rotation is not finished; the next user name is taken; a
            reload command that nobody on this machine trusts; a staged key that is perhaps not
            known everywhere.
        Precondition: no administrator, no such user or secret, a variable in no env file, a ring
            that cannot be read.
        RolledBack: a step failed, and everything was put back.
    """
    aim = house.target(target)
    code = Code(house)
    take_admin(house, aim, admin, needed=lockdown or needs_admin(aim, only))
    if not choices.looks_only:
        house.office().recover(resources_of(house, aim), person=house.person)
    wish = Wish(
        only=only,
        reason=Reason.LEAKED if lockdown else reason,
        confirmed=confirmed,
        source=source,
        lockdown=lockdown,
        leaks=Leaks() if lockdown else leaks(house, aim, chosen(house, aim, only)),
    )
    with ExitStack() as opened:
        opened.enter_context(
            named_first(house, resources_of(house, aim), looks_only=choices.looks_only)
        )
        secrets = meant(house, aim, wish).secrets
        must_fit(secrets, source)
        opened.callback(forget, aim, secrets)
        _must_be_free(house, aim, secrets)
        house.hooks().must_trust(
            {**sink_plan.hooks(secrets), **of_notice(house.project().settings.notify)}
        )
        if any(one.kind is Kind.MONGODB for one in secrets):
            must_be_manageable(house, aim, secrets, lockdown=lockdown)
            if is_managed(aim) or has_admin(house, aim):
                opened.enter_context(house.accounts(aim))  # one connection for all that follows
        outcome = house.office().carry_out(
            lambda: _look(house, aim, wish, code),
            person=house.person,
            resources=_resources(house, aim, secrets),
            consent=outage.consent(aim) if lockdown else Ask(),
            choices=choices,
            prepare=lambda: _prepare(house, aim, secrets, source),
            mirrored=True,
        )
    moves = {one.secret: one.move for one in outcome.plan.steps if isinstance(one, RingTurn)}
    left = (
        goes_on(
            house,
            aim,
            secrets,
            moves,
            urgent=wish.reason is not Reason.SCHEDULED or bool(wish.leaks.why),
            overlap=outcome.plan.then is not None,
        )
        if outcome.walked
        else ()
    )
    lines = (
        *said(secrets, moves, outcome),
        *windows(outcome.facts),
        *(one.line() for one in left),
    )
    return Report(
        command="rotate",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "rotation": {
                "secrets": [one.name for one in secrets],
                "reason": wish.reason.value,
                "leaked": [one.name for one in secrets if wish.leaked(one.name)],
                "lockdown": lockdown,
                "done": outcome.walked,
                "sessions": [{"what": one.what, "command": one.command} for one in left],
                "moves": {name: move.value for name, move in moves.items()},
                "steps": outcome.facts,
            }
        },
        view=(Lines(lines),) if outcome.walked else (),
        next=(next_command(moves, then=outcome.plan.then) if outcome.walked else "skc rotate",),
    )


def _look(house: House, target: Target, wish: Wish, code: Code) -> Plan:
    found = meant(house, target, wish)
    secrets = found.secrets
    must_take(house.project().root, secrets)
    standings = tuple(_standing(house, target, one, wish, code) for one in secrets)
    acl_look.must_be_apart([(one.named.name, one.acl) for one in standings if one.acl is not None])
    where = [
        house.logins(target).address(house.env_values(target)[one.settings.env]).where
        for one in secrets
        if one.kind is Kind.MONGODB
    ]
    where += [one.acl.where for one in standings if one.acl is not None]
    subject = Subject(
        target=target.name,
        cluster=where[0] if where else None,
        repository=str(house.project().root),
        files=tuple(dict.fromkeys(file for one in secrets for file in one.files)),
        sinks=sink_plan.names(secrets),
    )
    if wish.lockdown:
        more = (*composed.notes(house, target, secrets), *found.left_out)
        return outage.plan(standings, subject=subject, more=more)
    stale = stale_admin(house, target, secrets)
    told = (*wish.leaks.lines, *((stale,) if stale else ()))
    told += (*left_behind(house, target, secrets), *composed.notes(house, target, secrets))
    told += (*exposed.notes(house, secrets), *found.left_out)
    return plan.begin(standings, subject=subject, reason=wish.reason, left_out=told)


class Meant(Struct, frozen=True, kw_only=True):
    """The secrets of one run."""

    secrets: tuple[Named, ...]
    left_out: tuple[str, ...] = ()
    """Why others are not among them, a line each."""


def meant(house: House, target: Target, wish: Wish) -> Meant:
    """The secrets that are named; without names what is under way goes on before anything begins.

    Raises:
        SkcError: as `chosen` says; a ring cannot be read.
    """
    if wish.lockdown:
        users, others = outage.meant(chosen(house, target, wish.only), wish.only)
        return Meant(secrets=users, left_out=(others,) if others else ())
    secrets, left = _unasked(chosen(house, target, wish.only), wish)
    if wish.only or wish.reason is Reason.LEAKED:
        return Meant(secrets=secrets, left_out=left)
    phases = {one.name: held(house, one).state.phase for one in secrets if one.kind is Kind.JWT}
    staged = tuple(one for one in secrets if phases.get(one.name) is Phase.STAGED)
    if staged:
        names = ", ".join(one.name for one in secrets if one not in staged)
        first = f"not now: {names}; what is staged goes on first"
        return Meant(secrets=staged, left_out=(first, *left) if names else left)
    busy = tuple(one for one in secrets if phases.get(one.name) in {Phase.RETIRING, Phase.OVER})
    free = tuple(one for one in secrets if one not in busy)
    if not free or not busy:
        return Meant(secrets=secrets, left_out=left)
    names = ", ".join(one.name for one in busy)
    return Meant(secrets=free, left_out=(f"not now: {names}; see skc rotate finish", *left))


def _unasked(secrets: tuple[Named, ...], wish: Wish) -> tuple[tuple[Named, ...], tuple[str, ...]]:
    """Leave out what somebody has to make first, unless it was named or is all there is."""
    by_hand = tuple(one for one in secrets if one.kind is Kind.MANUAL)
    if wish.only or wish.source.piped or len(by_hand) in {0, len(secrets)}:
        return secrets, ()
    left = [
        f"not now: {one.name}; it is made by hand: skc rotate --only {one.name}" for one in by_hand
    ]
    return tuple(one for one in secrets if one not in by_hand), tuple(left)


def _turning(house: House, target: Target, named: Named, wish: Wish, code: Code) -> Standing:
    """A ring, and what is done to it."""
    one = held(house, named)
    others = [
        other
        for other in readable(all_held(house, target).values())
        if other.named.name != named.name
    ]
    leaked = wish.leaked(named.name)
    reads = Missing("it makes no difference") if leaked else code.reads_ring(named.settings.env)
    reason = Reason.LEAKED if leaked else wish.reason
    move = move_of(named, one.state, reads, reason=reason)
    if not leaked:
        must_be_apart(one, others)
    if move is Move.SWAP and not wish.confirmed:
        must_be_reloaded(house, target, one)
    alone = [other for other in others if wish.only and other.named.name not in wish.only]
    shared = sharing(one, alone) if leaked else ()
    turn = Turn(named=named, state=one.state, move=move, reads=reads, shared_with=shared)
    return Standing(named=named, turn=turn, leaked=leaked)


def _standing(house: House, target: Target, named: Named, wish: Wish, code: Code) -> Standing:
    if named.kind is Kind.JWT:
        return _turning(house, target, named, wish, code)
    leaked = wish.leaked(named.name)
    if named.kind is Kind.REDIS:
        return Standing(named=named, acl=acl_look.standing(house, target, named), leaked=leaked)
    if named.kind is Kind.MANUAL:
        return Standing(named=named, manual=manual.standing(house, target, named), leaked=leaked)
    if named.kind is not Kind.MONGODB:
        return Standing(named=named, leaked=leaked)
    address = place_of(house, target, named)
    must_be_named_once(house, target, named, address)
    in_place = named.settings.in_place and not wish.lockdown
    with managing(house, target, named) as accounts:
        account = accounts.find(address.user, address.database)
        successor = slots(address.user).next
        taken = None if in_place else accounts.find(successor, address.database)
        sessions = accounts.sessions(address.user, address.database)
    if account is None:
        raise NoUser(
            f"the server knows no user '{address.user}' in {address.database}",
            why=f"{named.settings.env} names it; authSource says where a user is looked up",
            fix=f"skc doctor   # or correct {named.settings.env}",
        )
    if taken is not None:
        remove = dropping(successor, address.database)
        raise SlotTaken(successor, current=address.user, remove=remove)
    must_be_known(named, address.user, sessions, target=target.name)
    return Standing(
        named=named,
        user=address.user,
        database=address.database,
        rights=rights_of(account),
        managed=is_managed(target),
        in_place=in_place,
        leaked=leaked,
    )


def _prepare(house: House, target: Target, secrets: Sequence[Named], source: Source) -> None:
    """What is to be known before a lock is taken, and does not belong into a look."""
    for one in secrets:
        if one.kind is Kind.REDIS:
            acl_look.try_to_save(house, target, one)
    for one in secrets:
        if one.kind is Kind.MANUAL:
            take(house, target, one, source)


def _must_be_free(house: House, target: Target, secrets: Sequence[Named]) -> None:
    open_ones = {name: one.id for one in waiting(house, target) for name in one.secrets}
    for secret in secrets:
        if secret.name in open_ones:
            raise NotFinishedYet(secret.name, journal=open_ones[secret.name])


def _resources(house: House, target: Target, secrets: Sequence[Named]) -> tuple[Resource, ...]:
    files = dict.fromkeys(file for one in secrets for file in (*one.files, *sink_plan.files([one])))
    return _held(house, target, files=files, names=[one.name for one in secrets])


def resources_of(house: House, target: Target) -> tuple[Resource, ...]:
    """All that a rotation of this target may hold."""
    names = sorted(configured(target))
    sinks = [one.file for one in target.settings.sinks.values() if one.file is not None]
    return _held(house, target, files=(*target.settings.env_files, *sinks), names=names)


def _held(
    house: House, target: Target, *, files: Iterable[str], names: Iterable[str]
) -> tuple[Resource, ...]:
    root = house.project().root
    return (
        *(Resource("env", str((root / file).resolve())) for file in files),
        *(Resource("secret", f"{target.name}/{name}") for name in names),
    )
