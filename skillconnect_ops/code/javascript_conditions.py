"""Whether a place is reached, as far as the text tells: `if`, `?:`, `&&`, `||`, `switch`."""

from collections.abc import Iterator

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_value import Frame, Undecided
from skillconnect_ops.code.javascript_values import Values

_CASES = frozenset({"switch_case", "switch_default"})
_SIGNS = {"&&": True, "||": False}


def open_condition(
    values: Values, module: Module, node: SgNode, frame: Frame, *, within: SgNode | None = None
) -> SgNode | bool:
    """False where it is never reached, True where it always is, else the condition that decides.

    Args:
        values: what follows names.
        module: the file.
        node: the place.
        frame: what names around it are bound to.
        within: a function, beyond which nothing is looked at.
    """
    undecided: SgNode | None = None
    for condition, wanted in _conditions(node, within):
        try:
            said = values.plain(values.of(module, condition, frame))
        except Undecided:
            undecided = condition
            continue
        if wanted is None:
            undecided = condition
        elif (isinstance(said, dict | list) or bool(said)) is not wanted:
            return False
    return True if undecided is None else undecided


def _conditions(node: SgNode, within: SgNode | None) -> Iterator[tuple[SgNode, bool | None]]:
    """The conditions above a place, from the inside, and what each must be; None: some value."""
    child = node
    for around in node.ancestors():
        if around == within:
            return
        kind = around.kind()
        condition = around.field("condition") or around.field("left")
        if kind in {"if_statement", "ternary_expression"} and condition is not None:
            if child == around.field("consequence"):
                yield condition, True
            elif child == around.field("alternative"):
                yield condition, False
        elif kind == "binary_expression" and condition is not None:
            sign = around.field("operator")
            if child == around.field("right") and sign is not None and sign.text() in _SIGNS:
                yield condition, _SIGNS[sign.text()]
        elif kind in _CASES:
            switch = next((each for each in around.ancestors() if each.field("value")), None)
            value = switch.field("value") if switch is not None else None
            if value is not None:
                yield value, None
        child = around
