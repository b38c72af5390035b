"""What expressions of Python come to. Nothing is run: what is not plain stays `Unknown`."""

import ast
import builtins
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from skillconnect_ops.code.fastapi_natives import method_of
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Asked,
    Class,
    Env,
    External,
    Function,
    Instance,
    Lazy,
    Made,
    Member,
    Method,
    ModuleValue,
    Unknown,
    parts,
    short,
)

_LONGEST = 5_000
_MOST_ROUNDS = 200
_PLAIN = (str, bytes, int, float, bool, type(None))
_BUILTINS = frozenset(dir(builtins))
_OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
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


class Evaluation(ABC):
    """Works out expressions; what statements and calls do is up to the class that is made of it."""

    def __init__(self, budget: int) -> None:
        self.left = budget

    def spend(self) -> bool:
        """Use up a step; whether there was one left."""
        self.left -= 1
        return self.left > 0

    @abstractmethod
    def call(self, callee: Any, node: ast.Call, env: Env) -> Any:
        """What a call gives."""

    @abstractmethod
    def attribute(self, value: Any, name: str, node: ast.AST, env: Env) -> Any:
        """What an attribute of a value is."""

    @abstractmethod
    def resolved(self, lazy: Lazy) -> Any:
        """What an imported name means."""

    @abstractmethod
    def asked_for(self, value: Any, key: Any) -> None:
        """Hear that something is taken out of a value that is not told."""

    @abstractmethod
    def assigned(self, target: ast.expr, value: Any, env: Env) -> None:
        """Give a name, or what is like one, a value."""

    def name(self, name: str, env: Env) -> Any:
        """What a name means."""
        found = env.lookup(name)
        if isinstance(found, Lazy):
            found = self.resolved(found)
            home: Env | None = env
            while home is not None and name not in home.names:
                home = home.parent
            if home is not None:
                home.names[name] = found
        if found is MISSING:
            return External(f"builtins.{name}") if name in _BUILTINS else _unbound(name)
        return found

    def value(self, node: ast.expr | None, env: Env) -> Any:
        """What an expression comes to."""
        if node is None:
            return None
        if not self.spend():
            return Unknown(short(node), "there is too much of it to be followed")
        work = getattr(self, f"_{type(node).__name__}", None)
        if work is None:
            return Unknown(short(node), "it is computed")
        try:
            return work(node, env)
        except (TypeError, ValueError, KeyError, IndexError, ArithmeticError, AttributeError):
            return Unknown(short(node), "it is computed")

    # one a kind of expression

    def _Constant(self, node: ast.Constant, _: Env) -> Any:
        return node.value

    def _Name(self, node: ast.Name, env: Env) -> Any:
        return self.name(node.id, env)

    def _Attribute(self, node: ast.Attribute, env: Env) -> Any:
        return self.attribute(self.value(node.value, env), node.attr, node, env)

    def _Await(self, node: ast.Await, env: Env) -> Any:
        return self.value(node.value, env)

    def _Call(self, node: ast.Call, env: Env) -> Any:
        return self.call(self.value(node.func, env), node, env)

    def _Tuple(self, node: ast.Tuple, env: Env) -> Any:
        return tuple(self._several(node.elts, env))

    def _List(self, node: ast.List, env: Env) -> Any:
        return list(self._several(node.elts, env))

    def _Set(self, node: ast.Set, env: Env) -> Any:
        return frozenset(self._several(node.elts, env))

    def _Dict(self, node: ast.Dict, env: Env) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            told = self.value(value, env)
            if key is not None:
                found[self.value(key, env)] = told
            elif isinstance(told, dict):
                found |= told
            else:
                found["..."] = told
        return found

    def _JoinedStr(self, node: ast.JoinedStr, env: Env) -> Any:
        return self._joined(node, [self.value(one, env) for one in node.values])

    def _FormattedValue(self, node: ast.FormattedValue, env: Env) -> Any:
        found = self.value(node.value, env)
        if isinstance(found, Member):
            found = found.value
        if isinstance(found, Unknown) or (node.format_spec is None and node.conversion == -1):
            return str(found) if isinstance(found, int | float) else found
        return Unknown(short(node), "it is formatted")

    def _BinOp(self, node: ast.BinOp, env: Env) -> Any:
        left, right = self.value(node.left, env), self.value(node.right, env)
        work = _OPERATORS.get(type(node.op))
        if work is None:
            return Unknown(short(node), "it is computed")
        if isinstance(node.op, ast.BitOr) and isinstance(left, External | Class | Made):
            return Made(External("typing.Union"), [left, right], {}, node, env.module)
        if isinstance(node.op, ast.Add) and any(isinstance(each, str) for each in (left, right)):
            return self._joined(node, [left, right])
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return Unknown(short(node), "it is computed", options=(left, right))
        if isinstance(node.op, ast.Pow) and not (right < 64 and left < 2**64):
            return Unknown(short(node), "it is large")
        if isinstance(node.op, ast.Mult) and max(_size(left), _size(right)) > _LONGEST:
            return Unknown(short(node), "it is large")
        return work(left, right)

    def _BoolOp(self, node: ast.BoolOp, env: Env) -> Any:
        stops = isinstance(node.op, ast.Or)
        doubtful: list[Any] = []
        found: Any = None
        for one in node.values:
            found = self.value(one, env)
            told = truth(found)
            if told is stops:
                # what decides it by itself does so, whatever came before
                return found if not doubtful else self._either(node, [*doubtful, found], stops)
            if told is None:
                doubtful.append(found)
        if doubtful:
            return self._either(node, [*doubtful, found], None)
        return found

    def _either(self, node: ast.expr, values: list[Any], told: bool | None) -> Any:
        if told is not None and all(isinstance(one, Unknown | bool) for one in values):
            return told
        reason = next((one.reason for one in values if isinstance(one, Unknown)), "it depends")
        outside = isinstance(values[0], Unknown) and values[0].outside
        default = values[-1] if outside and isinstance(values[-1], str) else MISSING
        return Unknown(short(node), reason, default, outside, tuple(values))

    def _UnaryOp(self, node: ast.UnaryOp, env: Env) -> Any:
        found = self.value(node.operand, env)
        if isinstance(node.op, ast.Not):
            told = truth(found)
            return Unknown(short(node), "it depends") if told is None else not told
        if isinstance(node.op, ast.USub) and isinstance(found, int | float):
            return -found
        return Unknown(short(node), "it is computed")

    def _Compare(self, node: ast.Compare, env: Env) -> Any:
        left = self.value(node.left, env)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other, env)
            told = _compared(sign, left, right)
            if told is None and isinstance(sign, ast.Eq | ast.NotEq):
                told = isinstance(sign, ast.NotEq) if _differ(left, right) else None
            if told is None:
                return Unknown(short(node), "it depends")
            if told is False:
                return False
            left = right
        return True

    def _IfExp(self, node: ast.IfExp, env: Env) -> Any:
        told = truth(self.value(node.test, env))
        if told is not None:
            return self.value(node.body if told else node.orelse, env)
        options = (self.value(node.body, env), self.value(node.orelse, env))
        return Unknown(
            short(node), f"it depends on {short(node.test)}", options=options, is_choice=True
        )

    def _NamedExpr(self, node: ast.NamedExpr, env: Env) -> Any:
        found = self.value(node.value, env)
        self.assigned(node.target, found, env)
        return found

    def _Lambda(self, node: ast.Lambda, env: Env) -> Any:
        return Function(node, env, env.owner)

    def _Starred(self, node: ast.Starred, env: Env) -> Any:
        return self.value(node.value, env)

    def _Subscript(self, node: ast.Subscript, env: Env) -> Any:
        held = self.value(node.value, env)
        if isinstance(held, External | Class):  # Annotated[…], list[…]
            return Made(_external(held), [self.value(node.slice, env)], {}, node, env.module)
        key = self.value(node.slice, env)
        if isinstance(held, Asked):
            return self.attribute(held, key, node, env) if isinstance(key, str) else _of(node)
        if isinstance(held, Unknown | Instance):
            self.asked_for(held, key)
            outside = isinstance(held, Unknown) and held.outside
            reason = held.reason if isinstance(held, Unknown) else "it is looked up"
            return Unknown(short(node), reason, outside=outside)
        if isinstance(key, Unknown):
            return Unknown(short(node), "it is looked up", options=_values_of(held))
        return held[key]

    def _Slice(self, node: ast.Slice, env: Env) -> Any:
        ends = [self.value(one, env) for one in (node.lower, node.upper, node.step)]
        if any(isinstance(one, Unknown) for one in ends):
            return Unknown(short(node), "it is computed")
        return slice(*ends)

    def _ListComp(self, node: ast.ListComp, env: Env) -> Any:
        return self._each(node, [node.elt], env, list)

    def _GeneratorExp(self, node: ast.GeneratorExp, env: Env) -> Any:
        return self._each(node, [node.elt], env, list)

    def _SetComp(self, node: ast.SetComp, env: Env) -> Any:
        return self._each(node, [node.elt], env, frozenset)

    def _DictComp(self, node: ast.DictComp, env: Env) -> Any:
        return self._each(node, [node.key, node.value], env, dict)

    def _each(
        self,
        node: "ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp",
        wanted: list[ast.expr],
        env: Env,
        made: Callable[[list[Any]], Any],
    ) -> Any:
        inner = Env(env.module, env, owner=env.owner)
        found: list[Any] = []
        whole = True
        for sure in self._rounds(node.generators, inner):
            told = [self.value(one, inner) for one in wanted]
            found.append(told[0] if len(told) == 1 else tuple(told))
            whole = whole and sure
        if whole:
            return made(found)
        first = self.value(node.generators[0].iter, env)
        outside = isinstance(first, Unknown) and first.outside
        why = "what it goes through is not told"
        return Unknown(short(node), why, outside=outside, options=tuple(found))

    def _rounds(self, ahead: list[ast.comprehension], env: Env) -> Iterator[bool]:
        """Each round of a comprehension, and whether it is one that happens."""
        if not ahead:
            yield True
            return
        first = ahead[0]
        over = items(self.value(first.iter, env))
        sure = over is not None
        for one in [_of(first.iter)] if over is None else over[:_MOST_ROUNDS]:
            self.assigned(first.target, one, env)
            told = [truth(self.value(test, env)) for test in first.ifs]
            if False in told:
                continue
            for inner in self._rounds(ahead[1:], env):
                yield inner and sure and None not in told
        if not sure:
            yield from ()

    def _several(self, nodes: list[ast.expr], env: Env) -> Iterator[Any]:
        for one in nodes:
            found = self.value(one, env)
            if not isinstance(one, ast.Starred):
                yield found
                continue
            over = items(found)
            yield from [found] if over is None else over

    def _joined(self, node: ast.expr, values: list[Any]) -> Any:
        if all(isinstance(one, str) for one in values):
            return "".join(values)
        told = [one.default if isinstance(one, Unknown) else one for one in values]
        shown_ones = [
            text if isinstance(text, str) else f"<{getattr(one, 'text', one)}>"
            for one, text in zip(values, told, strict=True)
        ]
        lost = next((one for one in values if isinstance(one, Unknown)), None)
        outside = any(isinstance(one, Unknown) and one.outside for one in values)
        why = "it is put together" if lost is None else lost.reason
        return Unknown(short(node), why, "".join(shown_ones), outside, tuple(values))


def items(value: Any) -> list[Any] | None:
    """What a value goes through; None where that is not told."""
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, str):
        return list(value)[:_MOST_ROUNDS]
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


def _compared(sign: ast.cmpop, left: Any, right: Any) -> bool | None:
    if isinstance(sign, ast.Is | ast.IsNot) and (left is None or right is None):
        other = right if left is None else left
        if isinstance(other, Unknown | External | Asked) or getattr(other, "typed", False):
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
    """Whether two values cannot be equal: all that each may be is told, and has nothing in common."""
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


def _size(value: Any) -> int:
    if isinstance(value, str | bytes | list | tuple):
        return len(value)
    return 0


def _unbound(name: str) -> Unknown:
    return Unknown(name, f"what {name} is, is not told")


def _of(node: ast.AST) -> Unknown:
    return Unknown(short(node), "it is computed")


def _external(held: External | Class) -> External:
    return held if isinstance(held, External) else External(f"project.{held.name}")


def _values_of(held: Any) -> tuple[Any, ...]:
    if isinstance(held, dict):
        return tuple(held.values())
    return tuple(held) if isinstance(held, list | tuple) else ()
