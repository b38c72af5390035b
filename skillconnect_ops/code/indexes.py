"""The indexes that a project's Node code declares: in Mongoose schemas, and by the driver's calls.

Found are Mongoose's schemas (`index: true`, `unique`, `sparse`, `expires`, `schema.index(…)`), the
decorators of NestJS and typegoose, `createIndex`, `createIndexes` and `ensureIndex` of collections,
and scripts for the shell. Nothing runs: what the text does not tell is unresolved, with its place.
Mongoose is taken to be 6 or newer, and to name collections by its own rules.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.discovery import Skipped, content
from skillconnect_ops.code.index_words import as_index
from skillconnect_ops.code.javascript_frames import Frames
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_value import (
    Expression,
    Global,
    Lost,
    Package,
    Part,
    Undecided,
    Value,
    reason,
)
from skillconnect_ops.code.javascript_values import Values
from skillconnect_ops.code.model import Unparsed, Unresolved
from skillconnect_ops.code.mongoose import Schemas
from skillconnect_ops.code.mongoose_models import Model, Models
from skillconnect_ops.code.mongoose_schema import Spec
from skillconnect_ops.code.syntax import FUNCTIONS, LANGUAGES, arguments, line_of, string
from skillconnect_ops.code.testing import is_test
from skillconnect_ops.core.indexes import ID, Declaration

_CREATES = frozenset({"createIndex", "createIndexes", "ensureIndex"})
_WORDS = re.compile(
    rb"createIndex|ensureIndex|dropIndex|[sS]chema|[mM]ongoose|@[pP]rop\b|\.model\(|\.discriminator\("
)
_SHELLS = re.compile(r"getSiblingDB|getDB|connect")
_MADE_BACK = re.compile(r"down|rollback|revert")
"""Functions of a migration that undo it."""
_OF_MONGO = re.compile(r"mongo|\.collection\(|getCollection", re.IGNORECASE)


class FoundIndexes(Struct, frozen=True, kw_only=True):
    """What a project's code showed, in the order of paths and lines."""

    declared: tuple[Declaration, ...] = ()
    """Each once for a place; the same index may be declared in several."""
    unresolved: tuple[Unresolved, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()
    files: int = 0
    """How many files were looked into."""


def indexes(root: Path, files: Sequence[str], *, within: Sequence[str] = ()) -> FoundIndexes:
    """Everything that the files declare; those of tests are left out.

    Args:
        root: the project's folder.
        files: relative paths, as `discovery.discover` lists them.
        within: only what stands in or below these; what it names is followed everywhere.
    """
    unparsed: list[Unparsed] = []

    def read(path: str) -> str | None:
        data = content(root, path)
        if isinstance(data, Skipped):
            if (root / path).exists():
                unparsed.append(Unparsed(path=path, reason=data.reason))
            return None
        return data.decode("utf-8-sig", errors="replace")

    sources = [path for path in files if _is_source(path)]
    modules = Modules(sources, read)
    worth = [path for path in sources if not is_test(path) and _is_worth(root, path)]
    return _within(_Search(modules, worth, unparsed).found(), within)


def _within(found: FoundIndexes, within: Sequence[str]) -> FoundIndexes:
    def is_meant(path: str) -> bool:
        return any(place in {".", path} or path.startswith(f"{place}/") for place in within)

    if not within:
        return found
    return msgspec.structs.replace(
        found,
        declared=tuple(one for one in found.declared if is_meant(one.path)),
        unresolved=tuple(one for one in found.unresolved if is_meant(one.path)),
        unparsed=tuple(one for one in found.unparsed if is_meant(one.path)),
    )


def _is_source(path: str) -> bool:
    dot = path.rfind(".")
    return path[dot:] in LANGUAGES and not path.endswith((".d.ts", ".d.mts", ".d.cts"))


def _is_worth(root: Path, path: str) -> bool:
    data = content(root, path)
    return isinstance(data, Skipped) or _WORDS.search(data) is not None


class _Search:
    """One search through a project's code."""

    def __init__(self, modules: Modules, files: Sequence[str], unparsed: list[Unparsed]) -> None:
        self._modules = modules
        self._files = files
        self._unparsed = unparsed
        self._values = Values(modules)
        self._frames = Frames(modules, self._values)
        self._unresolved: dict[Unresolved, None] = {}
        self._declared: dict[tuple[str, int, str, str], Declaration] = {}
        self._schemas = Schemas(self._values, self._tell)
        self._models = Models(self._values, self._schemas, self._tell)
        self._lost_schemas: list[tuple[SgNode, str, int, str]] = []

    def found(self) -> FoundIndexes:
        """Look."""
        calls = list(self._calls())
        for module, call, name in calls:
            self._of_schema(module, call, name)
        for module, call, name in calls:
            self._of_model(module, call, name)
        for path in self._files:
            nest = self._modules.module(path)
            if nest is not None and "Mongoose" in nest.text:
                self._models.register(nest)
        for model in list(self._models.known.values()):
            self._emit(model)
        for module, call, name in calls:
            if name in _CREATES:
                self._created(module, call, name)
        for module, call, name in calls:
            if name == "dropIndex":
                self._dropped(module, call)
        self._left_over()
        return FoundIndexes(
            declared=tuple(sorted(self._declared.values(), key=_order)),
            unresolved=tuple(sorted(self._unresolved, key=lambda one: (one.path, one.line))),
            unparsed=tuple(sorted(self._unparsed, key=lambda one: one.path)),
            files=len(self._files),
        )

    def _tell(self, path: str, line: int, why: str) -> None:
        self._unresolved[Unresolved(path=path, line=line, reason=why)] = None

    def _calls(self) -> Iterator[tuple[Module, SgNode, str]]:
        """All calls of the files that are worth it, with the last word of what is called."""
        for path in self._files:
            module = self._modules.module(path)
            if module is None:
                continue
            if module.fault is not None:
                why = f"line {module.fault} does not fit the grammar; the rest was read"
                self._unparsed.append(Unparsed(path=path, reason=why))
            for call in module.root.find_all(kind="call_expression"):
                function = call.field("function")
                if function is None:
                    continue
                if function.kind() == "member_expression":
                    method = function.field("property")
                    yield module, call, method.text() if method is not None else ""
                elif function.kind() == "identifier":
                    yield module, call, function.text()
            for made in module.root.find_all(kind="new_expression", regex="Schema"):
                self._schemas.of(self._values.of(module, made))
            for made in module.root.find_all(kind="class_declaration", regex="@Schema"):
                self._schemas.of_class(self._values.of(module, made))

    def _of_model(self, module: Module, call: SgNode, name: str) -> None:
        if name not in _MODELS:
            return
        for frame in self._frames.around(module, call):
            self._models.of(Expression(module, call, frame))

    # schemas

    def _of_schema(self, module: Module, call: SgNode, name: str) -> None:
        """What a call does to a schema."""
        if name not in _CHANGES or (name == "plugin" and self._of_all(module, call)):
            return
        met = False
        for frame in self._frames.around(module, call):
            changed = self._schemas.changed(module, call, frame)
            if changed is not None:
                met = True
                changed[0].made.append(changed[1])
        given = arguments(call)
        if not met and name == "index" and given and given[0].kind() == "object":
            function = call.field("function")
            holder = function.field("object") if function is not None else None
            if holder is not None and "chema" in holder.text():
                why = f"which schema {holder.text()[:40]} is, is not told"
                self._lost_schemas.append((call, module.path, line_of(call), why))

    def _of_all(self, module: Module, call: SgNode) -> bool:
        """`mongoose.plugin(f)`."""
        function = call.field("function")
        holder = function.field("object") if function is not None else None
        if holder is None:
            return False
        of = self._values.of(module, holder)
        is_all = isinstance(of, Package) and of.source == "mongoose" and not of.names
        if is_all:
            words = [self._values.of(module, each) for each in arguments(call)]
            if words:
                place = (module.path, line_of(call))
                self._schemas.everywhere.append((words[0], words[1:], place))
        return is_all

    def _emit(self, model: Model) -> None:
        """The indexes of a model."""
        schema = model.schema
        if schema is None:
            return
        specs = list(self._schemas.collected(schema))
        for words, at in schema.discriminators:
            inner = self._schemas.of(words[1]) if len(words) > 1 else None
            one = self._models.one_of(model, inner, words, at) if inner is not None else None
            if one is not None and inner is not None:
                inner.used = True
                self._emit(one)
        if model.base is not None:
            specs = self._of_discriminator(model, specs)
        if not specs:
            return
        if model.collection is None:
            return  # told where the model is
        collation = self._collation(model)
        for spec in specs:
            options = dict(spec.options)
            if isinstance(collation, dict) and "text" not in spec.keys.values():
                options.setdefault("collation", collation)
            self._declare(model.collection, spec.keys, options, (spec.path, spec.line))

    def _collation(self, model: Model) -> Any:
        """What a schema's indexes compare by; a discriminator's own is that of its base, too."""
        for schema in (model.schema, model.base.schema if model.base is not None else None):
            try:
                said = None if schema is None else self._schemas.text_option(schema, "collation")
            except Undecided as error:
                self._tell(*model.at, f"the collation of the model {model.name}: {error}")
                continue
            if said:
                return said
        return None

    def _of_discriminator(self, model: Model, specs: list[Spec]) -> list[Spec]:
        """Those that a discriminator has of its own: they hold its documents alone."""
        base = model.base.schema if model.base is not None else None
        key = "__t"
        inherited: list[Spec] = []
        if base is not None:
            inherited = list(self._schemas.collected(base))
            try:
                key = str(self._schemas.text_option(base, "discriminatorKey") or key)
            except Undecided:
                self._tell(*model.at, "the key of a discriminator is computed")
        own = [one for one in specs if not any(_same(one, other) for other in inherited)]
        for spec in own:
            if "sparse" not in spec.options:
                partial = spec.options.get("partialFilterExpression") or {}
                spec.options["partialFilterExpression"] = {**partial, key: model.value}
        return own

    # the driver's calls

    def _created(self, module: Module, call: SgNode, name: str) -> None:
        """`collection.createIndex(…)` and its like."""
        function = call.field("function")
        if function is None or function.kind() != "member_expression":
            return
        holder, method = function.field("object"), function.field("property")
        if holder is None or method is None or self._is_undoing(call):
            return
        place = (module.path, line_of(method))
        for frame in self._frames.around(module, call):
            of = self._values.of(module, holder, frame)
            self._created_within(Expression(module, call, frame), of, name, place)

    def _dropped(self, module: Module, call: SgNode) -> None:
        """`collection.dropIndex(…)` of what is declared: which of both is meant, no text tells."""
        function = call.field("function")
        holder = function.field("object") if function is not None else None
        if holder is None or not arguments(call) or self._is_undoing(call):
            return
        for frame in self._frames.around(module, call):
            try:
                collection = self._collection(self._values.of(module, holder, frame))
                word = self._values.plain(self._values.of(module, arguments(call)[0], frame))
                keys = as_index(word, {}).keys if isinstance(word, dict) else None
            except Undecided:
                continue
            for one in self._declared.values():
                same = one.index.keys == keys if keys else one.index.called == word
                if one.collection == collection and same:
                    why = f"{collection} {one.index.says()} of {one.place} is dropped here"
                    self._tell(module.path, line_of(call), why)

    def _is_undoing(self, call: SgNode) -> bool:
        for around in call.ancestors():
            name = around.field("name") if around.kind() in FUNCTIONS else None
            if around.kind() == "pair":
                name = around.field("key")
            if around.kind() == "variable_declarator":
                name = around.field("name")
            if around.kind() == "assignment_expression":
                left = around.field("left")
                name = left.field("property") if left is not None else None
            if name is not None and _MADE_BACK.fullmatch(name.text()):
                return True
        return False

    def _created_within(self, at: Expression, of: Value, name: str, place: tuple[str, int]) -> None:
        module = at.module
        words = [self._values.of(module, each, at.frame) for each in arguments(at.node)]
        if self._models.of(of) is not None and name in {"createIndexes", "ensureIndexes"}:
            return  # `User.createIndexes()` makes what its schema says
        if not words or (name == "createIndexes" and not _is_list(words[0])):
            if isinstance(of, Expression | Part | Global | Lost | Package) and words:
                self._list_lost(module, of, words[0], place)
            return
        try:
            collection = self._collection(of)
        except Undecided as error:
            if self._is_other(module, words):
                return
            named = self._first_word(words)
            if named is None:
                where = _place_of(words[0], place)
                self._tell(*where, f"the collection of an index: {error}")
                return
            collection, words = named, words[1:]
        if name == "createIndexes":
            parts = self._values.elements(words[0])
            if parts is None:
                self._tell(*place, f"the list of indexes: {reason(words[0])}")
            for each in parts or ():
                self._listed(collection, each, place)
            return
        self._one(collection, words, place)

    def _list_lost(self, module: Module, of: Value, word: Value, place: tuple[str, int]) -> None:
        """`createIndexes(x)` of what may be a model, or whose list is not told."""
        try:
            self._collection(of)
        except Undecided:
            if isinstance(of, Lost) or not _OF_MONGO.search(module.text):
                return
        self._tell(*place, f"the list of indexes: {reason(word)}")

    def _is_other(self, module: Module, words: list[Value]) -> bool:
        """Whether a call of that name is another library's, such as a browser's database."""
        first = words[0]
        if isinstance(first, Expression) and first.node.kind() in {"string", "new_expression"}:
            return len(words) < 2 or not _is_keys(words[1])
        return not _is_keys(first) and not _OF_MONGO.search(module.text)

    def _first_word(self, words: list[Value]) -> str | None:
        """`db.createIndex("users", {…})` of the driver's database."""
        first = words[0]
        if isinstance(first, Expression) and first.node.kind() == "string" and len(words) > 1:
            return string(first.node)
        return None

    def _collection(self, of: Value) -> str:
        """The name of a collection that an expression is.

        Raises:
            Undecided: the text does not tell it.
        """
        if isinstance(of, Expression) and of.node.kind() == "call_expression":
            function, given = of.node.field("function"), arguments(of.node)
            name = function.text().rpartition(".")[2].partition("<")[0] if function else ""
            if name in {"collection", "getCollection", "createCollection"} and given:
                word = self._values.of(of.module, given[0], of.frame)
                return str(self._values.plain(word))
        if isinstance(of, Part):
            model = self._models.of(of.of)
            if of.name == "collection" and model is not None:
                if model.collection is None:
                    raise Undecided(f"that of the model {model.name} is not told")
                return model.collection
            if self._is_shell(of.of):
                return of.name
            if isinstance(of.of, Part) and of.of.name == "collections":
                return of.name
        raise Undecided(reason(of))

    def _is_shell(self, of: Value) -> bool:
        """Whether it is the shell's `db`, or another database that it was asked for."""
        if isinstance(of, Global):
            return of.name == "db"
        if isinstance(of, Expression) and of.node.kind() == "call_expression":
            function = of.node.field("function")
            last = function.text().rpartition(".")[2] if function is not None else ""
            return _SHELLS.fullmatch(last) is not None
        return False

    def _listed(self, collection: str, each: Value, place: tuple[str, int]) -> None:
        """One of `createIndexes([{key: {…}, name: "…"}])`."""
        at = _place_of(each, place)
        try:
            said = self._values.plain(each)
        except Undecided as error:
            self._tell(*at, f"an index of {collection}: {error}")
            return
        if isinstance(said, dict) and "key" in said:
            options = {name: value for name, value in said.items() if name != "key"}
            self._declare(collection, said["key"], options, at)
        elif isinstance(said, dict):
            self._declare(collection, said, {}, at)  # the shell's list of keys

    def _one(self, collection: str, words: list[Value], place: tuple[str, int]) -> None:
        at = _place_of(words[0], place)
        try:
            keys = self._values.plain(words[0])
            options = self._values.plain(words[1]) if len(words) > 1 else None
        except Undecided as error:
            self._tell(*at, f"an index of {collection}: {error}")
            return
        self._declare(collection, keys, options if isinstance(options, dict) else {}, at)

    # both

    def _declare(
        self, collection: str, keys: Any, options: Mapping[str, Any], at: tuple[str, int]
    ) -> None:
        try:
            index = as_index(keys, options)
        except Undecided as error:
            self._tell(*at, f"an index of {collection}: {error}")
            return
        if len(index.keys) == 1 and index.keys[0][0] == ID and index.keys[0][1] != "hashed":
            return  # every collection has it
        mark = (at[0], at[1], collection, msgspec.json.encode(index.declared()).decode())
        self._declared[mark] = Declaration(
            collection=collection, index=index, path=at[0], line=at[1]
        )

    def _left_over(self) -> None:
        """Schemas that no model was found for, and what was said of none."""
        for schema in self._schemas.known():
            if schema.used:
                continue
            number = len(list(self._schemas.collected(schema)))
            if number and not is_test(schema.place[0]):
                what = "an index" if number == 1 else f"{number} indexes"
                self._tell(*schema.place, f"{what} of a schema that no model was found for")
        for call, path, line, why in self._lost_schemas:
            if call not in self._schemas.visited:
                self._tell(path, line, why)


_CHANGES = frozenset(
    {
        *("index", "add", "plugin", "set", "remove", "clearIndexes", "removeIndex"),
        *("unique", "sparse", "text", "expires", "discriminator", "path"),
    }
)
_MODELS = frozenset(
    {
        *("model", "discriminator", "getModelForClass", "addModelToTypegoose"),
        "getDiscriminatorModelForClass",
    }
)


def _is_list(value: Value) -> bool:
    return isinstance(value, Expression) and value.node.kind() in {"array", "call_expression"}


def _is_keys(value: Value) -> bool:
    """Whether a value is an object, as keys are."""
    return isinstance(value, Expression) and value.node.kind() in {"object", "array"}


def _place_of(value: Value, place: tuple[str, int]) -> tuple[str, int]:
    """Where an index stands: at its call, or where its keys are if those are elsewhere."""
    if isinstance(value, Expression):
        path, line = value.module.path, value.line
        if path != place[0] or not place[1] <= line <= place[1] + 3:
            return path, line
    return place


def _same(one: Spec, other: Spec) -> bool:
    return one.keys == other.keys and one.options == other.options


def _order(one: Declaration) -> tuple[str, int, str, str]:
    return one.path, one.line, one.collection, one.index.called
