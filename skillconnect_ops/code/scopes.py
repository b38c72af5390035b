"""What a name means at one place of a JavaScript text: which declaration, or the global."""

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.syntax import FUNCTIONS, is_field

_PATTERNS = frozenset(
    {
        *("object_pattern", "array_pattern", "rest_pattern", "pair_pattern"),
        *("object_assignment_pattern", "assignment_pattern"),
    }
)
_PARAMETERS = frozenset({"formal_parameters", "required_parameter", "optional_parameter"})
_SIGNATURES = frozenset(
    {
        *("function_type", "function_signature", "method_signature", "call_signature"),
        *("construct_signature", "constructor_type", "abstract_method_signature"),
    }
)
"""What has parameters and no body: the names are words for a reader, and no variables."""
_BLOCKS = frozenset(
    {
        *("statement_block", "program", "for_statement", "for_in_statement", "switch_body"),
        *("class_static_block", "class_body"),
    }
)
_IMPORTS = frozenset(
    {
        *("import_specifier", "import_clause", "namespace_import", "import_alias"),
        "import_require_clause",
    }
)

NAMES = ("identifier", "shorthand_property_identifier_pattern", "shorthand_property_identifier")
"""The kinds of node that are names of variables."""
_FEW = 2


class Declaration(Struct, frozen=True):
    """A place that gives a name a meaning, and how far that reaches."""

    node: SgNode
    """The identifier."""
    home: SgNode
    """The declarator, parameter list, function, import or catch clause that it stands in."""
    start: int
    end: int


class Scopes:
    """The declarations of a text, looked up name by name as they are asked for."""

    def __init__(self, root: SgNode) -> None:
        self._root = root
        self._known: dict[str, list[Declaration]] = {}
        self._names: dict[str, list[SgNode]] = {}
        self._all = False

    def meaning(self, name: str, at: SgNode) -> Declaration | None:
        """The innermost declaration that reaches this place; None of a global."""
        declared = self._declarations(name)
        if not declared:
            return None
        index = at.range().start.index
        found = None
        for each in declared:
            if each.start <= index < each.end and (
                found is None or each.end - each.start < found.end - found.start
            ):
                found = each
        return found

    def references(self, found: Declaration) -> list[SgNode]:
        """The places that use what was declared; not the declaration."""
        name = found.node.text()
        return [
            node
            for node in self._named(name)
            if node.kind() in {"identifier", "shorthand_property_identifier"}
            and node != found.node
            and self.meaning(name, node) == found
        ]

    def know(self, name: str, nodes: list[SgNode]) -> None:
        """Be told all places of a name by somebody who has walked the tree anyway."""
        self._names[name] = nodes

    def _named(self, name: str) -> list[SgNode]:
        """The places that a name stands in; after a few names a pass for all of them is cheaper."""
        if name not in self._names and not self._all:
            if len(self._names) < _FEW:
                exact = f"^{name.replace('$', '[$]')}$"
                found = self._root.find_all(any=[{"kind": k, "regex": exact} for k in NAMES])
                self._names[name] = found
            else:
                self._all = True
                self._names = {}
                for node in self._root.find_all(any=[{"kind": kind} for kind in NAMES]):
                    self._names.setdefault(node.text(), []).append(node)
        return self._names.get(name, [])

    def _declarations(self, name: str) -> list[Declaration]:
        if name not in self._known:
            declared = (_declaration(node) for node in self._named(name))
            self._known[name] = [found for found in declared if found is not None]
        return self._known[name]


def _declaration(node: SgNode) -> Declaration | None:
    """What a node declares, if it stands where names are declared."""
    home, child = node.parent(), node
    while home is not None and home.kind() in _PATTERNS:
        if _is_default(home, child):
            return None
        child = home
        home = child.parent()
    if home is None:
        return None
    scope = _scope(home, child)
    if scope is None:
        return None
    span = scope.range()
    return Declaration(node, home, span.start.index, span.end.index)


def _is_default(pattern: SgNode, child: SgNode) -> bool:
    """Whether a node is no name but the default or the key beside one."""
    return is_field(pattern, "right", child) or (
        pattern.kind() == "pair_pattern" and is_field(pattern, "key", child)
    )


def _scope(home: SgNode, child: SgNode) -> SgNode | None:  # noqa: PLR0911 - one a kind
    kind = home.kind()
    if kind == "variable_declarator" and is_field(home, "name", child):
        return _of_declarator(home)
    if kind in _PARAMETERS and not is_field(home, "value", child):
        function = _above(home, FUNCTIONS | _SIGNATURES)
        return None if function is None or function.kind() in _SIGNATURES else function
    if kind == "arrow_function" and is_field(home, "parameter", child):
        return home
    if kind in {"function_declaration", "generator_function_declaration", "class_declaration"}:
        return _above(home, _BLOCKS) if is_field(home, "name", child) else None
    if kind in {"function_expression", "class"}:
        return home if is_field(home, "name", child) else None
    if kind == "catch_clause" and is_field(home, "parameter", child):
        return home
    if kind == "for_in_statement" and is_field(home, "left", child) and home.field("kind"):
        return home
    if kind == "import_specifier":
        alias = home.field("alias")
        return _above(home, {"program"}) if alias is None or alias == child else None
    return _above(home, {"program"}) if kind in _IMPORTS else None


def _of_declarator(declarator: SgNode) -> SgNode | None:
    statement = declarator.parent()
    if statement is None or _is_ambient(statement):
        return None
    if statement.kind() == "variable_declaration":
        return _above(statement, FUNCTIONS | {"program"})
    return _above(statement, _BLOCKS)


def _is_ambient(statement: SgNode) -> bool:
    """`declare const process: …` names the global one."""
    parent = statement.parent()
    return parent is not None and parent.kind() == "ambient_declaration"


def _above(node: SgNode, kinds: frozenset[str] | set[str]) -> SgNode | None:
    above = node.parent()
    while above is not None and above.kind() not in kinds:
        above = above.parent()
    return above
