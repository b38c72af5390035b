"""What expressions of Python come to. Nothing is run: what is not plain stays `Unknown`."""

import ast
import builtins
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from skillconnect_ops.code.fastapi_operators import (
    MOST_ROUNDS,
    OPERATORS,
    compared,
    is_key,
    is_large,
    is_told,
    items,
    truth,
)
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    SENT,
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
    Unknown,
    short,
    shown,
)

_LONGEST = 5_000
_SAME = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_BUILTINS = frozenset(dir(builtins))
_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")


@cache
def method_name(prefix: str, kind: str) -> str:
    """The name of the method that is for a kind of node: `_of_list_comp` for `ListComp`."""
    return prefix + _CAPITALS.sub("_", kind).lower()


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
    def asked_for(self, value: Any, key: Any, node: ast.AST, env: Env) -> None:
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
        work = getattr(self, method_name("_of_", type(node).__name__), None)
        if work is None:
            return Unknown(short(node), "it is computed")
        try:
            return work(node, env)
        except (TypeError, ValueError, KeyError, IndexError, ArithmeticError, AttributeError):
            return Unknown(short(node), "it is computed")

    # one a kind of expression

    def _of_constant(self, node: ast.Constant, _: Env) -> Any:
        return node.value

    def _of_name(self, node: ast.Name, env: Env) -> Any:
        return self.name(node.id, env)

    def _of_attribute(self, node: ast.Attribute, env: Env) -> Any:
        return self.attribute(self.value(node.value, env), node.attr, node, env)

    def _of_await(self, node: ast.Await, env: Env) -> Any:
        return self.value(node.value, env)

    def _of_call(self, node: ast.Call, env: Env) -> Any:
        return self.call(self.value(node.func, env), node, env)

    def _of_tuple(self, node: ast.Tuple, env: Env) -> Any:
        return tuple(self._several(node.elts, env))

    def _of_list(self, node: ast.List, env: Env) -> Any:
        return list(self._several(node.elts, env))

    def _of_set(self, node: ast.Set, env: Env) -> Any:
        return _set(node, list(self._several(node.elts, env)))

    def _of_dict(self, node: ast.Dict, env: Env) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            told = self.value(value, env)
            name = self.value(key, env) if key is not None else None
            if key is not None:
                found[name if is_key(name) else "..."] = told
            elif isinstance(told, dict):
                found |= told
            else:
                found["..."] = told
        return found

    def _of_joined_str(self, node: ast.JoinedStr, env: Env) -> Any:
        return self._joined(node, [self.value(one, env) for one in node.values])

    def _of_formatted_value(self, node: ast.FormattedValue, env: Env) -> Any:
        found = self.value(node.value, env)
        if isinstance(found, Member):
            found = found.value
        if isinstance(found, Unknown) or (node.format_spec is None and node.conversion == -1):
            return str(found) if isinstance(found, int | float) else found
        return Unknown(short(node), "it is formatted")

    def _of_bin_op(self, node: ast.BinOp, env: Env) -> Any:
        left, right = self.value(node.left, env), self.value(node.right, env)
        work = OPERATORS.get(type(node.op))
        if work is None:
            return Unknown(short(node), "it is computed")
        if isinstance(node.op, ast.BitOr) and isinstance(left, External | Class | Made):
            return Made(External("typing.Union"), [left, right], {}, node, env.module)
        if isinstance(node.op, ast.Add) and any(isinstance(each, str) for each in (left, right)):
            return self._joined(node, [left, right])
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return Unknown(short(node), "it is computed", options=(left, right))
        if is_large(node.op, left, right):
            return Unknown(short(node), "it is large")
        return work(left, right)

    def _of_bool_op(self, node: ast.BoolOp, env: Env) -> Any:
        stops = isinstance(node.op, ast.Or)
        doubtful: list[Any] = []
        found: Any = None
        for one in node.values:
            found = self.value(one, env)
            told = truth(found)
            if told is stops:
                # what decides it by itself does so, whatever came before
                return found if not doubtful else self._either(node, [*doubtful, found], told=stops)
            if told is None:
                doubtful.append(found)
        if doubtful:
            return self._either(node, [*doubtful, found], told=None)
        return found

    def _either(self, node: ast.expr, values: list[Any], *, told: bool | None) -> Any:
        if told is not None and all(isinstance(one, Unknown | bool) for one in values):
            return told
        reason = next((one.reason for one in values if isinstance(one, Unknown)), "it depends")
        outside = isinstance(values[0], Unknown) and values[0].outside
        default = values[-1] if outside and isinstance(values[-1], str) else MISSING
        return Unknown(short(node), reason, default, outside, tuple(values))

    def _of_unary_op(self, node: ast.UnaryOp, env: Env) -> Any:
        found = self.value(node.operand, env)
        if isinstance(node.op, ast.Not):
            told = truth(found)
            lost = Unknown(short(node), _why(found), options=(found,))
            return lost if told is None else not told
        if isinstance(node.op, ast.USub) and isinstance(found, int | float):
            return -found
        return Unknown(short(node), "it is computed")

    def _of_compare(self, node: ast.Compare, env: Env) -> Any:
        left = self.value(node.left, env)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other, env)
            told = compared(sign, left, right)
            if told is None:
                is_there = right is None and len(node.ops) == 1
                asked = (left,) if is_told(right) and isinstance(sign, _SAME) else ()
                why = _why(left) if is_there else "it depends"
                return Unknown(short(node), why, options=asked)
            if told is False:
                return False
            left = right
        return True

    def _of_if_exp(self, node: ast.IfExp, env: Env) -> Any:
        told = truth(self.value(node.test, env))
        if told is not None:
            return self.value(node.body if told else node.orelse, env)
        options = (self.value(node.body, env), self.value(node.orelse, env))
        return Unknown(
            short(node), f"it depends on {short(node.test)}", options=options, is_choice=True
        )

    def _of_named_expr(self, node: ast.NamedExpr, env: Env) -> Any:
        found = self.value(node.value, env)
        self.assigned(node.target, found, env)
        return found

    def _of_lambda(self, node: ast.Lambda, env: Env) -> Any:
        return Function(node, env, env.owner)

    def _of_starred(self, node: ast.Starred, env: Env) -> Any:
        return self.value(node.value, env)

    def _of_subscript(self, node: ast.Subscript, env: Env) -> Any:
        held = self.value(node.value, env)
        if isinstance(held, External | Class):  # Annotated[…], list[…]
            return Made(_external(held), [self.value(node.slice, env)], {}, node, env.module)
        key = self.value(node.slice, env)
        if isinstance(held, Asked):
            return self.attribute(held, key, node, env) if isinstance(key, str) else _of(node)
        if isinstance(held, Method) and isinstance(held.of, Asked):
            self.asked_for(held.of, key, node, env)
            return Unknown(short(node), SENT)
        if isinstance(held, Unknown | Instance):
            self.asked_for(held, key, node, env)
            outside = isinstance(held, Unknown) and held.outside
            reason = held.reason if isinstance(held, Unknown) else "it is looked up"
            return Unknown(short(node), reason, outside=outside)
        if isinstance(key, Unknown):
            return Unknown(short(node), "it is looked up", options=_values_of(held))
        return held[key]

    def _of_slice(self, node: ast.Slice, env: Env) -> Any:
        ends = [self.value(one, env) for one in (node.lower, node.upper, node.step)]
        if any(isinstance(one, Unknown) for one in ends):
            return Unknown(short(node), "it is computed")
        return slice(*ends)

    def _of_list_comp(self, node: ast.ListComp, env: Env) -> Any:
        return self._each(node, [node.elt], env, list)

    def _of_generator_exp(self, node: ast.GeneratorExp, env: Env) -> Any:
        return self._each(node, [node.elt], env, list)

    def _of_set_comp(self, node: ast.SetComp, env: Env) -> Any:
        return self._each(node, [node.elt], env, partial(_set, node))

    def _of_dict_comp(self, node: ast.DictComp, env: Env) -> Any:
        return self._each(node, [node.key, node.value], env, _dict)

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
        for one in [_of(first.iter)] if over is None else over[:MOST_ROUNDS]:
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
            told = "".join(values)
            return told if len(told) < _LONGEST else Unknown(short(node), "it is large")
        shown_ones = [shown(one) for one in values]
        lost = next((one for one in values if isinstance(one, Unknown)), None)
        outside = any(isinstance(one, Unknown) and one.outside for one in values)
        why = "it is put together" if lost is None else lost.reason
        return Unknown(short(node), why, "".join(shown_ones), outside, tuple(values))


def _why(value: Any) -> str:
    """Why it is not told whether something is there."""
    return value.reason if isinstance(value, Unknown) else "it depends"


def _set(node: ast.expr, values: list[Any]) -> Any:
    if all(map(is_key, values)):
        return frozenset(values)
    return Unknown(short(node), "not all of it is told", options=tuple(values))


def _dict(pairs: list[Any]) -> dict[Any, Any]:
    return {name if is_key(name) else "...": value for name, value in pairs}


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
