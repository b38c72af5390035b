"""The ways that a request may take through a function: which of them it passes, and on what proof.

The function is gone through statement by statement, both sides of each condition, with what names
stand for: the request by its place among the parameters, a token, what was verified. So a `401`
somewhere in it counts only where a way leads to it, and each way to `next()` is looked at.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ast_grep_py import SgNode
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.express_model import Role
from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.express_packages import LOGS, VALIDATORS, known, proves
from skillconnect_ops.code.express_schemas import Checking, checking
from skillconnect_ops.code.express_seen import (
    ALL,
    INPUTS,
    NOTHING,
    OTHER,
    SOMETHING,
    WHO,
    End,
    Kind,
    Seen,
    Way,
    part,
    together,
)
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import Expression, bare, parameters, short
from skillconnect_ops.code.syntax import FUNCTIONS, WRAPPERS, arguments, is_left, key, string

_MOST_STEPS = 6_000
_FEW_WAYS = 12
"""How many ways are told apart; of more, those that come to the same are one."""
_MOST_EXITS = 400
_DEEPEST = 7
_SENDS = frozenset(
    {
        *("json", "send", "end", "render", "sendFile", "sendfile", "download", "jsonp"),
        *("sendStatus", "redirect", "pipe"),
    }
)
_REFUSING = re.compile(
    r"^[45]\d\d$|UNAUTHORI|FORBIDDEN|[uU]nauthori|[fF]orbidden|BAD_|NOT_|BadReq|_ERROR|TOO_|CONFLICT"
    r"|UNPROCESS|err|code|status",
)
_REFUSES = re.compile(
    r"unauth|forbid|denied|deny|refus|reject|not_?allowed|handle_?error|send_?error|errorResponse"
    r"|fail|badRequest|redirect",
    re.IGNORECASE,
)
_GLOBAL_SAME = re.compile(
    r"^(?:String|Buffer\.from|JSON\.\w+|decodeURI\w*|atob|btoa|Boolean|Number|parseInt|Array\.\w+"
    r"|Object\.\w+|_\.\w+)$"
)
_SAME_PACKAGES = frozenset(
    {"cookie", "jwt-decode", "basic-auth", "auth-header", "qs", "querystring", "url", "node:url"}
)
_LIST_METHODS = frozenset({"some", "every", "find", "filter", "map", "forEach", "findIndex"})
_ERRS = re.compile(r"^_?(?:e|er|err|error|ex|fault|failure)\d?$|[eE]rr(?:or)?$")
_ABSENT = frozenset({"null", "undefined", "false", "''", '""', "0", "-1", "'undefined'"})
_EQUAL = {"===": True, "==": True, "!==": False, "!=": False}
_MORE = {">": True, ">=": True, "<": False, "<=": False}


class Exit(Struct, frozen=True):
    """Where a way ends."""

    end: End
    way: Way


class TooManyError(Exception):
    """More ways lead through a function than are followed."""


class Ways:
    """Goes through functions."""

    def __init__(self, values: Objects, origins: Origins) -> None:
        self._values = values
        self._origins = origins
        self._exits: list[Exit] = []
        self._thrown: list[list[Way]] = []
        self._returned: list[list[tuple[Way, Seen]]] = []
        self._promised: list[tuple[list[Way], list[Way]]] = []
        self._stack: list[SgNode] = []
        self._at: list[Expression] = []
        self._left = 0

    def through(self, function: Expression) -> tuple[Exit, ...]:
        """Every way through a middleware or handler.

        Raises:
            TooManyError: there are more than are followed.
        """
        self._exits, self._thrown, self._returned, self._promised = [], [], [], []
        self._stack, self._at, self._left = [], [], _MOST_STEPS
        given = (ALL, Seen(Kind.RESPONSE), Seen(Kind.NEXT))
        try:
            ends = self._inlined(function, given, Way({}), awaited=True)
        except RecursionError:
            raise TooManyError from None
        for way, _ in ends:
            self._exit(End.FELL, way)
        return tuple(self._exits)

    def _exit(self, end: End, way: Way) -> None:
        if end is End.FELL and way.ended:
            return
        if len(self._exits) > _MOST_EXITS:
            raise TooManyError
        self._exits.append(Exit(end, way))

    # functions

    def _inlined(
        self,
        function: Expression,
        given: Sequence[Seen],
        way: Way,
        *,
        awaited: bool,
        around: Mapping[str, Seen] | None = None,
    ) -> list[tuple[Way, Seen]]:
        """Go through the body of a function for what it is given; what it may give.

        Args:
            function: the function.
            given: its arguments.
            way: how far the way came.
            awaited: whether somebody waits for what it promises.
            around: what names around it stand for, where that is not where it is called.
        """
        node, body = function.node, function.node.field("body")
        if body is None:
            return [(way, OTHER)]
        if len(self._stack) >= _DEEPEST or node in self._stack:
            return [(replace(way, untold=f"{short(node)[:30]} calls itself"), OTHER)]
        outside = way.names
        is_inner = any(up in self._stack for up in node.ancestors())
        names = dict(around or (outside if is_inner else {}))
        own = set[str]()
        for place, parameter in enumerate(parameters(node)):
            bound: dict[str, Seen] = {}
            self._bind_parameter(parameter, place, given, bound)
            own |= bound.keys()
            names |= bound
        if node.kind() != "arrow_function":
            names["arguments"] = Seen(Kind.ARGUMENTS)
        is_async = any(each.kind() == "async" for each in node.children())
        lost = is_async and not awaited
        if lost:
            self._thrown.append([])
        self._stack.append(node)
        self._at.append(function)
        self._returned.append([])
        try:
            inner = replace(way, names=names)
            if body.kind() == "statement_block":
                for end in self._block(body.named_children(), [inner]):
                    self._returned[-1].append((end, NOTHING))
            else:
                self._returned[-1] += self._value(body, inner, awaited=True)
        finally:
            ends = self._returned.pop()
            self._stack.pop()
            self._at.pop()
        if lost:
            self._thrown.pop()
            return [(way, SOMETHING)]
        kept = {name for name in outside if name not in own} if is_inner else set[str]()
        back: list[tuple[Way, Seen]] = []
        for end, seen in ends:
            changed = {name: end.names.get(name, outside[name]) for name in kept}
            back.append((replace(end, names={**outside, **changed}), seen))
        return _fewer(back)

    @staticmethod
    def _bind_parameter(
        parameter: SgNode, place: int, given: Sequence[Seen], names: dict[str, Seen]
    ) -> None:
        pattern = parameter.field("pattern") or parameter
        if pattern.kind() == "rest_pattern":
            inner = pattern.named_children()
            if inner:
                names[inner[0].text()] = Seen(Kind.ARGUMENTS) if not place else OTHER
            return
        _bind(pattern, given[place] if place < len(given) else OTHER, names)

    # statements

    def _block(self, statements: Iterable[SgNode], ways: list[Way]) -> list[Way]:
        for statement in statements:
            ways = _merged(end for way in ways for end in self._statement(statement, way))
        return ways

    def _statement(  # noqa: C901, PLR0911, PLR0912 - one a kind of statement
        self, node: SgNode, way: Way
    ) -> list[Way]:
        match node.kind():
            case "comment" | "function_declaration" | "class_declaration":
                return [way]
            case "statement_block" | "else_clause":
                return self._block(node.named_children(), [way])
            case "if_statement":
                return self._if(node, way)
            case "return_statement":
                inner = [each for each in node.named_children() if each.kind() != "comment"]
                got = self._value(inner[0], way, awaited=True) if inner else [(way, NOTHING)]
                self._returned[-1] += got
                return []
            case "throw_statement":
                for each in node.named_children():
                    for thrown, _ in self._value(each, way):
                        self._throw(thrown)
                return []
            case "try_statement":
                return self._try(node, way)
            case "lexical_declaration" | "variable_declaration":
                ways = [way]
                for each in node.named_children():
                    if each.kind() == "variable_declarator":
                        ways = [end for one in ways for end in self._declare(each, one)]
                return ways
            case "switch_statement":
                return self._switch(node, way)
            case "for_statement" | "for_in_statement" | "while_statement" | "do_statement":
                return self._loop(node, way)
            case "break_statement" | "continue_statement":
                return [way]
            case "expression_statement" | "labeled_statement":
                ways = [way]
                for each in node.named_children():
                    ways = [end for one in ways for end, _ in self._value(each, one)]
                return ways
        return [end for end, _ in self._value(node, way)]

    def _if(self, node: SgNode, way: Way) -> list[Way]:
        condition, then = node.field("condition"), node.field("consequence")
        other = node.field("alternative")
        if condition is None or then is None:
            return [way]
        ends: list[Way] = []
        for one, holds in self._decided(condition, way):
            side = then if holds else other
            ends += [one] if side is None else self._statement(side, one)
        return _merged(ends)

    def _try(self, node: SgNode, way: Way) -> list[Way]:
        body, handler, last = (node.field(name) for name in ("body", "handler", "finalizer"))
        self._thrown.append([])
        ends = self._statement(body, way) if body is not None else [way]
        thrown = _merged(self._thrown.pop())
        if handler is None:
            for one in thrown:
                self._throw(one)
        else:
            parameter, inner = handler.field("parameter"), handler.field("body")
            for one in thrown:
                names = dict(way.names)
                if parameter is not None:
                    _bind(parameter, SOMETHING, names)
                caught = replace(one, names=names, failed=True)
                ends += self._statement(inner, caught) if inner is not None else [caught]
        if last is not None:
            ends = self._block(last.named_children(), ends)
        return _merged(ends)

    def _throw(self, way: Way) -> None:
        if self._thrown:
            self._thrown[-1].append(way)
        else:
            self._exit(End.REFUSED, way)

    def _declare(self, node: SgNode, way: Way) -> list[Way]:
        name, value = node.field("name"), node.field("value")
        if name is None:
            return [way]
        got = self._value(value, way) if value is not None else [(way, NOTHING)]
        ends: list[Way] = []
        for end, seen in got:
            names = dict(end.names)
            _bind(name, seen, names)
            ends.append(replace(end, names=names))
        return ends

    def _switch(self, node: SgNode, way: Way) -> list[Way]:
        value, body = node.field("value"), node.field("body")
        if value is None or body is None:
            return [way]
        words, ends = short(bare(value)), list[Way]()
        has_default = False
        falling: list[Way] = []
        for case in body.named_children():
            if case.kind() == "comment":
                continue
            asked = case.field("value")
            has_default = has_default or asked is None
            said = f"{words} === {short(asked)}" if asked is not None else f"!({words})"
            statements = [each for each in case.named_children() if each != asked]
            falling = self._block(statements, [*falling, _under(way, said)])
            if is_left(statements):
                ends += falling
                falling = []
        ends += falling
        return _merged(ends if has_default else [*ends, way])

    def _loop(self, node: SgNode, way: Way) -> list[Way]:
        """No round, and one."""
        ways = [way]
        for name in ("initializer", "right", "condition"):
            each = node.field(name)
            if each is not None and each.kind() != "empty_statement":
                ways = [end for one in ways for end in self._statement(each, one)]
        body, left, right = node.field("body"), node.field("left"), node.field("right")
        rounds: list[Way] = []
        for one in ways:
            names = dict(one.names)
            if left is not None and right is not None:
                whole = [seen for _, seen in self._value(right, one)]
                _bind(left, together(*whole), names)
            rounds.append(replace(one, names=names))
        if body is None:
            return ways
        return _merged([*ways, *(end for one in rounds for end in self._statement(body, one))])

    # conditions

    def _decided(self, node: SgNode, way: Way) -> Iterator[tuple[Way, bool]]:
        """The ways on which a condition holds, and those on which it does not."""
        node = _opened(node)
        sign = node.field("operator")
        if node.kind() == "unary_expression" and sign is not None and sign.text() == "!":
            inner = node.field("argument")
            if inner is not None:
                for one, holds in self._decided(inner, way):
                    yield one, not holds
                return
        left, right = node.field("left"), node.field("right")
        if node.kind() == "binary_expression" and sign and left is not None and right is not None:
            if sign.text() in {"&&", "||"}:
                goes_on = sign.text() == "&&"
                for one, holds in self._decided(left, way):
                    if holds is goes_on:
                        yield from self._decided(right, one)
                    else:
                        yield one, holds
                return
            if sign.text() in {*_EQUAL, *_MORE}:
                yield from self._compared(node, sign.text(), left, right, way)
                return
        for one, seen in self._value(node, way):
            for end, holds in _asked_of(seen, one, short(node)):
                yield (end if holds else _without(end, bare(node))), holds

    def _compared(
        self, node: SgNode, sign: str, left: SgNode, right: SgNode, way: Way
    ) -> Iterator[tuple[Way, bool]]:
        for first, one in self._value(left, way):
            for second, other in self._value(right, first):
                yield from _of_comparison(node, sign, (left, one), (right, other), second)

    # values

    def _value(  # noqa: C901, PLR0911, PLR0912 - one a kind of node
        self, node: SgNode, way: Way, *, awaited: bool = False
    ) -> list[tuple[Way, Seen]]:
        """What an expression stands for, and what it does on the way."""
        self._left -= 1
        if self._left < 0:
            raise TooManyError
        opened = _opened(node)
        awaited = awaited or opened.kind() == "await_expression"
        node = bare(node)
        match node.kind():
            case "identifier" | "shorthand_property_identifier":
                return [(way, way.names.get(node.text(), OTHER))]
            case "undefined" | "null" | "false":
                return [(way, NOTHING)]
            case "true":
                return [(way, SOMETHING)]
            case "string" | "number" | "regex" | "this":
                return [(way, OTHER)]
            case "member_expression" | "subscript_expression":
                return self._member(node, way)
            case "call_expression" | "new_expression":
                return self._call(node, way, awaited=awaited)
            case "assignment_expression" | "augmented_assignment_expression":
                return self._assign(node, way)
            case "ternary_expression":
                return self._ternary(node, way, awaited=awaited)
            case "binary_expression":
                return self._binary(node, way, awaited=awaited)
            case "unary_expression":
                ends = self._all(node.named_children(), way)
                return [
                    (end, OTHER if seen.kind is not Kind.ERRORS else seen) for end, seen in ends
                ]
            case "pair":
                value = node.field("value")
                return self._value(value, way) if value is not None else [(way, OTHER)]
        if node.kind() in FUNCTIONS or node.kind() in {"class", "jsx_element"}:
            return [(way, OTHER)]
        return self._all(node.named_children(), way)

    def _all(self, nodes: Iterable[SgNode], way: Way) -> list[tuple[Way, Seen]]:
        """Several expressions, one after the other."""
        ends: list[tuple[Way, Seen]] = [(way, OTHER)]
        for node in nodes:
            if node.kind() in {"comment", "property_identifier", "string_fragment"}:
                continue
            ends = _fewer(
                [
                    (end, together(seen, more))
                    for one, seen in ends
                    for end, more in self._value(node, one)
                ]
            )
        return ends

    def _member(self, node: SgNode, way: Way) -> list[tuple[Way, Seen]]:
        text = node.text().replace("?.", ".")
        if text in way.names:
            return [(way, way.names[text])]
        holder, index = node.field("object"), node.field("index")
        if holder is None:
            return [(way, OTHER)]
        if index is None:
            name = node.field("property")
            said = None if name is None else name.text()
            ends = self._value(holder, way)
            return [(self._of_index(end, seen, node), part(seen, said)) for end, seen in ends]
        said = string(index) if index.kind() != "number" else index.text()
        found: list[tuple[Way, Seen]] = []
        for one, seen in self._value(holder, way):
            for end, by in self._value(index, one):
                got = part(seen, said)
                by_claim = by.kind in {Kind.CLAIM, Kind.NOTHING}
                if said is None and by_claim and seen.kind is Kind.OTHER:
                    got = Seen(Kind.INDEXED)  # `keys[token]`
                found.append((end, got))
        return found

    def _of_index(self, way: Way, seen: Seen, node: SgNode) -> Way:
        """`keys[token].user`, which throws where there is no such key."""
        if seen.kind is not Kind.INDEXED or _is_optional(node):
            return way
        self._throw(replace(way, failed=True))
        return replace(way, who=True)

    def _assign(self, node: SgNode, way: Way) -> list[tuple[Way, Seen]]:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return [(way, OTHER)]
        found: list[tuple[Way, Seen]] = []
        for end, seen in self._value(right, way):
            names = dict(end.names)
            if left.kind() in {"member_expression", "subscript_expression"}:
                names[left.text().replace("?.", ".")] = seen
            else:
                _bind(left, seen, names)
            found.append((replace(end, names=names), seen))
        return found

    def _ternary(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        condition = node.field("condition")
        sides = node.field("consequence"), node.field("alternative")
        if condition is None or sides[0] is None or sides[1] is None:
            return [(way, OTHER)]
        found: list[tuple[Way, Seen]] = []
        for one, holds in self._decided(condition, way):
            side = sides[0] if holds else sides[1]
            found += self._value(side, one, awaited=awaited)
        return _fewer(found)

    def _binary(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        sign, left, right = node.field("operator"), node.field("left"), node.field("right")
        if sign is None or left is None or right is None:
            return [(way, OTHER)]
        if sign.text() not in {"&&", "||", "??"}:
            return self._all([left, right], way)
        wanted = sign.text() == "&&"
        found: list[tuple[Way, Seen]] = []
        for one, seen in self._value(left, way):
            after = self._value(right, one, awaited=awaited)
            if all(end == one for end, _ in after):  # it does nothing: no two ways
                ends_here = wanted and seen.kind is Kind.NOTHING
                found += [
                    (one, NOTHING if ends_here else together(seen, more)) for _, more in after
                ]
                continue
            is_whole = _opened(left).kind() in {"binary_expression", "unary_expression"}
            sides = self._decided(left, way) if is_whole else _asked_of(seen, one, short(left))
            for end, holds in sides:
                if holds is wanted:
                    found += self._value(right, end, awaited=awaited)
                else:
                    found.append((end, NOTHING if wanted else seen))
            if is_whole:
                break
        return _fewer(found)

    # calls

    def _call(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        function = node.field("function") or node.field("constructor")
        if function is None:
            return [(way, OTHER)]
        inner = bare(function)
        name = _property(inner)
        if node.kind() == "new_expression" and inner.text() == "Promise":
            return self._settled(*self._promise(node, way), way, awaited=awaited)
        if name in {"then", "catch", "finally"} and inner.kind() == "member_expression":
            return self._settled(*self._promise(node, way), way, awaited=awaited)
        if inner.text() == "Promise.resolve":
            return self._all_awaited(arguments(node), way)
        holder = inner.field("object") if inner.kind() == "member_expression" else None
        found: list[tuple[Way, Seen]] = []
        for one, of in self._value(holder, way) if holder is not None else [(way, OTHER)]:
            if of.kind is Kind.RESPONSE and name is not None:
                found += self._answer(node, name, one)
                continue
            direct = self._value(inner, one) if inner.kind() == "identifier" else [(one, OTHER)]
            for two, called in direct:
                found += self._called(node, inner, name, of, called, two, awaited=awaited)
        return _fewer(found)

    def _all_awaited(self, nodes: Sequence[SgNode], way: Way) -> list[tuple[Way, Seen]]:
        return self._value(nodes[0], way, awaited=True) if nodes else [(way, OTHER)]

    def _called(  # noqa: PLR0911, PLR0917 - one a kind of call
        self,
        node: SgNode,
        inner: SgNode,
        name: str | None,
        of: Seen,
        called: Seen,
        way: Way,
        *,
        awaited: bool,
    ) -> list[tuple[Way, Seen]]:
        given = arguments(node)
        if called.kind is Kind.NEXT:
            return self._next(given, way)
        if called.kind in {Kind.RESOLVE, Kind.REJECT}:
            return self._promised_here(called.kind, given, way)
        if of.kind is Kind.REQUEST and name in {"get", "header", "isAuthenticated"}:
            asked = string(given[0]) if given else None
            got = Seen(Kind.KNOWN) if name == "isAuthenticated" else part(Seen(Kind.HEADERS), asked)
            return [(way, got)]
        if of.kind in {Kind.RESULT, Kind.ERRORS}:
            if name == "throw":
                self._throw(replace(way, failed=True))
                return [(_right(way, of.parts), OTHER)]
            if name == "formatWith":
                return [(way, of)]
            return [(way, part(of, name))]
        at = self._at[-1]
        value = self._values.of(at.module, inner, at.frame)
        origin, function = self._origins.of(value), None
        if origin is None and isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
            frame = self._values.called(at.module, node, value, at.frame)
            function = Expression(value.module, value.node, frame)
        found: list[tuple[Way, Seen]] = []
        for one, words in self._words(given, way):
            told = None
            if function is not None:
                told = self._inlined(function, words, one, awaited=awaited)
            elif origin is not None:
                told = self._of_package(node, origin, words, one, awaited=awaited)
            found += self._stranger(node, inner, name, of, words, one) if told is None else told
        return found

    def _words(self, given: Sequence[SgNode], way: Way) -> list[tuple[Way, tuple[Seen, ...]]]:
        """What the arguments of a call are, on each way that they may take."""
        found: list[tuple[Way, tuple[Seen, ...]]] = [(way, ())]
        for each in given:
            if bare(each).kind() in FUNCTIONS:
                found = [(one, (*words, self._closure(each, one))) for one, words in found]
            else:
                found = [
                    (end, (*words, seen))
                    for one, words in found
                    for end, seen in self._value(each, one)
                ]
            if len(found) > _FEW_WAYS * 4:
                raise TooManyError
        return found

    def _argument(self, node: SgNode, way: Way) -> Seen:
        """What an argument is; nothing that it does is noted."""
        if bare(node).kind() in FUNCTIONS:
            return self._closure(node, way)
        exits, thrown = len(self._exits), [len(each) for each in self._thrown]
        promised = [(len(kept), len(broken)) for kept, broken in self._promised]
        seen = [got for _, got in self._value(node, way)]
        del self._exits[exits:]
        for ways, count in zip(self._thrown, thrown, strict=True):
            del ways[count:]
        for (kept, broken), (most, more) in zip(self._promised, promised, strict=True):
            del kept[most:]
            del broken[more:]
        if len(seen) == 1 and seen[0].kind >= Kind.RESULT:
            return seen[0]
        return together(*seen)

    @staticmethod
    def _closure(node: SgNode, way: Way) -> Seen:
        """What a function that is handed on is about."""
        names = {each.text() for each in node.find_all(kind="identifier")}
        about = [way.names[one] for one in names if one in way.names]
        return together(*(one for one in about if one.kind is Kind.CLAIM or one.parts))

    def _next(self, given: Sequence[SgNode], way: Way) -> list[tuple[Way, Seen]]:
        first = given[0] if given else None
        is_plain = first is None or (string(first) or "") in {"route", "router"}
        if first is not None and not is_plain:
            ends = self._decided_next(first, way)
        else:
            ends = [(way, True)]
        for one, passes in ends:
            self._exit(End.PASSED if passes else End.REFUSED, one)
        return [(replace(one, ended=True), NOTHING) for one, _ in ends]

    def _decided_next(self, node: SgNode, way: Way) -> list[tuple[Way, bool]]:
        """`next(error)`; `next(null)` passes, and `next(err)` does where there is no error."""
        found: list[tuple[Way, bool]] = []
        for one, seen in self._value(node, way):
            if seen.kind is Kind.NOTHING:
                found.append((one, True))
            elif seen.kind in {Kind.FAULT, Kind.ERRORS}:
                found += [(end, not holds) for end, holds in _asked_of(seen, one, short(node))]
            else:
                found.append((one, False))
        return found

    def _answer(self, node: SgNode, name: str, way: Way) -> list[tuple[Way, Seen]]:
        """`res.status(401)`, `.json(…)`."""
        given = arguments(node)
        ways = [way]
        for each in given:
            ways = [end for one in ways for end, _ in self._value(each, one)]
        found: list[tuple[Way, Seen]] = []
        for one in ways:
            end = one
            if name in {"status", "sendStatus", "writeHead", "code"} and given:
                words = given[0].text()
                refuses = _REFUSING.search(words) is not None
                end = replace(one, status=400 if refuses else 200)
            if name == "redirect":
                self._exit(End.LED_AWAY, end)
                end = replace(end, ended=True)
            elif name in _SENDS:
                self._exit(End.REFUSED if end.status >= 400 else End.ANSWERED, end)
                end = replace(end, ended=True)
            elif _REFUSES.search(name):  # `res.unauthorized()`
                self._exit(End.REFUSED, end)
                end = replace(end, ended=True)
            found.append((end, Seen(Kind.RESPONSE)))
        return found

    # packages

    def _of_package(  # noqa: C901, PLR0911 - one a kind of package
        self,
        node: SgNode,
        origin: Origin,
        words: Sequence[Seen],
        way: Way,
        *,
        awaited: bool,
    ) -> list[tuple[Way, Seen]] | None:
        """What calling something of a package does; None of one that says nothing of it."""
        package, last = origin.package, origin.member.rpartition(".")[2]
        given = arguments(node)
        hands_on = any(one.kind is Kind.NEXT for one in words)
        found = known(package, origin.member)
        if origin.made and any(one.kind is Kind.REQUEST for one in words):
            if found is not None and found.role is Role.AUTH:
                return self._guarded(origin, words, way, hands_on=hands_on)
            if found is not None and found.role is Role.VALIDATION:
                self._exit(End.REFUSED, way)
                way = _right(way, INPUTS)
            if hands_on:
                self._exit(End.PASSED, way)
                return [(replace(way, ended=True), NOTHING)]
        proof = proves(origin.package, origin.member)
        if proof is None and origin.package in {"util", "node:util"} and origin.made:
            proof = self._promisified(origin)
        if proof is not None and words:
            function = next((each for each in reversed(given) if self._function(each)), None)
            if function is not None:
                self._run(function, [Seen(Kind.FAULT), Seen(Kind.PROVED), OTHER], way)
                return [(way, OTHER)]
            if proof and not awaited:
                return [(way, SOMETHING)]
            if last == "getAuth":
                return [(way, Seen(Kind.SESSION))]
            if package == "jws":
                return [(way, Seen(Kind.LOOKED_UP))]
            self._throw(replace(way, failed=True))
            return [(replace(way, who=True), Seen(Kind.PROVED))]
        if package in VALIDATORS:
            return self._held(origin, node, words, way, awaited=awaited)
        if package in _SAME_PACKAGES or re.search(r"decode", last):
            return [(way, together(*(_claimed(one) for one in words)))]
        return None

    def _promisified(self, origin: Origin) -> bool | None:
        """`promisify(jwt.verify)(token, key)`."""
        made = origin.made[-1]
        given = arguments(made.node)
        of = self._origins.of(self._values.of(made.module, given[0], made.frame)) if given else None
        is_proof = of is not None and proves(of.package, of.member) is not None
        return True if is_proof else None

    def _guarded(
        self, origin: Origin, words: Sequence[Seen], way: Way, *, hands_on: bool
    ) -> list[tuple[Way, Seen]]:
        """`passport.authenticate('jwt', …)(req, res, next)`, with a callback or without."""
        made = origin.made[-1]
        callback = next(
            (each for each in reversed(arguments(made.node)) if self._function(each, made)), None
        )
        if callback is not None:
            self._run(callback, [OTHER, Seen(Kind.LOOKED_UP), OTHER], way, made)
            return [(way, OTHER)]
        self._exit(End.REFUSED, replace(way, failed=True))
        if hands_on:
            self._exit(End.PASSED, replace(way, who=True))
            return [(replace(way, ended=True), NOTHING)]
        return [(replace(way, who=True), OTHER)]

    def _held(
        self,
        origin: Origin,
        node: SgNode,
        words: Sequence[Seen],
        way: Way,
        *,
        awaited: bool,
    ) -> list[tuple[Way, Seen]] | None:
        """What is held against a schema."""
        how = checking(origin, node)
        if how is None:
            return None
        parts = frozenset[str]().union(*(one.parts for one in words))
        if how is Checking.ASKS:
            parts = frozenset({"asked"})
        if not parts:
            return [(way, OTHER)]
        held = replace(way, wrong=way.wrong | parts)
        match how:
            case Checking.RESULT | Checking.ASKS:
                return [(held, Seen(Kind.RESULT, parts))]
            case Checking.ERRORS:
                return [(held, Seen(Kind.ERRORS, parts))]
        if how is Checking.THROWS_LATER and not awaited:
            return [(held, SOMETHING)]
        self._throw(replace(held, failed=True))
        return [(_right(held, parts), Seen(Kind.OTHER, parts))]

    # what is given to others

    def _stranger(  # noqa: PLR0917 - what a call is made of
        self,
        node: SgNode,
        inner: SgNode,
        name: str | None,
        of: Seen,
        words: Sequence[Seen],
        way: Way,
    ) -> list[tuple[Way, Seen]]:
        """A call of what the text does not tell."""
        given = arguments(node)
        text = inner.text()
        if LOGS.match(text) or node.kind() == "new_expression":
            return [(way, OTHER)]
        about = together(*words)
        claims = any(one.kind in {Kind.CLAIM, Kind.REQUEST, *WHO} for one in words)
        if of.kind is Kind.CLAIM and not claims:
            got = of  # `token.split(" ")`
        elif _GLOBAL_SAME.match(text) or _is_regex(inner):
            got, claims = about, False
        elif claims or of.kind in WHO:
            got = Seen(Kind.LOOKED_UP, about.parts)
        else:
            got = Seen(Kind.OTHER, about.parts | of.parts)
        for each in given:
            if self._function(each) is not None:
                later = [OTHER if _takes_error(each) else got, got]
                self._run(each, [of, OTHER] if name in _LIST_METHODS else later, way)
        end = way
        if any(word.kind is Kind.NEXT for word in words):
            why = f"what {short(inner)} does is not told"
            self._exit(End.PASSED, replace(way, untold=why))
            end = replace(end, ended=True)
        elif any(word.kind is Kind.RESPONSE for word in words):
            refuses = _REFUSES.search(text) is not None
            self._exit(End.REFUSED if refuses else End.ANSWERED, way)
            end = replace(end, ended=True)
        elif claims and got.kind is Kind.LOOKED_UP and not way.who:
            end = replace(end, untold=f"what {short(inner)} refuses is not told")
        return [(end, got)]

    def _function(self, node: SgNode, at: Expression | None = None) -> Expression | None:
        """The function that an argument is."""
        at = at or self._at[-1]
        inner = bare(node)
        if inner.kind() in FUNCTIONS:
            return Expression(at.module, inner, at.frame)
        if inner.kind() not in {"identifier", "member_expression", "call_expression"}:
            return None
        found = self._values.of(at.module, inner, at.frame)
        is_one = isinstance(found, Expression) and found.node.kind() in FUNCTIONS
        return found if is_one and isinstance(found, Expression) else None

    def _run(
        self, node: SgNode, given: Sequence[Seen], way: Way, at: Expression | None = None
    ) -> list[tuple[Way, Seen]]:
        """Run a function that is given to another, later or at once."""
        inner = bare(node)
        if inner.kind() == "identifier":
            seen = way.names.get(inner.text(), OTHER)
            if seen.kind is Kind.NEXT:
                first = given[0] if given else NOTHING
                is_fault = first.kind in {Kind.FAULT, Kind.ERRORS}
                ends = list(_asked_of(first, way, "")) if is_fault else [(way, True)]
                for one, holds in ends:
                    self._exit(End.REFUSED if holds else End.PASSED, one)
                return [(replace(way, ended=True), NOTHING)]
            if seen.kind in {Kind.RESOLVE, Kind.REJECT}:
                return self._promised_here(seen.kind, (), way)
        function = self._function(node, at)
        if function is None:
            return [(way, OTHER)]
        around: dict[str, Seen] | None = None
        if inner.kind() == "call_expression":  # `verifyCallback(req, resolve, reject)`
            around = self._of_maker(inner, function, way)
        return self._inlined(function, given, way, awaited=True, around=around)

    def _of_maker(self, call: SgNode, function: Expression, way: Way) -> dict[str, Seen] | None:
        """What names around a function stand for that a call of another made."""
        maker = next((up for up in function.node.ancestors() if up.kind() in FUNCTIONS), None)
        if maker is None:
            return None
        names: dict[str, Seen] = {}
        words = [self._argument(each, way) for each in arguments(call)]
        for place, parameter in enumerate(parameters(maker)):
            self._bind_parameter(parameter, place, words, names)
        return names

    # promises

    def _promise(self, node: SgNode, way: Way) -> tuple[list[tuple[Way, Seen]], list[Way]]:
        """What a promise may come to: the ways on which it is kept, and those on which not."""
        node = bare(node)
        function = node.field("function")
        inner = None if function is None else bare(function)
        name = _property(inner) if inner is not None else None
        holder = inner.field("object") if inner is not None else None
        if node.kind() == "new_expression":
            return self._made_promise(node, way)
        if name not in {"then", "catch", "finally"} or holder is None:
            self._thrown.append([])
            kept = self._value(node, way, awaited=True)
            return kept, _merged(self._thrown.pop())
        kept, broken = self._promise(holder, way)
        given = arguments(node)
        taken = given[0] if given and name == "then" else None
        caught = given[1] if len(given) > 1 else given[0] if given and name == "catch" else None
        self._thrown.append([])
        ends: list[tuple[Way, Seen]] = []
        for one, seen in kept:
            ends += [(one, seen)] if taken is None else self._run(taken, [seen], one)
        failing: list[Way] = []
        for one in broken:
            if caught is None:
                failing.append(one)
            else:
                ends += self._run(caught, [SOMETHING], replace(one, failed=True))
        return _fewer(ends), _merged([*failing, *self._thrown.pop()])

    def _made_promise(self, node: SgNode, way: Way) -> tuple[list[tuple[Way, Seen]], list[Way]]:
        """`new Promise((resolve, reject) => …)`."""
        given = arguments(node)
        self._promised.append(([], []))
        self._thrown.append([])
        if given:
            self._run(given[0], [Seen(Kind.RESOLVE), Seen(Kind.REJECT)], way)
        kept, broken = self._promised.pop()
        back = [replace(one, names=way.names) for one in kept]
        failing = [replace(one, names=way.names) for one in (*broken, *self._thrown.pop())]
        return [(one, OTHER) for one in _merged(back)], _merged(failing)

    def _promised_here(
        self, kind: Kind, given: Sequence[SgNode], way: Way
    ) -> list[tuple[Way, Seen]]:
        if self._promised:
            self._promised[-1][0 if kind is Kind.RESOLVE else 1].append(way)
        return [(way, NOTHING)]

    def _settled(
        self,
        kept: list[tuple[Way, Seen]],
        broken: list[Way],
        way: Way,
        *,
        awaited: bool,
    ) -> list[tuple[Way, Seen]]:
        if not awaited:
            return [(way, SOMETHING)]
        for one in broken:
            self._throw(one)
        return kept


# nouns of ways


def _asked_of(  # noqa: PLR0911 - one a kind of value
    seen: Seen, way: Way, words: str
) -> list[tuple[Way, bool]]:
    """The ways on which a value is there, and those on which it is empty."""
    match seen.kind:
        case Kind.NOTHING:
            return [(way, False)]
        case Kind.OTHER:
            return _either(way, words)
        case Kind.CLAIM:
            return [(way, True), (replace(way, empty=True), False)]
        case Kind.FAULT:
            return [(replace(way, failed=True), True), (replace(way, who=True), False)]
        case Kind.INDEXED | Kind.LOOKED_UP | Kind.KNOWN | Kind.PROVED:
            return [(replace(way, who=True), True), (replace(way, empty=True), False)]
        case Kind.RESULT:
            return [(_right(way, seen.parts), True), (way, False)]
        case Kind.ERRORS:
            return [(way, True), (_right(way, seen.parts), False)]
    return [(way, True)]


def _either(way: Way, words: str) -> list[tuple[Way, bool]]:
    """Both ways of a condition that has nothing to do with who asks; it is asked once."""
    against = f"!({words})"
    if words in way.asked:
        return [(way, True)]
    if against in way.asked:
        return [(way, False)]
    return [(_under(way, words), True), (_under(way, against), False)]


def _under(way: Way, words: str) -> Way:
    return way if words in way.asked else replace(way, asked=(*way.asked, words))


def _right(way: Way, parts: frozenset[str]) -> Way:
    return replace(way, right=way.right | parts)


def _without(way: Way, node: SgNode) -> Way:
    """What is asked for is empty from here on."""
    if node.kind() not in {"identifier", "member_expression"}:
        return way
    return replace(way, names={**way.names, node.text().replace("?.", "."): NOTHING})


def _of_comparison(
    node: SgNode,
    sign: str,
    left: tuple[SgNode, Seen],
    right: tuple[SgNode, Seen],
    way: Way,
) -> Iterator[tuple[Way, bool]]:
    """The ways on which a comparison holds, and those on which not."""
    for (_, seen), (literal, other) in ((left, right), (right, left)):
        if other.kind not in {Kind.OTHER, Kind.NOTHING, Kind.SOMETHING}:
            continue
        text = bare(literal).text()
        is_empty, is_there = text in _ABSENT, text == "true"
        bears = seen.kind is not Kind.OTHER or sign in _MORE
        if sign in _MORE and seen.kind in {*WHO, Kind.ERRORS}:
            wanted = _MORE[sign] if seen is left[1] else not _MORE[sign]
            for one, holds in _asked_of(seen, way, ""):
                yield one, holds is wanted
            return
        if sign in _EQUAL and bears and (is_empty or is_there):
            for one, holds in _asked_of(seen, way, short(bare(node))):
                yield one, (holds is is_there) is _EQUAL[sign]
            return
    kinds = {left[1].kind, right[1].kind}
    if sign in _EQUAL and Kind.NOTHING in kinds and kinds != {Kind.NOTHING}:
        yield way, not _EQUAL[sign]
        return
    positive = _EQUAL.get(sign, True)
    proves_it = sign in _EQUAL and _is_proof(left, right)
    for one, holds in _either(way, short(node)):
        equal = holds is positive
        if proves_it:
            yield replace(way, who=True) if equal else replace(way, failed=True), holds
        else:
            yield one, holds


def _is_proof(left: tuple[SgNode, Seen], right: tuple[SgNode, Seen]) -> bool:
    """Whether two things that are equal say who asks: a key and the one that is right."""
    for (_, seen), (other_node, other) in ((left, right), (right, left)):
        if seen.kind in WHO:
            return True
        is_literal = bare(other_node).kind() in {"string", "number", "true", "false"}
        if seen.kind is Kind.CLAIM and other.kind is Kind.OTHER and not is_literal:
            return not other.parts
    return False


def _bind(pattern: SgNode, seen: Seen, names: dict[str, Seen]) -> None:  # noqa: C901, PLR0912
    """Give a value to a name, or its parts to several."""
    match pattern.kind():
        case "identifier" | "shorthand_property_identifier_pattern":
            names[pattern.text()] = seen
            _forget(pattern.text(), names)
        case "assignment_pattern" | "object_assignment_pattern":
            left = pattern.field("left")
            if left is None:
                return
            is_name = left.kind() == "shorthand_property_identifier_pattern"
            _bind(left, part(seen, left.text()) if is_name else seen, names)
        case "object_pattern":
            for each in pattern.named_children():
                if each.kind() == "shorthand_property_identifier_pattern":
                    _bind(each, part(seen, each.text()), names)
                elif each.kind() == "pair_pattern":
                    name, inner = key(each.field("key")), each.field("value")
                    if inner is not None:
                        _bind(inner, part(seen, name), names)
                elif each.kind() == "rest_pattern":
                    _bind(each.named_children()[0], seen, names)
                else:
                    _bind(each, seen, names)
        case "array_pattern":
            for place, each in enumerate(pattern.named_children()):
                is_list = seen.kind is Kind.ARGUMENTS
                _bind(each, part(seen, str(place)) if is_list else seen, names)
        case "required_parameter" | "optional_parameter":
            inner = pattern.field("pattern")
            if inner is not None:
                _bind(inner, seen, names)


def _forget(name: str, names: dict[str, Seen]) -> None:
    """What was known of the parts of something that is another now."""
    for each in [one for one in names if one.startswith(f"{name}.")]:
        del names[each]


def _claimed(seen: Seen) -> Seen:
    """What is read out of a token that nobody verified."""
    is_one = seen.kind in {Kind.CLAIM, Kind.HEADERS, Kind.REQUEST, Kind.LOOKED_UP}
    return Seen(Kind.CLAIM, seen.parts) if is_one else seen


def _opened(node: SgNode) -> SgNode:
    while node.kind() in WRAPPERS and node.named_children():
        node = node.named_children()[0]
    return node


def _property(node: SgNode) -> str | None:
    name = node.field("property")
    if name is not None:
        return name.text()
    index = node.field("index")
    return string(index) if index is not None else None


def _is_regex(function: SgNode) -> bool:
    """`/^Bearer /.test`."""
    holder = function.field("object")
    return holder is not None and bare(holder).kind() in {"regex", "string", "template_string"}


def _is_optional(node: SgNode) -> bool:
    return any(each.kind() == "optional_chain" for each in node.children())


def _takes_error(function: SgNode) -> bool:
    """Whether the first parameter of a callback sounds like that of an error."""
    given = parameters(bare(function)) if bare(function).kind() in FUNCTIONS else []
    pattern = (given[0].field("pattern") or given[0]) if given else None
    return pattern is not None and _ERRS.search(pattern.text()) is not None


def _merged(ways: Iterable[Way]) -> list[Way]:
    return [way for way, _ in _fewer([(way, OTHER) for way in ways])]


def _fewer(ends: list[tuple[Way, Seen]]) -> list[tuple[Way, Seen]]:
    """Each once; where they are many, those as one that come to the same."""
    found: list[tuple[Way, Seen]] = []
    for end in ends:
        if end not in found:
            found.append(end)
    if len(found) <= _FEW_WAYS:
        return found
    alike: dict[tuple[object, ...], list[tuple[Way, Seen]]] = {}
    for way, seen in found:
        marks = (way.who, way.right, way.wrong, way.empty, way.failed, way.untold, way.ended)
        alike.setdefault((*marks, way.status, seen), []).append((way, seen))
    return [(_blurred([way for way, _ in each]), each[0][1]) for each in alike.values()]


def _blurred(ways: Sequence[Way]) -> Way:
    """One way for several that come to the same."""
    first = ways[0]
    if len(ways) == 1:
        return first
    names = {
        name: seen
        for name, seen in first.names.items()
        if all(way.names.get(name) == seen for way in ways)
    }
    for way in ways:
        for name, seen in way.names.items():
            if name not in names and "." not in name:
                names[name] = together(seen, *(one.names.get(name, OTHER) for one in ways))
    asked = tuple(words for words in first.asked if all(words in way.asked for way in ways))
    return replace(first, names=names, asked=asked, blurred=True)
