"""Which calls are those of an answer: `res.status(500).json(…)`.

An answer is known by its name (`res`, `response`, `reply`), as nearly all code calls it; else by
its place among a function's parameters, where what is called is Express's own, and by variables
that stand for one.
"""

import re
from collections.abc import Set as AbstractSet

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_value import bare, parameters
from skillconnect_ops.code.syntax import FUNCTIONS, string

_ANSWER = re.compile(r"_?(?:res|response|resp|reply)")
_PART_OF = re.compile(r"(?:ctx|context|this|self|req|request|this\.ctx)\.(?:res|response|reply)")
_EXPRESS = frozenset({"cookie", "json", "jsonp", "status", "sendStatus"})
"""What of a second parameter says that it is an answer: others write and send, too."""
_OF_LISTS = frozenset({"reduce", "map", "forEach", "filter", "some", "every", "find", "flatMap"})
_MOST_NAMES = 5


def called(module: Module, call: SgNode, also: str | None = None) -> str | None:
    """The method of an answer that a call calls, also at the end of a chain of such.

    Args:
        module: where it stands.
        call: the call.
        also: another name that stands for an answer there.
    """
    name, base = named_call(call.field("function"))
    links = {name}
    while base is not None:
        base = bare(base)
        if base.kind() == "identifier":
            if (
                base.text() == also
                or _ANSWER.fullmatch(base.text())
                or stands_for_answer(module, base, links)
            ):
                return name
            return None
        if base.kind() == "call_expression":
            link, base = named_call(base.field("function"))
            links.add(link)
        elif base.kind() == "member_expression":
            if _PART_OF.fullmatch(base.text()):
                return name
            base = base.field("object")
        else:
            return None
    return None


def named_call(function: SgNode | None) -> tuple[str | None, SgNode | None]:
    """What is called, and of what: `res.json`, `res["json"]`."""
    if function is None or function.kind() not in {"member_expression", "subscript_expression"}:
        return None, None
    name = function.field("property")
    told = name.text() if name is not None else string(function.field("index"))
    return told, function.field("object")


def stands_for_answer(
    module: Module, name: SgNode, links: AbstractSet[str | None], depth: int = 0
) -> bool:
    """Whether a name is the parameter that Express gives an answer to, or a variable for one."""
    found = module.scopes.meaning(name.text(), name)
    if found is None or depth > _MOST_NAMES:
        return False
    home = found.home
    value = home.field("value") if home.kind() == "variable_declarator" else None
    if value is not None and home.field("name") == found.node:
        value = bare(value)
        if value.kind() == "member_expression":
            return _PART_OF.fullmatch(value.text()) is not None
        return value.kind() == "identifier" and (
            _ANSWER.fullmatch(value.text()) is not None
            or stands_for_answer(module, value, links, depth + 1)
        )
    function = next((up for up in found.node.ancestors() if up.kind() in FUNCTIONS), None)
    listed = parameters(function) if function is not None else []
    at = next((n for n, one in enumerate(listed) if (one.field("pattern") or one) == found.node), 0)
    if len(listed) == 4:
        return at == 2
    given = function.parent() if function is not None else None
    call = given.parent() if given is not None else None
    if call is not None and named_call(call.field("function"))[0] in _OF_LISTS:
        return False
    return at == 1 and len(listed) < 4 and bool(_EXPRESS & links)


def is_answer(module: Module, node: SgNode) -> bool:
    """Whether an expression is an answer by its name, or a variable for one."""
    node = bare(node)
    if node.kind() == "member_expression":
        return _PART_OF.fullmatch(node.text()) is not None
    return node.kind() == "identifier" and (
        _ANSWER.fullmatch(node.text()) is not None or stands_for_answer(module, node, frozenset())
    )
