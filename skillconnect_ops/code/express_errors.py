"""Whether a handler answers, or only hands requests and errors on to the next one."""

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_value import bare, parameters
from skillconnect_ops.code.syntax import arguments

HANDING_ON = frozenset(
    {
        ("express-winston", "errorLogger"),
        ("celebrate", "errors"),  # it answers what celebrate refused, and nothing else
        ("@sentry/node", "Handlers.errorHandler"),
        ("@sentry/node", "expressErrorHandler"),
    }
)
"""What of packages takes errors, and hands them on."""


def answers(function: SgNode, *, errors: bool) -> bool:
    """Whether a function answers, or gives the answer to one that may.

    Args:
        function: of an error or of a request.
        errors: whether it is given an error first.
    """
    listed, at = parameters(function), 2 if errors else 1
    if len(listed) <= at:
        return True
    name = (listed[at].field("pattern") or listed[at]).text()
    for call in function.find_all(kind="call_expression"):
        if any(bare(each).text() == name for each in arguments(call)):
            return True
        base = call.field("function")
        while base is not None:
            base = bare(base)
            if base.kind() == "identifier":
                break
            base = base.field("object") or base.field("function")
        if base is not None and base.text() == name:
            return True
    return not name.isidentifier()
