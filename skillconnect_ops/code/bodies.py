"""Where the body of a request is read piece by piece, and whether anything ends that."""

import re
from collections.abc import Iterator

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.javascript_value import bare, short
from skillconnect_ops.code.package_calls import place
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, string

_REQUEST = re.compile(r"_?(?:req|request)|(?:ctx|context|this)\.(?:req|request)")
_KEEPS = re.compile(r"\+=|\.(?:push|concat|append)\(")
_ENDS = re.compile(
    r"[lL]ength|\bsize\b|[lL]imit|\bmax|MAX|\.(?:destroy|pause)\(|\b413\b|bytes", re.IGNORECASE
)
"""What asks how much there is by now, or lets no more come."""


class Reading(Struct, frozen=True, kw_only=True):
    """A place that keeps all pieces of a body, however many there are."""

    path: str
    line: int
    column: int
    end_line: int
    text: str


def readings(module: Module) -> Iterator[Reading]:
    """`req.on("data", …)` and `for await (… of req)` that never end by themselves."""
    for call in module.root.find_all(kind="call_expression", regex=r"\.on\("):
        maker, given = call.field("function"), arguments(call)
        holder = maker.field("object") if maker is not None else None
        name = maker.field("property") if maker is not None else None
        if holder is None or name is None or name.text() != "on" or len(given) < 2:
            continue
        if string(given[0]) == "data" and _is_request(holder) and _has_no_end(call, given[1]):
            yield _reading(module, call)
    for loop in module.root.find_all(kind="for_in_statement", regex=r"^for\s+await"):
        of, body = loop.field("right"), loop.field("body")
        if of is not None and body is not None and _is_request(of) and _has_no_end(loop, body):
            yield _reading(module, loop)


def _is_request(node: SgNode) -> bool:
    return _REQUEST.fullmatch(bare(node).text()) is not None


def _has_no_end(node: SgNode, does: SgNode) -> bool:
    """Whether it keeps what comes, and nothing around it asks how much that is."""
    if does.kind() not in FUNCTIONS | {"statement_block", "expression_statement"}:
        return False
    around = next((up for up in node.ancestors() if up.kind() in FUNCTIONS), does)
    return _KEEPS.search(does.text()) is not None and _ENDS.search(around.text()) is None


def _reading(module: Module, node: SgNode) -> Reading:
    line, column, _ = place(node)
    return Reading(path=module.path, line=line, column=column, end_line=line, text=short(node))
