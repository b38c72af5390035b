"""Conditions that ask which environment a program runs in, as far as their text tells.

A condition is a text as `Middleware.condition` holds it: parts joined by ` and `, each of them
perhaps after `not `.
"""

import re

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_value import bare, short
from skillconnect_ops.code.syntax import FUNCTIONS

_NAME = r"(?:NODE_ENV|\benv(?:ironment)?\b|\bmode\b|\bENV\b)"
_LIVE = r"['\"`](?:production|prod|staging)['\"`]"
_NOT_LIVE = r"['\"`](?:dev|develop|development|test|testing|local)['\"`]"
_HOLDER = r"(?:\w+(?:\([\w., ]*\))?\.)*"
_IS_LIVE = re.compile(
    rf"{_NAME}[\w\])'\".]*\s*===?\s*{_LIVE}|{_NAME}[\w\])'\".]*\s*!==?\s*{_NOT_LIVE}"
    rf"|^\s*\(?{_HOLDER}(?:is_?)?prod(?:uction)?(?:\(\))?\)?\s*$"
    r"|^\s*!\s*\(?(?:\w+\.)*is_?(?:dev|development|test|testing|debug)(?:\(\))?\)?\s*$",
    re.IGNORECASE,
)
_IS_NOT_LIVE = re.compile(
    rf"{_NAME}[\w\])'\".]*\s*===?\s*{_NOT_LIVE}|{_NAME}[\w\])'\".]*\s*!==?\s*{_LIVE}"
    r"|^\s*\(?(?:\w+\.)*is_?(?:dev|development|test|testing|debug)(?:\(\))?\)?\s*$"
    rf"|^\s*!\s*\(?{_HOLDER}(?:is_?)?prod(?:uction)?(?:\(\))?\)?\s*$",
    re.IGNORECASE,
)


def in_production(condition: str | None) -> bool | None:
    """Whether a condition holds where the program serves its users; None of what is not told.

    No condition holds always.
    """
    if condition is None:
        return True
    told = [_part(part) for part in condition.split(" and ")]
    if False in told:
        return False
    return None if None in told else True


def _part(part: str) -> bool | None:
    inner = part.removeprefix("not ")
    if "||" in inner or "&&" in inner or " or " in inner:
        return None
    holds = True if _IS_LIVE.search(inner) else False if _IS_NOT_LIVE.search(inner) else None
    return holds if holds is None or inner is part else not holds


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
