"""Where the console comes from in a JavaScript text: the global, a window's, or Node's module."""

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import is_field, string, unwrapped

_WORD = re.compile(r"console(?=\s*(.|\Z))", re.DOTALL)
_BEFORE = 20
_GLOBALS = frozenset({"globalThis", "window", "global", "self", "top", "parent", "frames"})
_MODULES = frozenset({"console", "node:console"})


def is_worth_parsing(text: str) -> bool:
    """Whether the word stands outside of comments that fill whole lines; in doubt it does.

    One in twenty files with the word has it in such comments alone, and these are long files.
    """
    for found in _WORD.finditer(text):
        begin = text.rfind("\n", 0, found.start()) + 1
        head = text[begin : found.start()].lstrip()
        if head.startswith("//"):
            continue
        within = text.rfind("/*", 0, found.start()) > text.rfind("*/", 0, found.start())
        if not (within and head.startswith("*")):
            return True
    return False


class Origins:
    """The places of one tree where something is the console.

    A walk over the tree takes as long as a tenth of parsing it, so the text is asked first.
    """

    def __init__(self, root: SgNode, scopes: Scopes, *, text: str, names: list[SgNode]) -> None:
        """Prepare.

        Args:
            root: the tree.
            scopes: what names mean in it.
            text: the same as text.
            names: the places where `console` is a variable's name.
        """
        self._root = root
        self._scopes = scopes
        self._names = names
        self._before, self._after = _around(text)

    def expressions(self) -> Iterator[SgNode]:
        """`console`, `globalThis.console`, `require("console")`."""
        for node in self._names:
            value = node.kind() == "identifier" and not _is_no_value(node)
            if value and self._scopes.meaning("console", node) is None:
                yield node
        if self._before & set(".[\"'`"):
            yield from self._of_globals()
        if self._after & set("\"'`"):
            yield from self._required()

    def patterns(self) -> Iterator[SgNode]:
        """The names that are given the console: out of a window, or by an import."""
        if self._after & set(",:}="):
            for pattern, source in self._taken_apart():
                if self._is_global_object(source):
                    yield pattern
        for statement in self._imports():
            for clause in statement.find_all(kind="import_clause"):
                for part in clause.named_children():
                    whole = part
                    if part.kind() == "namespace_import":
                        whole = part.named_children()[0]
                    if whole.kind() == "identifier":
                        yield whole

    def methods(self) -> Iterator[tuple[SgNode, SgNode]]:
        """`import { warn as w } from "node:console"`: the name here, and the method's."""
        for statement in self._imports():
            for part in statement.find_all(kind="import_specifier"):
                name, alias = part.field("name"), part.field("alias")
                if name is not None and name.text() != "default":
                    yield alias or name, name

    def _imports(self) -> Iterator[SgNode]:
        if self._after & set("\"'`"):
            for statement in self._root.find_all(kind="import_statement"):
                if string(statement.field("source")) in _MODULES:
                    yield statement

    def _of_globals(self) -> Iterator[SgNode]:
        """`globalThis.console`, `window["console"]`."""
        for name in self._root.find_all(kind="property_identifier", regex="^console$"):
            member = name.parent()
            if member is not None and member.kind() == "member_expression":
                holder = member.field("object")
                if holder is not None and self._is_global_object(holder):
                    yield member
        for part in self._root.find_all(kind="string_fragment", regex="^console$"):
            above = part.ancestors()[1:2]
            if above and above[0].kind() == "subscript_expression":
                holder = above[0].field("object")
                if holder is not None and self._is_global_object(holder):
                    yield above[0]

    def _is_global_object(self, node: SgNode) -> bool:
        node = unwrapped(node)
        if node.kind() == "member_expression":  # `window.top`
            holder, name = node.field("object"), node.field("property")
            known = name is not None and name.text() in _GLOBALS
            return known and holder is not None and self._is_global_object(holder)
        name_ = node.text()
        return (
            node.kind() == "identifier"
            and name_ in _GLOBALS
            and self._scopes.meaning(name_, node) is None
        )

    def _taken_apart(self) -> Iterator[tuple[SgNode, SgNode]]:
        """The name for the console in `const { console: c } = window`, and what it is taken of."""
        kinds = ("property_identifier", "shorthand_property_identifier_pattern")
        for kind in kinds:
            for name in self._root.find_all(kind=kind, regex="^console$"):
                above = name.parent()
                pattern: SgNode | None = name
                if above is not None and above.kind() == "pair_pattern":
                    pattern = above.field("value")
                    above = above.parent()
                if above is None or pattern is None or above.kind() != "object_pattern":
                    continue
                home = above.parent()
                source = home.field("value") if home is not None else None
                if source is not None and home is not None and is_field(home, "name", above):
                    yield pattern, source

    def _required(self) -> Iterator[SgNode]:
        """`require("console")`, which is the global one."""
        for part in self._root.find_all(kind="string_fragment", regex="^(node:)?console$"):
            above = part.ancestors()[1:3]
            if len(above) == 2 and above[0].kind() == "arguments":
                function = above[1].field("function")
                if function is not None and function.text() == "require":
                    yield above[1]


def _around(text: str) -> tuple[set[str], set[str]]:
    """What stands before and after the word `console`, white space left out."""
    before, after = set(), set()
    for found in _WORD.finditer(text):
        begin = found.start()
        before.add(text[max(begin - _BEFORE, 0) : begin].rstrip()[-1:])
        after.add(found[1])
    return before, after


def _is_no_value(node: SgNode) -> bool:
    """Whether a name stands where names are imported, exported or elements are named."""
    parent = node.parent()
    return parent is not None and (
        parent.kind() in {"import_specifier", "export_specifier", "namespace_export"}
        or (parent.kind().startswith("jsx_") and parent.kind() != "jsx_expression")
    )
