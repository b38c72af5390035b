"""What JavaScript and TypeScript read from the environment.

Every expression that is the environment (`process.env`, an alias of it, a parameter that it is
handed to) is followed to what is taken from it. What cannot be followed is unresolved, by line.
"""

import re

from ast_grep_py import SgNode

from skillconnect_ops.code import rings
from skillconnect_ops.code.model import Found, Kind, Read, Unparsed, Unresolved
from skillconnect_ops.code.names import names_of
from skillconnect_ops.code.need import CHECKED, OPTIONAL, Need, need, need_of_variable
from skillconnect_ops.code.origins import Origins
from skillconnect_ops.code.schemas import Entry, convicted, sections, validated
from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import (
    FUNCTIONS,
    arguments,
    climbed,
    is_field,
    key,
    line_of,
    literal,
    parsed,
    string,
)

_WORDS = (b"process", b"import.meta", b"Bun.env", b"Deno.env", b"convict", b"$env/", b"env-var")
_BUNDLER = frozenset({"DEV", "PROD", "MODE", "SSR", "BASE_URL", "LEGACY"})
_TO_CHILDREN = frozenset({"env", "environment"})
_HARMLESS = frozenset({"Object.freeze", "Object.assign", "structuredClone"})
_ASKS = (".hasOwnProperty.call", "Object.hasOwn", "Reflect.has", ".get", ".has")
_METHODS = frozenset({"hasOwnProperty", "toString", "valueOf", "constructor"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_worth_parsing(data: bytes) -> bool:
    """Whether a file has the words that a read is made of; most files have not."""
    return (
        (b"env" in data and any(word in data for word in _WORDS))
        or b"@nestjs/config" in data
        or rings.MODULE.encode() in data
    )


def javascript(
    text: str, *, path: str, language: str, test: bool = False, first_line: int = 1
) -> Found:
    """The reads of one text.

    Args:
        text: the source.
        path: what to call it.
        language: its grammar, one of `syntax.LANGUAGES`.
        test: whether it stands in a test.
        first_line: the line that the text begins in, where it is a part of a file.
    """
    if rings.is_module(path, text):
        return Found()  # what it reads is said where it is called
    root, fault = parsed(text, language)
    reader = _Reader(root, text, path=path, test=test, offset=first_line - 1)
    reader.read()
    unparsed: tuple[Unparsed, ...] = ()
    if fault is not None:
        said = f"line {fault + first_line - 1} does not fit the grammar; the rest was read"
        unparsed = (Unparsed(path=path, reason=said),)
    return Found(
        reads=tuple(sorted(reader.reads, key=_order)),
        unresolved=tuple(sorted(reader.unresolved, key=lambda each: each.line)),
        unparsed=unparsed,
    )


class _Reader:
    """Follows the environment through one tree."""

    def __init__(self, root: SgNode, text: str, *, path: str, test: bool, offset: int) -> None:
        self._root = root
        self._text = text
        self._path = path
        self._test = test
        self._offset = offset
        self._scopes = Scopes(root)
        self._kind = Kind.JAVASCRIPT
        self._followed: set[SgNode] = set()
        self.reads: set[Read] = set()
        self.unresolved: set[Unresolved] = set()

    def read(self) -> None:
        """Follow every origin of the environment."""
        origins = Origins(self._root, self._scopes, text=self._text)
        for node, kind in origins.expressions():
            self._kind = kind
            self._follow(node)
        self._kind = Kind.JAVASCRIPT
        for declared in origins.bindings():
            self._bound(declared)
        for name, node in origins.asked_by_name():
            self._take(name, node, self._need_of_call(node))
        for name, node in origins.imported():
            self._take(name, node, need_of_variable(node, self._scopes))
        for call in rings.calls(self._root, self._scopes, text=self._text):
            self._ring(call)
        if "convict(" in self._text:
            for entry in convicted(self._root):
                self._enter(entry)

    def _ring(self, call: SgNode) -> None:
        given = arguments(call)
        names = names_of(given[0], self._scopes) if given else None
        if names is None:
            self._unresolved(call, f"the name is computed: {_short(call)}")
        for name in names or ():
            self._take(name, call, CHECKED)
            for other in rings.beside(name):
                self._take(other, call, OPTIONAL)

    def _need_of_call(self, call: SgNode) -> Need:
        """What becomes of `config.get("X", "d")`; some of these calls raise themselves."""
        given = arguments(call)
        default = literal(given[1]) if len(given) > 1 else None
        if default is not None:
            return Need(required=False, default=default)
        function = call.field("function")
        raises = function is not None and "getOrThrow" in function.text()
        return CHECKED if raises else need(call, self._scopes)

    def _follow(self, node: SgNode) -> None:  # noqa: C901, PLR0912 - one a kind of node
        """One expression that is the environment: what becomes of it?"""
        node, parent = climbed(node)
        if parent is None or node in self._followed:
            return
        self._followed.add(node)
        match parent.kind():
            case "member_expression" if is_field(parent, "object", node):
                self._member(parent)
            case "subscript_expression" if is_field(parent, "object", node):
                self._subscript(parent)
            case "variable_declarator":
                self._bound(parent.field("name"))
            case "assignment_expression":
                self._assigned(node, parent)
            case "assignment_pattern" | "object_assignment_pattern":
                self._bound(parent.field("left"))
            case "required_parameter" | "optional_parameter":
                self._bound(parent.field("pattern"))
            case "binary_expression":
                self._in_binary(node, parent)
            case "ternary_expression" if not is_field(parent, "condition", node):
                self._follow(parent)
            case "arguments":
                self._handed_to(node, parent)
            case "spread_element":
                self._spread(parent)
            case "pair":
                self._property(node, parent)
            case other:
                self._lost(node, other)

    def _member(self, member: SgNode) -> None:
        name = member.field("property")
        if name is None:
            return
        outer, parent = climbed(member)
        if name.text() in _METHODS:
            call = parent if parent is not None and parent.kind() == "call_expression" else None
            given = string(arguments(call)[0]) if call is not None and arguments(call) else None
            if given is not None:
                self._take(given, member, OPTIONAL)
            return
        if not _is_written(outer, parent):
            self._take(name.text(), member, need(member, self._scopes))

    def _subscript(self, node: SgNode) -> None:
        outer, parent = climbed(node)
        if _is_written(outer, parent):
            return
        index = node.field("index")
        names = names_of(index, self._scopes) if index is not None else None
        if names is None:
            self._unresolved(node, f"the name is computed: {_short(node)}")
            return
        wanted = need(node, self._scopes)
        for name in names:
            self._take(name, node, wanted)

    def _bound(self, pattern: SgNode | None) -> None:
        """The environment is given to a name, or taken apart by a pattern."""
        if pattern is None:
            return
        if pattern.kind() == "object_pattern":
            for part in pattern.named_children():
                self._part(part)
        elif pattern.kind() in {"identifier", "shorthand_property_identifier_pattern"}:
            found = self._scopes.meaning(pattern.text(), pattern)
            if found is None:
                self._unresolved(pattern, f"it is handed on as the global {pattern.text()}")
                return
            for use in self._scopes.references(found):
                self._follow(use)
            self._exported(pattern)

    def _exported(self, pattern: SgNode) -> None:
        above = [node.kind() for node in pattern.ancestors()[:3]]
        if "export_statement" in above:
            self._unresolved(pattern, f"it is handed on whole: exported as {pattern.text()}")

    def _part(self, part: SgNode) -> None:
        """One part of `const {A, B = "b", C: c, …} = process.env`."""
        match part.kind():
            case "shorthand_property_identifier_pattern":
                self._take(part.text(), part, need_of_variable(part, self._scopes))
            case "object_assignment_pattern":
                left, right = part.field("left"), part.field("right")
                if left is not None and right is not None:
                    wanted = Need(required=False, default=literal(right))
                    self._take(left.text(), part, wanted)
            case "pair_pattern":
                self._renamed(part)
            case "rest_pattern":
                self._unresolved(part, f"it is handed on whole: {_short(part)}")

    def _renamed(self, part: SgNode) -> None:
        name, value = key(part.field("key")), part.field("value")
        if name is None:
            self._unresolved(part, f"the name is computed: {_short(part)}")
        elif value is not None and value.kind() == "assignment_pattern":
            right = value.field("right")
            self._take(name, part, Need(required=False, default=literal(right) if right else None))
        elif value is not None:
            self._take(name, part, need_of_variable(value, self._scopes))

    def _assigned(self, node: SgNode, parent: SgNode) -> None:
        left = parent.field("left")
        if left is None or left == node:
            return  # `process.env = …` replaces it
        if left.kind() in {"object_pattern", "identifier"}:
            self._bound(left)
        elif left.text() != "process.env":
            self._unresolved(node, f"it is handed on whole: {_short(parent)}")

    def _in_binary(self, node: SgNode, parent: SgNode) -> None:
        operator, left = parent.field("operator"), parent.field("left")
        sign = operator.text() if operator is not None else ""
        if sign == "in" and left is not None and left != node:
            names = names_of(left, self._scopes)
            if names is None:
                self._unresolved(parent, f"the name is computed: {_short(parent)}")
            for name in names or ():
                self._take(name, parent, OPTIONAL)
        elif sign in {"||", "??"} or (sign == "&&" and left != node):
            self._follow(parent)

    def _handed_to(self, node: SgNode, given: SgNode) -> None:
        """The environment is an argument."""
        call = given.parent()
        function = call.field("function") if call is not None else None
        if call is None or function is None:
            self._unresolved(node, f"it is handed on whole: {_short(call or node)}")
            return
        callee, place = function.text(), arguments(call).index(node)
        entries = validated(call, self._scopes, node)
        if entries is not None:
            for entry in entries:
                self._enter(entry)
        elif callee in _HARMLESS:
            self._follow(call)
        elif callee.endswith(_ASKS):
            self._by_name(call, place)
        elif not self._into(function, place):
            self._unresolved(node, f"it is handed on whole: {_short(call)}")

    def _by_name(self, call: SgNode, place: int) -> None:
        """`Object.hasOwn(process.env, "X")`, `_.get(process.env, "X", "default")`."""
        rest = arguments(call)[place + 1 :]
        names = names_of(rest[0], self._scopes) if rest else None
        if names is None:
            self._unresolved(call, f"the name is computed: {_short(call)}")
            return
        default = literal(rest[1]) if len(rest) > 1 else None
        for name in names:
            self._take(name, call, Need(required=False, default=default))

    def _into(self, function: SgNode, place: int) -> bool:
        """Follow the environment into a function of the same file."""
        if function.kind() != "identifier":
            return False
        found = self._scopes.meaning(function.text(), function)
        if found is None:
            return False
        home = found.home.field("value") or found.home
        if home.kind() not in FUNCTIONS:
            return False
        alone, several = home.field("parameter"), home.field("parameters")
        names = [alone] if alone is not None else several.named_children() if several else []
        if place >= len(names):
            return False
        name = names[place]
        self._bound(name.field("pattern") or name.field("left") or name)
        return True

    def _spread(self, spread: SgNode) -> None:
        """`{...process.env}` is a copy, and a copy is followed as well."""
        around = spread.parent()
        if around is not None and around.kind() == "object":
            self._follow(around)
        else:
            self._unresolved(spread, f"it is handed on whole: {_short(spread)}")

    def _property(self, node: SgNode, pair: SgNode) -> None:
        name, around = key(pair.field("key")), pair.parent()
        if name in _TO_CHILDREN:
            return  # what a child process is started with
        _, given = climbed(around) if around is not None else (None, None)
        call = given.parent() if given is not None and given.kind() == "arguments" else None
        entries = sections(call, self._scopes) if call is not None else []
        for entry in entries:
            self._enter(entry)
        if not entries:
            self._unresolved(node, f"it is handed on whole: {_short(pair)}")

    def _lost(self, node: SgNode, kind: str) -> None:
        if kind in _HANDING_ON:
            self._unresolved(node, f"it is handed on whole: {_short(node.parent() or node)}")

    def _enter(self, entry: Entry) -> None:
        self._take(entry.name, entry.node, entry.need)

    def _take(self, name: str, node: SgNode, wanted: Need) -> None:
        browser = self._kind is Kind.BROWSER
        if not _NAME.fullmatch(name) or (browser and name in _BUNDLER):
            return
        self.reads.add(
            Read(
                name=name,
                path=self._path,
                line=line_of(node) + self._offset,
                kind=self._kind,
                required=wanted.required,
                default=wanted.default,
                checked=wanted.checked,
                test=self._test,
            )
        )

    def _unresolved(self, node: SgNode, reason: str) -> None:
        line = line_of(node) + self._offset
        self.unresolved.add(Unresolved(path=self._path, line=line, reason=reason))


_HANDING_ON = frozenset(
    {
        *("return_statement", "export_statement", "arrow_function", "field_definition"),
        *("public_field_definition", "for_in_statement", "array", "yield_expression"),
        *("jsx_expression", "jsx_attribute", "new_expression"),
    }
)


def _order(read: Read) -> tuple[int, str, bool, bool, str]:
    """By line; of one line the more telling read first."""
    return (read.line, read.name, not read.checked, read.default is None, read.default or "")


def _is_written(node: SgNode, parent: SgNode | None) -> bool:
    """Whether a place is assigned to, or deleted, and not read."""
    if parent is None:
        return False
    if parent.kind() == "assignment_expression":
        return is_field(parent, "left", node)
    if parent.kind() == "unary_expression":
        operator = parent.field("operator")
        return operator is not None and operator.text() == "delete"
    return False


def _short(node: SgNode) -> str:
    """The beginning of a text, on one line; a string's content may be a secret."""
    text = re.sub(r"(['\"`])(?:\\.|(?!\1).)*\1", r"\1…\1", node.text(), flags=re.DOTALL)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
