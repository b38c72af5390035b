"""`skc audit --fix` and `--write`: look, show, and where it is wished hand over to the gait."""

from hashlib import sha256
from typing import Any

from skillconnect_ops.commands.audit.checks.console_call import CHECK
from skillconnect_ops.commands.audit.fix_look import Look
from skillconnect_ops.commands.audit.fix_model import Fixes, FixWish
from skillconnect_ops.commands.audit.model import Wish
from skillconnect_ops.commands.audit.steps import TAB
from skillconnect_ops.commands.folder import folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Block, Cell, Lines, Table, Text, Tone, count
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.resources import Resource

COMMAND = "audit"


def fix(house: House, wish: Wish, how: FixWish, choices: Choices) -> Report:
    """Show what calls of `console` become, or write it.

    Args:
        house: the house.
        wish: which files and lines.
        how: what to do with them.
        choices: what the person chose.

    Raises:
        UsageError: options contradict each other.
        Precondition: there is no logger, or several; a file changed meanwhile.
        Refused: nobody agreed.
    """
    _must_agree(wish, how, choices)
    fixes = Look(house, wish, how).fixes()
    if not how.write:
        return Report(
            command=COMMAND,
            subject=_subject(fixes).facts(),
            unknown=fixes.unknown,
            facts=_facts(fixes, written=False),
            view=_shown(fixes),
            next=(_written_as(house.person.again()),) if fixes.steps else (),
        )

    def look() -> Plan:
        return _plan(Look(house, wish, how).fixes())

    outcome = _office(house, fixes).carry_out(
        look,
        person=house.person,
        resources=[Resource("file", str(fixes.root / step.path)) for step in fixes.steps],
        consent=Ask(),
        choices=choices,
    )
    return Report(
        command=COMMAND,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        unknown=fixes.unknown,
        facts=_facts(fixes, written=outcome.walked),
        view=_done(fixes, written=outcome.walked),
        next=(f"skc audit --select {CHECK.id}",) if outcome.walked else (),
    )


def _must_agree(wish: Wish, how: FixWish, choices: Choices) -> None:
    """See to it that the options make sense together.

    Raises:
        UsageError: they do not.
    """
    of_write = choices.dry_run or choices.yes or choices.save_plan is not None
    if not how.write and (of_write or not how.show):
        raise UsageError(
            "these options belong to --fix or --write",
            why="--logger and --request-id say how calls are rewritten; --dry-run, --save-plan and "
            "--yes how that is written",
            fix="skc audit --fix",
        )
    if set(wish.select) - {CHECK.id} or CHECK.id in wish.ignore:
        raise UsageError(
            f"only {CHECK.id} can be fixed",
            why="the other checks find what a person has to decide",
            fix=f"skc audit --fix --select {CHECK.id}",
        )
    graded = wish.baseline or wish.baseline_from or wish.fail_on or wish.show_ignored
    if wish.staged or graded or wish.strict:
        raise UsageError(
            "--fix and --write look at the work tree, and grade nothing",
            why="--staged, --baseline, --fail-on, --show-ignored and --strict belong to an audit",
            fix="skc audit --fix",
        )


def _office(house: House, fixes: Fixes) -> Office:
    try:
        house.project()
    except SettingsNotFound:
        return house.office(state=folder_state(house, fixes.root))
    return house.office()


def _written_as(line: str) -> str:
    return line.replace(" --fix", " --write", 1)


def _subject(fixes: Fixes) -> Subject:
    files = tuple(step.path for step in fixes.steps)
    return Subject(repository=str(fixes.root), files=files)


def _plan(fixes: Fixes) -> Plan:
    identity = "\0".join(f"{step.path}\0{step.was}\0{step.becomes}" for step in fixes.steps)
    return Plan(
        command=COMMAND,
        subject=_subject(fixes),
        state=sha256(identity.encode()).hexdigest(),
        steps=fixes.steps,
        notes=(*_notes(fixes), *fixes.notes),
    )


def _notes(fixes: Fixes) -> tuple[str, ...]:
    """What a person should know before agreeing."""
    notes = []
    if fixes.logger is not None and fixes.steps:
        notes.append(f"they go through {fixes.logger.path}")
    stays = len(fixes.left) + sum(one.calls for one in fixes.spared)
    if stays:
        notes.append(f"{count(stays, 'use')} of console stay as they are; the report says why")
    return tuple(notes)


def _facts(fixes: Fixes, *, written: bool) -> dict[str, Any]:
    return {
        "fix": {
            "logger": fixes.logger.path if fixes.logger is not None else None,
            "calls": sum(step.calls for step in fixes.steps),
            "files": [
                {
                    "path": step.path,
                    "calls": step.calls,
                    "diff": fixes.diffs[step.path],
                    "written": written,
                }
                for step in fixes.steps
            ],
            "left": fixes.left,
            "spared": fixes.spared,
            "allowed": fixes.allowed,
            "notes": fixes.notes,
        }
    }


def _shown(fixes: Fixes) -> tuple[Block, ...]:
    """The diffs, then what stays."""
    lines: list[Cell] = []
    for step in fixes.steps:
        lines += [Text(f"--- a/{step.path}", Tone.STRONG), Text(f"+++ b/{step.path}", Tone.STRONG)]
        lines += [
            Text(line, _TONES.get(line[:1], Tone.PLAIN))
            for line in fixes.diffs[step.path].expandtabs(TAB).splitlines()
        ]
    lines += [""] if lines else []
    return (Lines((*lines, *_summary(fixes, "would become"))), *_stays(fixes))


def _done(fixes: Fixes, *, written: bool) -> tuple[Block, ...]:
    said = "became" if written else "would become"
    return (Lines(tuple(_summary(fixes, said))), *_stays(fixes))


def _summary(fixes: Fixes, becomes: str) -> list[Cell]:
    calls, files = sum(step.calls for step in fixes.steps), len(fixes.steps)
    if not calls or fixes.logger is None:
        return [Text("no call of console is to be rewritten", Tone.GOOD)]
    where = f"{count(calls, 'call')} in {count(files, 'file')}"
    said: list[Cell] = [Text(f"{where} {becomes} calls of {fixes.logger.path}", Tone.STRONG)]
    if fixes.allowed:
        said.append(Text(f"{count(fixes.allowed, 'use')} allowed by a comment", Tone.DIM))
    return said + [Text(note, Tone.WARN) for note in fixes.notes]


def _stays(fixes: Fixes) -> tuple[Block, ...]:
    rows = [
        *(
            (
                f"{one.path}:{one.line}" if one.line else one.path,
                "1" if one.line else "",
                one.reason,
            )
            for one in fixes.left
        ),
        *((one.path, str(one.calls), one.reason) for one in fixes.spared),
    ]
    if not rows:
        return ()
    return (Table(("where", "uses", "why it stays"), tuple(rows), right=(1,), title="left alone"),)


_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.DIM}
