"""What a place does with a function: calls it, hands it on, names it, or none of these."""

from enum import Enum

from ast_grep_py import SgNode

from skillconnect_ops.code.syntax import climbed, is_field


class Role(Enum):
    """What becomes of a method of the console."""

    CALL = "it is called"
    REFERENCE = "it is handed on"
    NAMED = "it is given to a name"
    RESTORE = "it is put back into the console"
    NONE = "it is asked for, overwritten or watched"


_HANDS_ON = frozenset(
    {
        *("pair", "return_statement", "arrow_function", "array", "export_statement"),
        *("jsx_expression", "field_definition", "public_field_definition", "yield_expression"),
        *(
            "assignment_pattern",
            "object_assignment_pattern",
            "decorator",
            "object",
            "enum_assignment",
        ),
        *("required_parameter", "optional_parameter"),
    }
)
_WATCHERS = ("expect", "mocked", "jest.mocked", "vi.mocked", "sinon.assert.", "isMockFunction")
_ELSE = ("||", "??")


def role_of(node: SgNode) -> tuple[Role, SgNode]:
    """What becomes of a function, and the call or the name that it goes to."""
    sure = True
    while True:
        node, parent = climbed(node)
        if parent is None:
            return Role.NONE, node
        role, onwards = _at(node, parent)
        if role is Role.NAMED and not sure:
            return Role.REFERENCE, onwards
        if role is not None:
            return role, onwards
        sure = sure and parent.kind() not in {"binary_expression", "ternary_expression"}
        node = onwards


def _at(node: SgNode, parent: SgNode) -> tuple[Role | None, SgNode]:  # noqa: PLR0911 - one a kind
    """The role at one step up; None: the value goes on as the node that is given."""
    match parent.kind():
        case "call_expression" if is_field(parent, "function", node):
            return Role.CALL, parent
        case "member_expression" if is_field(parent, "object", node):
            return _of_member(parent)
        case "assignment_expression" if is_field(parent, "right", node):
            return _assigned(parent)
        case "augmented_assignment_expression" if is_field(parent, "right", node):
            return Role.REFERENCE, node
        case "variable_declarator" if is_field(parent, "value", node):
            name = parent.field("name") or node
            return (Role.NAMED if name.kind() == "identifier" else Role.NONE), name
        case "binary_expression":
            return _in_binary(node, parent)
        case "ternary_expression":
            return (Role.NONE if is_field(parent, "condition", node) else None), parent
        case "sequence_expression":
            last = parent.named_children()[-1] == node
            return (None if last else Role.NONE), parent
        case "arguments":
            return _argument(parent)
        case "ERROR":
            after = node.next()
            called = after is not None and after.text().startswith("(")
            return (Role.CALL if called else Role.NONE), node
        case other if other in _HANDS_ON and not _is_target(node, parent):
            return Role.REFERENCE, node
    return Role.NONE, node


def _of_member(member: SgNode) -> tuple[Role | None, SgNode]:
    """`log.call(…)` and `log.apply(…)` are calls, `log.bind(…)` is the function again."""
    name = member.field("property")
    outer, above = climbed(member)
    called = above is not None and above.kind() == "call_expression"
    if name is None or above is None or not called or not is_field(above, "function", outer):
        return Role.NONE, member
    if name.text() in {"call", "apply"}:
        return Role.CALL, above
    return (None if name.text() == "bind" else Role.NONE), above


def _assigned(assignment: SgNode) -> tuple[Role, SgNode]:
    left = assignment.field("left") or assignment
    if left.kind() == "identifier":
        return Role.NAMED, left
    if left.kind() in {"member_expression", "subscript_expression"}:
        holder = left.field("object")
        if holder is not None and holder.text().rpartition(".")[2] == "console":
            return Role.RESTORE, left
        return Role.REFERENCE, left
    return Role.NONE, left


def _in_binary(node: SgNode, parent: SgNode) -> tuple[Role | None, SgNode]:
    operator = parent.field("operator")
    sign = operator.text() if operator is not None else ""
    flows = sign in _ELSE or (sign == "&&" and is_field(parent, "right", node))
    return (None if flows else Role.NONE), parent


def _argument(given: SgNode) -> tuple[Role, SgNode]:
    call = given.parent()
    function = call.field("function") if call is not None else None
    watched = function is not None and function.text().startswith(_WATCHERS)
    return (Role.NONE if watched else Role.REFERENCE), given


def _is_target(node: SgNode, parent: SgNode) -> bool:
    """Whether a node is the name and not the value."""
    return is_field(parent, "left", node) or is_field(parent, "key", node)
