"""What an expression of a JavaScript project stands for, followed through names and files.

Nothing runs. What a name is bound to is followed through declarations, imports, object literals,
and functions that only return something. Whatever is decided at run time
is `Lost`, with the reason; it is never guessed.
"""

from typing import Any

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_literals import Literals
from skillconnect_ops.code.javascript_modules import Module, Modules, required, source_of
from skillconnect_ops.code.javascript_value import (
    AT_RUN_TIME,
    EMPTY,
    UNDEFINED,
    Expression,
    File,
    Frame,
    Global,
    Lost,
    Nothing,
    Package,
    Part,
    Perhaps,
    Text,
    Undecided,
    Value,
    bare,
    dotted,
    parameters,
    reason,
    short,
)
from skillconnect_ops.code.scopes import Declaration
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, key

_DEEPEST = 40
_SAME = frozenset({"Object.freeze", "Object.seal", "deepFreeze", "structuredClone"})
_REQUIRING = "import_require_clause"
"""`import x = require("y")`, of TypeScript."""
CLASSES = frozenset({"class_declaration", "class", "abstract_class_declaration"})


MOST_PARTS = 5_000
"""Of an object or a list that is put together of others: thirty lines can make a milliard."""
_TOO_LARGE = Lost("it is too large to be put together")


class Values:
    """Follows expressions through the files of a project."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._at_work: set[tuple[str, SgNode]] = set()
        self._depth = 0
        self._literals = Literals(self)

    def of(self, module: Module, node: SgNode, frame: Frame = EMPTY) -> Value:
        """What an expression stands for."""
        node = bare(node)
        here = (module.path, node)
        if self._depth > _DEEPEST or (here in self._at_work and not frame):
            return Lost("it leads back to itself")
        self._depth += 1
        self._at_work.add(here)
        try:
            return self._of(module, node, frame)
        finally:
            self._depth -= 1
            self._at_work.discard(here)

    def _of(  # noqa: PLR0911 - one a kind of node
        self, module: Module, node: SgNode, frame: Frame
    ) -> Value:
        match node.kind():
            case "identifier" | "shorthand_property_identifier" | "type_identifier":
                return self._named(module, node, frame)
            case "undefined":
                return UNDEFINED
            case "member_expression":
                return self._member(module, node, frame)
            case "subscript_expression":
                return self._subscript(module, node, frame)
            case "call_expression":
                return self._call(module, node, frame)
            case "binary_expression" | "ternary_expression":
                return self._either(module, node, frame)
            case "sequence_expression" if node.named_children():  # `(0, jwt.sign)(…)`
                return self.of(module, node.named_children()[-1], frame)
            case "assignment_expression":
                right = node.field("right")
                return Lost("it is nothing") if right is None else self.of(module, right, frame)
        return Expression(module, node, frame)

    # names

    def _named(self, module: Module, node: SgNode, frame: Frame) -> Value:
        name = node.text()
        if name == "undefined":
            return UNDEFINED
        found = module.scopes.meaning(name, node)
        if found is None:
            return self._type_named(module, name)
        if found.node in frame:
            return frame[found.node]
        return self._declared(module, found, frame)

    def _type_named(self, module: Module, name: str) -> Value:
        """Enums and classes, which scopes do not hold; else it is a global."""
        node = module.named(name)
        if node is not None:
            return Expression(module, node, EMPTY)
        return Global(name)

    def _declared(self, module: Module, found: Declaration, frame: Frame) -> Value:
        home, kind = found.home, found.home.kind()
        if kind == "variable_declarator":
            return self._variable(module, found, frame)
        if kind in {"import_specifier", "import_clause", "namespace_import", _REQUIRING}:
            return self._imported(module, found)
        if kind in FUNCTIONS | CLASSES and home.field("name") == found.node:
            return Expression(module, home, frame)
        return Lost(f"{found.node.text()} {AT_RUN_TIME}", found.node.text())

    def _variable(self, module: Module, found: Declaration, frame: Frame) -> Value:
        declarator, name = found.home, found.node.text()
        pattern, value = declarator.field("name"), declarator.field("value")
        given = _assigned(module, found)
        if value is None and len(given) == 1:
            value = given[0]
        elif given:
            return Lost(f"{name} is assigned more than once", name)
        if value is None or pattern is None:
            return Lost(f"{name} {AT_RUN_TIME}", name)
        whole = self.of(module, value, frame)
        if pattern.kind() == "identifier":
            return (
                Lost(f"{name} is changed after it is made", name)
                if (_is_changed(module, found, whole))
                else whole
            )
        bound: dict[SgNode, Value] = {}
        self.bind(module, pattern, whole, bound, frame)
        return bound.get(found.node, Lost(f"{name} {AT_RUN_TIME}", name))

    def _imported(self, module: Module, found: Declaration) -> Value:
        source, home = source_of(found.home), found.home
        if source is None:
            return Lost(f"{found.node.text()} is imported from nowhere", found.node.text())
        path = self._modules.found(source, beside=module.path)
        if path is None and source.startswith("."):
            return Lost(f"{source} is no file of the project", found.node.text())
        if home.kind() == "namespace_import":
            return Package(source) if path is None else File(path)
        if home.kind() == _REQUIRING:
            return Package(source) if path is None else self._whole_of(path)
        name = "default"
        if home.kind() == "import_specifier":
            own = home.field("name")
            name = own.text() if own is not None else name
        if path is None:
            return _of_package(source, name)
        return self.exported(path, name)

    def exported(  # noqa: PLR0911 - one a way to export
        self, path: str, name: str, *, seen: frozenset[str] = frozenset()
    ) -> Value:
        """What a module gives by a name."""
        module = self._modules.module(path)
        if module is None or path in seen:
            return Lost(f"{path} was not read", name)
        if name in module.exports:
            node = module.exports[name]
            if node.kind() in FUNCTIONS | CLASSES | {"enum_declaration"}:
                return Expression(module, node, EMPTY)
            if node.kind() == "shorthand_property_identifier_pattern" or _is_name(node):
                return self._named(module, node, EMPTY)
            return self.of(module, node)
        if module.whole is not None:
            whole = self.of(module, module.whole)
            return whole if name == "default" else self.part(whole, name)
        for source, there, here in module.again:
            if here not in {None, name}:
                continue
            onward = self._modules.found(source, beside=path)
            if onward is None:
                if here is not None:
                    return _of_package(source, there or name)
                continue
            found = self.exported(onward, there or name, seen=seen | {path})
            if here is not None or not isinstance(found, Lost):
                return found
        if name == "default":
            return File(path)
        return Lost(f"{path} exports no {name} that its text shows", name)

    # parts

    def _member(self, module: Module, node: SgNode, frame: Frame) -> Value:
        holder, field = node.field("object"), node.field("property")
        if holder is None or field is None:
            return Lost("it is nothing")
        if holder.kind() == "this":
            return self._of_this(module, node, field.text(), frame)
        if node.text() == "module.exports":
            return File(module.path)
        return self.part(self.of(module, holder, frame), field.text(), at=(module, node, frame))

    def _subscript(self, module: Module, node: SgNode, frame: Frame) -> Value:
        holder, index = node.field("object"), node.field("index")
        if holder is None or index is None:
            return Lost("it is nothing")
        try:
            name = self.plain(self.of(module, index, frame))
        except Undecided as error:
            return Lost(str(error))
        whole = self.of(module, holder, frame)
        if isinstance(name, int) and isinstance(whole, Expression):
            parts = self.elements(whole) if whole.node.kind() == "array" else None
            if parts is not None and 0 <= name < len(parts):
                return parts[name]
        return self.part(whole, str(name))

    def part(  # noqa: PLR0911 - one a kind of value
        self, whole: Value, name: str, *, at: tuple[Module, SgNode, Frame] | None = None
    ) -> Value:
        """A property of a value."""
        match whole:
            case File(path):
                return self.exported(path, name)
            case Package(source, names):
                return _of_package(source, *names, name)
            case Lost():
                return Part(whole, name)
            case Expression(module, node, _):
                kind = node.kind()
                if kind == "object":
                    return self._of_object(whole, name)
                if kind == "enum_declaration":
                    return _of_enum(module, node, name)
                if kind in CLASSES:
                    return self._of_class(whole, name)
        return Part(whole, name)

    def _of_object(self, whole: Expression, name: str) -> Value:
        for own, value in reversed(self.entries(whole)):
            if own == name:
                return value
            if own is None:
                return value if isinstance(value, Lost) else Lost("a key of it is computed")
        return UNDEFINED

    def _of_class(self, whole: Expression, name: str) -> Value:
        own = whole.node.field("name")
        body = whole.node.field("body")
        if body is not None:
            for each in body.named_children():
                field = each.field("name") or each.field("property")
                value = each.field("value")
                if field is not None and field.text() == name and " static " in f" {each.text()}":
                    if value is not None:
                        return self.of(whole.module, value, whole.frame)
                    return Lost(f"{name} {AT_RUN_TIME}", name)
        if name == "name" and own is not None:
            return Text(own.text())
        return Part(whole, name)

    def _of_this(self, module: Module, node: SgNode, name: str, frame: Frame) -> Value:
        """`this.users`, where its class assigns it once."""
        around = next((each for each in node.ancestors() if each.kind() in CLASSES), None)
        given: list[SgNode] = []
        for field in () if around is None else around.find_all(regex=f"^{name.strip('#')}|#{name}"):
            parent = field.parent()
            if parent is None or field.text() != name:
                continue
            if parent.kind() in {"public_field_definition", "field_definition"}:
                value = parent.field("value")
                given += [value] if value is not None else []
            elif parent.kind() == "member_expression" and parent.text() == f"this.{name}":
                outer = parent.parent()
                if outer is None or outer.kind() != "assignment_expression":
                    continue
                right = outer.field("right")
                if outer.field("left") == parent and right is not None:
                    given.append(right)
        given = [each for each in given if each.text() not in {"null", "undefined"}]
        if len(given) != 1:
            return Lost(f"this.{name} {AT_RUN_TIME}", name)
        return self.of(module, given[0], frame)

    def entries(self, whole: Expression) -> list[tuple[str | None, Value]]:
        """The entries of an object literal in order; a name of None is of what is not told."""
        found: list[tuple[str | None, Value]] = []
        for child in whole.node.named_children():
            match child.kind():
                case "pair":
                    found.append(self._entry(whole, child))
                case "shorthand_property_identifier":
                    found.append((child.text(), self.of(whole.module, child, whole.frame)))
                case "method_definition":
                    name = key(child.field("name"))
                    found.append((name, Expression(whole.module, child, whole.frame)))
                case "spread_element":
                    found += self._spread(whole, child)
                    if len(found) > MOST_PARTS or (found and found[-1][1] is _TOO_LARGE):
                        return [(None, _TOO_LARGE)]
        return found

    def _entry(self, whole: Expression, pair: SgNode) -> tuple[str | None, Value]:
        name, value = pair.field("key"), pair.field("value")
        if name is None or value is None:
            return None, Lost("it is nothing")
        got = self.of(whole.module, value, whole.frame)
        if name.kind() == "computed_property_name":
            inner = name.named_children()
            try:
                return str(self.plain(self.of(whole.module, inner[0], whole.frame))), got
            except (Undecided, IndexError) as error:
                return None, Lost(f"the key {short(name)} is computed: {error}")
        return (name.text() if name.kind() == "number" else key(name)), got

    def _spread(self, whole: Expression, spread: SgNode) -> list[tuple[str | None, Value]]:
        inner = spread.named_children()
        value = self.of(whole.module, inner[0], whole.frame) if inner else Lost("it is nothing")
        if isinstance(value, Expression) and value.node.kind() == "object":
            return self.entries(value)
        if isinstance(value, Nothing):
            return []
        return [(None, Lost(f"{short(spread)} is not told: {reason(value)}"))]

    def elements(self, whole: Value) -> list[Value] | None:
        """The elements of an array literal, or of what is made of an object's entries."""
        if not isinstance(whole, Expression):
            return None
        if whole.node.kind() == "call_expression":
            return self._made(whole)
        if whole.node.kind() != "array":
            return None
        found: list[Value] = []
        for child in whole.node.named_children():
            if child.kind() == "comment":
                continue
            if child.kind() != "spread_element":
                found.append(self.of(whole.module, child, whole.frame))
                continue
            inner = child.named_children()
            more = self.elements(self.of(whole.module, inner[0], whole.frame)) if inner else None
            if more is None or len(found) + len(more) > MOST_PARTS:
                return None
            found += more
        return found

    def _made(self, call: Expression) -> list[Value] | None:
        """`Object.keys(x)`, `Object.values(x)`; what `Object.entries` gives is made of pairs."""
        function, given = call.node.field("function"), arguments(call.node)
        if function is None or not given:
            return None
        whole = self.of(call.module, given[0], call.frame)
        if not isinstance(whole, Expression) or whole.node.kind() != "object":
            return None
        entries = self.entries(whole)
        if any(name is None for name, _ in entries):
            return None
        match function.text():
            case "Object.keys":
                return [Text(name or "") for name, _ in entries]
            case "Object.values":
                return [value for _, value in entries]
        return None

    # calls

    def _call(self, module: Module, node: SgNode, frame: Frame) -> Value:
        source = required(node)
        if source is not None:
            path = self._modules.found(source, beside=module.path)
            if path is None:
                is_ours = source.startswith(".")
                return Lost(f"{source} is no file of the project") if is_ours else Package(source)
            return self._whole_of(path)
        function, given = node.field("function"), arguments(node)
        if function is None:
            return Lost("it is nothing")
        if function.text() in _SAME and given:
            return self.of(module, given[0], frame)
        returned = self._returned(module, node, function, frame)
        return Expression(module, node, frame) if returned is None else returned

    def _whole_of(self, path: str) -> Value:
        """What a file gives to who requires it."""
        there = self._modules.module(path)
        if there is not None and there.whole is not None:
            return self.of(there, there.whole)
        return File(path)

    def _returned(
        self, module: Module, call: SgNode, function: SgNode, frame: Frame
    ) -> Value | None:
        """What a function of the project gives that does nothing but return."""
        if function.kind() not in {"identifier", "member_expression"}:
            return None
        called = self.of(module, function, frame)
        if not isinstance(called, Expression) or called.node.kind() not in FUNCTIONS:
            return None
        result = only_result(called.node)
        if result is None:
            return None
        given = [self.of(module, each, frame) for each in arguments(call)]
        return self.of(called.module, result, self.with_arguments(called, given))

    def with_arguments(self, function: Expression, given: list[Value]) -> Frame:
        """A frame in which a function's parameters are bound."""
        frame = dict(function.frame)
        for place, parameter in enumerate(parameters(function.node)):
            value = given[place] if place < len(given) else UNDEFINED
            self.bind(function.module, parameter, value, frame, function.frame)
        return frame

    def bind(
        self,
        module: Module,
        pattern: SgNode,
        value: Value,
        into: dict[SgNode, Value],
        frame: Frame,
    ) -> None:
        """Take a value apart as a pattern does."""
        match pattern.kind():
            case "identifier" | "shorthand_property_identifier_pattern":
                into[pattern] = value
            case "required_parameter" | "optional_parameter":
                inner, default = pattern.field("pattern"), pattern.field("value")
                if isinstance(value, Nothing) and default is not None:
                    value = self.of(module, default, frame)
                if inner is not None:
                    self.bind(module, inner, value, into, frame)
            case "assignment_pattern" | "object_assignment_pattern":
                left, right = pattern.field("left"), pattern.field("right")
                if left is None or right is None:
                    return
                if left.kind() == "shorthand_property_identifier_pattern":
                    value = self.part(value, left.text())
                value = self._or_else(value, module, right, frame)
                self.bind(module, left, value, into, frame)
            case "object_pattern":
                for each in pattern.named_children():
                    self._bind_entry(module, each, value, into, frame)
            case "array_pattern":
                parts = self.elements(value) or []
                for place, each in enumerate(pattern.named_children()):
                    lost = Lost(f"{each.text()} {AT_RUN_TIME}", each.text())
                    self.bind(
                        module, each, parts[place] if place < len(parts) else lost, into, frame
                    )

    def _or_else(self, value: Value, module: Module, default: SgNode, frame: Frame) -> Value:
        """A value, or what stands beside its name for where it is not there."""
        if isinstance(value, Nothing):
            return self.of(module, default, frame)
        if dotted(value).startswith("process.env."):
            return Perhaps(reason(value), dotted(value), self.of(module, default, frame))
        return value

    def _bind_entry(
        self,
        module: Module,
        each: SgNode,
        value: Value,
        into: dict[SgNode, Value],
        frame: Frame,
    ) -> None:
        if each.kind() == "pair_pattern":
            name, inner = key(each.field("key")), each.field("value")
            if name is not None and inner is not None:
                self.bind(module, inner, self.part(value, name), into, frame)
        elif each.kind() == "shorthand_property_identifier_pattern":
            into[each] = self.part(value, each.text())
        elif each.kind() == "object_assignment_pattern":
            self.bind(module, each, value, into, frame)
        elif each.kind() == "rest_pattern":
            for rest in each.named_children():
                into[rest] = Lost(f"{rest.text()} is what is left of an object", rest.text())

    # what decides itself

    def _either(self, module: Module, node: SgNode, frame: Frame) -> Value:
        """`models.User || model("User", schema)`: where one side makes a model, that one."""
        told = self._chosen(module, node, frame)
        if told is not None:
            return told
        sides = ("consequence", "alternative") if node.kind() == "ternary_expression" else ()
        sides = sides or ("left", "right")
        for side in sides:
            part = node.field(side)
            value = self.of(module, part, frame) if part is not None else None
            if isinstance(value, Expression) and value.node.kind() in {
                "call_expression",
                "new_expression",
            }:
                return value
        return Expression(module, node, frame)

    def _chosen(self, module: Module, node: SgNode, frame: Frame) -> Value | None:
        """The side of `a || b`, `a && b` or `a ? b : c` that is taken, where a is told."""
        sign = node.field("operator")
        first = node.field("left") or node.field("condition")
        if first is None or (sign is not None and sign.text() not in {"||", "??", "&&"}):
            return None
        one = self.of(module, first, frame)
        try:
            said = self.plain(one)
        except Undecided:
            return None
        is_true = isinstance(said, dict | list) or bool(said)
        if sign is None:
            other = node.field("consequence" if is_true else "alternative")
            return None if other is None else self.of(module, other, frame)
        stays = {"||": is_true, "&&": not is_true, "??": said is not None}[sign.text()]
        right = node.field("right")
        return one if stays or right is None else self.of(module, right, frame)

    def plain(self, value: Value) -> Any:
        """A value as plain data: dicts keep their order; dates are Extended JSON.

        Raises:
            Undecided: the text does not tell it.
        """
        return self._literals.plain(value)


def _assigned(module: Module, found: Declaration) -> list[SgNode]:
    """What is assigned to a variable after its declaration."""
    statement = found.home.parent()
    if statement is not None and statement.text().startswith("const"):
        return []
    given: list[SgNode] = []
    for left, right in module.assigned(found.node.text()):
        if module.scopes.meaning(left.text(), left) == found:
            given.append(right)
    return given


def _is_changed(module: Module, found: Declaration, whole: Value) -> bool:
    """Whether a literal is another by the time it is used: its text is no longer what it is."""
    if not isinstance(whole, Expression) or whole.node.kind() not in {"object", "array"}:
        return False
    name = found.node.text()
    return any(module.scopes.meaning(name, root) == found for root in module.changed(name))


def only_result(function: SgNode) -> SgNode | None:
    """The expression that a function returns, if it has one alone."""
    body = function.field("body")
    if body is None:
        return None
    if body.kind() != "statement_block":
        return body
    own = [
        each
        for each in body.find_all(kind="return_statement")
        if next((up for up in each.ancestors() if up.kind() in FUNCTIONS), None) == function
    ]
    inner = own[0].named_children() if len(own) == 1 else []
    return inner[0] if inner else None


def _of_enum(module: Module, node: SgNode, name: str) -> Value:
    body = node.field("body")
    for each in body.named_children() if body is not None else ():
        own, value = each.field("name"), each.field("value")
        if own is not None and value is not None and key(own) == name:
            return Expression(module, value, EMPTY)
    return Lost(f"{name} of an enum is not told", name)


def _of_package(source: str, *names: str) -> Package:
    return Package(source, tuple(name for name in names if name != "default"))


def _is_name(node: SgNode) -> bool:
    """Whether a node is the identifier in a declaration, and not an expression of its own."""
    parent = node.parent()
    return (
        node.kind() == "identifier"
        and parent is not None
        and parent.kind() in {"variable_declarator", "export_specifier"}
    )
