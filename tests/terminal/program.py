"""A small program on the real front door, with commands that end in every way there is.

Imported, it declares the commands; run (`python -m tests.terminal.program …`), it is a real child.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from skillconnect_ops import app
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import (
    NeedsPerson,
    Precondition,
    Refused,
    RolledBack,
    SkcError,
    Stop,
    UsageError,
)
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.report import Report, StepOutcome, StepResult, Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Lines, Pairs, Table, Text, Tone
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.front import Entry, Section
from skillconnect_ops.terminal.group import Group
from skillconnect_ops.terminal.unseen import taken

HIDDEN = "hunter2-correct-horse"
SHELF = Group("shelf")
BOX = Group("box")
DRAWER = BOX.group("drawer", about="The drawers of the box.\n\nEach of them sticks a little.")
END = Group("end")
ASK = Group("ask")
OUTER = Group("outer")


class Colour(Enum):
    RED = "red"


class Paint(Step, frozen=True, kw_only=True, tag="wall.paint"):
    def says(self) -> str:
        return f"paint {self.key}"


PLAN = Plan(
    command="ask plan",
    subject=Subject(target="production", database="app"),
    state="s",
    steps=(Paint(key="the door"), Paint(key="the wall")),
    final=(Paint(key="over the old sign"),),
    notes=("the smell stays for a day",),
)


@SHELF.bare(examples=("skc shelf a b", "skc shelf --deep 3"))
def shelf(
    house: House,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="What to put.")] = None,
    *,
    deep: Annotated[int, typer.Option("--deep", metavar="N", help="How deep.")] = 1,
    label: Annotated[
        str | None, typer.Option("--label", metavar="[TEXT]", help="With a label, or this one.")
    ] = None,
    target: options.Target = None,
) -> Report:
    """Put things on the shelf.

    They stay there until somebody takes them.

    Args:
        house: never shown.
    """
    facts = {"names": names or [], "deep": deep, "label": label, "target": target}
    return Report(command="", facts=facts)


@SHELF.command("list", examples=("skc shelf list",))
def shelf_list(house: House) -> Report:
    """List what is on the shelf."""
    rows = (("2026-11-22T15-44-03Z-app", "1,200 kB", Text("fine", Tone.GOOD)),)
    return Report(
        command="",
        subject={"target": "production"},
        facts={
            "at": datetime(2026, 11, 22, 15, 44, 3, tzinfo=UTC),
            "path": Path("a/b"),
            "password": Secret(HIDDEN),
            "colours": {Colour.RED},
            "ratio": float("nan"),
            "step": Paint(key="x"),
        },
        steps=(StepResult(key="k", kind="wall.paint", outcome=StepOutcome.DONE, seconds=0.1),),
        unknown=(Unknown("attic", "locked"),),
        next=("skc shelf show ID",),
        view=(
            Pairs((("shelf", "upper"), ("state", Text("good", Tone.GOOD)))),
            Table(("id", "size", "verdict"), rows, right=(1,), title="things"),
        ),
    )


@BOX.command("open", examples=("skc box open",))
def box_open(house: House) -> Report:
    """Open the box."""
    return Report(command="", view=(Lines(("open", "a \x1b[31mred\x1b[0m name")),))


@DRAWER.command("add", examples=("skc box drawer add top",))
def drawer_add(
    house: House, name: Annotated[str, typer.Argument(metavar="NAME", help="Which.")]
) -> Report:
    """Add a drawer."""
    return Report(command="", facts={"name": name})


@DRAWER.command("list", examples=("skc box drawer list",))
def drawer_list(
    house: House,
    *,
    wide: Annotated[bool, typer.Option("--wide", help="With all that is in them.")] = False,
) -> Report:
    """List the drawers."""
    return Report(command="", facts={"wide": wide})


@END.command("error", examples=("skc end error refused",))
def end_error(
    house: House, kind: Annotated[str, typer.Argument(metavar="KIND", help="Which.")]
) -> Report:
    """End with an error."""
    kinds: dict[str, type[SkcError]] = {
        "usage": UsageError,
        "refused": Refused,
        "precondition": Precondition,
        "rolled_back": RolledBack,
        "needs_person": NeedsPerson,
    }
    journal = "2026-j" if kind in {"rolled_back", "needs_person"} else None
    raise kinds[kind]("it broke", why="it was old", fix="skc box open", journal=journal)


@END.command("findings", examples=("skc end findings",))
def end_findings(house: House) -> Report:
    """End with findings."""
    finding = Finding(
        id="loose-board",
        severity=Severity.HIGH,
        path="a/b.js",
        line=3,
        column=5,
        message="a board is loose",
        remedy="nail it",
        fingerprint="f",
    )
    return Report(command="", status=Status.FINDINGS, findings=(finding,))


@END.command("bug", examples=("skc end bug",))
def end_bug(house: House) -> Report:
    """End with a bug."""
    password = value = HIDDEN
    assert value
    raise ValueError(f"no mongodb://root:{password}@h/ and password={password}")


@END.command("not-a-report", examples=("skc end not-a-report",))
def end_not_a_report(house: House) -> Report:
    """Give something else."""
    wrong: Any = {"a": 1}
    return wrong  # type: ignore[no-any-return]


@END.command("wait", examples=("skc end wait",))
def end_wait(house: House) -> Report:
    """Wait for a signal."""
    try:
        house.person.note("waiting")
        for _ in range(600):  # a signal right before a long sleep would not cut that short
            time.sleep(0.1)
    finally:
        house.person.note("put back")
    return Report(command="")


@END.command("stop", examples=("skc end stop",))
def end_stop(house: House) -> Report:
    """End as after a signal during a walk."""
    stop = Stop(Exit.SIGTERM)
    stop.journal = "2026-j"
    raise stop


@END.command("signal", examples=("skc end signal",))
def end_signal(house: House) -> Report:
    """Send a SIGTERM to this very process."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    return Report(command="")


@END.command("flood", examples=("skc end flood",))
def end_flood(house: House) -> Report:
    """Give more lines than a pipe holds."""
    return Report(command="", view=(Lines(tuple(f"line {n}" for n in range(100_000))),))


@ASK.command("plan", examples=("skc ask plan",))
def ask_plan(house: House, *, yes: options.Yes = False) -> Report:
    """Ask for consent to a plan."""
    house.person.show(PLAN)
    agreed = yes or house.person.agrees(PLAN)
    return Report(command="", facts={"agreed": agreed}, view=(Lines((f"agreed: {agreed}",)),))


@ASK.command("name", examples=("skc ask name",))
def ask_name(house: House) -> Report:
    """Ask to type a name."""
    agreed = house.person.confirm("app")
    return Report(command="", facts={"agreed": agreed}, view=(Lines((f"agreed: {agreed}",)),))


@ASK.command("rows", examples=("skc ask rows",))
def ask_rows(house: House) -> Report:
    """Ask which rows are meant."""
    table = Table(("colour", "price"), (("red", "1"), ("green", "22"), ("blue", "3")), right=(1,))
    chosen = house.person.choose(table, question="Which?")
    return Report(command="", facts={"chosen": chosen}, view=(Lines((f"chosen: {chosen}",)),))


@ASK.command("secret", examples=("skc ask secret", "skc ask secret --stdin"))
def ask_secret(
    house: House, *, stdin: options.Stdin = False, fd: options.Descriptor = None
) -> Report:
    """Take a secret value, and tell its length and hash alone."""
    value = taken(house.person, label="the value", stdin=stdin, fd=fd).reveal()
    digest = sha256(value.encode()).hexdigest()
    return Report(command="", facts={"digest": digest}, view=(Lines((digest,)),))


@ASK.command("work", examples=("skc ask work",))
def ask_work(
    house: House,
    *,
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", help="How long.")] = 0.5,
) -> Report:
    """Do some work, with progress."""
    with house.person.progress("painting", total=100_000_000, unit="B") as ticker:
        for part in range(50):
            ticker.describe(f"wall {part}")
            ticker.advance(2_000_000)
            house.clock.sleep(seconds / 50)
        house.person.note("half a note")
    return Report(command="", view=(Lines(("painted",)),))


@OUTER.bare(examples=("skc outer ask plan",))
def outer(
    house: House, argv: Annotated[list[str], typer.Argument(metavar="WORD", help="What to run.")]
) -> Report:
    """Run another command."""
    inner = house.commands.run(*argv)
    facts = {"status": inner.status, "command": inner.command, "exit": inner.exit.value}
    return Report(command="", facts=facts, view=(Lines((f"inner: {inner.status.value}",)),))


COMMANDS = (
    Section(
        "things",
        tuple(
            Entry(group.name, group.summary or f"Commands of {group.name}.", __name__)
            for group in (SHELF, BOX, END, ASK, OUTER)
        ),
    ),
)


@contextmanager
def commands(table: tuple[Section, ...] = COMMANDS) -> Iterator[None]:
    """The front door with these commands in place of the real ones."""
    before, app.COMMANDS = app.COMMANDS, table
    try:
        yield
    finally:
        app.COMMANDS = before


def main() -> NoReturn:
    with commands():
        sys.exit(app.main(sys.argv[1:]))


if __name__ == "__main__":
    # the table names this module as `tests.terminal.program`, also when it runs as `__main__`
    from tests.terminal import program

    program.main()
