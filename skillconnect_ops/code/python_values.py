"""What a name means at one place of a Python module, and what a value's absence leads to."""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from skillconnect_ops.code.need import CHECKED, OPTIONAL, Need

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Place:
    """Where a walk through a module is: the scopes, and the nodes above."""

    def __init__(self, tree: ast.Module) -> None:
        self._scopes: list[dict[str, ast.AST | None]] = [_bound(tree)]
        self._above: list[ast.AST] = []

    @contextmanager
    def within(self, node: ast.AST) -> Iterator[None]:
        """Go into a node."""
        opens = isinstance(node, _SCOPES)
        if opens:
            self._scopes.append(_bound(node))
        self._above.append(node)
        try:
            yield
        finally:
            self._above.pop()
            if opens:
                self._scopes.pop()

    def means(self, node: ast.expr) -> str | None:
        """The dotted name of what an expression is, through imports and aliases: `os.environ`."""
        if isinstance(node, ast.Attribute):
            inner = self.means(node.value)
            return f"{inner}.{node.attr}" if inner is not None else None
        if not isinstance(node, ast.Name):
            return None
        binding = self._binding(node.id)
        if isinstance(binding, ast.Import):
            return next((a.name for a in binding.names if (a.asname or a.name) == node.id), None)
        if isinstance(binding, ast.ImportFrom):
            found = next((a.name for a in binding.names if (a.asname or a.name) == node.id), None)
            return f"{binding.module}.{found}" if found and binding.module else None
        if isinstance(binding, ast.Attribute | ast.Name) and binding is not node:
            return self.means(binding) if not _names(binding, node.id) else None
        return None

    def made_by(self, node: ast.Name) -> str | None:
        """The dotted name of what was called to make a variable: `environs.Env`."""
        binding = self._binding(node.id)
        return self.means(binding.func) if isinstance(binding, ast.Call) else None

    def constant(self, name: str) -> str | None:
        """The text that a variable always holds."""
        binding = self._binding(name)
        if isinstance(binding, ast.Constant) and isinstance(binding.value, str):
            return binding.value
        return None

    def base(self, name: str) -> ast.AST | None:
        """What the name is bound to."""
        return self._binding(name)

    def need(self, node: ast.expr) -> Need | None:  # noqa: PLR0911 - one a kind of node
        """What the text around a value makes of its absence; None where it is only used."""
        child: ast.AST = node
        for above in self._upwards(node):
            if isinstance(above, ast.BoolOp):
                if isinstance(above.op, ast.Or) and above.values[-1] is not child:
                    return Need(required=False, default=literal(above.values[-1]))
                if isinstance(above.op, ast.And) and above.values[-1] is not child:
                    return OPTIONAL
            elif isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not):
                return CHECKED if self.fails(above) else OPTIONAL
            elif isinstance(above, ast.Compare):
                absent = any(isinstance(op, ast.Is | ast.Eq) for op in above.ops)
                nothing = any(_is_none(each) for each in above.comparators)
                return CHECKED if absent and nothing and self.fails(above) else OPTIONAL
            elif isinstance(above, ast.If | ast.IfExp | ast.While):
                return OPTIONAL if above.test is child else None
            elif not isinstance(above, ast.NamedExpr):
                return None
            child = above
        return None

    def fails(self, test: ast.AST) -> bool:
        """Whether a test leads to a raise or an exit."""
        for above in self._upwards(test):
            if isinstance(above, ast.If):
                return any(_raises(each) for each in above.body)
            if not isinstance(above, ast.BoolOp | ast.UnaryOp):
                return False
        return False

    def _upwards(self, node: ast.AST) -> Iterator[ast.AST]:
        place = next((n for n, above in enumerate(self._above) if above is node), None)
        above = self._above if place is None else self._above[:place]
        return reversed(above)

    def _binding(self, name: str) -> ast.AST | None:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None


def text_of(node: ast.expr, place: Place) -> str | None:
    """The text that an expression is, where that is beyond doubt."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode(errors="replace")
        return node.value if isinstance(node.value, str) else None
    return place.constant(node.id) if isinstance(node, ast.Name) else None


def literal(node: ast.expr) -> str | None:
    """A literal as an env file would hold it; None of what is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        return str(node.value)
    return None


def _bound(node: ast.AST) -> dict[str, ast.AST | None]:
    """What each name of a scope is bound to; None where it is bound twice or in another way."""
    found: dict[str, ast.AST | None] = {}

    def bind(name: str, what: ast.AST | None) -> None:
        found[name] = None if name in found else what

    if isinstance(node, _SCOPES):
        spec = node.args
        starred = [each for each in (spec.vararg, spec.kwarg) if each is not None]
        for given in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred):
            bind(given.arg, None)
    body = [node.body] if isinstance(node, ast.Lambda) else getattr(node, "body", [])
    for child in body:
        for each in _own(child):
            if isinstance(each, ast.Import | ast.ImportFrom):
                for alias in each.names:
                    found.setdefault((alias.asname or alias.name).partition(".")[0], each)
            else:
                _bind_statement(each, bind)
    return found


def _bind_statement(each: ast.AST, bind: Callable[[str, ast.AST | None], None]) -> None:
    match each:
        case ast.Assign(targets=[target], value=value):
            _bind_target(target, value, bind)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            _bind_target(target, value, bind)
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            bind(name, each)
        case ast.For(target=target) | ast.comprehension(target=target):
            _bind_target(ast.Tuple([target]), target, bind)
        case ast.NamedExpr(target=target):
            _bind_target(ast.Tuple([target]), target, bind)
        case ast.withitem(optional_vars=ast.expr() as target):
            _bind_target(ast.Tuple([target]), target, bind)
        case _:
            pass


def _bind_target(
    target: ast.expr, value: ast.expr, bind: Callable[[str, ast.AST | None], None]
) -> None:
    if isinstance(target, ast.Name):
        bind(target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                bind(name.id, None)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, but not what is in a scope of its own."""
    yield node
    if isinstance(node, (*_SCOPES, ast.ClassDef)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _own(child)


def _names(node: ast.AST, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in {None, ""}


def _raises(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Raise)
        or (isinstance(each, ast.Call) and ast.unparse(each.func).endswith(("exit", "abort")))
        for each in ast.walk(node)
    )
