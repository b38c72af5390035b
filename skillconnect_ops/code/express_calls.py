"""The calls that add something to an app or a router of Express, and what they add."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.express_args import Arguments, Tell
from skillconnect_ops.code.express_packages import ROUTERS
from skillconnect_ops.code.express_paths import Pattern
from skillconnect_ops.code.express_stack import METHODS, Item, Layer, Stack
from skillconnect_ops.code.express_strangers import Strangers
from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_objects import Identity, Objects
from skillconnect_ops.code.javascript_value import (
    Expression,
    Global,
    Package,
    Part,
    Undecided,
    Value,
    bare,
    parameters,
    reason,
    short,
)
from skillconnect_ops.code.syntax import arguments, line_of, string

if TYPE_CHECKING:
    from skillconnect_ops.code.express_walk import At

_EITHER = frozenset({"||", "&&", "??"})
_MOST_SIDES = 4
"""How deep in one another."""
_CHAINED = METHODS | {"use", "all", "param", "set", "enable", "disable", "engine", "del"}
_SETS = frozenset({"set", "enable", "disable"})
_LIKE_APP = re.compile(
    r"(?:.*[._])?(?:app|router|routes?|server|express|api|application)$"
    r"|.*(?:App|Router|Routes|Server|Api|Application)$"
)
_NO_APP = re.compile(
    r"axios|client|fetch|request|agent|http|\bcy\b|page|storage|cache|config|map|\bres\b|\breq\b"
    r"|redis|browser|\$q|superagent|got\b|nock|mock",
    re.IGNORECASE,
)
_IS_MAIN = re.compile(
    r"^\(?\s*(?:require\.main|module)\s*[=!]==?\s*(?:require\.main|module)\s*\)?$"
)


_Run = tuple[SgNode, SgNode | None]


class RoutePoint(Struct, frozen=True):
    """What `router.route(path)` gives."""

    stack: Stack
    call: Expression


class Calls:
    """Knows the apps and routers of a project, and what was added to each so far."""

    def __init__(self, values: Objects, tell: Tell) -> None:
        self._values = values
        self._tell = tell
        self._arguments = Arguments(values, self, tell)
        self._strangers = Strangers(values, self.stack, tell)
        self.stacks: dict[Identity, Stack] = {}
        self.called = True
        """Whether what is walked is run by the files, and not only by what nothing calls."""
        self._done: set[tuple[Identity, Identity]] = set()
        self._sides = 0
        self._met: set[SgNode] = set()
        self._met_by: set[_Run] = set()
        self._suspects: dict[_Run, tuple[str, int, str]] = {}

    # what an expression is

    def stack(self, value: Value) -> Stack | None:
        """The app or router that a value is."""
        found = self.receiver(value)
        return found if isinstance(found, Stack) else None

    def receiver(self, value: Value) -> Stack | RoutePoint | None:  # noqa: PLR0911 - one a kind
        """The app, the router, or the route of one, that a value is."""
        if isinstance(value, Part):
            return self._of_part(value)
        if not isinstance(value, Expression):
            return None
        node = value.node
        if node.kind() in {"ternary_expression", "binary_expression"}:
            return self._of_sides(value)
        if node.kind() not in {"call_expression", "new_expression"}:
            return None
        is_router = self._makes(value)
        if is_router is not None:
            return self._known(value, is_router=is_router)
        function = node.field("function")
        if function is None or function.kind() != "member_expression":
            return None
        holder, name = function.field("object"), function.field("property")
        if function.text() == "Object.assign" and arguments(node):
            return self.receiver(self._values.of(value.module, arguments(node)[0], value.frame))
        if holder is None or name is None or name.text() not in {*_CHAINED, "route"}:
            return None
        inner = self.receiver(self._values.of(value.module, holder, value.frame))
        if isinstance(inner, Stack) and name.text() == "route":
            return RoutePoint(inner, value)
        return inner

    def _of_sides(self, value: Expression) -> Stack | RoutePoint | None:
        """What one side of `x ? a : b`, or of `a || b`, is."""
        node = value.node
        sign = node.field("operator")
        if (sign is not None and sign.text() not in _EITHER) or self._sides > _MOST_SIDES:
            return None
        for side in ("consequence", "alternative", "left", "right"):
            part = node.field(side)
            if part is None:
                continue
            self._sides += 1
            found = self.receiver(self._values.of(value.module, part, value.frame))
            self._sides -= 1
            if found is not None:
                return found
        return None

    def _of_part(self, value: Part) -> Stack | None:
        """`expressWs(app).app`."""
        of = value.of
        if value.name != "app" or not isinstance(of, Expression):
            return None
        function, given = of.node.field("function"), arguments(of.node)
        if of.node.kind() != "call_expression" or function is None or not given:
            return None
        maker = self._values.of(of.module, function, of.frame)
        if isinstance(maker, Package) and maker.source == "express-ws":
            return self.stack(self._values.of(of.module, given[0], of.frame))
        return None

    def _makes(self, value: Expression) -> bool | None:
        """Whether a call makes a router (True) or an app (False); None of another call."""
        maker = value.node.field("function") or value.node.field("constructor")
        if maker is None:
            return None
        found = self._values.of(value.module, maker, value.frame)
        if not isinstance(found, Package):
            return None
        if found.source == "express":
            return {(): False, ("Router",): True}.get(found.names)
        if found.source in ROUTERS and found.names in {(), ("Router",), ("AsyncRouter",)}:
            return True
        return None

    def _known(self, value: Expression, *, is_router: bool) -> Stack:
        identity = self._values.identity(value.module, value.node, value.frame)
        if identity not in self.stacks:
            self.stacks[identity] = Stack(
                identity,
                value.module.path,
                line_of(value.node),
                is_router,
                called=self.called,
            )
        return self.stacks[identity]

    # what a call adds

    def is_adding(self, at: "At", call: SgNode) -> bool:
        """Whether a call adds something to an app, a router or a route."""
        holder, name = self._method(at, call)
        if holder is None:
            self._strangers.given_away(at, call)
            return False
        if name is None:
            if self.receiver(self._values.of(at.module, holder, at.frame)) is not None:
                self._met.add(call)
                why = f"the method of {short(call)} is computed"
                self._tell(at.module.path, line_of(call), why)
            return False
        if name in {"call", "apply", "bind"}:
            self._borrowed(at, call, holder)
            return False
        if name not in _CHAINED and name != "route":
            self._strangers.given_away(at, call)
            return False
        value = self._values.of(at.module, holder, at.frame)
        if self.receiver(value) is not None:
            self._met.add(call)
            self._met_by.add(_run(at, call))
            return True
        self._suspect(at, call, holder, name, value)
        self._strangers.given_away(at, call)
        return False

    def _borrowed(self, at: "At", call: SgNode, method: SgNode) -> None:
        """`router[method].call(router, …)`."""
        holder, name = method.field("object"), method.field("property")
        if holder is None and method.kind() == "identifier":  # `const { post } = app`
            of = self._values.of(at.module, method, at.frame)
            is_one = isinstance(of, Part) and of.name in _CHAINED and self.stack(of.of) is not None
            if is_one:
                self._met.add(call)
                self._tell(at.module.path, line_of(call), f"what {short(call)} adds is not told")
        if holder is None or (name is not None and name.text() not in _CHAINED):
            return
        if self.receiver(self._values.of(at.module, holder, at.frame)) is not None:
            self._met.add(call)
            self._tell(at.module.path, line_of(call), f"what {short(call)} adds is not told")

    def _method(self, at: "At", call: SgNode) -> tuple[SgNode | None, str | None]:
        """What a method is called of, and its name; a name of None is not told."""
        function = call.field("function")
        if function is None:
            return None, None
        function = bare(function)
        if function.kind() == "member_expression":
            name = function.field("property")
            return function.field("object"), None if name is None else name.text()
        if function.kind() != "subscript_expression":
            return None, None
        index = function.field("index")
        try:
            told = self._values.plain(self._values.of(at.module, index, at.frame)) if index else ""
        except Undecided:
            told = self._lowered(at, index)
        return function.field("object"), told if isinstance(told, str) and told else None

    def _lowered(self, at: "At", index: SgNode | None) -> str | None:
        """`method.toLowerCase()`."""
        function = index.field("function") if index is not None else None
        holder = function.field("object") if function is not None else None
        if holder is None or function is None or not function.text().endswith(".toLowerCase"):
            return None
        try:
            return str(self._values.plain(self._values.of(at.module, holder, at.frame))).lower()
        except Undecided:
            return None

    def add(self, at: "At", call: SgNode) -> None:
        """Note what a call adds; each once for a run of its place."""
        holder, name = self._method(at, call)
        if holder is None or name is None or name == "route":
            return
        target = self.receiver(self._values.of(at.module, holder, at.frame))
        if target is None:
            return
        stack = target.stack if isinstance(target, RoutePoint) else target
        place = self._values.identity(at.module, call, at.frame, runs=True)
        if (stack.identity, place) in self._done:
            return
        self._done.add((stack.identity, place))
        if name in _SETS and isinstance(target, Stack):
            self._set(at, call, name, stack)
        elif isinstance(target, RoutePoint):
            given = arguments(target.call.node)
            where = target.call
            patterns = (
                self._arguments.patterns(where.module, given[0], where.frame, always=True)
                if given
                else None
            )
            self._layer(at, call, stack, name, patterns or (Pattern("/"),), arguments(call))
        else:
            self._direct(at, call, stack, name)

    def _direct(self, at: "At", call: SgNode, stack: Stack, name: str) -> None:
        """`app.use(…)`, `router.get(…)`."""
        given = arguments(call)
        if name == "param":
            self._param(at, call, stack)
            return
        if name == "engine" or not given or (name == "get" and len(given) == 1):
            return  # `app.get("a setting")`
        patterns = self._arguments.patterns(
            at.module, given[0], at.frame, always=name != "use", alone=len(given) == 1
        )
        rest = given if patterns is None else given[1:]
        self._layer(at, call, stack, name, patterns or (Pattern("/"),), rest)

    def _layer(  # noqa: PLR0917 - what a call is made of
        self,
        at: "At",
        call: SgNode,
        stack: Stack,
        name: str,
        patterns: tuple[Pattern, ...],
        rest: list[SgNode],
    ) -> None:
        items: list[Item] = []
        for each in rest:
            items += self._arguments.items(at.module, each, at.frame)
        for item in items:
            if item.mounted is not None:
                self.stacks[item.mounted].mounted = True
            elif name == "use":
                self._strangers.tell_of_mount(item, patterns)
        where = self._written_at(at, call)
        method = None if name == "use" else {"all": "ALL", "del": "DELETE"}.get(name, name.upper())
        stack.layers.append(
            Layer(
                path=where[0],
                line=where[1],
                patterns=patterns,
                items=tuple(items),
                method=method,
                condition=" and ".join(at.conditions) or None,
            )
        )

    def _written_at(self, at: "At", call: SgNode) -> tuple[str, int]:
        """Where a route's path is written: of a helper's, where the helper is called."""
        given = arguments(call)
        if given and at.calls:
            for value in self._leaves(self._values.of(at.module, given[0], at.frame), 0):
                for module, outer in reversed(at.calls):
                    if module is value.module and _holds(outer, value.node):
                        return module.path, line_of(outer)
        return at.module.path, self._line(call)

    def _leaves(self, value: Value, depth: int) -> Iterator[Expression]:
        """The expressions that a path is put together of."""
        if not isinstance(value, Expression) or depth > 4:
            return
        node = value.node
        if node.kind() == "template_string":
            parts = [
                each.named_children()[0]
                for each in node.children()
                if each.kind() == "template_substitution"
            ]
        elif node.kind() == "binary_expression":
            parts = [each for each in (node.field("left"), node.field("right")) if each is not None]
        else:
            parts = []
        for part in parts:
            yield from self._leaves(self._values.of(value.module, part, value.frame), depth + 1)
        yield value

    @staticmethod
    def _line(call: SgNode) -> int:
        """Where the method's name stands: a chain goes over many lines."""
        function = call.field("function")
        name = function.field("property") if function is not None else None
        return line_of(name if name is not None else call)

    def _param(self, at: "At", call: SgNode, stack: Stack) -> None:
        given = arguments(call)
        name = string(given[0]) if given else None
        if name is None or len(given) < 2:
            self._tell(at.module.path, line_of(call), f"which parameter {short(call)} is about")
            return
        items = self._arguments.items(at.module, given[1], at.frame)
        stack.layers.append(
            Layer(
                path=at.module.path,
                line=self._line(call),
                patterns=(Pattern("/"),),
                items=tuple(items),
                param=name,
                condition=" and ".join(at.conditions) or None,
            )
        )

    def _set(self, at: "At", call: SgNode, name: str, stack: Stack) -> None:
        given = arguments(call)
        key = string(given[0]) if given else None
        if key is None:
            return
        value: object = name == "enable"
        if name == "set":
            value = self._arguments.option(at.module, given[1], at.frame) if given[1:] else None
        stack.settings.append((key, value, at.module.path, line_of(call)))

    # what cannot be told

    def _suspect(self, at: "At", call: SgNode, holder: SgNode, name: str, value: Value) -> None:
        """Note a call that looks like one of Express, of what is not told."""
        known = isinstance(value, Package | Global) or self._strangers.source(value) is not None
        if known or not self.looks_like_one(call):
            return
        if isinstance(value, Expression) and value.node.kind() != "call_expression":
            return
        why = f"which router {short(holder)} is, is not told: {reason(value)}"
        path, line = self._written_at(at, call)
        self._suspects.setdefault(_run(at, call), (path, line, why))

    @staticmethod
    def looks_like_one(call: SgNode) -> bool:
        """Whether a call reads like `router.get("/path", handler)` or `app.use(…)`."""
        function = call.field("function")
        if function is None or function.kind() != "member_expression":
            return False
        holder, method = function.field("object"), function.field("property")
        if holder is None or method is None or holder.kind() == "call_expression":
            return False
        name, given = method.text(), arguments(call)
        words = holder.text()
        if not given or _NO_APP.search(words):
            return False
        if name == "use":
            return _LIKE_APP.match(words) is not None
        if name not in METHODS | {"all", "route"} or (name != "route" and len(given) < 2):
            return False
        first = given[0]
        is_path = first.kind() in {"regex", "template_string"} or first.text()[1:2] in {"/", "*"}
        is_path = is_path or (first.kind() == "identifier" and _LIKE_APP.match(words) is not None)
        last = given[-1].kind()
        is_handler = (
            name == "route"
            or "function" in last
            or last
            in {*("identifier", "member_expression", "call_expression", "array", "spread_element")}
        )
        return is_path and is_handler

    def is_function_worth(self, function: SgNode) -> bool:
        """Whether a function holds a call that looks like one of Express."""
        names = {
            (each.field("pattern") or each).text()
            for each in parameters(function)
            if _LIKE_APP.fullmatch((each.field("pattern") or each).text())
        }
        return any(
            (self.looks_like_one(call) and call not in self._met)
            or (names and any(each.text() in names for each in arguments(call)))
            for call in function.find_all(kind="call_expression")
        )

    @staticmethod
    def is_within_call(module: Module, function: SgNode) -> bool:
        """Whether a function stands among the arguments of a call."""
        del module
        return any(each.kind() == "arguments" for each in function.ancestors())

    def truth(self, at: "At", node: SgNode) -> bool | None:
        """Whether a condition holds, where the text tells."""
        if _IS_MAIN.search(node.text()):
            return "!" not in node.text()
        try:
            told = self._values.plain(self._values.of(at.module, node, at.frame))
        except (Undecided, RecursionError):
            return None
        return bool(told) if told is None or isinstance(told, bool | int | float | str) else None

    def answers_all(self, path: str, line: int, name: str) -> None:
        """Tell of a function that answers whatever nothing else does, and takes what was sent."""
        self._tell(path, line, f"which methods and paths {name} answers is not told")

    def stopped(self, at: "At", node: SgNode) -> None:
        """Tell that too much is called to follow all of it."""
        why = "more is called here than is followed; routes that come after may be missing"
        self._tell(at.module.path, line_of(node), why)

    def too_deep(self, at: "At", node: SgNode) -> None:
        """Tell that a place is nested too deeply to be read."""
        why = "it is nested too deeply to be followed; routes may be missing"
        self._tell(at.module.path, line_of(node), why)

    def left_over(self) -> Iterator[tuple[str, int, str]]:
        """The calls that look like those of Express, and were never understood."""
        for run, told in self._suspects.items():
            if run not in self._met_by:
                yield told


def _run(at: "At", call: SgNode) -> _Run:
    """A call, and the call that its function runs for: a helper adds another route each time."""
    return call, at.calls[-1][1] if at.calls else None


def _holds(outer: SgNode, inner: SgNode) -> bool:
    around, own = outer.range(), inner.range()
    return around.start.index <= own.start.index and own.end.index <= around.end.index
