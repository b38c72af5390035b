"""What is declared and what is there, looked at once."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.declared import decoded, named, read
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
    """There is no file that declares indexes."""


class Unreadable(Precondition):
    """The file that declares indexes is there, and cannot be opened."""


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
        Precondition: it cannot be read.
        SettingsInvalid: something in it is wrong: which lines.
    """
    root = house.project().root
    name = target.settings.indexes
    text = text_at(root / Path(name), file=name)
    if text is None:
        raise NotDeclared(
            f"there is no {name}",
            why=f"targets.{target.name}.indexes of skc.yaml names it, or stands for it unsaid",
            fix=f"skc indexes import   # writes {name} from what is there",
        )
    return read(text, file=name)


def text_at(path: Path, *, file: str) -> str | None:
    """What a file that declares indexes holds; None where there is none.

    Raises:
        Unreadable: it cannot be opened.
        NotUtf8: it is no text, or one in another encoding.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(
            f"{file} cannot be read",
            why=error.strerror or str(error),
            fix=f"see that {file} is a file, and yours to read: ls -l {file}",
        ) from error
    return decoded(data, file=file)


def subject(connected: Connected, target: Target) -> Subject:
    """What is worked on; the first line of every plan."""
    return Subject(
        target=target.name,
        cluster=connected.cluster,
        database=connected.name,
        files=(target.settings.indexes,),
    )


def named_collections(house: House, target: Target) -> frozenset[str]:
    """The collections that the target's file names; what it does not name is not its business.

    Raises:
        NothingDeclared: there is none: somebody emptied the file, or cut it off.
    """
    path = house.project().root / target.settings.indexes
    found = named(path.read_text(encoding="utf-8"))
    if not found:
        raise NothingDeclared(target.settings.indexes)
    return found


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
