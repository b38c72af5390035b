"""The kinds of steps of this domain, and how each handler gets its ports."""

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from skillconnect_ops.commands.backup.dump_step import BackupDump, DumpHandler
from skillconnect_ops.commands.backup.export import BackupExport, ExportHandler
from skillconnect_ops.commands.backup.place import PlaceHandler
from skillconnect_ops.commands.backup.prune import BackupPrune, PruneHandler
from skillconnect_ops.commands.backup.restore_steps import (
    Connect,
    DiscardHandler,
    RestoreDiscard,
    RestorePlace,
    RestoreStage,
    StageHandler,
)
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.journal.kinds import KindOf


class AnotherDeployment(Precondition):
    """The target's URI names another deployment than the one the plan was made for."""


_TARGETS: WeakKeyDictionary[House, dict[str, Target]] = WeakKeyDictionary()
"""Read once for all steps of a process: hundreds of them would read skc.yaml hundreds of times."""


def _target(house: House, name: str) -> Target:
    known = _TARGETS.setdefault(house, {})
    if name not in known:
        known[name] = house.target(name)
    return known[name]


def _connect(house: House, subject: Subject) -> Connect:
    """Connect to the plan's deployment, and to no other: a URI may have changed since a crash."""

    @contextmanager
    def connect(target: str) -> Iterator[Connected]:
        with house.database(_target(house, target)) as connected:
            if subject.cluster is not None and connected.cluster != subject.cluster:
                raise AnotherDeployment(
                    f"the run was begun at {subject.cluster}",
                    why=f"{connected.origin} names {connected.cluster} now, so nothing was touched",
                    fix=f"point the target {target} at {subject.cluster} again, then repeat it",
                )
            yield connected

    return connect


KINDS: tuple[KindOf[House], ...] = (
    KindOf(
        BackupDump,
        lambda house, subject: DumpHandler(connect=_connect(house, subject), disk=house.disk),
    ),
    KindOf(BackupExport, lambda house, _: ExportHandler(disk=house.disk)),
    KindOf(BackupPrune, lambda house, _: PruneHandler(disk=house.disk)),
    KindOf(
        RestoreStage,
        lambda house, subject: StageHandler(connect=_connect(house, subject), disk=house.disk),
    ),
    KindOf(
        RestorePlace,
        lambda house, subject: PlaceHandler(connect=_connect(house, subject), disk=house.disk),
    ),
    KindOf(RestoreDiscard, lambda house, subject: DiscardHandler(connect=_connect(house, subject))),
)
