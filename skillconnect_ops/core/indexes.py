"""An index of a collection, as it is declared and as a server lists it.

Documents within an index (`partialFilterExpression`, `collation`) are plain JSON data: MongoDB's
Extended JSON v2, relaxed. The fields' names in JSON are those of `createIndexes`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

Direction = int | float | str
"""1 ascending, -1 descending, or a kind: `text`, `2dsphere`, `2d`, `hashed`."""
Keys = tuple[tuple[str, Direction], ...]
"""Field and direction, in the order of the index."""

TEXT = "text"
WILDCARD = "$**"
ID = "_id"
ID_INDEX = "_id_"


class Index(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One index; what it does not say is left to the server, which fills it in when it builds."""

    keys: Keys
    name: str | None = None
    """None in a declaration: any name is as good; what is built gets the one `called` says."""
    unique: bool = False
    sparse: bool = False
    hidden: bool = False
    clustered: bool = False
    """The collection itself is ordered so; it is made with the collection, and never changed."""
    expire_after_s: int | float | None = field(default=None, name="expireAfterSeconds")
    partial_filter: Mapping[str, Any] | None = field(default=None, name="partialFilterExpression")
    collation: Mapping[str, Any] | None = None
    """None in a declaration: that of the collection. A server lists none where it is `simple`."""
    wildcard_projection: Mapping[str, Any] | None = field(default=None, name="wildcardProjection")
    weights: Mapping[str, int | float] | None = None
    default_language: str | None = None
    language_override: str | None = None
    text_version: int | None = field(default=None, name="textIndexVersion")
    sphere_version: int | None = field(default=None, name="2dsphereIndexVersion")
    bits: int | None = None
    min: int | float | None = None
    max: int | float | None = None
    storage_engine: Mapping[str, Any] | None = field(default=None, name="storageEngine")
    version: int | None = field(default=None, name="v")
    prepare_unique: bool = field(default=False, name="prepareUnique")
    """The server takes no further duplicates, though there may be some: on the way to `unique`."""
    other: Mapping[str, Any] = {}
    """Options of a server that are not known here, by their names."""

    @property
    def called(self) -> str:
        """Its name: its own, or what MongoDB makes of the keys."""
        return self.name or derived_name(self.keys)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields, in order."""
        return tuple(name for name, _ in self.keys)

    @property
    def is_text(self) -> bool:
        """Whether it is a text index; a collection has one at most."""
        return any(direction == TEXT for _, direction in self.keys)

    @property
    def is_wildcard(self) -> bool:
        """Whether it takes in fields that nobody named."""
        return any(name.endswith(WILDCARD) for name, direction in self.keys if direction != TEXT)

    @property
    def is_id(self) -> bool:
        """Whether it is the one that every collection has by itself, or the clustered one."""
        return self.clustered or self.keys in {((ID, 1),), ((ID, -1),)}

    def options(self) -> dict[str, Any]:
        """What it says besides its keys, by the names of `createIndexes`; defaults left out."""
        said: dict[str, Any] = msgspec.to_builtins(self)
        del said["keys"]
        other = said.pop("other", {})
        return {**said, **other}

    def declared(self) -> dict[str, Any]:
        """One entry of `indexes.yaml`: `{keys: {…}, …}`."""
        return {"keys": dict(self.keys), **self.options()}

    def says(self) -> str:
        """For people, in one line: `{email: 1} unique`; what every index has is left out."""
        options = {name: one for name, one in self.options().items() if name not in _UNSAID}
        words = [name for name, value in options.items() if value is True]
        words += [f"{name} {_short(value)}" for name, value in options.items() if value is not True]
        return " ".join((shown_keys(self.keys), ", ".join(words))).rstrip()


class Declaration(Struct, frozen=True, kw_only=True):
    """An index that somebody wrote down, and where."""

    collection: str
    index: Index
    path: str
    """Relative to the project's root."""
    line: int
    """Counted from 1."""

    @property
    def place(self) -> str:
        """`indexes.yaml:12`."""
        return f"{self.path}:{self.line}"


def derived_name(keys: Keys) -> str:
    """The name that MongoDB gives an index: `requester_1_createdAt_-1`."""
    return "_".join(f"{name}_{_whole(direction)}" for name, direction in keys)


def shown_keys(keys: Keys) -> str:
    """Keys as a person writes them: `{requester: 1, createdAt: -1}`."""
    return "{" + ", ".join(f"{name}: {_whole(direction)}" for name, direction in keys) + "}"


def _whole(direction: Direction) -> Direction:
    return int(direction) if isinstance(direction, float) and direction.is_integer() else direction


_UNSAID = frozenset({"name", "v", "textIndexVersion", "2dsphereIndexVersion"})


def _short(value: object) -> str:
    if isinstance(value, Mapping) and isinstance(value.get("locale"), str):
        return str(value["locale"])
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
