"""Names that stand for a request, an answer, or parts of them: how patterns bind them."""

import re

from ast_grep_py import SgNode

from skillconnect_ops.code.express_seen import Kind, Seen, part
from skillconnect_ops.code.javascript_value import bare, parameters
from skillconnect_ops.code.syntax import FUNCTIONS, WRAPPERS, key, string

_ERRS = re.compile(r"^_?(?:e|er|err|error|ex|fault|failure)\d?$|[eE]rr(?:or)?$")


def bind(pattern: SgNode, seen: Seen, names: dict[str, Seen]) -> None:  # noqa: C901, PLR0912 - kinds
    """Give a value to a name, or its parts to several."""
    match pattern.kind():
        case "identifier" | "shorthand_property_identifier_pattern":
            names[pattern.text()] = seen
            _forget(pattern.text(), names)
        case "assignment_pattern" | "object_assignment_pattern":
            left = pattern.field("left")
            if left is None:
                return
            is_name = left.kind() == "shorthand_property_identifier_pattern"
            bind(left, part(seen, left.text()) if is_name else seen, names)
        case "object_pattern":
            for each in pattern.named_children():
                if each.kind() == "shorthand_property_identifier_pattern":
                    bind(each, part(seen, each.text()), names)
                elif each.kind() == "pair_pattern":
                    name, inner = key(each.field("key")), each.field("value")
                    if inner is not None:
                        bind(inner, part(seen, name), names)
                elif each.kind() == "rest_pattern":
                    bind(each.named_children()[0], seen, names)
                else:
                    bind(each, seen, names)
        case "array_pattern":
            for place, each in enumerate(pattern.named_children()):
                is_list = seen.kind is Kind.ARGUMENTS
                bind(each, part(seen, str(place)) if is_list else seen, names)
        case "required_parameter" | "optional_parameter":
            inner = pattern.field("pattern")
            if inner is not None:
                bind(inner, seen, names)


def _forget(name: str, names: dict[str, Seen]) -> None:
    """What was known of the parts of something that is another now."""
    for each in [one for one in names if one.startswith(f"{name}.")]:
        del names[each]


def claimed(seen: Seen) -> Seen:
    """What is read out of a token that nobody verified."""
    is_one = seen.kind in {Kind.CLAIM, Kind.HEADERS, Kind.REQUEST, Kind.LOOKED_UP}
    return Seen(Kind.CLAIM, seen.parts) if is_one else seen


def opened(node: SgNode) -> SgNode:
    """The value within brackets and casts; `await` stays."""
    while node.kind() in WRAPPERS and node.named_children():
        node = node.named_children()[0]
    return node


def property_of(node: SgNode) -> str | None:
    """The name of what is taken of something."""
    name = node.field("property")
    if name is not None:
        return name.text()
    index = node.field("index")
    return string(index) if index is not None else None


def is_regex(function: SgNode) -> bool:
    """`/^Bearer /.test`."""
    holder = function.field("object")
    return holder is not None and bare(holder).kind() in {"regex", "string", "template_string"}


def is_optional(node: SgNode) -> bool:
    """`a?.b`."""
    return any(each.kind() == "optional_chain" for each in node.children())


def takes_error(function: SgNode) -> bool:
    """Whether the first parameter of a callback sounds like that of an error."""
    given = parameters(bare(function)) if bare(function).kind() in FUNCTIONS else []
    pattern = (given[0].field("pattern") or given[0]) if given else None
    return pattern is not None and _ERRS.search(pattern.text()) is not None
