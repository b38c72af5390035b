"""The command line of `skc doctor`."""

from typing import Annotated

import typer

from skillconnect_ops.commands.doctor import run
from skillconnect_ops.commands.doctor.trust import trust as trust_commands
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.group import Group

DOCTOR = Group("doctor")


@DOCTOR.bare(examples=("skc doctor", "skc doctor --target production", "skc doctor --strict"))
def doctor(
    house: House,
    *,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="NAME", help="One target; by default all are looked at."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit with 14 also where one thing could not be looked at."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show everything that is well, too.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="See the commands that skc.yaml has us run, and agree."),
    ] = False,
) -> Report:
    """Say what works here, and what to do about the rest.

    It looks at the configuration, the repository, the env files, the server and what its user may
    do, the place for backups, runs that stand half-way, and the evidence: whether it is whole, and
    whether `.skc/allowed_signers` (a name and a public key a line) lists this machine's key. The
    worst comes first. It changes nothing, and it works without a skc.yaml, too.

    With --trust it shows the commands of skc.yaml (reload, sinks, notify) that nobody on this
    machine has agreed to, and asks: a pull request can change that file, and none runs before.
    """
    if trust:
        return trust_commands(house)
    return run.doctor(house, target, strict=strict, verbose=verbose)
