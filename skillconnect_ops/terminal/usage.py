"""What the parser cannot understand, said in our own form and with the nearest name."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperGroup

from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.regex import regex
from skillconnect_ops.terminal.help import path_of
from skillconnect_ops.terminal.text import one_line, redacted

_ALIKE = 0.75
_LEAST = 3
"""Letters that say what a name begins with."""
_PARSING = regex(r", unable to parse .*$")


class NotUnderstood(UsageError):
    """A command line with a word that means nothing, or without one that is needed."""


class NoSuchCommand(UsageError):
    """The first words name no command."""

    def __init__(self, name: str, *, known: Iterable[str], under: str = "skc") -> None:
        near = close(name, known)
        super().__init__(
            f"there is no command {under} {shown(name)}",
            why=f"the nearest one is {under} {near[0]}"
            if near
            else f"no command of {under} is like it",
            fix=f"{under} {near[0]}" if near else f"{under} --help",
        )


def close(word: str, known: Iterable[str]) -> list[str]:
    """The one name that was meant: it begins so, or differs by a slip of the fingers.

    A guess that is far off sends people to a command that does something else, so there is none.
    """
    names = list(known)
    longer = [name for name in names if name.startswith(word)]
    if len(word.strip("-")) >= _LEAST and len(longer) == 1:
        return longer
    return get_close_matches(word, names, n=1, cutoff=_ALIKE)


def explained(error: typer.TyperException) -> UsageError:
    """A parser's complaint as an error of ours; what may be a secret in it is masked."""
    ctx = getattr(error, "ctx", None)
    path = " ".join(path_of(ctx)) if ctx is not None else "skc"
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        return _no_such_option(path, str(option), error.possibilities or ())
    param = getattr(error, "param", None)
    if param is not None:
        return _bad_value(path, param, error)
    return NotUnderstood(
        f"{path} was not understood",
        why=shown(_sentence(error.message)),
        fix=_nearest_subcommand(ctx, error.message) or f"{path} --help",
    )


def shown(word: str) -> str:
    """A word of a command line, fit for a terminal; a value that may be secret is masked."""
    return redacted(one_line(word))


def _no_such_option(path: str, option: str, possibilities: Iterable[str]) -> UsageError:
    near = next(iter(close(option, possibilities)), None)
    return NotUnderstood(
        f"{path} has no option {shown(option)}",
        why=f"the nearest one is {near}" if near else "none of its options is like it",
        fix=f"{path} {near}" if near else f"{path} --help",
    )


def _bad_value(path: str, param: Any, error: typer.TyperException) -> UsageError:
    name = param.opts[-1] if param.param_type_name == "option" else param.display_name_raw
    if not error.message:
        return NotUnderstood(
            f"{path} needs {name}",
            why="it was not given, and there is no value to fall back on",
            fix=f"{path} --help",
        )
    return NotUnderstood(
        f"{name} has no usable value", why=shown(_sentence(error.message)), fix=f"{path} --help"
    )


def _nearest_subcommand(ctx: Any, message: str) -> str | None:
    """`skc backup lst` is one word too many for the bare verb, and nearly a subcommand."""
    parent = getattr(ctx, "parent", None)
    if parent is None or not isinstance(parent.command, TyperGroup):
        return None
    word = message.rpartition("(")[2].rstrip(")").partition(" ")[0]
    known = [name for name, command in parent.command.commands.items() if not command.hidden]
    near = close(word, known)
    return f"{' '.join(path_of(parent))} {near[0]}" if near else None


def _sentence(message: str) -> str:
    """A complaint of the parser or of a type, as the second half of a sentence of ours."""
    text = _PARSING.sub("", " ".join(message.split()).rstrip("."))
    text = text.removeprefix("Value error, ")
    if text.startswith("Input should be "):
        return f"it {text.removeprefix('Input ')}"
    return text[:1].lower() + text[1:]
