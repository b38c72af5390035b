"""`indexes.yaml` -> declarations, each with its line.

The text is composed into nodes by PyYAML's safe loader, and never constructed. What a server would
refuse is refused here, with the line, before anything is asked of a server.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from skillconnect_ops.commands.indexes.sameness import shape
from skillconnect_ops.core.indexes import ID, TEXT, Declaration, Index, shown_keys
from skillconnect_ops.core.settings.errors import SettingsInvalid, UnknownSetting

_YAML = "tag:yaml.org,2002:"
_LONGEST = 5_000_000
MOST_INDEXES, MOST_FIELDS = 64, 32
"""A server's limits; the index of `_id` counts."""
MOST_TTL_S = 2_147_483_647
KINDS = ("text", "2dsphere", "2d", "hashed")
FLAGS = {"unique": "unique", "sparse": "sparse", "hidden": "hidden", "clustered": "clustered"}
DOCUMENTS = {
    "partialFilterExpression": "partial_filter",
    "collation": "collation",
    "wildcardProjection": "wildcard_projection",
    "weights": "weights",
    "storageEngine": "storage_engine",
}
TEXTS = {
    "name": "name",
    "default_language": "default_language",
    "language_override": "language_override",
}
WHOLES = {
    "textIndexVersion": "text_version",
    "2dsphereIndexVersion": "sphere_version",
    "bits": "bits",
    "v": "version",
}
NUMBERS = {"expireAfterSeconds": "expire_after_s", "min": "min", "max": "max"}
OPTIONS = ("keys", *FLAGS, *DOCUMENTS, *TEXTS, *WHOLES, *NUMBERS)


class IndexesInvalid(SettingsInvalid):
    """One place in `indexes.yaml` is wrong."""


class UnknownOption(UnknownSetting):
    """An option that no index has."""


def read(text: str, *, file: str) -> tuple[Declaration, ...]:
    """The declarations that a text holds, in its order.

    Args:
        text: the whole file.
        file: what to call it: its path relative to the project's root.

    Raises:
        SettingsInvalid: names file and line, and the nearest known key.
    """
    return _Reader(file).declarations(text)


class _Entry(Struct, frozen=True):
    declaration: Declaration
    fields: Mapping[str, Node]


class _Reader:
    """One reading of one file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def declarations(self, text: str) -> tuple[Declaration, ...]:
        if len(text) > _LONGEST:
            raise self.fault(None, "this declares no indexes", why="it is larger than 5 MB")
        node = self.composed(text)
        if node is None or node.tag == f"{_YAML}null":
            return ()
        entries: list[_Entry] = []
        for collection, (key, value) in self.pairs(node, "the file").items():
            self.check_collection(collection, key)
            entries += self.of_collection(collection, value)
        return tuple(entry.declaration for entry in entries)

    def composed(self, text: str) -> Node | None:
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                    raise IndexesInvalid(
                        self.file,
                        event.start_mark.line + 1 if event.start_mark else 1,
                        "anchors and aliases (& and *) are not read",
                        why="one line could stand for millions of others",
                        fix="write the values out",
                    )
            node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            why = error.problem or "it ends too early"
            raise IndexesInvalid(
                self.file,
                line,
                "this is not YAML",
                why="a tab indents it; YAML wants spaces" if "\\t" in why else why,
                fix=f"correct line {line} of {self.file}",
            ) from None
        except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
            raise IndexesInvalid(
                self.file,
                1,
                "this is not YAML",
                why="it holds a character that YAML forbids, or is nested without end",
                fix=f"write {self.file} anew: skc indexes import",
            ) from None
        return node

    def of_collection(self, collection: str, node: Node) -> list[_Entry]:
        if node.tag == f"{_YAML}null":
            return []
        if not isinstance(node, SequenceNode):
            raise self.fault(
                node,
                f"{collection} must be a list",
                why="each of a collection's indexes is one entry: `- keys: {email: 1}`",
            )
        entries = [self.entry(collection, item) for item in node.value]
        self.check_together(collection, entries)
        return entries

    def entry(self, collection: str, node: Node) -> _Entry:
        place = f"an index of {collection}"
        pairs = self.pairs(node, place)
        for name, (key, _) in pairs.items():
            if name not in OPTIONS:
                raise UnknownOption(self.file, _line(key), name, place=place, known=OPTIONS)
        if "keys" not in pairs:
            raise self.fault(node, f"{place} has no keys", why="`keys: {field: 1}` says on what")
        said: dict[str, Any] = {"keys": self.keys(pairs["keys"][1], collection)}
        for name, (_, value) in pairs.items():
            if name != "keys" and value.tag != f"{_YAML}null":
                field, parsed = self.option(name, value)
                said[field] = parsed
        index = Index(**said)
        nodes = {name: value for name, (_, value) in pairs.items()}
        self.check(index, node, nodes)
        line = _line(node)
        declaration = Declaration(collection=collection, index=index, path=self.file, line=line)
        return _Entry(declaration, nodes)

    def keys(self, node: Node, collection: str) -> tuple[tuple[str, Any], ...]:
        found: list[tuple[str, Any]] = []
        for field, (_, value) in self.pairs(node, f"the keys of an index of {collection}").items():
            direction = _plain(value)
            number = isinstance(direction, int | float) and not isinstance(direction, bool)
            if not (number and direction) and direction not in KINDS:
                raise self.fault(
                    value,
                    f"{field} must be 1, -1, or one of {', '.join(KINDS)}",
                    why="1 is ascending and -1 descending",
                )
            found.append((field, direction))
        if not found:
            raise self.fault(node, "keys names no field", why="an index is on some field")
        if len(found) > MOST_FIELDS:
            raise self.fault(node, "too many fields", why=f"an index has {MOST_FIELDS} at most")
        return tuple(found)

    def option(self, name: str, node: Node) -> tuple[str, Any]:
        value = _plain(node)
        whole = isinstance(value, int) and not isinstance(value, bool)
        number = whole or isinstance(value, float)
        for table, fits, wanted in (
            (FLAGS, isinstance(value, bool), "true or false"),
            (TEXTS, isinstance(value, str) and bool(value), "a text"),
            (WHOLES, whole, "a whole number"),
            (NUMBERS, number, "a number"),
            (DOCUMENTS, isinstance(value, dict), "names and values"),
        ):
            if name in table:
                if not fits:
                    raise self.fault(node, f"{name} must be {wanted}", why="the server wants that")
                return table[name], value
        raise KeyError(name)

    def check(self, index: Index, node: Node, nodes: Mapping[str, Node]) -> None:
        """What a server would refuse of one index."""
        for rule in _RULES:
            fault = rule(index)
            if fault is not None:
                option, what, why = fault
                raise self.fault(nodes.get(option, node), what, why=why)

    def check_collection(self, name: str, node: Node) -> None:
        if not name or "$" in name or "\0" in name or name.startswith("system."):
            raise self.fault(
                node,
                f'"{name}" is no collection of yours',
                why="a name is not empty, has no $, and does not begin with system.",
            )

    def check_together(self, collection: str, entries: Sequence[_Entry]) -> None:
        """What a server would refuse of all indexes of a collection."""
        names: dict[str, Declaration] = {}
        shapes: dict[str, Declaration] = {}
        texts: list[Declaration] = []
        for entry in entries:
            one = entry.declaration
            node = entry.fields["keys"]
            first = shapes.setdefault(shape(one.index), one)
            if first is not one:
                raise self.fault(
                    node,
                    f"{shown_keys(one.index.keys)} of {collection} stands here twice",
                    why=f"line {first.line} has the same keys, and a server keeps no two of them",
                )
            first = names.setdefault(one.index.called, one)
            if first is not one:
                raise self.fault(
                    entry.fields.get("name", node),
                    f"two indexes of {collection} are called {one.index.called}",
                    why=f"the other stands in line {first.line}; without `name:` MongoDB makes "
                    "one of the keys",
                )
            if one.index.is_text:
                texts.append(one)
                if len(texts) > 1:
                    raise self.fault(
                        node,
                        f"{collection} has a second text index",
                        why=f"the first stands in line {texts[0].line}, and a collection has one "
                        "at most; one can take in several fields",
                    )
        if len([one for one in names.values() if not one.index.is_id]) >= MOST_INDEXES:
            raise self.fault(
                entries[-1].fields["keys"],
                f"{collection} has more than {MOST_INDEXES - 1} indexes",
                why=f"a server keeps {MOST_INDEXES} of a collection, that of _id among them",
            )

    def pairs(self, node: Node, place: str) -> dict[str, tuple[Node, Node]]:
        if not isinstance(node, MappingNode):
            raise self.fault(node, f"{place} must be names and values", why=_found(node))
        found: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self.fault(key, f"a name in {place} is none", why=_found(key))
            name = str(key.value)
            if name in found:
                raise self.fault(
                    key,
                    f'{place} has "{name}" twice',
                    why=f"it stands in line {_line(found[name][0])} already",
                )
            found[name] = (key, value)
        return found

    def fault(self, node: Node | None, what: str, *, why: str) -> IndexesInvalid:
        line = _line(node) if node is not None else 1
        return IndexesInvalid(
            self.file, line, what, why=why, fix=f"correct line {line} of {self.file}"
        )


_Fault = tuple[str, str, str]
"""The option, what is wrong with it, and why."""


def _ttl(index: Index) -> _Fault | None:
    value = index.expire_after_s
    if value is None:
        return None
    name = "expireAfterSeconds"
    if len(index.keys) != 1:
        return name, "only an index of one field can expire documents", "MongoDB ignores it else"
    if not 0 <= value <= MOST_TTL_S:
        return name, f"{name} must be 0 to {MOST_TTL_S}", "that is the server's range, in seconds"
    if index.fields[0] == ID or isinstance(index.keys[0][1], str):
        return name, "this index cannot expire documents", "it takes a plain field with a date"
    return None


def _partial(index: Index) -> _Fault | None:
    if index.partial_filter is not None and index.sparse:
        name = "sparse"
        return name, "sparse and partialFilterExpression exclude each other", "a server takes one"
    return None


def _unique(index: Index) -> _Fault | None:
    kinds = {direction for _, direction in index.keys}
    if index.unique and (kinds & {"hashed", TEXT} or index.is_wildcard):
        return "unique", "such an index cannot be unique", "only plain and geo indexes can"
    return None


def _wildcard(index: Index) -> _Fault | None:
    """What MongoDB does not take of an index whose fields nobody knows."""
    if not index.is_wildcard:
        return None
    if index.sparse:
        return "sparse", "a wildcard index is sparse by itself", "MongoDB refuses the option"
    if index.expire_after_s is not None:
        return "expireAfterSeconds", "a wildcard index expires nothing", "name the field itself"
    return None


def _kinds(index: Index) -> _Fault | None:
    kinds = [direction for _, direction in index.keys if isinstance(direction, str)]
    if kinds.count("hashed") > 1:
        return "keys", "only one field can be hashed", "MongoDB takes one"
    if TEXT in kinds and set(kinds) != {TEXT}:
        return "keys", "text goes with plain fields only", "MongoDB takes no other kind beside it"
    plain = index.collation is None or index.collation.get("locale") == "simple"
    if {TEXT, "2d"} & set(kinds) and not plain:
        return "collation", "such an index has no collation", "text and 2d compare in their own way"
    return None


def _only_for(index: Index) -> _Fault | None:
    kinds = {direction for _, direction in index.keys}
    text = {"weights", "default_language", "language_override", "textIndexVersion"}
    said = set(index.options())
    for names, kind in ((text, TEXT), ({"2dsphereIndexVersion"}, "2dsphere")):
        for name in sorted(names & said):
            if kind not in kinds:
                return name, f"{name} is for {kind} indexes", f"no field here is `{kind}`"
    for name in sorted({"bits", "min", "max"} & said):
        if "2d" not in kinds:
            return name, f"{name} is for 2d indexes", "no field here is `2d`"
    if index.wildcard_projection is not None and "$**" not in index.fields:
        name = "wildcardProjection"
        return name, f"{name} is for an index on $** itself", "of a path it takes all that is below"
    return None


def _of_id(index: Index) -> _Fault | None:
    if index.clustered and index.fields != (ID,):
        return "clustered", "only _id can be clustered", "a collection is ordered by it"
    plain = len(index.keys) == 1 and index.fields == (ID,) and not isinstance(index.keys[0][1], str)
    if plain and (index.keys[0][1] != 1 or (index.hidden or index.sparse)):
        return "keys", "the index of _id is always {_id: 1}", "every collection has it by itself"
    return None


def _collation(index: Index) -> _Fault | None:
    if index.collation is not None and not isinstance(index.collation.get("locale"), str):
        return "collation", "collation needs a locale", "{locale: en, strength: 2}, for one"
    return None


_RULES: tuple[Callable[[Index], _Fault | None], ...] = (
    _ttl,
    _partial,
    _unique,
    _wildcard,
    _kinds,
    _only_for,
    _of_id,
    _collation,
)


def _plain(node: Node) -> Any:
    """The value of a node as JSON data; dates become Extended JSON."""
    if isinstance(node, MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    constructor = yaml.SafeLoader("")
    value = constructor.construct_object(node, deep=True)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return {"$date": _iso(moment.astimezone(UTC))}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return {"$date": f"{value}T00:00:00Z"}


def _iso(moment: datetime) -> str:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03}Z" if moment.microsecond else f"{text}Z"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _found(node: Node) -> str:
    names = {"map": "names and values", "seq": "a list", "null": "nothing", "str": "a text"}
    return f"found {names.get(node.tag.removeprefix(_YAML), 'something else')}"
