"""The command line of `skc status`."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.status import run
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.group import Group

STATUS = Group("status")


@STATUS.bare(examples=("skc status", "skc status --format json"))
def status(house: House) -> Report:
    """Show what is known of this project, and the next command.

    Targets, the newest backups and what is proven of them, runs that did not end, evidence. No
    server is asked, so it is quick; `skc doctor` asks them.
    """
    return run.status(house)
