"""What a run of `skc checklist` stands on: the lists, the place, the evidence, the clock."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.checklist.judging import doubt, judged
from skillconnect_ops.commands.checklist.looking import health_urls
from skillconnect_ops.commands.checklist.model import FILE, Checklists
from skillconnect_ops.commands.checklist.reading import read
from skillconnect_ops.commands.checklist.revision import Revision, ledger_in_head, revision
from skillconnect_ops.commands.checklist.standing import ItemStanding, Look, Place
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.ports.evidence import Account
from skillconnect_ops.core.resources import checklists as shipped
from skillconnect_ops.core.settings.errors import SettingsUnreadable
from skillconnect_ops.core.settings.model import Project, Target
from skillconnect_ops.disk.plain import plain_bytes


class Scene(Struct, frozen=True, kw_only=True):
    """All that the states of the items follow from."""

    project: Project
    lists: Checklists
    file: str
    """Where the lists come from, for people."""
    target: Target | None
    place: Place
    revision: Revision
    account: Account
    broken: SkcError | None
    """Why the evidence cannot be read, if it cannot."""
    now: datetime

    @property
    def look(self) -> Look:
        """How it is looked at."""
        why = doubt(self.account.records, self.now, latest=self.account.latest)
        if self.broken is not None:
            why = f"{self.broken.what}: {self.broken.why}"
        return Look(place=self.place, now=self.now, doubt=why)

    @property
    def states(self) -> tuple[ItemStanding, ...]:
        """The state of every item."""
        return judged(self.lists, self.account.records, self.look)

    @property
    def subject(self) -> dict[str, object]:
        """For the report."""
        about: dict[str, object] = {"project": self.project.settings.project.name}
        if self.target is not None:
            about["target"] = self.target.name
        if self.cluster is not None:
            about["cluster"] = self.cluster
        return about

    @property
    def cluster(self) -> str | None:
        """What new records call the target's deployment."""
        return self.clusters[0] if self.clusters else None

    clusters: tuple[str, ...] = ()


def scene(house: House, target: str | None) -> Scene:
    """Look at what is there; nothing is changed but what this machine remembers of the ledger.

    Raises:
        Precondition: there is no project or target, or the file of checklists is wrong.
    """
    project = house.project()
    lists, file = checklists(project)
    aim = None
    if project.settings.targets or target is not None:
        aim = house.target(target)
    names, lacks = _clusters(house, aim)
    code = revision(house, project.root)
    place = Place(
        target=aim.name if aim is not None else None,
        clusters=frozenset(names),
        lacks=lacks,
        content=code.content,
        urls=frozenset(health_urls(aim)),
    )
    account, broken = Account(records=()), None
    try:
        committed = ledger_in_head(house, project.root) if code.content is not None else {}
        account = house.ledger().account(committed, branch=code.branch)
    except SkcError as error:
        broken = error
    return Scene(
        project=project,
        lists=lists,
        file=file,
        target=aim,
        place=place,
        revision=code,
        account=account,
        broken=broken,
        now=house.clock.now(),
        clusters=tuple(name for name in names if name is not None),
    )


def checklists(project: Project) -> tuple[Checklists, str]:
    """The project's own checklists where it has some, else those that skc brings.

    Raises:
        SettingsInvalid: what is wrong with its own ones, and in which line.
    """
    path = project.root / FILE
    text = _text(path)
    if text is None:
        return read(shipped(), file=f"skc's own {FILE}"), f"skc's own {FILE}"
    return read(text, file=FILE), FILE


def _text(path: Path) -> str | None:
    try:
        data = plain_bytes(path)
        return None if data is None else data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsUnreadable(FILE, why=why, fix=f"look at {FILE}") from error


def _clusters(house: House, target: Target | None) -> tuple[Sequence[str | None], str]:
    """What the target's deployment is called; where that cannot be told, why."""
    if target is None:
        return (), "skc.yaml has no target"
    if target.settings.database is None:
        return (None,), ""
    try:
        return house.clusters(target), ""
    except SkcError as error:
        return (), f"which cluster {target.name} is at cannot be told: {error.what}"
