"""`$X`, `${X:-default}`, `${X:?message}`: what shells, compose files and Dockerfiles share.

Source: POSIX.1-2024, Shell Command Language, 2.6.2 Parameter Expansion; the compose specification,
Interpolation.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from skillconnect_ops.code.need import CHECKED, OPTIONAL, USED, Need

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PLACE = re.compile(rf"\\\$|\$\$|\$\{{(?P<braced>{_NAME})(?P<sign>:?[-=?+])?|\$(?P<plain>{_NAME})")


class Use(Struct, frozen=True):
    """One place that takes a variable's value."""

    name: str
    need: Need
    offset: int
    sign: str
    """`:-`, `?` and so on; empty for a plain use."""


def uses(text: str) -> Iterator[Use]:
    r"""The variables that a text takes values of; nested ones, too. `$$` and `\$` are none."""
    for found in _PLACE.finditer(text):
        name = found["braced"] or found["plain"]
        if name is None:
            continue
        sign = found["sign"] or ""
        yield Use(name, _need(sign, text[found.end() :]), found.start(), sign)


def expanded(text: str, values: Mapping[str, str]) -> str | None:
    """A text with its variables put in, or their defaults; None where one cannot be told."""
    made, at = "", 0
    for found in _PLACE.finditer(text):
        if found.start() < at:  # within a default that was taken
            continue
        made, at = made + text[at : found.start()], found.end()
        name, sign = found["braced"] or found["plain"], found["sign"] or ""
        if name is None:
            made += "$"
            continue
        rest = ""
        if found["braced"]:
            rest = _until_closed(text[at:])
            at += len(rest) + 1
        value = values.get(name)
        if value is None or (value == "" and sign.startswith(":")):
            value = rest if sign.endswith("-") and "$" not in rest else None
        if value is None or (rest and not sign):
            return None
        made += value
    return made + text[at:]


def _need(sign: str, rest: str) -> Need:
    match sign.removeprefix(":"):
        case "-" | "=":
            default = _until_closed(rest)
            return Need(required=False, default=None if "$" in default else default)
        case "?":
            return CHECKED
        case "+":
            return OPTIONAL
    return USED


def _until_closed(rest: str) -> str:
    """What stands before the brace that closes the place."""
    depth = 0
    for index, letter in enumerate(rest):
        if letter == "{":
            depth += 1
        elif letter == "}":
            if depth == 0:
                return rest[:index]
            depth -= 1
    return rest
