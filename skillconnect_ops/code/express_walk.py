"""Goes through a project's code as Node would, and notes what is added to apps and routers.

Files are gone through in the order in which they load, functions where they are called, loops round
by round where the text shows the list. Nothing runs; what depends on a condition is noted with it.
"""

import re
from collections import deque
from collections.abc import Sequence

from ast_grep_py import SgNode
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.express_calls import Calls
from skillconnect_ops.code.javascript_frames import Frames
from skillconnect_ops.code.javascript_modules import Module, Modules, required
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import (
    EMPTY,
    Expression,
    Frame,
    bare,
    parameters,
    short,
)
from skillconnect_ops.code.javascript_values import CLASSES
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, is_left, key, string

_DEEPEST = 24
_MOST_CALLS = 40_000
_MOST_UNCALLED = 2_000
"""Of a function that nothing calls."""
_EACH = frozenset({"forEach", "map", "flatMap", "reduce", "some", "every"})
_LATER = frozenset({"then", "catch", "finally", "on", "once", "addListener", "nextTick"})
_LATER_GLOBAL = frozenset({"setTimeout", "setImmediate", "queueMicrotask"})
_ADDS = re.compile(
    r"\.(?:use|route|param)\s*\(|(?<!Promise)\.all\s*\("
    r"|\.(?:get|post|put|patch|delete|head|options)\s*\(\s*(?:[^()]|\([^()]*\))*,"
    r"|\.(?:set|enable|disable)\s*\(\s*['\"]|\b(?:express|Router)\s*\("
    r"|\w\[[\w.'\"`]+(?:\(\))?\]\s*(?:\(|\.call\()"
)
"""What may add something to an app."""
_MAY_BE = re.compile(r"\bapp\b|[rR]outer|express|\.listen\(")
_MAKES = re.compile(r"\b(?:express|Router)\s*\(")
_MET = frozenset(
    {
        *("statement_block", "if_statement", "ternary_expression", "binary_expression"),
        *("for_in_statement", "switch_statement", "catch_clause"),
        *("call_expression", "new_expression"),
    }
)
"""What is more than its parts."""
_PASSED_BY = (
    FUNCTIONS
    | CLASSES
    | {
        *("identifier", "property_identifier", "shorthand_property_identifier", "string"),
        *("number", "true", "false", "null", "undefined", "this", "comment", "regex"),
    }
)
"""What is run elsewhere, and what runs nothing."""


class At(Struct, frozen=True):
    """Where the walk is."""

    module: Module
    frame: Frame = EMPTY
    conditions: tuple[str, ...] = ()
    depth: int = 0
    inert: bool = False
    """Within the arguments of a route: functions there are handlers, and are not run."""
    calls: tuple[tuple[Module, SgNode], ...] = ()
    """The calls that led here."""

    def when(self, condition: str) -> "At":
        """The same, where something holds."""
        return replace(self, conditions=(*self.conditions, condition))


class Walk:
    """One walk through a project."""

    def __init__(self, modules: Modules, values: Objects, calls: Calls) -> None:
        self._modules = modules
        self._values = values
        self._frames = Frames(modules, values)
        self._calls = calls
        self._files: frozenset[str] = frozenset()
        self._loaded: set[str] = set()
        self._running: list[SgNode] = []
        self._later: deque[tuple[SgNode, At]] = deque()
        self._worth: dict[SgNode, bool] = {}
        self._entered: set[SgNode] = set()
        self._made: set[SgNode] = set()
        """Classes that objects are made of: what is not called of those is never called."""
        self._left = _MOST_CALLS
        self._is_told = True

    def through(self, files: Sequence[str]) -> None:
        """Load the files, then look at the functions that nothing called."""
        self._files = frozenset(files)
        for path in files:
            self._load(path)
            self._catch_up()
        self._calls.called = False
        for first in (_MAKES, _ADDS):  # those that make an app may call the others
            for path in files:
                module = self._modules.module(path)
                if module is not None:
                    self._uncalled(module, first)
                    self._catch_up()

    def _catch_up(self) -> None:
        """What waits for a promise or an event comes after what does not."""
        while self._later:
            node, at = self._later.popleft()
            self._body(node, at)

    def _uncalled(self, module: Module, words: re.Pattern[str]) -> None:
        if not words.search(module.text):
            return
        for function in module.root.find_all(any=[{"kind": kind} for kind in sorted(FUNCTIONS)]):
            around = [each for each in function.ancestors() if each.kind() in FUNCTIONS]
            of_class = next((up for up in function.ancestors() if up.kind() in CLASSES), None)
            if around or function in self._entered or of_class in self._made:
                continue
            is_worth = words.search(function.text()) is not None
            if words is _ADDS:
                is_worth = self._calls.is_function_worth(function)
            if not is_worth:
                continue
            if self._calls.is_within_call(module, function):
                continue
            self._entered.add(function)
            self._left = _MOST_CALLS if words is _MAKES else _MOST_UNCALLED
            self._is_told = words is _MAKES
            self._body(function, At(module))

    def _load(self, path: str) -> None:
        if path in self._loaded:
            return
        self._loaded.add(path)
        if path.endswith(("x", ".vue")) and path not in self._files:
            return  # what draws pages
        module = self._modules.module(path)
        if module is None or not (_MAY_BE.search(module.text) or _ADDS.search(module.text)):
            return
        running, self._running = self._running, []
        at = At(module)
        for statement in module.root.named_children():
            source = statement.field("source")
            if statement.kind() in {"import_statement", "export_statement"} and source is not None:
                self._import(module, string(source))
        try:
            self._block(module.root, at)
        finally:
            self._running = running

    def _import(self, module: Module, source: str | None) -> None:
        path = self._modules.found(source, beside=module.path) if source else None
        if path is not None:
            self._load(path)

    # statements

    def _block(self, block: SgNode, at: At) -> None:
        """Statements one after the other; what follows a conditional return is conditional."""
        for statement in block.named_children():
            try:
                self._visit(statement, at)
            except RecursionError:
                self._calls.too_deep(at, statement)
            if statement.kind() == "if_statement":
                then = statement.field("consequence")
                if then is not None and _returns(then) and statement.field("alternative") is None:
                    at = at.when(f"not {_condition(statement)}")

    def _visit(self, node: SgNode, at: At) -> None:  # noqa: C901, PLR0912 - one a kind of node
        kind = node.kind()
        if kind not in _MET:
            if kind not in _PASSED_BY:
                for child in node.named_children():
                    self._visit(child, at)
            return
        match kind:
            case "statement_block":
                self._block(node, at)
            case "if_statement":
                self._if(node, at)
            case "ternary_expression":
                self._ternary(node, at)
            case "binary_expression":
                self._binary(node, at)
            case "for_in_statement":
                self._loop(node, at)
            case "switch_statement":
                self._switch(node, at)
            case "catch_clause":
                for child in node.named_children():
                    self._visit(child, at.when("an error"))
            case "call_expression":
                self._call(node, at)
            case "new_expression":
                self._new(node, at)

    def _if(self, node: SgNode, at: At) -> None:
        condition, then = node.field("condition"), node.field("consequence")
        other = node.field("alternative")
        if condition is None or then is None:
            return
        self._visit(condition, at)
        told = self._calls.truth(at, condition)
        words = _condition(node)
        if told is not False:
            self._visit(then, at if told else at.when(words))
        if other is not None and told is not True:
            self._visit(other, at if told is False else at.when(f"not {words}"))

    def _ternary(self, node: SgNode, at: At) -> None:
        condition = node.field("condition")
        if condition is None:
            return
        self._visit(condition, at)
        told, words = self._calls.truth(at, condition), short(condition)
        for name, taken, said in (
            ("consequence", True, words),
            ("alternative", False, f"not {words}"),
        ):
            side = node.field(name)
            if side is not None and told is not (not taken):
                self._visit(side, at if told is taken else at.when(said))

    def _binary(self, node: SgNode, at: At) -> None:
        left, right, sign = node.field("left"), node.field("right"), node.field("operator")
        if left is None or right is None or sign is None:
            return
        self._visit(left, at)
        if sign.text() not in {"&&", "||", "??"}:
            self._visit(right, at)
            return
        told = self._calls.truth(at, left)
        words = short(left) if sign.text() == "&&" else f"not {short(left)}"
        runs = None if told is None else (told if sign.text() == "&&" else not told)
        if runs is not False:
            self._visit(right, at if runs else at.when(words))

    def _switch(self, node: SgNode, at: At) -> None:
        """Each case under what leads to it: its own value, and those that fall through to it."""
        asked, body = node.field("value"), node.field("body")
        if asked is None or body is None:
            return
        self._visit(asked, at)
        words, every, falling = _condition(node, "value"), list[str](), list[str]()
        cases = [each for each in body.named_children() if each.kind() != "comment"]
        for case in cases:
            value = case.field("value")
            if value is not None:
                every.append(f"{words} === {short(value)}")
        for case in cases:
            value = case.field("value")
            own = [f"{words} === {short(value)}"] if value is not None else []
            told = [*falling, *own]
            inner = at
            if value is not None:
                inner = at.when(" || ".join(told))
            elif not falling:
                inner = replace(at, conditions=(*at.conditions, *(f"not {one}" for one in every)))
            statements = [each for each in case.named_children() if each != value]
            for each in statements:
                self._visit(each, inner)
            falling = [] if is_left(statements) else told

    def _loop(self, node: SgNode, at: At) -> None:
        body, right = node.field("body"), node.field("right")
        if body is None or right is None:
            return
        self._visit(right, at)
        for number, frame in enumerate(self._frames.rounds(at.module, node, at.frame)):
            inner = dict(frame)
            inner[node] = self._values.round(at.module, node, at.frame, number)
            self._visit(body, replace(at, frame=inner))

    # calls

    def _call(self, node: SgNode, at: At) -> None:
        source = required(node)
        if source is not None:
            self._import(at.module, source)
            return
        function = node.field("function")
        if function is None:
            return
        if function.kind() == "member_expression" or function.kind() == "subscript_expression":
            holder = function.field("object")
            if holder is not None:
                self._visit(holder, at)
        else:
            self._visit(function, at)
        if self._calls.is_adding(at, node):
            for each in arguments(node):
                self._visit(each, replace(at, inert=True))
            self._calls.add(at, node)
            return
        for each in arguments(node):
            self._visit(each, at)
        self._left -= 1
        if self._left == 0 and self._is_told:
            self._calls.stopped(at, node)
        if self._left > 0 and at.depth < _DEEPEST:
            self._run(node, function, at)

    def _run(self, node: SgNode, function: SgNode, at: At) -> None:
        """What is called: a function of the project, or one that runs what is given to it."""
        inner = bare(function)
        if function.kind() == "super":
            self._super(node, at)
            return
        name = key(inner.field("property")) if inner.kind() == "member_expression" else None
        called = self._values.of(at.module, inner, at.frame)
        if isinstance(called, Expression) and called.node.kind() in FUNCTIONS:
            self._enter(called, node, at)
        elif name in _EACH and self._each(node, inner, at):
            return
        elif not at.inert:
            later = name in _LATER or inner.text() in _LATER_GLOBAL
            self._callbacks(node, at, later=later)

    def _enter(self, called: Expression, call: SgNode, at: At) -> None:
        if called.node in self._running or not self._is_worth(called, 0):
            return
        self._entered.add(called.node)
        frame = self._values.called(at.module, call, called, at.frame)
        inner = At(
            module=called.module,
            frame=frame,
            conditions=at.conditions,
            depth=at.depth + 1,
            calls=(*at.calls, (at.module, call)),
        )
        self._body(called.node, inner)

    def _body(self, function: SgNode, at: At) -> None:
        body = function.field("body")
        if body is None or function in self._running:
            return
        self._running.append(function)
        try:
            self._visit(body, at)
        except RecursionError:
            self._calls.too_deep(at, body)
        finally:
            self._running.pop()

    def _is_worth(self, called: Expression, depth: int) -> bool:
        """Whether a function, or one that it calls, may add something to an app."""
        if called.node not in self._worth:
            self._worth[called.node] = False
            found = _ADDS.search(called.node.text()) is not None
            if not found and depth < 4:
                found = self._calls_one(called, depth)
            self._worth[called.node] = found
        return self._worth[called.node]

    def _calls_one(self, called: Expression, depth: int) -> bool:
        """Whether a function loads, makes or calls what may add something."""
        node = called.node
        for call in node.find_all(any=[{"kind": "call_expression"}, {"kind": "new_expression"}]):
            source = required(call)
            if source is not None:
                path = self._modules.found(source, beside=called.module.path)
                module = self._modules.module(path) if path is not None else None
                if module is not None and _ADDS.search(module.text):
                    return True
                continue
            maker = call.field("function") or call.field("constructor")
            if maker is None or maker.kind() in FUNCTIONS:
                continue
            inner = self._values.of(called.module, maker, called.frame)
            if not isinstance(inner, Expression):
                continue
            if inner.node.kind() in FUNCTIONS and self._is_worth(inner, depth + 1):
                return True
            if inner.node.kind() in CLASSES and _ADDS.search(inner.node.text()):
                return True
        return False

    def _each(self, call: SgNode, function: SgNode, at: At) -> bool:
        """`[…].forEach((each) => …)`."""
        holder, given = function.field("object"), arguments(call)
        if holder is None or not given:
            return False
        callback = self._values.of(at.module, given[0], at.frame)
        if not isinstance(callback, Expression) or callback.node.kind() not in FUNCTIONS:
            return False
        if at.inert or not self._is_worth(callback, 0):
            return True
        self._entered.add(callback.node)
        names = parameters(callback.node)
        whole = self._values.of(at.module, holder, at.frame)
        frames = [callback.frame]
        if names:
            pattern = names[0].field("pattern") or names[0]
            frames = list(self._frames.each(callback.module, pattern, whole, callback.frame))
        for number, frame in enumerate(frames):
            inner = dict(frame)
            inner[callback.node] = self._values.round(at.module, call, at.frame, number)
            self._body(
                callback.node,
                replace(at, module=callback.module, frame=inner, depth=at.depth + 1),
            )
        return True

    def _callbacks(self, call: SgNode, at: At, *, later: bool) -> None:
        for each in arguments(call):
            inner = bare(each)
            if inner.kind() in FUNCTIONS:
                callback: Expression | None = Expression(at.module, inner, at.frame)
            elif inner.kind() in {"identifier", "member_expression"}:
                found = self._values.of(at.module, inner, at.frame)
                is_one = isinstance(found, Expression) and found.node.kind() in FUNCTIONS
                callback = found if is_one and isinstance(found, Expression) else None
            else:
                callback = None
            if callback is None or not self._is_worth(callback, 0):
                continue
            self._entered.add(callback.node)
            inner_at = replace(at, module=callback.module, frame=callback.frame, depth=at.depth + 1)
            if later:
                self._later.append((callback.node, inner_at))
            else:
                self._body(callback.node, inner_at)

    # objects

    def _new(self, node: SgNode, at: At) -> None:
        for each in arguments(node):
            self._visit(each, at)
        if at.depth >= _DEEPEST:
            return
        made = Expression(at.module, node, at.frame)
        classes = list(self._values.classes(made))
        if not classes:
            if not at.inert:
                self._callbacks(node, at, later=False)
            return
        inner = replace(at, frame=self._values.within(made), depth=at.depth + 1, inert=False)
        self._construct(classes, inner)

    def _construct(self, classes: Sequence[Expression], at: At) -> None:
        """Fields, then the constructor, which calls that of the class above."""
        if not classes:
            return
        own, rest = classes[0], classes[1:]
        self._made.add(own.node)
        inner = replace(at, module=own.module)
        body = own.node.field("body")
        members = body.named_children() if body is not None else []
        constructor = next(
            (
                each
                for each in members
                if each.kind() == "method_definition" and key(each.field("name")) == "constructor"
            ),
            None,
        )
        if constructor is None:
            self._construct(rest, at)
        for each in members:
            value = each.field("value")
            if each.kind() != "method_definition" and value is not None:
                self._visit(value, inner)
        if constructor is not None and constructor not in self._running:
            self._entered.add(constructor)
            self._body(constructor, inner)

    def _super(self, node: SgNode, at: At) -> None:
        around = next((each for each in node.ancestors() if each.kind() in CLASSES), None)
        made = at.frame.get(around) if around is not None else None
        if not isinstance(made, Expression):
            return
        classes = list(self._values.classes(made))
        for place, each in enumerate(classes):
            if each.node == around:
                self._construct(classes[place + 1 :], at)
                return


def _returns(node: SgNode) -> bool:
    """Whether a branch ends in `return`; one that throws ends the program instead."""
    last = [each for each in node.named_children() if each.kind() != "comment"]
    if node.kind() == "return_statement":
        return True
    return bool(last) and node.kind() == "statement_block" and last[-1].kind() == "return_statement"


def _condition(statement: SgNode, field: str = "condition") -> str:
    condition = statement.field(field)
    text = "" if condition is None else short(condition)
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text
