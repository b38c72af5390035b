"""What a FastAPI service's code shows besides its routes: packages called, cookies, traces.

Functions that lead to what matters are followed one by one, also from where they are called: of a
call whose arguments come in as parameters, those that its callers give are taken.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.exemptions import Exemptions, of_python
from skillconnect_ops.code.fastapi_answers import ANSWERS, answers, place, span
from skillconnect_ops.code.fastapi_apps import Apps, Layer, Routed
from skillconnect_ops.code.fastapi_events import Call, by_setting, farthest
from skillconnect_ops.code.fastapi_modules import Modules
from skillconnect_ops.code.fastapi_plain import Plain
from skillconnect_ops.code.fastapi_run import Run
from skillconnect_ops.code.fastapi_values import (
    Class,
    External,
    Function,
    Given,
    Instance,
    bound,
    short,
)
from skillconnect_ops.code.looked import Texts
from skillconnect_ops.code.model import Unparsed
from skillconnect_ops.code.package_calls import PackageCall
from skillconnect_ops.code.server import Server
from skillconnect_ops.code.testing import is_test

_WORDS = re.compile(
    rb"\.set_cookie\(|\bimport jwt\b|\bfrom (?:jwt|jose|authlib|joserfc)\b|\bimport jose\b"
    rb"|CORSMiddleware|SessionMiddleware|\buvicorn\.|^\s*(?:from|import)\s+(?:fastapi|starlette)\b",
    re.MULTILINE,
)
"""What a file is looked into for."""
_CALLS = frozenset(
    {
        *("set_cookie", "encode", "decode", "run", "Config", "FastAPI", "Starlette"),
        *("add_middleware", "headers[]", "format_exc", "format_exception", "CORSMiddleware"),
    }
)
"""Names of what is called that matters; what makes an answer does as well."""
_TOKENS = re.compile(r"^(jwt|jose|authlib\.jose|joserfc)(?:\.\w+)*\.(encode|decode)$")
_STEPS = 40_000
_FAR = 6
_TOO_COMMON = frozenset({"__init__", "get", "run", "main", "__call__", "update", "items", "read"})
_RULE = ("no-rule-of-ruff",)
_Placed = TypeVar("_Placed", Routed, Layer)


def server(
    files: Sequence[str],
    read: Callable[[str], bytes | Skipped],
    *,
    within: Sequence[str] | None = None,
) -> Server:
    """Read a project's code; that of tests is left out.

    Args:
        files: relative paths.
        read: the bytes of one, or why it is no source.
        within: look into these alone; what they import is followed all the same.
    """
    sources = [path for path in files if path.endswith(".py")]
    looked = frozenset(sources if within is None else within)
    worth: list[str] = []
    exemptions: dict[str, Exemptions] = {}
    for path in sources:
        data = read(path) if path in looked and not is_test(path) else b""
        if isinstance(data, Skipped):
            continue
        if _WORDS.search(data):
            worth.append(path)
        if b"skc:" in data:
            exemptions[path] = of_python(data.decode("utf-8-sig", errors="replace"), rules=_RULE)
    if not worth:
        return Server(exemptions=exemptions)
    modules = Modules(sources, Texts(read))
    found = _Search(modules, worth)
    found.go()
    parsed = [one for path in worth if (one := modules.module(path)) is not None]
    plain = Plain(found.objects)
    return Server(
        calls=tuple(found.calls(plain)),
        answers=answers(found.seen, parsed, plain, found.handlers),
        exemptions=exemptions,
        unparsed=tuple(
            Unparsed(path=one.path, reason=one.fault) for one in parsed if one.fault is not None
        ),
        files=len(worth),
    )


class _Search:
    """One search through a project."""

    def __init__(self, modules: Modules, files: Sequence[str]) -> None:
        self._files = frozenset(files)
        self._order = files
        self._apps = Apps()
        self._run = Run(modules, self._apps, self._files, _STEPS)
        self._run.hears_modules = True
        self._run.recording = True
        self.objects = self._run.objects
        self.seen: list[Call] = []
        """The calls of what is no part of the project."""
        self.handlers: set[int] = set()
        """The nodes of functions whose result is an answer."""

    def go(self) -> None:
        """Follow all modules, then each function that leads to what matters."""
        for path in self._order:
            self._run.load(path)
        for routed in self._apps.every:
            for layer in routed.layers:
                if isinstance(layer.target, Function):
                    self.handlers.add(id(layer.target.node))
        self._take()
        functions = [one for path in self._order for one in self._functions(path)]
        for one in _leading(functions):
            self._run.left, self._run.conditions = _STEPS, []
            self._run.run(one, Given([], {}, one.node, one.env))
            self._take()

    def _take(self) -> None:
        self.seen += [
            one
            for one in self._run.events
            if isinstance(one, Call) and one.module.path in self._files
        ]
        self._run.events.clear()

    def _functions(self, path: str) -> Iterator[Function]:
        env = self._run.envs.get(path)
        for value in list(env.names.values()) if env is not None else ():
            if isinstance(value, Function) and value.module.path == path:
                yield value
            elif isinstance(value, Class) and value.env.module.path == path:
                held = Instance(value, typed=True)
                for each in list(value.env.names.values()):
                    if isinstance(each, Function):
                        yield bound(each, held)

    # what is told

    def calls(self, plain: Plain) -> list[PackageCall]:
        """Those whose options matter, each once, however many ways lead to it."""
        told: dict[str, PackageCall] = {}
        for one in self._every(plain):
            told.setdefault(f"{one.path}:{one.line}:{one.column}:{one.given}:{one.guard}", one)
        return sorted(told.values(), key=lambda one: (one.path, one.line, one.column))

    def _every(self, plain: Plain) -> Iterator[PackageCall]:
        for one in farthest(self.seen, lambda call: _TOKENS.search(call.name) is not None):
            found = _TOKENS.search(one.name)
            if found is not None:
                package = "python-jose" if found[1] == "jose" else "PyJWT"
                given = [plain.of(value) for value in one.args]
                yield _call(one, package, found[2], (*given, plain.all(one.kwargs)))
        for one in farthest(self.seen, lambda call: call.name in {"uvicorn.run", "uvicorn.Config"}):
            yield _call(one, "uvicorn", "run", (plain.all(one.kwargs),))
        for routed in _once(self._apps.every):
            if routed.is_app:
                yield _made(routed, routed.kind, plain.all(routed.given))
            for layer in _once(routed.layers):
                name = layer.target.last if isinstance(layer.target, External) else ""
                if name in {"CORSMiddleware", "SessionMiddleware"}:
                    yield _made(layer, name, plain.all(layer.given))


def _leading(functions: Sequence[Function]) -> list[Function]:
    """Those that call what matters, and those that lead to them, by the names of calls."""
    names = [(one, set(_called_in(one))) for one in functions]
    wanted: set[str] = set()
    found: set[int] = set()
    for _ in range(_FAR):
        before = len(found)
        for one, called in names:
            if any(name in _CALLS or name in wanted or ANSWERS.search(name) for name in called):
                found.add(id(one.node))
        wanted = {one.name for one in functions if id(one.node) in found} - _TOO_COMMON
        if len(found) == before:
            break
    return [one for one in functions if id(one.node) in found]


def _called_in(one: Function) -> Iterator[str]:
    for node in ast.walk(one.node):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield f"{ast.unparse(node.value).rpartition('.')[2]}[]"


def _call(one: Call, package: str, member: str, given: tuple[Any, ...]) -> PackageCall:
    line, column, end_line = place(one)
    return PackageCall(
        path=one.module.path,
        line=line,
        column=column,
        end_line=end_line,
        package=package,
        member=member,
        guard=by_setting(one.conditions),
        given=given,
        text=short(one.node) if one.node is not None else one.name,
        function=getattr(one.within, "lineno", 0),
    )


def _made(one: Routed | Layer, member: str, options: dict[str, Any]) -> PackageCall:
    line, column, end_line = span(one.node)
    return PackageCall(
        path=one.module.path,
        line=line,
        column=column,
        end_line=end_line,
        package="starlette",
        member=member,
        guard=by_setting((one.condition or "").split(" and ")),
        given=(options,),
        text=short(one.node),
    )


def _once(several: Iterable[_Placed]) -> Iterator[_Placed]:
    """Those of one place once, however often a function was followed that makes it."""
    seen: set[int] = set()
    for one in several:
        if id(one.node) not in seen:
            seen.add(id(one.node))
            yield one
