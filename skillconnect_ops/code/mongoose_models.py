"""The models of a project: a name and a schema, and the collection that follows from both."""

import re

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_value import (
    Expression,
    Nothing,
    Text,
    Undecided,
    Value,
    reason,
)
from skillconnect_ops.code.javascript_values import Values
from skillconnect_ops.code.mongoose import Schemas
from skillconnect_ops.code.mongoose_schema import Schema, Tell
from skillconnect_ops.code.plurals import collection_of
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, line_of

_CALLED = frozenset({"member_expression", "identifier"})


class Model(Struct, kw_only=True):
    """A model: a schema, by its name and collection."""

    name: str
    schema: Schema | None
    collection: str | None
    base: "Model | None" = None
    value: str = ""
    """What tells its documents from those of the others of its collection."""
    at: tuple[str, int]


class Models:
    """Those that were met, by where they are made and by name."""

    def __init__(self, values: Values, schemas: Schemas, tell: Tell) -> None:
        self._values = values
        self._schemas = schemas
        self._tell = tell
        self.known: dict[tuple[str, SgNode], Model] = {}
        self._by_name: dict[str, Model] = {}
        self._asked: set[SgNode] = set()

    def of(self, value: Value) -> Model | None:
        """The model that an expression makes, or asks for by name."""
        if not isinstance(value, Expression) or value.node.kind() != "call_expression":
            return None
        if value.node in self._asked:
            return None  # `const M = M.discriminator()` leads back to itself
        self._asked.add(value.node)
        try:
            return self._of(value)
        finally:
            self._asked.discard(value.node)

    def _of(self, value: Expression) -> Model | None:
        mark = (value.module.path, value.node)
        if mark in self.known and not value.frame:
            return self.known[mark]
        function, given = value.node.field("function"), arguments(value.node)
        if function is None or not given:
            return None
        name = function.text().rpartition(".")[2].partition("<")[0]
        words = [self._values.of(value.module, each, value.frame) for each in given]
        made = None
        if name in {"model", "modelNames"} and function.kind() in _CALLED:
            made = self._plain_model(value, words)
        elif name == "discriminator":
            made = self._discriminator(value, function, words)
        elif name in {"getModelForClass", "addModelToTypegoose", "getDiscriminatorModelForClass"}:
            made = self._class_model(value, words)
        if made is not None:
            if made.schema is not None:
                made.schema.used = True
            if len(words) > 1 or name != "model":
                self.known.setdefault(mark, made)
                self._by_name.setdefault(made.name, made)
        return made

    def _plain_model(self, value: Expression, words: list[Value]) -> Model | None:
        """`mongoose.model("User", schema, "people")`."""
        at = (value.module.path, value.line)
        try:
            name = self._values.plain(words[0])
        except Undecided as error:
            if len(words) > 1 and self._schemas.of(words[1]) is not None:
                self._tell(*at, f"the name of a model: {error}")
            return None
        if not isinstance(name, str):
            return None
        if len(words) == 1:
            return self._by_name.get(name)
        schema = self._schemas.of(words[1])
        if schema is None and "ongoose" in value.module.text:
            schema = self._schemas.plain_object(words[1])
        if schema is None:
            if "ongoose" in value.module.text:
                self._tell(*at, f"the schema of the model {name}: {_why_no_schema(words[1])}")
                return Model(name=name, schema=None, collection=collection_of(name), at=at)
            return None
        return self._named(name, schema, words[2] if len(words) > 2 else Nothing(), at)

    def _named(self, name: str, schema: Schema, given: Value, at: tuple[str, int]) -> Model:
        collection: str | None = collection_of(name)
        try:
            self._schemas.build(schema)
            said = self._values.plain(given)
            if isinstance(said, dict):  # options stand there as well
                said = None
            own = said or self._schemas.text_option(schema, "collection")
            collection = str(own) if own else collection
        except Undecided as error:
            self._tell(*at, f"the collection of the model {name}: {error}")
            collection = None
        return Model(name=name, schema=schema, collection=collection, at=at)

    def _discriminator(
        self, value: Expression, function: SgNode, words: list[Value]
    ) -> Model | None:
        """`Base.discriminator("Name", schema, "value")`."""
        holder = function.field("object")
        if holder is None or len(words) < 2:
            return None
        at = (value.module.path, value.line)
        base = self.of(self._values.of(value.module, holder, value.frame))
        schema = self._schemas.of(words[1])
        if base is None or schema is None:
            of = self._values.of(value.module, holder, value.frame)
            if schema is not None and self._schemas.of(of) is None and not _is_path(of):
                self._tell(*at, f"which model {holder.text()[:40]} is, is not told")
                schema.used = True
            return None
        return self.one_of(base, schema, words, at)

    def one_of(
        self, base: Model, schema: Schema, words: list[Value], at: tuple[str, int]
    ) -> Model | None:
        """The discriminator that a call with these words makes of a model."""
        try:
            name = str(self._values.plain(words[0]))
            told = self._values.plain(words[2]) if len(words) > 2 else None
        except Undecided as error:
            self._tell(*at, f"a discriminator: {error}")
            return None
        told = told.get("value") if isinstance(told, dict) else told
        return Model(
            name=name,
            schema=schema,
            collection=base.collection,
            base=base,
            value=name if told is None else str(told),
            at=at,
        )

    def _class_model(self, value: Expression, words: list[Value]) -> Model | None:
        """`getModelForClass(User)` of typegoose."""
        schema = self._schemas.of_class(words[0])
        if schema is None:
            return None
        named = self._values.part(words[0], "name")
        name = named.text if isinstance(named, Text) else ""
        at = (value.module.path, value.line)
        if name and len(words) == 1:
            return self._named(name, schema, Nothing(), at)
        self._tell(*at, f"the model of the class {name}: its options are not looked into")
        schema.used = True
        return None

    def register(self, module: Module) -> None:
        """`{ name: Cat.name, schema: CatSchema }` of `MongooseModule.forFeature([…])`."""
        for node in module.root.find_all(kind="object", regex=r"\bname\b"):
            if not re.search(r"\b(schema|useFactory)\b", node.text()):
                continue
            whole = Expression(module, node, {})
            entries = {name: each for name, each in self._values.entries(whole) if name}
            schema = self._schemas.of(entries.get("schema", Nothing()))
            maker = entries.get("useFactory")
            if schema is None and isinstance(maker, Expression) and maker.node.kind() in FUNCTIONS:
                schema = self._returned(maker)
            if schema is None or "name" not in entries:
                continue
            try:
                name = str(self._values.plain(entries["name"]))
            except Undecided as error:
                self._tell(module.path, line_of(node), f"the name of a model: {error}")
                continue
            at = (module.path, line_of(node))
            schema.used = True
            model = self._named(name, schema, entries.get("collection", Nothing()), at)
            self.known.setdefault((module.path, node), model)
            self._by_name.setdefault(name, model)

    def _returned(self, maker: Expression) -> Schema | None:
        body = maker.node.field("body")
        if body is None:
            return None
        if body.kind() != "statement_block":
            return self._schemas.of(self._values.of(maker.module, body))
        for each in body.find_all(kind="return_statement"):
            inner = each.named_children()
            found = self._schemas.of(self._values.of(maker.module, inner[0])) if inner else None
            if found is not None:
                return found
        return None


def _is_path(value: Value) -> bool:
    """Whether it is a path of a schema, whose discriminators are no models."""
    if isinstance(value, Expression) and value.node.kind() == "call_expression":
        function = value.node.field("function")
        return function is not None and function.text().endswith(".path")
    return False


def _why_no_schema(value: Value) -> str:
    return "it is no schema" if isinstance(value, Nothing) else reason(value)
