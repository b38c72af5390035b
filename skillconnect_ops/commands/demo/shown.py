"""The ending: what a stranger should take away."""

import shlex

from skillconnect_ops.commands.demo.model import Shown
from skillconnect_ops.core.view import Block, Cell, Lines, Pairs, Text, Tone, count, duration, size


def view(shown: Shown) -> tuple[Block, ...]:
    """The summary, as it is shown to a person."""
    good = shown.drill == "passed"
    pairs: list[tuple[str, Cell]] = [
        ("backed up", _backed_up(shown)),
        ("rate", _rate(shown)),
        ("consistency", Text(shown.backup.statement, Tone.GOOD)),
        ("meanwhile", _meanwhile(shown)),
        (
            "restore drill",
            Text(
                f"{shown.drill} in {duration(shown.drill_seconds)}: every collection, index and "
                "option compared",
                Tone.GOOD if good else Tone.BAD,
            ),
        ),
        ("accident", f"a collection dropped; {shown.damaged.broken:,} things did not fit together"),
        (
            "restored",
            Text(
                f"in {duration(shown.restore_seconds)}; {shown.restored.broken:,} things torn",
                Tone.GOOD if shown.restored.broken == 0 else Tone.BAD,
            ),
        ),
        ("leaked", Text(f"{count(len(shown.secrets), 'secret')} in the history", Tone.WARN)),
        ("rotated", Text(_rotated(shown), Tone.GOOD)),
        ("old login", Text(shown.rotated.refused, Tone.GOOD)),
        ("scrubbed", Text(_scrubbed(shown), Tone.GOOD)),
    ]
    return (
        Pairs(tuple(pairs), title=f"What you saw, in {duration(shown.seconds)}"),
        Pairs(
            tuple(
                (f"{one.broken} of {one.checked:,} broken", one.says)
                for one in shown.restored.invariants
            ),
            title="Checked on the restored database",
        ),
        Lines(_files(shown)),
        Lines(_yours()),
    )


def next_commands(shown: Shown, *, program: str) -> tuple[str, ...]:
    """What to type next; `program` is how skc is reached from this shell.

    What was kept is found where the demo kept it: its state lies beside the project, not at home.
    """
    if shown.kept:
        folder = shlex.quote(shown.folder)
        home = f"XDG_STATE_HOME={folder}/state XDG_DATA_HOME={folder}/data"
        return tuple(
            f"cd {folder}/project && {home} {program} {words}"
            for words in ("status", "backup list")
        )
    return (f"{program} init", f"{program} demo --keep")


def _backed_up(shown: Shown) -> str:
    backup = shown.backup
    return (
        f"{count(backup.documents, 'document')}, {size(backup.size_bytes)} "
        f"({size(backup.stored_bytes)} stored) in {duration(backup.seconds)}"
    )


def _rate(shown: Shown) -> str:
    seconds = max(shown.backup.seconds, 0.001)
    return (
        f"{size(shown.backup.size_bytes / seconds)}/s, "
        f"{round(shown.backup.documents / seconds):,} documents/s"
    )


def _meanwhile(shown: Shown) -> str:
    during = shown.during_backup
    return (
        f"{shown.writers} writers committed {count(during.transactions, 'transaction')} "
        f"({during.per_second:.0f}/s)"
    )


def _rotated(shown: Shown) -> str:
    rotated = shown.rotated
    return (
        f"{', '.join(rotated.variables)} in {duration(rotated.seconds)}; "
        f"{rotated.user} in the place of {rotated.was}"
    )


def _scrubbed(shown: Shown) -> str:
    scrubbed = shown.scrubbed
    return (
        f"{count(scrubbed.values, 'value')} out of {count(scrubbed.commits, 'commit')} in "
        f"{duration(scrubbed.seconds)}; none left in {count(scrubbed.objects, 'object')}"
    )


def _files(shown: Shown) -> tuple[str, ...]:
    if not shown.kept:
        return (
            "Server, project and backup were removed again; `skc demo --keep` leaves the files.",
        )
    return (
        f"backup   {shown.location}",
        f"project  {shown.folder}/project",
        f"journals {shown.folder}/state",
        "The server was ended. Remove the folder when you have seen enough.",
    )


def _yours() -> tuple[str, ...]:
    return (
        "On a project of your own:",
        "  skc init      looks at it and writes skc.yaml; copies no secret",
        "  skc doctor    says what works here, and what to do about the rest",
        "  skc backup    backs up the database at one instant",
        "  skc secrets scan --history    finds what its repository gives away",
        "  skc rotate    renews credentials, and proves the old ones dead",
        "  skc scrub     takes dead secrets out of the history, and proves it",
    )
