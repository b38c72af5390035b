"""Which strings an expression can be, where the text says so beyond doubt."""

from ast_grep_py import SgNode

from skillconnect_ops.code.scopes import Declaration, Scopes
from skillconnect_ops.code.syntax import climbed, is_field, key, pairs, string, strings, unwrapped

_EACH = frozenset({"forEach", "map", "filter", "every", "some", "find", "flatMap"})


def names_of(node: SgNode, scopes: Scopes) -> tuple[str, ...] | None:
    """The strings that an expression takes; None where that is decided at run time."""
    node = unwrapped(node)
    text = string(node)
    if text is not None:
        return (text,)
    if node.kind() == "member_expression":
        return _of_constant(node, scopes)
    if node.kind() != "identifier":
        return None
    found = scopes.meaning(node.text(), node)
    if found is None:
        return None
    return _of_declaration(found, scopes)


def _of_declaration(found: Declaration, scopes: Scopes) -> tuple[str, ...] | None:
    home = found.home
    kind = home.kind()
    if kind == "variable_declarator" and _is_constant(home):
        text = string(home.field("value"))
        return None if text is None else (text,)
    if kind == "for_in_statement" and is_field(home, "left", found.node):
        operator, right = home.field("operator"), home.field("right")
        if operator is not None and operator.text() == "of" and right is not None:
            return _array(right, scopes)
        return None
    return _of_parameter(found, scopes)


def _of_parameter(found: Declaration, scopes: Scopes) -> tuple[str, ...] | None:
    """The first parameter of `["A", "B"].forEach(name => …)`."""
    home = found.home
    function = home if home.kind() == "arrow_function" else home.parent()
    if home.kind() == "required_parameter" and function is not None:
        home, function = function, function.parent()
    if home.kind() == "formal_parameters":
        first = next(iter(home.named_children()), None)
        if first is None or (first != found.node and first.field("pattern") != found.node):
            return None
    if function is None or function.kind() not in {"arrow_function", "function_expression"}:
        return None
    _, given = climbed(function)
    call = given.parent() if given is not None and given.kind() == "arguments" else None
    callee = call.field("function") if call is not None else None
    if callee is None or callee.kind() != "member_expression":
        return None
    method, array = callee.field("property"), callee.field("object")
    if method is None or array is None or method.text() not in _EACH:
        return None
    return _array(array, scopes)


def _array(node: SgNode, scopes: Scopes) -> tuple[str, ...] | None:
    found = strings(node)
    node = unwrapped(node)
    if found is not None or node.kind() != "identifier":
        return found
    declared = scopes.meaning(node.text(), node)
    if declared is None or declared.home.kind() != "variable_declarator":
        return None
    return strings(declared.home.field("value")) if _is_constant(declared.home) else None


def _of_constant(node: SgNode, scopes: Scopes) -> tuple[str, ...] | None:
    """`NAMES.PORT` of `const NAMES = {PORT: "PORT"}`."""
    holder, field = node.field("object"), node.field("property")
    if holder is None or field is None or holder.kind() != "identifier":
        return None
    declared = scopes.meaning(holder.text(), holder)
    if declared is None or declared.home.kind() != "variable_declarator":
        return None
    value = declared.home.field("value") if _is_constant(declared.home) else None
    if value is None:
        return None
    for name, _, entry in pairs(unwrapped(value)):
        text = string(entry)
        if name == key(field) and text is not None:
            return (text,)
    return None


def _is_constant(declarator: SgNode) -> bool:
    statement = declarator.parent()
    return statement is not None and statement.text().startswith("const")
