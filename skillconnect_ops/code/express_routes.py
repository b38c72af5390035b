"""From the layers of apps and routers to a table: each route, and what runs before it.

Express asks layer after layer, from the app down into its routers and back. So what a router's
`use` adds also runs for what is mounted after it below the same path.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.express_calls import Calls
from skillconnect_ops.code.express_middleware import Judge
from skillconnect_ops.code.express_model import App, Middleware, Role, Route, Setting, Use
from skillconnect_ops.code.express_paths import Pattern, Place, Reach, reach
from skillconnect_ops.code.express_protection import protection
from skillconnect_ops.code.express_reach import applies, is_root
from skillconnect_ops.code.express_stack import Item, Layer, Stack
from skillconnect_ops.code.javascript_objects import Identity

_MOST_ROUTES = 5_000
_PARAM = re.compile(r":([A-Za-z_$][\w$]*)")


class _Active(Struct, frozen=True):
    """A function that requests met so far, and the paths below which it runs."""

    place: Place
    middleware: Middleware
    method: str | None = None
    """Of a route that hands requests on."""
    param: tuple[int, str] | None = None
    """Of what `router.param` was given: which router, and the name; it runs once for a request."""


class _Params(Struct, frozen=True):
    """What `router.param` was given of a router, for one way that leads to it."""

    run: int
    layers: Sequence[Layer]


class Table:
    """Makes the routes of one app."""

    def __init__(self, calls: Calls, judge: Judge, app: Stack) -> None:
        self._calls = calls
        self._judge = judge
        self._app = App(file=app.path, line=app.line, is_router=app.is_router)
        self._stack = app
        self._active: list[_Active] = []
        self._within: list[Identity] = []
        self._order = 0
        self._runs = 0
        self.routes: list[Route] = []
        self.uses: list[Use] = []
        self.settings: list[Setting] = []

    def fill(self) -> App:
        """Go through the app's layers."""
        self._through(self._stack, Place(), None)
        return self._app

    def _through(self, stack: Stack, place: Place, condition: str | None) -> None:
        if stack.identity in self._within:
            return
        self._within.append(stack.identity)
        for name, value, path, line in stack.settings:
            self.settings.append(
                Setting(app=self._app.place, file=path, line=line, name=name, value=value)
            )
        self._runs += 1
        params = _Params(self._runs, [each for each in stack.layers if each.param is not None])
        for layer in stack.layers:
            whole = both(condition, layer.condition)
            if layer.param is not None:
                continue
            if layer.method is None:
                self._use(layer, place, whole, params)
            else:
                self._route(layer, layer.method, place, whole, params)
        self._within.pop()

    def _of_params(
        self, params: "_Params", pattern: Pattern, place: Place, condition: str | None
    ) -> Iterator[_Active]:
        """What runs before a layer for its own path's parameters, wherever it was added."""
        for layer in params.layers:
            name = layer.param or ""
            if pattern.is_regex or name not in _PARAM.findall(pattern.text):
                continue
            for item in layer.items:
                told = _under(self._judge.of(item, errors=False), both(condition, layer.condition))
                yield _Active(place, told, param=(params.run, name))

    def _use(self, layer: Layer, place: Place, condition: str | None, params: "_Params") -> None:
        for pattern in layer.patterns:
            for active in self._of_params(params, pattern, place.below(pattern), condition):
                self._activate(active)
        for item in layer.items:
            for pattern in layer.patterns:
                inner = place.below(pattern)
                if item.mounted is not None:
                    self._through(
                        self._calls.stacks[item.mounted], inner, both(condition, item.condition)
                    )
                    continue
                told = _under(self._judge.of(item), condition)
                if told.ends and not is_root(inner.shown):
                    self._answered(layer, item, inner, condition)
                elif told.ends and "body" in told.reads:
                    self._calls.answers_all(item.path, item.line, item.name)
                    self._activate(_Active(inner, told))
                else:
                    self._activate(_Active(inner, told))

    def _answered(self, layer: Layer, item: Item, where: Place, condition: str | None) -> None:
        """What `use` is given that answers all that comes to it: a route of every method."""
        own = self._judge.of(item, answers=True)
        before = [each.middleware for each in self._before(where, "ALL")]
        ran = [each for each in before if Role.ERROR not in each.roles]
        self._order += 1
        made = self._made(layer, "ALL", where, condition, handlers=[own], before=ran)
        self.routes.append(replace(made, by_use=True))

    def _activate(self, active: _Active) -> None:
        self._active.append(active)
        self._order += 1
        self.uses.append(
            Use(
                app=self._app.place,
                prefix=active.place.shown,
                order=self._order,
                middleware=active.middleware,
                method=active.method,
            )
        )

    def _route(
        self,
        layer: Layer,
        method: str,
        place: Place,
        condition: str | None,
        params: "_Params",
    ) -> None:
        if not layer.items or len(self.routes) > _MOST_ROUTES:
            return
        own = self._own(layer)
        for pattern in layer.patterns:
            where = place.below(pattern)
            active = [*self._before(where, method)]
            ran_for = {each.param for each in active if each.param is not None}
            by_path = [
                each
                for each in self._of_params(params, pattern, where, condition)
                if each.param not in ran_for
            ]
            early = [each.middleware for each in (*active, *by_path)]
            before = [*early, *own[:-1]]
            ran = [each for each in before if Role.ERROR not in each.roles]
            self._order += 1
            self.routes.append(
                self._made(layer, method, where, condition, handlers=own[-1:], before=ran)
            )
            if own and own[-1].continues:
                for each in by_path:
                    self._activate(replace(each, method=method))
        for told, pattern in self._going_on(own, layer.patterns):
            self._activate(_Active(place.below(pattern), told, method=method))

    def _own(self, layer: Layer) -> list[Middleware]:
        """The functions of the route's own chain, the condition of the route left out."""
        last = len(layer.items) - 1
        return [
            self._judge.of(item, answers=place == last) for place, item in enumerate(layer.items)
        ]

    @staticmethod
    def _going_on(
        own: Sequence[Middleware], patterns: Sequence[Pattern]
    ) -> Iterator[tuple[Middleware, Pattern]]:
        """Those of a route that later routes of the same path see, too."""
        if not own or not own[-1].continues:
            return
        for pattern in patterns:
            for each in own:
                yield each, pattern

    def _before(self, where: Place, method: str) -> Iterator[_Active]:
        for active in self._active:
            if active.method not in {None, "ALL", method}:
                continue
            got = reach(active.place, where, exact=active.method is not None)
            if got is Reach.ALL:
                yield active
            elif got is Reach.SOME and active.method is None:
                said = f"the path is {active.place.shown}"
                yield replace(active, middleware=_under(active.middleware, said))

    def _made(
        self,
        layer: Layer,
        method: str,
        where: Place,
        condition: str | None,
        *,
        handlers: Sequence[Middleware],
        before: Sequence[Middleware],
    ) -> Route:
        # what stands under the same condition as the route itself runs whenever the route does
        held = [_freed(each, condition) for each in before]
        runs = [applies(each.condition, method, where.shown) for each in held]
        held = [
            replace(each, condition=None) if always else each
            for each, always in zip(held, runs, strict=True)
        ]
        ran = [each for each, always in zip(held, runs, strict=True) if always is not False]
        told = protection(method, where.shown, handlers, ran, is_whole=not self._app.is_router)
        return Route(
            app=self._app.place,
            method=method,
            path=where.shown,
            file=layer.path,
            line=layer.line,
            order=self._order,
            handlers=tuple(handlers),
            middlewares=tuple(held),
            validation=told.validation,
            rate_limit=told.rate_limit,
            csrf=told.csrf,
            auth=told.auth,
            condition=condition,
        )


def both(one: str | None, other: str | None) -> str | None:
    """Two conditions as one."""
    if one is None or other is None or one == other:
        return one or other
    return f"{one} and {other}"


def _under(middleware: Middleware, condition: str | None) -> Middleware:
    if condition is None:
        return middleware
    return replace(middleware, condition=both(condition, middleware.condition))


def _freed(middleware: Middleware, condition: str | None) -> Middleware:
    if condition is None or middleware.condition is None:
        return middleware
    said = middleware.condition.split(" and ")
    known = condition.split(" and ")
    if all(each in known for each in said):
        return replace(middleware, condition=None)
    return middleware
