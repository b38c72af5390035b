"""Every real call of `console` in a JavaScript text, and every reference to one of its methods.

The tree says what is code and the scopes say what `console` means there; an alias is followed as
long as its variable can hold nothing else. What only asks (`if (console.log)`), overwrites
(`console.log = …`) or watches (`jest.spyOn(console, "log")`) prints nothing and is left out.
"""

from ast_grep_py import Rule, SgNode, SgRoot
from msgspec import Struct

from skillconnect_ops.code.console_data import told
from skillconnect_ops.code.console_origins import Origins
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
)

PREFILTER = b"console"
_WANTED: list[Rule] = [
    {"kind": "ERROR"},
    *(Rule(kind=kind, regex="^console$") for kind in NAMES),
]
COMPUTED = "computed"
"""The level of `console[level](…)`, where it is decided at run time."""
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
        self._scopes = Scopes(root)
        self._scopes.know("console", names)
        self._origins = Origins(root, self._scopes, text=text, names=names)
        self._followed: set[Declaration] = set()
        self.uses: dict[tuple[int, int], Use] = {}

    def read(self) -> None:
        """Follow every expression that is the console, and every name that is given it."""
        origins = self._origins
        for node in origins.expressions():
            self._object(node)
        for name in origins.patterns():
            self._bind_object(name)
        for name, method in origins.methods():
            self._bind(name, method.text(), at=method)

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


def _data_of(call: SgNode) -> list[SgNode]:
    """What a call prints; `log.call(console, a)` and `log.apply(console, [a])` print `a`."""
    given = arguments(call)
    function = call.field("function")
    name = function.field("property") if function is not None else None
    if name is None or name.text() not in {"call", "apply"}:
        inner = call.field("arguments")
        return [inner] if inner is not None and inner.kind() == "template_string" else given
    return given[1:]


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
