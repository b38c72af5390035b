"""What Python reads from the environment.

The standard library's parser is taken, and not the one that the other languages need: it is the
grammar itself, and knows what stands in a class body and what in a call.
"""

import ast
import re
import warnings

from skillconnect_ops.code.model import Found, Kind, Read, Unparsed, Unresolved
from skillconnect_ops.code.need import CHECKED, OPTIONAL, USED, Need
from skillconnect_ops.code.python_settings import is_settings, of_settings
from skillconnect_ops.code.python_values import Place, literal, text_of

PREFILTER = re.compile(rb"environ|getenv|BaseSettings|envvar|decouple|environs")
_READERS = frozenset({"os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"})
_ENVIRONMENT = frozenset({"os.environ", "os.environb"})
_PACKAGES = frozenset({"decouple.config", "decouple.AutoConfig", "environs.Env", "environ.Env"})
_OTHER_METHODS = frozenset({"keys", "values", "items", "copy", "update", "clear"})


def python(text: str, *, path: str, test: bool = False) -> Found:
    """The reads of one module.

    Args:
        text: the source.
        path: what to call it.
        test: whether it stands in a test.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code's warnings are its own business
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f"line {line} is no Python that we can read" if line else "it cannot be parsed"
        return Found(unparsed=(Unparsed(path=path, reason=where),))
    reader = _Reader(tree, path=path, test=test)
    reader.visit(tree)
    return Found(
        reads=tuple(sorted(reader.reads, key=lambda each: (each.line, each.name))),
        unresolved=tuple(sorted(reader.unresolved, key=lambda each: each.line)),
    )


class _Reader(ast.NodeVisitor):
    """Walks a module, with what each name means at the place."""

    def __init__(self, tree: ast.Module, *, path: str, test: bool) -> None:
        self._path = path
        self._test = test
        self._place = Place(tree)
        self.reads: set[Read] = set()
        self.unresolved: set[Unresolved] = set()

    def visit(self, node: ast.AST) -> None:
        """Visit a node, in the scope that it opens if it opens one."""
        with self._place.within(node):
            super().visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """The fields of a settings class are reads."""
        if is_settings(node, self._place):
            for field in of_settings(node, self._place):
                self._take(field.name, field.node, field.need)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """`os.environ["X"]`."""
        if self._place.means(node.value) in _ENVIRONMENT and isinstance(node.ctx, ast.Load):
            self._named(node.slice, node, Need(required=True, checked=False))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """`"X" in os.environ`."""
        sign = node.ops[0]
        of_environment = self._place.means(node.comparators[0]) in _ENVIRONMENT
        if len(node.ops) == 1 and isinstance(sign, ast.In | ast.NotIn) and of_environment:
            fails = isinstance(sign, ast.NotIn) and self._place.fails(node)
            self._named(node.left, node, CHECKED if fails else OPTIONAL)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """`os.getenv("X", "d")`, and what packages ask in its stead."""
        meaning = self._place.means(node.func)
        if meaning in _READERS and node.args:
            default = node.args[1] if len(node.args) > 1 else _keyword(node, "default")
            self._named(node.args[0], node, self._need(node, default))
        elif self._is_package(node.func) and node.args:
            self._of_package(node)
        elif meaning is None:
            for given in node.args:
                self._handed_on(given, node)
        for keyword in node.keywords:
            if keyword.arg == "envvar":
                self._options(keyword.value)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        """The environment as a result."""
        if node.value is not None:
            self._handed_on(node.value, node)
        self.generic_visit(node)

    def _is_package(self, function: ast.expr) -> bool:
        """`config("X")` of decouple; `env("X")` and `env.int("X")` of environs and its like."""
        meaning = self._place.means(function)
        if meaning == "decouple.config":
            return True
        holder = function.value if isinstance(function, ast.Attribute) else function
        return isinstance(holder, ast.Name) and self._place.made_by(holder) in _PACKAGES

    def _of_package(self, node: ast.Call) -> None:
        if text_of(node.args[0], self._place) is None:
            return  # `env.read_env(path)`
        default = _keyword(node, "default")
        if default is None and len(node.args) > 1:
            default = node.args[1]
        if isinstance(node.func, ast.Attribute) and node.func.attr.startswith("read"):
            return
        wanted = CHECKED if default is None else Need(required=False, default=literal(default))
        self._named(node.args[0], node, wanted)

    def _options(self, value: ast.expr) -> None:
        """`envvar="X"` or `envvar=["X", "Y"]` of click and typer."""
        several = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
        for each in several:
            name = text_of(each, self._place)
            if name is not None:
                self._take(name, each, OPTIONAL)

    def _handed_on(self, value: ast.expr, node: ast.AST) -> None:
        if self._place.means(value) in _ENVIRONMENT:
            self._lost(node, "it is handed on whole")

    def _need(self, node: ast.expr, default: ast.expr | None) -> Need:
        if default is not None and ast.unparse(default) != "None":
            return Need(required=False, default=literal(default))
        return self._place.need(node) or USED

    def _named(self, name: ast.expr, node: ast.AST, wanted: Need) -> None:
        text = text_of(name, self._place)
        if text is None:
            self._lost(node, "the name is computed")
        else:
            self._take(text, node, wanted)

    def _take(self, name: str, node: ast.AST, wanted: Need) -> None:
        self.reads.add(
            Read(
                name=name,
                path=self._path,
                line=getattr(node, "lineno", 1),
                kind=Kind.PYTHON,
                required=wanted.required,
                default=wanted.default,
                checked=wanted.checked,
                test=self._test,
            )
        )

    def _lost(self, node: ast.AST, reason: str) -> None:
        line = getattr(node, "lineno", 1)
        self.unresolved.add(Unresolved(path=self._path, line=line, reason=reason))


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in node.keywords if each.arg == name), None)
