"""What happens while a function is followed: how it refuses, what it asks a request for."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from skillconnect_ops.code.fastapi_modules import Module
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Class,
    External,
    Instance,
    Made,
    parts,
)

_STATUS = ("status_code", "status")
_LIMITS = re.compile(
    r"^(?:limit|max\w*|times|requests|count|most|tries|calls|rate|amount)$", re.IGNORECASE
)
_WINDOWS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(r"(?:^|_)ms$|millis|_ms_?", re.IGNORECASE), 1),
    (re.compile(r"minutes?", re.IGNORECASE), 60_000),
    (re.compile(r"hours?", re.IGNORECASE), 3_600_000),
    (re.compile(r"window|seconds?|period|interval|per|_s$", re.IGNORECASE), 1_000),
)

_BY_SETTING = re.compile(
    r"(?:^|[._\s\['\"(])(?:debug|prod|production|dev|development|testing|env|environment|enabled?"
    r"|disabled?|local|staging|is_(?:prod|dev|test|debug|local)\w*)(?:$|[\s\])'\".,=!])",
    re.IGNORECASE,
)


@dataclass(eq=False)
class Event:
    """One thing that happens, perhaps."""

    conditions: tuple[str, ...]
    """What must hold for it, as far as that is not told."""
    module: Module
    line: int


@dataclass(eq=False)
class Refusal(Event):
    """A request is refused: an error is raised, or an answer is made."""

    status: int = 0
    raised: Any = None
    """The error; None where it is an answer."""
    absent: bool = False
    """Whether nothing more is asked than whether the request brought something."""
    settings: tuple[str, ...] = ()
    """Those of the conditions that ask for what comes from outside of the program."""


@dataclass(eq=False)
class Call(Event):
    """Something is called that is no part of the project."""

    name: str = ""
    """Its dotted name, or as it is written where that is not told."""
    known: bool = False
    """Whether its package is told."""
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    node: ast.AST | None = None
    depth: int = 0
    """How many functions of the project were on the way to it."""
    within: ast.AST | None = None
    """The innermost of them."""


@dataclass(eq=False)
class Asks(Event):
    """Something of a request is looked at: `body`, `cookies`, `session`; or a key of a mapping."""

    part: str = ""
    key: str = ""
    early: bool = False
    """Whether that was when the object was made that is looked at here."""


@dataclass(eq=False)
class Counts(Event):
    """A limit is at hand: so many tries in so many milliseconds."""

    tries: float = 0
    window_ms: float = 0


@dataclass(eq=False)
class Holds(Event):
    """What was sent is held against a schema."""


@dataclass(eq=False)
class Lost(Event):
    """Something could not be followed."""

    why: str = ""


def statuses(value: Any) -> Iterator[int]:
    """The statuses that an error or an answer may have; none of what is neither."""
    for one in parts(value):
        found = _status(one)
        if found is not None:
            yield found


def _status(one: Any) -> int | None:
    if isinstance(one, Made):
        named = next((one.kwargs[name] for name in _STATUS if name in one.kwargs), MISSING)
        if named is not MISSING:
            return named if isinstance(named, int) else None
        return next((each for each in one.args if _is_status(each)), None)
    if isinstance(one, Instance):
        named = next((one.attrs[name] for name in _STATUS if name in one.attrs), MISSING)
        told = next((each for each in parts(named) if _is_status(each)), None)
        given = (each for each in parts(list(one.attrs.values())) if _is_status(each))
        return _of_class(one.of) if told is None and (told := next(given, None)) is None else told
    if isinstance(one, Class):
        return _of_class(one)
    return None


def _of_class(of: Class) -> int | None:
    """The status that stands in a class of errors."""
    told = (of.find(name) for name in _STATUS)
    return next((int(one) for one in told if _is_status(one)), None)


def _is_status(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600


def is_error(value: Any) -> bool:
    """Whether it may be raised."""
    kind = value.of if isinstance(value, Instance) else value
    if isinstance(kind, Class):
        return kind.is_a("Exception", "BaseException", "HTTPException", "ValueError")
    if isinstance(value, Made):
        return value.of.last.endswith(("Exception", "Error"))
    return isinstance(value, External) and value.last.endswith(("Exception", "Error"))


def rates(value: Any) -> Iterator[tuple[float, float]]:
    """The limits that stand in objects: tries, and the window in milliseconds."""
    for one in parts(value):
        if isinstance(one, Instance) and not one.typed:
            fields = {name.lstrip("_"): held for name, held in one.attrs.items()}
            tries = [v for name, v in fields.items() if _LIMITS.match(name) and _is_number(v)]
            windows = [
                v * unit
                for name, v in fields.items()
                if _is_number(v) and not _LIMITS.match(name) and (unit := _unit(name))
            ]
            if len(tries) == 1 and len(windows) == 1 and windows[0]:
                yield float(tries[0]), float(windows[0])


def _unit(name: str) -> float:
    return next((unit for words, unit in _WINDOWS if words.search(name)), 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def by_setting(conditions: Iterable[str]) -> str | None:
    """Those conditions that ask for a setting, or for where the program runs."""
    return " and ".join(one for one in conditions if _BY_SETTING.search(one)) or None


def farthest(calls: Iterable[Call], wanted: Callable[[Call], bool]) -> list[Call]:
    """The calls of a sort: of one place those that come from callers, else the one that does not.

    In a function that is followed for itself its parameters are not told.
    """
    by_place: dict[int, list[Call]] = {}
    for one in calls:
        if wanted(one):
            by_place.setdefault(id(one.node), []).append(one)
    found: list[Call] = []
    for several in by_place.values():
        from_elsewhere = [one for one in several if one.depth > 1]
        found += from_elsewhere or several[:1]
    return found
