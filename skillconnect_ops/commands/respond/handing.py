"""`skc respond handover` and `take`: an incident goes to another machine, sealed in one file.

In it are the chains of the ledger, as they are (each line is signed, so that nothing in them can be
changed on the way), and what was kept in private. It is encrypted (age) to the recipients of the
target's backups, else to a key of its own that a passphrase opens. Taking it adds what is lacking
here; a chain that has gone on in both places under one name is refused.
"""

import base64
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.choosing import chosen
from skillconnect_ops.commands.respond.events import EventFacts, Happened
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.commands.respond.scene import Scene
from skillconnect_ops.commands.respond.sealing import (
    LEDGERS,
    SCHEMA,
    Inside,
    NotAHandover,
    Outside,
    encrypted,
    opened,
    seal,
)
from skillconnect_ops.commands.respond.standing import Incident
from skillconnect_ops.core.errors import NeedsPerson, Refused
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines, count
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.plain import plain_bytes
from skillconnect_ops.evidence import chain
from skillconnect_ops.journal.errors import NotAgreed


class ChainsDiffer(NeedsPerson):
    """A chain has gone on in both places: two machines share one key."""


def handover(house: House, path: Path, *, incident: str | None, person: str | None) -> Report:
    """Seal an incident into a file.

    Raises:
        Refused: something lies there, or no passphrase can be asked for.
        SkcError: it cannot be written.
    """
    log = Log(house, person=person)
    found = chosen(log.read(), incident)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    place = house.environment.folder / path
    if place.exists():
        raise Refused(
            f"{path} is there already",
            why="a handover is never written over",
            fix="name another file",
        )
    recipients, wrapped = seal(scene)
    log.join(found)
    scene.write(Happened.HANDED_OVER, EventFacts(text="sealed, for another machine"))
    inside = Inside(chains=_chains(house), files=_files(scene))
    outside = Outside(
        schema=SCHEMA,
        project=house.project().settings.project.id,
        incident=found.id,
        person=log.person,
        machine=log.machine,
        at=house.clock.now(),
        key=None if wrapped is None else base64.b64encode(wrapped).decode(),
        sealed=base64.b64encode(encrypted(msgspec.msgpack.encode(inside), recipients)).decode(),
    )
    with explained(f"write {path}"):
        house.disk.replace(place, msgspec.json.encode(outside) + b"\n", mode=0o600)
    waiting = [one for one in house.office().journals() if not one.standing.over]
    lines = [
        f"{count(len(inside.chains), 'chain')} and {count(len(inside.files), 'file')} in {path}",
        *(
            f"the run {one.id} stands half-way, and is taken by: skc journal take {one.id}"
            for one in waiting
        ),
    ]
    return Report(
        command="respond handover",
        subject={"target": found.target, "incident": found.id},
        facts={"chains": sorted(inside.chains), "files": sorted(inside.files)},
        view=(Lines(tuple(lines)),),
        next=(f"skc respond take {path.name}",),
    )


def take(
    house: House,
    path: Path,
    *,
    person: str | None,
    identity: Path | None,
    yes: bool,
) -> Report:
    """Open a handover, show what it brings, and add it to what is here.

    Raises:
        NotAHandover: it is none, or of another project.
        WrongKey: what was given does not open it.
        ChainIsBroken: a chain in it is not as it was written.
        ChainsDiffer: a chain has gone on in both places.
        NotAgreed: the answer was no; nothing was changed.
    """
    outside = _read(house, path)
    inside = opened(house, outside, identity)
    root = house.project().root / ".skc"
    news = {name: data for name, data in inside.chains.items() if _is_news(root / name, data)}
    plan = Plan(
        command=f"respond take {path.name}",
        subject=Subject(repository=str(house.project().root)),
        state=sha256("\0".join(sorted(news)).encode()).hexdigest(),
        steps=tuple(Step(key=f"add what is new of .skc/{name}") for name in sorted(news)),
        notes=(
            f"the incident {outside.incident}, from {outside.person} on {outside.machine}",
            f"{count(len(inside.files), 'kept file')} come into the private state of this machine",
        ),
    )
    house.person.show(plan)
    if not yes and not house.person.agrees(plan):
        raise NotAgreed("nothing was done", why="the answer was no", fix="")
    with explained("add what a handover brings"):
        for name, data in sorted(news.items()):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            house.disk.replace(root / name, data, mode=0o644)
    return _taken(house, outside, inside, person=person, news=len(news))


def _taken(
    house: House, outside: Outside, inside: Inside, *, person: str | None, news: int
) -> Report:
    log = Log(house, person=person)
    found = chosen(log.read(), outside.incident)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    with explained("keep what a handover brings"):
        house.disk.make_private(scene.folder)
        for name, data in inside.files.items():
            if not (scene.folder / name).exists():
                house.disk.replace(scene.folder / name, data, mode=0o600)
    odd = changed(found, inside.files)
    log.join(found)
    scene.write(Happened.TAKEN, EventFacts(text=f"from {outside.person} on {outside.machine}"))
    lines = [f"{outside.incident} is here; {count(news, 'chain')} had news"]
    lines += [f"WARNING: {name} is not what the log says was kept" for name in odd]
    return Report(
        command="respond take",
        subject={"target": found.target, "incident": found.id},
        facts={"chains": news, "files": sorted(inside.files), "changed": list(odd)},
        view=(Lines(tuple(lines)),),
        next=("skc respond",),
    )


def changed(incident: Incident, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The files whose hashes are not those of the log; pure."""
    told = {one.name: one.sha256 for event in incident.events for one in event.facts.files}
    return tuple(
        sorted(
            name
            for name, data in files.items()
            if name in told and told[name] != sha256(data).hexdigest()
        )
    )


def _chains(house: House) -> dict[str, bytes]:
    shared = house.project().root / ".skc"
    return {
        f"{ledger}/{name}": house.disk.read(shared / ledger / name)
        for ledger in LEDGERS
        for name in house.disk.names(shared / ledger)
        if name.endswith(".jsonl")
    }


def _files(scene: Scene) -> dict[str, bytes]:
    names = scene.house.disk.names(scene.folder)
    return {name: scene.house.disk.read(scene.folder / name) for name in names}


def _is_news(path: Path, data: bytes) -> bool:
    """Whether there is more in it than here.

    Raises:
        ChainIsBroken: it is not as it was written.
        ChainsDiffer: both have gone on.
    """
    given = chain.read(path, data).whole
    here = path.read_bytes() if path.exists() else b""
    if here.startswith(given):
        return False
    if given.startswith(here):
        return True
    raise ChainsDiffer(
        f"{path.name} has gone on here and there",
        why="two machines have written on under one key; one of both ends is to be given up",
        fix=f"compare it with git log -- .skc/{path.parent.name}/{path.name}",
    )


def _read(house: House, path: Path) -> Outside:
    place = house.environment.folder / path
    try:
        outside = msgspec.json.decode(plain_bytes(place) or b"", type=Outside)
    except OSError as error:
        raise NotAHandover(
            f"{path} cannot be read", why=error.strerror or "it is not there", fix=f"ls -l {path}"
        ) from error
    except msgspec.DecodeError as error:
        raise NotAHandover(
            f"{path} is no handover", why="it is not as skc writes one", fix="ask who sent it"
        ) from error
    mine = house.project().settings.project.id
    if outside.schema != SCHEMA or outside.project != mine:
        raise NotAHandover(
            f"{path} is none for this project",
            why=f"it is of project {outside.project}, in the form {outside.schema}",
            fix="run it in a clone of that project, with a skc that knows the form",
        )
    return outside
