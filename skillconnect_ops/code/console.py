"""Every real call of `console` in a JavaScript text, and every reference to one of its methods.

The tree says what is code and the scopes say what `console` means there; an alias is followed as
long as its variable can hold nothing else. What only asks (`if (console.log)`), overwrites
(`console.log = …`) or watches (`jest.spyOn(console, "log")`) prints nothing and is left out.
"""

import re
from collections.abc import Iterator

from ast_grep_py import Rule, SgNode, SgRoot
from msgspec import Struct

from skillconnect_ops.code.console_data import told
from skillconnect_ops.code.console_roles import Role, role_of
from skillconnect_ops.code.names import names_of
from skillconnect_ops.code.scopes import NAMES, Declaration, Scopes
from skillconnect_ops.code.syntax import (
    arguments,
    climbed,
    is_field,
    key,
    line_of,
    parsed,
    string,
    unwrapped,
)

PREFILTER = b"console"
_WANTED: list[Rule] = [
    {"kind": "ERROR"},
    *(Rule(kind=kind, regex="^console$") for kind in NAMES),
]
_WORD = re.compile(r"console(?=\s*(.|\Z))", re.DOTALL)
_BEFORE = 20
COMPUTED = "computed"
"""The level of `console[level](…)`, where it is decided at run time."""
_GLOBALS = frozenset({"globalThis", "window", "global", "self", "top", "parent", "frames"})
_MODULES = frozenset({"console", "node:console"})
_NO_METHODS = frozenset(
    {
        *("Console", "memory", "context", "createTask", "constructor", "hasOwnProperty"),
        *("toString", "valueOf", "mock"),
    }
)
"""Members that print nothing."""


class Use(Struct, frozen=True, kw_only=True):
    """One call of a method of `console`, or one place that hands such a method on."""

    level: str
    """The method: `log`, `warn` …; `computed`."""
    call: bool
    """False of a reference, such as `.catch(console.error)`."""
    line: int
    column: int
    end_line: int
    context: str
    """The expression on one line."""
    told: tuple[str, ...] = ()
    """What it logs that sounds secret or personal: the names."""
    bound_at: int | None = None
    """The line of the alias that is called here."""
    damaged: bool = False
    """Whether it stands in a part of the text that does not fit the grammar."""


class Uses(Struct, frozen=True):
    """All of one text, in its order."""

    uses: tuple[Use, ...]
    fault: int | None
    """The first line that does not fit the grammar; what is around it was read all the same."""
    root: SgNode


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


def console(text: str, language: str) -> Uses:
    """Read one text.

    Args:
        text: the source.
        language: its grammar, one of `syntax.LANGUAGES`.
    """
    root = SgRoot(text, language).root()
    nodes = root.find_all(any=_WANTED)
    fault: int | None = next((line_of(node) for node in nodes if node.kind() == "ERROR"), None)
    if fault is not None:
        root, fault = parsed(text, language)
        nodes = root.find_all(any=_WANTED)
    reader = _Reader(root, text, [node for node in nodes if node.kind() != "ERROR"])
    reader.read()
    found = sorted(reader.uses.values(), key=lambda use: (use.line, use.column))
    return Uses(tuple(found), fault, root)


class _Reader:
    """Follows `console` through one tree."""

    def __init__(self, root: SgNode, text: str, names: list[SgNode]) -> None:
        self._root = root
        self._text = text
        self._consoles = names
        self._scopes = Scopes(root)
        self._scopes.know("console", names)
        self._followed: set[Declaration] = set()
        self.uses: dict[tuple[int, int], Use] = {}

    def read(self) -> None:
        """Follow every expression that is the console."""
        for node in self._consoles:
            if node.kind() != "identifier":
                continue
            if not _is_no_value(node) and self._scopes.meaning("console", node) is None:
                self._object(node)
        # a walk over the tree takes as long as a tenth of parsing it: the text is asked first
        before, after = _around(self._text)
        if before & set(".[\"'`"):
            for node in self._of_globals():
                self._object(node)
        if after & set(",:}="):
            for pattern, source in self._taken_apart():
                if self._is_global_object(source):
                    self._bind_object(pattern)
        if after & set("\"'`"):
            for node in self._required():
                self._object(node)
            self._imported()

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

    def _imported(self) -> None:
        """`import console from "node:console"`, and what is taken out of that module by name."""
        for statement in self._root.find_all(kind="import_statement"):
            if string(statement.field("source")) not in _MODULES:
                continue
            for part in statement.find_all(kind="import_specifier"):
                name, alias = part.field("name"), part.field("alias")
                if name is not None and name.text() != "default":
                    self._bind(alias or name, name.text(), at=name)
            for clause in statement.find_all(kind="import_clause"):
                for part in clause.named_children():
                    whole = part
                    if part.kind() == "namespace_import":
                        whole = part.named_children()[0]
                    if whole.kind() == "identifier":
                        self._bind_object(whole)

    def _object(self, node: SgNode) -> None:
        """An expression that is the console: what becomes of it?"""
        node, parent = climbed(node)
        if parent is None:
            return
        match parent.kind():
            case "member_expression" if is_field(parent, "object", node):
                name = parent.field("property")
                if name is not None:
                    self._method(parent, name.text())
            case "subscript_expression" if is_field(parent, "object", node):
                self._subscript(parent)
            case "variable_declarator" if is_field(parent, "value", node):
                self._bind_object(parent.field("name"))
            case "assignment_expression" if is_field(parent, "right", node):
                self._bind_object(parent.field("left"))

    def _subscript(self, node: SgNode) -> None:
        index = node.field("index")
        names = names_of(index, self._scopes) if index is not None else None
        level = names[0] if names is not None and len(set(names)) == 1 else COMPUTED
        self._method(node, level)

    def _method(self, member: SgNode, level: str) -> None:
        """A method of the console, by name: called, handed on, given to a name, or no use."""
        if level in _NO_METHODS or level.startswith("_"):
            return
        role, node = role_of(member)
        match role:
            case Role.CALL:
                self._take(member, level, call=node)
            case Role.REFERENCE:
                self._take(member, level)
            case Role.NAMED:
                self._bind(node, level, at=member)

    def _bind_object(self, pattern: SgNode | None) -> None:
        """The console is given to a name, or taken apart."""
        if pattern is None:
            return
        if pattern.kind() == "object_pattern":
            for part in pattern.named_children():
                self._part(part)
            return
        found = self._only_meaning(pattern)
        if found is None or found in self._followed:
            return
        self._followed.add(found)
        for use in self._scopes.references(found):
            self._object(use)

    def _part(self, part: SgNode) -> None:
        """One part of `const { log, warn: w, error = fallback, ...rest } = console`."""
        match part.kind():
            case "shorthand_property_identifier_pattern":
                self._bind(part, part.text(), at=part)
            case "object_assignment_pattern":
                left = part.field("left")
                if left is not None:
                    self._bind(left, left.text(), at=left)
            case "pair_pattern":
                name, value = key(part.field("key")), part.field("value")
                if value is not None and value.kind() == "assignment_pattern":
                    value = value.field("left")
                if value is not None:
                    self._bind(value, name or COMPUTED, at=value)
            case "rest_pattern":
                self._bind_object(next(iter(part.named_children()), None))

    def _bind(self, name: SgNode, level: str, *, at: SgNode) -> None:
        """A method is given to a name: the place counts, and so does each use of the name."""
        if level in _NO_METHODS or level.startswith("_"):
            return
        found = self._only_meaning(name)
        if found is None:
            self._take(at, level)
            return
        if found in self._followed:
            return
        self._followed.add(found)
        restores = others = 0
        line = at.range().start.line + 1
        for reference in self._scopes.references(found):
            role, node = role_of(reference)
            match role:
                case Role.CALL:
                    self._take(reference, level, call=node, bound_at=line)
                case Role.REFERENCE:
                    others += 1
                    self._take(reference, level, bound_at=line)
                case Role.NAMED if node != name:
                    others += 1
                    self._bind(node, level, at=reference)
                case Role.RESTORE:
                    restores += 1
        if others or not restores:  # what was only kept to be put back is no use
            self._take(at, level)

    def _only_meaning(self, name: SgNode) -> Declaration | None:
        """The declaration of a name that is given a value in one place alone."""
        if name.kind() not in {"identifier", "shorthand_property_identifier_pattern"}:
            return None
        found = self._scopes.meaning(name.text(), name)
        if found is None:
            return None
        given = 0 if found.home.kind() != "variable_declarator" else int(_has_value(found.home))
        given += int("import" in found.home.kind())
        given += sum(map(_is_assigned, self._scopes.references(found)))
        return found if given == 1 else None

    def _take(
        self,
        node: SgNode,
        level: str,
        *,
        call: SgNode | None = None,
        bound_at: int | None = None,
    ) -> None:
        begin, end = node.range().start, (call or node).range().end
        damaged = any(above.kind() == "ERROR" for above in node.ancestors())
        self.uses.setdefault(
            (begin.line, begin.column),
            Use(
                level=level,
                call=call is not None,
                line=begin.line + 1,
                column=begin.column + 1,
                end_line=end.line + 1,
                context=" ".join((call or node).text().split()),
                told=() if call is None else told(_data_of(call)),
                bound_at=bound_at,
                damaged=damaged,
            ),
        )


def _around(text: str) -> tuple[set[str], set[str]]:
    """What stands before and after the word `console`, white space left out."""
    before, after = set(), set()
    for found in _WORD.finditer(text):
        begin = found.start()
        before.add(text[max(begin - _BEFORE, 0) : begin].rstrip()[-1:])
        after.add(found[1])
    return before, after


def _data_of(call: SgNode) -> list[SgNode]:
    """What a call prints; `log.call(console, a)` and `log.apply(console, [a])` print `a`."""
    given = arguments(call)
    function = call.field("function")
    name = function.field("property") if function is not None else None
    if name is None or name.text() not in {"call", "apply"}:
        inner = call.field("arguments")
        return [inner] if inner is not None and inner.kind() == "template_string" else given
    return given[1:]


def _is_no_value(node: SgNode) -> bool:
    """Whether a name stands where names are imported, exported or elements are named."""
    parent = node.parent()
    return parent is not None and (
        parent.kind() in {"import_specifier", "export_specifier", "namespace_export"}
        or (parent.kind().startswith("jsx_") and parent.kind() != "jsx_expression")
    )


def _has_value(declarator: SgNode) -> bool:
    return declarator.field("value") is not None


def _is_assigned(node: SgNode) -> bool:
    """Whether a use of a name gives it another value."""
    parent = node.parent()
    while parent is not None and parent.kind() in {
        *("object_pattern", "array_pattern", "pair_pattern", "rest_pattern"),
        *("assignment_pattern", "object_assignment_pattern"),
    }:
        node, parent = parent, parent.parent()
    if parent is None:
        return False
    if parent.kind() in {"assignment_expression", "augmented_assignment_expression"}:
        return is_field(parent, "left", node)
    return parent.kind() == "update_expression" or (
        parent.kind() == "for_in_statement" and is_field(parent, "left", node)
    )
