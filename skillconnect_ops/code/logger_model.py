"""The nouns of rewriting calls of `console` into calls of a logger."""

from enum import Enum

from msgspec import Struct


class Order(Enum):
    """What a logger takes first."""

    MESSAGE_FIRST = "message first"
    """winston and its like: `info("Saved", { userId })`."""
    FIELDS_FIRST = "fields first"
    """pino and bunyan: `info({ userId }, "Saved")`; what comes after a message is dropped."""


class Logger(Struct, frozen=True, kw_only=True):
    """The module of a project that its log goes through."""

    path: str
    """Relative to the project's root, `/`-separated."""
    exported: str | None
    """The name that it is exported by; None: as the default, or as the whole module."""
    es_module: bool
    order: Order = Order.MESSAGE_FIRST
    shows_errors: bool = True
    """Whether an error among the fields is written with its text; winston alone writes `{}`."""
    levels: frozenset[str] | None = None
    """Those that it was given in place of the usual ones; None where it has the usual ones."""
    returns_itself: bool = True
    """Whether a call gives back the logger, where `console` gives back nothing."""


class Edit(Struct, frozen=True, kw_only=True):
    """One piece of a text, counted in characters, and what comes in its place."""

    start: int
    end: int
    text: str


class Left(Struct, frozen=True, kw_only=True):
    """A call, or a whole file, that stays as it is."""

    path: str
    line: int | None
    reason: str


class Rewritten(Struct, frozen=True, kw_only=True):
    """What becomes of one text."""

    text: str
    edits: tuple[Edit, ...] = ()
    """In the order of their places; none overlaps another."""
    calls: int = 0
    left: tuple[Left, ...] = ()
