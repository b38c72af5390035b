"""Conditions that ask which environment a program runs in, as far as their text tells.

A condition is a text as `Middleware.condition` holds it: parts joined by ` and `, each of them
perhaps after `not `. Each part is read as the expression that it is, never searched: `!(a === b)`
and `a === b ? false : true` say the opposite of what stands in them.

Two questions are told apart. A protection is there only if it is there in production; code is worth
looking at wherever others use it, and that is staging, too.
"""

import re
from enum import Enum
from functools import lru_cache

from ast_grep_py import SgNode, SgRoot

from skillconnect_ops.code.javascript_value import bare, short
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, key, string


class _Place(Enum):
    """Where a program runs."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"


class _Unknown(Enum):
    """A value that the text does not tell, and the name of the environment."""

    UNTOLD = "untold"
    ENVIRONMENT = "environment"


_UNTOLD, _ENVIRONMENT = _Unknown.UNTOLD, _Unknown.ENVIRONMENT
_Told = str | bool | float | None | _Unknown

_WORDS = {
    **dict.fromkeys(("production", "prod"), _Place.PRODUCTION),
    **dict.fromkeys(("staging", "stage", "preprod", "pre-production", "uat"), _Place.STAGING),
    **dict.fromkeys(
        ("dev", "develop", "development", "test", "testing", "local"), _Place.DEVELOPMENT
    ),
}
"""What environments are called."""
_NAMES = re.compile(
    r"(?:NODE|APP|APPLICATION|DEPLOY|DEPLOYMENT|SERVER|RUNTIME|RAILS|EXPRESS)_ENV(?:IRONMENT)?"
    r"|ENV(?:IRONMENT)?|nodeEnv|node_env|appEnv|app_env|environment",
)
"""What holds the name of the environment, whatever it is a part of."""
_OF_SETTINGS = re.compile(r"(?:\w*(?:[cC]onfig\w*|[sS]ettings?|CONFIG|SETTINGS)|app|server|cfg)")
_OF_REQUESTS = frozenset({"req", "request", "ctx", "res", "response", "body", "query", "params"})
_SAYS = tuple(
    (re.compile(words, re.IGNORECASE), told)
    for words, told in (
        (r"(?:(?:is|in)_?)?prod(?:uction)?(?:_?(?:mode|env|environment))?", _Place.PRODUCTION),
        (r"(?:is|in)_?stag(?:e|ing)(?:_?(?:mode|env|environment))?", _Place.STAGING),
        (r"is_?(?:dev|development|test|testing|debug)", _Place.DEVELOPMENT),
    )
)
_SAME = frozenset({"toLowerCase", "trim", "toString", "valueOf"})
_GETS = frozenset({"get", "getEnv", "getOrThrow", "has"})
_EQUAL = {"===": True, "==": True, "!==": False, "!=": False}


def in_production(condition: str | None) -> bool | None:
    """Whether a condition holds where the program serves its users; None of what is not told.

    No condition holds always.
    """
    return True if condition is None else _holds(condition, _Place.PRODUCTION)


def is_served(condition: str | None) -> bool:
    """Whether what stands under a condition may run where others use it: also in staging alone.

    What is there wherever it is not production is meant for those who write it.
    """
    if condition is None or _holds(condition, _Place.PRODUCTION) is not False:
        return True
    for_all = _holds(condition, _Place.DEVELOPMENT) is not False
    return not for_all and _holds(condition, _Place.STAGING) is not False


@lru_cache(maxsize=4_096)
def _holds(condition: str, place: _Place) -> bool | None:
    told = [_part(part, place) for part in condition.split(" and ")]
    if False in told:
        return False
    return None if None in told else True


def _part(part: str, place: _Place) -> bool | None:
    inner = part.removeprefix("not ")
    root = SgRoot(f"({inner})", "typescript").root()
    statements = root.named_children()
    if root.find(kind="ERROR") is not None or len(statements) != 1:
        return None
    expression = statements[0].named_children()
    if statements[0].kind() != "expression_statement" or len(expression) != 1:
        return None
    holds = _truth(_value(expression[0], place))
    return holds if holds is None or inner is part else not holds


def _truth(value: _Told) -> bool | None:
    if value is _UNTOLD:
        return None
    return True if value is _ENVIRONMENT else bool(value)


def _value(node: SgNode, place: _Place) -> _Told:  # noqa: PLR0911 - one a kind of node
    """What an expression is in a place."""
    node = bare(node)
    match node.kind():
        case "string" | "template_string":
            text = string(node)
            return _UNTOLD if text is None else text
        case "number":
            return float(node.text()) if node.text().isdigit() else _UNTOLD
        case "true" | "false":
            return node.kind() == "true"
        case "null" | "undefined":
            return None
        case "unary_expression":
            return _unary(node, place)
        case "binary_expression":
            return _binary(node, place)
        case "ternary_expression":
            return _ternary(node, place)
        case "identifier" | "member_expression" | "subscript_expression":
            return _named(node, place)
        case "call_expression":
            return _call(node, place)
    return _UNTOLD


def _unary(node: SgNode, place: _Place) -> _Told:
    sign, inner = node.field("operator"), node.field("argument")
    if sign is None or inner is None:
        return _UNTOLD
    if sign.text() == "-":
        value = _value(inner, place)
        return -value if isinstance(value, float) else _UNTOLD
    holds = _truth(_value(inner, place))
    return _UNTOLD if sign.text() != "!" or holds is None else not holds


def _ternary(node: SgNode, place: _Place) -> _Told:
    condition = node.field("condition")
    sides = [node.field("consequence"), node.field("alternative")]
    if condition is None or sides[0] is None or sides[1] is None:
        return _UNTOLD
    holds = _truth(_value(condition, place))
    if holds is not None:
        return _value(sides[0] if holds else sides[1], place)
    one, other = (_value(side, place) for side in sides if side is not None)
    return one if one == other else _UNTOLD


def _binary(node: SgNode, place: _Place) -> _Told:
    sign, left, right = node.field("operator"), node.field("left"), node.field("right")
    if sign is None or left is None or right is None:
        return _UNTOLD
    if sign.text() in {"&&", "||", "??"}:
        return _joined(sign.text(), left, right, place)
    if sign.text() == "in":
        return _is_key(left, right, place)
    one, other = _value(left, place), _value(right, place)
    if sign.text() in _EQUAL:
        same = _same(one, other, place, node)
        return _UNTOLD if same is None else same is _EQUAL[sign.text()]
    if isinstance(one, float) and isinstance(other, float):
        orders = {"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}
        return orders.get(sign.text(), _UNTOLD)
    return _UNTOLD


def _joined(sign: str, left: SgNode, right: SgNode, place: _Place) -> _Told:
    one = _value(left, place)
    if sign == "??":
        if one is _UNTOLD:
            return _UNTOLD
        return _value(right, place) if one is None else one
    holds = _truth(one)
    if holds is not None:
        return one if holds is (sign == "||") else _value(right, place)
    other = _truth(_value(right, place))
    decides = other is not None and other is (sign == "||")
    return other if decides else _UNTOLD


def _same(one: _Told, other: _Told, place: _Place, node: SgNode) -> bool | None:
    """Whether two values are equal; None of what is not told."""
    if _UNTOLD in {one, other}:
        return None
    if one is _ENVIRONMENT and other is _ENVIRONMENT:
        return True
    if one is _ENVIRONMENT or other is _ENVIRONMENT:
        word = other if one is _ENVIRONMENT else one
        return _is_called(word, place, node) if isinstance(word, str) else False
    return type(one) is type(other) and one == other


def _is_called(word: str, place: _Place, node: SgNode) -> bool | None:
    """Whether the environment has this name; None of a name that says nothing."""
    word = word.lower()
    if word not in _WORDS or (
        word == "local" and not re.search(r"[A-Z]_?ENV\b|\bENV(?:IRONMENT)?\b", node.text())
    ):
        return None  # `cfg.env === "local"` may be about anything
    return _WORDS[word] is place


def _named(  # noqa: PLR0911 - one a kind of name
    node: SgNode, place: _Place
) -> _Told:
    """`process.env.NODE_ENV`, `config.env`, `isProduction`."""
    name, root = _last(node), _first(node)
    if name is None or root in _OF_REQUESTS:
        return _UNTOLD
    holder = node.field("object")
    if _NAMES.fullmatch(name):
        return _ENVIRONMENT
    if holder is None:
        return _ENVIRONMENT if name == "env" else _said(name, place)
    if node.text().replace(" ", "").startswith("import.meta.env."):
        if name == "MODE":
            return _ENVIRONMENT
        return place is _Place.PRODUCTION if name == "PROD" else _UNTOLD
    if name == "env" and _OF_SETTINGS.fullmatch(_last(bare(holder)) or ""):
        return _ENVIRONMENT
    return _said(name, place)


def _said(name: str, place: _Place) -> _Told:
    """What a name says of the environment: `isDev`."""
    for words, told in _SAYS:
        if words.fullmatch(name):
            return told is place
    return _UNTOLD


def _last(node: SgNode) -> str | None:
    if node.kind() == "identifier":
        return node.text()
    if node.kind() == "member_expression":
        name = node.field("property")
        return None if name is None else name.text()
    index = node.field("index")
    return string(index) if index is not None else None


def _first(node: SgNode) -> str:
    base: SgNode | None = node
    while base is not None and base.kind() != "identifier":
        base = base.field("object") or base.field("function")
    return "" if base is None else base.text()


def _call(node: SgNode, place: _Place) -> _Told:  # noqa: PLR0911 - one a kind of call
    function, given = node.field("function"), arguments(node)
    if function is None:
        return _UNTOLD
    if function.kind() == "identifier":
        if function.text() in {"String", "Boolean"} and len(given) == 1:
            value = _value(given[0], place)
            holds = _truth(value)
            boxed = value if function.text() == "String" else holds
            return _UNTOLD if boxed is None else boxed
        return _said(function.text(), place) if not given else _UNTOLD
    if function.kind() != "member_expression":
        return _UNTOLD
    holder, name = function.field("object"), _last(function)
    if holder is None or name is None:
        return _UNTOLD
    if name in _SAME and not given:
        return _value(holder, place)
    if name in {"includes", "has", "indexOf"} and len(given) == 1:
        found = _is_listed(given[0], holder, place)
        if found is not _UNTOLD:
            return found if name != "indexOf" else (0.0 if found else -1.0)
    if name in _GETS and name != "has" and len(given) == 1 and _first(function) not in _OF_REQUESTS:
        asked = string(given[0]) or ""
        last = asked.rpartition(".")[2]
        is_one = _NAMES.fullmatch(last) or last == "env"
        return _ENVIRONMENT if is_one else _said(last, place)
    if name == "startsWith" and len(given) == 1 and _value(holder, place) is _ENVIRONMENT:
        begin = string(given[0])
        return _UNTOLD if begin is None else place.value.startswith(begin)
    return _said(name, place) if not given and _first(function) not in _OF_REQUESTS else _UNTOLD


def _is_listed(asked: SgNode, holder: SgNode, place: _Place) -> _Told:
    """`['production', 'staging'].includes(process.env.NODE_ENV)`."""
    holder = bare(holder)
    if holder.kind() == "new_expression":
        given = arguments(holder)
        holder = bare(given[0]) if given else holder
    if holder.kind() != "array" or _value(asked, place) is not _ENVIRONMENT:
        return _UNTOLD
    return _any(
        [_value(each, place) for each in holder.named_children() if each.kind() != "comment"],
        place,
        asked,
    )


def _is_key(asked: SgNode, holder: SgNode, place: _Place) -> _Told:
    """`process.env.NODE_ENV in { production: 1 }`."""
    holder = bare(holder)
    if holder.kind() != "object" or _value(asked, place) is not _ENVIRONMENT:
        return _UNTOLD
    names = [key(each.field("key")) for each in holder.named_children() if each.kind() == "pair"]
    return _any([_UNTOLD if name is None else name for name in names], place, asked)


def _any(words: list[_Told], place: _Place, node: SgNode) -> _Told:
    told = [_same(_ENVIRONMENT, word, place, node) for word in words]
    if True in told:
        return True
    return _UNTOLD if None in told else False


_BY_ENVIRONMENT = re.compile(
    r"NODE_ENV|\benv\b|\bENV\b|is_?(?:dev|prod|debug|local|test)|development|production|debug|"
    r"show_?stack|verbose",
    re.IGNORECASE,
)


def guard(node: SgNode) -> str | None:
    """The nearest condition around, in the same function, that asks for the environment."""
    child = node
    for up in node.ancestors():
        if up.kind() in FUNCTIONS:
            return None
        said, negated = _asked(up, child)
        if said is not None and _BY_ENVIRONMENT.search(said.text()):
            text = short(bare(said))
            return f"not {text}" if negated else text
        child = up
    return None


def _asked(node: SgNode, child: SgNode) -> tuple[SgNode | None, bool]:
    """What a node asks before it comes to a child, and whether it must not hold."""
    if node.kind() in {"ternary_expression", "if_statement"}:
        said, other = node.field("condition"), node.field("alternative")
        return (None if said == child else said), other is not None and other == child
    if node.kind() == "binary_expression" and node.field("right") == child:
        sign = node.field("operator")
        if sign is not None and sign.text() == "&&":
            return node.field("left"), False
    return None, False
