"""The routes of a project's FastAPI and Starlette apps, and what protects each; nothing runs.

Modules are followed statement by statement: apps, routers, `include_router`, loops over lists of
routers, factories. What stands before a route is told by the package that it comes from, else by
what its function does when it is followed for the route's own path and method; a name alone counts
for nothing. What the text does not tell is unresolved, with its place.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.express_model import App, Application, Route, Use
from skillconnect_ops.code.fastapi_apps import Apps, Routed, maker
from skillconnect_ops.code.fastapi_calls import app_of
from skillconnect_ops.code.fastapi_judge import Judge
from skillconnect_ops.code.fastapi_modules import Modules
from skillconnect_ops.code.fastapi_run import Run
from skillconnect_ops.code.fastapi_table import Table
from skillconnect_ops.code.fastapi_values import Class, Env, Function, Given, ModuleValue
from skillconnect_ops.code.looked import Read, Texts, on_disk
from skillconnect_ops.code.model import Unparsed, Unresolved
from skillconnect_ops.code.testing import is_test

_WORDS = re.compile(
    rb"^\s*(?:from|import)\s+(?:fastapi|starlette)\b|@\w*(?:app|router|api)\w*\.(?:get|post|put|patch|delete)\("
    rb"|\.include_router\(",
    re.MULTILINE,
)
_FIRST = re.compile(r"(?:^|/)(?:main|app|server|asgi|wsgi|api|application|__main__)\.py$")
_STEPS = 300_000
_ADDING = frozenset({"include_router", "add_api_route", "add_middleware", "mount", "add_route"})


def routes(root: Path, files: Sequence[str], *, read: Read | None = None) -> Application:
    """The route table of a project; code of tests is left out.

    Args:
        root: the project's folder.
        files: relative paths, as `discovery.discover` lists them.
        read: the bytes of one, where those on disk are not meant.
    """
    bytes_of = read or partial(on_disk, root)
    text = Texts(bytes_of)
    unparsed = text.unread
    sources = [path for path in files if path.endswith(".py")]
    own = [path for path in sources if not is_test(path)]
    worth = [path for path in own if _is_worth(bytes_of(path))]
    if not worth:
        return Application()
    modules = Modules(sources, text)
    found = _Search(modules, worth).found()
    for module in modules.seen():
        if module.fault is not None:
            unparsed[module.path] = Unparsed(path=module.path, reason=module.fault)
    told = tuple(unparsed[path] for path in sorted(unparsed) if path in worth)
    return replace(found, unparsed=told, files=len(worth))


def _is_worth(data: bytes | Skipped) -> bool:
    return not isinstance(data, Skipped) and speaks_of_fastapi(data)


def speaks_of_fastapi(data: bytes) -> bool:
    """Whether a source may have to do with an app, a router or a route."""
    return _WORDS.search(data) is not None


class _Search:
    """One search through a project."""

    def __init__(self, modules: Modules, files: Sequence[str]) -> None:
        self._files = files
        self._apps = Apps()
        self._run = Run(modules, self._apps, frozenset(files), _STEPS)

    def found(self) -> Application:
        """Follow the modules, then make a table of each app."""
        for path in self._in_order():
            self._run.load(path)
        for env in list(self._run.envs.values()):
            for value in list(env.names.values()):
                _serve(value)
        self._factories()
        self._strangers()
        self._apps.closed = True
        judge = Judge(self._run)
        apps: list[App] = []
        routes: list[Route] = []
        uses: list[Use] = []
        for routed in self._served():
            table = Table(judge, routed)
            app = table.fill()
            if not routed.is_app and not table.routes:
                continue
            apps.append(app)
            routes += table.routes
            uses += table.uses
            if not routed.is_app:
                why = "no app here includes this router: what runs before it is not told"
                self._apps.tell(routed.module, routed.node, why)
        return Application(
            apps=tuple(apps),
            routes=tuple(routes),
            uses=tuple(uses),
            unresolved=tuple(
                Unresolved(path=path, line=line, reason=why)
                for path, line, why in sorted(self._apps.lost)
            ),
        )

    def _in_order(self) -> list[str]:
        """What is likely to be started first; what it imports is followed by that."""
        return sorted(
            self._files, key=lambda path: (_FIRST.search(path) is None, path.count("/"), path)
        )

    # functions that make an app, and that nothing here calls: a server does

    def _factories(self) -> None:
        makers = self._makers()
        called = {
            id(inner.node) for one in makers for inner in self._callees(one) if inner is not one
        }
        for one in makers:
            if id(one.node) in called or id(one.node) in self._run.called:
                continue
            self._run.left = _STEPS
            result = self._run.run(one, Given([], {}, one.node, one.env))
            _serve(result)

    def _functions(self) -> list[Function]:
        """The functions of modules that speak of FastAPI."""
        return [
            value
            for path in self._files
            if (env := self._run.envs.get(path)) is not None
            for value in env.names.values()
            if isinstance(value, Function) and value.module.path == path
        ]

    def _strangers(self) -> None:
        """Functions that add to an app they are given, and that nothing here calls."""
        for one in self._functions():
            if id(one.node) in self._run.called or isinstance(one.node, ast.Lambda):
                continue
            spec = one.node.args
            names = {each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
            adds = next((call for call in _calls(one) if _adds(call, names)), None)
            if adds is not None:
                why = f"nothing here calls {one.name}, which adds to the app that it is given"
                self._apps.tell(one.module, adds, why)

    def _makers(self) -> list[Function]:
        """The functions that make an app, or call one that does."""
        functions = self._functions()
        found: dict[int, Function] = {}
        for _ in range(6):
            before = len(found)
            for one in functions:
                if id(one.node) in found:
                    continue
                if any(self._makes(call, one, found) for call in _calls(one)):
                    found[id(one.node)] = one
            if len(found) == before:
                break
        return list(found.values())

    def _makes(self, call: ast.Call, within: Function, found: dict[int, Function]) -> bool:
        value = self._meaning(call.func, within.env)
        kind = maker(value)
        if kind in {"FastAPI", "Starlette"}:
            return True
        return isinstance(value, Function) and id(value.node) in found

    def _callees(self, one: Function) -> Iterator[Function]:
        for call in _calls(one):
            value = self._meaning(call.func, one.env)
            if isinstance(value, Function):
                yield value

    def _meaning(self, node: ast.expr, env: Env) -> object:
        """What a dotted name means; nothing is called for it."""
        if isinstance(node, ast.Name):
            return self._run.name(node.id, env)
        if isinstance(node, ast.Attribute):
            holder = self._meaning(node.value, env)
            if isinstance(holder, ModuleValue | Class):
                return self._run.attribute(holder, node.attr, node, env)
        return None

    def _served(self) -> list[Routed]:
        """The apps, and the routers that none includes; of one made twice what is served."""
        by_place: dict[tuple[str, int], list[Routed]] = {}
        for one in self._apps.every:
            if not one.mounted and (one.is_app or one.layers):
                by_place.setdefault((one.module.path, one.line), []).append(one)
        found: list[Routed] = []
        for several in by_place.values():
            served = [one for one in several if one.served]
            found += (served or several)[:1]
        return sorted(found, key=lambda one: (not one.is_app, one.module.path, one.line))


def _serve(value: object) -> None:
    """What a module holds, or a factory gives, is served."""
    app = app_of(value)
    if app is not None:
        app.served = True


def _adds(call: ast.Call, names: set[str]) -> bool:
    """Whether a call adds to something of these names."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr in _ADDING
        and isinstance(function.value, ast.Name)
        and function.value.id in names
    )


def _calls(one: Function) -> Iterator[ast.Call]:
    for node in ast.walk(one.node):
        if isinstance(node, ast.Call):
            yield node
