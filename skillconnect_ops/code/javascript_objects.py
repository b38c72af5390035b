"""Values of a program that runs: what each call and each `new` makes is a thing of its own.

`Values` tells what an expression stands for; where a function is called twice, both calls give the
same node. Here a frame also holds, by the nodes of functions, loops and classes, which call, which
round and which object a place is run for. So a router that a function makes for each of its calls
is another one each time, and `this` is known within methods.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_additions import Additions
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_value import (
    AT_RUN_TIME,
    EMPTY,
    Expression,
    File,
    Frame,
    Lost,
    Nothing,
    Part,
    Text,
    Undecided,
    Value,
    bare,
    base_of,
    parameters,
    short,
)
from skillconnect_ops.code.javascript_values import CLASSES, only_result
from skillconnect_ops.code.scopes import Declaration
from skillconnect_ops.code.syntax import FUNCTIONS, arguments

_RUN = FUNCTIONS | CLASSES | {"for_in_statement"}
_FIELDS = frozenset({"public_field_definition", "field_definition"})
_MOST_BASES = 8
Identity = tuple[str, int, int, tuple[str, ...]]


class Objects(Additions):
    """Follows expressions, and tells apart what is made by each call."""

    def __init__(self, modules: Modules) -> None:
        super().__init__(modules)
        self._serials: dict[Identity, str] = {}
        self._frames: dict[Identity, Frame] = {}
        self._of_files: dict[tuple[str, int], Value] = {}
        self._members: dict[SgNode, dict[tuple[str, bool], SgNode]] = {}

    # which call, which round, which object

    def identity(
        self, module: Module, node: SgNode, frame: Frame, *, runs: bool = False
    ) -> Identity:
        """What tells a thing from others that the same node makes.

        Args:
            module: where it stands.
            node: what makes it.
            frame: what is bound there.
            runs: whether each run of an object's method counts, too; what an object holds is the
                same whichever of its methods looks at it.
        """
        marks: list[str] = []
        for around in node.ancestors():
            if around.kind() not in _RUN or around not in frame:
                continue
            mark = frame[around]
            if isinstance(mark, Expression):  # an object: its methods run for it
                marks.append(self.serial(self.identity(mark.module, mark.node, mark.frame)))
            elif isinstance(mark, Text) and (runs or not self._is_method_of_one(around, frame)):
                marks.append(mark.text)
        span = node.range()  # a chain's calls all begin at one place
        return module.path, span.start.index, span.end.index, tuple(marks)

    @staticmethod
    def _is_method_of_one(node: SgNode, frame: Frame) -> bool:
        body = node.parent() if node.kind() == "method_definition" else None
        around = body.parent() if body is not None else None
        return around is not None and isinstance(frame.get(around), Expression)

    def serial(self, identity: Identity) -> str:
        """A short name for an identity."""
        return self._serials.setdefault(identity, str(len(self._serials)))

    def mark(self, module: Module, call: SgNode, frame: Frame) -> Text:
        """What a frame holds of the function that a call runs."""
        return Text(self.serial(self.identity(module, call, frame, runs=True)))

    def round(self, module: Module, node: SgNode, frame: Frame, number: int) -> Text:
        """What a frame holds of a loop, or of a function that is run for each element."""
        path, start, end, marks = self.identity(module, node, frame, runs=True)
        return Text(self.serial((path, start, end, (*marks, f"#{number}"))))

    def called(
        self, module: Module, call: SgNode, function: Expression, frame: Frame
    ) -> dict[SgNode, Value]:
        """The frame in which a function runs for a call."""
        given = self.words(module, call, frame)
        inner = dict(self.with_arguments(function, given))
        inner[function.node] = self.mark(module, call, frame)
        return inner

    def words(self, module: Module, call: SgNode, frame: Frame) -> list[Value]:
        """The arguments of a call; a spread of a list that is told is taken apart."""
        found: list[Value] = []
        for each in arguments(call):
            if each.kind() == "spread_element":
                parts = self.elements(self.of(module, each.named_children()[0], frame))
                if parts is None:
                    return found
                found += parts
            else:
                found.append(self.of(module, each, frame))
        return found

    def with_arguments(self, function: Expression, given: list[Value]) -> Frame:
        """A frame in which a function's parameters are bound, rest parameters too."""
        frame = dict(super().with_arguments(function, given))
        for place, parameter in enumerate(parameters(function.node)):
            rest = parameter if parameter.kind() == "rest_pattern" else parameter.field("pattern")
            if rest is not None and rest.kind() == "rest_pattern" and rest.named_children():
                frame[rest.named_children()[0]] = Many(
                    "it is a list of arguments", "", tuple(given[place:])
                )
        return frame

    def _returned(
        self, module: Module, call: SgNode, function: SgNode, frame: Frame
    ) -> Value | None:
        if function.kind() == "member_expression":
            holder, name = function.field("object"), function.field("property")
            if holder is not None and name is not None and name.text() == "bind":
                bound = self.of(module, holder, frame)
                return bound if isinstance(bound, Expression) else None
        inner = bare(function)
        if inner.kind() not in {"identifier", "member_expression", "call_expression", *FUNCTIONS}:
            return None
        called = self.of(module, inner, frame)
        if not isinstance(called, Expression) or called.node.kind() not in FUNCTIONS:
            return None
        result = last_result(called.node)
        if result is None:
            return None
        return self.of(called.module, result, self.called(module, call, called, frame))

    def _declared(self, module: Module, found: Declaration, frame: Frame) -> Value:
        """What a name stands for; one of a whole file is the same wherever it is looked at."""
        span = module.root.range()
        if found.start > span.start.index or found.end < span.end.index:
            return super()._declared(module, found, frame)
        key = (module.path, found.node.range().start.index)
        if key not in self._of_files:
            value = super()._declared(module, found, EMPTY)
            if isinstance(value, Lost | Part):  # it may only lead back to itself from here
                return value
            self._of_files[key] = value
        return self._of_files[key]

    # objects of classes

    def _of(self, module: Module, node: SgNode, frame: Frame) -> Value:
        if node.kind() == "this":
            return self._this(node, frame) or Lost("which object this is, is not told", "this")
        return super()._of(module, node, frame)

    @staticmethod
    def _this(node: SgNode, frame: Frame) -> Expression | None:
        for around in node.ancestors():
            if around.kind() in CLASSES:
                found = frame.get(around)
                return found if isinstance(found, Expression) else None
        return None

    def _of_this(self, module: Module, node: SgNode, name: str, frame: Frame) -> Value:
        own = self._this(node, frame)
        if own is not None:
            return self.part(own, name)
        return super()._of_this(module, node, name, frame)

    def part(
        self, whole: Value, name: str, *, at: tuple[Module, SgNode, Frame] | None = None
    ) -> Value:
        """A property of a value; of an object of a class, what its class and bases give it."""
        own = self._own_part(whole, name)
        if own is not None:
            return own
        found = super().part(whole, name, at=at)
        if isinstance(found, Nothing) and isinstance(whole, Expression):
            return self._added(whole, name) or found
        if isinstance(whole, File) and isinstance(found, Lost):
            return self._added_to_file(whole.path, name) or found
        return found

    def _own_part(  # noqa: PLR0911 - one a kind of value
        self, whole: Value, name: str
    ) -> Value | None:
        """What only an object, a list, or a function with properties has."""
        if name == "length":
            parts = self.elements(whole) if isinstance(whole, Many | Expression) else None
            if parts is not None:
                return Count(f"it is {len(parts)}", "", len(parts))
        if isinstance(whole, Many):
            return Lost(f"{name} of a list is not told", name)
        if not isinstance(whole, Expression):
            return None
        kind = whole.node.kind()
        if kind == "new_expression":
            return self._of_object_of_class(whole, name)
        if kind in FUNCTIONS:
            return self._added(whole, name)
        method = self._member_of(whole.node, name, static=True) if kind in CLASSES else None
        if method is not None and method.kind() == "method_definition":
            return Expression(whole.module, method, whole.frame)
        return None

    def _member_of(self, node: SgNode, name: str, *, static: bool = False) -> SgNode | None:
        """A method or field of a class."""
        if node not in self._members:
            found: dict[tuple[str, bool], SgNode] = {}
            body = node.field("body")
            for each in body.named_children() if body is not None else ():
                if each.kind() != "method_definition" and each.kind() not in _FIELDS:
                    continue
                own = each.field("name") or each.field("property")
                is_static = any(child.kind() == "static" for child in each.children())
                if own is not None:
                    found.setdefault((own.text(), is_static), each)
            self._members[node] = found
        return self._members[node].get((name, static))

    def classes(self, whole: Expression) -> Iterator[Expression]:
        """The class of an object, and those that it extends, as far as they are of the project."""
        maker = whole.node.field("constructor")
        found = self.of(whole.module, maker, whole.frame) if maker is not None else None
        for _ in range(_MOST_BASES):
            if not isinstance(found, Expression) or found.node.kind() not in CLASSES:
                return
            yield found
            base = base_of(found.node)
            if base is None:
                return
            found = self.of(found.module, base, found.frame)

    def within(self, whole: Expression) -> Frame:
        """The frame that the methods of an object run in: its constructors' arguments are bound."""
        key = self.identity(whole.module, whole.node, whole.frame)
        if key not in self._frames:
            frame: dict[SgNode, Value] = dict(whole.frame)
            self._frames[key] = frame  # an argument may lead back to the object
            given = self.words(whole.module, whole.node, whole.frame)
            for made in self.classes(whole):
                frame[made.node] = whole
                constructor = self._member_of(made.node, "constructor")
                if constructor is None:
                    continue
                own = Expression(made.module, constructor, frame)
                frame.update(self.with_arguments(own, given))
                frame[made.node] = whole
                above = constructor.find(
                    kind="call_expression", has={"field": "function", "kind": "super"}
                )
                if above is not None:
                    given = self.words(made.module, above, frame)
        return self._frames[key]

    def _of_object_of_class(self, whole: Expression, name: str) -> Value | None:
        made = list(self.classes(whole))
        if not made:
            return None
        frame = self.within(whole)
        for each in made:
            member = self._member_of(each.node, name)
            if member is None:
                continue
            if member.kind() == "method_definition":
                if any(child.kind() == "get" for child in member.children()):
                    result = last_result(member)
                    if result is not None:
                        return self.of(each.module, result, frame)
                return Expression(each.module, member, frame)
            value = member.field("value")
            if value is not None:
                return self.of(each.module, value, frame)
        for each in made:
            constructor = self._member_of(each.node, "constructor")
            for parameter in parameters(constructor) if constructor is not None else ():
                pattern = parameter.field("pattern")
                is_field = any(c.kind() == "accessibility_modifier" for c in parameter.children())
                readonly = parameter.text().startswith("readonly ")
                if pattern is not None and pattern.text() == name and (is_field or readonly):
                    return frame.get(pattern, Lost(f"{name} {AT_RUN_TIME}", name))
        return self._given_to_this(made, name, frame)

    def _given_to_this(self, made: list[Expression], name: str, frame: Frame) -> Value | None:
        given = [
            (each.module, right)
            for each in made
            for right in self._by_left(each.module).get(f"this.{name}", ())
            if next((up for up in right.ancestors() if up.kind() in CLASSES), None) == each.node
            and right.text() not in {"null", "undefined"}
        ]
        if len(given) != 1:
            return Lost(f"this.{name} {AT_RUN_TIME}", name)
        module, right = given[0]
        return self.of(module, right, frame)

    def _member(self, module: Module, node: SgNode, frame: Frame) -> Value:
        holder, name = node.field("object"), node.field("property")
        if holder is None or name is None or holder.kind() != "super":
            return super()._member(module, node, frame)
        around = next((each for each in node.ancestors() if each.kind() in CLASSES), None)
        made = frame.get(around) if around is not None else None
        if not isinstance(made, Expression):
            return Lost("which object this is, is not told", name.text())
        above = list(self.classes(made))
        while above and above.pop(0).node != around:
            pass
        for each in above:
            method = self._member_of(each.node, name.text())
            if method is not None:
                return Expression(each.module, method, self.within(made))
        return Lost(f"{name.text()} is of no class of the project", name.text())

    # lists whose length is told, and comparisons

    def _subscript(self, module: Module, node: SgNode, frame: Frame) -> Value:
        """`args[args.length - 1]`, where the list is told."""
        holder, index = node.field("object"), node.field("index")
        if holder is None or index is None:
            return super()._subscript(module, node, frame)
        whole = self.of(module, holder, frame)
        parts = self.elements(whole) if isinstance(whole, Many | Expression) else None
        if parts is None:
            return super()._subscript(module, node, frame)
        try:
            place = self.plain(self.of(module, index, frame))
        except Undecided as error:
            return Lost(str(error))
        if isinstance(place, int) and 0 <= place < len(parts):
            return parts[place]
        return super()._subscript(module, node, frame)

    def plain(self, value: Value) -> Any:
        """A value as plain data; also lengths, and what comparing told values gives.

        Raises:
            Undecided: the text does not tell it.
        """
        if isinstance(value, Count):
            return value.number
        if isinstance(value, Expression) and value.node.kind() == "binary_expression":
            sign = value.node.field("operator")
            compare = _COMPARISONS.get(sign.text()) if sign is not None else None
            left, right = value.node.field("left"), value.node.field("right")
            if compare is not None and left is not None and right is not None:
                one = self.plain(self.of(value.module, left, value.frame))
                other = self.plain(self.of(value.module, right, value.frame))
                if type(one) is not type(other) or not isinstance(one, str | int | float):
                    raise Undecided(f"{short(value.node)} compares what is not alike")
                return compare(one, other)
        return super().plain(value)

    # what decides itself

    def _either(self, module: Module, node: SgNode, frame: Frame) -> Value:
        """The side that is taken where that is told; else both stay."""
        told = self._chosen(module, node, frame)
        return Expression(module, node, frame) if told is None else told

    def elements(self, whole: Value) -> list[Value] | None:
        """The elements of a list; also those of rest parameters."""
        if isinstance(whole, Many):
            return list(whole.values)
        return super().elements(whole)


class Many(Lost, frozen=True):
    """What a rest parameter holds."""

    values: tuple[Value, ...] = ()


class Count(Lost, frozen=True):
    """How many elements a list has."""

    number: int = 0


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "===": operator.eq,
    "==": operator.eq,
    "!==": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def last_result(function: SgNode) -> SgNode | None:
    """What a function returns at its end, if it does not only return within conditions."""
    body = function.field("body")
    if body is not None and body.kind() == "statement_block":
        for statement in reversed(body.named_children()):
            if statement.kind() == "return_statement":
                inner = [each for each in statement.named_children() if each.kind() != "comment"]
                return inner[0] if inner else None
    return only_result(function)
