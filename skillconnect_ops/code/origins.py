"""Where the environment comes into a JavaScript text."""

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from skillconnect_ops.code.model import Kind
from skillconnect_ops.code.scopes import Declaration, Scopes
from skillconnect_ops.code.syntax import arguments, string, unwrapped

_GLOBALS = frozenset({"globalThis", "global", "window", "self"})
_PROCESS = frozenset({"process", "node:process"})
_SVELTE_DYNAMIC = frozenset({"$env/dynamic/private", "$env/dynamic/public"})
_SVELTE_STATIC = frozenset({"$env/static/private", "$env/static/public"})
_RUNTIMES = frozenset({"process", "Bun"})
_REQUIRES = re.compile(r"require\(\s*['\"](node:)?process['\"]\s*\)")
_QUOTED = re.compile(r"""['"]env['"]""")
_IN_BRACES = re.compile(r"\{[^{}]*\benv\b[^{}]*\}")
_NEST = re.compile(r"(^|\.)(\w*[cC]onfig(Service)?)$")
_UPPER = re.compile(r"[A-Z][A-Z0-9_]*")
_ENV_VAR = re.compile(r"['\"]env-var['\"]")


class Origins:
    """The places of one text where the environment is named."""

    def __init__(self, root: SgNode, scopes: Scopes, *, text: str) -> None:
        """Look into one text.

        Args:
            root: its tree.
            scopes: its scopes.
            text: the text, which says sooner than the tree that a form is not there at all.
        """
        self._root = root
        self._scopes = scopes
        self._text = text

    def expressions(self) -> Iterator[tuple[SgNode, Kind]]:
        """`process.env`, `process["env"]`, `import.meta.env` and their like."""
        for name in self._root.find_all(kind="property_identifier", regex="^env$"):
            member = name.parent()
            if member is None or member.kind() != "member_expression" or _in_type(member):
                continue
            kind = self._of(member.field("object"))
            if kind is not None and member.field("property") == name:
                yield member, kind
        if not _QUOTED.search(self._text):
            return
        for text in self._root.find_all(kind="string_fragment", regex="^env$"):
            quoted = text.parent()
            index = quoted.parent() if quoted is not None else None
            if index is not None and index.kind() == "subscript_expression":
                kind = self._of(index.field("object"))
                if kind is not None and index.field("index") == quoted:
                    yield index, kind

    def bindings(self) -> Iterator[SgNode]:
        """The identifiers that a pattern or an import binds to the environment."""
        if not _IN_BRACES.search(self._text):
            return
        kinds = ("shorthand_property_identifier_pattern", "property_identifier", "identifier")
        for name in self._root.find_all(any=[{"kind": kind, "regex": "^env$"} for kind in kinds]):
            around = name.parent()
            if around is None:
                continue
            if around.kind() == "import_specifier" and around.field("name") == name:
                if _imported_from(around) in _PROCESS | _SVELTE_DYNAMIC:
                    yield around.field("alias") or name
            elif around.kind() == "pair_pattern" and around.field("key") == name:
                value = around.field("value")
                if value is not None and self._of_pattern(around.parent()):
                    yield value
            elif around.kind() == "object_pattern" and self._of_pattern(around):
                yield name

    def asked_by_name(self) -> Iterator[tuple[str, SgNode]]:
        """`Deno.env.get("X")`, `env.get("X")` of env-var, `config.get("X")` of NestJS."""
        of_package = _ENV_VAR.search(self._text) is not None
        of_nest = "@nestjs/config" in self._text
        if not of_package and not of_nest and "Deno.env" not in self._text:
            return
        for field in self._root.find_all(
            kind="property_identifier", regex="^(get|has|getOrThrow)$"
        ):
            member = field.parent()
            call = member.parent() if member is not None else None
            if member is None or call is None or call.kind() != "call_expression":
                continue
            holder, given = member.field("object"), arguments(call)
            name = string(given[0]) if given else None
            if name is None or holder is None:
                continue
            if (
                holder.text() == "Deno.env"
                or (of_package and self._is_env_var(holder))
                or (of_nest and _NEST.search(holder.text()) and _UPPER.fullmatch(name))
            ):
                yield name, call

    def imported(self) -> Iterator[tuple[str, SgNode]]:
        """`import { X as y } from "$env/static/private"`, of SvelteKit."""
        if "$env/static/" not in self._text:
            return
        for text in self._root.find_all(kind="string_fragment", regex="^[$]env/static/"):
            statement = next(
                (node for node in text.ancestors() if node.kind() == "import_statement"), None
            )
            if statement is None or text.text() not in _SVELTE_STATIC:
                continue
            for each in statement.find_all(kind="import_specifier"):
                name = each.field("name")
                if name is not None:
                    yield name.text(), each.field("alias") or name

    def _is_env_var(self, holder: SgNode) -> bool:
        """Whether a name is the package env-var, or made of it."""
        if holder.kind() == "call_expression":
            return "env-var" in holder.text()
        found = self._scopes.meaning(holder.text(), holder)
        return found is not None and any(
            _ENV_VAR.search(place.text())
            for place in (found.home, *found.home.ancestors()[:2])
            if place.kind() != "program"
        )

    def _of(self, holder: SgNode | None) -> Kind | None:  # noqa: PLR0911 - one a kind of node
        """Which environment the `env` of this expression is."""
        if holder is None:
            return None
        holder = unwrapped(holder)
        if holder.kind() == "meta_property" or holder.text() == "import.meta":
            return Kind.BROWSER
        if holder.kind() == "identifier":
            return Kind.JAVASCRIPT if self._is_process(holder) else None
        if holder.kind() == "call_expression":
            return Kind.JAVASCRIPT if _REQUIRES.fullmatch(holder.text()) else None
        if holder.kind() == "member_expression":
            around, field = holder.field("object"), holder.field("property")
            if around is None or field is None or field.text() not in _RUNTIMES:
                return None
            around = unwrapped(around)
            if around.text() in _GLOBALS and self._scopes.meaning(around.text(), around) is None:
                return Kind.JAVASCRIPT
        return None

    def _is_process(self, name: SgNode) -> bool:
        found = self._scopes.meaning(name.text(), name)
        if found is None:
            return name.text() in _RUNTIMES
        return _is_module(found)

    def _of_pattern(self, pattern: SgNode | None) -> bool:
        """Whether a pattern takes apart `process`, or the module of that name."""
        if pattern is None or pattern.kind() != "object_pattern":
            return False
        home = pattern.parent()
        if home is None:
            return False
        value = home.field("value") or home.field("right")
        if value is None:
            return False
        value = unwrapped(value)
        if value.kind() == "identifier":
            return self._is_process(value)
        return _REQUIRES.fullmatch(value.text()) is not None or value.text() in {
            "globalThis.process",
            "global.process",
        }


def _is_module(found: Declaration) -> bool:
    """`import process from "process"`, `const process = require("process")`."""
    if found.home.kind() == "variable_declarator":
        value = found.home.field("value")
        text = value.text() if value is not None else ""
        return _REQUIRES.fullmatch(text) is not None or text in {
            "globalThis.process",
            "global.process",
        }
    return found.home.kind() in {"import_clause", "namespace_import"} and (
        _imported_from(found.home) in _PROCESS
    )


def _imported_from(node: SgNode) -> str | None:
    for above in node.ancestors():
        if above.kind() == "import_statement":
            return string(above.field("source"))
    return None


def _in_type(node: SgNode) -> bool:
    """`typeof process.env` as a type reads nothing."""
    parent = node.parent()
    while parent is not None and parent.kind() == "member_expression":
        parent = parent.parent()
    return parent is not None and parent.kind() == "type_query"
