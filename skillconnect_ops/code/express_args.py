"""The arguments of Express's calls: paths, handlers however they are nested, and options."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ast_grep_py import SgNode

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.express_paths import Pattern
from skillconnect_ops.code.express_stack import Item
from skillconnect_ops.code.javascript_literals import TooLarge
from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_objects import Many, Objects
from skillconnect_ops.code.javascript_value import (
    Expression,
    Frame,
    Global,
    Lost,
    Nothing,
    Part,
    Undecided,
    Value,
    bare,
    reason,
    short,
)
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, line_of

if TYPE_CHECKING:
    from skillconnect_ops.code.express_calls import Calls

Tell = Callable[[str, int, str], None]
_LIKE_PATH = re.compile(
    r"path|prefix|base|url|uri|endpoint|mount|root|version|process\.env|route$|_ROUTE|API",
    re.IGNORECASE,
)
_TOO_LONG = "<too long>"
_MOST_DEEP = 12
_NAMING = frozenset(
    {
        *("identifier", "member_expression", "subscript_expression"),
        *("ternary_expression", "binary_expression"),
    }
)


class Arguments:
    """Takes arguments apart."""

    def __init__(self, values: Objects, calls: "Calls", tell: Tell) -> None:
        self._values = values
        self._calls = calls
        self._tell = tell

    # paths

    def patterns(
        self,
        module: Module,
        node: SgNode,
        frame: Frame,
        *,
        always: bool = False,
        alone: bool = False,
    ) -> tuple[Pattern, ...] | None:
        """The paths that an argument holds; None where it is no path but a function.

        Args:
            module: where it stands.
            node: the argument.
            frame: what is bound there.
            always: whether Express takes it for a path whatever it is.
            alone: whether no other argument follows.
        """
        value = self._values.of(module, node, frame)
        found = self._paths(value, 0)
        if found is not None:
            for pattern in found:
                if "<" in pattern.text and not pattern.is_regex:
                    self._tell(
                        module.path, line_of(node), f"a part of the path {pattern.text} is computed"
                    )
            return tuple(found)
        if always or (not alone and self._may_be_path(value, node)):
            text = f"<{short(node).strip('`').replace('<', '').replace('>', '')}>"
            why = f"the path {short(node)} is not told: {reason(value)}"
            self._tell(module.path, line_of(node), why)
            return (Pattern(text),)
        return None

    def _may_be_path(self, value: Value, node: SgNode) -> bool:
        if isinstance(value, Expression):
            kind = value.node.kind()
            return kind in {"binary_expression", "ternary_expression", "template_string"} or (
                kind == "call_expression" and ".join(" in value.node.text()
            )
        return isinstance(value, Lost | Part | Global) and (
            _LIKE_PATH.search(node.text()) is not None
        )

    def _paths(  # noqa: PLR0911 - one a kind of value
        self, value: Value, depth: int
    ) -> list[Pattern] | None:
        if isinstance(value, Expression):
            if value.node.kind() == "regex":
                return [Pattern(value.node.text(), is_regex=True)]
            if value.node.kind() == "array" and depth < _MOST_DEEP:
                parts = self._values.elements(value)
                if not parts:
                    return None
                found: list[Pattern] = []
                for part in parts:
                    inner = self._paths(part, depth + 1)
                    if inner is None:
                        return None
                    found += inner
                return found
            if value.node.kind() in FUNCTIONS:
                return None
        try:
            told = self._values.plain(value)
        except TooLarge:
            return [Pattern(_TOO_LONG)]
        except Undecided:
            text = self._partly(value, 0)
            return None if text is None else [Pattern(text)]
        return [Pattern(told)] if isinstance(told, str) else None

    def _partly(  # noqa: PLR0911 - one a kind of value
        self, value: Value, depth: int
    ) -> str | None:
        """A path of which a part is computed: that part stands there as `<text>`."""
        if not isinstance(value, Expression) or depth > _MOST_DEEP:
            return None
        node = value.node
        if node.kind() == "template_string":
            return self._of_template(value, depth)
        sign = node.field("operator")
        if node.kind() != "binary_expression" or sign is None:
            return None
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return None
        if sign.text() in {"||", "??"}:  # what it is unless somebody says otherwise
            return self._text(self._values.of(value.module, right, value.frame))
        if sign.text() != "+":
            return None
        parts = [self._piece(value.module, side, value.frame, depth) for side in (left, right)]
        whole = "".join(parts)
        return whole if "/" in whole.replace("</", "") else None

    def _of_template(self, value: Expression, depth: int) -> str:
        words: list[str] = []
        for part in value.node.children():
            if part.kind() == "template_substitution":
                inner = part.named_children()[0]
                words.append(self._piece(value.module, inner, value.frame, depth))
            elif part.kind() in {"string_fragment", "escape_sequence"}:
                words.append(part.text())
        return "".join(words)

    def _piece(self, module: Module, node: SgNode, frame: Frame, depth: int) -> str:
        value = self._values.of(module, node, frame)
        told = self._text(value)
        if told is None:
            told = self._partly(value, depth + 1)
        return f"<{re.sub('[<>]', '', short(node))}>" if told is None else told

    def _text(self, value: Value) -> str | None:
        try:
            told = self._values.plain(value)
        except TooLarge:
            return _TOO_LONG
        except Undecided:
            return None
        return str(told) if isinstance(told, str | int) else None

    # handlers

    def items(
        self, module: Module, node: SgNode, frame: Frame, *, condition: str | None = None
    ) -> list[Item]:
        """The functions and routers that an argument holds, in order."""
        return list(self._items(module, node, frame, condition, 0))

    def _items(
        self, module: Module, node: SgNode, frame: Frame, condition: str | None, depth: int
    ) -> Iterator[Item]:
        node = bare(node)
        if node.kind() == "spread_element":
            node = bare(node.named_children()[0])
        value = self._values.of(module, node, frame)
        yield from self._of_value(module, node, value, condition, depth)

    def _of_value(
        self, module: Module, node: SgNode, value: Value, condition: str | None, depth: int
    ) -> Iterator[Item]:
        if isinstance(value, Nothing) or depth > _MOST_DEEP:
            return
        if isinstance(value, Many):
            for each in value.values:
                yield from self._of_value(module, node, each, condition, depth + 1)
            return
        stack = self._calls.stack(value)
        if isinstance(value, Expression) and stack is None:
            kind = value.node.kind()
            if kind == "array":
                for child in value.node.named_children():
                    if child.kind() != "comment":
                        yield from self._items(
                            value.module, child, value.frame, condition, depth + 1
                        )
                return
            if kind in {"ternary_expression", "binary_expression"}:
                yield from self._either(value, condition, depth)
                return
            if kind in {"null", "true", "false", "string", "undefined"}:
                return
            if kind == "call_expression":
                joined = self._concat(value, condition, depth)
                if joined is not None:
                    yield from joined
                    return
        yield Item(
            name=_name(node, value),
            path=module.path,
            line=line_of(node),
            value=value,
            mounted=None if stack is None else stack.identity,
            condition=condition,
        )

    def _either(self, value: Expression, condition: str | None, depth: int) -> Iterator[Item]:
        """Both sides, each under its condition."""
        node, sign = value.node, value.node.field("operator")
        sides: tuple[tuple[str, str], ...]
        if node.kind() == "ternary_expression":
            first = node.field("condition")
            said = "" if first is None else short(first)
            sides = (("consequence", said), ("alternative", f"not {said}"))
        else:
            left = node.field("left")
            said = "" if left is None else short(left)
            if sign is not None and sign.text() == "&&":
                sides = (("right", said),)
            else:
                sides = (("left", said), ("right", f"not {said}"))
        for name, when in sides:
            side = node.field(name)
            if side is not None:
                both = when if condition is None else f"{condition} and {when}"
                yield from self._items(value.module, side, value.frame, both, depth + 1)

    def _concat(
        self, value: Expression, condition: str | None, depth: int
    ) -> Iterator[Item] | None:
        """`[a].concat(b)`."""
        function = value.node.field("function")
        if function is None or function.kind() != "member_expression":
            return None
        holder, name = function.field("object"), function.field("property")
        if holder is None or name is None or name.text() != "concat":
            return None
        first = self._values.of(value.module, holder, value.frame)
        if not isinstance(first, Expression) or first.node.kind() != "array":
            return None
        nodes = [holder, *arguments(value.node)]
        return (
            item
            for each in nodes
            for item in self._items(value.module, each, value.frame, condition, depth + 1)
        )

    # options

    def option(self, module: Module, node: SgNode, frame: Frame) -> Any:
        """An argument as plain data, as far as its text tells; see `Computed`."""
        return self.plain(self._values.of(module, node, frame), node, 0)

    def plain(self, value: Value, node: SgNode, depth: int) -> Any:
        """A value as plain data; what is computed within it stands there as `Computed`."""
        if isinstance(value, Expression) and depth < 6:
            kind = value.node.kind()
            if kind == "object":
                return {
                    name if name is not None else "...": self.plain(part, value.node, depth + 1)
                    for name, part in self._values.entries(value)
                }
            if kind == "array":
                parts = self._values.elements(value)
                if parts is not None:
                    return [self.plain(part, value.node, depth + 1) for part in parts]
            if kind in FUNCTIONS or kind == "regex":
                return Computed(short(value.node), f"it is a {kind.replace('_', ' ')}")
        try:
            return self._values.plain(value)
        except Undecided as error:
            own = value.node if isinstance(value, Expression) else node
            return Computed(short(own), str(error))


def _name(node: SgNode, value: Value) -> str:
    """A function as it is written, cut; one that a variable stands for by its own name."""
    if node.kind() in FUNCTIONS:
        own = node.field("name")
        return own.text() if own is not None else "(function)"
    is_name = node.kind() in _NAMING
    if is_name and isinstance(value, Expression):
        own, parent = value.node.field("name"), value.node.parent()
        if own is None and parent is not None and parent.kind() == "variable_declarator":
            own = parent.field("name")
        if value.node.kind() in FUNCTIONS and own is not None:
            is_same = re.search(rf"^(?:[^?&|]*\.)?{re.escape(own.text())}$", node.text())
            return short(node) if is_same else own.text()
    return short(node)
