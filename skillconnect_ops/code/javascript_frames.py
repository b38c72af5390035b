"""The rounds of loops and the calls of functions that a place of JavaScript stands in."""

from collections.abc import Iterator

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_value import (
    EMPTY,
    Expression,
    Frame,
    Text,
    Value,
    parameters,
)
from skillconnect_ops.code.javascript_values import Values
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, climbed
from skillconnect_ops.code.testing import is_test

_MOST_BINDINGS = 500
_EACH = frozenset({"forEach", "map", "flatMap", "filter", "some", "every"})


class Frames:
    """Binds loop variables and parameters, one round or call after the other."""

    def __init__(self, modules: Modules, values: Values) -> None:
        self._modules = modules
        self._values = values
        self._callers: dict[tuple[str, SgNode], list[tuple[Module, SgNode]]] = {}

    def around(self, module: Module, node: SgNode) -> list[Frame]:
        """What loop variables and parameters around a place are bound to, one after the other.

        Loops over lists that the text shows, and functions of this file by each of their calls.
        """
        return self._frames(module, node, 0)

    def _frames(self, module: Module, node: SgNode, depth: int) -> list[Frame]:
        around = [
            each
            for each in node.ancestors()
            if each.kind() == "for_in_statement" or each.kind() in FUNCTIONS
        ]
        frames: list[Frame] = [EMPTY]
        for each in reversed(around):
            if each.kind() == "for_in_statement":
                frames = [new for frame in frames for new in self.rounds(module, each, frame)]
            else:
                frames = [new for frame in frames for new in self._runs(module, each, frame, depth)]
            if len(frames) > _MOST_BINDINGS:
                return [EMPTY]
        return frames

    def rounds(self, module: Module, loop: SgNode, frame: Frame) -> Iterator[Frame]:
        """The rounds of `for (const x of […])`."""
        sign, left, right = loop.field("operator"), loop.field("left"), loop.field("right")
        if left is None or right is None:
            yield frame
            return
        each_key = sign is not None and sign.text() == "in"
        yield from self.each(
            module, left, self._values.of(module, right, frame), frame, names=each_key
        )

    def each(
        self, module: Module, pattern: SgNode, whole: Value, frame: Frame, *, names: bool = False
    ) -> Iterator[Frame]:
        """The elements of a list, one after the other, as a pattern takes them apart.

        Args:
            module: where the pattern stands.
            pattern: the loop's variable, or a function's parameter.
            whole: the list; once around where it is not told.
            frame: what is bound around it.
            names: whether the keys of an object are gone through.
        """
        pairs = self._pairs(whole, names=names)
        if pairs is not None and (pattern.kind() == "array_pattern" or names):
            for name, value in pairs:
                new = dict(frame)
                if names:
                    self._values.bind(module, pattern, Text(name), new, frame)
                else:
                    both = (Text(name), value)
                    for inner, part in zip(pattern.named_children(), both, strict=False):
                        self._values.bind(module, inner, part, new, frame)
                yield new
            return
        parts = self._values.elements(whole)
        if parts is None:
            yield frame
            return
        for part in parts:
            new = dict(frame)
            self._values.bind(module, pattern, part, new, frame)
            yield new

    def _pairs(self, whole: Value, *, names: bool) -> list[tuple[str, Value]] | None:
        """The entries of an object that `for … in` or `Object.entries` goes through."""
        if not isinstance(whole, Expression):
            return None
        if whole.node.kind() == "call_expression":
            function, given = whole.node.field("function"), arguments(whole.node)
            if function is None or function.text() != "Object.entries" or not given:
                return None
            whole_object = self._values.of(whole.module, given[0], whole.frame)
        elif names:
            whole_object = whole
        else:
            return None
        if not isinstance(whole_object, Expression) or whole_object.node.kind() != "object":
            return None
        entries = self._values.entries(whole_object)
        if any(name is None for name, _ in entries):
            return None
        return [(name or "", value) for name, value in entries]

    def _runs(self, module: Module, function: SgNode, frame: Frame, depth: int) -> Iterator[Frame]:
        """The calls of a function: for each element of a list, or by its name."""
        names = parameters(function)
        if not names:
            yield frame
            return
        _, given = climbed(function)
        call = given.parent() if given is not None and given.kind() == "arguments" else None
        callee = call.field("function") if call is not None else None
        if callee is not None and callee.kind() == "member_expression":
            method, holder = callee.field("property"), callee.field("object")
            if method is not None and holder is not None and method.text() in _EACH:
                whole = self._values.of(module, holder, frame)
                yield from self.each(module, names[0], whole, frame)
                return
        calls = [] if depth > 2 else [*_calls(module, function), *self._from_afar(module, function)]
        if not calls:
            yield frame
        for caller, each in calls:
            for outer in self._frames(caller, each, depth + 1):
                words = [self._values.of(caller, word, outer) for word in arguments(each)]
                yield self._values.with_arguments(Expression(module, function, frame), words)

    def _from_afar(self, module: Module, function: SgNode) -> list[tuple[Module, SgNode]]:
        """The calls of an exported function in other files, but for tests."""
        mark = (module.path, function)
        if mark not in self._callers:
            self._callers[mark] = []  # while it is looked for, it is called from nowhere
            name = _name_of(function)
            if name is not None and "export" in module.text:
                self._callers[mark] = list(self._calling(module, function, name.text()))
        return self._callers[mark]

    def _calling(
        self, module: Module, function: SgNode, name: str
    ) -> Iterator[tuple[Module, SgNode]]:
        for caller in self._modules.importing(module.path, name):
            if caller is module or is_test(caller.path):
                continue
            for call in caller.root.find_all(kind="call_expression"):
                callee = call.field("function")
                if callee is None or callee.text().rpartition(".")[2] != name:
                    continue
                found = self._values.of(caller, callee)
                if isinstance(found, Expression) and found.node == function:
                    yield caller, call


def _calls(module: Module, function: SgNode) -> Iterator[tuple[Module, SgNode]]:
    """The calls of a function by its name, in its own file."""
    name = _name_of(function)
    found = module.scopes.meaning(name.text(), name) if name is not None else None
    for use in module.scopes.references(found) if found is not None else ():
        call = use.parent()
        if call is None or call.kind() != "call_expression" or call.field("function") != use:
            continue
        if function not in call.ancestors():
            yield module, call


def _name_of(function: SgNode) -> SgNode | None:
    """The name that a function is called by."""
    if function.kind() == "method_definition":
        return None
    name, parent = function.field("name"), function.parent()
    if name is None and parent is not None and parent.kind() == "variable_declarator":
        return parent.field("name")
    return name
