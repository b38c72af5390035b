"""Whether a value that is read can be missing: its default, its checks, its use."""

import re

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, climbed, is_field, literal

_FAILS = re.compile(r"\bthrow\b|\bexit\(|\babort\(")
_CASTS = re.compile(
    r"(Number\.)?parse(Int|Float)|Number|String|BigInt|JSON\.parse|decodeURI(Component)?"
)
_HELPER = re.compile(r"env|pars|bool|num|int|str|get|default|or|as|to", re.IGNORECASE)
_CHECKS = re.compile(r"(assert|invariant|console\.assert|ok|assert\.(ok|equal|strictEqual))")
_NOTHING = frozenset({"undefined", "null", "''", '""', "'undefined'", '"undefined"', "``"})
_SEARCHES = frozenset({"filter", "find", "some", "every"})
_EQUAL = frozenset({"==", "===", "!=", "!=="})
_TRANSPARENT = frozenset({"await_expression", "sequence_expression"})


class Need(Struct, frozen=True):
    """What one reader makes of a value's absence."""

    required: bool
    default: str | None = None
    checked: bool = False


USED = Need(required=True)
OPTIONAL = Need(required=False)
CHECKED = Need(required=True, checked=True)


def need(node: SgNode, scopes: Scopes, *, deep: bool = True) -> Need:
    """What the text around an expression makes of it.

    Args:
        node: the whole expression that reads: `process.env.X`.
        scopes: of the same text.
        deep: whether to follow `const x = …` to where x is used.
    """
    text, alternative = node, False
    while True:
        node, parent = climbed(node)
        if parent is None:
            return USED
        onward = _onward(node, parent)
        if onward is None:
            found = _settled(node, parent, scopes, deep=deep)
            spared = found == USED and (alternative or _is_guarded(text))
            return OPTIONAL if spared else found
        alternative = alternative or onward.kind() == "binary_expression"
        node = onward


def _is_guarded(read: SgNode) -> bool:
    """Whether the same expression was tested around this one: `if (x.A) use(x.A)`."""
    text, child = read.text(), read
    for above in read.ancestors():
        if above.kind() in FUNCTIONS:
            return False
        test = above.field("left" if above.kind() == "binary_expression" else "condition")
        if test is not None and test != child and text in test.text():
            return above.kind() != "binary_expression" or _operator(above) == "&&"
        child = above
    return False


def _onward(node: SgNode, parent: SgNode) -> SgNode | None:
    """The larger expression that decides, where this one is only passed on."""
    kind = parent.kind()
    if kind == "binary_expression" and is_field(parent, "right", node):
        return parent if _operator(parent) in {"||", "??", "&&"} else None
    if kind == "unary_expression" and _operator(parent) == "+":
        return parent
    if kind in _TRANSPARENT:
        return parent
    call = _call_of(parent)
    if call is not None and _CASTS.fullmatch(_callee(call)):
        return call
    return None


def _settled(  # noqa: PLR0911 - one answer a kind of node
    node: SgNode, parent: SgNode, scopes: Scopes, *, deep: bool
) -> Need:
    match parent.kind():
        case "binary_expression":
            return _in_binary(node, parent, scopes)
        case "augmented_assignment_expression":
            right = parent.field("right")
            return Need(required=False, default=literal(right) if right else None)
        case "ternary_expression" if is_field(parent, "condition", node):
            other = parent.field("alternative")
            return Need(required=False, default=literal(other) if other else None)
        case "unary_expression":
            return _in_unary(parent, scopes)
        case "if_statement" | "while_statement":
            return OPTIONAL
        case "member_expression" if parent.find(kind="optional_chain") is not None:
            return OPTIONAL
        case "arguments":
            return _in_call(node, parent)
        case "assignment_pattern" | "required_parameter" | "object_assignment_pattern":
            return OPTIONAL
        case "variable_declarator" if deep:
            return _through_variable(parent, scopes)
    return USED


def _in_binary(node: SgNode, parent: SgNode, scopes: Scopes) -> Need:
    operator = _operator(parent)
    left, right = parent.field("left"), parent.field("right")
    if left is None or right is None:
        return USED
    if operator in {"||", "??"}:
        if _FAILS.search(right.text()):
            return CHECKED
        return Need(required=False, default=literal(right))
    if operator in _EQUAL:
        other = right if left == node else left
        absence = other.text() in _NOTHING
        return CHECKED if absence and _fails(parent, scopes) else OPTIONAL
    return OPTIONAL if operator in {"&&", "in", "instanceof"} else USED


def _in_unary(parent: SgNode, scopes: Scopes) -> Need:
    operator = _operator(parent)
    if operator == "!":
        return CHECKED if _fails(parent, scopes) else OPTIONAL
    if operator == "typeof":
        return CHECKED if _fails(parent, scopes) else OPTIONAL
    return USED


def _in_call(node: SgNode, parent: SgNode) -> Need:
    call = _call_of(parent)
    if call is None:
        return USED
    name, given = _callee(call), arguments(call)
    if _CHECKS.fullmatch(name):
        return CHECKED
    if name == "Boolean":
        return OPTIONAL
    default = literal(given[-1]) if len(given) > 1 and given[0] == node else None
    if default is not None and "." not in name and _HELPER.search(name):
        return Need(required=False, default=default)
    return USED


def _through_variable(declarator: SgNode, scopes: Scopes) -> Need:
    """`const x = process.env.X` is needed as much as x is."""
    name = declarator.field("name")
    if name is None or name.kind() != "identifier":
        return USED
    return need_of_variable(name, scopes)


def need_of_variable(name: SgNode, scopes: Scopes) -> Need:
    """What becomes of a variable, over all of its uses; `name` is where it is declared."""
    found = scopes.meaning(name.text(), name)
    if found is None or found.node != name:
        return USED
    needs = [need(use, scopes, deep=False) for use in scopes.references(found)]
    if any(each.checked for each in needs):
        return CHECKED
    optional = [each for each in needs if not each.required]
    return max(optional, key=lambda each: each.default is not None, default=USED)


def _fails(test: SgNode, scopes: Scopes, *, deep: bool = True) -> bool:
    """Whether a test of absence leads to a throw or an exit."""
    node = test
    while True:
        node, parent = climbed(node)
        if parent is None:
            return False
        kind = parent.kind()
        if kind == "if_statement" and is_field(parent, "condition", node):
            then = parent.field("consequence")
            return then is not None and _FAILS.search(then.text()) is not None
        if kind == "binary_expression" and is_field(parent, "left", node):
            right = parent.field("right")
            if _operator(parent) == "&&" and right and _FAILS.search(right.text()):
                return True
        if kind == "variable_declarator" and deep:
            return _variable_fails(parent, scopes)
        if kind not in _ON_THE_WAY and _searched(parent) is None:
            return False
        node = _searched(parent) or parent


_ON_THE_WAY = frozenset(
    {"binary_expression", "unary_expression", "member_expression", "return_statement"}
)


def _searched(parent: SgNode) -> SgNode | None:
    """The call `names.filter(…)` whose function this is the result of."""
    function = parent
    if parent.kind() == "statement_block" and parent.parent() is not None:
        function = parent.parent() or parent
    if function.kind() not in {"arrow_function", "function_expression"}:
        return None
    _, given = climbed(function)
    call = _call_of(given) if given is not None else None
    if call is None or _callee(call).rpartition(".")[2] not in _SEARCHES:
        return None
    return call


def _variable_fails(declarator: SgNode, scopes: Scopes) -> bool:
    name = declarator.field("name")
    found = scopes.meaning(name.text(), name) if name is not None else None
    if found is None:
        return False
    return any(_fails(use, scopes, deep=False) for use in scopes.references(found))


def _operator(node: SgNode) -> str:
    operator = node.field("operator")
    return operator.text() if operator is not None else ""


def _call_of(given: SgNode) -> SgNode | None:
    """The call whose argument list this is."""
    call = given.parent() if given.kind() == "arguments" else None
    return call if call is not None and call.kind() == "call_expression" else None


def _callee(call: SgNode) -> str:
    function = call.field("function")
    return function.text() if function is not None else ""
