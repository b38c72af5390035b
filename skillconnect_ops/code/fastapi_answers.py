"""What a FastAPI service sets on its answers: cookies, headers, and traces of errors."""

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from skillconnect_ops.code.answers import Answers, Cookie, Header
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.fastapi_events import Call, by_setting, farthest
from skillconnect_ops.code.fastapi_modules import Module
from skillconnect_ops.code.fastapi_plain import Plain
from skillconnect_ops.code.fastapi_values import Made, Member, Unknown, parts, short
from skillconnect_ops.code.traces import Trace

ANSWERS = re.compile(r"(?:Response|HTTPException)$")
"""The names of what makes an answer."""
_PARAMETERS = (
    *("key", "value", "max_age", "expires", "path", "domain", "secure", "httponly", "samesite"),
)
"""Of `set_cookie` of Starlette, in their order."""
_CROSS = "access-control-allow-"
_ORIGIN = re.compile(r"origin", re.IGNORECASE)
_TRACE = re.compile(
    r"^traceback\.(?:format_exc|format_exception|format_tb|format_stack|print_exc)$"
    r"|^sys\.exc_info$|__traceback__"
)
_SHOWS = re.compile(r"^(?:str|repr)\(")
_IS_ERROR = "it is an error"


def answers(
    calls: Sequence[Call], modules: Iterable[Module], plain: Plain, handlers: Container[int]
) -> Answers:
    """What some calls set on answers.

    Args:
        calls: all that were seen.
        modules: looked into for headers that stand there as texts.
        plain: makes plain data.
        handlers: the nodes of functions whose result is an answer.
    """
    return Answers(
        cookies=tuple(_cookies(calls, plain)),
        headers=tuple(_headers(calls, modules, plain)),
        traces=tuple(_traces(calls, handlers)),
    )


def _cookies(calls: Sequence[Call], plain: Plain) -> Iterator[Cookie]:
    told: dict[str, Cookie] = {}
    for one in farthest(calls, lambda call: call.name.endswith(".set_cookie")):
        cookie = _cookie(one, plain)
        told.setdefault(f"{cookie.path}:{cookie.line}:{cookie.name}:{cookie.options}", cookie)
    yield from told.values()


def _cookie(one: Call, plain: Plain) -> Cookie:
    given = {**dict(zip(_PARAMETERS, one.args, strict=False)), **one.kwargs}
    options: Any = {
        "httpOnly": plain.of(given.get("httponly", False)),
        "secure": plain.of(given.get("secure", False)),
        "sameSite": plain.of(given.get("samesite", "lax")),
    }
    if "..." in given:  # what is not named may stand there
        options = {name: value for name, value in options.items() if name.lower() in given}
        options["..."] = plain.of(given["..."])
    name = given.get("key")
    line, column, end_line = place(one)
    return Cookie(
        path=one.module.path,
        line=line,
        column=column,
        end_line=end_line,
        name=_name(name),
        options=options,
        text=_written(name),
    )


def _name(value: Any) -> Any:
    """The name of a cookie: where it is one of several, the shortest of them."""
    if isinstance(value, Unknown) and value.is_choice:
        told = [one for one in parts(value) if isinstance(one, str)]
        if told:
            return min(told, key=len)
    if isinstance(value, Member):
        return value.value
    return value if isinstance(value, str) else Computed(_written(value), "it is computed")


def _written(value: Any) -> str:
    if isinstance(value, Made):
        return short(value.node)
    return value if isinstance(value, str) else str(getattr(value, "text", "a cookie"))


def place(one: Call) -> tuple[int, int, int]:
    """The first line, the column, and the last line of a call, from 1."""
    return span(one.node, one.line)


def span(node: ast.AST | None, line: int = 1) -> tuple[int, int, int]:
    """The same of a node."""
    first = int(getattr(node, "lineno", line))
    last = getattr(node, "end_lineno", None) or first
    return first, int(getattr(node, "col_offset", 0)) + 1, int(last)


# headers of cross-origin requests


def _headers(calls: Sequence[Call], modules: Iterable[Module], plain: Plain) -> Iterator[Header]:
    for one in farthest(calls, lambda call: call.name.endswith("headers[]")):
        name, value = str(one.args[0]).lower(), plain.of(one.args[1])
        looked = any(_ORIGIN.search(each) for each in one.conditions)
        if name.startswith(_CROSS) and not looked:  # else somebody chose among origins
            begins = int(getattr(one.within, "lineno", 0))
            guard = by_setting(one.conditions)
            yield _header(one.module, one.node, (name, value), guard=guard, function=begins)
    for module in modules:
        for node, name, value in _pairs(module.tree):
            yield _header(module, node, (name, value), guard=None, function=node.lineno)


def _header(
    module: Module,
    node: ast.AST | None,
    pair: tuple[str, Any],
    *,
    guard: str | None,
    function: int,
) -> Header:
    line, column, end_line = span(node)
    return Header(
        path=module.path,
        line=line,
        column=column,
        end_line=end_line,
        name=pair[0],
        value=pair[1],
        guard=guard,
        function=function,
        text=short(node) if node is not None else pair[0],
    )


def _pairs(tree: ast.Module) -> Iterator[tuple[ast.expr, str, str]]:
    """Headers that stand as texts in tuples and dicts."""
    for node in ast.walk(tree):
        found: list[tuple[ast.expr, ast.expr, ast.expr]] = []
        if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
            found = [(node, node.elts[0], node.elts[1])]
        elif isinstance(node, ast.Dict):
            several = zip(node.keys, node.values, strict=True)
            found = [(key, key, value) for key, value in several if key is not None]
        for where, name, value in found:
            told, said = _text(name), _text(value)
            if told is not None and said is not None and told.lower().startswith(_CROSS):
                yield where, told.lower(), said


def _text(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


# errors


def _traces(calls: Sequence[Call], handlers: Container[int]) -> Iterator[Trace]:
    seen: set[tuple[str, int]] = set()
    for one in calls:
        where = (one.module.path, one.line)
        is_answer = ANSWERS.search(one.name) is not None
        is_result = one.name == "return" and one.depth == 1 and id(one.within) in handlers
        if where in seen or not (is_answer or is_result):
            continue
        held = [one.args, one.kwargs]
        trace = next((each for each in parts(held) if _is_trace(each)), None)
        words = None
        if trace is None and is_answer and _is_failure(one):
            words = next((each for each in parts(held) if _is_of_error(each)), None)
        if trace is None and words is None:
            continue
        seen.add(where)
        line, column, end_line = place(one)
        yield Trace(
            path=one.module.path,
            line=line,
            column=column,
            end_line=end_line,
            guard=by_setting(one.conditions),
            text=_written(words if trace is None else trace),
            words=trace is None,
        )


def _is_trace(value: Any) -> bool:
    return isinstance(value, Made) and _TRACE.search(value.of.name) is not None


def _is_of_error(value: Any) -> bool:
    """Whether it is an error, or its words."""
    if not isinstance(value, Unknown):
        return False
    shows = _SHOWS.match(value.text) is not None
    return value.reason == _IS_ERROR or (
        shows and any(getattr(one, "reason", "") == _IS_ERROR for one in value.options)
    )


def _is_failure(one: Call) -> bool:
    """Whether an answer says that something is wrong on this side."""
    status = one.kwargs.get("status_code")
    if status is None:
        where = 0 if one.name.endswith("HTTPException") else 1
        status = one.args[where] if len(one.args) > where else None
    return isinstance(status, int) and 500 <= status < 600
