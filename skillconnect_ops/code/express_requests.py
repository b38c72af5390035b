"""What a handler takes of a request: told by the place of its parameter, whatever its name."""

from collections.abc import Iterator

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.express_origins import Origins
from skillconnect_ops.code.express_packages import LOGS
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import Expression, bare, parameters, short
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, climbed, key, string

_DEEPEST = 4
_PARTS = frozenset(
    {"body", "query", "params", "cookies", "signedCookies", "headers", "session", "file", "files"}
)
_STREAMED = frozenset({"pipe", "on", "once", "read", "rawBody"})
_READERS = frozenset({"raw-body", "co-body", "body", "formidable", "busboy", "multiparty"})


class Taken(Struct, frozen=True):
    """What is taken of a request."""

    parts: frozenset[str] = frozenset()
    why: str = ""
    """Why it may be more than that."""


NOTHING_TAKEN = Taken()


class Requests:
    """Looks at functions."""

    def __init__(self, values: Objects, origins: Origins) -> None:
        self._values = values
        self._origins = origins
        self._known: dict[tuple[object, ...], Taken] = {}

    def taken(self, function: Expression, place: int = 0, depth: int = 0) -> Taken:
        """What a function takes of the request that is its argument at some place."""
        outer = (*self._values.identity(function.module, function.node, function.frame), place)
        if outer not in self._known:
            self._known[outer] = NOTHING_TAKEN
            self._known[outer] = self._of(function, place, depth)
        return self._known[outer]

    def _of(self, function: Expression, place: int, depth: int) -> Taken:
        parts, whys = set[str](), list[str]()
        for use in self._uses(function, place):
            if isinstance(use, str):
                parts.add(use)
                continue
            found = self._used(function, use, depth)
            parts |= found.parts
            whys += [found.why] if found.why else []
        told = frozenset("file" if one == "files" else one for one in parts)
        return Taken(told, whys[0] if whys else "")

    def _uses(self, function: Expression, place: int) -> Iterator[SgNode | str]:
        """The places that stand for the request, and the parts that are taken at once."""
        given = parameters(function.node)
        pattern = (given[place].field("pattern") or given[place]) if place < len(given) else None
        if pattern is not None and pattern.kind() == "object_pattern":
            yield from _keys(pattern)
        elif pattern is not None and pattern.kind() == "identifier":
            yield from self._named(function, pattern, 0)
        lists = {"arguments"} if function.node.kind() != "arrow_function" else set[str]()
        rest = given[0] if given and given[0].kind() == "rest_pattern" else None
        inner = (given[0].field("pattern") if given else None) or rest
        if inner is not None and inner.kind() == "rest_pattern" and inner.named_children():
            lists.add(inner.named_children()[0].text())
        text = function.node.text()
        if not any(f"{name}[" in text for name in lists):
            return
        for each in function.node.find_all(kind="subscript_expression"):
            holder, index = each.field("object"), each.field("index")
            is_one = holder is not None and holder.text() in lists
            if is_one and index is not None and index.text() == str(place):
                yield each

    def _named(self, function: Expression, name: SgNode, depth: int) -> Iterator[SgNode]:
        """The places of a name, and of others that it is given to."""
        scopes = function.module.scopes
        declared = scopes.meaning(name.text(), name)
        if declared is None:
            return
        for each in scopes.references(declared):
            yield each
            whole, around = climbed(each)
            if around is None or around.kind() != "variable_declarator" or depth > _DEEPEST:
                continue
            other = around.field("name")
            is_name = other is not None and other.kind() == "identifier"
            if around.field("value") == whole and other is not None and is_name:
                yield from self._named(function, other, depth + 1)

    def _used(  # noqa: PLR0911 - one a kind of place
        self, function: Expression, use: SgNode, depth: int
    ) -> Taken:
        """What is taken at a place that stands for the request."""
        whole, around = climbed(use)
        if around is None:
            return NOTHING_TAKEN
        kind = around.kind()
        if kind == "member_expression" and around.field("object") == whole:
            name = around.field("property")
            return _part("" if name is None else name.text())
        if kind == "subscript_expression" and around.field("object") == whole:
            index = around.field("index")
            said = string(index) if index is not None else None
            return Taken(why=f"{short(around)} is computed") if said is None else _part(said)
        if kind == "variable_declarator" and around.field("value") == whole:
            pattern = around.field("name")
            is_taken_apart = pattern is not None and pattern.kind() == "object_pattern"
            return Taken(frozenset(_keys(pattern))) if pattern and is_taken_apart else NOTHING_TAKEN
        if kind == "assignment_expression" and around.field("right") == whole:
            left = around.field("left")
            is_taken_apart = left is not None and left.kind() == "object_pattern"
            return Taken(frozenset(_keys(left))) if left and is_taken_apart else NOTHING_TAKEN
        if kind == "for_in_statement" and around.field("right") == whole:
            return Taken(frozenset({"body"}))
        if kind in {"spread_element", "return_statement"}:
            return Taken(why=f"what is done with all of {use.text()} is not told")
        if kind in {"shorthand_property_identifier", "pair", "object"}:
            return self._within_object(use)
        if kind == "arguments":
            return self._given(function, whole, around, depth)
        return NOTHING_TAKEN

    def _within_object(self, use: SgNode) -> Taken:
        """`createContext({ req, res })`."""
        call = next((up for up in use.ancestors() if up.kind() == "call_expression"), None)
        maker = call.field("function") if call is not None else None
        if maker is None or LOGS.match(maker.text()):
            return NOTHING_TAKEN
        return Taken(why=f"what {short(maker)} takes of the request is not told")

    def _given(self, function: Expression, whole: SgNode, listed: SgNode, depth: int) -> Taken:
        """`service.create(req)`."""
        call = listed.parent()
        maker = (call.field("function") or call.field("constructor")) if call is not None else None
        if call is None or maker is None or LOGS.match(maker.text()):
            return NOTHING_TAKEN
        inner = bare(maker)
        called = self._values.of(function.module, inner, function.frame)
        place = arguments(call).index(whole)
        origin = self._origins.of(called)
        if origin is not None:
            return Taken(frozenset({"body"})) if origin.package in _READERS else NOTHING_TAKEN
        if isinstance(called, Expression) and called.node.kind() in FUNCTIONS:
            if depth >= _DEEPEST:
                return NOTHING_TAKEN
            frame = self._values.called(function.module, call, called, function.frame)
            return self.taken(Expression(called.module, called.node, frame), place, depth + 1)
        holder = inner.field("object")
        names = {(each.field("pattern") or each).text() for each in parameters(function.node)[1:]}
        if inner.text() in names or (holder is not None and holder.text() in names):
            return NOTHING_TAKEN  # `next(req)`, `res.format(req)`
        return Taken(why=f"what {short(inner)} takes of the request is not told")


def _part(name: str) -> Taken:
    if name in _PARTS:
        return Taken(frozenset({name}))
    return Taken(frozenset({"body"})) if name in _STREAMED else NOTHING_TAKEN


def _keys(pattern: SgNode) -> Iterator[str]:
    for each in pattern.named_children():
        name = each.text()
        if each.kind() == "pair_pattern":
            name = key(each.field("key")) or ""
        elif each.kind() == "object_assignment_pattern":
            left = each.field("left")
            name = left.text() if left is not None else ""
        if name in _PARTS:
            yield name
