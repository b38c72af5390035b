"""Whether what goes into an answer tells of an error what clients should not see."""

import re
from typing import Any

from skillconnect_ops.code.fastapi_values import Made, Unknown

_TRACE = re.compile(
    r"^traceback\.(?:format_exc|format_exception|format_tb|format_stack|print_exc)$"
    r"|^sys\.exc_info$|__traceback__"
)
_WORDS = re.compile(r"^(?:str|repr)\(")


def is_trace(value: Any) -> bool:
    """Whether it is a stack trace."""
    return isinstance(value, Made) and _TRACE.search(value.of.name) is not None


def is_of_error(value: Any) -> bool:
    """Whether it is an error, or its words."""
    return isinstance(value, Unknown) and (
        value.reason == "it is an error"
        or (
            _WORDS.match(value.text) is not None
            and any(
                isinstance(one, Unknown) and one.reason == "it is an error" for one in value.options
            )
        )
    )


def answers_500(args: list[Any], kwargs: dict[str, Any], name: str) -> bool:
    """Whether an answer says that something is wrong on this side."""
    status = kwargs.get("status_code")
    if status is None:
        place = 0 if name.endswith("HTTPException") else 1
        status = args[place] if len(args) > place else None
    return isinstance(status, int) and 500 <= status < 600
