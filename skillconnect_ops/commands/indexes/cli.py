"""The command line of `skc indexes`."""

from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.indexes import finding_cli, run, schema, status, undo
from skillconnect_ops.commands.indexes.model import Wishes
from skillconnect_ops.commands.indexes.wishes import quorum, seconds
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

INDEXES = Group("indexes")
INDEXES.command("import", examples=finding_cli.OF_IMPORT)(finding_cli.bring_in)
INDEXES.command("advise", examples=finding_cli.OF_ADVISE, findings=True)(finding_cli.give_advice)

AllowGap = Annotated[
    bool,
    typer.Option(
        "--allow-gap", help="Go on where keys are without any index until the new one is built."
    ),
]
Untested = Annotated[
    bool, typer.Option("--untested-topology", help="Go on although it is a sharded cluster.")
]
IgnoreSpace = Annotated[
    bool, typer.Option("--ignore-space", help="Go on although the disk looks too small.")
]
ShowValues = Annotated[
    bool,
    typer.Option(
        "--show-values", help="Show values and documents in the way, and each _id, whatever it is."
    ),
]
CommitQuorum = Annotated[
    str | None,
    typer.Option(
        "--commit-quorum",
        metavar="N|majority|votingMembers",
        help="How many members must have built it before it is used; the server's own by default.",
    ),
]


@INDEXES.bare(
    examples=(
        "skc indexes --dry-run",
        "skc indexes --target production --yes",
        "skc indexes --prune --observe 14d",
    ),
)
def apply(
    house: House,
    *,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Hide what is not declared, and drop it in a later run."),
    ] = False,
    prune_used: Annotated[
        bool, typer.Option("--prune-used", help="Also what is in use, or may be; with --prune.")
    ] = False,
    observe: Annotated[
        str | None,
        typer.Option(
            "--observe",
            metavar="TIME",
            help="How long it stays hidden first: 12h, 14d; 7d by default, or as was said then.",
        ),
    ] = None,
    allow_gap: AllowGap = False,
    show_values: ShowValues = False,
    commit_quorum: CommitQuorum = None,
    ignore_space: IgnoreSpace = False,
    untested_topology: Untested = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    save_plan: options.SavePlan = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Bring the database's indexes to what is declared, without harm.

    The file is indexes.yaml, or what `indexes` of the target in skc.yaml names. No index is dropped
    before its replacement is ready; where there is no way around a gap, it is refused unless
    --allow-gap is given. Duplicates are looked for before a unique index is built. What is not
    declared stays, unless --prune is given: then it is hidden first, and `skc indexes undo` puts it
    back at once. Where documents would be deleted by a shorter time to live, the database's name is
    asked for (--confirm).
    """
    wishes = Wishes(
        prune=prune or prune_used,
        prune_used=prune_used,
        observe_s=None if observe is None else seconds(observe),
        allow_gap=allow_gap,
        show_values=show_values,
        commit_quorum=quorum(commit_quorum),
        ignore_space=ignore_space,
        untested_topology=untested_topology,
    )
    choices = Choices(dry_run=dry_run, yes=yes, confirm=confirm, save_plan=save_plan)
    return run.apply(house, target=target, wishes=wishes, choices=choices)


@INDEXES.command("status", examples=("skc indexes status",))
def show_status(house: House, *, target: options.Target = None) -> Report:
    """Show how every index stands, what it takes, and how it is used.

    Use is counted by each node since it started, or since the index was made; all are asked.
    """
    return status.status(house, target=target)


@INDEXES.command(
    "check",
    examples=("skc indexes check", "skc indexes check --format github"),
    findings=True,
)
def check(
    house: House,
    *,
    code: Annotated[
        bool,
        typer.Option("--code", help="Hold the app's code against the declaration, too."),
    ] = False,
    target: options.Target = None,
) -> Report:
    """Say whether the database and its declaration part; for CI.

    A user with the role `read` is enough. It ends with 11 where an index is missing, other than
    declared, or not declared; with --code also where the code declares one that the file has not,
    or has otherwise, each with its file and line.
    """
    return status.check(house, target=target, code=code)


@INDEXES.command("undo", examples=("skc indexes undo --dry-run", "skc indexes undo --yes"))
def take_back(
    house: House,
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="The run's journal id; the newest by default."),
    ] = None,
    *,
    allow_gap: AllowGap = False,
    show_values: ShowValues = False,
    ignore_space: IgnoreSpace = False,
    untested_topology: Untested = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    save_plan: options.SavePlan = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Put the indexes back that a run touched, as they were before it.

    What it hid is seen again at once, what it dropped is built as it was, what it built is dropped.
    What a run changed lies in the database itself (collection skc_indexes), so that any machine can
    take it back. An index that somebody has changed since is left as it is. Without RUN it is the
    newest run alone that is taken back, once.
    """
    wishes = Wishes(
        allow_gap=allow_gap,
        show_values=show_values,
        ignore_space=ignore_space,
        untested_topology=untested_topology,
    )
    choices = Choices(dry_run=dry_run, yes=yes, confirm=confirm, save_plan=save_plan)
    return undo.undo(house, target=target, run=run_id, wishes=wishes, choices=choices)


@INDEXES.command("schema", examples=("skc indexes schema --out indexes.schema.json",))
def show_schema(house: House) -> Report:
    """Print the JSON Schema of indexes.yaml, for editors."""
    return schema.schema(house)
