"""What FastAPI makes of the parameters of a function: what it checks, and whom it asks first."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from skillconnect_ops.code.fastapi_evaluation import Evaluation
from skillconnect_ops.code.fastapi_typing import annotated, inner
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Class,
    External,
    Function,
    Instance,
    Made,
    Unknown,
)

_ASKERS = frozenset({"Depends", "Security"})
_SOURCES = {
    "Body": "body",
    "Form": "body",
    "File": "file",
    "Query": "query",
    "Path": "params",
    "Header": "headers",
    "Cookie": "cookies",
}
_SPECIAL = frozenset(
    {
        *("Request", "Response", "WebSocket", "HTTPConnection", "BackgroundTasks"),
        *("SecurityScopes", "StreamingResponse", "JSONResponse"),
    }
)
_LOOSE = frozenset({"dict", "Dict", "Any", "list", "List", "object", "Mapping", "bytes", "set"})
_NAMES = re.compile(r"\{(\w+)(?::\w+)?\}")


class Kind(StrEnum):
    """What a parameter is."""

    DEPENDS = "depends"
    REQUEST = "request"
    """The request itself, or something else that FastAPI hands in unchecked."""
    CHECKED = "checked"
    """What is sent, held against its annotation."""
    LOOSE = "loose"
    """What is sent, whatever it is."""
    UNTOLD = "untold"


class Parameter(Struct, frozen=True, kw_only=True):
    """One of them."""

    name: str
    kind: Kind
    source: str = ""
    """`body`, `query`, `params`, `headers`, `cookies` or `file`."""
    target: Any = None
    """Of a dependency: what is asked."""
    key: str = ""
    """Of a header or cookie: its name."""
    reason: str = ""


def parameters(run: Evaluation, function: Function, path: str = "") -> Iterator[Parameter]:
    """The parameters of a function that FastAPI calls.

    Args:
        run: works out annotations.
        function: which.
        path: of the route, whose names are parameters of the path.
    """
    if isinstance(function.node, ast.Lambda):
        return
    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args]
    if function.bound is not MISSING or (function.owner is not None and _is_method(names)):
        names = names[1:]
    defaults: dict[str, ast.expr] = dict(
        zip(
            reversed([one.arg for one in (*spec.posonlyargs, *spec.args)]),
            reversed(spec.defaults),
            strict=False,
        )
    )
    for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if value is not None:
            defaults[one.arg] = value
    in_path = set(_NAMES.findall(path))
    for one in (*names, *spec.kwonlyargs):
        kind = annotated(run, one.annotation, function.env)
        default = run.value(defaults[one.arg], function.env) if one.arg in defaults else MISSING
        yield _of(one.arg, kind, default, in_path)


def _is_method(names: list[ast.arg]) -> bool:
    return bool(names) and names[0].arg in {"self", "cls"}


def _of(name: str, kind: Any, default: Any, in_path: set[str]) -> Parameter:
    extra: list[Any] = []
    while isinstance(kind, Made) and kind.of.last == "Annotated":
        told = inner(kind)
        extra += told[1:]
        kind = told[0] if told else None
    marks = [one for one in (*extra, default) if isinstance(one, Made)]
    asker = next((one for one in marks if one.of.last in _ASKERS), None)
    if asker is not None:
        target = asker.given(0, "dependency")
        return Parameter(
            name=name, kind=Kind.DEPENDS, target=kind if target in (MISSING, None) else target
        )
    lines = kind.lines() if isinstance(kind, Class) else (kind,)
    if any(isinstance(one, External) and one.last in _SPECIAL for one in lines):
        return Parameter(name=name, kind=Kind.REQUEST)
    mark = next((one for one in marks if one.of.last in _SOURCES), None)
    alias = mark.kwargs.get("alias") if mark is not None else None
    key = alias if isinstance(alias, str) else name.replace("_", "-")
    if name in in_path:
        return Parameter(name=name, kind=Kind.CHECKED, source="params")
    source = _SOURCES[mark.of.last] if mark is not None else _source(kind)
    if isinstance(kind, Unknown):
        return Parameter(name=name, kind=Kind.UNTOLD, source=source, reason=kind.reason)
    loose = source == "body" and _is_loose(kind)
    return Parameter(
        name=name,
        kind=Kind.LOOSE if loose else Kind.CHECKED,
        source=source,
        key=key.lower() if source in {"headers", "cookies"} else "",
    )


def _source(  # noqa: PLR0911 - one a kind of annotation
    kind: Any,
) -> str:
    """Where FastAPI looks for a parameter without a mark, by its annotation."""
    if isinstance(kind, Made):
        told = [one for one in inner(kind) if one is not None]
        if kind.of.last in {"Union", "Optional"}:
            sources = {_source(one) for one in told}
            return "body" if "body" in sources else "file" if "file" in sources else "query"
        if kind.of.last in {"Literal", "Annotated"}:
            return "query"
        return "body"
    if isinstance(kind, Class):
        return "body" if not kind.is_a("Enum", "StrEnum", "IntEnum", "str", "int") else "query"
    if isinstance(kind, External):
        if kind.last == "UploadFile":
            return "file"
        if kind.last in {"dict", "Dict", "list", "List", "Mapping"}:
            return "body"
        return "query" if _is_scalar(kind) else "body"
    return "query"


def _is_scalar(kind: External) -> bool:
    return kind.package in {
        "builtins",
        "datetime",
        "uuid",
        "decimal",
        "enum",
        "typing",
        "pathlib",
    } or (kind.package in {"pydantic", "bson", "fastapi"})


def _is_loose(kind: Any) -> bool:
    """Whether whatever is sent passes."""
    if kind is None:
        return True
    if isinstance(kind, External):
        return kind.last in _LOOSE
    if isinstance(kind, Made):
        told = [one for one in inner(kind) if one is not None]
        if kind.of.last in {"dict", "Dict", "Mapping"}:
            return not told or _is_loose(told[-1])
        if kind.of.last in {"Union", "Optional", "list", "List", "Annotated"}:
            return any(_is_loose(one) for one in told)
    return isinstance(kind, Instance)
