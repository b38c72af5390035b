"""The kinds of steps of this domain, and how each handler gets its ports."""

from skillconnect_ops.commands.backup.dump_step import BackupDump, DumpHandler
from skillconnect_ops.commands.backup.export import BackupExport, ExportHandler
from skillconnect_ops.commands.backup.place import PlaceHandler
from skillconnect_ops.commands.backup.prune import BackupPrune, PruneHandler
from skillconnect_ops.commands.backup.restore_steps import (
    DiscardHandler,
    RestoreDiscard,
    RestorePlace,
    RestoreStage,
    StageHandler,
)
from skillconnect_ops.commands.deployment import connecting
from skillconnect_ops.commands.house import House
from skillconnect_ops.journal.kinds import KindOf

KINDS: tuple[KindOf[House], ...] = (
    KindOf(
        BackupDump,
        lambda house, subject: DumpHandler(connect=connecting(house, subject), disk=house.disk),
    ),
    KindOf(BackupExport, lambda house, _: ExportHandler(disk=house.disk)),
    KindOf(BackupPrune, lambda house, _: PruneHandler(disk=house.disk)),
    KindOf(
        RestoreStage,
        lambda house, subject: StageHandler(connect=connecting(house, subject), disk=house.disk),
    ),
    KindOf(
        RestorePlace,
        lambda house, subject: PlaceHandler(connect=connecting(house, subject), disk=house.disk),
    ),
    KindOf(
        RestoreDiscard, lambda house, subject: DiscardHandler(connect=connecting(house, subject))
    ),
)
