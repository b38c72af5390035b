"""Why indexes are not applied."""

from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused
from skillconnect_ops.core.indexes import Index, shown_keys
from skillconnect_ops.core.ports.indexes import Duplicates
from skillconnect_ops.core.view import count, size


class Blocking(Struct, frozen=True, kw_only=True):
    """Duplicates that stand in the way of one unique index."""

    collection: str
    index: Index
    found: Duplicates

    def says(self) -> str:
        """How much of it, for people."""
        return (
            f"{count(self.found.groups, 'value stands', 'values stand')} in several documents; at "
            f"least {count(self.found.documents, 'document')} must change or go"
        )


class HasDuplicates(Precondition):
    """A unique index cannot be built on what is there."""

    def __init__(self, blocking: Sequence[Blocking], *, again: str = "skc indexes") -> None:
        first = blocking[0]
        others = count(len(blocking) - 1, "more index", "more indexes")
        more = f", and {others}" if blocking[1:] else ""
        super().__init__(
            f"{first.collection} has duplicates in {first.index.says()}{more}",
            why=first.says()
            if not blocking[1:]
            else "\n".join(
                f"{one.collection} {shown_keys(one.index.keys)}: {one.says()}" for one in blocking
            ),
            fix="decide which document of each group is the right one, and change or remove the "
            f"others; then {again}",
        )
        self.blocking = tuple(blocking)


class GapNotAllowed(Refused):
    """Some keys would be without an index for a while."""

    def __init__(self, gaps: Sequence[str], again: str) -> None:
        super().__init__(
            f"{count(len(gaps), 'index', 'indexes')} cannot be replaced without a gap",
            why="; ".join(gaps),
            fix=f"{again}   # in a calm hour",
        )


class CannotBeApplied(Precondition):
    """What is declared cannot be brought about from what is there."""

    def __init__(self, blocked: Sequence[str]) -> None:
        super().__init__(
            "not all of it can be applied", why="; ".join(blocked), fix="correct indexes.yaml"
        )


class DiskTooSmall(Precondition):
    """The new indexes would fill the disk."""

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(
            "the server's disk is too small for the new indexes",
            why=f"they take about {size(needed)} and as much again while they are built, and "
            f"{size(free)} are free",
            fix="make room, build fewer at once, or add --ignore-space if the estimate is wrong",
        )


class NothingDeclared(Precondition):
    """A file without a word is no declaration that nothing shall be there."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} names no collection",
            why="somebody emptied it, or cut it off; nothing can be held against it",
            fix="skc indexes import   # what is there; `COLLECTION: []` says that it has none",
        )


class RunTakenOver(NeedsPerson):
    """Another run went on with the work of this one."""

    def __init__(self, database: str) -> None:
        super().__init__(
            f"another run has taken the indexes of {database} over from this one",
            why="this one gave no sign for too long, as if its machine were gone; what it had not "
            "done by then it left out",
            fix="skc indexes status   # how they stand now",
        )


class AnotherServer(NeedsPerson):
    """A run that died is gone on with at a server that knows nothing of it."""

    def __init__(self, database: str, run: str) -> None:
        super().__init__(
            f"{database} knows nothing of the run {run}",
            why="it is another server at the same address, or was restored or emptied since; "
            "nothing is changed in it",
            fix=f"connect to the right server; or leave the run: skc journal show {run}",
        )


class SystemDatabase(Refused):
    """Its indexes are the server's own."""

    def __init__(self, database: str) -> None:
        super().__init__(
            f"{database} is a database of the server's own",
            why="it needs the indexes that it has, and no others",
            fix="name the app's database in the URI: mongodb://…/DATABASE",
        )
