"""Conditions that ask which environment a program runs in, as far as their text tells.

A condition is a text as `Middleware.condition` holds it: parts joined by ` and `, each of them
perhaps after `not `.
"""

import re

_NAME = r"(?:NODE_ENV|\benv(?:ironment)?\b|\bmode\b|\bENV\b)"
_LIVE = r"['\"`](?:production|prod|staging)['\"`]"
_NOT_LIVE = r"['\"`](?:dev|develop|development|test|testing|local)['\"`]"
_IS_LIVE = re.compile(
    rf"{_NAME}[\w\])'\".]*\s*===?\s*{_LIVE}|{_NAME}[\w\])'\".]*\s*!==?\s*{_NOT_LIVE}"
    r"|^\s*\(?(?:\w+\.)*is_?prod(?:uction)?(?:\(\))?\)?\s*$"
    r"|^\s*!\s*\(?(?:\w+\.)*is_?(?:dev|development|test|testing|debug)(?:\(\))?\)?\s*$",
    re.IGNORECASE,
)
_IS_NOT_LIVE = re.compile(
    rf"{_NAME}[\w\])'\".]*\s*===?\s*{_NOT_LIVE}|{_NAME}[\w\])'\".]*\s*!==?\s*{_LIVE}"
    r"|^\s*\(?(?:\w+\.)*is_?(?:dev|development|test|testing|debug)(?:\(\))?\)?\s*$"
    r"|^\s*!\s*\(?(?:\w+\.)*is_?prod(?:uction)?(?:\(\))?\)?\s*$",
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
    if "||" in inner or "&&" in inner:
        return None
    holds = True if _IS_LIVE.search(inner) else False if _IS_NOT_LIVE.search(inner) else None
    return holds if holds is None or inner is part else not holds
