"""A Mongoose schema as it is built from its text, and all indexes of it and what it nests."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from skillconnect_ops.code.javascript_value import Expression, Nothing, Value
from skillconnect_ops.code.mongoose_options import direction_of, is_set

Tell = Callable[[str, int, str], None]
"""Takes down what is not told by the text: path, line, reason."""


class Spec(Struct, kw_only=True):
    """One index that a schema makes."""

    keys: dict[str, Any]
    options: dict[str, Any]
    path: str
    line: int


class SchemaPath(Struct, kw_only=True):
    """One path of a schema, and what of it makes indexes."""

    index: Any = None
    element: Any = None
    """The same of an array's elements."""
    schema: "Schema | None" = None
    documents: bool = False
    """It is an array of documents: what is said of the array itself makes no index."""
    left_out: bool = False
    """`excludeIndexes` is set."""
    others: list["Schema"] = []
    """Its discriminators."""
    at: tuple[str, int]


class Schema:
    """One schema, built from its text."""

    def __init__(self, at: Expression) -> None:
        self.at = at
        self.made: list[Callable[[Schema], None]] = []
        """What was done to it after it was made, in order."""
        self.options: dict[str, Value] = {}
        self.paths: dict[str, SchemaPath] = {}
        self.indexes: list[Spec] = []
        self.aliases: dict[str, str] = {}
        self.discriminators: list[tuple[list[Value], tuple[str, int]]] = []
        """Of the model that it will have: the arguments of the call, and its place."""
        self.used = False
        """Whether a model or another schema holds it."""
        self.built = False

    @property
    def place(self) -> tuple[str, int]:
        """Where it is made."""
        return self.at.module.path, self.at.line


class _Collected(Struct):
    """The indexes of a schema so far."""

    found: list[Spec] = []
    named: dict[str, Spec] = {}
    """Those of paths that have a name: paths with one name make one index together."""


class Collector:
    """Gathers the indexes of schemas, in Mongoose's order (lib/helpers/schema/getIndexes.js)."""

    def __init__(self, build: Callable[[Schema], Schema], truth: Callable[[Value], bool]) -> None:
        """Take what builds a schema, and what tells whether a value is true."""
        self._build = build
        self._truth = truth

    def of(
        self, schema: Schema, prefix: str, base: Schema | None, above: tuple[Schema, ...] = ()
    ) -> Iterator[Spec]:
        """The indexes of a schema and what is nested in it, in Mongoose's order."""
        into = _Collected()
        self._collect(schema, prefix, base, above, into)
        yield from into.found

    def _collect(
        self,
        schema: Schema,
        prefix: str,
        base: Schema | None,
        above: tuple[Schema, ...],
        into: "_Collected",
    ) -> None:
        if schema in above:
            return
        self._build(schema)
        onward = (*above, schema)
        for name, path in schema.paths.items():
            if base is not None and name in base.paths:
                continue
            if path.schema is not None:
                inner = path.schema
                if not path.left_out and not self._truth(
                    inner.options.get("excludeIndexes", Nothing())
                ):
                    self._collect(inner, f"{prefix}{name}.", None, onward, into)
                for other in path.others:
                    self._collect(other, f"{prefix}{name}.", inner, onward, into)
                if path.documents:
                    continue
            index = path.index if is_set(path.index) else path.element
            if is_set(index):
                self._take(prefix + name, index, path.at, into)
        into.found += [_below(spec, prefix) for spec in schema.indexes]

    def _take(self, name: str, index: Any, at: tuple[str, int], into: "_Collected") -> None:
        direction, options = direction_of(index)
        called = options.get("name")
        if isinstance(called, str) and called in into.named:
            into.named[called].keys[name] = direction  # one index over several paths
            return
        spec = Spec(keys={name: direction}, options=options, path=at[0], line=at[1])
        into.found.append(spec)
        if isinstance(called, str):
            into.named[called] = spec


def _below(spec: Spec, prefix: str) -> Spec:
    """An index of a nested schema, with the path that it is nested at."""
    if not prefix:
        return Spec(
            keys=dict(spec.keys), options=dict(spec.options), path=spec.path, line=spec.line
        )
    options = dict(spec.options)
    partial = options.get("partialFilterExpression")
    if isinstance(partial, dict):
        options["partialFilterExpression"] = {prefix + key: it for key, it in partial.items()}
    keys = {prefix + key: direction for key, direction in spec.keys.items()}
    return Spec(keys=keys, options=options, path=spec.path, line=spec.line)
