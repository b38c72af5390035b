"""What functions set on an answer: cookies, headers, and traces of errors.

An answer is known by its name (`res`, `response`, `reply`), as nearly all code calls it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.conditions import guard
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_value import EMPTY, bare, parameters, short
from skillconnect_ops.code.package_calls import Options, place
from skillconnect_ops.code.syntax import FUNCTIONS, arguments

_ANSWER = re.compile(r"_?(?:res|response|resp|reply)")
_PREFILTER = re.compile(r"\.cookie\(|\.stack\b|Access-Control-Allow|Set-Cookie", re.IGNORECASE)
_SETS = frozenset({"set", "header", "setHeader", "append", "writeHead"})
_SENDS = frozenset({"send", "json", "end", "render", "write", "jsonp"})
_ENTRIES = re.compile(r"Object\.entries\(")
_CHOICES = frozenset({"if_statement", "ternary_expression", "binary_expression"})
_HOLDS_AGAINST = re.compile(
    r"\.(?:includes|indexOf|has|test|match|some|find|every|hasOwnProperty|endsWith|startsWith)\("
    r"[\s\S]*origin|origin[\s\S]*\.(?:match|endsWith|startsWith)\("
    r"|origin\w*['\"\])]*\s*[!=]==?\s*(?!null|undefined)|(?<!typeof )\b\w+\(\s*[\w.]*origin"
    r"|\[\s*[\w.]*origin\w*\s*\]",
    re.IGNORECASE,
)
"""What asks more of an origin than whether there is one."""
_LEAVES = re.compile(r"\b(?:return|throw)\b")
_ERRORS = re.compile(r"\b(?:e|ex|err|error|exception|reason|failure)$|[eE]rr(?:or)?$")


class Cookie(Struct, frozen=True, kw_only=True):
    """A cookie that an answer sets."""

    path: str
    line: int
    column: int
    end_line: int
    name: Any
    """As plain data; see `Computed`."""
    options: Any
    """None where there are none."""
    text: str


class Header(Struct, frozen=True, kw_only=True):
    """A header of cross-origin requests that an answer sets."""

    path: str
    line: int
    column: int
    end_line: int
    name: str
    """In lower case."""
    value: Any
    guard: str | None
    """What must hold for it, where that asks for the environment."""
    function: int
    """Where the function begins that sets it: headers that belong together share it."""
    asked: str = ""
    """What it is asked before whether this origin is one of some; empty where nothing is."""
    text: str


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


class Answers(Struct, frozen=True, kw_only=True):
    """All of these, in the order of files and lines."""

    cookies: tuple[Cookie, ...] = ()
    headers: tuple[Header, ...] = ()
    traces: tuple[Trace, ...] = ()


def answers(modules: Modules, options: Options, files: Sequence[str]) -> Answers:
    """What some files set on answers."""
    cookies: list[Cookie] = []
    headers: list[Header] = []
    traces: list[Trace] = []
    for path in files:
        module = modules.module(path) if _PREFILTER.search(modules.text(path)) else None
        if module is None:
            continue
        for call in module.root.find_all(kind="call_expression"):
            name = _called(call)
            if name == "cookie":
                cookies.append(_cookie(module, call, options))
            elif _method(call) in _SETS:  # the header's own name says whose it is
                headers += _headers(module, call, options)
        if ".stack" in module.text:
            traces += _traces(module)
    return Answers(cookies=tuple(cookies), headers=tuple(headers), traces=tuple(traces))


def _method(call: SgNode) -> str | None:
    """The last name of what a call calls."""
    function = call.field("function")
    name = function.field("property") if function is not None else None
    return None if name is None else name.text()


def _called(call: SgNode) -> str | None:
    """The method of an answer that a call calls, also at the end of a chain of such."""
    function = call.field("function")
    if function is None or function.kind() != "member_expression":
        return None
    name, base = function.field("property"), function.field("object")
    while base is not None:
        base = bare(base)
        if base.kind() == "identifier":
            return name.text() if name and _ANSWER.fullmatch(base.text()) else None
        if base.kind() == "call_expression":
            base = base.field("function")
        elif base.kind() == "member_expression":
            if base.text() in {"ctx.res", "this.res", "ctx.response", "this.response", "req.res"}:
                return name.text() if name else None
            base = base.field("object")
        else:
            return None
    return None


def _cookie(module: Module, call: SgNode, options: Options) -> Cookie:
    given = arguments(call)
    line, column, end_line = place(call)
    if call.text().count("\n"):  # of a chain over lines, the line of the method
        name = (call.field("function") or call).field("property")
        line = place(name)[0] if name is not None else line
    return Cookie(
        path=module.path,
        line=line,
        column=column if line == place(call)[0] else 1,
        end_line=end_line,
        name=options.option(module, given[0], EMPTY) if given else None,
        options=_with_later(module, given[2], options) if len(given) > 2 else None,
        text=short(given[0]) if given else "",
    )


def _with_later(module: Module, node: SgNode, options: Options) -> Any:
    """Options, with what is assigned to them after they were made."""
    made, declared = node, None
    if node.kind() == "identifier":
        declared = module.scopes.meaning(node.text(), node)
        value = declared.home.field("value") if declared is not None else None
        made = value if value is not None and value.kind() == "object" else node
    got = options.option(module, made, EMPTY)
    if not isinstance(got, dict) or made == node:
        return got
    found: dict[str, Any] = dict(got)
    for assigned in module.root.find_all(kind="assignment_expression"):
        left, right = assigned.field("left"), assigned.field("right")
        if left is None or right is None or left.kind() != "member_expression":
            continue
        holder, name = left.field("object"), left.field("property")
        if holder is None or name is None or holder.text() != node.text():
            continue
        if module.scopes.meaning(holder.text(), holder) == declared:
            found[name.text()] = options.option(module, right, EMPTY)
    return found


def _headers(module: Module, call: SgNode, options: Options) -> Iterator[Header]:
    given = arguments(call)
    line, column, end_line = place(call)
    around = next((up for up in call.ancestors() if up.kind() in FUNCTIONS), None)
    for name, value in _pairs(module, call, given, options):
        if isinstance(name, str) and name.lower().startswith("access-control-allow-"):
            yield Header(
                path=module.path,
                line=line,
                column=column,
                end_line=end_line,
                name=name.lower(),
                value=value,
                guard=guard(call),
                function=0 if around is None else place(around)[0],
                asked=_asked(call, around),
                text=short(call),
            )


def _pairs(
    module: Module, call: SgNode, given: Sequence[SgNode], options: Options
) -> list[tuple[Any, Any]]:
    """The names and values of what a call sets, also round by round of a loop."""
    told = [options.option(module, each, EMPTY) for each in given[:2]]
    if len(told) == 2 and isinstance(told[0], str):
        return [(told[0], told[1])]
    if told and isinstance(told[-1], dict):
        return list(told[-1].items())
    names = [each.text() for each in given[:2]]
    for up in call.ancestors():
        if up.kind() == "for_in_statement":
            pattern, listed = up.field("left"), up.field("right")
        elif up.kind() == "call_expression" and (up.field("function") or up).text().endswith(
            ".forEach"
        ):
            function = arguments(up)[0] if arguments(up) else None
            pattern = parameters(function)[0] if function and parameters(function) else None
            listed = (up.field("function") or up).field("object")
        else:
            continue
        if pattern is None or listed is None or not _ENTRIES.match(listed.text()):
            continue
        inner = [each.text() for each in (pattern.field("pattern") or pattern).named_children()]
        entries = arguments(listed)
        whole = options.option(module, entries[0], EMPTY) if entries else None
        if inner == names and isinstance(whole, dict):
            return list(whole.items())
    return []


def _asked(call: SgNode, function: SgNode | None) -> str:
    """The condition that holds an origin against something before a header is set."""
    child = call
    for up in call.ancestors():
        condition = up.field("condition") or up.field("left")
        if up.kind() in _CHOICES and condition is not None and condition != child:
            if _HOLDS_AGAINST.search(condition.text()):
                return short(bare(condition))
        elif up.kind() == "statement_block":
            for statement in up.named_children():
                if statement == child:
                    break
                condition = statement.field("condition")
                then = statement.field("consequence")
                if statement.kind() != "if_statement" or condition is None or then is None:
                    continue
                if _LEAVES.search(then.text()) and _HOLDS_AGAINST.search(condition.text()):
                    return short(bare(condition))
        if up == function:
            return ""
        child = up
    return ""


def _traces(module: Module) -> Iterator[Trace]:
    for node in module.root.find_all(kind="member_expression"):
        holder, name = node.field("object"), node.field("property")
        if holder is None or name is None or name.text() != "stack":
            continue
        if not _ERRORS.search(holder.text()):
            continue
        if not _is_sent(module, node):
            continue
        line, column, end_line = place(node)
        yield Trace(
            path=module.path,
            line=line,
            column=column,
            end_line=end_line,
            guard=guard(node),
            text=short(node),
        )


def _is_sent(module: Module, node: SgNode) -> bool:
    """Whether it stands in what an answer sends, or in an object that one sends."""
    child = node
    for up in node.ancestors():
        kind = up.kind()
        if kind == "call_expression":
            if child.kind() == "arguments":
                return _called(up) in _SENDS
        elif kind == "variable_declarator":
            name = up.field("name")
            return name is not None and _sends_name(module, up, name.text())
        elif kind == "assignment_expression":
            left = up.field("left")
            base = left
            while base is not None and base.kind() == "member_expression":
                base = base.field("object")
            return base is not None and _sends_name(module, up, base.text())
        elif kind in FUNCTIONS or kind.endswith("_statement"):
            return False
        child = up
    return False


def _sends_name(module: Module, node: SgNode, name: str) -> bool:
    around = next((up for up in node.ancestors() if up.kind() in FUNCTIONS), module.root)
    for call in around.find_all(kind="call_expression"):
        if _called(call) in _SENDS:
            for each in arguments(call):
                found = each.find_all(
                    any=[{"kind": "identifier"}, {"kind": "shorthand_property_identifier"}]
                )
                if any(one.text() == name and _is_whole(one) for one in found):
                    return True
    return False


def _is_whole(name: SgNode) -> bool:
    """Whether a name stands for itself there, and not for a part of it: `error.message`."""
    parent = name.parent()
    return parent is None or parent.kind() != "member_expression" or parent.field("object") != name
