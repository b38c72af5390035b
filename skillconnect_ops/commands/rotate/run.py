"""`skc rotate`: look, plan, hand over to the gait, and say what comes next."""

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import plan
from skillconnect_ops.commands.rotate.choice import chosen
from skillconnect_ops.commands.rotate.errors import (
    NoAdmin,
    NotFinishedYet,
    NoUser,
    SlotTaken,
)
from skillconnect_ops.commands.rotate.model import Kind, Named, slots
from skillconnect_ops.commands.rotate.plan import Standing
from skillconnect_ops.commands.rotate.waiting import waiting
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.accounts import Account
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource


def rotate(
    house: House, *, target: str | None, only: tuple[str, ...], reason: Reason, choices: Choices
) -> Report:
    """Renew secrets; the old values work until `skc rotate finish`.

    Raises:
        Refused: nobody agreed; an earlier rotation is not finished; the next user name is taken; a
            reload command that nobody on this machine trusts.
        Precondition: no administrator, no such user or secret, a variable in no env file.
        RolledBack: a step failed, and everything was put back.
    """
    aim = house.target(target)
    with ExitStack() as opened:
        secrets = chosen(house, aim, only)
        _must_be_free(house, aim, secrets)
        house.hooks().must_trust(
            {name: one.reload for each in secrets for name, one in each.consumers if one.reload}
        )
        if any(one.kind is Kind.MONGODB for one in secrets):
            _need_admin(house, aim)
            opened.enter_context(house.accounts(aim))  # one connection for all that follows
        outcome = house.office().carry_out(
            lambda: _look(house, aim, only, reason),
            person=house.person,
            resources=_resources(house, aim, secrets),
            consent=Ask(),
            choices=choices,
        )
    return Report(
        command="rotate",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "rotation": {
                "secrets": [one.name for one in secrets],
                "reason": reason.value,
                "done": outcome.walked,
                "steps": outcome.facts,
            }
        },
        view=(Lines(_said(secrets)),) if outcome.walked else (),
        next=("skc rotate finish",) if outcome.walked else (house.person.again(),),
    )


def _look(house: House, target: Target, only: tuple[str, ...], reason: Reason) -> Plan:
    secrets = chosen(house, target, only)
    standings = tuple(_standing(house, target, one) for one in secrets)
    where = [
        house.logins(target).address(house.env_values(target)[one.settings.env]).where
        for one in secrets
        if one.kind is Kind.MONGODB
    ]
    subject = Subject(
        target=target.name,
        cluster=where[0] if where else None,
        repository=str(house.project().root),
        files=tuple(dict.fromkeys(file for one in secrets for file in one.files)),
    )
    return plan.begin(standings, subject=subject, reason=reason)


def _standing(house: House, target: Target, named: Named) -> Standing:
    if named.kind is not Kind.MONGODB:
        return Standing(named=named)
    address = house.logins(target).address(house.env_values(target)[named.settings.env])
    with house.accounts(target) as accounts:
        account = accounts.find(address.user, address.database)
        successor = slots(address.user).next
        taken = accounts.find(successor, address.database)
    if account is None:
        raise NoUser(
            f"the server knows no user '{address.user}' in {address.database}",
            why=f"{named.settings.env} names it; authSource says where a user is looked up",
            fix=f"skc doctor   # or correct {named.settings.env}",
        )
    if taken is not None:
        raise SlotTaken(successor, database=address.database, current=address.user)
    return Standing(
        named=named, user=address.user, database=address.database, rights=_rights(account)
    )


def _rights(account: Account) -> str:
    roles = sorted(account.roles, key=lambda role: (role.database, role.name))
    plain = msgspec.json.encode([roles, account.restrictions, sorted(account.mechanisms)])
    return sha256(plain).hexdigest()


def _need_admin(house: House, target: Target) -> None:
    settings = target.settings.database
    variable = settings.admin_uri if settings is not None else "SKC_MONGO_ADMIN_URI"
    if not house.environment.get(variable):
        raise NoAdmin(variable)


def _must_be_free(house: House, target: Target, secrets: Sequence[Named]) -> None:
    open_ones = {name: one.id for one in waiting(house, target) for name in one.secrets}
    for secret in secrets:
        if secret.name in open_ones:
            raise NotFinishedYet(secret.name, journal=open_ones[secret.name])


def _resources(house: House, target: Target, secrets: Sequence[Named]) -> tuple[Resource, ...]:
    root = house.project().root
    files = dict.fromkeys(file for one in secrets for file in one.files)
    return (
        *(Resource("env", str((root / file).resolve())) for file in files),
        *(Resource("secret", f"{target.name}/{one.name}") for one in secrets),
    )


def _said(secrets: Sequence[Named]) -> tuple[str, ...]:
    lines = []
    for one in secrets:
        readers = [name for name, consumer in one.consumers if consumer.reload]
        reloaded = f"; reloaded {', '.join(readers)}" if readers else ""
        lines.append(f"{one.settings.env} is new in {', '.join(one.files)}{reloaded}")
    return (*lines, "the old values still work, until: skc rotate finish")
