"""Commands to type next that mean the same values; no value is ever in one.

What was searched for is found no more once it is gone, and what came through a pipe is nowhere: the
bundle keeps those values, sealed as all of it is.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.model import STDIN, Wish
from skillconnect_ops.core.shell import word
from skillconnect_ops.journal.plans import without_looking

_FILE = ("--values-from", "FILE")
_PIPED = ("--fd", "--values-from")


def scrubbing(wish: Wish, *more: str) -> str:
    """A scrub of what was asked for; where it was piped in, or is in a bundle, of a file."""
    return _line("scrub", *_named(wish), *more)


def proving(wish: Wish, folder: Path | None = None, *, sealed_to: bool = False) -> str:
    """The proof of what a scrub took out.

    Args:
        wish: as it was typed.
        folder: the bundle of the scrub; None where there is none, since nothing was done.
        sealed_to: whether the bundle is sealed to recipients.
    """
    if folder is None or not (_is_searched(wish) or _is_piped(wish)):
        return _line("scrub", "verify", *_named(wish))
    key = ("--identity", "FILE") if sealed_to else ()
    return _line("scrub", "verify", *_paths(wish), "--bundle", str(folder), *key)


def carrying_out(house: House, wish: Wish) -> str:
    """What was only looked at, as it was typed; but what was piped in comes from a file."""
    typed = iter(shlex.split(without_looking(house.person.again()))[1:])
    if not _is_piped(wish):
        return _line(*typed)
    kept: list[str] = []
    for each in typed:
        name, given, _ = each.partition("=")
        if name not in _PIPED:
            kept.append(each)
        elif not given:
            next(typed, None)
    return _line(*kept, *_FILE)


def _is_searched(wish: Wish) -> bool:
    return bool(wish.found or wish.only or wish.retired or wish.patterns)


def _is_piped(wish: Wish) -> bool:
    return wish.descriptor is not None or wish.values_from == STDIN


def _named(wish: Wish) -> Iterator[str]:
    yield from _paths(wish)
    yield from ("--found",) if wish.found else ()
    for mark in wish.only:
        yield from ("--only", mark)
    yield from ("--retired",) if wish.retired else ()
    for pattern in wish.patterns:
        yield from ("--regex", pattern)
    if wish.values_from not in {None, STDIN}:
        yield from ("--values-from", str(wish.values_from))
    elif _is_piped(wish) or wish.bundle is not None:
        yield from _FILE


def _paths(wish: Wish) -> Iterator[str]:
    for path in wish.paths:
        yield from ("--path", path)


def _line(*words: str) -> str:
    return " ".join(("skc", *map(word, words)))
