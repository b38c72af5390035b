"""What operators and comparisons of Python come to, and what values count as."""

import ast
import operator
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from skillconnect_ops.code.fastapi_natives import method_of
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Asked,
    Class,
    External,
    Function,
    Instance,
    Made,
    Member,
    Method,
    Unknown,
    parts,
)

_LONGEST = 5_000
_MOST_POWER, _MOST_BASE = 64, 2**64
MOST_ROUNDS = 200
"""So many rounds of a loop are followed."""
_PLAIN = (str, bytes, int, float, bool, type(None))
OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.Pow: operator.pow,
}
_COMPARISONS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
ENUMS = ("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag")


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; None where that is not told."""
    if isinstance(value, Unknown):
        told = {truth(one) for one in value.options}
        return told.pop() if len(told) == 1 else None
    if isinstance(value, Method | External | Asked | Made):
        return None
    if isinstance(value, Instance):
        return None if value.typed else True
    try:
        return bool(value)
    except (TypeError, ValueError):
        return None


def is_told(value: Any) -> bool:
    """Whether all of a value is plain."""
    return all(
        isinstance(one, (*_PLAIN, list, tuple, dict, set, frozenset, Member))
        for one in parts(value)
    )


def items(value: Any) -> list[Any] | None:
    """What a value goes through; None where that is not told."""
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, str):
        return list(value)[:MOST_ROUNDS]
    if isinstance(value, Class) and value.is_a(*ENUMS):
        return [
            Member(value, name, one)
            for name, one in value.env.names.items()
            if not name.startswith("_") and not isinstance(one, Function)
        ]
    return None


def plain_attribute(value: Any, name: str) -> Any:
    """An attribute of a value that stands for itself; MISSING where nothing is known of it."""
    if isinstance(value, Member):
        return {"value": value.value, "name": value.name}.get(name, MISSING)
    if isinstance(value, External):
        return _of_external(value, name)
    if isinstance(value, str | bytes | list | tuple | dict | set | frozenset):
        return Method(value, name) if method_of(value, name) is not None else MISSING
    return MISSING


def _of_external(value: External, name: str) -> Any:
    if value.last == "HTTPStatus" and name in HTTPStatus.__members__:
        return HTTPStatus[name].value
    if value.last == "status" and name.startswith("HTTP_"):
        digits = name[5:8]
        return int(digits) if digits.isdigit() else External(f"{value.name}.{name}")
    return External(f"{value.name}.{name}")


def compared(sign: ast.cmpop, left: Any, right: Any) -> bool | None:
    """What a comparison comes to; None where that is not told."""
    told = _compared(sign, left, right)
    if told is None and isinstance(sign, ast.Eq | ast.NotEq) and _differ(left, right):
        return isinstance(sign, ast.NotEq)
    return told


def _compared(sign: ast.cmpop, left: Any, right: Any) -> bool | None:
    if isinstance(sign, ast.Is | ast.IsNot) and (left is None or right is None):
        other = right if left is None else left
        if isinstance(other, Unknown | External | Asked | Made | Method) or getattr(
            other, "typed", False
        ):
            return None
        return (other is None) is isinstance(sign, ast.Is)
    if isinstance(sign, ast.In | ast.NotIn) and isinstance(right, list | tuple | dict | frozenset):
        if not is_told(list(right) if isinstance(right, dict) else right):
            return None
        right = [_bare(one) for one in right]
    elif not is_told(right):
        return None
    if not is_told(left):
        return None
    work = _COMPARISONS.get(type(sign))
    return None if work is None else bool(work(_bare(left), _bare(right)))


def _differ(left: Any, right: Any) -> bool:
    """Whether two values cannot be equal: what each may be is told, and nothing is in both."""
    one, other = _texts(left), _texts(right)
    return bool(one and other) and not one & other


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if not isinstance(value, Unknown) or not value.options or not value.is_choice:
        return set()
    several = [_texts(one) for one in value.options]
    return set[str]().union(*several) if all(several) else set()


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Member) else value


def is_key(value: Any) -> bool:
    """Whether a value may stand in a set, and be looked up there in a moment."""
    return not isinstance(value, list | dict | set | Unknown) and (
        not isinstance(value, tuple | frozenset) or is_told(value)
    )


def is_large(sign: ast.operator, left: Any, right: Any) -> bool:
    """Whether what two values come to may be large, so that it is not worked out."""
    if isinstance(sign, ast.Pow):
        return not (right < _MOST_POWER and abs(left) < _MOST_BASE)
    if isinstance(sign, ast.Mult):
        times = [one for one in (left, right) if isinstance(one, int | float)]
        return len(times) == 1 and (_size(left) + _size(right)) * times[0] > _LONGEST
    if isinstance(sign, ast.Mod) and not isinstance(left, int | float):
        return True  # `"%1000000000d" % 1`
    return _size(left) + _size(right) > _LONGEST


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple | dict) else 0
