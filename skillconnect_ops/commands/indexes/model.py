"""The nouns of this domain: the steps, what was asked for, and what it is decided from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.indexes.planned import Planned
from skillconnect_ops.core.indexes import Index, derived_name
from skillconnect_ops.core.outcome import Fact
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.ports.indexes import (
    Build,
    CollectionFigures,
    HiddenIndex,
    StandIn,
    Touched,
)

OBSERVE_S = 7 * 86_400.0
SUFFIX = "_id"
"""The field that tells a bridge from what it stands for; another where that is there already."""
BRIDGE = "skc_bridge"
GUARD = "skc_guard"


def is_stand_in(name: str) -> bool:
    """Whether an index of this name is one that a run makes for itself, and drops."""
    return name.startswith((f"{BRIDGE}_", f"{GUARD}_"))


class Wishes(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    prune: bool = False
    prune_used: bool = False
    observe_s: float | None = None
    """None: as it was said when an index was hidden, or `OBSERVE_S`."""
    allow_gap: bool = False
    commit_quorum: int | str | None = None
    untested_topology: bool = False
    ignore_space: bool = False
    show_values: bool = False


class Facts(Struct, frozen=True, kw_only=True):
    """What a plan is decided from, besides what is declared and found."""

    version: tuple[int, ...]
    """Of the server."""
    now: datetime
    figures: Mapping[str, CollectionFigures] = {}
    uses_known: bool = True
    """Whether every node said how its indexes are used."""
    watched: tuple[HiddenIndex, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    """Those that runs have written down as theirs."""
    named: frozenset[str] | None = None
    """Collections in which what is not declared may go; None: all."""
    expiring: Mapping[tuple[str, str], Fact[int]] = {}
    """By collection and the index's name: how many documents would go at once."""


class IndexLock(Step, frozen=True, kw_only=True, tag="index.lock"):
    """Keep other runs out, on whatever machine, and write down what is there for the way back."""

    target: str
    database: str
    command: str
    touched: tuple[Touched, ...]
    stand_ins: tuple[StandIn, ...] = ()

    def says(self) -> str:
        """One line of the plan."""
        return f"lock the indexes of {self.database} for other runs, and keep how they are now"


class IndexUnlock(Step, frozen=True, kw_only=True, tag="index.unlock"):
    """Let others."""

    target: str
    database: str
    undoes: str | None = None
    """The run that is taken back by this one."""
    tidies = True

    def says(self) -> str:
        """One line of the plan."""
        return "unlock"


class IndexCreate(Step, frozen=True, kw_only=True, tag="index.create"):
    """Build some indexes of a collection in one pass."""

    target: str
    database: str
    collection: str
    builds: tuple[Build, ...]
    commit_quorum: int | str | None = None
    purpose: str = ""
    estimate: str = ""
    until: tuple[Build, ...] = ()
    """They stand for these: once they are ready, nobody needs the others."""
    stand_for: tuple[str, ...] = ()
    """And for these, which are dropped meanwhile: they stay until all of them are back."""
    passing = ("estimate",)

    def says(self) -> str:
        """One line of the plan."""
        named = "; ".join(_said(one.index) for one in self.builds)
        tail = "".join(f" ({text})" for text in (self.purpose, self.estimate) if text)
        return f"build on {self.collection}: {named}{tail}"


class IndexModify(Step, frozen=True, kw_only=True, tag="index.modify"):
    """Change options of an index in place, at once."""

    target: str
    database: str
    collection: str
    name: str
    changes: Mapping[str, Any]
    planned: Planned | None = None
    leaves: bool = False
    """Whether it is left where somebody has changed it meanwhile: here is no way back."""
    deletes: str = ""
    """Which documents go at once, for people."""
    passing = ("deletes",)

    def says(self) -> str:
        """One line of the plan."""
        what = ", ".join(f"{name}: {_word(value)}" for name, value in self.changes.items())
        tail = f"deletes {self.deletes}" if self.deletes else "at once, nothing is rebuilt"
        return f"set {what} on {self.collection}.{self.name} ({tail})"


class IndexPrepare(Step, frozen=True, kw_only=True, tag="index.prepare"):
    """Let no further duplicates in, and see that there are none."""

    target: str
    database: str
    collection: str
    name: str
    planned: Planned | None = None

    def says(self) -> str:
        """One line of the plan."""
        return f"let no more duplicates into {self.collection}.{self.name}, and look for old ones"


class IndexConvert(Step, frozen=True, kw_only=True, tag="index.convert"):
    """Make an index that is prepared unique."""

    target: str
    database: str
    collection: str
    name: str
    planned: Planned | None = None

    def says(self) -> str:
        """One line of the plan."""
        return f"make {self.collection}.{self.name} unique (nothing is rebuilt)"


class IndexHide(Step, frozen=True, kw_only=True, tag="index.hide"):
    """Take an index from the queries' sight; it is kept up to date, and is back in an instant."""

    target: str
    database: str
    collection: str
    name: str
    watched: bool = False
    """Whether it is only hidden to see whether anybody misses it."""
    observe_s: float = 0.0
    """For how long, then."""
    purpose: str = ""
    planned: Planned | None = None

    def says(self) -> str:
        """One line of the plan."""
        tail = f" ({self.purpose})" if self.purpose else ""
        return f"hide {self.collection}.{self.name}{tail}"


class IndexDrop(Step, frozen=True, kw_only=True, tag="index.drop"):
    """Drop some indexes of a collection."""

    target: str
    database: str
    collection: str
    names: tuple[str, ...]
    purpose: str = ""
    planned: Mapping[str, Planned] = {}
    """By name, of those that were there when the plan was made."""
    hidden: bool = False
    """Whether they must be out of sight by now: one that is seen is one that somebody needs."""
    leaves: bool = False
    """Whether one that somebody has changed or put back in sight meanwhile is left to him."""
    successors: tuple[Build, ...] = ()
    """What is built in their place; tried out on nothing first, since a server may refuse it."""

    def says(self) -> str:
        """One line of the plan."""
        named = ", ".join(f"{self.collection}.{name}" for name in self.names)
        return f"drop {named}" + (f" ({self.purpose})" if self.purpose else "")


AnyStep = (
    IndexLock
    | IndexUnlock
    | IndexCreate
    | IndexModify
    | IndexPrepare
    | IndexConvert
    | IndexHide
    | IndexDrop
)


def _said(index: Index) -> str:
    """Its name only where MongoDB would have made another one."""
    plain = index.called == derived_name(index.keys)
    return index.says() if plain else f"{index.called} {index.says()}"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
