"""What an expression has to do with a request, and what it does on the way."""

from abc import abstractmethod
from collections.abc import Iterable

from ast_grep_py import SgNode
from msgspec.structs import replace

from skillconnect_ops.code.express_asking import asked_of
from skillconnect_ops.code.express_names import bind, is_optional, opened
from skillconnect_ops.code.express_seen import (
    NOTHING,
    OTHER,
    SOMETHING,
    Kind,
    Seen,
    TooManyError,
    Way,
    fewer,
    part,
    together,
)
from skillconnect_ops.code.express_statements import Statements
from skillconnect_ops.code.javascript_value import bare, short
from skillconnect_ops.code.syntax import FUNCTIONS, string

MOST_STEPS = 4_000
"""How many expressions are looked at for one function."""


class Expressions(Statements):
    """Goes through expressions; what a call does is told by who extends it."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MOST_STEPS

    @abstractmethod
    def _call(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        """What a call gives, and the ways on from it."""

    # values

    def _value(  # noqa: C901, PLR0911, PLR0912 - one a kind of node
        self, node: SgNode, way: Way, *, awaited: bool = False
    ) -> list[tuple[Way, Seen]]:
        """What an expression stands for, and what it does on the way."""
        self._left -= 1
        if self._left < 0:
            raise TooManyError
        awaited = awaited or opened(node).kind() == "await_expression"
        node = bare(node)
        match node.kind():
            case "identifier" | "shorthand_property_identifier":
                return [(way, way.names.get(node.text(), OTHER))]
            case "undefined" | "null" | "false":
                return [(way, NOTHING)]
            case "true":
                return [(way, SOMETHING)]
            case "string" | "number" | "regex" | "this":
                return [(way, OTHER)]
            case "member_expression" | "subscript_expression":
                return self._member(node, way)
            case "call_expression" | "new_expression":
                return self._call(node, way, awaited=awaited)
            case "assignment_expression" | "augmented_assignment_expression":
                return self._assign(node, way)
            case "ternary_expression":
                return self._ternary(node, way, awaited=awaited)
            case "binary_expression":
                return self._binary(node, way, awaited=awaited)
            case "unary_expression":
                ends = self._all(node.named_children(), way)
                return [
                    (end, OTHER if seen.kind is not Kind.ERRORS else seen) for end, seen in ends
                ]
            case "pair":
                value = node.field("value")
                return self._value(value, way) if value is not None else [(way, OTHER)]
        if node.kind() in FUNCTIONS or node.kind() in {"class", "jsx_element"}:
            return [(way, OTHER)]
        return self._all(node.named_children(), way)

    def _all(self, nodes: Iterable[SgNode], way: Way) -> list[tuple[Way, Seen]]:
        """Several expressions, one after the other."""
        ends: list[tuple[Way, Seen]] = [(way, OTHER)]
        for node in nodes:
            if node.kind() in {"comment", "property_identifier", "string_fragment"}:
                continue
            ends = fewer(
                [
                    (end, together(seen, more))
                    for one, seen in ends
                    for end, more in self._value(node, one)
                ]
            )
        return ends

    def _member(self, node: SgNode, way: Way) -> list[tuple[Way, Seen]]:
        text = node.text().replace("?.", ".")
        if text in way.names:
            return [(way, way.names[text])]
        holder, index = node.field("object"), node.field("index")
        if holder is None:
            return [(way, OTHER)]
        if index is None:
            name = node.field("property")
            said = None if name is None else name.text()
            ends = self._value(holder, way)
            return [(self._of_index(end, seen, node), part(seen, said)) for end, seen in ends]
        said = string(index) if index.kind() != "number" else index.text()
        found: list[tuple[Way, Seen]] = []
        for one, seen in self._value(holder, way):
            for end, by in self._value(index, one):
                got = part(seen, said)
                by_claim = by.kind in {Kind.CLAIM, Kind.NOTHING}
                if said is None and by_claim and seen.kind is Kind.OTHER:
                    got = Seen(Kind.INDEXED)  # `keys[token]`
                found.append((end, got))
        return found

    def _of_index(self, way: Way, seen: Seen, node: SgNode) -> Way:
        """`keys[token].user`, which throws where there is no such key."""
        if seen.kind is not Kind.INDEXED or is_optional(node):
            return way
        self._throw(replace(way, failed=True))
        return replace(way, who=True)

    def _assign(self, node: SgNode, way: Way) -> list[tuple[Way, Seen]]:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return [(way, OTHER)]
        found: list[tuple[Way, Seen]] = []
        for end, seen in self._value(right, way):
            names = dict(end.names)
            if left.kind() in {"member_expression", "subscript_expression"}:
                names[left.text().replace("?.", ".")] = seen
            else:
                bind(left, seen, names)
            found.append((replace(end, names=names), seen))
        return found

    def _ternary(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        condition = node.field("condition")
        sides = node.field("consequence"), node.field("alternative")
        if condition is None or sides[0] is None or sides[1] is None:
            return [(way, OTHER)]
        found: list[tuple[Way, Seen]] = []
        for one, holds in self._decided(condition, way):
            side = sides[0] if holds else sides[1]
            found += self._value(side, one, awaited=awaited)
        return fewer(found)

    def _binary(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        sign, left, right = node.field("operator"), node.field("left"), node.field("right")
        if sign is None or left is None or right is None:
            return [(way, OTHER)]
        if sign.text() not in {"&&", "||", "??"}:
            return self._all([left, right], way)
        wanted = sign.text() == "&&"
        found: list[tuple[Way, Seen]] = []
        for one, seen in self._value(left, way):
            after = self._value(right, one, awaited=awaited)
            if all(end == one for end, _ in after):  # it does nothing: no two ways
                ends_here = wanted and seen.kind is Kind.NOTHING
                found += [
                    (one, NOTHING if ends_here else together(seen, more)) for _, more in after
                ]
                continue
            is_whole = opened(left).kind() in {"binary_expression", "unary_expression"}
            sides = self._decided(left, way) if is_whole else asked_of(seen, one, short(left))
            for end, holds in sides:
                if holds is wanted:
                    found += self._value(right, end, awaited=awaited)
                else:
                    found.append((end, NOTHING if wanted else seen))
            if is_whole:
                break
        return fewer(found)
