"""Mongoose schemas, and the indexes that they make, as Mongoose itself works them out.

Sources: Mongoose 9, lib/schemaType.js, lib/schema.js. One long module, since a schema holds
schemas, and what is done to one of them later is done to all that hold it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

import msgspec
from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_conditions import open_condition
from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_value import (
    Expression,
    Frame,
    Global,
    Lost,
    Nothing,
    Package,
    Part,
    Undecided,
    Value,
    base_of,
    reason,
    short,
)
from skillconnect_ops.code.javascript_values import Values
from skillconnect_ops.code.mongoose_options import MAKES_INDEXES, expiring, folded
from skillconnect_ops.code.mongoose_schema import Collector, Schema, SchemaPath, Spec, Tell
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, line_of, string

CHAINED = frozenset(
    {
        *("index", "add", "plugin", "set", "pre", "post", "method", "static", "loadClass"),
        *("discriminator", "setupTimestamp", "remove", "clone"),
    }
)
"""What a schema gives itself back from; `clone` gives an equal one."""
_HARMLESS = re.compile(
    r"mongoose-(paginate|paginate-v2|aggregate-paginate|aggregate-paginate-v2|unique-validator"
    r"|autopopulate|lean-\w+|hidden|to-json|bcrypt|validator)|@meanie/mongoose-to-json"
)
"""Plugins of which it is known that they make no index."""


class Schemas:
    """All schemas of a project; each is built when it is first asked for."""

    def __init__(self, values: Values, tell: Tell) -> None:
        self._values = values
        self._tell = tell
        self._known: dict[Any, Schema] = {}
        self._asked: set[SgNode] = set()
        self.everywhere: list[tuple[Value, list[Value], tuple[str, int]]] = []
        """Plugins of all schemas, with their other arguments and where they are named."""
        self.visited: set[SgNode] = set()
        """Calls within plugins, which were looked at for each schema."""

    def plain_object(self, value: Value) -> Schema | None:
        """The schema that Mongoose makes of an object that is given in the place of one."""
        if not _is_object(value):
            return None
        return self._kept(value, lambda schema: self.add(schema, value, ""))

    def known(self) -> list[Schema]:
        """Those that were met."""
        return list(self._known.values())

    # which expression is a schema

    def of(self, value: Value) -> Schema | None:
        """The schema that a value is; None of anything else."""
        if not isinstance(value, Expression) or value.node in self._asked:
            return None  # `const s = s.index()` leads back to itself
        self._asked.add(value.node)
        try:
            return self._of(value)
        finally:
            self._asked.discard(value.node)

    def _of(self, value: Expression) -> Schema | None:
        node = value.node
        if node.kind() == "new_expression":
            return self._made(value, node.field("constructor"))
        if node.kind() != "call_expression":
            return None
        function = node.field("function")
        if function is None:
            return None
        name = function.text().rpartition(".")[2].partition("<")[0]
        if name in {"createForClass", "buildSchema"}:
            given = arguments(node)
            of = self._values.of(value.module, given[0], value.frame) if given else None
            return self.of_class(of) if of is not None else None
        gives_itself = name in CHAINED or (name == "path" and len(arguments(node)) > 1)
        if gives_itself and function.kind() == "member_expression":
            holder = function.field("object")
            inner = self._values.of(value.module, holder, value.frame) if holder else None
            found = self.of(inner) if inner is not None else None
            return self._cloned(value, found) if name == "clone" and found else found
        return self._made(value, function)

    def _made(self, value: Expression, maker: SgNode | None) -> Schema | None:
        if maker is None or not self._is_constructor(value, maker):
            return None
        return self._kept(value, lambda schema: self._define(schema, arguments(value.node)))

    def _kept(self, value: Expression, define: Callable[[Schema], None]) -> Schema:
        bound = tuple(
            sorted((name.range().start.index, _mark(each)) for name, each in value.frame.items())
        )
        mark = (value.module.path, value.node, bound)
        if mark not in self._known:
            self._known[mark] = Schema(value)
            self._known[mark].made.append(define)
        return self._known[mark]

    def _cloned(self, value: Expression, of: Schema) -> Schema:
        of.used = True
        return self._kept(value, lambda schema: self._merge(schema, of))

    def _is_constructor(self, value: Expression, maker: SgNode) -> bool:
        if not maker.text().partition("<")[0].endswith("Schema") and maker.kind() != "identifier":
            return False
        return self._is_schema(self._values.of(value.module, maker, value.frame), value)

    def _is_schema(self, made_by: Value, value: Expression) -> bool:
        match made_by:
            case Package(source, names):
                return "mongoose" in source and names[-1:] == ("Schema",)
            case Part(_, name):
                return name == "Schema" and "mongoose" in value.module.text
            case Expression(module, node, frame) if node.kind().startswith("class"):
                body, base = node.field("body"), base_of(node)
                if base is None or (body is not None and "constructor" in body.text()):
                    return False
                return self._is_schema(self._values.of(module, base, frame), value)
        return False

    # what it holds

    def build(self, schema: Schema) -> Schema:
        """Work out its paths and indexes."""
        if not schema.built:
            schema.built = True
            for change in schema.made:
                change(schema)
            for plugin, rest, place in self.everywhere:
                self.plug(schema, plugin, rest, place)
        return schema

    def _define(self, schema: Schema, given: list[SgNode]) -> None:
        value = schema.at
        if len(given) > 1:
            options = self._values.of(value.module, given[1], value.frame)
            if isinstance(options, Expression) and options.node.kind() == "object":
                self._take_options(schema, options)
            elif not isinstance(options, Nothing):
                self._tell(*schema.place, f"the options of the schema: {reason(options)}")
        if given:
            self.add(schema, self._values.of(value.module, given[0], value.frame), "")

    def _take_options(self, schema: Schema, options: Expression) -> None:
        for name, value in self._values.entries(options):
            if name is not None:
                schema.options[name] = value

    def text_option(self, schema: Schema, name: str) -> Any:
        """One of its options as plain data.

        Raises:
            Undecided: the text does not tell it.
        """
        return self._values.plain(schema.options.get(name, Nothing()))

    def add(self, schema: Schema, value: Value, prefix: str) -> None:
        """`schema.add({…})`, and what `new Schema({…})` does first."""
        other = self.of(value)
        if other is not None:
            self._merge(schema, other)
            return
        if isinstance(value, Expression) and value.node.kind() == "array":
            for each in self._values.elements(value) or ():
                self.add(schema, each, prefix)
            return
        if not isinstance(value, Expression) or value.node.kind() != "object":
            if not isinstance(value, Nothing):
                self._tell(*schema.place, f"the fields of the schema: {reason(value)}")
            return
        for name, each in self._values.entries(value):
            if name is None:
                place = (value.module.path, value.line)
                self._tell(*place, f"a field of the schema: {reason(each)}")
            else:
                self._field(schema, prefix + name, each, value)

    def _merge(self, schema: Schema, other: Schema) -> None:
        other.used = True
        self.build(other)
        schema.paths.update(other.paths)
        schema.indexes += other.indexes
        schema.aliases.update(other.aliases)
        for name, value in other.options.items():
            schema.options.setdefault(name, value)

    def _type_key(self, schema: Schema) -> str:
        try:
            return str(self.text_option(schema, "typeKey") or "type")
        except Undecided:
            return "type"

    def _field(self, schema: Schema, name: str, value: Value, around: Expression) -> None:
        """One field of a definition."""
        at = (around.module.path, around.line)
        if isinstance(value, Expression):
            at = (value.module.path, value.line)
        if not _is_object(value):
            self._leaf(schema, name, value, {}, at)
            return
        entries = self._entries(value, at)
        key = self._type_key(schema)
        kind = entries.get(key)
        if entries and (kind is None or isinstance(kind, Nothing) or self._nests(kind, key)):
            self.add(schema, value, f"{name}.")
        else:  # `{}` is a path that takes anything
            self._leaf(schema, name, kind or Nothing(), entries, at)

    def _entries(self, value: Expression, at: tuple[str, int]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, each in self._values.entries(value):
            if name is not None:
                found[name] = each
            elif any(word in value.node.text() for word in MAKES_INDEXES):
                self._tell(*at, f"an option of the field: {reason(each)}")
        return found

    def _nests(self, kind: Value, key: str) -> bool:
        """Whether `type` is a field of that name, and no type."""
        if key != "type" or not _is_object(kind):
            return False
        inner = dict(self._values.entries(kind)).get("type")
        return inner is not None and not isinstance(inner, Nothing)

    def _leaf(
        self,
        schema: Schema,
        name: str,
        kind: Value,
        options: Mapping[str, Value],
        at: tuple[str, int],
    ) -> None:
        """A path with a type."""
        path = SchemaPath(at=at, others=[])
        path.index = self._index_of(options, kind, at)
        self._typed(schema, path, kind, options)
        if options.get("excludeIndexes") is not None:
            path.left_out = self.truth(options["excludeIndexes"])
        schema.paths[name] = path
        self._alias(schema, name, options)
        if _name_of(kind) == "Map" and "of" in options:
            self._map(schema, name, options["of"], at)

    def _typed(
        self, schema: Schema, path: SchemaPath, kind: Value, options: Mapping[str, Value]
    ) -> None:
        kind = self._called(kind)
        inner = self._schema_of_type(schema, kind)
        if inner is not None:
            path.schema = inner
            return
        elements = _elements(self._values, kind)
        if _name_of(kind) == "Array":
            of = options.get("of") or options.get("cast")
            elements = [] if of is None else [of]
        if elements:
            self._array(schema, path, self._called(elements[0]))
            return
        if isinstance(kind, Lost) or (isinstance(kind, Part) and isinstance(kind.of, Lost)):
            self._tell(*path.at, f"a field's type: {reason(kind)}")

    def _array(self, schema: Schema, path: SchemaPath, of: Value) -> None:
        """What an array holds."""
        path.schema = self.of(of) or self._class_of(of)
        if path.schema is not None:
            self._hold(path.schema)
            path.documents = True
            return
        if not _is_object(of):
            if isinstance(of, Lost):
                self._tell(*path.at, f"what an array holds: {reason(of)}")
            return
        key = self._type_key(schema)
        entries = self._entries(of, path.at)
        kind = entries.get(key)
        if entries and (kind is None or self._nests(kind, key)):
            path.schema, path.documents = self._inline(of, schema), True
            return
        if kind is None:
            return
        kind = self._called(kind)
        inner = self._schema_of_type(schema, kind)
        if inner is not None:
            path.schema, path.documents = inner, True
            path.left_out = self.truth(entries.get("excludeIndexes", Nothing()))
        elif _elements(self._values, kind) is None:
            path.element = self._index_of(entries, kind, path.at)

    def _schema_of_type(self, schema: Schema, kind: Value) -> Schema | None:
        """The schema of `type: X`, where that is one, or an object that becomes one."""
        found = self.of(kind) or self._class_of(kind)
        if found is None and _is_object(kind) and self._values.entries(kind):
            return self._inline(kind, schema)
        if found is not None:
            self._hold(found)
        return found

    def _inline(self, kind: Expression, around: Schema) -> Schema:
        def define(schema: Schema) -> None:
            if "typeKey" in around.options:
                schema.options["typeKey"] = around.options["typeKey"]
            self.add(schema, kind, "")

        found = self._kept(kind, define)
        found.used = True
        return self.build(found)

    def _hold(self, schema: Schema) -> None:
        schema.used = True
        self.build(schema)

    def _map(self, schema: Schema, name: str, of: Value, at: tuple[str, int]) -> None:
        """What a Map holds has no path of its own, so no index either."""
        probe = Schema(schema.at)
        probe.options = schema.options
        self._field(probe, name, of, schema.at)
        for path in probe.paths.values():
            inner = [] if path.schema is None else list(self.collected(path.schema))
            if inner or path.index or path.element:
                self._tell(*at, f"an index on what the Map {name} holds: it has no fixed path")

    def _called(self, value: Value) -> Value:
        """What `() => X` gives."""
        if isinstance(value, Expression) and value.node.kind() == "arrow_function":
            body = value.node.field("body")
            if body is not None and body.kind() != "statement_block":
                return self._values.of(value.module, body, value.frame)
        return value

    def truth(self, value: Value) -> bool:
        """Whether it is true; what the text does not tell is not."""
        try:
            return bool(self._values.plain(value))
        except Undecided:
            return False

    def _alias(self, schema: Schema, name: str, options: Mapping[str, Value]) -> None:
        if "alias" not in options:
            return
        try:
            said = self._values.plain(options["alias"])
        except Undecided:
            return
        for alias in said if isinstance(said, list) else [said]:
            schema.aliases[str(alias)] = name

    # what of a path's options makes an index

    def _index_of(self, options: Mapping[str, Value], kind: Value, at: tuple[str, int]) -> Any:
        """What Mongoose keeps as a path's `_index`, option by option in their order."""
        is_date = _name_of(kind) in {"Date", "date"} or _text_of(self._values, kind) in {
            "Date",
            "date",
        }
        plain: dict[str, Any] = {}
        for name in options:
            if name not in MAKES_INDEXES or (name == "expires" and not is_date):
                continue
            if isinstance(options[name], Nothing):
                continue
            try:
                plain[name] = self._values.plain(options[name])
            except Undecided as error:
                self._tell(*at, f"{name} of a field: {error}")
                return None
        return folded(plain)

    def path_of(self, schema: Schema, name: str) -> SchemaPath | None:
        """`schema.path("a.b")`, also within a nested schema."""
        self.build(schema)
        if name in schema.paths:
            return schema.paths[name]
        head = name
        while "." in head:
            head = head.rpartition(".")[0]
            inner = schema.paths[head].schema if head in schema.paths else None
            if inner is not None:
                return self.path_of(inner, name[len(head) + 1 :])
        return None

    # plugins

    def plug(
        self, schema: Schema, plugin: Value, rest: list[Value], place: tuple[str, int]
    ) -> None:
        """`schema.plugin(f, …)`: what a function of the project does to it."""
        if isinstance(plugin, Expression) and plugin.node.kind() in FUNCTIONS:
            frame = self._values.with_arguments(plugin, [schema.at, *rest])
            for call in plugin.node.find_all(kind="call_expression"):
                change = self.change(plugin.module, call, frame, of=schema, within=plugin.node)
                if change is not None:
                    self.visited.add(call)
                    change(schema)
            return
        if isinstance(plugin, Package) and _HARMLESS.fullmatch(plugin.source):
            return
        what = plugin.source if isinstance(plugin, Package) else reason(plugin)
        self._tell(*place, f"a plugin may make indexes: {what}")

    def change(
        self,
        module: Module,
        call: SgNode,
        frame: Frame,
        *,
        of: Schema | None = None,
        within: SgNode | None = None,
    ) -> Callable[[Schema], None] | None:
        """What a call does to the schema that it is a method of; None where it is no such call.

        Args:
            module: the file that it stands in.
            call: the call.
            frame: what names around it are bound to.
            of: where only what is done to this schema counts.
            within: the plugin that it stands in.
        """
        found = self.changed(module, call, frame, within=within)
        if found is None or (of is not None and found[0] is not of):
            return None
        return found[1]

    def changed(
        self, module: Module, call: SgNode, frame: Frame, *, within: SgNode | None = None
    ) -> tuple[Schema, Callable[[Schema], None]] | None:
        """The schema that a call changes, and how: not at all where it is never reached."""
        found = self._changed(module, call, frame)
        if found is None:
            return None
        schema, change = found
        condition = open_condition(self._values, module, call, frame, within=within)
        if condition is True:
            return found
        if condition is False:
            return schema, lambda _: None
        place = (module.path, line_of(call))
        text = short(condition).removeprefix("(").removesuffix(")")
        why = f"whether it is declared is decided at run time, by {text}"

        def perhaps(schema: Schema) -> None:
            before = _makes(schema)
            change(schema)
            if _makes(schema) != before:
                self._tell(*place, why)

        return schema, perhaps

    def _changed(
        self, module: Module, call: SgNode, frame: Frame
    ) -> tuple[Schema, Callable[[Schema], None]] | None:
        function = call.field("function")
        if function is None or function.kind() != "member_expression":
            return None
        holder, method = function.field("object"), function.field("property")
        if holder is None or method is None:
            return None
        name, given = method.text(), arguments(call)
        place = (module.path, line_of(method))
        if name in MAKES_INDEXES | {"discriminator"}:
            path = self._path_call(module, holder, frame)
            if path is not None:
                words = [self._values.of(module, each, frame) for each in given]
                return self._of_path(path, name, words, place)
        if name not in {
            "discriminator",
            *(["path"] if len(given) > 1 else []),
            "index",
            "add",
            "plugin",
            "set",
            "remove",
            "clearIndexes",
            "removeIndex",
        }:
            return None
        schema = self.of(self._values.of(module, holder, frame))
        if schema is None:
            return None
        words = [self._values.of(module, each, frame) for each in given]
        return schema, self._method(name, words, place)

    def _method(  # noqa: PLR0911 - one a method
        self, name: str, words: list[Value], place: tuple[str, int]
    ) -> Callable[[Schema], None]:
        match name:
            case "index":
                return lambda schema: self._indexed(schema, words, place)
            case "add":
                return lambda schema: self._added(schema, words)
            case "plugin":
                return lambda schema: (
                    self.plug(schema, words[0], words[1:], place) if words else None
                )
            case "set":
                return lambda schema: self._set(schema, words)
            case "path":
                return lambda schema: self._path_set(schema, words, place)
            case "discriminator":
                return lambda schema: schema.discriminators.append((words, place))
        return lambda _: self._tell(*place, f".{name}() takes something out of the schema")

    def _indexed(self, schema: Schema, words: list[Value], place: tuple[str, int]) -> None:
        try:
            keys = self._values.plain(words[0]) if words else {}
            options = self._values.plain(words[1]) if len(words) > 1 else {}
        except Undecided as error:
            self._tell(*place, f"an index of the schema: {error}")
            return
        if not isinstance(keys, dict):
            self._tell(*place, "an index of the schema: its keys are no object")
            return
        words_for = {"asc": 1, "ascending": 1, "desc": -1, "descending": -1}
        keys = {
            schema.aliases.get(key, key): words_for.get(str(direction), direction)
            for key, direction in keys.items()
        }
        options = expiring(dict(options)) if isinstance(options, dict) else {}
        schema.indexes.append(Spec(keys=keys, options=options, path=place[0], line=place[1]))

    def _added(self, schema: Schema, words: list[Value]) -> None:
        prefix = ""
        if len(words) > 1:
            try:
                prefix = str(self._values.plain(words[1]) or "")
            except Undecided as error:
                self._tell(*schema.place, f"fields are added below a path: {error}")
                return
        if words:
            self.add(schema, words[0], prefix)

    def _path_set(self, schema: Schema, words: list[Value], place: tuple[str, int]) -> None:
        """`schema.path("x", {…})`, which makes a path or gives it another type."""
        try:
            name = str(self._values.plain(words[0]))
        except Undecided as error:
            self._tell(*place, f"a field of the schema: {error}")
            return
        self._field(schema, name, words[1], schema.at)

    def _set(self, schema: Schema, words: list[Value]) -> None:
        if len(words) == 2:
            try:
                schema.options[str(self._values.plain(words[0]))] = words[1]
            except Undecided:
                return

    def _path_call(self, module: Module, holder: SgNode, frame: Frame) -> tuple[Value, str] | None:
        """The schema and the name of `schema.path("x")`, also before further calls."""
        value = self._values.of(module, holder, frame)
        seen: set[SgNode] = set()  # `const s = s.index()` leads back to itself
        while isinstance(value, Expression) and value.node.kind() == "call_expression":
            if value.node in seen:
                return None
            seen.add(value.node)
            function = value.node.field("function")
            if function is None or function.kind() != "member_expression":
                return None
            inner, method = function.field("object"), function.field("property")
            if inner is None or method is None:
                return None
            given = arguments(value.node)
            onward = self._values.of(value.module, inner, value.frame)
            if method.text() == "path":
                name = string(given[0]) if given else None
                return None if name is None else (onward, name)
            value = onward
        return None

    def _of_path(
        self, path: tuple[Value, str], name: str, words: list[Value], place: tuple[str, int]
    ) -> tuple[Schema, Callable[[Schema], None]] | None:
        """`schema.path("x").index(…)`."""
        named = path[1]
        schema = self.of(path[0])
        if schema is None:
            return None

        def change(schema: Schema) -> None:
            found = self.path_of(schema, named)
            if found is None:
                self._tell(*place, f"the path {named} of the schema is not told")
            elif name == "discriminator":
                other = self.of(words[1]) if len(words) > 1 else None
                if other is not None:
                    self._hold(other)
                    found.others.append(other)
            else:
                self._said_of_path(found, name, words, place)

        return schema, change

    def _said_of_path(
        self, path: SchemaPath, name: str, words: list[Value], place: tuple[str, int]
    ) -> None:
        try:
            said = self._values.plain(words[0]) if words else None
        except Undecided as error:
            self._tell(*place, f"{name} of a path: {error}")
            return
        if name == "index":
            path.index = expiring(dict(said)) if isinstance(said, dict) else said
        else:
            path.index = folded({name: said}, path.index)
        path.at = place

    # classes with decorators

    def of_class(self, value: Value) -> Schema | None:
        """The schema of a class with `@Prop()` fields (NestJS), or `@prop()` ones (typegoose)."""
        found = self._class_of(value)
        if found is not None:
            found.used = False  # until a model holds it
        return found

    def _class_of(self, value: Value) -> Schema | None:
        if not isinstance(value, Expression) or "class" not in value.node.kind():
            return None
        if "@" not in value.node.text():
            return None
        return self._kept(value, lambda schema: self._define_class(schema, value))

    def _define_class(self, schema: Schema, value: Expression) -> None:
        base = base_of(value.node)
        if base is not None:
            other = self._class_of(self._values.of(value.module, base, value.frame))
            if other is not None:
                self._merge(schema, other)
        for name, given in decorators(value.node):
            words = [self._values.of(value.module, each, value.frame) for each in given]
            place = (value.module.path, line_of(given[0]) if given else value.line)
            if name == "index":
                self._indexed(schema, words, place)
            elif name in {"Schema", "modelOptions"} and words and _is_object(words[0]):
                options: Value = words[0]
                if name == "modelOptions":
                    options = self._values.part(words[0], "schemaOptions")
                if isinstance(options, Expression) and _is_object(options):
                    self._take_options(schema, options)
        body = value.node.field("body")
        for each in body.named_children() if body is not None else ():
            if each.kind() == "public_field_definition":
                self._property(schema, each, value)

    def _property(self, schema: Schema, field: SgNode, value: Expression) -> None:
        name = field.field("name")
        given = next((words for mark, words in decorators(field) if mark in {"Prop", "prop"}), None)
        if name is None or given is None:
            return
        at = (value.module.path, line_of(name))
        said: Value = Nothing()
        if given:
            node = given[0]
            raw = node.field("function") if node.kind() == "call_expression" else None
            if raw is not None and raw.text() == "raw" and arguments(node):
                node = arguments(node)[0]
            said = self._values.of(value.module, node, value.frame)
        if not _is_object(said):
            self._leaf(schema, name.text(), self._annotated(said, field, value), {}, at)
            return
        entries = self._entries(said, at)
        kind = entries.get("type", Nothing())
        if entries and not any(each in entries for each in _OF_PROPERTY | MAKES_INDEXES):
            self._field(schema, name.text(), said, value)  # `raw({…})`: fields of its own
            return
        self._leaf(schema, name.text(), self._annotated(kind, field, value), entries, at)

    def _annotated(self, kind: Value, field: SgNode, value: Expression) -> Value:
        """The type that a decorator names, else that of the annotation."""
        if not isinstance(kind, Nothing):
            return kind
        annotation = field.field("type")
        inner = next(iter(annotation.named_children()), None) if annotation is not None else None
        if inner is not None and inner.kind() == "type_identifier":
            found = self._values.of(value.module, inner, value.frame)
            return found if not isinstance(found, Lost) else kind
        return kind

    def collected(self, schema: Schema) -> Iterator[Spec]:
        """The indexes of a schema and what is nested in it, in Mongoose's order."""
        yield from Collector(self.build, self.truth).of(schema, "", None)


_OF_PROPERTY = frozenset(
    {
        *("type", "required", "default", "ref", "enum", "min", "max", "match", "validate"),
        *("trim", "lowercase", "uppercase", "select", "alias", "immutable", "get", "set"),
        *("minlength", "maxlength", "minLength", "maxLength", "_id", "of", "transform", "refPath"),
    }
)
"""Options of a path: an object with one of them is no nested definition."""


def decorators(node: SgNode) -> Iterator[tuple[str, list[SgNode]]]:
    """The decorators of a class or a field: name, arguments."""
    near = [each for each in node.children() if each.kind() == "decorator"]
    before = node.prev()
    while before is not None and before.kind() in {"decorator", "export", "default", "comment"}:
        near += [before] if before.kind() == "decorator" else []
        before = before.prev()
    for each in sorted(near, key=lambda one: one.range().start.index):
        inner = each.named_children()
        if inner and inner[0].kind() == "call_expression":
            function = inner[0].field("function")
            if function is not None:
                yield function.text().rpartition(".")[2], arguments(inner[0])


def _makes(schema: Schema) -> list[str]:
    """What makes indexes in a schema, to be compared."""
    paths = schema.paths.items()
    told = [f"{name} {path.index} {path.element} {path.schema is not None}" for name, path in paths]
    return [*told, *map(repr, schema.indexes)]


def _is_object(value: Value) -> TypeGuard[Expression]:
    return isinstance(value, Expression) and value.node.kind() == "object"


def _elements(values: Values, value: Value) -> list[Value] | None:
    if isinstance(value, Expression) and value.node.kind() == "array":
        return values.elements(value)
    return None


def _name_of(value: Value) -> str:
    match value:
        case Global(name):
            return name
        case Package(_, names) if names:
            return names[-1]
        case Part(_, name):
            return name
    return ""


def _text_of(values: Values, value: Value) -> str:
    if isinstance(value, Expression) and value.node.kind() == "string":
        return str(values.plain(value))
    return ""


def _mark(value: Value) -> str:
    """What tells a bound value from another."""
    if isinstance(value, Expression):
        return f"{value.module.path}:{value.node.range().start.index}"
    return msgspec.json.encode(repr(value)).decode()
