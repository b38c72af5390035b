"""Calls of packages whose options matter, with what they are given as far as the text tells."""

from collections.abc import Iterator, Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.conditions import guard
from skillconnect_ops.code.express_args import Arguments
from skillconnect_ops.code.express_calls import Calls
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import (
    EMPTY,
    Expression,
    Undecided,
    Value,
    bare,
    short,
)
from skillconnect_ops.code.syntax import FUNCTIONS, arguments

PACKAGES = frozenset(
    {
        *("jsonwebtoken", "jose", "jwt-simple", "express-jwt", "passport-jwt", "cookie"),
        *("express-session", "cookie-session", "multer", "express-fileupload", "formidable"),
        *("busboy", "connect-busboy", "socket.io", "csurf", "errorhandler"),
        *("cors", "helmet", "helmet-csp", "body-parser", "express"),
    }
)
"""Those whose calls are kept."""
_KEPT = {
    "express": frozenset({"json", "urlencoded", "raw", "text"}),
    "csurf": frozenset({""}),
    "body-parser": frozenset({"", "json", "urlencoded", "raw", "text"}),
    "socket.io": frozenset({"", "Server", "listen"}),
}
"""Of these packages, what is kept."""
CALLS = ("call_expression", "new_expression")
_MOST_CODE = 4_000
OUTSIDE = "it comes from the environment, a file or a random source"
"""Why something is not told whose source is."""
_NAMES = frozenset({"sign", "verify", "encode", "decode"})
"""What is called of them through a file that hands it on."""
_IMPORTED = tuple(f"{quote}{one}" for one in sorted(PACKAGES) for quote in "'\"")


class Defaulted(Computed, frozen=True):
    """A part of an option that is this text unless somebody says otherwise."""

    default: str


class PackageCall(Struct, frozen=True, kw_only=True):
    """One call."""

    path: str
    line: int
    column: int
    end_line: int
    package: str
    member: str
    """`sign` of jsonwebtoken; "" where the package itself is called."""
    guard: str | None = None
    """What must hold for it, where that asks for the environment."""
    given: tuple[Any, ...] = ()
    """The arguments as plain data; see `Computed` and `Defaulted`."""
    text: str = ""
    """As it is written, on one line, cut."""
    function: int = 0
    """The line where the function begins that calls it; 0 where that is not told."""


class Options(Arguments):
    """Reads arguments, and of what is computed also the text that it falls back to."""

    def __init__(self, values: Objects) -> None:
        def tell(_path: str, _line: int, _why: str) -> None:
            """What is not told of a path matters to routes alone."""

        super().__init__(values, Calls(values, tell), tell)
        self._followed = values

    def plain(self, value: Value, node: SgNode, depth: int) -> Any:
        """A value as plain data; see `Defaulted`."""
        if isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
            code = " ".join(value.node.text().split())
            return Computed(code[:_MOST_CODE], "it is a function")
        got = super().plain(value, node, depth)
        if isinstance(got, Computed) and isinstance(value, Expression):
            default = self._default(value)
            if default is not None:
                return Defaulted(got.text, got.reason, default)
        return got

    def _default(self, value: Expression) -> str | None:
        """`process.env.X || "text"`."""
        sign, right = value.node.field("operator"), value.node.field("right")
        if value.node.kind() != "binary_expression" or sign is None or right is None:
            return None
        if sign.text() not in {"||", "??"}:
            return None
        try:
            told = self._followed.plain(self._followed.of(value.module, right, value.frame))
        except Undecided:
            return None
        return told if isinstance(told, str) else None


def place(node: SgNode) -> tuple[int, int, int]:
    """The first line, the column, and the last line of a node, from 1."""
    span = node.range()
    return span.start.line + 1, span.start.column + 1, span.end.line + 1


def _is_kept(origin: Origin) -> bool:
    kept = _KEPT.get(origin.package)
    return kept is None or (origin.member in kept and not origin.made)


class PackageCalls:
    """Finds them in files."""

    def __init__(self, modules: Modules, values: Objects, options: Options) -> None:
        self._modules = modules
        self._values = values
        self._options = options
        self.origins = Origins(values)

    def of(self, files: Sequence[str]) -> Iterator[PackageCall]:
        """The calls in some files, in their order."""
        for path in files:
            text = self._modules.text(path)
            imports = any(word in text for word in _IMPORTED)
            if not imports and not any(f".{name}(" in text for name in _NAMES):
                continue
            module = self._modules.module(path)
            if module is not None:
                yield from self._of_module(module, imports=imports)

    def _of_module(self, module: Module, *, imports: bool) -> Iterator[PackageCall]:
        for node in module.root.find_all(any=[{"kind": kind} for kind in CALLS]):
            maker = node.field("function") or node.field("constructor")
            if maker is None:
                continue
            last = maker.text().rpartition(".")[2]
            if not imports and last not in _NAMES:
                continue
            origin = self._origin(module, maker)
            if origin is not None and origin.package in PACKAGES and _is_kept(origin):
                yield self._made(module, node, origin)

    def _origin(self, module: Module, maker: SgNode) -> Origin | None:
        found = self.origins.of(self._values.of(module, bare(maker), EMPTY))
        if found is None or found.package != "util" or not found.made:
            return found
        given = arguments(found.made[0].node)  # promisify(jwt.verify)(…)
        return self.origins.of(self._values.of(module, given[0], EMPTY)) if given else None

    def _made(self, module: Module, node: SgNode, origin: Origin) -> PackageCall:
        line, column, end_line = place(node)
        return PackageCall(
            path=module.path,
            line=line,
            column=column,
            end_line=end_line,
            package=origin.package,
            member=origin.member,
            guard=guard(node),
            given=tuple(self._options.option(module, each, EMPTY) for each in arguments(node)),
            text=short(node),
        )
