"""A runbook's YAML -> `Runbook`; what is wrong is said with its line."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from skillconnect_ops.commands.respond.model import (
    ACTS,
    PLACEHOLDERS,
    Decision,
    Option,
    Phase,
    Runbook,
    RunbookStep,
)
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.resources import template, templates
from skillconnect_ops.core.settings.errors import SettingsInvalid
from skillconnect_ops.core.settings.reader import Form, read_as
from skillconnect_ops.core.settings.rules import Broken, is_name, period_s

SHIPPED = "runbooks"
_SUFFIX = ".yaml"
_BRACES = re.compile(r"\{([A-Za-z_-]+)\}")
_COMMAND = "skc "


class RunbookInvalid(SettingsInvalid):
    """One place in a runbook is wrong."""


class NoSuchRunbook(Precondition):
    """Neither a runbook of ours nor a file."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, shipped(), n=1, cutoff=0.5)
        super().__init__(
            f'there is no runbook "{name}"',
            why=f"shipped are {', '.join(shipped())}; of a file of your own give the path",
            fix=f"skc respond start {near[0]}" if near else "skc respond list",
        )


class RunbookUnreadable(Precondition):
    """The file is there, and cannot be read as text."""


def shipped() -> tuple[str, ...]:
    """The names of the runbooks that come with skc."""
    return tuple(
        name.removesuffix(_SUFFIX)
        for name in templates(SHIPPED)
        if name.endswith(_SUFFIX) and "/" not in name
    )


def find(name: str, *, folder: Path) -> Runbook:
    """A runbook by its name, or by the path of its file.

    Args:
        name: `credentials-leaked`, or a path relative to `folder`.
        folder: the working folder.

    Raises:
        NoSuchRunbook: there is none.
        RunbookUnreadable: the file is no UTF-8 text, or may not be read.
        SettingsInvalid: it is wrong at some line.
    """
    if name in shipped():
        return read(template(f"{SHIPPED}/{name}{_SUFFIX}"), file=f"{name}{_SUFFIX}")
    path = folder / name
    if not path.is_file():
        raise NoSuchRunbook(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RunbookUnreadable(
            f"{name} cannot be read", why=str(why), fix=f"ls -l {name}   # and save it as UTF-8"
        ) from error
    return read(text, file=name)


def read(text: str, *, file: str) -> Runbook:
    """The runbook that a text holds.

    Raises:
        SettingsInvalid: names the line, the key, and the nearest known key.
    """
    runbook, lines = read_as(text, Runbook, _FORM, file=file)
    for place, what, why in _faults(runbook):
        line = lines.get(place, 1)
        raise RunbookInvalid(
            file, line, f"{place} {what}", why=why, fix=f"correct line {line} of {file}"
        )
    return runbook


def filled(text: str, given: Mapping[str, str]) -> str:
    """A text with the placeholders put in; one that has no value stays, to be seen."""
    return _BRACES.sub(lambda found: given.get(found[1], found[0]), text)


def _faults(runbook: Runbook) -> Iterator[tuple[str, str, str]]:
    """What no single value shows: place, what is wrong, why."""
    seen: dict[str, str] = {}
    before: set[str] = set()
    known = [step.id for step in runbook.steps]
    for number, phase in enumerate(runbook.phases):
        for count, step in enumerate(phase.steps):
            place = f"phases[{number}].steps[{count}]"
            if step.id in seen:
                yield f"{place}.id", f"is that of {seen[step.id]}, too", "each step has its own"
            seen[step.id] = place
            yield from _of_step(step, place, before=before, known=known)
            before.add(step.id)


def _of_step(
    step: RunbookStep, place: str, *, before: set[str], known: list[str]
) -> Iterator[tuple[str, str, str]]:
    for number, name in enumerate(step.after):
        if name not in before:
            why = "a step comes after steps that stand above it"
            yield f"{place}.after[{number}]", f'names "{name}"', why
    if step.decision is None:
        if not step.manual:
            yield place, "has no manual way", "at night the automatic one may not be there"
        return
    if step.auto:
        yield f"{place}.auto", "decides by itself", "what is to be decided, a person decides"
    for number, option in enumerate(step.decision.options):
        for at, name in enumerate(option.skips):
            if name not in known or name == step.id:
                where = f"{place}.decision.options[{number}].skips[{at}]"
                yield where, f'names "{name}"', "there is no such step to leave out"


def _id(value: object) -> Broken | None:
    if is_name(str(value)) and str(value) != "next":
        return None
    return Broken(
        what="is no id",
        why="letters, digits, `.`, `_` and `-` alone, at most 64, a letter or digit first",
        fix="write a word as `keep-evidence`",
    )


def _within(value: object) -> Broken | None:
    if period_s(str(value)) is not None:
        return None
    return Broken(
        what="is no length of time",
        why="it is written as a number and one of s, m, h, d",
        fix="write `30m`",
    )


def _some(value: object) -> Broken | None:
    if value:
        return None
    return Broken(what="is empty", why="there is nothing to do in it", fix="fill or remove it")


def _texts(value: object) -> Broken | None:
    texts = value if isinstance(value, tuple) else (value,)
    return next((fault for text in texts if (fault := _text(text))), None)


def _text(value: object) -> Broken | None:
    if not str(value).strip():
        return Broken(what="is empty", why="somebody is to read it", fix="write it")
    unknown = [name for name in _BRACES.findall(str(value)) if name not in PLACEHOLDERS]
    if unknown:
        return Broken(
            what=f"has {{{unknown[0][:40]}}}",
            why=f"known in braces are {', '.join(PLACEHOLDERS)}",
            fix="write one of these",
        )
    return None


def _auto(value: object) -> Broken | None:
    for line in value if isinstance(value, tuple) else ():
        if not str(line).startswith(_COMMAND) and line not in ACTS:
            near = get_close_matches(str(line), ACTS, n=1, cutoff=0.6)
            return Broken(
                what="has a line that is neither a command of skc nor a built-in act",
                why=f"a command begins with `skc `; the acts are {', '.join(ACTS)}",
                fix=f"write `{near[0]}`" if near else "write `skc …` or one of the acts",
            )
    return _texts(value)


def _options(value: object) -> Broken | None:
    options = value if isinstance(value, tuple) else ()
    ids = [option.id for option in options]
    if len(options) >= 2 and len(set(ids)) == len(ids):
        return None
    return Broken(
        what="has no choice between answers",
        why="a decision has two options or more, each with an id of its own",
        fix="write two options",
    )


_FORM = Form(
    root=Runbook,
    called="the runbook",
    rules={
        (Runbook, "id"): _id,
        (Runbook, "title"): _text,
        (Runbook, "about"): _text,
        (Runbook, "phases"): _some,
        (Phase, "id"): _id,
        (Phase, "title"): _text,
        (Phase, "within"): _within,
        (Phase, "steps"): _some,
        (RunbookStep, "id"): _id,
        (RunbookStep, "title"): _text,
        (RunbookStep, "why"): _text,
        (RunbookStep, "closes"): _text,
        (RunbookStep, "auto"): _auto,
        (RunbookStep, "confirm"): _text,
        (RunbookStep, "manual"): _texts,
        (Decision, "question"): _text,
        (Decision, "options"): _options,
        (Option, "id"): _id,
        (Option, "title"): _text,
    },
    empty="a runbook has version, id, title, about and phases",
    fix="skc respond schema   # says what a runbook has",
)
