"""Literals of JavaScript as plain data."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.javascript_value import (
    Expression,
    Nothing,
    Text,
    Undecided,
    Value,
    reason,
    short,
)
from skillconnect_ops.code.syntax import arguments, string

if TYPE_CHECKING:  # each is made of the other
    from skillconnect_ops.code.javascript_values import Values

_WHOLE_NUMBERS = frozenset({"NumberInt", "NumberLong", "Int32", "Long", "Double", "Number"})
_DATES = frozenset({"Date", "ISODate"})


class TooLarge(Undecided):
    """Working it out takes too long: a few lines can stand for a milliard letters."""


_MOST_STEPS = 20_000
_MOST_LETTERS = 10_000


class Literals:
    """Works out what literals hold, also where they are put together by operators."""

    def __init__(self, values: "Values") -> None:
        self._values = values
        self._depth = 0
        self._left = 0

    def plain(self, value: Value) -> Any:
        """A value as plain data: dicts keep their order; dates are Extended JSON.

        Raises:
            Undecided: the text does not tell it.
        """
        if not self._depth:
            self._left = _MOST_STEPS
        self._left -= 1
        if self._left < 0:
            raise TooLarge("it is too large to be worked out")
        self._depth += 1
        try:
            match value:
                case Text(text):
                    return text
                case Nothing():
                    return None
                case Expression():
                    return self._plain(value)
            raise Undecided(reason(value))
        finally:
            self._depth -= 1

    def _plain(self, value: Expression) -> Any:  # noqa: PLR0911 - one a kind of node
        node = value.node
        match node.kind():
            case "string":
                return string(node) or ""
            case "template_string":
                return self._template(value)
            case "number":
                return _number(node.text())
            case "true" | "false":
                return node.kind() == "true"
            case "null":
                return None
            case "unary_expression":
                return self._unary(value)
            case "binary_expression":
                return self._binary(value)
            case "object":
                return self._dict(value)
            case "array":
                parts = self._values.elements(value)
                if parts is None:
                    raise Undecided(f"{short(node)} is not told")
                return [self.plain(each) for each in parts]
            case "new_expression" | "call_expression":
                return self._constructed(value)
        raise Undecided(f"{short(node)} is decided at run time")

    def _dict(self, value: Expression) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, part in self._values.entries(value):
            if name is None:
                raise Undecided(reason(part))
            if not isinstance(part, Nothing):
                found[name] = self.plain(part)
        return found

    def _template(self, value: Expression) -> str:
        words: list[str] = []
        for part in value.node.children():
            if part.kind() == "template_substitution":
                inner = part.named_children()
                words.append(
                    str(self._values.plain(self._values.of(value.module, inner[0], value.frame)))
                )
            elif part.kind() in {"string_fragment", "escape_sequence"}:
                words.append(part.text())
        return "".join(words)

    def _unary(self, value: Expression) -> Any:
        sign, inner = value.node.field("operator"), value.node.field("argument")
        if sign is not None and inner is not None:
            got = self._values.plain(self._values.of(value.module, inner, value.frame))
            if sign.text() == "!":
                return not got
            if sign.text() in {"-", "+"} and isinstance(got, int | float):
                return -got if sign.text() == "-" else got
        raise Undecided(f"{short(value.node)} is decided at run time")

    def _binary(self, value: Expression) -> Any:
        sign = value.node.field("operator")
        left, right = value.node.field("left"), value.node.field("right")
        compute = _OPERATORS.get(sign.text()) if sign is not None else None
        if compute is None or left is None or right is None:
            raise Undecided(f"{short(value.node)} is decided at run time")
        one = self._values.plain(self._values.of(value.module, left, value.frame))
        other = self._values.plain(self._values.of(value.module, right, value.frame))
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        texts = isinstance(one, str) and isinstance(other, str) and compute is operator.add
        if not numbers and not texts:
            raise Undecided(f"{short(value.node)} is decided at run time")
        try:
            got = compute(one, other)
        except (ArithmeticError, ValueError) as error:
            raise Undecided(f"{short(value.node)} is no number") from error
        if isinstance(got, str) and len(got) > _MOST_LETTERS:
            raise TooLarge(f"{short(value.node)} is too long to be worked out")
        return int(got) if isinstance(got, float) and got.is_integer() else got

    def _constructed(self, value: Expression) -> Any:
        """`new Date("…")`, `NumberInt(1)`, `new Map([["a", 1]])`."""
        node = value.node
        maker = node.field("constructor") or node.field("function")
        name = maker.text().rpartition(".")[2] if maker is not None else ""
        given = arguments(node)
        if len(given) == 1:
            if name in _WHOLE_NUMBERS or (maker is not None and maker.text() == "Long.fromNumber"):
                got = self._values.plain(self._values.of(value.module, given[0], value.frame))
                return _number(got) if isinstance(got, str) else got
            if name in _DATES:
                got = self._values.plain(self._values.of(value.module, given[0], value.frame))
                if isinstance(got, str):
                    return {"$date": got}
            if name == "Map":
                got = self._values.plain(self._values.of(value.module, given[0], value.frame))
                if isinstance(got, list) and all(isinstance(p, list) and len(p) == 2 for p in got):
                    return {str(one): other for one, other in got}
        raise Undecided(f"{short(node)} is decided at run time")


def _number(text: str) -> int | float:
    plain = text.replace("_", "").removesuffix("n")
    try:
        return int(plain, 0) if not plain.isdigit() else int(plain)
    except ValueError:
        pass
    try:
        found = float(plain)
    except ValueError as error:
        raise Undecided(f"{text} is no number") from error
    return int(found) if found.is_integer() else found


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "**": math.pow,
}
