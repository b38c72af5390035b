"""`indexes.yaml` -> declarations, each with its line.

The text is composed into nodes by PyYAML's safe loader, and never constructed. What a server would
refuse is refused here, with the line, before anything is asked of a server.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from skillconnect_ops.commands.indexes.extended import NotExtended, is_wrapper, normal
from skillconnect_ops.commands.indexes.rules import faults
from skillconnect_ops.commands.indexes.sameness import shape
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.indexes import Declaration, Index, shown_keys
from skillconnect_ops.core.ports.indexes import OWN, TRY
from skillconnect_ops.core.settings.errors import SettingsInvalid, UnknownSetting

_YAML = "tag:yaml.org,2002:"
_LONGEST = 5_000_000
MOST_TOLD = 20
"""Of mistakes in one file; the rest would scroll the first out of sight."""
MOST_INDEXES, MOST_FIELDS = 64, 32
"""A server's limits; the index of `_id` counts."""
MOST_NAME_BYTES = 253
"""Of a collection: with a dot and the shortest name of a database it fills the server's 255."""
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


class SeveralMistakes(IndexesInvalid):
    """Several places are wrong, so that they can be mended in one go."""

    def __init__(self, file: str, mistakes: Sequence[SettingsInvalid]) -> None:
        first = mistakes[0]
        super().__init__(file, first.line, "", why="", fix="")
        self.what = f"{file} has {len(mistakes)} mistakes"
        said = [f"{one.what.removeprefix(f'{file} ')} ({one.why})" for one in mistakes[:MOST_TOLD]]
        if len(mistakes) > MOST_TOLD:
            said.append(f"and {len(mistakes) - MOST_TOLD} more")
        self.why = "\n".join(said)
        lines = dict.fromkeys(str(one.line) for one in mistakes)
        self.fix = f"correct {listed_lines(list(lines))} of {file}"
        self.facts = {
            "mistakes": [
                {"line": one.line, "what": one.what, "why": one.why, "fix": one.fix}
                for one in mistakes
            ]
        }


class NotUtf8(Precondition):
    """The file is no text, or one in another encoding."""


class UnknownOption(UnknownSetting):
    """An option that no index has."""


def listed_lines(lines: Sequence[str]) -> str:
    """`line 3`, `lines 3, 5 and 7`."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    return f"lines {', '.join(lines[:-1])} and {lines[-1]}"


def decoded(data: bytes, *, file: str) -> str:
    """The text of a file.

    Raises:
        NotUtf8: says which line.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        kind = "UTF-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "LATIN1"
        raise NotUtf8(
            f"{file} line {line}: this is not UTF-8",
            why=f"byte 0x{data[error.start]:02x} is no letter there; an editor saved it as "
            f"{'UTF-16' if kind == 'UTF-16' else 'Latin-1 or Windows-1252, it seems'}",
            fix=f"save {file} as UTF-8: iconv -f {kind} -t UTF-8 {file} > {file}.new && "
            f"mv {file}.new {file}",
        ) from None


def read(text: str, *, file: str) -> tuple[Declaration, ...]:
    """The declarations that a text holds, in its order.

    Args:
        text: the whole file.
        file: what to call it: its path relative to the project's root.

    Raises:
        SettingsInvalid: names file and line, and the nearest known key; all that is wrong at once.
    """
    reader = _Reader(file)
    found = reader.declarations(text)
    if len(reader.mistakes) > 1:
        raise SeveralMistakes(file, sorted(reader.mistakes, key=lambda one: one.line))
    if reader.mistakes:
        raise reader.mistakes[0]
    return found


def named(text: str) -> frozenset[str]:
    """The collections that a text names, also those without an index; it was read before."""
    loaded = yaml.safe_load(text)
    return frozenset(map(str, loaded)) if isinstance(loaded, dict) else frozenset()


class _Entry(Struct, frozen=True):
    declaration: Declaration
    fields: Mapping[str, Node]


class _Reader:
    """One reading of one file; what is wrong in one place keeps nobody from reading the next."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[SettingsInvalid] = []

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keep what is wrong for the end."""
        try:
            yield
        except SettingsInvalid as error:
            self.mistakes.append(error)

    def declarations(self, text: str) -> tuple[Declaration, ...]:
        if len(text) > _LONGEST:
            raise self.fault(None, "this declares no indexes", why="it is larger than 5 MB")
        node = self.composed(text)
        if node is None or node.tag == f"{_YAML}null":
            return ()
        entries: list[_Entry] = []
        for collection, (key, value) in self.pairs(node, "the file").items():
            with self.noting():
                self.check_collection(collection, key)
            with self.noting():
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
        entries: list[_Entry] = []
        for item in node.value:
            with self.noting():
                entries += self.entry(collection, item)
        self.check_together(collection, entries)
        return entries

    def entry(self, collection: str, node: Node) -> Iterator[_Entry]:
        """One, or none where it is wrong."""
        place = f"an index of {collection}"
        pairs = self.pairs(node, place)
        before = len(self.mistakes)
        if "keys" not in pairs:
            raise self.fault(node, f"{place} has no keys", why="`keys: {field: 1}` says on what")
        said: dict[str, Any] = {}
        with self.noting():
            said["keys"] = self.keys(pairs["keys"][1], collection)
        for name, (key, value) in pairs.items():
            with self.noting():
                if name not in OPTIONS:
                    raise UnknownOption(self.file, _line(key), name, place=place, known=OPTIONS)
                if name != "keys" and value.tag != f"{_YAML}null":
                    field, parsed = self.option(name, value)
                    said[field] = parsed
        if len(self.mistakes) > before:
            return
        index = Index(**said)
        for fault in faults(index):
            where = _within(node, fault.where)
            self.mistakes.append(self.fault(where, fault.what, why=fault.why))
        if len(self.mistakes) > before:
            return
        declaration = Declaration(
            collection=collection, index=index, path=self.file, line=_line(node)
        )
        yield _Entry(declaration, {name: value for name, (_, value) in pairs.items()})

    def keys(self, node: Node, collection: str) -> tuple[tuple[str, Any], ...]:
        found: list[tuple[str, Any]] = []
        for field, (_, value) in self.pairs(node, f"the keys of an index of {collection}").items():
            direction = self.value(value)
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
        value = self.value(node)
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

    def value(self, node: Node) -> Any:
        """The value of a node as JSON data; dates become Extended JSON."""
        if isinstance(node, MappingNode):
            pairs = self.pairs(node, "a value")
            found = {name: self.value(value) for name, (_, value) in pairs.items()}
            if set(found) == {"$date"} and is_wrapper(found["$date"]):
                return found["$date"]  # without quotes it is a date for YAML already
            return self.checked(node, found) if is_wrapper(found) else found
        if isinstance(node, SequenceNode):
            return [self.value(item) for item in node.value]
        try:
            value = yaml.SafeLoader("").construct_object(node, deep=True)
            if isinstance(value, datetime):
                moment = value if value.tzinfo else value.replace(tzinfo=UTC)
                return {"$date": _iso(moment.astimezone(UTC))}
        except (yaml.YAMLError, ValueError, OverflowError):
            raise self.fault(node, "this value cannot be read", why=_found(node)) from None
        if isinstance(value, date):
            return {"$date": f"{value}T00:00:00Z"}
        if value is None or isinstance(value, str | int | float | bool):
            return self.checked(node, value)
        raise self.fault(node, "this value cannot be read", why=_found(node))

    def checked(self, node: Node, value: Any) -> Any:
        """A value that BSON has."""
        try:
            normal(value)
        except NotExtended as error:
            raise self.fault(node, "no index can hold this value", why=str(error)) from None
        return value

    def check_collection(self, name: str, node: Node) -> None:
        own = name.startswith("system.") or ".system." in name or name in {OWN, TRY}
        if not name or "$" in name or "\0" in name or name.startswith(".") or own:
            raise self.fault(
                node,
                f'"{name}" is no collection of yours',
                why="a name is not empty, has no $, does not begin with a dot or system., and is "
                f"not {OWN}, where skc keeps its lock",
            )
        if len(name.encode()) > MOST_NAME_BYTES:
            raise self.fault(
                node,
                f"the name {name[:20]}… is too long",
                why=f"with the database's it has 255 bytes at most, and this has "
                f"{len(name.encode())}",
            )

    def check_together(self, collection: str, entries: Sequence[_Entry]) -> None:
        """What a server would refuse of all indexes of a collection."""
        names: dict[str, Declaration] = {}
        shapes: dict[str, Declaration] = {}
        texts: list[Declaration] = []
        for entry in entries:
            one = entry.declaration
            node = entry.fields["keys"]
            with self.noting():
                first = shapes.setdefault(shape(one.index), one)
                if first is not one:
                    raise self.fault(
                        node,
                        f"{shown_keys(one.index.keys)} of {collection} stands here twice",
                        why=f"line {first.line} has the same keys, and a server keeps no two "
                        "of them",
                    )
                first = names.setdefault(one.index.called, one)
                if first is not one:
                    raise self.fault(
                        entry.fields.get("name", node),
                        f"two indexes of {collection} are called {one.index.called}",
                        why=f"the other stands in line {first.line}; without `name:` MongoDB "
                        "makes one of the keys",
                    )
                if one.index.is_text:
                    texts.append(one)
                    if len(texts) > 1:
                        raise self.fault(
                            node,
                            f"{collection} has a second text index",
                            why=f"the first stands in line {texts[0].line}, and a collection has "
                            "one at most; one can take in several fields",
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


def _within(node: Node, where: Sequence[str]) -> Node:
    """The value at that place, or the nearest above it; a number in a list is a place."""
    for name in where:
        inner: Sequence[Node] = ()
        if isinstance(node, MappingNode):
            inner = [value for key, value in node.value if key.value == name]
        elif isinstance(node, SequenceNode) and name.isdecimal():
            inner = node.value[int(name) : int(name) + 1]
        if not inner:
            return node
        node = inner[0]
    return node


def _iso(moment: datetime) -> str:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03}Z" if moment.microsecond else f"{text}Z"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _found(node: Node) -> str:
    names = {"map": "names and values", "seq": "a list", "null": "nothing", "str": "a text"}
    return f"found {names.get(node.tag.removeprefix(_YAML), 'something else')}"
