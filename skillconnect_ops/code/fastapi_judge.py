"""What each middleware, dependency and handler of a FastAPI app is there for.

As with Express: by the package that it comes from, else by what its function does when it is
followed for a method and a path, its name last, and nothing is credited for that.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import Certainty, Middleware, Role, Via
from skillconnect_ops.code.fastapi_apps import Layer
from skillconnect_ops.code.fastapi_events import (
    Event,
    Lost,
    Refusal,
)
from skillconnect_ops.code.fastapi_packages import (
    SCHEMES,
    SLOWAPI,
    known,
    via_of,
)
from skillconnect_ops.code.fastapi_parameters import Kind, Parameter, parameters
from skillconnect_ops.code.fastapi_rates import of_made
from skillconnect_ops.code.fastapi_roles import Roles, setting, unsettled, where_sent
from skillconnect_ops.code.fastapi_run import Run
from skillconnect_ops.code.fastapi_targets import called, named, scheme
from skillconnect_ops.code.fastapi_values import (
    Asked,
    Class,
    External,
    Function,
    Given,
    Instance,
    Made,
    Unknown,
    bound,
)
from skillconnect_ops.code.guesses import guesses

_ORDER = (
    *(Role.ERROR, Role.AUTH, Role.CSRF, Role.RATE_LIMIT, Role.VALIDATION, Role.SESSION),
    *(Role.COOKIE, Role.BODY_LIMIT, Role.CORS, Role.HELMET, Role.OTHER, Role.UNRESOLVED),
)
_STEPS = 60_000


class Item(Struct, frozen=True, kw_only=True):
    """Something of a chain."""

    value: Any
    name: str
    path: str
    line: int
    condition: str | None = None
    options: dict[str, Any] = {}


class _Told(Struct, frozen=True, kw_only=True):
    """What following a function showed."""

    events: tuple[Event, ...]
    by_path: bool
    """Whether it looked at the path or the method."""


class Judge:
    """Says of each what it does."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._told: dict[tuple[int, str | None, str | None], _Told] = {}
        self._kept: list[Any] = []
        """What identities stand for stays alive."""
        self._limits = tuple(_default_limits(run))

    # middlewares

    def middleware(self, item: Item, method: str, path: str) -> Middleware:
        """What a middleware of an app does for a route."""
        value = item.value
        if isinstance(value, Made):
            return self._of_package(item, value.of, value)
        dispatch = item.options.get("dispatch")
        if isinstance(value, External) and not isinstance(dispatch, Function):
            return self._of_package(item, value, None)
        if isinstance(value, External):
            value = dispatch
        if isinstance(value, Class):
            value = self._made(value, item)
        if isinstance(value, Instance):
            inner = value.of.find("dispatch")
            if not isinstance(inner, Function):
                inner = value.of.find("__call__")
            if isinstance(inner, Function):
                return self._followed(item, bound(inner, value), id(value), method, path)
        if isinstance(value, Function):
            return self._followed(item, value, id(value.node), method, path)
        return self._lost(item, getattr(value, "reason", "it is nothing that the text shows"))

    def _made(self, of: Class, item: Item) -> Instance:
        """A middleware of a class of the project, as the app makes it."""
        key = (id(of), None, item.path + str(item.line))
        for kept in self._kept:
            if isinstance(kept, tuple) and kept[0] == key:
                return kept[1]  # type: ignore[no-any-return] # as it was put in
        made = Instance(of)
        maker = of.find("__init__")
        if isinstance(maker, Function):
            self._run.left = _STEPS
            app = Unknown("app", "it is the app behind it")
            self._run.run(bound(maker, made), Given([app], dict(item.options), of.node, of.env))
        self._kept.append((key, made))
        return made

    def _followed(
        self,
        item: Item,
        function: Function,
        identity: int,
        method: str,
        path: str,
        *,
        given: Sequence[Parameter] = (),
        is_handler: bool = False,
        is_guard: bool = False,
    ) -> Middleware:
        told = self._events(function, identity, method, path)
        return self._judged(
            item, told.events, given=given, is_handler=is_handler, is_guard=is_guard
        )

    def _events(self, function: Function, identity: int, method: str, path: str) -> _Told:
        self._kept.append(function)
        general = self._told.get((identity, None, None))
        if general is None:
            general = self._told[identity, None, None] = self._follow(function, None, None)
        if not general.by_path:
            return general
        key = (identity, method, path)
        if key not in self._told:
            self._told[key] = self._follow(function, method, path)
        return self._told[key]

    def _follow(self, function: Function, method: str | None, path: str | None) -> _Told:
        run = self._run
        run.apps.now = Asked(method, path)
        run.apps.looked_at_path = False
        run.left, run.events, run.conditions, run.recording = _STEPS, [], [], True
        node = function.node
        run.run(function, Given([], {}, node, function.env))
        run.recording = False
        if run.left <= 0:
            run.events.append(Lost((), function.module, node.lineno, why="there is too much of it"))
        return _Told(events=tuple(run.events), by_path=run.apps.looked_at_path)

    # dependencies

    def dependencies(
        self, target: Any, method: str, path: str, seen: set[int]
    ) -> Iterator[Middleware]:
        """What a dependency does, those that it depends on first."""
        if isinstance(target, Made) and target.of.last in {"Depends", "Security"}:
            yield from self.dependencies(target.given(0, "dependency"), method, path, seen)
            return
        if id(target) in seen or len(seen) > 500:
            return
        self._kept.append(target)
        seen.add(id(target))
        asking = scheme(target)
        if asking is not None:
            found = replace(self._of_package(self._item(target), asking, None), package="fastapi")
            yield replace(found, lenient=target.attrs.get("auto_error") is False)
            return
        function = called(target)
        if function is None:
            yield self._external(target)
            return
        if id(function.node) in seen:
            return
        seen.add(id(function.node))
        own = list(parameters(self._run, function, path))
        below: list[Middleware] = []
        for one in own:
            if one.kind is Kind.DEPENDS:
                below += self.dependencies(one.target, method, path, seen)
        yield from below
        name = target.name if isinstance(target, Class) else function.name
        if isinstance(target, Instance):
            name = target.of.name
        item = Item(value=function, name=name, path=function.module.path, line=function.node.lineno)
        identity = id(target) if isinstance(target, Instance) else id(function.node)
        if function.env.parent is not None and function.env.parent.parent is not None:
            identity = id(function)  # one of several that a function makes
        found = self._followed(item, function, identity, method, path, given=own, is_guard=True)
        yield _with_below(found, below)

    @staticmethod
    def _item(target: Any) -> Item:
        return Item(
            value=target,
            name=named(target),
            path=target.module.path if isinstance(target, Made) else "",
            line=getattr(target.node, "lineno", 1) if isinstance(target, Made) else 0,
        )

    def _external(self, target: Any) -> Middleware:
        item = self._item(target)
        if isinstance(target, Made):
            return self._of_package(item, target.of, target)
        if isinstance(target, External):
            return self._of_package(item, target, None)
        if isinstance(target, Class):
            return self._plain(item, (Role.VALIDATION,))  # its fields are parameters
        return self._lost(item, getattr(target, "reason", "it is nothing that the text shows"))

    # handlers

    def handler(self, layer: Layer, method: str, path: str) -> tuple[list[Middleware], Middleware]:
        """What the dependencies and decorators of a route's function do, and the function."""
        target = layer.target
        before: list[Middleware] = []
        seen: set[int] = set()
        for one in layer.dependencies:
            before += self.dependencies(one, method, path, seen)
        if isinstance(target, Class):
            found = target.find(method.lower())
            target = found if isinstance(found, Function) else target
        if isinstance(target, Instance):
            target = called(target)
        if not isinstance(target, Function):
            reason = getattr(target, "reason", "it is nothing that the text shows")
            item = Item(value=target, name=named(target), path=layer.module.path, line=layer.line)
            return before, self._lost(item, reason)
        own = list(parameters(self._run, target, path)) if layer.is_api else []
        if target.owner is not None:
            for value in target.owner.env.names.values():
                if isinstance(value, Made) and value.of.last in {"Depends", "Security"}:
                    before += self.dependencies(value, method, path, seen)
        for parameter in own:
            if parameter.kind is Kind.DEPENDS:
                before += self.dependencies(parameter.target, method, path, seen)
        for decorator in target.decorators:
            before.append(self._decorator(decorator, target, method, path))
        item = Item(
            value=target, name=target.name, path=target.module.path, line=target.node.lineno
        )
        found = self._followed(
            item, target, id(target.node), method, path, given=own, is_handler=True
        )
        return before, found

    def gone_where(self, layer: Layer, method: str, path: str) -> str | None:
        """What must not hold, where a route's function answers that there is no such page."""
        target = layer.target
        if not isinstance(target, Function):
            return None
        for one in self._events(target, id(target.node), method, path).events:
            is_it = isinstance(one, Refusal) and one.status == 404 and len(one.conditions) == 1
            if is_it and in_production(one.conditions[0]):
                return f"not {one.conditions[0]}"
        return None

    def _decorator(self, value: Any, target: Function, method: str, path: str) -> Middleware:
        item = Item(
            value=value, name=named(value), path=target.module.path, line=target.node.lineno
        )
        if isinstance(value, Function) and value.node is not target.node:
            return self._followed(item, value, id(value), method, path, is_guard=True)
        if isinstance(value, Made | External):
            return self._of_package(item, value if isinstance(value, External) else value.of, value)
        return self._lost(item, getattr(value, "reason", "it is nothing that the text shows"))

    # what is told

    def _of_package(self, item: Item, of: External, made: Any) -> Middleware:
        if SLOWAPI.search(of.name):
            roles = (Role.RATE_LIMIT,) if self._limits else (Role.OTHER,)
            found = self._plain(item, roles, Certainty.HIGH)
            return replace(found, package="slowapi", rates=self._limits)
        if SCHEMES.search(of.name):
            return replace(
                self._lost(item, "it asks for a token, and verifies none", Role.AUTH),
                package=of.package,
                member=of.last,
                via=frozenset({via_of(of.last)}),
            )
        told = known(of.name)
        if told is None:
            guess = next(iter(guesses(f"{item.name} {of.name}")), None)
            if guess is not None and guess is not Role.LOGGING:
                why = f"what the package {of.package} does is not known here"
                return self._lost(item, why, guess)
            return self._plain(item, (guess or Role.OTHER,), Certainty.LOW)
        lenient = isinstance(made, Made) and (
            made.kwargs.get("optional") is True or made.kwargs.get("auto_error") is False
        )
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=told.roles[0],
            roles=told.roles,
            package=of.package,
            member=of.last,
            certainty=Certainty.HIGH,
            via=told.via,
            condition=item.condition,
            lenient=lenient,
            rates=tuple(of_made(made)) if isinstance(made, Made) else (),
        )

    @staticmethod
    def _plain(
        item: Item, roles: tuple[Role, ...], certainty: Certainty = Certainty.MEDIUM
    ) -> Middleware:
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=roles[0],
            roles=roles,
            certainty=certainty,
            condition=item.condition,
        )

    @staticmethod
    def _lost(item: Item, why: str, guess: Role | None = None) -> Middleware:
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=Role.UNRESOLVED,
            roles=(Role.UNRESOLVED,),
            certainty=Certainty.LOW,
            guess=guess or next(iter(guesses(item.name)), None),
            reason=why,
            condition=item.condition,
        )

    def _judged(
        self,
        item: Item,
        events: Sequence[Event],
        *,
        given: Sequence[Parameter],
        is_handler: bool,
        is_guard: bool,
    ) -> Middleware:
        found = Roles(events, given, is_handler=is_handler, is_guard=is_guard)
        roles = found.roles()
        doubt: tuple[Role, str] | None = None
        asked: dict[Role, str] = {}
        for role, refusals in list(roles.items()):
            by_path = unsettled(refusals)
            if by_path is not None:
                del roles[role]
                doubt = role, f"for which paths it runs is not told: {by_path}"
            elif (told := setting(refusals)) is not None:
                asked[role] = told
        condition = item.condition
        if len(set(asked.values())) == 1 and len(asked) == len(roles):
            condition = " and ".join(filter(None, (condition, *set(asked.values()))))
        else:  # one of the things that it does depends on a setting, and the others do not
            for role, told in asked.items():
                live = in_production(told)
                if not live:
                    del roles[role]
                if live is None:
                    doubt = role, f"it depends on {told}"
        lenient = Role.AUTH in roles and all(map(where_sent, roles[Role.AUTH]))
        if lenient and len(roles) > 1:  # what else it does it does for everybody
            del roles[Role.AUTH]
            lenient = False
        doubt = doubt or found.lost(set(roles))
        guess, reason = doubt if doubt is not None else (None, "")
        kept = tuple(sorted(roles, key=_ORDER.index)) or (
            (Role.UNRESOLVED,) if guess is not None and not is_handler else (Role.OTHER,)
        )
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=kept[0],
            roles=kept,
            via=found.via(),
            condition=condition,
            reads=found.reads(),
            guess=guess,
            reason=reason,
            lenient=lenient,
            rates=found.rates() if Role.RATE_LIMIT in roles else (),
            options=({"headers": found.headers()},) if Role.HELMET in roles else (),
        )


def _with_below(found: Middleware, below: Sequence[Middleware]) -> Middleware:
    """A guard asks where what it depends on asks; one that verifies a token settles its scheme."""
    if Role.AUTH not in found.roles or found.via:
        return found
    via = frozenset[Via]().union(*(one.via for one in below))
    return replace(found, via=via)


def _default_limits(run: Run) -> Iterator[tuple[float, float]]:
    """What a limiter of slowapi lets pass of every route, where one says so."""
    for env in run.envs.values():
        for value in env.names.values():
            if isinstance(value, Made) and value.of.name.startswith("slowapi."):
                for name in ("default_limits", "application_limits"):
                    yield from of_made(value, value.kwargs.get(name))
