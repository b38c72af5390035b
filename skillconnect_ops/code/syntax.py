"""JavaScript and TypeScript as trees: parsing, literals, and the way up from a node.

Node kinds are those of tree-sitter-javascript and tree-sitter-typescript.
"""

from collections.abc import Iterator

from ast_grep_py import SgNode, SgRoot

LANGUAGES = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs"), "javascript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    ".tsx": "tsx",
}
"""The grammar for a file's suffix."""

WRAPPERS = frozenset(
    {
        *("parenthesized_expression", "as_expression", "satisfies_expression"),
        *("non_null_expression", "type_assertion"),
    }
)
"""What changes nothing of a value at run time."""

FUNCTIONS = frozenset(
    {
        *("function_declaration", "function_expression", "arrow_function", "method_definition"),
        *("generator_function_declaration", "generator_function"),
    }
)


def parsed(text: str, language: str) -> tuple[SgNode, int | None]:
    """The tree of a text, and the first line that it does not fit the grammar in.

    A text that is no JavaScript is tried as TypeScript with JSX, which holds most of what Flow
    adds; the tree with fewer faults is given.
    """
    root = SgRoot(text, language).root()
    fault = root.find(kind="ERROR")
    if fault is not None and language == "javascript":
        other = SgRoot(text, "tsx").root()
        if other.find(kind="ERROR") is None:
            return other, None
    return root, None if fault is None else line_of(fault)


def line_of(node: SgNode) -> int:
    """The line that a node begins in, from 1, within its own text."""
    return node.range().start.line + 1


def climbed(node: SgNode) -> tuple[SgNode, SgNode | None]:
    """The outermost wrapper around a value, and what that stands in."""
    parent = node.parent()
    while parent is not None and parent.kind() in WRAPPERS:
        node, parent = parent, parent.parent()
    return node, parent


def unwrapped(node: SgNode) -> SgNode:
    """The value within wrappers."""
    while node.kind() in WRAPPERS:
        inner = [child for child in node.named_children() if "type" not in child.kind()]
        if not inner:
            return node
        node = inner[0]
    return node


def is_field(parent: SgNode, field: str, node: SgNode) -> bool:
    """Whether a node is that field of its parent."""
    return parent.field(field) == node


def string(node: SgNode | None) -> str | None:
    """The text of a string, or of a template without substitutions; None of anything else."""
    if node is None or node.kind() not in {"string", "template_string"}:
        return None
    parts = node.named_children()
    if any(part.kind() not in {"string_fragment", "escape_sequence"} for part in parts):
        return None
    return "".join(_plain(part) for part in parts)


def literal(node: SgNode) -> str | None:
    """A literal as an env file would hold it; None of what is computed."""
    node = unwrapped(node)
    text = string(node)
    if text is not None:
        return text
    if node.kind() in {"number", "true", "false"}:
        return node.text().replace("_", "")
    if node.kind() == "unary_expression" and node.text()[1:].isdigit():
        return node.text()
    return None


def strings(node: SgNode | None) -> tuple[str, ...] | None:
    """The strings of an array that holds nothing else."""
    if node is None:
        return None
    node = unwrapped(node)
    if node.kind() != "array":
        return None
    parts = [string(part) for part in node.named_children() if part.kind() != "comment"]
    found = tuple(part for part in parts if part is not None)
    return found if len(found) == len(parts) else None


def key(node: SgNode | None) -> str | None:
    """The name that a property goes by; None of a computed one."""
    if node is None:
        return None
    if node.kind() in {"property_identifier", "identifier", "shorthand_property_identifier"}:
        return node.text()
    if node.kind() == "computed_property_name":
        inner = node.named_children()
        return string(inner[0]) if inner else None
    return string(node)


def arguments(call: SgNode) -> list[SgNode]:
    """The arguments of a call, comments left out."""
    given = call.field("arguments")
    if given is None or given.kind() != "arguments":
        return []
    return [node for node in given.named_children() if node.kind() != "comment"]


def pairs(node: SgNode) -> Iterator[tuple[str, SgNode, SgNode]]:
    """The entries of an object literal whose names are plain: name, where, value."""
    for child in node.named_children():
        if child.kind() == "pair":
            name, value = key(child.field("key")), child.field("value")
            if name is not None and value is not None:
                yield name, child, value
        elif child.kind() == "shorthand_property_identifier":
            yield child.text(), child, child


_LEAVING = frozenset(
    {"break_statement", "return_statement", "throw_statement", "continue_statement"}
)


def is_left(statements: list[SgNode]) -> bool:
    """Whether the statements of a case do not fall through to the next one."""
    return any(
        each.kind() in _LEAVING
        or (each.kind() == "statement_block" and is_left(each.named_children()))
        for each in statements
    )


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def _plain(part: SgNode) -> str:
    text = part.text()
    if part.kind() == "escape_sequence":
        return _ESCAPES.get(text[1:], text[1:])
    return text
