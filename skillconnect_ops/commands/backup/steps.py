"""The kinds of steps of this domain, and how each handler gets its ports."""

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
from skillconnect_ops.commands.house import House
from skillconnect_ops.journal.kinds import KindOf


def _connect(house: House) -> Connect:
    return lambda target: house.database(house.target(target))


KINDS: tuple[KindOf[House], ...] = (
    KindOf(BackupDump, lambda house, _: DumpHandler(connect=_connect(house), disk=house.disk)),
    KindOf(BackupExport, lambda house, _: ExportHandler(disk=house.disk)),
    KindOf(BackupPrune, lambda house, _: PruneHandler(disk=house.disk)),
    KindOf(RestoreStage, lambda house, _: StageHandler(connect=_connect(house), disk=house.disk)),
    KindOf(RestorePlace, lambda house, _: PlaceHandler(connect=_connect(house), disk=house.disk)),
    KindOf(RestoreDiscard, lambda house, _: DiscardHandler(connect=_connect(house))),
)
