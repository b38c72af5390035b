"""Objects one entry at a time, and what is added to them after they were made."""

from collections.abc import Iterator

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_modules import Module, Modules, required
from skillconnect_ops.code.javascript_value import (
    EMPTY,
    UNDEFINED,
    Expression,
    File,
    Lost,
    Nothing,
    Value,
    parameters,
    reason,
    short,
)
from skillconnect_ops.code.javascript_values import Values
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, key

_GIVEN = frozenset({"identifier", "member_expression"})


class Additions(Values):
    """Also knows `middleware.admin = …`, and what one file adds to the exports of another."""

    def __init__(self, modules: Modules) -> None:
        super().__init__(modules)
        self._mixed: dict[str, list[tuple[Module, str]]] = {}
        self._added_to: dict[str, dict[str, list[SgNode]]] = {}

    def _of_object(self, whole: Expression, name: str) -> Value:
        """One entry of an object; the others are not looked at."""
        children = whole.node.named_children()
        if any(_is_computed(child) for child in children):
            return super()._of_object(whole, name)
        for child in reversed(children):
            match child.kind():
                case "pair":
                    own, value = child.field("key"), child.field("value")
                    if value is not None and name in {key(own), _text(own)}:
                        return self.of(whole.module, value, whole.frame)
                case "shorthand_property_identifier" if child.text() == name:
                    return self.of(whole.module, child, whole.frame)
                case "method_definition" if key(child.field("name")) == name:
                    return Expression(whole.module, child, whole.frame)
                case "spread_element":
                    found = self._of_spread(whole, child, name)
                    if not isinstance(found, Nothing):
                        return found
        return UNDEFINED

    def _of_spread(self, whole: Expression, spread: SgNode, name: str) -> Value:
        inner = spread.named_children()
        value = self.of(whole.module, inner[0], whole.frame) if inner else UNDEFINED
        if isinstance(value, Expression) and value.node.kind() == "object":
            return self._of_object(value, name)
        if isinstance(value, Nothing):
            return value
        return Lost(f"{short(spread)} is not told: {reason(value)}")

    def _by_left(self, module: Module) -> dict[str, list[SgNode]]:
        """What is assigned in a file, by the text of what it is assigned to."""
        if module.path not in self._added_to:
            found: dict[str, list[SgNode]] = {}
            for node in module.root.find_all(kind="assignment_expression"):
                left, right = node.field("left"), node.field("right")
                if left is not None and right is not None and left.kind() == "member_expression":
                    found.setdefault(left.text(), []).append(right)
            self._added_to[module.path] = found
        return self._added_to[module.path]

    def _added(self, whole: Expression, name: str) -> Value | None:
        """`const middleware = {}; middleware.admin = …`."""
        parent = whole.node.parent()
        if whole.node.field("name") is not None:
            holder = whole.node.field("name")
        elif parent is not None and parent.kind() == "variable_declarator":
            holder = parent.field("name")
        elif parent is not None and parent.kind() == "assignment_expression":
            holder = parent.field("left")
        else:
            return None
        if holder is None:
            return None
        given = self._by_left(whole.module).get(f"{holder.text()}.{name}", [])
        if len(given) != 1:
            return None
        return self.of(whole.module, given[0], whole.frame)

    def _added_to_file(self, path: str, name: str) -> Value | None:
        """`const helpers = module.exports; helpers.setup = …`."""
        module = self._modules.module(path)
        if module is None or "module.exports" not in module.text:
            return None
        for left, given in self._by_left(module).items():
            holder, _, own = left.rpartition(".")
            if own != name or len(given) != 1 or not holder.isidentifier():
                continue
            found = module.scopes.meaning(holder, given[0])
            value = found.home.field("value") if found is not None else None
            while value is not None and value.kind() == "assignment_expression":
                if value.field("left") is not None and _text(value.field("left")) == "exports":
                    break
                value = value.field("right")
            if value is not None and value.text().startswith(("module.exports", "exports")):
                return self.of(module, given[0], EMPTY)
        return self._mixed_in(module, name)

    def _mixed_in(self, module: Module, name: str) -> Value | None:
        """`require('./more')(module.exports)`, where the other file adds to what it is given."""
        if module.path not in self._mixed:
            self._mixed[module.path] = list(self._mixing(module))
        for other, holder in self._mixed[module.path]:
            given = self._by_left(other).get(f"{holder}.{name}", [])
            if len(given) == 1:
                return self.of(other, given[0], EMPTY)
        return None

    def _mixing(self, module: Module) -> Iterator[tuple[Module, str]]:
        """The files that are given what a file exports, and what they call it."""
        for call in module.root.find_all(kind="call_expression", regex=r"^require\("):
            maker, words = call.field("function"), arguments(call)
            source = required(maker) if maker is not None else None
            if source is None or not words or words[0].kind() not in _GIVEN:
                continue
            found = self.of(module, words[0])
            path = self._modules.found(source, beside=module.path)
            other = self._modules.module(path) if path is not None else None
            if found != File(module.path) or other is None or other.whole is None:
                continue
            function = self.of(other, other.whole)
            names = parameters(function.node) if isinstance(function, Expression) else []
            if names and isinstance(function, Expression) and function.node.kind() in FUNCTIONS:
                yield other, names[0].text()


def _is_computed(node: SgNode) -> bool:
    own = node.field("key") if node.kind() == "pair" else None
    return own is not None and own.kind() == "computed_property_name"


def _text(node: SgNode | None) -> str:
    return "" if node is None else node.text()
