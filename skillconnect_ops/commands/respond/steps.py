"""The kinds of step that this domain brings."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.contain_steps import (
    AccessClose,
    CloseAccess,
    DisarmStranger,
    DisconnectStranger,
    StrangerDisarm,
    StrangerDisconnect,
)
from skillconnect_ops.commands.respond.release_steps import ReleaseRollBack, RollBack
from skillconnect_ops.commands.respond.undo_steps import (
    AccessOpen,
    OpenAccess,
    RearmStranger,
    StrangerRearm,
)
from skillconnect_ops.journal.kinds import KindOf

KINDS: tuple[KindOf[House], ...] = (
    KindOf(AccessClose, CloseAccess),
    KindOf(StrangerDisarm, DisarmStranger),
    KindOf(StrangerDisconnect, DisconnectStranger),
    KindOf(ReleaseRollBack, RollBack),
    KindOf(AccessOpen, OpenAccess),
    KindOf(StrangerRearm, RearmStranger),
)
"""The kinds of step that this domain brings."""
