"""What functions set on an answer: cookies, headers, traces of errors; and the bodies they read."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.answering import called, named_call
from skillconnect_ops.code.bodies import Reading, readings
from skillconnect_ops.code.conditions import guard
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_value import EMPTY, bare, parameters, short
from skillconnect_ops.code.package_calls import Options, place
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, pairs, string
from skillconnect_ops.code.traces import Trace, Traces, speaks_of_traces

_PREFILTER = re.compile(
    r"\bcookie['\"]?\]?\(|Access-Control-Allow|Set-Cookie|\.on\(\s*['\"]data|for\s+await|Content-Security-Policy",
    re.IGNORECASE,
)
_SETS = frozenset({"set", "header", "setHeader", "append", "writeHead"})
CSP = "content-security-policy"
_SET_COOKIE = "set-cookie"
_COMPUTED = "\0"
_FLAGS = {
    "httponly": "httpOnly",
    "secure": "secure",
    "samesite": "sameSite",
    "max-age": "maxAge",
    "expires": "expires",
}
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
_UNTOLD = Computed("", "it is not looked at")


class Cookie(Struct, frozen=True, kw_only=True):
    """A cookie that an answer sets."""

    path: str
    line: int
    column: int
    end_line: int
    name: Any
    """As plain data; see `Computed`."""
    value: Any = _UNTOLD
    """The same of what it holds."""
    options: Any
    """None where there are none."""
    text: str


class Header(Struct, frozen=True, kw_only=True):
    """A header that an answer sets: of cross-origin requests, or the content security policy."""

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


class Answers(Struct, frozen=True, kw_only=True):
    """All of these, in the order of files and lines."""

    cookies: tuple[Cookie, ...] = ()
    headers: tuple[Header, ...] = ()
    traces: tuple[Trace, ...] = ()
    readings: tuple[Reading, ...] = ()


def answers(modules: Modules, options: Options, files: Sequence[str]) -> Answers:
    """What some files set on answers."""
    cookies: list[Cookie] = []
    headers: list[Header] = []
    traces: list[Trace] = []
    read: list[Reading] = []
    found = Traces(modules, options)
    for path in files:
        text = modules.text(path)
        worth = _PREFILTER.search(text) or speaks_of_traces(text)
        module = modules.module(path) if worth else None
        if module is None:
            continue
        for call in module.root.find_all(kind="call_expression"):
            name, _ = named_call(call.field("function"))
            if name == "cookie" and called(module, call):
                cookies.append(_cookie(module, call, options))
            elif name in _SETS:  # the header's own name says whose it is
                headers += _headers(module, call, options)
                cookies += _by_header(module, call)
        read += readings(module)
        if speaks_of_traces(module.text):
            traces += found.of(module)
    return Answers(
        cookies=tuple(cookies), headers=tuple(headers), traces=tuple(traces), readings=tuple(read)
    )


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
        value=options.option(module, given[1], EMPTY) if len(given) > 1 else None,
        options=_with_later(module, given[2], options) if len(given) > 2 else None,
        text=short(given[0]) if given else "",
    )


def _by_header(module: Module, call: SgNode) -> Iterator[Cookie]:
    """The cookies of `setHeader("Set-Cookie", …)`."""
    given = arguments(call)
    named = string(given[0]) if len(given) > 1 else None
    found = [given[1]] if named is not None and named.lower() == _SET_COOKIE else []
    for each in given:
        found += [value for name, _, value in pairs(each) if name.lower() == _SET_COOKIE]
    line, column, end_line = place(call)
    for value in (part for each in found for part in _each(module, each)):
        if value.kind() == "call_expression" and "serialize" in value.text():
            continue  # it is looked at where it is called
        name, content, options = _flags_of(_static(module, value))
        yield Cookie(
            path=module.path,
            line=line,
            column=column,
            end_line=end_line,
            name=name,
            value=content,
            options=options,
            text=name,
        )


def _each(module: Module, node: SgNode) -> Iterator[SgNode]:
    node = _declared(module, bare(node))
    if node.kind() == "array":
        for each in node.named_children():
            yield from _each(module, each)
    elif node.kind() != "comment":
        yield node


def _declared(module: Module, node: SgNode) -> SgNode:
    """What a constant of the file stands for; else the node itself."""
    found = module.scopes.meaning(node.text(), node) if node.kind() == "identifier" else None
    value = found.home.field("value") if found is not None else None
    statement = found.home.parent() if found is not None else None
    if value is None or statement is None or not statement.text().startswith("const"):
        return node
    return bare(value)


def _static(module: Module, node: SgNode) -> str:
    """A text as far as it is told, with a mark for each part that is not."""
    node = _declared(module, bare(node))
    if node.kind() == "string":
        return string(node) or ""
    if node.kind() == "template_string":
        return "".join(
            each.text() if each.kind() in {"string_fragment", "escape_sequence"} else _COMPUTED
            for each in node.named_children()
        )
    left, right, sign = node.field("left"), node.field("right"), node.field("operator")
    if left is not None and right is not None and sign is not None and sign.text() == "+":
        return _static(module, left) + _static(module, right)
    return _COMPUTED


def _flags_of(text: str) -> tuple[str, Any, dict[str, Any]]:
    """Name, value and flags of a cookie as a header holds it (RFC 6265, 4.1)."""
    first, *attributes = [part.strip() for part in text.split(";")]
    content: Any
    name, equals, content = first.partition("=")
    found: dict[str, Any] = {}
    lost = Computed("its header", "a part of the header is computed")
    if not equals and _COMPUTED in first:
        name, content, found["..."] = "of a header", lost, lost
    for each in attributes:
        key, _, value = each.partition("=")
        flag = _FLAGS.get(key.strip().lower())
        if flag is not None:
            found[flag] = (lost if _COMPUTED in value else value.strip()) or True
        elif _COMPUTED in key:
            found["..."] = lost
    return name.replace(_COMPUTED, "…"), content, found


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
    for name, found in _pairs(module, call, given, options):
        if not isinstance(name, str):
            continue
        is_policy = name.lower() == CSP and isinstance(found, Computed)
        value = (_told_policy(module, given) or found) if is_policy else found
        if name.lower() == CSP or name.lower().startswith("access-control-allow-"):
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


def _told_policy(module: Module, given: Sequence[SgNode]) -> str:
    """What of a policy is told, with a mark for each part that is not."""
    found = [given[1]] if len(given) > 1 and string(given[0]) is not None else []
    for each in given:
        found += [value for name, _, value in pairs(_declared(module, each)) if name.lower() == CSP]
    told = _static(module, found[0]).replace(_COMPUTED, "…") if found else "…"
    return "" if told == "…" else told


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
