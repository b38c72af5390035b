"""What a value is called among the fields of a log's line, by the expression that gives it."""

import re
from collections.abc import Sequence

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.console_data import shows
from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import arguments, string, unwrapped

RESERVED = frozenset({"message", "msg", "level", "time", "timestamp", "pid", "hostname"})
"""Fields that winston or pino write themselves."""
ERROR = "err"
_VALUE = "value"
_SHOWN_SIDES = {"||": "left", "??": "left", "&&": "right"}
"""Which side of an operator gives the value that is meant."""
_SAME_THINGS = frozenset({"map", "filter", "slice", "sort", "reverse", "lean", "exec", "flat"})
"""Methods that give more or less what they are called on."""
_IDS = frozenset({"id", "_id"})
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_WORDS = re.compile(r"[A-Za-z0-9]+")
_MAKES = re.compile(r"^(?:get|fetch|find|load|read|compute|calculate)(?=[A-Z])")
_ERRORS = re.compile(r"(?:e|ex|err|error|exception|\w+(?:Err|Error|Exception))")
_SURE_ERRORS = re.compile(r"(?:err|error|\w+(?:Err|Error|Exception))")


class Named(Struct, frozen=True):
    """A name, and a longer one where somebody else has the first."""

    short: str
    long: str


def name_of(node: SgNode, scopes: Scopes) -> Named:
    """What an expression is called: `user._id` is `userId`, `order.total` is `total`."""
    if is_error(node, scopes):
        node = unwrapped(node)
        return Named(ERROR, node.text() if node.kind() == "identifier" else ERROR)
    found = _named(node)
    if found.short in RESERVED:
        longer = found.long if found.long not in RESERVED else f"{found.long}Value"
        return Named(longer, longer)
    return found


def is_error(node: SgNode, scopes: Scopes) -> bool:
    """Whether it is an error that was caught, or goes by an error's name."""
    node = unwrapped(node)
    made = node.field("constructor") if node.kind() == "new_expression" else None
    if made is not None:
        return made.text().endswith("Error")
    if node.kind() != "identifier":
        return False
    found = scopes.meaning(node.text(), node)
    if found is not None and found.home.kind() == "catch_clause":
        return True
    if _SURE_ERRORS.fullmatch(node.text()):
        return True
    if not _ERRORS.fullmatch(node.text()) or found is None:
        return False
    return _is_of_handler(found.home)


def distinct(names: Sequence[Named], *, taken: Sequence[str] = ()) -> list[str]:
    """A name for each, no two the same: where short ones collide the long ones, then numbers."""
    shorts = [name.short for name in names]
    given: list[str] = []
    for name in names:
        collides = shorts.count(name.short) > 1 or name.short in taken
        wanted = name.long if collides else name.short
        chosen, number = wanted, 2
        while chosen in given or chosen in taken:
            chosen, number = f"{wanted}{number}", number + 1
        given.append(chosen)
    return given


def _is_of_handler(home: SgNode) -> bool:
    """Whether a parameter is that of `.catch(e => …)` or of `.on("error", e => …)`."""
    function: SgNode | None = home
    while function is not None and function.kind() in {
        *("formal_parameters", "required_parameter", "optional_parameter"),
    }:
        function = function.parent()
    given = function.parent() if function is not None else None
    call = given.parent() if given is not None and given.kind() == "arguments" else None
    callee = call.field("function") if call is not None else None
    method = callee.field("property") if callee is not None else None
    if call is None or method is None:
        return False
    first = string(arguments(call)[0]) or ""
    return method.text() == "catch" or (method.text() in {"on", "once"} and "rror" in first)


def _named(node: SgNode) -> Named:  # noqa: PLR0911 - one a kind
    node = unwrapped(node)
    match node.kind():
        case "identifier":
            return _both(node.text())
        case "member_expression" | "subscript_expression":
            return _of_member(node)
        case "call_expression":
            return _of_call(node)
        case "await_expression" | "spread_element":
            return _named(node.named_children()[-1])
        case "new_expression":
            made = node.field("constructor")
            return _both(_lowered(made.text()) if made is not None else _VALUE)
        case "binary_expression":
            sign = node.field("operator")
            side = node.field(_SHOWN_SIDES.get(sign.text() if sign is not None else "", ""))
            if side is not None:
                return _named(side)
    return _both(_VALUE)


def _of_member(node: SgNode) -> Named:
    holder = node.field("object")
    if holder is None:
        return _both(_VALUE)
    field = node.field("property")
    name = field.text().lstrip("#") if field is not None else string(node.field("index"))
    above = _last(unwrapped(holder))
    if not name:  # `users[0]`
        return _named(holder)
    if above is None:
        return _both(name)
    long = f"{above}{_raised(name.lstrip('_'))}"
    return Named(_plain(long), _plain(long)) if name in _IDS else Named(_plain(name), _plain(long))


def _last(node: SgNode) -> str | None:
    """What the holder of a member is called; None of `this`."""
    return None if node.kind() in {"this", "super"} else _named(node).short


def _of_call(call: SgNode) -> Named:
    function = call.field("function")
    if function is None:
        return _both(_VALUE)
    member = function.kind() == "member_expression"
    field = function.field("property") if member else function
    name, holder = field.text() if field is not None else "", function.field("object")
    if shows(name):
        given = arguments(call)
        if given:
            return _named(given[0])
        if holder is not None:
            return _named(holder)
    if name in _SAME_THINGS and holder is not None:
        return _named(holder)
    asked = [string(one) for one in arguments(call)]
    if name in {"get", "header"} and len(asked) == 1 and asked[0]:
        return _both(_lowered(_plain(asked[0])))
    return _both(_lowered(_MAKES.sub("", name)))


def _both(name: str) -> Named:
    return Named(_plain(name), _plain(name))


def _plain(name: str) -> str:
    """`content-type` as `contentType`."""
    if _NAME.fullmatch(name):
        return name
    words = _WORDS.findall(name)
    joined = "".join([*words[:1], *map(_raised, words[1:])])
    return joined if _NAME.fullmatch(joined) else _VALUE


def _raised(word: str) -> str:
    return word[:1].upper() + word[1:]


def _lowered(word: str) -> str:
    return word[:1].lower() + word[1:]
