"""The ways that a request may take through a function: which of them it passes, and on what proof.

The function is gone through statement by statement, both sides of each condition, with what names
stand for: the request by its place among the parameters, a token, what was verified. So a `401`
somewhere in it counts only where a way leads to it, and each way to `next()` is looked at.
"""

import re
from collections.abc import Mapping, Sequence

from ast_grep_py import SgNode
from msgspec.structs import replace

from skillconnect_ops.code.express_asking import asked_of, right
from skillconnect_ops.code.express_expressions import MOST_STEPS, Expressions
from skillconnect_ops.code.express_model import Role
from skillconnect_ops.code.express_names import bind, claimed, is_regex, property_of, takes_error
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
    Exit,
    Kind,
    Seen,
    TooManyError,
    Way,
    fewer,
    merged,
    part,
    together,
)
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import Expression, bare, parameters, short
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, string

_OPTIONAL = re.compile(r"(?:credentials|auth)Required\s*:\s*false|['\"]anonymous['\"]")
_LATER = frozenset({"setImmediate", "setTimeout", "process.nextTick", "queueMicrotask"})
_FEW_WORDS = 48
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


class Ways(Expressions):
    """Goes through functions, and those that they call."""

    def __init__(self, values: Objects, origins: Origins) -> None:
        super().__init__()
        self._values = values
        self._origins = origins
        self._promised: list[tuple[list[Way], list[Way]]] = []
        self._stack: list[SgNode] = []
        self._at: list[Expression] = []
        self._callees: dict[
            tuple[int, SgNode], tuple[Expression, Origin | None, Expression | None]
        ] = {}

    def through(self, function: Expression) -> tuple[Exit, ...]:
        """Every way through a middleware or handler.

        Raises:
            TooManyError: there are more than are followed.
        """
        self._exits, self._thrown, self._returned, self._promised = [], [], [], []
        self._stack, self._at, self._left = [], [], MOST_STEPS
        self._callees = {}
        given = (ALL, Seen(Kind.RESPONSE), Seen(Kind.NEXT))
        try:
            ends = self._inlined(function, given, Way({}), awaited=True)
        except RecursionError:
            raise TooManyError from None
        for way, _ in ends:
            self._exit(End.FELL, way)
        return tuple(self._exits)

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
        return fewer(back)

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
        bind(pattern, given[place] if place < len(given) else OTHER, names)

    # calls

    def _call(self, node: SgNode, way: Way, *, awaited: bool) -> list[tuple[Way, Seen]]:
        function = node.field("function") or node.field("constructor")
        if function is None:
            return [(way, OTHER)]
        inner = bare(function)
        name = property_of(inner)
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
        return fewer(found)

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
                return [(right(way, of.parts), OTHER)]
            if name == "formatWith":
                return [(way, of)]
            return [(way, part(of, name))]
        origin, function = self._resolved(node, inner)
        found: list[tuple[Way, Seen]] = []
        for one, words in self._words(given, way):
            told = None
            if function is not None:
                told = self._inlined(function, words, one, awaited=awaited)
            elif origin is not None:
                told = self._of_package(node, origin, words, one, awaited=awaited)
            found += self._stranger(node, inner, name, of, words, one) if told is None else told
        return found

    def _resolved(self, node: SgNode, inner: SgNode) -> tuple[Origin | None, Expression | None]:
        """What is called: something of a package, or a function of the project."""
        at = self._at[-1]
        place = (id(at), node)
        if place not in self._callees:
            value = self._values.of(at.module, inner, at.frame)
            origin, function = self._origins.of(value), None
            if origin is None and isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
                frame = self._values.called(at.module, node, value, at.frame)
                function = Expression(value.module, value.node, frame)
            self._callees[place] = (at, origin, function)
        return self._callees[place][1:]

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
            if len(found) > _FEW_WORDS:
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
                found += [(end, not holds) for end, holds in asked_of(seen, one, short(node))]
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
                way = right(way, INPUTS)
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
            return [(way, together(*(claimed(one) for one in words)))]
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
        is_optional = any(_OPTIONAL.search(each.node.text()) for each in origin.made)
        known_one = way if is_optional else replace(way, who=True)
        self._exit(End.REFUSED, replace(way, failed=True))
        if hands_on:
            self._exit(End.PASSED, known_one)
            return [(replace(way, ended=True), NOTHING)]
        return [(known_one, OTHER)]

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
        return [(right(held, parts), Seen(Kind.OTHER, parts))]

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
        elif _GLOBAL_SAME.match(text) or is_regex(inner):
            got, claims = about, False
        elif claims or of.kind in WHO:
            got = Seen(Kind.LOOKED_UP, about.parts)
        else:
            got = Seen(Kind.OTHER, about.parts | of.parts)
        for each in given:
            if self._function(each) is not None:
                later = [OTHER if takes_error(each) else got, got]
                self._run(each, [of, OTHER] if name in _LIST_METHODS else later, way)
        end = way
        if any(word.kind is Kind.NEXT for word in words) and text in _LATER:
            self._exit(End.PASSED, way)
            end = replace(end, ended=True)
        elif any(word.kind is Kind.NEXT for word in words):
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
                ends = list(asked_of(first, way, "")) if is_fault else [(way, True)]
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
        name = property_of(inner) if inner is not None else None
        holder = inner.field("object") if inner is not None else None
        if node.kind() == "new_expression":
            return self._made_promise(node, way)
        if name not in {"then", "catch", "finally"} or holder is None:
            self._thrown.append([])
            kept = self._value(node, way, awaited=True)
            return kept, merged(self._thrown.pop())
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
        return fewer(ends), merged([*failing, *self._thrown.pop()])

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
        return [(one, OTHER) for one in merged(back)], merged(failing)

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
