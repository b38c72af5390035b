"""From what was added to apps and routers to a table: each route, and what runs before it.

FastAPI has the middlewares of an app run before all of its routes, the last one added first; then
the dependencies of the app, of what includes a router, of the router, of the route.
"""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.express_model import App, Middleware, Role, Route, Use
from skillconnect_ops.code.express_protection import protection
from skillconnect_ops.code.fastapi_apps import Layer, Routed
from skillconnect_ops.code.fastapi_judge import Item, Judge
from skillconnect_ops.code.fastapi_values import (
    Class,
    Function,
    Instance,
    Made,
    shown,
)

_MOST_ROUTES = 5_000
_PARAM = re.compile(r"\{(\w+)(?::\w+)?\}")
_ENDPOINT_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class _Place(Struct, frozen=True):
    """A way that leads to a router."""

    prefix: str = ""
    dependencies: tuple[Any, ...] = ()
    condition: str | None = None
    items: tuple[Item, ...] = ()
    """The middlewares, the outermost first."""
    limit: Any = None
    """The largest body, where FastAPI is told one."""


class Table:
    """Makes the routes of one app."""

    def __init__(self, judge: Judge, app: Routed) -> None:
        self._judge = judge
        self._routed = app
        self._app = App(
            file=app.module.path, line=app.line, is_router=not app.is_app, framework=app.kind
        )
        self._within: list[Routed] = []
        self._order = 0
        self.routes: list[Route] = []
        self.uses: list[Use] = []

    def fill(self) -> App:
        """Go through all that was added."""
        self._through(self._routed, _Place(condition=self._routed.condition))
        return self._app

    def _through(self, routed: Routed, place: _Place) -> None:
        if routed in self._within or len(self.routes) > _MOST_ROUTES:
            return
        self._within.append(routed)
        items = (*place.items, *_items(routed)) if routed.is_app else place.items
        inner = replace(
            place,
            prefix=place.prefix + shown(routed.prefix or ""),
            dependencies=(*place.dependencies, *routed.dependencies),
            items=items,
            limit=routed.given.get("max_body_size", place.limit),
        )
        if routed.is_app:
            self._use(routed, inner)
        for layer in routed.layers:
            if layer.what == "route":
                self._route(layer, inner)
            elif layer.what in {"include", "mount"}:
                self._below(layer, inner)
        self._within.pop()

    def _below(self, layer: Layer, place: _Place) -> None:
        is_mount = layer.what == "mount"
        self._through(
            layer.target,
            replace(
                place,
                prefix=place.prefix + shown(layer.path or ""),
                dependencies=() if is_mount else (*place.dependencies, *layer.dependencies),
                condition=both(place.condition, layer.condition),
                limit=layer.given.get("max_body_size", place.limit),
            ),
        )

    def _use(self, routed: Routed, place: _Place) -> None:
        """What stands before all routes, and what errors come to."""
        for item in _items(routed):
            told = self._judge.middleware(item, "*", place.prefix or "/")
            self._add_use(told, place)
        for layer in routed.layers:
            if layer.what != "error":
                continue
            name = getattr(layer.target, "name", None) or "a handler of errors"
            self._add_use(
                Middleware(
                    name=name,
                    path=layer.module.path,
                    line=layer.line,
                    role=Role.ERROR,
                    roles=(Role.ERROR,),
                    condition=layer.condition,
                ),
                place,
            )

    def _add_use(self, middleware: Middleware, place: _Place) -> None:
        self._order += 1
        self.uses.append(
            Use(
                app=self._app.place,
                prefix=place.prefix or "/",
                order=self._order,
                middleware=middleware,
            )
        )

    def _route(self, layer: Layer, place: _Place) -> None:
        path = f"{place.prefix}{shown(layer.path)}"
        for method in _methods(layer):
            self._order += 1
            self.routes.append(self._made(layer, method, path, place))

    def _made(self, layer: Layer, method: str, path: str, place: _Place) -> Route:
        condition = both(place.condition, layer.condition)
        before = [self._judge.middleware(one, method, path) for one in place.items]
        asked: list[Middleware] = []
        seen: set[int] = set()
        for one in place.dependencies:
            asked += self._judge.dependencies(one, method, path, seen)
        own, handler = self._judge.handler(layer, method, path)
        asked += [one for one in own if one not in asked]
        limit = layer.given.get("max_body_size", place.limit)
        if limit is not None:
            before.append(_limited(layer, limit))
        held = _settled([_freed(one, condition) for one in (*before, *asked)], handler)
        told = protection(
            method,
            _PARAM.sub(r":\1", path),
            (handler,),
            held,
            is_whole=self._routed.is_app,
        )
        return Route(
            app=self._app.place,
            method=method,
            path=path,
            file=layer.module.path,
            line=layer.line,
            order=self._order,
            handlers=(handler,),
            middlewares=tuple(held),
            validation=told.validation,
            rate_limit=told.rate_limit,
            csrf=told.csrf,
            auth=told.auth,
            condition=both(condition, self._judge.gone_where(layer, method, path)),
        )


def _items(routed: Routed) -> tuple[Item, ...]:
    """What stands before an app's routes, the outermost first: the last one added."""
    return tuple(
        Item(
            value=layer.target,
            name=_name(layer.target),
            path=layer.module.path,
            line=layer.line,
            condition=layer.condition,
            options=layer.given,
        )
        for what in ("wrapper", "middleware")
        for layer in reversed(routed.layers)
        if layer.what == what
    )


def _name(value: Any) -> str:
    if isinstance(value, Instance):
        return value.of.name
    if isinstance(value, Made):
        return value.of.last
    for attribute in ("name", "text"):
        told = getattr(value, attribute, None)
        if isinstance(told, str):
            return told.rpartition(".")[2] or told
    return "a middleware"


def _methods(layer: Layer) -> Sequence[str]:
    if isinstance(layer.target, Class) and not layer.is_api:  # an HTTPEndpoint
        own = [one for one in _ENDPOINT_METHODS if isinstance(layer.target.find(one), Function)]
        return [one.upper() for one in own] or layer.methods
    return layer.methods


def _limited(layer: Layer, limit: Any) -> Middleware:
    told = isinstance(limit, int)
    return Middleware(
        name="max_body_size",
        path=layer.module.path,
        line=layer.line,
        role=Role.BODY_LIMIT,
        roles=(Role.BODY_LIMIT,),
        package="fastapi",
        options=({"limit": limit},) if told else (),
    )


def _settled(chain: list[Middleware], handler: Middleware) -> list[Middleware]:
    """A scheme is no riddle where something after it proves what it found."""
    proven = any(Role.AUTH in one.roles for one in (*chain, handler))
    if not proven:
        return chain
    return [
        replace(one, role=Role.OTHER, roles=(Role.OTHER,), guess=None, reason="")
        if one.guess is Role.AUTH and one.package == "fastapi"
        else one
        for one in chain
    ]


def both(one: str | None, other: str | None) -> str | None:
    """Two conditions as one."""
    if one is None or other is None or one == other:
        return one or other
    return f"{one} and {other}"


def _freed(middleware: Middleware, condition: str | None) -> Middleware:
    """What stands under the same condition as the route itself runs whenever the route does."""
    if condition is None or middleware.condition is None:
        return middleware
    known = condition.split(" and ")
    if all(each in known for each in middleware.condition.split(" and ")):
        return replace(middleware, condition=None)
    return middleware
