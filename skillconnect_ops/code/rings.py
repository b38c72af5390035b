"""Who reads a ring of keys through `templates/express/jwt-ring.cjs`, which asks for it by name."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from ast_grep_py import SgNode

from skillconnect_ops.code.scopes import Declaration, Scopes

MODULE = "jwt-ring"
_MAKER = "jwtRing"


def beside(name: str) -> tuple[str, str]:
    """The variables that a ring has beside the one that signs; neither has to be there."""
    return f"{name}_FALLBACKS", f"{name}_MIN_IAT"


def is_module(path: str, text: str) -> bool:
    """Whether a file is that module itself, by its name and by what it gives."""
    name = PurePosixPath(path).name
    return name.startswith(f"{MODULE}.") and f"exports = {{ {_MAKER}" in text


def calls(root: SgNode, scopes: Scopes, *, text: str) -> Iterator[SgNode]:
    """`jwtRing("X")`, `rings.jwtRing("X")` and `require("./jwt-ring.cjs").jwtRing("X")`."""
    if MODULE not in text:
        return
    for call in root.find_all(kind="call_expression"):
        function = call.field("function")
        if function is None:
            continue
        if function.kind() == "member_expression":
            holder, name = function.field("object"), function.field("property")
            if holder is not None and name is not None and name.text() == _MAKER:
                named = scopes.meaning(holder.text(), holder)
                if MODULE in holder.text() or (named is not None and _is_from_module(named)):
                    yield call
        elif function.kind() == "identifier":
            named = scopes.meaning(function.text(), function)
            if named is not None and _is_from_module(named) and _is_maker(named):
                yield call


def _is_from_module(found: Declaration) -> bool:
    """Whether a name is bound by an import, or a require, of the module."""
    return MODULE in _statement(found).text()


def _is_maker(found: Declaration) -> bool:
    """Whether it is the function, by its own name or as another."""
    return _MAKER in _statement(found).text()


def _statement(found: Declaration) -> SgNode:
    home = found.home
    if home.kind() == "variable_declarator":
        return home
    above = (node for node in home.ancestors() if node.kind() == "import_statement")
    return next(above, found.node)
