"""`skc rotate`: look, plan, hand over to the gait, and say what comes next."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import (
    acl_look,
    composed,
    exposed,
    manual,
    plan,
    sink_plan,
    unnamed,
    unwell,
)
from skillconnect_ops.commands.rotate import lockdown as outage
from skillconnect_ops.commands.rotate.admin import AdminSource, needs_admin, take_admin
from skillconnect_ops.commands.rotate.choice import chosen, names_of
from skillconnect_ops.commands.rotate.claims import all_claims, claims
from skillconnect_ops.commands.rotate.copies import left_behind
from skillconnect_ops.commands.rotate.elsewhere import FINISH, goes_on
from skillconnect_ops.commands.rotate.errors import NotFinishedYet, NoUser, SlotTaken
from skillconnect_ops.commands.rotate.finish import finish
from skillconnect_ops.commands.rotate.going_on import going_on
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
from skillconnect_ops.commands.rotate.sharing import Going, also_named, connected, consent, crowd
from skillconnect_ops.commands.rotate.spreading import is_managed
from skillconnect_ops.commands.rotate.told import next_command, said
from skillconnect_ops.commands.rotate.trusting import must_be_trusted
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
from skillconnect_ops.core.outcome import Fact, Missing
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.accounts import Accounts, AccountSession
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines, listed
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Choices, Consent
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
    only = names_of(aim, only)
    code = Code(house)
    take_admin(house, aim, admin, needed=lockdown or needs_admin(aim, only))
    if not choices.looks_only:
        house.office().recover(all_claims(house, aim), person=house.person)
    wish = Wish(
        only=only,
        reason=Reason.LEAKED if lockdown else reason,
        confirmed=confirmed,
        source=source,
        lockdown=lockdown,
        # where a person says so, nothing is looked up at such an hour
        leaks=Leaks() if lockdown or reason is Reason.LEAKED else _leaks(house, aim, only),
    )
    with ExitStack() as opened:
        opened.enter_context(
            named_first(house, all_claims(house, aim), looks_only=choices.looks_only)
        )
        secrets = meant(house, aim, wish).secrets
        must_fit(secrets, source)
        opened.callback(forget, aim, secrets)
        ended = _overlap_ended(house, aim, secrets, wish, choices)
        if ended and choices.looks_only:
            return replace(ended[-1], command="rotate")
        must_be_trusted(house, secrets, choices, more={})
        if any(one.kind is Kind.MONGODB for one in secrets):
            must_be_manageable(house, aim, secrets, lockdown=lockdown)
            if is_managed(aim) or has_admin(house, aim):
                opened.enter_context(house.accounts(aim))  # one connection for all that follows
        outcome = house.office().carry_out(
            lambda: _look(house, aim, wish, code),
            person=house.person,
            resources=_resources(house, aim, secrets),
            consent=_consent(house, aim, secrets, lockdown=lockdown),
            choices=choices,
            prepare=lambda: _prepare(house, aim, secrets, source),
            mirrored=True,
        )
    moves = {one.secret: one.move for one in outcome.plan.steps if isinstance(one, RingTurn)}
    until = _until(house, aim, moves) if outcome.walked else {}
    left = (
        goes_on(
            house,
            aim,
            secrets,
            moves,
            urgent=wish.reason is not Reason.SCHEDULED or bool(wish.leaks.why),
            overlap=outcome.plan.then is not None,
            until=until,
        )
        if outcome.walked
        else ()
    )
    forgotten = _still_leaked(house, aim, wish, secrets) if outcome.walked else {}
    lines = (
        *said(secrets, moves, outcome, target=aim),
        *windows(outcome.facts),
        *(outage.said(outcome) if lockdown and outcome.walked else ()),
        *unwell.said(outcome.facts),
        # that the old values work until it is finished is said already
        *(one.line() for one in left if one.command != FINISH),
        *(f"still leaked: {env}: {command}" for env, command in forgotten.items()),
        *(() if only else unnamed.notes(house, aim)),
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
                "unnamed": unnamed.unnamed(house, aim),
                "lockdown": lockdown,
                "ended": [one.journal for one in ended],
                "done": outcome.walked,
                "sessions": [{"what": one.what, "command": one.command} for one in left],
                "moves": {name: move.value for name, move in moves.items()},
                "steps": outcome.facts,
                "plan": None if outcome.walked else outcome.plan.facts(),
            }
        },
        view=(*(block for one in ended for block in one.view), Lines(lines, prose=True))
        if outcome.walked
        else (),
        next=(
            _dated(next_command(moves, outcome.plan, target=aim), outcome.plan, until)
            if outcome.walked
            else going_on(house, choices),
            *forgotten.values(),
        ),
    )


def _until(house: House, target: Target, moves: Mapping[str, Move]) -> dict[str, datetime]:
    """The time of the old keys of rings whose staged key signs now, by the secret."""
    rings = readable(all_held(house, target).values()) if Move.SWAP in moves.values() else ()
    return {
        one.named.name: one.state.until
        for one in rings
        if moves.get(one.named.name) is Move.SWAP and one.state.until is not None
    }


def _leaks(house: House, target: Target, only: tuple[str, ...]) -> Leaks:
    meant_all = chosen(house, target, only)
    return leaks(house, target, {one.name: one.settings.env for one in meant_all})


def _still_leaked(
    house: House, target: Target, wish: Wish, secrets: Sequence[Named]
) -> dict[str, str]:
    """What leaked with the others and is made by hand: its variable, and what renews it."""
    if wish.reason is not Reason.LEAKED or wish.only or wish.lockdown:
        return {}
    names = {one.name for one in secrets}
    return {
        one.settings.env: f"skc rotate --only {one.name} --reason leaked"
        for one in chosen(house, target, ())
        if one.kind is Kind.MANUAL and one.name not in names
    }


def _dated(command: str, plan: Plan, until: Mapping[str, datetime]) -> str:
    """What comes next, and from when on, where all that is left is that time."""
    if command != FINISH or plan.then is not None or not until:
        return command
    return f"{command}   # from {min(until.values()):%Y-%m-%d %H:%M} UTC on"


def _look(house: House, target: Target, wish: Wish, code: Code) -> Plan:
    found = meant(house, target, wish)
    secrets = found.secrets
    unread = must_take(house.project().root, secrets)
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
        more = (*composed.notes(house, target, secrets), *unread, *found.left_out)
        return outage.plan(standings, subject=subject, more=more)
    stale = stale_admin(house, target, secrets)
    told = (*wish.leaks.lines, *((stale,) if stale else ()))
    told += (*left_behind(house, target, secrets), *composed.notes(house, target, secrets))
    told += (*exposed.notes(house, secrets), *unwell.notes(house, secrets), *unread)
    told += found.left_out
    told += () if wish.only else unnamed.notes(house, target)
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
    told = also_named(house, target, named, address, leaked=leaked)
    in_place = named.settings.in_place and not wish.lockdown
    with managing(house, target, named) as accounts:
        account = accounts.find(address.user, address.database)
        successor = slots(address.user).next
        taken = None if in_place else accounts.find(successor, address.database)
        seen = _connected(house, target, named, accounts)
    if account is None:
        raise NoUser(
            f"the server knows no user '{address.user}' in {address.database}",
            why=f"{named.settings.env} names it; authSource says where a user is looked up",
            fix=f"skc doctor   # or correct {named.settings.env}",
        )
    if taken is not None:
        remove = dropping(successor, address.database)
        raise SlotTaken(successor, current=address.user, remove=remove)
    told += crowd(named, address.user, seen, target=target.name, leaked=leaked)
    return Standing(
        named=named,
        user=address.user,
        database=address.database,
        rights=rights_of(account),
        managed=is_managed(target),
        in_place=in_place,
        leaked=leaked,
        crowd=told,
    )


def _connected(
    house: House, target: Target, named: Named, accounts: Accounts
) -> Fact[tuple[AccountSession, ...]]:
    address = place_of(house, target, named)
    uri = house.env_values(target)[named.settings.env]
    return connected(house, target, accounts, uri=uri, user=address.user, database=address.database)


def _consent(house: House, target: Target, secrets: Sequence[Named], *, lockdown: bool) -> Consent:
    """What is cut off at once is more than a yes is for."""
    if lockdown:
        return outage.consent(target)
    going = []
    for one in secrets:
        if one.kind is Kind.MONGODB and one.settings.in_place:
            user = place_of(house, target, one).user
            with managing(house, target, one) as accounts:
                seen = _connected(house, target, one, accounts)
            going.append(Going(secret=one.name, user=user, seen=seen))
    return consent(target, going)


def _prepare(house: House, target: Target, secrets: Sequence[Named], source: Source) -> None:
    """What is to be known before a lock is taken, and does not belong into a look."""
    for one in secrets:
        if one.kind is Kind.REDIS:
            acl_look.try_to_save(house, target, one)
    for one in secrets:
        if one.kind is Kind.MANUAL:
            take(house, target, one, source)


def _overlap_ended(
    house: House, target: Target, secrets: Sequence[Named], wish: Wish, choices: Choices
) -> tuple[Report, ...]:
    """No earlier rotation of these is left to finish: where they leaked, that is done first.

    Both values are to go then, and who still works with the older one has no claim to stop it. It
    is shown and asked for as a plan of its own; what leaked is waited for as `finish` does, and
    under lockdown not at all.

    Raises:
        NotFinishedYet: one is left, and nobody said that it leaked.
        SkcError: as `finish` says.
    """
    names = {one.name for one in secrets}
    waits = [one for one in waiting(house, target) if names & set(one.secrets)]
    if not waits:
        return ()
    urgent = wish.lockdown or wish.reason is Reason.LEAKED
    one_plan = choices.save_plan is not None or house.office().applies
    if not urgent or one_plan:
        left = next(name for name in waits[0].secrets if name in names)
        raise NotFinishedYet(left, journal=waits[0].id)
    reports = []
    for one in waits:
        house.person.note(
            f"the last rotation of {listed(one.secrets)} is not finished: the older value still "
            f"works (run {one.id}). It ends first; then comes the new one, with a plan of its own"
        )
        reports.append(
            finish(
                house,
                target=target.name,
                now=False,
                patience_s=0 if wish.lockdown else None,
                reason=Reason.LEAKED,
                choices=choices,
                admin=AdminSource(),
                asks=outage.consent(target) if wish.lockdown else None,
                only=one.id,
            )
        )
    return tuple(reports)


def _resources(house: House, target: Target, secrets: Sequence[Named]) -> tuple[Resource, ...]:
    files = dict.fromkeys(file for one in secrets for file in (*one.files, *sink_plan.files([one])))
    return claims(house, target, files=files, names=[one.name for one in secrets])
