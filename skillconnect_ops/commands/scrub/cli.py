"""The command line of `skc scrub`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import run, undo
from skillconnect_ops.commands.scrub.model import Engine, Manner, Wish
from skillconnect_ops.core.report import Report
from skillconnect_ops.history.needles import MASK
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

SCRUB = Group("scrub")
Paths = Annotated[
    list[str] | None,
    typer.Option("--path", metavar="GLOB", help="A file of any commit, as `**/.env`; repeatable."),
]
Found = Annotated[
    bool, typer.Option("--found", help="What `skc secrets scan --history` is sure of.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="FINGERPRINT", help="Of what was found, the value of this finding alone."
    ),
]
Retired = Annotated[
    bool,
    typer.Option("--retired", help="What the history holds and the retired-secret ledger knows."),
]
Regex = Annotated[
    list[str] | None,
    typer.Option(
        "--regex", metavar="PATTERN", help="What it matches, or its first group; repeatable."
    ),
]
ValuesFrom = Annotated[
    Path | None,
    typer.Option("--values-from", metavar="FILE", help="Values, one a line; - reads stdin."),
]

Identity = Annotated[
    Path | None,
    typer.Option("--identity", metavar="FILE", help="The age identity that opens it."),
]


@SCRUB.bare(
    examples=(
        "skc scrub --path .env --dry-run",
        "skc scrub --retired",
        "skc scrub --values-from leaked.txt --confirm shop",
    )
)
def scrub(
    house: House,
    *,
    path: Paths = None,
    found: Found = False,
    only: Only = None,
    retired: Retired = False,
    regex: Regex = None,
    values_from: ValuesFrom = None,
    descriptor: options.Descriptor = None,
    replacement: Annotated[
        str,
        typer.Option(
            "--replacement", metavar="TEXT", help="What stands in their place.", show_default=True
        ),
    ] = MASK.decode(),
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            help="What makes the new commits: skc itself, or an installed git filter-repo.",
        ),
    ] = Engine.OWN,
    keep_current: Annotated[
        bool,
        typer.Option(
            "--keep-current", help="Your files stay as they are; git stops following them."
        ),
    ] = False,
    not_rotated_yet: Annotated[
        bool,
        typer.Option("--not-rotated-yet", help="Go on although a value may still open something."),
    ] = False,
    allow_uncommitted: Annotated[
        bool,
        typer.Option(
            "--allow-uncommitted", help="Go on beside changes that no commit holds; they stay."
        ),
    ] = False,
    recipient: Annotated[
        list[str] | None,
        typer.Option("--recipient", metavar="AGE", help="Who can open the bundle; repeatable."),
    ] = None,
    plain_bundle: Annotated[
        bool, typer.Option("--plain-bundle", help="Do not seal the bundle; it holds every secret.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FOLDER", help="Where the bundle goes, a new folder."),
    ] = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Take secrets out of the whole history, and prove them gone.

    Every object is read once, reachable or not. What holds a value, also in UTF-16, base64, hex,
    URL, JSON or HTML escapes, zip or gzip, is made anew, and then only the folders, commits and
    tags that reach it: older commits keep their ids.
    All refs move at once; reflogs, stashes, notes and linked worktrees go with them; the old
    objects are removed. A sealed bundle of everything is written first, and `skc scrub undo` goes
    back to it. Files that --path takes out stay on your disk; with --keep-current those that hold a
    value do, too, untouched: they are staged as deleted and listed in .git/info/exclude.

    On a terminal you choose among what --found finds; --only names findings of
    `skc secrets scan --history`, also such that it is not sure of.

    --regex is searched for in the plain text of files and messages; what it matches there becomes a
    value like any other, and is found in all those encodings.

    With --engine filter-repo an installed `git filter-repo` makes the new commits, on a copy; all
    else is as above. It knows values only as they stand in files that are text and in messages:
    the proof names what it left, and the same command without --engine takes that out.

    A value that still works is not scrubbed: rotate it first.
    """
    wish = Wish(
        paths=tuple(path or ()),
        found=found,
        only=tuple(only or ()),
        retired=retired,
        patterns=tuple(regex or ()),
        values_from=values_from,
        descriptor=descriptor,
    )
    manner = Manner(
        mask=replacement,
        engine=engine,
        keep_current=keep_current,
        not_rotated_yet=not_rotated_yet,
        allow_uncommitted=allow_uncommitted,
        recipients=tuple(recipient or ()),
        plain_bundle=plain_bundle,
        folder=bundle,
    )
    choices = Choices(dry_run=dry_run, yes=yes, confirm=confirm)
    return run.scrub(house, wish, manner=manner, choices=choices)


@SCRUB.command(
    "verify", examples=("skc scrub verify --path .env", "skc scrub verify --values-from leaked.txt")
)
def verify(
    house: House,
    *,
    path: Paths = None,
    found: Found = False,
    only: Only = None,
    retired: Retired = False,
    regex: Regex = None,
    values_from: ValuesFrom = None,
    descriptor: options.Descriptor = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FOLDER", help="What the scrub of this bundle took out."),
    ] = None,
    identity: Identity = None,
) -> Report:
    """Prove that values are gone from all that a repository holds.

    Every object, reachable or not, is read in the encodings that `skc scrub` knows, then every
    other file of the git folder, the names of refs, submodules and the work tree; that the search
    finds what is there is shown as well. What cannot be looked at is "not proven" (14).

    What --found, --retired, --only or --regex named is found no more once it is gone: --bundle
    takes the values from the bundle of the scrub, which a passphrase or --identity opens.
    """
    wish = Wish(
        paths=tuple(path or ()),
        found=found,
        only=tuple(only or ()),
        retired=retired,
        patterns=tuple(regex or ()),
        values_from=values_from,
        descriptor=descriptor,
        bundle=bundle,
        identity=identity,
    )
    return run.verify(house, wish)


@SCRUB.command("undo", examples=("skc scrub undo --dry-run", "skc scrub undo --identity key.txt"))
def undo_scrub(
    house: House,
    *,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FOLDER", help="Which one; by default the newest."),
    ] = None,
    identity: Identity = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Go back to the history as the bundle holds it, secrets included.

    What was committed since stays where it is, and is told; files that were changed since, too.
    Refs that were renamed get their old names back. A branch that was deleted since is made again:
    the plan names it first.
    """
    choices = Choices(dry_run=dry_run, yes=yes)
    return undo.undo(house, folder=bundle, identity=identity, choices=choices)
