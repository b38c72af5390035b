"""What statements and conditions do to the ways through a function."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from ast_grep_py import SgNode
from msgspec.structs import replace

from skillconnect_ops.code.express_asking import (
    EQUAL,
    MORE,
    asked_of,
    of_comparison,
    under,
    without,
)
from skillconnect_ops.code.express_names import bind, opened
from skillconnect_ops.code.express_seen import (
    NOTHING,
    SOMETHING,
    End,
    Exit,
    Seen,
    TooManyError,
    Way,
    merged,
    together,
)
from skillconnect_ops.code.javascript_value import bare, short
from skillconnect_ops.code.syntax import is_left

_MOST_EXITS = 400


class Statements(ABC):
    """Goes through statements; what an expression stands for is told by who extends it."""

    def __init__(self) -> None:
        self._exits: list[Exit] = []
        self._thrown: list[list[Way]] = []
        self._returned: list[list[tuple[Way, Seen]]] = []

    @abstractmethod
    def _value(self, node: SgNode, way: Way, *, awaited: bool = False) -> list[tuple[Way, Seen]]:
        """What an expression stands for, and the ways on from it."""

    def _exit(self, end: End, way: Way) -> None:
        if end is End.FELL and way.ended:
            return
        if len(self._exits) > _MOST_EXITS:
            raise TooManyError
        self._exits.append(Exit(end, way))

    # statements

    def _block(self, statements: Iterable[SgNode], ways: list[Way]) -> list[Way]:
        for statement in statements:
            ways = merged(end for way in ways for end in self._statement(statement, way))
        return ways

    def _statement(  # noqa: C901, PLR0911, PLR0912 - one a kind of statement
        self, node: SgNode, way: Way
    ) -> list[Way]:
        match node.kind():
            case "comment" | "function_declaration" | "class_declaration":
                return [way]
            case "statement_block" | "else_clause":
                return self._block(node.named_children(), [way])
            case "if_statement":
                return self._if(node, way)
            case "return_statement":
                inner = [each for each in node.named_children() if each.kind() != "comment"]
                got = self._value(inner[0], way, awaited=True) if inner else [(way, NOTHING)]
                self._returned[-1] += got
                return []
            case "throw_statement":
                for each in node.named_children():
                    for thrown, _ in self._value(each, way):
                        self._throw(thrown)
                return []
            case "try_statement":
                return self._try(node, way)
            case "lexical_declaration" | "variable_declaration":
                ways = [way]
                for each in node.named_children():
                    if each.kind() == "variable_declarator":
                        ways = [end for one in ways for end in self._declare(each, one)]
                return ways
            case "switch_statement":
                return self._switch(node, way)
            case "for_statement" | "for_in_statement" | "while_statement" | "do_statement":
                return self._loop(node, way)
            case "break_statement" | "continue_statement":
                return [way]
            case "expression_statement" | "labeled_statement":
                ways = [way]
                for each in node.named_children():
                    ways = [end for one in ways for end, _ in self._value(each, one)]
                return ways
        return [end for end, _ in self._value(node, way)]

    def _if(self, node: SgNode, way: Way) -> list[Way]:
        condition, then = node.field("condition"), node.field("consequence")
        other = node.field("alternative")
        if condition is None or then is None:
            return [way]
        ends: list[Way] = []
        for one, holds in self._decided(condition, way):
            side = then if holds else other
            ends += [one] if side is None else self._statement(side, one)
        return merged(ends)

    def _try(self, node: SgNode, way: Way) -> list[Way]:
        body, handler, last = (node.field(name) for name in ("body", "handler", "finalizer"))
        self._thrown.append([])
        ends = self._statement(body, way) if body is not None else [way]
        thrown = merged(self._thrown.pop())
        if handler is None:
            for one in thrown:
                self._throw(one)
        else:
            parameter, inner = handler.field("parameter"), handler.field("body")
            for one in thrown:
                names = dict(way.names)
                if parameter is not None:
                    bind(parameter, SOMETHING, names)
                caught = replace(one, names=names, failed=True)
                ends += self._statement(inner, caught) if inner is not None else [caught]
        if last is not None:
            ends = self._block(last.named_children(), ends)
        return merged(ends)

    def _throw(self, way: Way) -> None:
        if self._thrown:
            self._thrown[-1].append(way)
        else:
            self._exit(End.REFUSED, way)

    def _declare(self, node: SgNode, way: Way) -> list[Way]:
        name, value = node.field("name"), node.field("value")
        if name is None:
            return [way]
        got = self._value(value, way) if value is not None else [(way, NOTHING)]
        ends: list[Way] = []
        for end, seen in got:
            names = dict(end.names)
            bind(name, seen, names)
            ends.append(replace(end, names=names))
        return ends

    def _switch(self, node: SgNode, way: Way) -> list[Way]:
        value, body = node.field("value"), node.field("body")
        if value is None or body is None:
            return [way]
        words, ends = short(bare(value)), list[Way]()
        has_default = False
        falling: list[Way] = []
        for case in body.named_children():
            if case.kind() == "comment":
                continue
            asked = case.field("value")
            has_default = has_default or asked is None
            said = f"{words} === {short(asked)}" if asked is not None else f"!({words})"
            statements = [each for each in case.named_children() if each != asked]
            falling = self._block(statements, [*falling, under(way, said)])
            if is_left(statements):
                ends += falling
                falling = []
        ends += falling
        return merged(ends if has_default else [*ends, way])

    def _loop(self, node: SgNode, way: Way) -> list[Way]:
        """No round, and one."""
        ways = [way]
        for name in ("initializer", "right", "condition"):
            each = node.field(name)
            if each is not None and each.kind() != "empty_statement":
                ways = [end for one in ways for end in self._statement(each, one)]
        body, left, right = node.field("body"), node.field("left"), node.field("right")
        rounds: list[Way] = []
        for one in ways:
            names = dict(one.names)
            if left is not None and right is not None:
                whole = [seen for _, seen in self._value(right, one)]
                bind(left, together(*whole), names)
            rounds.append(replace(one, names=names))
        if body is None:
            return ways
        return merged([*ways, *(end for one in rounds for end in self._statement(body, one))])

    # conditions

    def _decided(self, node: SgNode, way: Way) -> Iterator[tuple[Way, bool]]:
        """The ways on which a condition holds, and those on which it does not."""
        node = opened(node)
        sign = node.field("operator")
        if node.kind() == "unary_expression" and sign is not None and sign.text() == "!":
            inner = node.field("argument")
            if inner is not None:
                for one, holds in self._decided(inner, way):
                    yield one, not holds
                return
        left, right = node.field("left"), node.field("right")
        if node.kind() == "binary_expression" and sign and left is not None and right is not None:
            if sign.text() in {"&&", "||"}:
                goes_on = sign.text() == "&&"
                for one, holds in self._decided(left, way):
                    if holds is goes_on:
                        yield from self._decided(right, one)
                    else:
                        yield one, holds
                return
            if sign.text() in {*EQUAL, *MORE}:
                yield from self._compared(node, sign.text(), left, right, way)
                return
        for one, seen in self._value(node, way):
            for end, holds in asked_of(seen, one, short(node)):
                yield (end if holds else without(end, bare(node))), holds

    def _compared(
        self, node: SgNode, sign: str, left: SgNode, right: SgNode, way: Way
    ) -> Iterator[tuple[Way, bool]]:
        for first, one in self._value(left, way):
            for second, other in self._value(right, first):
                yield from of_comparison(node, sign, (left, one), (right, other), second)
