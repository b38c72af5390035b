"""All commands as declared, and command lines parsed without being run."""

import shlex
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from skillconnect_ops import app
from skillconnect_ops.terminal.front import Entry, Front
from skillconnect_ops.terminal.group import BARE, Call, Group, HelpAsked, Verb


def entries() -> list[Entry]:
    """All top-level commands."""
    return [entry for section in app.COMMANDS for entry in section.entries]


def group_of(entry: Entry) -> Group:
    """The declaration behind a top-level command."""
    group = getattr(import_module(entry.module), entry.name.upper())
    assert isinstance(group, Group)
    return group


def verbs() -> Iterator[tuple[str, Verb]]:
    """All commands with the words that name them: `skc backup list`."""
    for path, group in groups():
        for name, verb in group.verbs.items():
            yield path if name == BARE else f"{path} {name}", verb


def groups() -> Iterator[tuple[str, Group]]:
    """All groups, nested ones too, with the words that name them: `skc secrets ledger`."""
    for entry in entries():
        yield from _with_nested(f"skc {entry.name}", group_of(entry))


def _with_nested(path: str, group: Group) -> Iterator[tuple[str, Group]]:
    yield path, group
    for name, nested in group.groups.items():
        yield from _with_nested(f"{path} {name}", nested)


def parse(line: str) -> None:
    """Parse a command line as a shell and `skc` do, and run nothing.

    Raises:
        Exception: a word means nothing, or one is missing.
    """
    program, *words = shlex.split(line, comments=True)
    assert program == "skc", line
    front = Front(app.COMMANDS, app._load)
    try:
        ctx: Any = front.make_context("skc", list(words), obj=Call(None))
        while ctx._protected_args:
            rest = [*ctx._protected_args, *ctx.args]
            name, command, rest = ctx.command.resolve_command(ctx, rest)
            ctx = command.make_context(name, rest, parent=ctx)
    except HelpAsked:
        return
