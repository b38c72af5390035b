"""Every call of Python's `print`, and every reference to it, in one module."""

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from skillconnect_ops.code.print_data import told

PREFILTER = re.compile(rb"\bprint\b")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Print(Struct, frozen=True, kw_only=True):
    """One call of `print`, or one place that hands it on."""

    call: bool
    line: int
    column: int
    end_line: int
    context: str
    stderr: bool
    main: bool
    """Whether it stands below `if __name__ == "__main__"`, which is run as a script alone."""
    told: tuple[str, ...] = ()
    """The names of what it prints that sound secret or personal."""


class Prints(Struct, frozen=True):
    """All of one module, in its order; a fault where it is no Python."""

    prints: tuple[Print, ...] = ()
    fault: str | None = None


def prints(text: str) -> Prints:
    """Read one module."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code's warnings are its own business
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return Prints(fault=f"line {line} is no Python that we can read" if line else "no Python")
    reader = _Reader(text.splitlines())
    reader.read(tree)
    return Prints(tuple(sorted(reader.found, key=lambda one: (one.line, one.column))))


class _Reader(ast.NodeVisitor):
    """Walks a module, with the names that each scope around gives another meaning."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._scopes: list[tuple[bool, dict[str, bool]]] = []
        self._main = False
        self.found: list[Print] = []

    def read(self, tree: ast.Module) -> None:
        """Visit all of it."""
        self._scopes.append((False, _bound(tree)))
        for node in tree.body:
            self.visit(node)

    def visit_If(self, node: ast.If) -> None:
        """What stands below `if __name__ == "__main__"` is a script's."""
        self.visit(node.test)
        before, self._main = self._main, self._main or "__name__" in ast.unparse(node.test)
        for part in node.body:
            self.visit(part)
        self._main = before
        for part in node.orelse:
            self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        """`print(…)`, unless it goes into a file."""
        if not self._is_print(node.func):
            self.generic_visit(node)
            return
        target = next((given.value for given in node.keywords if given.arg == "file"), None)
        said = "" if target is None else ast.unparse(target)
        if said in {"", "None"} or said.endswith(("stdout", "stderr", "__stderr__", "__stdout__")):
            self._take(node, call=True, stderr="stderr" in said, names=told(node.args))
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        """`map(print, rows)`."""
        if isinstance(node.ctx, ast.Load) and self._is_print(node):
            self._take(node, call=False)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`builtins.print` as a value."""
        if isinstance(node.ctx, ast.Load) and self._is_print(node):
            self._take(node, call=False)
        else:
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """`if write is print` prints nothing."""
        for part in (node.left, *node.comparators):
            if not self._is_print(part):
                self.visit(part)

    def visit(self, node: ast.AST) -> None:
        """Visit a node, in the scope that it opens if it opens one."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for outer in (*node.decorator_list, *_defaults(node)):
                self.visit(outer)
            self._within(node, node.body)
        elif isinstance(node, ast.Lambda):
            for outer in _defaults(node):
                self.visit(outer)
            self._within(node, [node.body])
        elif isinstance(node, _COMPREHENSIONS):
            self._within(node, list(ast.iter_child_nodes(node)))
        else:
            super().visit(node)

    def _within(
        self, node: ast.AST, body: "list[ast.stmt] | list[ast.expr] | list[ast.AST]"
    ) -> None:
        self._scopes.append((isinstance(node, ast.ClassDef), _bound(node)))
        for part in body:
            self.visit(part)
        self._scopes.pop()

    def _is_print(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return self._means(node.id) == "print"
        return (
            isinstance(node, ast.Attribute)
            and node.attr == "print"
            and isinstance(node.value, ast.Name)
            and self._means(node.value.id) == "builtins"
        )

    def _means(self, name: str) -> str | None:
        """What a name is here: the builtin of that name, a module, or something of its own."""
        innermost = True
        for is_class, bound in reversed(self._scopes):
            if (innermost or not is_class) and name in bound:
                return "print" if bound[name] else self._module(name)
            innermost = False
        return name if name == "print" else None

    def _module(self, name: str) -> str | None:
        return "builtins" if name in {"builtins", "__builtin__"} else None

    def _take(
        self,
        node: ast.expr,
        *,
        call: bool,
        stderr: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        column = len(line.encode()[: node.col_offset].decode(errors="replace")) + 1
        self.found.append(
            Print(
                call=call,
                line=node.lineno,
                column=column,
                end_line=node.end_lineno or node.lineno,
                context=ast.unparse(node),
                stderr=stderr,
                main=self._main,
                told=names,
            )
        )


def _defaults(
    node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda",
) -> list[ast.expr]:
    """What is worked out outside of the scope that a node opens."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *(given.value for given in node.keywords)]
    return [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]


def _bound(scope: ast.AST) -> dict[str, bool]:
    """The names that a scope gives a meaning; True of an alias of `print`."""
    bindings: Counter[str] = Counter()
    aliases: set[str] = set()
    given_up: set[str] = set()
    if isinstance(scope, _FUNCTIONS):
        every = scope.args
        for one in (*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg):
            if one is not None:
                bindings[one.arg] += 1
    for node in _own(scope):
        if isinstance(node, ast.Global | ast.Nonlocal):
            given_up.update(node.names)
            continue
        bindings.update(_names(node))
        aliases.update(_aliases(node))
    return {
        name: name in aliases and times == 1
        for name, times in bindings.items()
        if name not in given_up
    }


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of scopes within it."""
    ahead = list(ast.iter_child_nodes(scope))
    while ahead:
        node = ahead.pop(0)
        yield node
        inner = (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)
        if not isinstance(node, inner):
            ahead += ast.iter_child_nodes(node)


def _names(node: ast.AST) -> Iterator[str]:
    """The names that one node gives a meaning."""
    match node:
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                yield (alias.asname or alias.name).partition(".")[0]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name


def _aliases(node: ast.AST) -> Iterator[str]:
    """The names that one node makes another word for `print`."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id="print")):
            yield name
        case ast.ImportFrom(module="builtins"):
            for alias in node.names:
                if alias.name == "print":
                    yield alias.asname or alias.name
