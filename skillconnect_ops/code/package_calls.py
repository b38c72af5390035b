"""Calls of packages whose options matter, with what they are given as far as the text tells."""

from collections.abc import Iterator, Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.conditions import guard, in_production
from skillconnect_ops.code.express_args import Arguments
from skillconnect_ops.code.express_calls import Calls
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import (
    EMPTY,
    Expression,
    File,
    Package,
    Perhaps,
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
        *("cors", "helmet", "helmet-csp", "body-parser", "express", "fast-jwt", "jws", "njwt"),
        *("cookies", "raw-body"),
    }
)
"""Those whose calls are kept."""
_KEPT = {
    "express": frozenset({"json", "urlencoded", "raw", "text"}),
    "csurf": frozenset({""}),
    "body-parser": frozenset({"", "json", "urlencoded", "raw", "text"}),
    "socket.io": frozenset({"", "Server", "listen"}),
    "fast-jwt": frozenset({"createSigner", "createVerifier"}),
    "jws": frozenset({"sign", "verify"}),
    "njwt": frozenset({"create", "verify"}),
}
"""Of these packages, what is kept."""
CALLS = ("call_expression", "new_expression")
_MOST_CODE = 4_000
OUTSIDE = "it comes from the environment, a file or a random source"
"""Why something is not told whose source is."""
_DEEPEST = 6
_NOTHING = Computed("", "it is nothing")
_NAMES = frozenset({"sign", "verify", "encode", "decode"})
"""What is called of them through a file that hands it on."""
_IMPORTED = tuple(f"{quote}{one}" for one in sorted(PACKAGES) for quote in "'\"")


class Defaulted(Computed, frozen=True):
    """A part of an option that is this unless somebody says otherwise."""

    default: Any


class Either(Computed, frozen=True):
    """A part of an option that is one of these; which one is not told."""

    values: tuple[Any, ...]


class Matcher(Computed, frozen=True):
    """A regular expression."""

    pattern: str
    flags: str = ""


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
        self.followed = values

    def plain(self, value: Value, node: SgNode, depth: int) -> Any:
        """A value as plain data; see `Defaulted`."""
        if isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
            code = " ".join(value.node.text().split())
            return Computed(code[:_MOST_CODE], "it is a function")
        if isinstance(value, Expression) and depth < _DEEPEST:
            matcher = self._matcher(value)
            if matcher is not None:
                return matcher
        got = super().plain(value, node, depth)
        if not isinstance(got, Computed) or depth >= _DEEPEST:
            return got
        if isinstance(value, Perhaps) and value.otherwise is not None:
            default = self.plain(value.otherwise, node, depth + 1)
            return got if isinstance(default, Computed) else _defaulted(got, default)
        return self._chosen(value, got, depth + 1) if isinstance(value, Expression) else got

    def _chosen(self, value: Expression, got: Computed, depth: int) -> Any:
        """`process.env.X || "text"`, `a ? b : c`: what it is, and what it may be else."""
        condition, sign = value.node.field("condition"), value.node.field("operator")
        if value.node.kind() == "ternary_expression" and condition is not None:
            live = in_production(short(bare(condition)))
            if isinstance(self.followed.of(value.module, condition, value.frame), Package | File):
                live = True  # `fs ? readFileSync(…) : …`: in a browser there is none
            if live is not None:  # what it is elsewhere does not matter
                return self._side(value, "consequence" if live else "alternative", depth)
            one = self._side(value, "consequence", depth)
            other = self._side(value, "alternative", depth)
            return _either(got, one, other)
        if value.node.kind() != "binary_expression" or sign is None:
            return got
        if sign.text() not in {"||", "??"}:
            return got
        right = self._side(value, "right", depth)
        if isinstance(right, Defaulted):
            right = right.default
        return got if isinstance(right, Computed) else _defaulted(got, right)

    def _side(self, value: Expression, field: str, depth: int) -> Any:
        node = value.node.field(field)
        if node is None:
            return _NOTHING
        return self.plain(self.followed.of(value.module, node, value.frame), node, depth)

    def _matcher(self, value: Expression) -> Matcher | None:
        """`/pattern/i`, `new RegExp("pattern", "i")`."""
        node, text = value.node, short(value.node)
        if node.kind() == "regex":
            pattern, flags = node.field("pattern"), node.field("flags")
            told = "" if pattern is None else pattern.text()
            return Matcher(text, "it is a regex", told, "" if flags is None else flags.text())
        maker = node.field("constructor") or node.field("function")
        if maker is None or maker.text() != "RegExp":
            return None
        told_words = [self._told(value, each) for each in arguments(node)]
        if not told_words or not all(isinstance(one, str) for one in told_words):
            return None
        return Matcher(text, "it is a regex", *map(str, told_words[:2]))

    def _told(self, value: Expression, node: SgNode) -> Any:
        try:
            return self.followed.plain(self.followed.of(value.module, node, value.frame))
        except Undecided:
            return None


def _defaulted(got: Computed, default: Any) -> Defaulted:
    return Defaulted(got.text, got.reason, default)


def _either(got: Computed, one: Any, other: Any) -> Any:
    """What one of two is."""
    told = [each for each in (one, other) if not isinstance(each, Computed)]
    if len(told) == 2:
        return one if one == other else Either(got.text, got.reason, (one, other))
    lost = next(each for each in (one, other) if isinstance(each, Computed))
    if told:
        return Defaulted(got.text, lost.reason, told[0])
    return next(
        (_defaulted(got, each.default) for each in (one, other) if isinstance(each, Defaulted)), got
    )


def place(node: SgNode) -> tuple[int, int, int]:
    """The first line, the column, and the last line of a node, from 1."""
    span = node.range()
    return span.start.line + 1, span.start.column + 1, span.end.line + 1


def _is_kept(origin: Origin) -> bool:
    if origin.package == "cookies":  # of what `new Cookies(…)` made
        return origin.member == "set" and len(origin.made) == 1
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
            given = arguments(node)
            if maker.text().endswith(".call"):  # jwt.sign.call(jwt, …)
                maker, given = maker.field("object") or maker, given[1:]
            last = maker.text().rstrip(")").rpartition(".")[2]
            if not imports and last not in _NAMES:
                continue
            origin = self._origin(module, maker)
            if origin is not None and origin.package in PACKAGES and _is_kept(origin):
                yield self._made(module, node, origin, given)

    def _origin(self, module: Module, maker: SgNode) -> Origin | None:
        found = self.origins.of(self._values.of(module, bare(maker), EMPTY))
        if found is None or found.package != "util" or not found.made:
            return found
        given = arguments(found.made[0].node)  # promisify(jwt.verify)(…)
        return self.origins.of(self._values.of(module, given[0], EMPTY)) if given else None

    def _made(
        self, module: Module, node: SgNode, origin: Origin, given: Sequence[SgNode]
    ) -> PackageCall:
        line, column, end_line = place(node)
        return PackageCall(
            path=module.path,
            line=line,
            column=column,
            end_line=end_line,
            package=origin.package,
            member=origin.member,
            guard=guard(node),
            given=tuple(self._options.option(module, each, EMPTY) for each in given),
            text=short(node),
        )
