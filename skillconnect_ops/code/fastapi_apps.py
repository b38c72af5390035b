"""Apps and routers of FastAPI and Starlette, and what is added to them, in the order of calls."""

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.fastapi_modules import Module
from skillconnect_ops.code.fastapi_typing import annotated, one_class
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Asked,
    Class,
    External,
    Function,
    Instance,
    Made,
    Unknown,
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
    given: dict[str, Any]
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

    def made(  # noqa: PLR0917 - what a call is made of
        self,
        callee: Any,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST,
        module: Module,
        condition: str | None,
    ) -> Routed | None:
        """An app or a router, where a call makes one."""
        kind = maker(callee)
        if kind is None:
            return None
        is_app = kind in _APPS
        routed = Routed(
            module=module,
            node=node,
            is_app=is_app,
            kind=_APPS.get(kind, "fastapi" if kind == "APIRouter" else "starlette"),
            given=kwargs,
            of=callee if isinstance(callee, Class) else None,
            prefix=kwargs.get("prefix", "") if not is_app else "",
            dependencies=listed(kwargs.get("dependencies")),
            condition=condition,
        )
        if not self.closed:
            self.every.append(routed)
        self._given(routed, kwargs, args, node, module)
        return routed

    def _given(
        self,
        routed: Routed,
        kwargs: dict[str, Any],
        args: list[Any],
        node: ast.AST,
        module: Module,
    ) -> None:
        """What is given where it is made: routes, middlewares, handlers of errors."""
        if "..." in kwargs:
            self.tell(module, node, f"what this {routed.kind} app or router is made with")
        routes = kwargs.get("routes", args[0] if args and routed.kind == "starlette" else None)
        for one in listed(routes):
            self._listed(routed, one, node, module)
        for one in reversed(listed(kwargs.get("middleware"))):
            if isinstance(one, Made) and one.of.last == "Middleware":
                layer = Layer("middleware", one.module, one.node, one.given(0, "cls"))
                layer.given = dict(one.kwargs)
                layer.condition = routed.condition
                routed.layers.append(layer)
            else:
                self._unknown_use(routed, one, node, module)
        handlers = kwargs.get("exception_handlers")
        for what, handler in (handlers if isinstance(handlers, dict) else {}).items():
            layer = Layer("error", module, node, handler, given={"for": what})
            routed.layers.append(layer)

    def _unknown_use(self, routed: Routed, one: Any, node: ast.AST, module: Module) -> None:
        routed.layers.append(Layer("middleware", module, node, one, condition=routed.condition))

    def _listed(self, routed: Routed, one: Any, node: ast.AST, module: Module) -> None:
        """A route of a list of them."""
        if isinstance(one, Made) and one.of.last in {"Route", "APIRoute"}:
            endpoint = one.given(1, "endpoint")
            methods = _methods(one.kwargs.get("methods"), ("GET",))
            layer = Layer("route", one.module, one.node, endpoint, one.given(0, "path"), methods)
            layer.is_api = one.of.last == "APIRoute"
            layer.given = dict(one.kwargs)
            layer.condition = routed.condition
            routed.layers.append(layer)
        elif isinstance(one, Made) and one.of.last == "Mount":
            app = one.given(1, "app")
            if app is MISSING and "routes" in one.kwargs:
                app = Routed(one.module, one.node, is_app=False, kind="starlette", given={})
                for each in listed(one.kwargs["routes"]):
                    self._listed(app, each, one.node, one.module)
            self._mount(routed, one.given(0, "path"), app, one.node, one.module, routed.condition)
        elif not (isinstance(one, Made) and one.of.last == "WebSocketRoute"):
            self.tell(module, node, "not all routes of this list are told")

    # adding

    def asked(  # noqa: C901, PLR0911, PLR0917 - one a method
        self,
        to: Routed,
        name: str,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST,
        module: Module,
        condition: str | None,
    ) -> Any:
        """A call of a method of an app or a router."""
        nothing = Unknown(f"{name}()", "it gives nothing")
        if self.closed:
            return nothing
        first = args[0] if args else kwargs.get("path", MISSING)
        if name in METHODS or name in {"api_route", "route"}:
            methods = (
                (name.upper(),) if name in METHODS else _methods(kwargs.get("methods"), ("GET",))
            )
            if name == "route" and len(args) > 1:
                methods = _methods(args[1], ("GET",))
            layer = self._route(first, methods, kwargs, node, module, condition)
            layer.is_api = name != "route" and to.kind == "fastapi"
            return Decorator(to, layer)
        if name in {"add_api_route", "add_route"}:
            default = ("GET",)
            given = kwargs.get(
                "methods", args[2] if name == "add_route" and len(args) > 2 else None
            )
            layer = self._route(first, _methods(given, default), kwargs, node, module, condition)
            layer.target = args[1] if len(args) > 1 else kwargs.get("endpoint", kwargs.get("route"))
            layer.is_api = name == "add_api_route"
            to.layers.append(layer)
            return nothing
        if name == "include_router":
            self._include(to, args, kwargs, node, module, condition)
        elif name == "mount":
            app = args[1] if len(args) > 1 else kwargs.get("app")
            self._mount(to, first, app, node, module, condition)
        elif name == "add_middleware":
            target = args[0] if args else kwargs.get("middleware_class")
            layer = Layer("middleware", module, node, target, condition=condition)
            layer.given = {k: v for k, v in kwargs.items() if k != "middleware_class"}
            to.layers.append(layer)
        elif name == "middleware":
            return Decorator(to, Layer("middleware", module, node, condition=condition))
        elif name in {"exception_handler", "add_exception_handler"}:
            layer = Layer("error", module, node, given={"for": first}, condition=condition)
            layer.target = args[1] if len(args) > 1 else kwargs.get("handler")
            if name == "exception_handler":
                return Decorator(to, layer)
            to.layers.append(layer)
        elif name == "host":
            self.tell(module, node, "routes by host are not followed")
        elif name in {"websocket", "websocket_route", "on_event"}:
            return Decorator(to, Layer("ignored", module, node))
        return nothing

    @staticmethod
    def _route(  # noqa: PLR0917 - what a route is made of
        path: Any,
        methods: tuple[str, ...],
        kwargs: dict[str, Any],
        node: ast.AST,
        module: Module,
        condition: str | None,
    ) -> Layer:
        return Layer(
            "route",
            module,
            node,
            path=path,
            methods=methods,
            dependencies=listed(kwargs.get("dependencies")),
            given=kwargs,
            condition=condition,
        )

    def _include(
        self,
        to: Routed,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST,
        module: Module,
        condition: str | None,
    ) -> None:
        router = args[0] if args else kwargs.get("router")
        if not isinstance(router, Routed):
            why = getattr(router, "reason", None) or "it is no router that the text shows"
            self.tell(module, node, f"which router is included here is not told: {why}")
            return
        router.mounted = True
        layer = Layer("include", module, node, router, kwargs.get("prefix", ""))
        layer.dependencies = listed(kwargs.get("dependencies"))
        layer.given, layer.condition = kwargs, condition
        to.layers.append(layer)

    def _mount(
        self,
        to: Routed,
        path: Any,
        app: Any,
        node: ast.AST,
        module: Module,
        condition: str | None,
    ) -> None:
        inner = app if isinstance(app, Routed) else getattr(app, "wraps", None)
        if isinstance(inner, Routed):
            inner.mounted = True
            to.layers.append(Layer("mount", module, node, inner, path, condition=condition))
        elif isinstance(app, Made) and app.of.last in {"StaticFiles", "ASGIApp", "make_asgi_app"}:
            return
        else:
            why = getattr(app, "reason", None) or "it is no app that the text shows"
            self.tell(module, node, f"what answers below {shown(path)} is not told: {why}")

    def decorated(self, decorator: Decorator, function: Any, condition: str | None) -> None:
        """A function is registered by a decorator."""
        layer = decorator.layer
        layer.target = function
        layer.condition = condition or layer.condition
        if layer.what != "ignored" and not self.closed:
            decorator.to.layers.append(layer)

    def wrapped(  # noqa: PLR0917 - what a call is made of
        self, app: Any, by: Any, node: ast.AST, module: Module, condition: str | None
    ) -> None:
        """An app is given to something that stands before it."""
        if isinstance(app, Routed) and not self.closed:
            app.layers.append(Layer("wrapper", module, node, by, condition=condition))

    def handed_on(  # noqa: PLR0917 - what a call is made of
        self,
        app: Routed,
        name: str,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST,
        module: Module,
        condition: str | None,
    ) -> None:
        """An app is given to a function of a package."""
        last = name.rpartition(".")[2]
        if self.closed or last in _HARMLESS:
            if last in {"run", "Config", "handler", "Mangum"}:
                app.served = True
            return
        if last.endswith("Middleware") or (args and args[0] is app and last[:1].isupper()):
            layer = Layer("middleware", module, node, External(name), condition=condition)
            layer.given = kwargs
            app.layers.append(layer)
            return
        self.tell(module, node, f"what {name} adds to this app is not told")

    def changed(self, routed: Routed, name: str, value: Any) -> None:
        """An attribute of an app or a router is set."""
        if name == "prefix":
            routed.prefix = value
        elif name == "dependencies" and isinstance(value, list):
            routed.dependencies = value

    # what functions are asked with

    def parameter(
        self, run: "Evaluation", one: ast.arg, default: ast.expr | None, function: Function
    ) -> Any:
        """What a parameter is that nobody gives a value."""
        if default is not None:
            told = run.value(default, function.env)
            if not isinstance(told, Made):
                return told
        kind = annotated(run, one.annotation, function.env)
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
        if isinstance(one, External) and one.package in _PACKAGES:
            if one.last in _APPS or one.last in _ROUTERS:
                return one.last
    return None


def listed(value: Any) -> list[Any]:
    """The items of a list that may not be told, or not be there."""
    if value is None or value is MISSING:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _methods(value: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    if value is None or value is MISSING:
        return default
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(sorted(str(shown(one)).upper() for one in value))
    return ("ALL",)
