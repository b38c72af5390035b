"""What annotations say of values."""

import ast
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Class,
    Env,
    External,
    Function,
    Made,
    Unknown,
)

if TYPE_CHECKING:
    from skillconnect_ops.code.fastapi_evaluation import Evaluation

_WRAPPERS = frozenset(
    {
        *("Optional", "Annotated", "Iterator", "AsyncIterator", "Generator", "AsyncGenerator"),
        *("Awaitable", "Coroutine", "Iterable", "AsyncIterable", "Final", "ClassVar"),
    }
)


def annotated(run: "Evaluation", node: ast.expr | None, env: Env) -> Any:
    """What an annotation means; one that is written as a text is read."""
    if node is None:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            return Unknown(text, "it is no annotation that we can read")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        both = (annotated(run, node.left, env), annotated(run, node.right, env))
        return Made(External("typing.Union"), list(both), {}, node, env.module)
    return run.value(node, env)


def inner(found: Any) -> tuple[Any, ...]:
    """What stands between the brackets of an annotation."""
    if not isinstance(found, Made) or not found.args:
        return ()
    if found.of.last == "Union" and len(found.args) > 1:
        return tuple(found.args)
    only = found.args[0]
    return only if isinstance(only, tuple) else (only,)


def one_class(found: Any) -> Class | None:
    """The only class of the project that an annotation is about."""
    if isinstance(found, Class):
        return found
    if not isinstance(found, Made):
        return None
    if found.of.last == "Union":
        told = [one for one in map(one_class, inner(found)) if one is not None]
        return told[0] if len(told) == 1 else None
    if found.of.last in _WRAPPERS:
        return next(iter([one_class(one) for one in inner(found)[:1]]), None)
    return None


def awaited(run: "Evaluation", node: ast.expr, function: Function) -> Class | None:
    """The class of what a function gives, by its annotation."""
    return one_class(annotated(run, node, function.env))


def class_of(run: "Evaluation", of: Class, name: str) -> Class | None:
    """The class of an attribute, by an annotation of it or of what it is given from."""
    for one in of.lines():
        if not isinstance(one, Class):
            continue
        for part in one.node.body:
            if isinstance(part, ast.AnnAssign) and _named(part.target, name):
                return one_class(annotated(run, part.annotation, one.env))
        maker = one.env.names.get("__init__")
        if isinstance(maker, Function) and not isinstance(maker.node, ast.Lambda):
            found = _in_maker(run, maker, name)
            if found is not None:
                return found
    return None


def _in_maker(run: "Evaluation", maker: Function, name: str) -> Class | None:
    kinds = {
        one.arg: one.annotation for one in (*maker.node.args.args, *maker.node.args.kwonlyargs)
    }
    for part in ast.walk(maker.node):
        if isinstance(part, ast.AnnAssign) and _own(part.target, name):
            return one_class(annotated(run, part.annotation, maker.env))
        if isinstance(part, ast.Assign) and any(_own(one, name) for one in part.targets):
            if isinstance(part.value, ast.Name) and part.value.id in kinds:
                return one_class(annotated(run, kinds[part.value.id], maker.env))
            if isinstance(part.value, ast.Call):
                found = run.value(part.value.func, maker.env)
                return found if isinstance(found, Class) else None
    return None


def _named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _own(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and _named(node.value, "self")


def field_defaults(run: "Evaluation", of: Class) -> dict[str, Any]:
    """The fields of a class that is given them by name, with their defaults; MISSING without."""
    found: dict[str, Any] = {}
    for one in reversed([each for each in of.lines() if isinstance(each, Class)]):
        for part in one.node.body:
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                value = MISSING if part.value is None else run.value(part.value, one.env)
                if isinstance(value, Made) and value.of.last.lower() == "field":
                    value = value.given(0, "default")
                found[part.target.id] = value
    return found
