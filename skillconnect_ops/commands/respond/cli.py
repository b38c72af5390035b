"""The command line of `skc respond`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond import drill as drills
from skillconnect_ops.commands.respond import exporting, handing, opening, run
from skillconnect_ops.commands.respond.drill_release import drill_release
from skillconnect_ops.commands.respond.scene import How
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

RESPOND = Group("respond")


class Drills(StrEnum):
    """The runbooks that can be played."""

    LEAK = "credentials-leaked"
    RELEASE = "deployment-failed"


Incident = Annotated[
    str | None,
    typer.Option("--incident", metavar="ID", help="Which one; needed when several are open."),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who you are, if not who your key is listed as."),
]


@RESPOND.bare(examples=("skc respond", "skc respond --incident 2026-11-29-credentials-leaked-3f1a"))
def respond(house: House, *, incident: Incident = None, person: As = None) -> Report:
    """Work through an incident by its runbook, by the clock, with a log.

    It shows the open incident: its clocks, its steps, who did what, and the next command. With
    none open it shows the runbooks. Every line of an incident is a signed record of the evidence
    ledger, on the disk before anything goes on: nothing is lost when a process is killed, and the
    lines of several people merge through git. It ends with 12 where a step is overdue.
    """
    return run.status(house, incident=incident, person=person)


@RESPOND.command("list", examples=("skc respond list",))
def list_(house: House) -> Report:
    """List the runbooks, and the incidents of this project."""
    return opening.listing(house)


@RESPOND.command(
    "start",
    examples=(
        "skc respond start credentials-leaked",
        "skc respond start credentials-leaked --target production --yes",
        "skc respond start ./runbooks/ours.yaml --dry-run",
    ),
)
def start(
    house: House,
    runbook: Annotated[
        str, typer.Argument(metavar="RUNBOOK", help="A name of `skc respond list`, or a file.")
    ],
    *,
    another: Annotated[
        bool, typer.Option("--another", help="Although one of the same kind is open.")
    ] = False,
    person: As = None,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Begin an incident: its clock runs from now.

    It says at once what the later steps need and lack here. With --yes the automatic steps of the
    first phase are done in their order; what has no way back asks for its name even so.
    """
    return opening.start(
        house,
        runbook,
        target=target,
        person=person,
        yes=yes,
        dry_run=dry_run,
        another=another,
    )


@RESPOND.command("status", examples=("skc respond status", "skc respond status --format json"))
def status(house: House, *, incident: Incident = None, person: As = None) -> Report:
    """Show an incident: clocks, steps, who did what, the next command."""
    return run.status(house, incident=incident, person=person)


@RESPOND.command(
    "step",
    examples=(
        "skc respond step",
        "skc respond step rotate --yes",
        'skc respond step tell-team --evidence "called Ada, 14:05"',
    ),
)
def step(
    house: House,
    name: Annotated[
        str, typer.Argument(metavar="[STEP]", help="The step's id; by default the next one.")
    ] = run.NEXT,
    *,
    evidence: Annotated[
        str | None,
        typer.Option("--evidence", metavar="TEXT", help="Done by hand: what shows it, or a link."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Done by hand: a file that shows it."),
    ] = None,
    choose: Annotated[
        str | None, typer.Option("--choose", metavar="ANSWER", help="The answer to a decision.")
    ] = None,
    begin: Annotated[
        bool, typer.Option("--begin", help="Say that you are at it, by hand.")
    ] = False,
    skip: Annotated[
        str | None, typer.Option("--skip", metavar="REASON", help="Leave it out.")
    ] = None,
    failed: Annotated[
        str | None, typer.Option("--failed", metavar="REASON", help="Give up what was begun.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Disarm this user alone; repeatable."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Although it is closed, or begun by another.")
    ] = False,
    out_of_order: Annotated[
        str | None,
        typer.Option(
            "--out-of-order", metavar="REASON", help="Although what comes before is not closed."
        ),
    ] = None,
    incident: Incident = None,
    person: As = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Do the next step, or the named one.

    An automatic step shows its commands, asks, and runs them; it is done when all of them end well.
    Otherwise, and where you would rather do it by hand, it says how, and what closes it. A step
    that comes too early is refused.
    """
    how = How(
        yes=yes,
        confirm=confirm,
        evidence=evidence,
        file=file,
        skip=skip,
        failed=failed,
        begin=begin,
        choose=choose,
        out_of_order=out_of_order,
        again=again,
        only=tuple(only or ()),
    )
    return run.step(house, name, incident=incident, person=person, how=how)


@RESPOND.command("undo", examples=("skc respond undo contain",))
def undo(
    house: House,
    name: Annotated[str, typer.Argument(metavar="STEP", help="`contain` or `disarm`, mostly.")],
    *,
    incident: Incident = None,
    person: As = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Give back what a step has shut or taken away.

    Entries come onto the access list again, and users get their roles, as the log holds them: for
    when the app itself, or a job of yours, was behind them. The step is not done any more then.
    """
    return run.undo(house, name, incident=incident, person=person, yes=yes, dry_run=dry_run)


@RESPOND.command("note", examples=('skc respond note "the address 203.0.113.9 is our office"',))
def note(
    house: House,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to write; no secret.")],
    *,
    incident: Incident = None,
    person: As = None,
) -> Report:
    """Write a line of your own into the log."""
    return run.note(house, text, incident=incident, person=person)


@RESPOND.command("close", examples=("skc respond close",))
def close(
    house: House,
    *,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="Why it ends with steps that are open."),
    ] = None,
    incident: Incident = None,
    person: As = None,
) -> Report:
    """End an incident whose steps are closed."""
    return run.close(house, incident=incident, person=person, reason=reason)


@RESPOND.command(
    "export",
    examples=(
        "skc respond export --format markdown --out post-mortem.md",
        "skc respond export --incident 2026-11-29-credentials-leaked-3f1a --format json",
    ),
    markdown=True,
)
def export(house: House, *, incident: Incident = None) -> Report:
    """Write the post-mortem: the timeline as it was, evidence, and gaps.

    It has UTC times, who did what, the journals, the hashes of what was kept, and what the log does
    not show: steps never done or done late, clocks that cannot be right, hours without a line.
    """
    return exporting.export(house, incident=incident)


@RESPOND.command(
    "print",
    examples=(
        "skc respond print credentials-leaked --format markdown --out leak.md",
        "skc respond print alerts --out alerts.yml",
    ),
    markdown=True,
)
def print_(
    house: House,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of a runbook (or its file), or a template.")
    ],
    *,
    target: options.Target = None,
) -> Report:
    """Write a runbook as a page to print, or a template.

    The templates are: github-rollout (a workflow that rolls out in stages, and back by itself),
    compose-rollout (the same for Docker Compose), alerts (rules for Prometheus) and skc-metrics
    (what skc knows, for Prometheus to read).
    """
    return exporting.print_(house, name, target=target)


@RESPOND.command("schema", examples=("skc respond schema --out runbook.schema.json",))
def schema(house: House) -> Report:
    """Write the JSON Schema of a runbook, for editors."""
    return exporting.schema(house)


@RESPOND.command("release", examples=("skc respond release --target production",))
def release(house: House, *, target: options.Target = None) -> Report:
    """Record that the release that runs is well, after a deployment.

    Every health answer is asked while the command `releases.now` of skc.yaml names what runs. That
    is where `skc respond start deployment-failed` goes back to.
    """
    return run.release(house, target=target)


@RESPOND.command(
    "drill",
    examples=(
        "skc respond drill",
        "skc respond drill deployment-failed",
        "skc respond drill --keep --folder ./d",
    ),
)
def drill(
    house: House,
    runbook: Annotated[
        Drills, typer.Argument(metavar="[RUNBOOK]", help="Which one is played.")
    ] = Drills.LEAK,
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="Where it plays; a new or empty folder."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave project, evidence and journals there.")
    ] = False,
    api: Annotated[
        bool, typer.Option("--api", help="With the reference API running on it all the while.")
    ] = False,
) -> Report:
    """Play a leak on servers of its own, by the clock, and say how it went.

    A project with six leaked secrets and a stranger in its database is made, and the runbook
    credentials-leaked worked through as a person would type it. The score counts what the world
    shows then. In a project it is recorded, of the target demo alone. It ends with 13 where
    something does not hold.
    """
    if runbook is Drills.RELEASE:
        return drill_release(house, folder=folder, keep=keep)
    return drills.drill(house, folder=folder, keep=keep, api=api)


@RESPOND.command("handover", examples=("skc respond handover incident.skc",))
def handover(
    house: House,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    *,
    incident: Incident = None,
    person: As = None,
) -> Report:
    """Seal an incident into a file, for another machine.

    The log and all that was kept are in it, encrypted to the recipients of the target's backups,
    else under a passphrase. `skc respond take` opens it in another clone of the project.
    """
    return handing.handover(house, file, incident=incident, person=person)


@RESPOND.command("take", examples=("skc respond take incident.skc --as bo",))
def take(
    house: House,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `handover` wrote.")],
    *,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", metavar="FILE", help="The age key that opens it."),
    ] = None,
    person: As = None,
    yes: options.Yes = False,
) -> Report:
    """Take an incident over that another machine has sealed.

    What is lacking here is added: lines of the log, each signed by whoever wrote it, and the files
    that were kept, each held against the hash that the log has of it.
    """
    return handing.take(house, file, person=person, identity=identity, yes=yes)
