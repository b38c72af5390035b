"""The command line of `skc checklist`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.checklist import export, run, schema, words
from skillconnect_ops.commands.checklist.run import Wish
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import BARE, Group

CHECKLIST = Group("checklist")

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="ITEM…", help="Groups or items: security, week-1/cors. All by default."),
]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="The item: security/rotate-credentials.")]
FailUnder = Annotated[
    int | None,
    typer.Option(
        "--fail-under",
        metavar="PERCENT",
        min=0,
        max=100,
        help="End with 11 where less of the weight is proven.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="End with 14 also where records are of another branch."),
]
Withdraw = Annotated[bool, typer.Option("--withdraw", help="Take back what was said before.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why it is so.")]


@CHECKLIST.command(
    BARE,
    findings=True,
    examples=(
        "skc checklist",
        "skc checklist security",
        "skc checklist --all --target production",
        "skc checklist --fail-under 80",
    ),
)
def checklist(
    house: House,
    items: Names = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="List every item, not the progress alone.")
    ] = False,
    fail_under: FailUnder = None,
    strict: Strict = False,
    target: options.Target = None,
) -> Report:
    """Show what is proven, what fails, and what to type next.

    The items are those of checklists.yaml at the project's root, else skc's own. There is nothing
    to tick: an item's state follows from the signed records in .skc/evidence, from their age, and
    from the code as it is now. What another target or cluster has proven counts for nothing here.

    PASS: a listed signer's run saw it. FAIL, REGRESSED: it was seen to be wrong, or is so again.
    STALE: seen too long ago, or of other code. MISSING, UNKNOWN: never looked at, or in vain.
    ATTESTED, CLAIMED: a person's word, or that of a key nobody listed. It ends with 11 or 12 where
    an item fails.
    """
    wish = Wish(
        names=tuple(items or ()), target=target, fail_under=fail_under, strict=strict, listed=every
    )
    return run.show(house, wish)


@CHECKLIST.command(
    "verify",
    findings=True,
    examples=(
        "skc checklist verify",
        "skc checklist verify security --target production",
        "skc checklist verify --fail-under 80 --format junit --out checklist.xml",
    ),
)
def verify(
    house: House,
    items: Names = None,
    *,
    fail_under: FailUnder = None,
    strict: Strict = False,
    target: options.Target = None,
) -> Report:
    """Look at all that a machine can see, and record it, signed.

    Nothing is changed but the ledger in .skc/evidence: checks of `skc audit` run, commands that
    only look, files and settings are read, and harmless requests go to the `health` addresses of
    the target in skc.yaml, and nowhere else. What acts leave as records (backups, drills,
    rotations, scrubs) is taken from there. Commit .skc, so that others see it.
    """
    wish = Wish(names=tuple(items or ()), target=target, fail_under=fail_under, strict=strict)
    return run.verify(house, wish)


@CHECKLIST.command(
    "attest",
    examples=(
        'skc checklist attest load-balancing --reason "two nodes, seen today"',
        "skc checklist attest cdn --reason agreed --link https://wiki.example.com/cdn",
        "skc checklist attest cdn --withdraw --yes",
    ),
)
def attest(
    house: House,
    item: Item,
    *,
    reason: Reason = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="URL", help="A page that shows it.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="A file that shows it; its hash is recorded."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", help="How long it counts, at most and by default 90."),
    ] = None,
    withdraw: Withdraw = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Answer for an item that no machine can look at.

    Only items whose proof is a person's word take one. It is signed with this machine's key, stands
    under the name that .skc/allowed_signers gives it, counts apart from what is proven, and lapses.
    """
    said = words.Word(reason=reason, link=link, file=file, days=days, withdraw=withdraw)
    choices = Choices(dry_run=dry_run, yes=yes)
    return words.attest(house, item, said, target=target, choices=choices)


@CHECKLIST.command(
    "waive",
    examples=(
        "skc checklist waive cdn --owner ana --reason later --until 2027-01-31",
        "skc checklist waive cdn --withdraw --yes",
    ),
)
def waive(
    house: House,
    item: Item,
    *,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Who answers for it.")
    ] = None,
    reason: Reason = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="When it lapses, at most in 90 days."),
    ] = None,
    withdraw: Withdraw = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Leave an item for a while, with somebody who answers for it.

    An item that is a must cannot be left. A waiver is never a pass: the item keeps its weight, and
    when the day has come, it shows as overdue.
    """
    said = words.Leave(owner=owner, reason=reason, until=until, withdraw=withdraw)
    choices = Choices(dry_run=dry_run, yes=yes)
    return words.waive(house, item, said, target=target, choices=choices)


@CHECKLIST.command(
    "export",
    findings=True,
    page=True,
    examples=(
        "skc checklist export --format markdown --out CHECKLIST.md",
        "skc checklist export --format html --out checklist.html --target production",
        "skc checklist export week-1 --format markdown",
    ),
)
def export_lists(house: House, items: Names = None, *, target: options.Target = None) -> Report:
    """Write the checklists as a page, each box ticked by evidence.

    Markdown is in the form of the plan's own lists; a box is ticked where the item is proven, and
    what was said besides stands behind it.
    """
    return export.export(house, Wish(names=tuple(items or ()), target=target))


@CHECKLIST.command("schema", examples=("skc checklist schema --out checklists.schema.json",))
def show_schema(house: House) -> Report:  # noqa: ARG001 - every command is given one
    """Print the JSON Schema of checklists.yaml, for editors."""
    return schema.schema()
