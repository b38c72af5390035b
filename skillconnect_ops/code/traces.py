"""Stack traces of errors that go into an answer, also by way of objects and functions."""

import re
from collections.abc import Iterator

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.answering import called, is_answer
from skillconnect_ops.code.conditions import guard, in_production
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_value import EMPTY, Expression, bare, parameters, short
from skillconnect_ops.code.package_calls import Options, place
from skillconnect_ops.code.scopes import Declaration
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, key, pairs, string

_SPEAKS = re.compile(r"\bstack\b|\binspect\(|serializeError\(|getOwnPropertyNames\(|\.render\(")
_SENDS = frozenset({"send", "json", "end", "render", "write", "jsonp"})
_ERRORS = re.compile(r"\b(?:e|ex|err|error|exception|reason|failure)$|[eE]rr(?:or)?$")
_TELLS_ALL = frozenset({"inspect", "serializeError"})
_PASSES = re.compile(
    r"(?:^|\.)(?:String|stringify|parse|assign|freeze|inspect|format|serializeError|escape\w*|trim"
    r"|concat|join|split|slice|replace|pick|omit|merge|from|map|flatMap|filter|Boolean)$"
)
_ADDS = frozenset({"push", "unshift", "set", "append", "add"})
_RECORDS = re.compile(
    r"log|console|winston|pino|debug|warn|capture|report|track|notif|sentry|metric|emit|\bnext$"
    r"|reject|assert|fatal|newrelic|\btrace$|record|error$|hash|test$|includes|match",
    re.IGNORECASE,
)
"""What keeps a trace, or asks for something in it, and answers nobody with it."""
_COMPARES = frozenset({"===", "!==", "==", "!=", "<", ">", "<=", ">=", "in", "instanceof"})
_BODIES = frozenset({"ctx.body", "ctx.response.body", "this.body"})
_DEEPEST = 3


class Trace(Struct, frozen=True, kw_only=True):
    """A stack trace that goes into an answer."""

    path: str
    line: int
    column: int
    end_line: int
    guard: str | None
    """What must hold for it, where that asks for the environment."""
    text: str
    words: bool = False
    """Whether it is the words of an error alone, in an answer that says that something is wrong."""
    lost: str = ""
    """Why it is not told whether it goes there."""


class _Sent(Struct, frozen=True):
    """That something is sent: below which condition, and why that is not sure."""

    guard: str | None = None
    lost: str = ""


def speaks_of_traces(text: str) -> bool:
    """Whether a text is worth parsing for them."""
    return _SPEAKS.search(text) is not None


class Traces:
    """Finds them in files."""

    def __init__(self, modules: Modules, options: Options) -> None:
        self._modules = modules
        self._values = options.followed

    def of(self, module: Module) -> Iterator[Trace]:
        """Those of a file, in the order of their places."""
        seen: set[tuple[int, int]] = set()
        for node in sorted(_traced(module), key=lambda one: one.range().start.index):
            sent = self._sent(module, node, 0)
            if sent is not None:
                yield from _unseen(seen, _trace(module, node, sent))
        for node in _given_whole(module):
            yield from _unseen(seen, _trace(module, node, _Sent(_around(node), _PAGE)))

    def _sent(  # noqa: PLR0911 - one a kind of what it stands in
        self, module: Module, node: SgNode, depth: int
    ) -> _Sent | None:
        """Whether it stands in what an answer sends, or in an object that one sends."""
        child = node
        for up in node.ancestors():
            kind = up.kind()
            if kind == "call_expression" and child.kind() == "arguments":
                return self._handed_on(module, up, node, depth)
            if kind == "variable_declarator":
                name = up.field("name")
                return None if name is None else self._by_name(module, up, node, name.text())
            if kind in {"assignment_expression", "augmented_assignment_expression"}:
                left = up.field("left")
                if left is not None and left.text() in _BODIES:
                    return _Sent(_around(node))
                while left is not None and left.kind() == "member_expression":
                    left = left.field("object")
                return None if left is None else self._by_name(module, up, node, left.text())
            if kind == "return_statement" or (kind == "arrow_function" and _is_body(up, child)):
                inner = up if kind == "arrow_function" else _function_of(up)
                return None if inner is None else self._returned(module, inner, node, depth)
            if kind in FUNCTIONS or kind.endswith("_statement") or _is_asked(up, child):
                return None
            child = up
        return None

    def _handed_on(  # noqa: PLR0911 - one a kind of what is called
        self, module: Module, call: SgNode, node: SgNode, depth: int
    ) -> _Sent | None:
        """Where it is an argument, or a part of one."""
        if called(module, call) in _SENDS:
            return _Sent(_around(node))
        maker = call.field("function")
        text = "" if maker is None else maker.text()
        name, given = text.rpartition(".")[2], arguments(call)
        holder = maker.field("object") if maker is not None else None
        if text == "Object.assign" and given and given[0].kind() == "identifier":
            target = self._by_name(module, call, node, given[0].text())
            if target is not None:
                return target
        if name in _ADDS and holder is not None and holder.kind() == "identifier":
            return self._by_name(module, call, node, holder.text())
        if _PASSES.search(text):
            return self._sent(module, call, depth)
        if _RECORDS.search(text) or maker is None:
            return None
        at = next((n for n, one in enumerate(given) if _holds(one, node)), 0)
        into = next((n for n, one in enumerate(given) if is_answer(module, one)), None)
        into_answer = into is not None
        outer = _Sent(_around(node)) if into_answer else self._sent(module, call, depth)
        if outer is None:
            return None
        function = self._values.of(module, bare(maker), EMPTY)
        if not isinstance(function, Expression) or function.node.kind() not in FUNCTIONS:
            return _Sent(outer.guard or _around(node), f"what {short(maker)} does with it")
        listed = parameters(function.node)
        if at >= len(listed):
            return None
        names = [(each.field("pattern") or each).text() for each in listed]
        answer = names[into] if into is not None and into < len(names) else None
        sends = self._sends(function.module, function.node, names[at], answer)
        returns = any(_names(each, names[at]) for each in _results(function.node))
        return outer if sends or (returns and not into_answer) else None

    def _returned(self, module: Module, function: SgNode, node: SgNode, depth: int) -> _Sent | None:
        """Where a function gives it back: whether what calls the function sends it."""
        own, parent = _around(node), function.parent()
        if parent is not None and parent.kind() == "arguments":
            call = parent.parent()
            maker = call.field("function") if call is not None else None
            if call is None or maker is None or not _PASSES.search(maker.text()):
                return None
            found = self._sent(module, call, depth)
            return found and _Sent(own or found.guard, found.lost)
        name = _name_of(function)
        if depth >= _DEEPEST or not name:
            return None
        for other in (module, *self._modules.importing(module.path, name)):
            for call in other.root.find_all(kind="call_expression"):
                maker = call.field("function")
                if maker is None or maker.text().rpartition(".")[2] != name:
                    continue
                found_function = self._values.of(other, bare(maker), EMPTY)
                is_it = isinstance(found_function, Expression) and found_function.node == function
                if not is_it:
                    continue
                found = self._sent(other, call, depth + 1)
                if found is not None:
                    return _Sent(own or found.guard, found.lost)
        return None

    def _by_name(self, module: Module, at: SgNode, node: SgNode, name: str) -> _Sent | None:
        around = _function_of(at) or module.root
        return _Sent(_around(node)) if self._sends(module, around, name) else None

    @staticmethod
    def _sends(module: Module, around: SgNode, name: str, answer: str | None = None) -> bool:
        """Whether a function sends what has a name in it."""
        return any(
            _names(each, name)
            for call in around.find_all(kind="call_expression")
            if called(module, call, answer) in _SENDS
            for each in arguments(call)
        )


_PAGE = "whether the page shows the trace of the error that it is given"


def _unseen(seen: set[tuple[int, int]], trace: Trace) -> Iterator[Trace]:
    if (trace.line, trace.column) not in seen:
        seen.add((trace.line, trace.column))
        yield trace


def _trace(module: Module, node: SgNode, sent: _Sent) -> Trace:
    line, column, end_line = place(node)
    return Trace(
        path=module.path,
        line=line,
        column=column,
        end_line=end_line,
        guard=sent.guard,
        text=short(node),
        lost=sent.lost,
    )


# what holds a trace


def _traced(module: Module) -> Iterator[SgNode]:
    """`error.stack`, `error["stack"]`, `stack` of `{ stack } = error`, `inspect(error)`."""
    for kind in ("member_expression", "subscript_expression"):
        for node in module.root.find_all(kind=kind, regex="stack"):
            holder, name = node.field("object"), node.field("property")
            told = name.text() if name is not None else string(node.field("index"))
            if told == "stack" and holder is not None and _is_error(module, holder):
                yield node
    for pattern in module.root.find_all(kind="object_pattern", regex=r"\bstack\b"):
        declarator = pattern.parent()
        value = declarator.field("value") if declarator is not None else None
        if value is None or not _is_error(module, bare(value)):
            continue
        for bound in _bound_to_stack(pattern):
            found = module.scopes.meaning(bound.text(), bound)
            yield from module.scopes.references(found) if found is not None else ()
    for call in module.root.find_all(kind="call_expression"):
        if _tells_all(call) and any(
            _is_error(module, one) and _is_name(one) for one in arguments(call)
        ):
            yield call


def _tells_all(call: SgNode) -> bool:
    """Whether what is called makes a text or an object of an error, its trace included."""
    maker = call.field("function")
    whole = "" if maker is None else maker.text()
    name = whole.rpartition(".")[2]
    if name == "stringify":
        return "getOwnPropertyNames" in call.text()
    return name in _TELLS_ALL or whole == "util.format"


def _given_whole(module: Module) -> Iterator[SgNode]:
    """The errors that pages are given as they are: `res.render("error", { error })`."""
    for call in module.root.find_all(kind="call_expression", regex=r"render\("):
        given = arguments(call)
        if called(module, call) != "render" or len(given) < 2:
            continue
        for _, where, value in pairs(bare(given[1])):
            if _is_name(value) and _is_error(module, value):
                yield where


def _bound_to_stack(pattern: SgNode) -> Iterator[SgNode]:
    for each in pattern.named_children():
        if each.kind() == "shorthand_property_identifier_pattern" and each.text() == "stack":
            yield each
        elif each.kind() == "pair_pattern" and key(each.field("key")) == "stack":
            value = each.field("value")
            if value is not None:
                yield value


def _is_name(node: SgNode) -> bool:
    return node.kind() in {"identifier", "shorthand_property_identifier"}


def _is_error(module: Module, node: SgNode) -> bool:
    """Whether an expression is called an error, or is one by where it comes from."""
    node = bare(node)
    if _ERRORS.search(node.text().rstrip("?!")):
        return True
    if not _is_name(node):
        return node.kind() == "new_expression" and "Error" in node.text().partition("(")[0]
    found = module.scopes.meaning(node.text(), node)
    return found is not None and _is_given_as_error(found)


def _is_given_as_error(found: Declaration) -> bool:
    """The name of a `catch`, or the first of the four parameters of an error handler."""
    if found.home.kind() == "catch_clause":
        return True
    function = _function_of(found.node)
    listed = parameters(function) if function is not None else []
    return len(listed) == 4 and (listed[0].field("pattern") or listed[0]) == found.node


# where it stands


def _around(node: SgNode) -> str | None:
    """The condition that asks for the environment, around a place or left by before it."""
    own = guard(node)
    if own is not None:
        return own
    child = node
    for up in node.ancestors():
        if up.kind() in FUNCTIONS:
            return None
        if up.kind() == "statement_block":
            for statement in up.named_children():
                if statement == child:
                    break
                condition, then = statement.field("condition"), statement.field("consequence")
                if statement.kind() != "if_statement" or condition is None or then is None:
                    continue
                text = short(bare(condition))
                if _leaves(then) and in_production(text) is not None:
                    return f"not {text}"
        child = up
    return None


def _leaves(side: SgNode) -> bool:
    inner = [each for each in side.named_children() if each.kind() != "comment"]
    last = inner[-1] if side.kind() == "statement_block" and inner else side
    return last.kind() in {"return_statement", "throw_statement"}


def _is_body(function: SgNode, child: SgNode) -> bool:
    return function.field("body") == child and child.kind() != "statement_block"


def _is_asked(up: SgNode, child: SgNode) -> bool:
    """Whether a value is only looked at: a condition, a comparison, `!`."""
    if up.kind() == "ternary_expression":
        return up.field("condition") == child
    sign = up.field("operator")
    if up.kind() == "binary_expression" and sign is not None:
        return sign.text() in _COMPARES or (sign.text() == "&&" and up.field("left") == child)
    return up.kind() == "unary_expression"


def _function_of(node: SgNode) -> SgNode | None:
    return next((up for up in node.ancestors() if up.kind() in FUNCTIONS), None)


def _name_of(function: SgNode) -> str:
    own, parent = function.field("name"), function.parent()
    if own is None and parent is not None:
        own = parent.field("name") or parent.field("key") or parent.field("left")
    return "" if own is None else own.text().rpartition(".")[2]


def _holds(outer: SgNode, node: SgNode) -> bool:
    span, inner = outer.range(), node.range()
    return span.start.index <= inner.start.index and inner.end.index <= span.end.index


def _results(function: SgNode) -> Iterator[SgNode]:
    body = function.field("body")
    if body is not None and body.kind() != "statement_block":
        yield body
    elif body is not None:
        yield from body.find_all(kind="return_statement")


def _names(node: SgNode, name: str) -> bool:
    """Whether an expression holds a name that stands for itself there, and not for a part of it."""
    for one in node.find_all(
        any=[{"kind": "identifier"}, {"kind": "shorthand_property_identifier"}]
    ):
        parent = one.parent()
        whole = (
            parent is None
            or parent.kind() != "member_expression"
            or (parent.field("object") != one)
        )
        if one.text() == name and whole:
            return True
    return False
