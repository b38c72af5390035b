"""Schemas that an environment is validated by: joi, yup, zod, valibot, envalid, t3-env, convict.

Each entry of such a schema is a read of the variable of that name.
"""

import re
from collections.abc import Iterator

from ast_grep_py import Relation, SgNode
from msgspec import Struct

from skillconnect_ops.code.need import Need
from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import arguments, literal, pairs, string, unwrapped

_VALIDATES = re.compile(
    r"parse|safeParse|parseAsync|safeParseAsync|validate|validateSync|validateAsync|attempt|cast"
    r"|cleanEnv|customCleanEnv|parseEnv|createEnv|check|decode|assert|mask|create"
)
_SHAPES = frozenset(
    {
        *("object", "strictObject", "looseObject", "strict_object", "loose_object", "keys"),
        *("extend", "append", "shape", "merge", "type", "partial"),
    }
)
_LAX = re.compile(r"\s*(joi|yup)\b", re.IGNORECASE)
_OPTIONAL = re.compile(
    r"\.(optional|nullish|nullable|default|catch|prefault|exactOptional)\(|^v?\.?optional\("
)
_ENVALID_DEFAULT = re.compile(r"\b(default|devDefault|testDefault)\s*:")
_SECTIONS = frozenset({"server", "client", "shared"})
_LINKS = frozenset({"call_expression", "identifier", "member_expression"})
_DEEPEST = 6


class Entry(Struct, frozen=True):
    """One variable of a schema."""

    name: str
    node: SgNode
    need: Need


def validated(call: SgNode, scopes: Scopes, environment: SgNode) -> list[Entry] | None:
    """The entries of the schema that a call validates the environment by.

    Args:
        call: the call.
        scopes: of the same text.
        environment: the argument that is the environment.

    Returns:
        None where it is no such call, or its schema stands in another file.
    """
    function = call.field("function")
    if function is None:
        return None
    name = function.text().rpartition(".")[2].partition("<")[0]
    if not _VALIDATES.fullmatch(name):
        return None
    candidates = [argument for argument in arguments(call) if argument != environment]
    if function.kind() == "member_expression":
        candidates = [*candidates, *filter(None, [function.field("object")])]
    for candidate in candidates:
        entries = list(_entries(candidate, scopes, bare=True, depth=0))
        if entries:
            return entries
    return None


def sections(call: SgNode, scopes: Scopes) -> list[Entry]:
    """The entries of `createEnv({server: {…}, client: {…}, runtimeEnv: process.env})`."""
    return [
        entry
        for argument in arguments(call)
        for name, _, value in pairs(unwrapped(argument))
        if name in _SECTIONS
        for entry in _entries(value, scopes, bare=True, depth=0)
    ]


def convicted(root: SgNode) -> Iterator[Entry]:
    """The variables that `convict({port: {env: "PORT", default: 3000}})` names."""
    named: Relation = {"kind": "identifier", "regex": "^convict$"}
    for call in root.find_all(kind="call_expression", has=named):
        for pair in call.find_all(kind="pair"):
            name = string(pair.field("value"))
            field, around = pair.field("key"), pair.parent()
            if name is None or field is None or field.text() != "env" or around is None:
                continue
            beside = {key: value for key, _, value in pairs(around)}
            default = literal(beside["default"]) if "default" in beside else None
            need = Need(required="default" not in beside, default=default or None)
            yield Entry(name, pair, need)


def _entries(node: SgNode, scopes: Scopes, *, bare: bool, depth: int) -> Iterator[Entry]:
    """The entries of a schema expression; `bare` where a plain object literal is one."""
    node = unwrapped(node)
    kind = node.kind()
    if depth > _DEEPEST:
        return
    if kind == "object" and bare:
        yield from _of_object(node)
        for spread in node.named_children():
            if spread.kind() == "spread_element" and spread.named_children():
                yield from _entries(spread.named_children()[0], scopes, bare=bare, depth=depth + 1)
    elif kind == "identifier":
        found = scopes.meaning(node.text(), node)
        value = found.home.field("value") if found is not None else None
        if value is not None:
            yield from _entries(value, scopes, bare=bare, depth=depth + 1)
    elif kind == "call_expression":
        yield from _of_chain(node, scopes, depth=depth)
    elif kind == "member_expression":  # `schema.shape`
        inner = node.field("object")
        if inner is not None:
            yield from _entries(inner, scopes, bare=False, depth=depth + 1)


def _of_chain(call: SgNode, scopes: Scopes, *, depth: int) -> Iterator[Entry]:
    """`Joi.object().keys({…}).unknown()`, link by link."""
    function = call.field("function")
    if function is None:
        return
    if function.kind() == "member_expression":
        inner = function.field("object")
        if inner is not None and inner.kind() in _LINKS:
            yield from _entries(inner, scopes, bare=False, depth=depth + 1)
    if function.text().rpartition(".")[2].partition("<")[0] in _SHAPES:
        for argument in arguments(call):
            yield from _entries(argument, scopes, bare=True, depth=depth + 1)


def _of_object(node: SgNode) -> Iterator[Entry]:
    for name, where, value in pairs(node):
        yield Entry(name, where, _need(value))


def _need(value: SgNode) -> Need:
    text = value.text()
    default = _default(value)
    if _LAX.match(text):
        return Need(required=".required(" in text, default=default, checked=".required(" in text)
    if _ENVALID_DEFAULT.search(text) or _OPTIONAL.search(text):
        return Need(required=False, default=default)
    return Need(required=True, checked=True)


def _default(value: SgNode) -> str | None:
    """The literal of `.default(3000)`, or of `port({default: 3000})`."""
    for call in [value, *value.find_all(kind="call_expression")]:
        function = call.field("function") if call.kind() == "call_expression" else None
        given = arguments(call) if function is not None else []
        if function is None or not given:
            continue
        if function.text().rpartition(".")[2] in {"default", "prefault", "catch"}:
            return literal(given[0])
        for option in given:
            beside = {name: node for name, _, node in pairs(unwrapped(option))}
            if "default" in beside:
                return literal(beside["default"])
    return None
