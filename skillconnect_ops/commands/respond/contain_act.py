"""`contain` and `disarm`: shut what anybody can walk through, name whom nobody knows."""

from collections.abc import Sequence
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from skillconnect_ops.commands.respond import census
from skillconnect_ops.commands.respond.census import UserSeen
from skillconnect_ops.commands.respond.contain_steps import (
    AccessClose,
    StrangerDisarm,
    StrangerDisconnect,
)
from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.events import KeptFile
from skillconnect_ops.commands.respond.keeping import keep, where
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.strangers import Strangers, known_to, strangers
from skillconnect_ops.core.errors import Precondition, Refused
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.atlas import AccessEntry
from skillconnect_ops.core.view import Table, listed
from skillconnect_ops.journal.model import Ask, Choices, Consent, TypeName
from skillconnect_ops.journal.resources import Resource


class NothingToShut(Precondition):
    """There is no database."""


class NobodyChosen(Refused):
    """Nobody said who is a stranger."""


def contain(scene: Scene, how: How) -> Done:
    """Close the access list of Atlas where there is one; name users and connections.

    Raises:
        NothingToShut: the target has no database.
        NotAgreed: the answer was no; nothing was changed.
        SkcError: Atlas refused, and what had begun was put back.
    """
    database = scene.target.settings.database
    if database is None:
        raise NothingToShut(
            f"skc knows no door of target {scene.target.name}",
            why="it has no database in skc.yaml",
            fix="shut by hand what can be reached, and close the step with --evidence",
        )
    lines: list[str] = []
    closed: list[AccessEntry] = []
    journal, awaits = None, None
    if database.atlas is not None:
        closed, left, journal = _close(scene, how)
        off = listed([one.value for one in closed])
        lines.append(f"taken off the access list: {off or 'nothing was open to all'}")
        lines.append(f"who may reach the clusters now: {listed(left) or 'NOBODY'}")
    else:
        awaits = _behind(scene, lines)
    found, files = _named(scene, lines)
    return Done(
        text="\n".join(lines),
        shown=(f"in full: {where(scene)}",),
        files=files,
        journal=journal,
        awaits=awaits,
        data={
            "closed": closed,
            "strangers": [f"{one.name}@{one.database}" for one in found.users],
            "connections": [f"{one.app_name} as {one.user}" for one in found.connections],
        },
    )


def _behind(scene: Scene, lines: list[str]) -> str | None:
    """What a person has to see to, unless the server's addresses are none of the internet's."""
    database = scene.target.settings.database
    uri = None
    if database is not None:
        uri = scene.house.env_values(scene.target).get(database.uri.removeprefix("env:"))
    hosts = [] if uri is None else scene.house.logins(scene.target).address(uri).where.split(",")
    outside = [host for host in hosts if not is_inside(host)]
    if hosts and not outside:
        lines.append(f"{listed(hosts)}: no address that the internet reaches")
        return None
    lines.append(f"from where {listed(outside) or 'the server'} can be reached, skc cannot see")
    return "see that a firewall lets in the app's hosts alone"


def is_inside(host: str) -> bool:
    """Whether a `host:port` is of this machine or a private network, by its address; pure."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.strip("[]")
    try:
        return not ip_address(name).is_global
    except ValueError:
        return name == "localhost" or "." not in name


def _close(scene: Scene, how: How) -> tuple[list[AccessEntry], list[str], str | None]:
    """Take off what lets everybody in; gives that, who is left, and the journal."""
    seen: dict[str, AccessEntry] = {}

    def look() -> Plan:
        with scene.house.atlas(scene.target) as project:
            entries = project.access_list()
        seen.update({one.value: one for one in entries})
        return plan(entries, subject=scene.subject)

    outcome = scene.house.office().carry_out(
        look,
        person=scene.house.person,
        resources=(Resource("access", scene.target.name),),
        consent=lambda made: _consent(scene, made),
        choices=Choices(yes=how.yes, confirm=how.confirm),
    )
    closed = [seen[step.value] for step in outcome.plan.steps if isinstance(step, AccessClose)]
    with scene.house.atlas(scene.target) as project:
        left = [one.value for one in project.access_list()]
    return closed, left, outcome.journal


def plan(entries: Sequence[AccessEntry], *, subject: Subject) -> Plan:
    """What is to be taken off, and who is left; pure."""
    wide = [one for one in entries if one.lets_everybody_in]
    left = [f"{one.value} ({one.comment})" if one.comment else one.value for one in entries]
    left = [shown for shown, one in zip(left, entries, strict=True) if not one.lets_everybody_in]
    notes = [f"then only these reach the clusters: {', '.join(left) or 'NOBODY, the app neither'}"]
    if left:
        notes.append("the app's own addresses must be among them, or it loses its database")
    notes.append("connections that are open stay for a while: Atlas ends them when it does")
    state = "\0".join(sorted(one.value for one in entries))
    return Plan(
        command="respond contain",
        subject=subject,
        state=sha256(state.encode()).hexdigest(),
        steps=tuple(AccessClose(key=f"close:{one.value}", value=one.value) for one in wide),
        notes=tuple(notes) if wide else (),
    )


def _consent(scene: Scene, made: Plan) -> Consent:
    """A yes; the target's name where nobody at all could reach the clusters afterwards."""
    if any("NOBODY" in note for note in made.notes):
        return TypeName(scene.target.name, does="cuts everybody off from the clusters of")
    return Ask()


def _named(scene: Scene, lines: list[str]) -> tuple[Strangers, tuple[KeptFile, ...]]:
    """Say of users and connections whom nobody knows, and keep it."""
    seen = census.take(scene.house, scene.target)
    for what, fact in (("users", seen.users), ("connections", seen.connections)):
        if isinstance(fact, Missing):
            lines.append(f"{what} could not be looked at: {fact.reason}")
    found = strangers(seen, known_to(scene.house, scene.target))
    names = [
        f"{one.name}@{one.database} ({listed(one.roles) or 'no roles'})" for one in found.users
    ]
    lines.append(f"users that nobody here knows: {listed(names, most=10) or 'none'}")
    live = sorted({f"{one.app_name} as {one.user} from {one.client}" for one in found.connections})
    lines.append(f"connections that nobody here knows: {listed(live, most=10) or 'none'}")
    kept = keep(
        scene, "strangers", {"users": list(found.users), "connections": list(found.connections)}
    )
    return found, (kept,)


def disarm(scene: Scene, how: How) -> Done:
    """Take the rights from the strangers that a person names, and end what they have running.

    Raises:
        NobodyChosen: nobody was named, and nobody can be asked.
        NotAgreed: the answer was no; nothing was changed.
        SkcError: it failed, and was put back.
    """
    seen = census.take(scene.house, scene.target)
    found = strangers(seen, known_to(scene.house, scene.target)).users
    chosen = _chosen(scene, found, how)
    if not chosen:
        return Done(text="there is nobody to disarm")
    managed = scene.target.settings.database is not None and (
        scene.target.settings.database.atlas is not None
    )
    had = _roles(scene, chosen)
    outcome = scene.house.office().carry_out(
        lambda: disarm_plan(chosen, subject=scene.subject, managed=managed),
        person=scene.house.person,
        resources=(Resource("users", scene.target.name),),
        consent=Ask(),
        choices=Choices(yes=how.yes),
    )
    names = [f"{one.name}@{one.database}" for one in chosen]
    return Done(
        text=f"without any right now: {', '.join(names)}",
        journal=outcome.journal,
        data={"disarmed": had},
    )


def _roles(scene: Scene, chosen: Sequence[UserSeen]) -> list[dict[str, Any]]:
    """What each of them may do, for the way back."""
    found = []
    with scene.house.accounts(scene.target) as accounts:
        for one in chosen:
            account = accounts.find(one.name, one.database)
            roles = sorted(account.roles) if account is not None else []
            told = [[role.name, role.database, role.collection] for role in roles]
            found.append({"user": one.name, "database": one.database, "roles": told})
    return found


def disarm_plan(chosen: Sequence[UserSeen], *, subject: Subject, managed: bool) -> Plan:
    """Their roles go first, which can be taken back; then what they have running."""
    steps = tuple(
        StrangerDisarm(
            key=f"disarm:{one.name}@{one.database}", user=one.name, database=one.database
        )
        for one in chosen
    )
    final = tuple(
        StrangerDisconnect(
            key=f"disconnect:{one.name}@{one.database}", user=one.name, database=one.database
        )
        for one in chosen
    )
    state = "\0".join(f"{one.name}@{one.database}" for one in chosen)
    return Plan(
        command="respond disarm",
        subject=subject,
        state=sha256(state.encode()).hexdigest(),
        steps=steps,
        final=() if managed else final,  # without roles nothing runs there either
        notes=(
            "the user stays, without rights: what it is and when it came are evidence",
            "its roles are in the journal, and in mongodb-users.json of this incident",
        ),
    )


def _chosen(scene: Scene, found: Sequence[UserSeen], how: How) -> list[UserSeen]:
    if not found:
        return []
    known = {f"{one.name}@{one.database}": one for one in found}
    if how.only:
        strange = [name for name in how.only if name not in known]
        if strange:
            raise NobodyChosen(
                f"{strange[0]} is none of those that nobody knows",
                why=f"those are {', '.join(known)}",
                fix="skc respond step disarm --only NAME@DATABASE",
            )
        return [known[name] for name in how.only]
    table = Table(
        ("user", "roles"),
        tuple((name, listed(one.roles) or "none") for name, one in known.items()),
        title="Users that nobody here knows",
    )
    rows = scene.house.person.choose(table, question="Whose rights are taken?")
    if rows is None:
        raise NobodyChosen(
            "nobody was named whose rights are to be taken",
            why=f"nobody here knows {', '.join(known)}; one of them may be a job of yours",
            fix=f"skc respond step disarm --only {next(iter(known))}",
        )
    return [found[row] for row in rows]
