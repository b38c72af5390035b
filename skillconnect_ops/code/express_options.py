"""What options make of a protection: routes left out, limits that never bite, parts not checked."""

from typing import Any

from ast_grep_py import SgNode

from skillconnect_ops.code.express_model import Role
from skillconnect_ops.code.express_origins import Origin
from skillconnect_ops.code.express_passage import Passages
from skillconnect_ops.code.express_seen import INPUTS
from skillconnect_ops.code.javascript_objects import Objects, last_result
from skillconnect_ops.code.javascript_value import (
    Expression,
    Global,
    Nothing,
    Part,
    Undecided,
    bare,
    parameters,
    short,
)
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, string, strings

NEVER = "never"
_NO_LIMIT = 100_000
_BY_MEMBER = {
    **dict.fromkeys(("body", "validateBody", "validateRequestBody", "processRequestBody"), "body"),
    **dict.fromkeys(("query", "validateQuery", "validateRequestQuery"), "query"),
    **dict.fromkeys(("param", "params", "validateParams", "validateRequestParams"), "params"),
    **dict.fromkeys(("cookie", "cookies", "header", "headers"), "headers"),
}
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def skipped(
    values: Objects, passages: Passages, origin: Origin, roles: tuple[Role, ...]
) -> str | None:
    """What must hold for something of a package to protect at all; `NEVER` if nothing does.

    Args:
        values: what follows names.
        passages: whom functions let pass.
        origin: the package, and how it was made.
        roles: what it is for.
    """
    if not origin.made:
        return None
    if origin.member.endswith("unless"):
        return _unless(values, origin.made[-1])
    for made in origin.made:
        options = _options(values, made)
        if options is None:
            continue
        if Role.RATE_LIMIT in roles:
            found = _of_limiter(values, passages, options)
        elif Role.CSRF in roles:
            found = _of_methods(values, options)
        else:
            found = None
        if found is not None:
            return found
    return None


def _options(values: Objects, made: Expression) -> Expression | None:
    given = arguments(made.node)
    found = values.of(made.module, given[0], made.frame) if given else None
    is_object = isinstance(found, Expression) and found.node.kind() == "object"
    return found if is_object and isinstance(found, Expression) else None


def _of_limiter(values: Objects, passages: Passages, options: Expression) -> str | None:
    for name in ("limit", "max"):
        limit = _plain(values, options, name)
        if isinstance(limit, int | float) and not isinstance(limit, bool) and limit >= _NO_LIMIT:
            return NEVER
        told = values.part(options, name)
        is_endless = isinstance(told, Global) and told.name == "Infinity"
        if is_endless or (isinstance(told, Part) and told.name.startswith("MAX_")):
            return NEVER
    handler = values.part(options, "handler")
    is_own = isinstance(handler, Expression) and handler.node.kind() in FUNCTIONS
    if is_own and isinstance(handler, Expression) and passages.goes_on(handler):
        return NEVER
    skip = values.part(options, "skip")
    if isinstance(skip, Nothing):
        return None
    return _of_skip(values, skip)


def _of_skip(values: Objects, skip: Any) -> str | None:
    if not isinstance(skip, Expression) or skip.node.kind() not in FUNCTIONS:
        return "not skip(req)"
    result = last_result(skip.node)
    if result is None:
        return f"not {short(skip.node)}"
    try:
        told = values.plain(values.of(skip.module, result, skip.frame))
    except Undecided:
        said = short(bare(result))
        return f"not {_with_req(skip.node, said)}"
    return NEVER if told else None


def _with_req(function: SgNode, said: str) -> str:
    """The request by its usual name, whatever the function calls it."""
    given = parameters(function)
    name = (given[0].field("pattern") or given[0]).text() if given else "req"
    return said.replace(f"{name}.", "req.") if name.isidentifier() else said


def _of_methods(values: Objects, options: Expression) -> str | None:
    """`ignoredMethods: ["GET", "POST"]`."""
    for name in ("ignoredMethods", "ignoreMethods"):
        told = values.part(options, name)
        if isinstance(told, Nothing):
            continue
        words = strings(told.node) if isinstance(told, Expression) else None
        if words is None:
            return f"not {name}"
        free = sorted(_WRITES & {word.upper() for word in words})
        if free:
            return f"not {free}.includes(req.method)"
    return None


def _unless(values: Objects, made: Expression) -> str:
    """`.unless({ path: ["/login"], method: "OPTIONS" })`."""
    options = _options(values, made)
    whole = f"not {short(made.node)}"
    if options is None:
        return whole
    names = {name for name, _ in values.entries(options)}
    if not names <= {"path", "method"}:
        return whole
    said: list[str] = []
    for name, asked in (("path", "req.originalUrl"), ("method", "req.method")):
        told = values.part(options, name)
        if isinstance(told, Nothing):
            continue
        if not isinstance(told, Expression):
            return whole
        text = string(told.node)
        words = (text,) if text is not None else strings(told.node)
        if words is None:
            return whole
        said.append(f"{list(words)}.includes({asked})")
    return f"not {' || '.join(said)}" if said else whole


def _plain(values: Objects, options: Expression, name: str) -> Any:
    try:
        return values.plain(values.part(options, name))
    except Undecided:
        return None


def parts_of(origin: Origin, options: tuple[object, ...]) -> frozenset[str]:
    """The parts of a request that a validator of a package looks at."""
    for name in (origin.member.partition(".")[0], origin.member.rpartition(".")[2]):
        if name in _BY_MEMBER:
            return frozenset({_BY_MEMBER[name]})
    told = options[0] if options else None
    if isinstance(told, dict) and "..." not in told:
        named = {str(name).lower() for name in told}
        if named & (INPUTS | {"headers", "cookies"}):
            return frozenset(named & INPUTS)
    return INPUTS
