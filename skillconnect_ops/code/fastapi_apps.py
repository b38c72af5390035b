"""Apps and routers of FastAPI and Starlette, and what is added to them, in the order of calls."""

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.fastapi_modules import Module
from skillconnect_ops.code.fastapi_packages import SCHEMES
from skillconnect_ops.code.fastapi_typing import annotated, inner, one_class
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    SENT,
    Asked,
    Class,
    External,
    Function,
    Given,
    Instance,
    Made,
    Unknown,
    parts,
    shown,
)

if TYPE_CHECKING:
    from skillconnect_ops.code.fastapi_evaluation import Evaluation

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_APPS = {
    "FastAPI": "fastapi",
    "Starlette": "starlette",
}
_ROUTERS = frozenset({"APIRouter", "Router"})
_PACKAGES = frozenset({"fastapi", "starlette"})
_REQUESTS = frozenset({"Request", "HTTPConnection", "Scope"})
_ASKED = frozenset({"request", "req", "scope", "conn", "_request", "_scope"})
_DECORATING = {
    "middleware": "middleware",
    "exception_handler": "error",
    "websocket": "ignored",
    "websocket_route": "ignored",
    "on_event": "ignored",
}
"""Methods whose result is given a function, and what that adds."""
_SERVING = frozenset({"run", "Config", "handler", "Mangum"})
_ANSWERING = frozenset({"StaticFiles", "ASGIApp", "make_asgi_app"})
_HARMLESS = (
    *("get_openapi", "TestClient", "run", "Config", "Mangum", "add_pagination", "AsyncClient"),
    *("ASGITransport", "setattr", "getattr", "print", "isinstance", "WSGIMiddleware", "cast"),
    *(
        "instrument_app",
        "instrument_fastapi",
        "instrument",
        "expose",
        "register_tortoise",
        "handler",
    ),
    *("init_app", "dict", "_rate_limit_exceeded_handler", "ASGIApp", "Lifespan"),
)
"""Functions of packages that add no route and no middleware that matters here."""


@dataclass(eq=False)
class Layer:
    """One thing that is added to an app or a router."""

    what: str
    """`route`, `include`, `mount`, `middleware`, `wrapper`, `error`."""
    module: Module
    node: ast.AST
    target: Any = None
    """What answers, or is included, mounted or added."""
    path: Any = ""
    methods: tuple[str, ...] = ()
    dependencies: list[Any] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    condition: str | None = None
    is_api: bool = True
    """Whether FastAPI looks at its parameters; Starlette does not."""

    @property
    def line(self) -> int:
        """From 1."""
        return int(getattr(self.node, "lineno", 1))


@dataclass(eq=False)
class Routed:
    """An app, or a router."""

    module: Module
    node: ast.AST
    is_app: bool
    kind: str
    """`fastapi` or `starlette`."""
    given: dict[str, Any] = field(default_factory=dict)
    of: Any = None
    """The class of the project that it is made of; None of one of the package itself."""
    prefix: Any = ""
    dependencies: list[Any] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    condition: str | None = None
    mounted: bool = False
    served: bool = False

    @property
    def line(self) -> int:
        """From 1."""
        return int(getattr(self.node, "lineno", 1))


@dataclass(eq=False)
class Above:
    """An object as what its own class is made from has it: `super()`."""

    of: Any
    owner: Class | None
    """The class whose method says it."""


@dataclass(eq=False)
class Decorator:
    """`app.get("/users")`, before it is given a function."""

    to: Routed
    layer: Layer


class Apps:
    """Looks after apps and routers."""

    def __init__(self) -> None:
        self.every: list[Routed] = []
        self.lost: dict[tuple[str, int, str], None] = {}
        self.closed = False
        """Whether all was added, and functions are followed for what they do alone."""
        self.now = Asked()
        """The request that is asked for just now."""
        self.looked_at_path = False
        """Whether a function looked at its path or method."""

    def tell(self, module: Module, node: ast.AST, why: str) -> None:
        """Note what could not be followed."""
        self.lost[module.path, int(getattr(node, "lineno", 1)), why] = None

    # making

    def made(self, callee: Any, given: Given, condition: str | None) -> Routed | None:
        """An app or a router, where a call makes one."""
        kind = maker(callee)
        if kind is None:
            return None
        own = isinstance(callee, Class) and isinstance(callee.find("__init__"), Function)
        routed = Routed(
            module=given.module,
            node=given.node,
            is_app=kind in _APPS,
            kind=_APPS.get(kind, "fastapi" if kind == "APIRouter" else "starlette"),
            of=callee if isinstance(callee, Class) else None,
            condition=condition,
        )
        if not self.closed:
            self.every.append(routed)
        if not own:  # else its own `__init__` says what FastAPI's is given
            self.filled(routed, given)
        return routed

    def filled(self, routed: Routed, given: Given) -> None:
        """What an app or a router is given where it is made."""
        kwargs = given.kwargs
        routed.given = kwargs
        routed.prefix = "" if routed.is_app else kwargs.get("prefix", "")
        routed.dependencies = listed(kwargs.get("dependencies"))
        if "..." in kwargs:
            why = f"what this {routed.kind} app or router is made with is not told"
            self.tell(given.module, given.node, why)
        first = given.args[0] if given.args and routed.kind == "starlette" else None
        for one in listed(kwargs.get("routes", first)):
            self._listed(routed, one, given)
        for one in reversed(listed(kwargs.get("middleware"))):
            routed.layers.append(_middleware(one, given, routed.condition))
        handlers = kwargs.get("exception_handlers")
        for handler in handlers.values() if isinstance(handlers, dict) else ():
            routed.layers.append(Layer("error", given.module, given.node, handler))

    def _listed(self, routed: Routed, one: Any, given: Given) -> None:
        """A route of a list of them."""
        kind = one.of.last if isinstance(one, Made) else ""
        if kind in {"Route", "APIRoute"}:
            layer = Layer("route", one.module, one.node, one.given(1, "endpoint"))
            layer.path, layer.given = one.given(0, "path"), dict(one.kwargs)
            layer.methods = _methods(one.kwargs.get("methods"))
            layer.is_api, layer.condition = kind == "APIRoute", routed.condition
            routed.layers.append(layer)
        elif kind == "Mount":
            app = one.given(1, "app")
            if app is MISSING and "routes" in one.kwargs:
                app = Routed(one.module, one.node, is_app=False, kind="starlette")
                for each in listed(one.kwargs["routes"]):
                    self._listed(app, each, given)
            layer = Layer("mount", one.module, one.node, app, one.given(0, "path"))
            layer.condition = routed.condition
            self._mount(routed, layer)
        elif kind != "WebSocketRoute":
            self.tell(given.module, given.node, "not all routes of this list are told")

    # adding

    def asked(self, to: Routed, name: str, given: Given, condition: str | None) -> Any:
        """A call of a method of an app or a router."""
        nothing = Unknown(f"{name}()", "it gives nothing")
        layer = Layer("route", given.module, given.node, condition=condition)
        if self.closed:
            return nothing
        if name in METHODS or name in {"api_route", "route"}:
            self._route(layer, given, name)
            layer.is_api = name != "route" and to.kind == "fastapi"
            return Decorator(to, layer)
        if name in _DECORATING:
            layer.what = _DECORATING[name]
            return Decorator(to, layer)
        match name:
            case "add_api_route" | "add_route":
                self._route(layer, given, name)
                layer.target = given.at(1, "endpoint" if name == "add_api_route" else "route")
                layer.is_api = name == "add_api_route"
                to.layers.append(layer)
            case "include_router":
                self._include(to, layer, given)
            case "mount":
                layer.what, layer.path = "mount", given.at(0, "path")
                layer.target = given.at(1, "app")
                self._mount(to, layer)
            case "add_middleware":
                layer.what, layer.target = "middleware", given.at(0, "middleware_class")
                layer.given = {k: v for k, v in given.kwargs.items() if k != "middleware_class"}
                to.layers.append(layer)
            case "add_exception_handler":
                layer.what, layer.target = "error", given.at(1, "handler")
                to.layers.append(layer)
            case "__init__":
                self.filled(to, given)
            case "host":
                self.tell(given.module, given.node, "routes by host are not followed")
            case _:
                pass
        return nothing

    @staticmethod
    def _route(layer: Layer, given: Given, name: str) -> None:
        layer.path, layer.given = given.at(0, "path"), given.kwargs
        layer.dependencies = listed(given.kwargs.get("dependencies"))
        place = {"route": 1, "add_route": 2}.get(name, 99)
        methods = given.at(place, "methods")
        layer.methods = (name.upper(),) if name in METHODS else _methods(methods)

    def _include(self, to: Routed, layer: Layer, given: Given) -> None:
        router = given.at(0, "router")
        if not isinstance(router, Routed):
            why = getattr(router, "reason", None) or "it is no router that the text shows"
            what = f"which router is included here is not told: {why}"
            self.tell(given.module, given.node, what)
            return
        router.mounted = True
        layer.what, layer.target = "include", router
        layer.path = given.kwargs.get("prefix", "")
        layer.given, layer.dependencies = given.kwargs, listed(given.kwargs.get("dependencies"))
        to.layers.append(layer)

    def _mount(self, to: Routed, layer: Layer) -> None:
        app = layer.target
        inner = app if isinstance(app, Routed) else getattr(app, "wraps", None)
        if isinstance(inner, Routed):
            inner.mounted = True
            layer.target = inner
            to.layers.append(layer)
        elif not (isinstance(app, Made) and app.of.last in _ANSWERING):
            why = getattr(app, "reason", None) or "it is no app that the text shows"
            what = f"what answers below {shown(layer.path)} is not told: {why}"
            self.tell(layer.module, layer.node, what)

    def decorated(self, decorator: Decorator, function: Any, condition: str | None) -> None:
        """A function is registered by a decorator."""
        layer = decorator.layer
        if layer.target is not None:  # the same decorator once more, for another function
            layer = replace(layer)
        layer.target = function
        layer.condition = condition or layer.condition
        if layer.what != "ignored" and not self.closed:
            decorator.to.layers.append(layer)

    def wrapped(self, app: Routed, by: Any, given: Given, condition: str | None) -> None:
        """An app is given to something that stands before it."""
        if not self.closed:
            layer = Layer("wrapper", given.module, given.node, by, condition=condition)
            app.layers.append(layer)

    def handed_on(self, app: Routed, name: str, given: Given, condition: str | None) -> None:
        """An app is given to a function of a package."""
        last = name.rpartition(".")[2]
        if self.closed or last in _HARMLESS:
            app.served = app.served or last in _SERVING
            return
        if last.endswith("Middleware") or last[:1].isupper():
            layer = Layer("wrapper", given.module, given.node, External(name), condition=condition)
            layer.given = given.kwargs
            app.layers.append(layer)
            return
        self.tell(given.module, given.node, f"what {name} adds to this app is not told")

    def changed(self, routed: Routed, name: str, value: Any) -> None:
        """An attribute of an app or a router is set."""
        if name == "prefix":
            routed.prefix = value
        elif name == "dependencies" and isinstance(value, list):
            routed.dependencies = value
        elif name == "debug":
            routed.given = {**routed.given, "debug": value}

    # what functions are asked with

    def parameter(
        self, run: "Evaluation", one: ast.arg, default: ast.expr | None, function: Function
    ) -> Any:
        """What a parameter is that nobody gives a value."""
        marks: list[Made] = []
        if default is not None:
            told = run.value(default, function.env)
            if not isinstance(told, Made):
                return told
            marks.append(told)
        kind = annotated(run, one.annotation, function.env)
        marks += [each for each in parts(inner(kind)) if isinstance(each, Made)]
        if any(map(_brings, marks)):
            return Unknown(one.arg, SENT)
        if one.arg in _ASKED or (isinstance(kind, External) and kind.last in _REQUESTS):
            return Asked(self.now.method, self.now.path)
        project = one_class(kind)
        if project is not None:
            return Instance(project, typed=True)
        return Unknown(one.arg, f"{one.arg} is given from elsewhere")


def maker(callee: Any) -> str | None:
    """`FastAPI`, `APIRouter` …, where calling something makes one."""
    lines = callee.lines() if isinstance(callee, Class) else (callee,)
    for one in lines:
        known = isinstance(one, External) and one.package in _PACKAGES
        if known and (one.last in _APPS or one.last in _ROUTERS):
            return str(one.last)
    return None


def _brings(mark: Made) -> bool:
    """Whether a parameter that is marked so is what a request brings, checked by nobody."""
    if mark.of.last in {"Depends", "Security"}:
        target = mark.given(0, "dependency")
        return isinstance(target, Made) and SCHEMES.search(target.of.name) is not None
    return mark.of.last in {"Header", "Cookie", "Query", "Path", "Form", "Body"}


def listed(value: Any) -> list[Any]:
    """The items of a list that may not be told, or not be there."""
    if value is None or value is MISSING:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _methods(value: Any) -> tuple[str, ...]:
    """Methods of HTTP that may not be told, or not be given."""
    if value is None or value is MISSING:
        return ("GET",)
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(sorted(str(shown(one)).upper() for one in value))
    return ("ALL",)


def _middleware(one: Any, given: Given, condition: str | None) -> Layer:
    """A middleware of a list of them."""
    if isinstance(one, Made) and one.of.last == "Middleware":
        layer = Layer("middleware", one.module, one.node, one.given(0, "cls"))
        layer.given = dict(one.kwargs)
    else:
        layer = Layer("middleware", given.module, given.node, one)
    layer.condition = condition
    return layer
