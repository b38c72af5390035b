"""What is declared and what is there, looked at once."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.declared import read
from skillconnect_ops.commands.indexes.difference import Row, difference
from skillconnect_ops.commands.indexes.errors import NothingDeclared, SystemDatabase
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.indexes import Declaration
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.ports.database import Topology
from skillconnect_ops.core.ports.indexes import Listing
from skillconnect_ops.core.settings.model import Target

_SYSTEM = frozenset({"admin", "config", "local"})


class NotDeclared(Precondition):
    """There is no file that declares indexes, or it cannot be read."""


class ShardedCluster(Precondition):
    """A topology that nobody tested."""


class Look(Struct, frozen=True, kw_only=True):
    """Both sides, and where they part."""

    declared: tuple[Declaration, ...]
    found: Listing
    rows: tuple[Row, ...]


def look(connected: Connected, declared: Sequence[Declaration]) -> Look:
    """Look at the target's database."""
    found = connected.indexes.listing(connected.name)
    return Look(declared=tuple(declared), found=found, rows=difference(declared, found))


def declarations(house: House, target: Target) -> tuple[Declaration, ...]:
    """What the target's file declares.

    Raises:
        NotDeclared: there is none.
        SettingsInvalid: one place in it is wrong: which line.
    """
    root = house.project().root
    name = target.settings.indexes
    path = root / Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotDeclared(
            f"there is no {name}",
            why=f"targets.{target.name}.indexes of skc.yaml names it, or stands for it unsaid",
            fix=f"skc indexes import   # writes {name} from what is there",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise NotDeclared(
            f"{name} cannot be read", why=str(error), fix=f"see that {name} is a text file"
        ) from error
    return read(text, file=name)


def subject(connected: Connected, target: Target) -> Subject:
    """What is worked on; the first line of every plan."""
    return Subject(
        target=target.name,
        cluster=connected.cluster,
        database=connected.name,
        files=(target.settings.indexes,),
    )


def must_name_something(house: House, target: Target) -> None:
    """Refuse a file that holds no word but comments, where that would be taken at its word.

    Raises:
        NothingDeclared: it does not.
    """
    text = (house.project().root / target.settings.indexes).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    if all(not line or line.startswith(("#", "---", "%")) or line == "{}" for line in lines):
        raise NothingDeclared(target.settings.indexes)


def refuse_untested(connected: Connected, *, insists: bool) -> None:
    """Refuse the server's own databases, and a sharded cluster.

    Raises:
        SystemDatabase: it is one.
        ShardedCluster: it is one, and nobody insists.
    """
    if connected.name in _SYSTEM:
        raise SystemDatabase(connected.name)
    if connected.database.server().topology is Topology.SHARDED and not insists:
        raise ShardedCluster(
            f"{connected.cluster} is a sharded cluster",
            why="building and hiding indexes over several shards was never tested; one of them "
            "may fail where the others do not",
            fix="skc indexes --dry-run --untested-topology   # at your own risk",
        )
