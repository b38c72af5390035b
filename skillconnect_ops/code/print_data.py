"""What a call of Python's `print` shows that sounds secret or personal, by names."""

import ast
from collections.abc import Iterable, Iterator

from skillconnect_ops.code.sensitive import sensitive

_SHOWS = frozenset({"str", "repr", "format", "dumps", "pformat", "dict", "list", "vars", "decode"})
"""Functions whose result shows what they are given."""
_OF_ITSELF = frozenset({"format", "decode", "strip", "dict", "model_dump", "model_dump_json"})
"""Methods whose result shows what they are a method of."""


_WHOLE = frozenset({"headers", "cookies", "json", "form", "data", "body", "session"})
"""Of a request: what holds passwords and tokens among others."""


def told(given: Iterable[ast.expr]) -> tuple[str, ...]:
    """The names of what a call prints and should not, each once."""
    return tuple(dict.fromkeys(name for one in given for name in _shown(one)))


def _shown(node: ast.expr) -> Iterator[str]:  # noqa: C901 - one a kind of node
    """Names that sound secret in what an expression shows."""
    match node:
        case ast.Name(id=name) if sensitive(name):
            yield name
        case ast.Attribute() | ast.Await() if (whole := _of_request(node)) is not None:
            yield whole
        case ast.Attribute(attr=name) if sensitive(name):
            yield ast.unparse(node)
        case ast.Subscript(slice=ast.Constant(value=str(name))) if sensitive(name):
            yield f"{ast.unparse(node.value)}[{name}]"
        case ast.Dict():
            yield from _of_dict(node)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            if name in _SHOWS:
                for given in node.args:
                    yield from _shown(given)
            if name in _OF_ITSELF and isinstance(node.func, ast.Attribute):
                yield from _shown(node.func.value)
        case ast.JoinedStr() | ast.BinOp() | ast.Tuple() | ast.List() | ast.Starred():
            for part in _parts(node):
                yield from _shown(part)
        case ast.IfExp():
            yield from _shown(node.body)
            yield from _shown(node.orelse)


def _of_request(node: ast.Attribute | ast.Await) -> str | None:
    """What of a request is shown whole: `request.headers`, `await request.json()`."""
    match node:
        case ast.Await(value=ast.Call(func=ast.Attribute(attr="json" | "body" | "form") as asked)):
            return f"{ast.unparse(asked)}()" if _is_request(asked.value) else None
        case ast.Attribute(value=value, attr=name) if name in _WHOLE and _is_request(value):
            return ast.unparse(node)
    return None


def _is_request(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"request", "req"}


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression is put together of; of a formatted one, what is formatted."""
    for part in ast.iter_child_nodes(node):
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        if isinstance(inner, ast.expr):
            yield inner


def _of_dict(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else None
        plain = isinstance(value, ast.Name | ast.Attribute | ast.Subscript)
        if isinstance(name, str) and sensitive(name) and plain:
            yield name
        else:
            yield from _shown(value)
